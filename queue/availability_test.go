package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// log is an agent's availability in short, newest first.
func (d *desk) log(t testing.TB, agent string) (lines []string) {
	t.Helper()
	for after := ""; ; {
		changes, next, err := d.queues.AvailabilityLog(t.Context(), host, agent, after, 2)
		must(t, err)
		for _, c := range changes {
			line := fmt.Sprintf("%s: %s to %s (%s) by %s", c.Time.Format("15:04"), c.From, c.To, c.Reason, c.By)
			if c.Returned {
				line += ", and his tickets go back"
			}
			lines = append(lines, line)
		}
		if after = next; next == "" {
			return lines
		}
	}
}

func (d *desk) logIs(t testing.TB, agent string, want ...string) {
	t.Helper()
	if got := d.log(t, agent); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log of %s is\n%s\nwant\n%s", agent, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSetAvailability(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		if d.state(t, "ann") != "offline" || d.log(t, "ann") != nil {
			t.Error("who never said anything isn't offline")
		}
		got[*queue.Availability](t)(d.queues.SetAvailability(ctx, ann, "ann", queue.Offline, ""))
		av := got[*queue.Availability](t)(d.queues.SetAvailability(ctx, ann, "ann", queue.Available, ""))
		if av.State != queue.Available || !av.Since.Equal(start) || !av.Absent.IsZero() || av.By != "agent:ann" {
			t.Errorf("%+v", av)
		}
		d.clock.forward(time.Minute)
		got[*queue.Availability](t)(d.queues.SetAvailability(ctx, ann, "ann", queue.Available, ""))
		got[*queue.Availability](t)(d.queues.SetAvailability(ctx, lea, "ann", queue.Away, " lunch "))
		d.clock.forward(time.Minute)
		av = got[*queue.Availability](t)(d.queues.SetAvailability(ctx, admin, "ann", queue.Away, "training"))
		if !av.Since.Equal(start.Add(time.Minute)) || av.Reason != "training" {
			t.Errorf("%+v", av)
		}
		av = got[*queue.Availability](t)(d.queues.SetAvailability(ctx, host, "ann", queue.Offline, ""))
		if !av.Since.Equal(start.Add(2*time.Minute)) || !av.Absent.Equal(start.Add(time.Minute)) {
			t.Errorf("%+v", av)
		}
		d.logIs(t, "ann", "09:02: away to offline () by system", "09:02: away to away (training) by agent:root",
			"09:01: available to away (lunch) by agent:lea", "09:00: offline to available () by agent:ann")
		for _, who := range []event.Actor{bob, {Kind: event.Bot, ID: "b"}, {Kind: event.EndUser, ID: d.eve}, no} {
			_, err := d.queues.SetAvailability(ctx, who, "ann", queue.Available, "")
			forbidden(t, err)
			_, _, err = d.queues.AvailabilityLog(ctx, who, "ann", "", 1)
			forbidden(t, err)
		}
		_, err := d.queues.SetAvailability(ctx, lea, "bob", queue.Available, "") // who isn't in her team
		forbidden(t, err)
		_, err = d.queues.SetAvailability(ctx, host, "gone", queue.Available, "")
		is(t, err, store.ErrNotFound)
		_, err = d.queues.SetAvailability(ctx, host, "ann", "busy", "")
		refuses(t, err, "state")
		_, err = d.queues.SetAvailability(ctx, host, "ann", queue.Away, strings.Repeat("ü", queue.MaxReason+1))
		refuses(t, err, "reason")
		d.set(t, "ann", queue.Away, strings.Repeat("ü", queue.MaxReason))
		d.set(t, "bob", queue.Away, "")
		avs, next, err := d.queues.Availabilities(ctx, "", 1)
		if must(t, err); len(avs) != 1 || avs[0].Agent != "ann" || next == "" {
			t.Errorf("%v", avs)
		}
	})
}

func TestLoginAndLeaving(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		if av := got[*queue.Availability](t)(d.queues.Login(ctx, "ann")); av.State != queue.Available || av.Reason != queue.WhyLogin || av.By != "agent:ann" {
			t.Errorf("%+v", av)
		}
		d.set(t, "ann", queue.Away, "lunch")
		if av := got[*queue.Availability](t)(d.queues.Login(ctx, "ann")); av.State != queue.Away {
			t.Errorf("%+v", av)
		}
		got[*identity.Agent](t)(d.people.Deactivate(ctx, host, "ann", identity.Handover{}))
		if d.state(t, "ann") != "offline "+queue.WhyLeft {
			t.Error(d.state(t, "ann"))
		}
		_, err := d.queues.Login(ctx, "ann")
		is(t, err, store.ErrNotFound)
		_, err = d.queues.SetAvailability(ctx, ann, "ann", queue.Available, "")
		forbidden(t, err)
		got[*identity.Agent](t)(d.people.Deactivate(ctx, host, "bob", identity.Handover{}))
		if d.log(t, "bob") != nil {
			t.Error("one who was offline went offline")
		}
	})
}

// Who was changed in the host's own transaction, is so if that commits.
func TestAvailabilityInATransaction(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		undo := fmt.Errorf("undo")
		err := d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := d.queues.In(tx).SetAvailability(ctx, ann, "ann", queue.Available, "")
			must(t, err)
			return undo
		})
		is(t, err, undo)
		if d.state(t, "ann") != "offline" {
			t.Error(d.state(t, "ann"))
		}
	})
}
