package ticket_test

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// moment is one minute of a story, and who does what then.
type moment struct {
	act  string
	want int // minute since which the end user waits; 0 is no wait
}

// stories tell when the wait starts, stops, stands still and goes on. The first
// message comes at minute 1.
var stories = map[string][]moment{
	"second message keeps it":         {{"ask", 1}, {"write", 1}, {"write", 1}, {"reply", 0}, {"write", 5}},
	"moves keep it":                   {{"ask", 1}, {"assign", 1}, {"assign2", 1}, {"queue", 1}, {"group", 1}, {"unassign", 1}},
	"bot's and rule's words keep it":  {{"ask", 1}, {"bot says", 1}, {"rule", 1}, {"announce", 1}, {"note", 1}},
	"agent's reply stops it":          {{"ask", 1}, {"reply", 0}, {"reply", 0}, {"note", 0}},
	"bot holds, hand-off goes on":     {{"ask", 1}, {"bot", 0}, {"bot says", 0}, {"write", 0}, {"queue", 1}},
	"bot to bot to agent":             {{"ask", 1}, {"bot", 0}, {"bot2", 0}, {"assign", 1}},
	"starts at hand-off":              {{"open", 0}, {"bot", 0}, {"write", 0}, {"bot says", 0}, {"queue", 5}},
	"answered, then bot, then silent": {{"ask", 1}, {"reply", 0}, {"bot", 0}, {"bot says", 0}, {"queue", 0}},
	"answered, then bot, then asked":  {{"ask", 1}, {"reply", 0}, {"bot", 0}, {"write", 0}, {"queue", 5}},
	"agent answers a bot's ticket":    {{"ask", 1}, {"bot", 0}, {"reply", 0}, {"queue", 0}, {"write", 5}},
	"answered, and a bot again":       {{"ask", 1}, {"bot", 0}, {"reply", 0}, {"bot", 0}, {"queue", 0}, {"write", 6}},
	"resolved and reopened":           {{"ask", 1}, {"resolve", 0}, {"reopen", 1}},
	"resolved, answered, reopened":    {{"ask", 1}, {"resolve", 0}, {"reply", 0}, {"reopen", 0}},
	"resolved and written again":      {{"ask", 1}, {"resolve", 0}, {"write", 3}},
	"rejected and reopened":           {{"ask", 1}, {"reply", 0}, {"write", 3}, {"reject", 0}, {"reopen", 3}},
	"reopened by reply":               {{"ask", 1}, {"resolve", 0}, {"reply!", 0}, {"write", 4}},
	"bot's, resolved, written again":  {{"ask", 1}, {"bot", 0}, {"resolve", 0}, {"write", 4}},
	"bot's, resolved, reopened":       {{"ask", 1}, {"bot", 0}, {"resolve", 0}, {"reopen", 0}, {"queue", 1}},
	"written by an agent":             {{"agent opens", 0}, {"write", 2}},
}

func TestWait(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for name, story := range stories {
			begin := d.clock.now()
			var tk *ticket.Ticket
			for i, m := range story {
				d.clock.forward(time.Minute)
				tk = d.tell(t, m.act, tk)
				want := time.Time{}
				if m.want > 0 {
					want = begin.Add(time.Duration(m.want) * time.Minute)
				}
				if !tk.WaitingSince.Equal(want) {
					t.Errorf("%s: minute %d, %s: waiting since %s, want %s", name, i+1, m.act, tk.WaitingSince, want)
				}
			}
		}
	})
}

// tell does one act of a story.
func (d *desk) tell(t testing.TB, act string, tk *ticket.Ticket) *ticket.Ticket {
	t.Helper()
	ctx, err := t.Context(), error(nil)
	switch act {
	case "ask":
		return d.ask(t)
	case "open":
		tk, err = d.tickets.Create(ctx, ticket.New{EndUser: d.eve, Platform: "webchat"})
	case "agent opens":
		tk, err = d.tickets.Create(ctx, ticket.New{Actor: ann, EndUser: d.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Hi."}})
	case "note":
		tk, _, err = d.tickets.Note(ctx, ann, tk.ID, text("Hm."))
	case "announce":
		tk, _, err = d.tickets.Announce(ctx, host, tk.ID, "We are closed.")
	case "assign2":
		tk, err = d.tickets.Assign(ctx, admin, tk.ID, "ann")
	case "bot2":
		tk, err = d.tickets.AssignBot(ctx, admin, tk.ID, "another")
	default:
		tk, err = acts[act](t, d, tk.ID)
	}
	return did(t, tk, err)
}

// What a bot is told changes no status.
func TestWritingToABot(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.reply(t, ann, d.ask(t).ID, "Here.")
		_, err := d.tickets.AssignBot(t.Context(), ann, tk.ID, "greeter")
		must(t, err)
		if got := d.write(t, tk.ID, "Yes.").Ticket; got.Status != ticket.StatusAgentReplied || !got.WaitingSince.IsZero() {
			t.Errorf("%s, waiting since %s", got.Status, got.WaitingSince)
		}
	})
}

func TestTimesAndCounts(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
		tk := d.ask(t)
		var facts ticket.Facts
		for _, act := range []string{"rule", "announce", "note", "bot says", "write", "reply", "rule", "reply", "write", "resolve"} {
			d.clock.forward(time.Minute)
			tk = d.tell(t, act, tk)
			if act == "reply" && tk.Counts.Agent == 1 {
				es := d.eventsOf(t, tk.ID)
				must(t, es[len(es)-2].Payload(&facts)) // the last one tells that it changed hands
			}
		}
		want := ticket.Times{Created: start, Updated: at(10), FirstAssigned: at(6), FirstResponse: at(4), FirstHuman: at(6), LastAgent: at(8), LastEndUser: at(9), Resolved: at(10), Touched: at(10)}
		if diff := cmp.Diff(want, tk.Times); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(ticket.Counts{Inbound: 3, Agent: 2, Bot: 1, Automation: 2}, tk.Counts); diff != "" {
			t.Error(diff)
		}
		if facts.Waited != (6*time.Minute).Microseconds() || facts.Status != ticket.StatusAgentReplied || facts.Was != ticket.StatusNew || facts.Author != bob {
			t.Errorf("the reply told %+v", facts)
		}
		if want := (ticket.Preview{Author: event.EndUser, Text: "Hello?", Time: at(9)}); tk.Preview != want {
			t.Errorf("preview %+v", tk.Preview)
		}
	})
}

// An automation's answer is no first response; an agent's is the human one, too.
func TestFirstResponse(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for act, want := range map[string][2]bool{"rule": {false, false}, "bot says": {true, false}, "reply": {true, true}, "announce": {false, false}, "note": {false, false}} {
			tk := d.tell(t, act, d.ask(t))
			if got := [2]bool{!tk.Times.FirstResponse.IsZero(), !tk.Times.FirstHuman.IsZero()}; got != want {
				t.Errorf("%s: first response, first human response %v, want %v", act, got, want)
			}
		}
	})
}
