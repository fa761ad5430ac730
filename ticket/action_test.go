package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func (d *desk) vocabulary(t testing.TB) {
	t.Helper()
	must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "vip"}))
	must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "spend", Type: ticket.Number, Editable: true}))
}

func TestApply(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.vocabulary(t)
		tk := d.ask(t)
		tk, err := d.tickets.Apply(t.Context(), ann, tk.ID,
			ticket.Action{Do: ticket.DoTitle, Text: "Lost parcel"}, ticket.Action{Do: ticket.DoPriority, Text: "high"}, ticket.Action{Do: ticket.DoLabel, Text: "delivery"},
			ticket.Action{Do: ticket.DoLanguage, Text: "de"}, ticket.Action{Do: ticket.DoField, To: "spend", Text: "12.5"}, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"vip"}},
			ticket.Action{Do: ticket.DoAssignGroup, To: "billing"}, ticket.Action{Do: ticket.DoAssignQueue, To: "parcels"}, ticket.Action{Do: ticket.DoAssign, To: "ann"},
			ticket.Action{Do: ticket.DoReply, Text: "We look for it."}, ticket.Action{Do: ticket.DoNote, Text: "Asked the carrier."}, ticket.Action{Do: ticket.DoSnooze, For: time.Hour, Text: "carrier"})
		must(t, err)
		spend, ok := ticket.ValueOf[float64](tk, "spend")
		if tk.Title != "Lost parcel" || tk.Priority != ticket.High || tk.Label.Name != "delivery" || tk.Label.Source != "agent" || tk.Language != "de" || !ok || spend != 12.5 ||
			!tk.HasTag("vip") || tk.Group != "" || tk.Queue != "parcels" || tk.Assignee != ann || tk.Counts.Agent != 1 || tk.Marks.Last != 3 || tk.Snoozed == nil {
			t.Errorf("%+v", tk)
		}
		tk, err = d.tickets.Apply(t.Context(), rule, tk.ID, ticket.Action{Do: ticket.DoWake}, ticket.Action{Do: ticket.DoField, To: "spend"}, ticket.Action{Do: ticket.DoLabel, Text: "x"},
			ticket.Action{Do: ticket.DoRemoveTags, Tags: []string{"VIP"}}, ticket.Action{Do: ticket.DoUnassign}, ticket.Action{Do: ticket.DoAssignBot, To: "greeter"},
			ticket.Action{Do: ticket.DoResolve}, ticket.Action{Do: ticket.DoAskRating}, ticket.Action{Do: ticket.DoReopen}, ticket.Action{Do: ticket.DoReject})
		must(t, err)
		if _, ok := ticket.ValueOf[float64](tk, "spend"); ok || tk.Label.Source != "automation" || len(tk.Tags) > 0 || tk.Assignee != bot || tk.Status != ticket.StatusRejected || tk.Reopened != 1 {
			t.Errorf("%+v", tk)
		}
	})
}

// All or none, and the error says which.
func TestApplyFails(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		head := d.head(t)
		_, err := d.tickets.Apply(t.Context(), ann, tk.ID, ticket.Action{Do: ticket.DoReply, Text: "Hello."}, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"unknown"}})
		bad, ok := errors.AsType[*ticket.ActionError](err)
		if !ok || bad.Place != 1 || bad.Do != ticket.DoAddTags {
			t.Errorf("error %v", err)
		}
		refuses(t, err, "tags.unknown")
		d.unchanged(t, tk, head)
		_, err = d.tickets.Apply(t.Context(), d.user(), tk.ID, ticket.Action{Do: ticket.DoNote, Text: "x"})
		forbidden(t, err)
		if same, err := d.tickets.Apply(t.Context(), ann, tk.ID); err != nil || same.Rev != tk.Rev {
			t.Errorf("no actions give %+v, error %v", same, err)
		}
	})
}

func TestActionsAreChecked(t *testing.T) {
	d := openMemory(t, nil)
	tk := d.ask(t)
	long := strings.Repeat("x", 101)
	for _, c := range []struct {
		a     ticket.Action
		field string
	}{
		{ticket.Action{Do: "dance"}, "actions.do"}, {ticket.Action{Do: ticket.DoAssign}, "actions.to"}, {ticket.Action{Do: ticket.DoField, Text: "x"}, "actions.to"},
		{ticket.Action{Do: ticket.DoAssignQueue, To: long}, "actions.to"}, {ticket.Action{Do: ticket.DoEscalate}, "actions.to"},
		{ticket.Action{Do: ticket.DoAssignAvailable}, "actions.to"}, {ticket.Action{Do: ticket.DoAssignAvailable, To: "ann", Else: long}, "actions.else"},
		{ticket.Action{Do: ticket.DoReply, Text: " "}, "actions.text"},
		{ticket.Action{Do: ticket.DoReply, Text: strings.Repeat("ü", ticket.MaxBody+1)}, "actions.text"}, {ticket.Action{Do: ticket.DoAddTags}, "actions.tags"},
		{ticket.Action{Do: ticket.DoAddTags, Tags: make([]string, ticket.MaxTags+1)}, "actions.tags"}, {ticket.Action{Do: ticket.DoSnooze}, "actions.for"},
		{ticket.Action{Do: ticket.DoSnooze, For: ticket.MaxSnooze + 1}, "actions.for"},
	} {
		_, err := d.tickets.Apply(t.Context(), ann, tk.ID, c.a)
		refuses(t, err, c.field)
		_, err = d.tickets.Bulk(t.Context(), ann, []string{tk.ID}, c.a)
		refuses(t, err, c.field)
	}
	notes := slices.Repeat([]ticket.Action{{Do: ticket.DoNote, Text: strings.Repeat("ü", ticket.MaxBody)}}, ticket.MaxActions)
	_, err := d.tickets.Apply(t.Context(), ann, tk.ID, notes...)
	must(t, err)
	_, err = d.tickets.Apply(t.Context(), ann, tk.ID, append(notes, notes[0])...)
	refuses(t, err, "actions")
	did2(t)(d.tickets.Apply(t.Context(), ann, tk.ID, ticket.Action{Do: ticket.DoSnooze, For: ticket.MaxSnooze}))
}

// What fails on one ticket leaves that one as it was, and no other.
func TestBulk(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.vocabulary(t)
		var ids []string
		for i := range 60 {
			ids = append(ids, d.fresh(t, fmt.Sprint(i)).ID)
		}
		did2(t)(d.tickets.Reject(t.Context(), ann, ids[7]))
		ids = slices.Insert(ids, 30, "nothing")
		results, err := d.tickets.Bulk(t.Context(), bob, ids, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"vip"}}, ticket.Action{Do: ticket.DoAssign, To: "ann"})
		must(t, err)
		for i, r := range results {
			switch {
			case r.ID != ids[i]:
				t.Errorf("result %d is of %s", i, r.ID)
			case i == 7:
				if _, ok := errors.AsType[*ticket.TransitionError](r.Err); !ok || d.get(t, r.ID).HasTag("vip") {
					t.Errorf("the rejected one: %v, tags %v", r.Err, d.get(t, r.ID).Tags)
				}
			case i == 30:
				is(t, r.Err, store.ErrNotFound)
			case r.Err != nil || !r.Ticket.HasTag("vip") || r.Ticket.Assignee != ann || d.get(t, r.ID).Rev != r.Ticket.Rev:
				t.Errorf("%d: %+v", i, r)
			}
		}
		_, err = d.tickets.Bulk(t.Context(), d.user(), ids, ticket.Action{Do: ticket.DoResolve})
		forbidden(t, err)
		_, err = d.tickets.Bulk(t.Context(), bob, append(ids, ids[0]), ticket.Action{Do: ticket.DoResolve})
		refuses(t, err, "ids")
		_, err = d.tickets.Bulk(t.Context(), bob, ids)
		refuses(t, err, "actions")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = d.tickets.Bulk(ctx, bob, ids[:2], ticket.Action{Do: ticket.DoResolve})
		is(t, err, context.Canceled)
	})
}

// A thousand at once, and not one more.
func TestBulkLimit(t *testing.T) {
	d := openMemory(t, nil)
	var news []ticket.New
	for range ticket.MaxBulk + 1 {
		news = append(news, ticket.New{Actor: host, EndUser: d.eve})
	}
	var ids []string
	for part := range slices.Chunk(news, ticket.MaxMany) {
		ts, err := d.tickets.CreateMany(t.Context(), part)
		must(t, err)
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
	}
	_, err := d.tickets.Bulk(t.Context(), ann, ids, ticket.Action{Do: ticket.DoResolve})
	refuses(t, err, "ids")
	for _, n := range []int{0, ticket.MaxBulk - 1, ticket.MaxBulk} {
		results, err := d.tickets.Bulk(t.Context(), ann, ids[:n], ticket.Action{Do: ticket.DoNote, Text: strings.Repeat("x", 20_000)}) // more than a transaction holds, in groups
		must(t, err)
		if bad := slices.IndexFunc(results, func(r ticket.BulkResult) bool { return r.Err != nil }); len(results) != n || bad >= 0 {
			t.Errorf("%d results of %d; %d: %v", len(results), n, bad, results[max(bad, 0)].Err)
		}
	}
}

func TestHistory(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.vocabulary(t)
		_, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve"})
		must(t, err)
		tk := d.ask(t)
		other := d.fresh(t, "Another.")
		did2(t)(d.tickets.Apply(t.Context(), ann, tk.ID, ticket.Action{Do: ticket.DoPriority, Text: "high"}, ticket.Action{Do: ticket.DoField, To: "spend", Text: "3"},
			ticket.Action{Do: ticket.DoField, To: "spend"}, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"vip"}}, ticket.Action{Do: ticket.DoAssignGroup, To: "billing"},
			ticket.Action{Do: ticket.DoAssignQueue, To: "q"}, ticket.Action{Do: ticket.DoAssign, To: "ann"}, ticket.Action{Do: ticket.DoReply, Text: "Hi."},
			ticket.Action{Do: ticket.DoSnooze, For: time.Hour, Text: "carrier"}, ticket.Action{Do: ticket.DoWake}, ticket.Action{Do: ticket.DoResolve}))
		did2(t)(d.tickets.Confirm(t.Context(), d.user(), tk.ID, true))
		did2(t)(d.tickets.Rate(t.Context(), d.user(), tk.ID, 2, "Slow."))
		did2(t)(d.tickets.Reopen(t.Context(), ann, tk.ID))
		_, _, err = d.tickets.Merge(t.Context(), ann, other.ID, tk.ID, nil)
		must(t, err)
		want := []string{
			"Eve created the ticket", "ANN set priority to high", "ANN set fields.spend to 3", "ANN cleared fields.spend, which was 3", "ANN set tags to vip",
			"ANN set group to Billing", "ANN cleared group, which was Billing", "ANN set queue to q", "ANN set assignee to ANN", "ANN changed status from new to new_for_agent",
			"ANN wrote message 2", "ANN changed status from new_for_agent to agent_replied",
			"ANN set snoozed until to 2026-05-04 10:00 UTC (carrier)", "ANN woke the ticket", "ANN changed status from agent_replied to resolved",
			"Eve set answer to accepted", "Eve: rating asked", "Eve set rating to 2 (Slow.)", "ANN changed status from resolved to agent_replied",
			fmt.Sprintf("ANN set took over to #%d", other.Number), "ANN changed status from agent_replied to waiting_for_agent",
		}
		var got []string
		for after := ""; ; {
			entries, next, err := d.tickets.History(t.Context(), bob, tk.ID, after, 3)
			must(t, err)
			for _, e := range entries {
				got = append(got, e.String())
			}
			if after = next; next == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("history\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		_, _, err = d.tickets.History(t.Context(), d.user(), tk.ID, "", 10)
		forbidden(t, err)
	})
}

// Two agents on one ticket learn of each other; end users of neither.
func TestViewers(t *testing.T) {
	t.Parallel()
	p, tk := ticket.NewPresence(), &ticket.Ticket{ID: "t", EndUser: "eve"}
	staff, stop := p.Listen("")
	defer stop()
	eve, deaf := p.Listen("eve")
	defer deaf()
	first, second := p.View(tk, ann), p.View(tk, ann) // two windows
	leave := p.View(tk, bob)
	if got := p.Viewers("t"); !slices.Equal(got, []event.Actor{ann, bob}) {
		t.Errorf("viewers %v", got)
	}
	first()
	first()
	if got := p.Viewers("t"); !slices.Equal(got, []event.Actor{ann, bob}) {
		t.Errorf("viewers %v", got)
	}
	second()
	leave()
	if got := p.Viewers("t"); len(got) > 0 {
		t.Errorf("viewers %v", got)
	}
	var heard []ticket.Live
	for range 4 {
		heard = append(heard, <-staff)
	}
	if want := []ticket.Live{{Ticket: "t", Actor: ann, Viewing: true}, {Ticket: "t", Actor: bob, Viewing: true}, {Ticket: "t", Actor: ann}, {Ticket: "t", Actor: bob}}; !slices.Equal(heard, want) {
		t.Errorf("heard %+v", heard)
	}
	select {
	case l := <-eve:
		t.Errorf("the end user heard %+v", l)
	default:
	}
}
