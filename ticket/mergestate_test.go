package ticket_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What waits, and since when, over a merge and its undoing.
func TestMergeTakesTheEarlierWait(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		source := d.fresh(t, "1")
		at := d.clock.forward(time.Hour)
		target := d.fresh(t, "2")
		from, to, err := d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
		must(t, err)
		if !from.WaitingSince.IsZero() || !from.Held.IsZero() || !to.WaitingSince.Equal(start) {
			t.Errorf("merged: the source waits since %v, held %v, the target since %v", from.WaitingSince, from.Held, to.WaitingSince)
		}
		from, to, err = d.tickets.Unmerge(t.Context(), ann, source.ID)
		must(t, err)
		if !from.WaitingSince.Equal(start) || !to.WaitingSince.Equal(at) {
			t.Errorf("undone: they wait since %v and %v", from.WaitingSince, to.WaitingSince)
		}
	})
}

// What a bot has waits from its hand-off on, which a merge into a person's ticket is.
func TestMergeOfABotsTicket(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		target := d.fresh(t, "1")
		d.reply(t, ann, target.ID, "1!")
		source := d.ask(t)
		did2(t)(d.tickets.AssignBot(t.Context(), host, target.ID, "greeter"))
		w := d.write(t, target.ID, "To the bot.")
		if w.Ticket.Status != ticket.StatusAgentReplied || !w.Ticket.WaitingSince.IsZero() {
			t.Fatalf("the bot's is %s, since %v", w.Ticket.Status, w.Ticket.WaitingSince)
		}
		// A person's into a bot's: the wait stands still, and the status stays.
		_, to, err := d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
		must(t, err)
		if to.Status != ticket.StatusAgentReplied || !to.WaitingSince.IsZero() || !to.Held.Equal(start) {
			t.Errorf("the bot's is %s, since %v, held %v", to.Status, to.WaitingSince, to.Held)
		}
		// A bot's into a person's: what nobody but the bot has heard waits from now.
		d.clock.forward(time.Hour)
		bots := d.fresh(t, "3")
		did2(t)(d.tickets.AssignBot(t.Context(), host, bots.ID, "greeter"))
		d.reply(t, ann, bots.ID, "3!")
		did2(t)(d.tickets.AssignBot(t.Context(), host, bots.ID, "greeter"))
		d.clock.forward(time.Minute)
		d.write(t, bots.ID, "Also to the bot.")
		persons := d.fresh(t, "4")
		d.reply(t, ann, persons.ID, "4!")
		at := d.clock.forward(time.Hour)
		_, to, err = d.tickets.Merge(t.Context(), ann, bots.ID, persons.ID, nil)
		must(t, err)
		if to.Status != ticket.StatusWaitingForAgent || !to.WaitingSince.Equal(at) {
			t.Errorf("the person's is %s, since %v, want since %v", to.Status, to.WaitingSince, at)
		}
	})
}

// The survey of what was merged can't be answered any more, and sleep counts once
// over a merge that is undone.
func TestMergeEndsSurveyAndSleep(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.AskResolved, p.CSAT = false, true })
		done, open := d.fresh(t, "1"), d.fresh(t, "2")
		did2(t)(d.tickets.Resolve(t.Context(), ann, done.ID))
		from, _, err := d.tickets.Merge(t.Context(), ann, done.ID, open.ID, nil)
		must(t, err)
		if !from.Resolution.Survey.Void || !slices.Contains(d.history(t, done.ID), ticket.RatingVoid) {
			t.Errorf("survey %+v, events %v", from.Resolution.Survey, d.history(t, done.ID))
		}
		_, err = d.tickets.Rate(t.Context(), d.user(), done.ID, 5, "")
		is(t, err, ticket.ErrNotAsked)

		asleep := d.fresh(t, "3")
		did2(t)(d.tickets.Snooze(t.Context(), ann, asleep.ID, d.clock.now().Add(10*time.Hour), ""))
		d.clock.forward(time.Hour)
		from, _, err = d.tickets.Merge(t.Context(), ann, asleep.ID, open.ID, nil)
		if must(t, err); from.OnHold != time.Hour || from.Snoozed != nil {
			t.Errorf("merged it was on hold for %v, asleep %v", from.OnHold, from.Snoozed)
		}
		d.clock.forward(time.Hour)
		from, _, err = d.tickets.Unmerge(t.Context(), ann, asleep.ID)
		if must(t, err); from.OnHold != 0 || from.Snoozed == nil {
			t.Errorf("undone it was on hold for %v, asleep %v", from.OnHold, from.Snoozed)
		}
		d.clock.forward(time.Hour)
		if tk := did2(t)(d.tickets.Wake(t.Context(), ann, asleep.ID)); tk.OnHold != 3*time.Hour {
			t.Errorf("in the end it was on hold for %v", tk.OnHold)
		}
	})
}

// A merge and a split add a link, for which there has to be room.
func TestMovingNeedsRoomForALink(t *testing.T) {
	d := openMemory(t, nil)
	source, target := d.fresh(t, "1"), d.fresh(t, "2")
	d.write(t, source.ID, "More.")
	var links []ticket.Link
	for i := range ticket.MaxLinks {
		l := ticket.Link{Kind: ticket.Related, Ticket: d.fresh(t, fmt.Sprint("link ", i)).ID}
		links = append(links, l)
		did2(t)(d.tickets.Edit(t.Context(), ann, source.ID, ticket.Edit{Link: &l}))
	}
	_, _, err := d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
	refuses(t, err, "links")
	_, _, err = d.tickets.Split(t.Context(), ann, source.ID, []int64{2}, "")
	refuses(t, err, "links")
	did2(t)(d.tickets.Edit(t.Context(), ann, source.ID, ticket.Edit{Unlink: &links[0]}))
	from, _, err := d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
	if must(t, err); len(from.Links) != ticket.MaxLinks {
		t.Errorf("%d links", len(from.Links))
	}
}

// Whoever splits has read what he moves; who replied there last gets it back.
func TestSplitKeepsWhatIsKnown(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.fresh(t, "1")
		d.reply(t, bot, tk.ID, "2, says a machine")
		d.clock.forward(time.Minute)
		d.reply(t, bob, tk.ID, "3")
		d.clock.forward(time.Minute)
		d.write(t, tk.ID, "4")
		_, part, err := d.tickets.Split(t.Context(), ann, tk.ID, []int64{2, 3, 4}, "")
		must(t, err)
		if part.Marks.AgentRead != 3 || part.LastAgent != "bob" || !part.Times.FirstResponse.Equal(start) || !part.Times.FirstHuman.Equal(start.Add(time.Minute)) {
			t.Errorf("marks %+v, last agent %q, times %+v", part.Marks, part.LastAgent, part.Times)
		}
		// A wait that stands still goes with the question that began it.
		held := d.fresh(t, "5")
		d.clock.forward(time.Minute)
		d.write(t, held.ID, "6")
		at := d.clock.now()
		did2(t)(d.tickets.AssignBot(t.Context(), host, held.ID, "greeter"))
		from, _, err := d.tickets.Split(t.Context(), ann, held.ID, []int64{1}, "")
		if must(t, err); !from.Held.Equal(at) || from.Assignee != (event.Actor{Kind: event.Bot, ID: "greeter"}) {
			t.Errorf("held since %v by %s, want %v", from.Held, from.Assignee, at)
		}
	})
}

// A question goes on waiting where another one was answered that was merged with it.
func TestSplitKeepsTheWait(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		answered := d.fresh(t, "1")
		at := d.clock.forward(time.Minute)
		target := d.fresh(t, "2")
		d.clock.forward(time.Minute)
		d.reply(t, ann, answered.ID, "1!")
		_, to, err := d.tickets.Merge(t.Context(), ann, answered.ID, target.ID, nil)
		if must(t, err); !to.WaitingSince.Equal(at) {
			t.Errorf("merged it waits since %v", to.WaitingSince)
		}
		d.clock.forward(time.Minute)
		d.write(t, target.ID, "3")
		from, _, err := d.tickets.Split(t.Context(), ann, target.ID, []int64{4}, "")
		if must(t, err); !from.WaitingSince.Equal(at) {
			t.Errorf("split it waits since %v, want %v", from.WaitingSince, at)
		}
		_, to, err = d.tickets.Unmerge(t.Context(), ann, answered.ID)
		if must(t, err); !to.WaitingSince.Equal(at) || to.Status != ticket.StatusNew {
			t.Errorf("undone it is %s, and waits since %v", to.Status, to.WaitingSince)
		}
	})
}
