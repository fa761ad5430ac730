package ticket_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// in makes a ticket of each status, in the ways of a desk.
var in = map[ticket.Status]func(t testing.TB, d *desk) *ticket.Ticket{
	ticket.StatusNew: func(t testing.TB, d *desk) *ticket.Ticket { return d.ask(t) },
	ticket.StatusNewForAgent: func(t testing.TB, d *desk) *ticket.Ticket {
		tk, err := d.tickets.Assign(t.Context(), host, d.ask(t).ID, "ann")
		return did(t, tk, err)
	},
	ticket.StatusAgentReplied: func(t testing.TB, d *desk) *ticket.Ticket { return d.reply(t, ann, d.ask(t).ID, "Here.") },
	ticket.StatusWaitingForAgent: func(t testing.TB, d *desk) *ticket.Ticket {
		return d.write(t, d.reply(t, ann, d.ask(t).ID, "Here.").ID, "No.").Ticket
	},
	ticket.StatusPendingReassignment: func(t testing.TB, d *desk) *ticket.Ticket {
		tk, err := d.tickets.Resolve(t.Context(), host, d.ask(t).ID)
		return d.write(t, did(t, tk, err).ID, "Still there?").Ticket
	},
	ticket.StatusResolved: func(t testing.TB, d *desk) *ticket.Ticket {
		tk, err := d.tickets.Resolve(t.Context(), ann, d.reply(t, ann, d.ask(t).ID, "Here.").ID)
		return did(t, tk, err)
	},
	ticket.StatusRejected: func(t testing.TB, d *desk) *ticket.Ticket {
		tk, err := d.tickets.Reject(t.Context(), ann, d.reply(t, ann, d.ask(t).ID, "Spam.").ID)
		return did(t, tk, err)
	},
}

// acts are the rows of the table, done through the service.
var acts = map[string]func(t testing.TB, d *desk, id string) (*ticket.Ticket, error){
	"assign": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.Assign(t.Context(), admin, id, "bob")
	},
	"bot": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.AssignBot(t.Context(), admin, id, "greeter")
	},
	"group": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.AssignGroup(t.Context(), admin, id, "billing")
	},
	"queue": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.AssignQueue(t.Context(), admin, id, "slow")
	},
	"unassign": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.Unassign(t.Context(), admin, id)
	},
	"resolve": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.Resolve(t.Context(), admin, id)
	},
	"reject": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.Reject(t.Context(), admin, id)
	},
	"reopen": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		return d.tickets.Reopen(t.Context(), admin, id)
	},
	"reply":    replyBy(bob, false),
	"ann says": replyBy(ann, false),
	"reply!":   replyBy(bob, true), // and reopen
	"bot says": replyBy(bot, false),
	"bot!":     replyBy(bot, true), // only agents reopen by a reply
	"rule":     replyBy(rule, false),
	"write": func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		if _, err := d.tickets.Write(t.Context(), d.inbound(id, "Hello?")); err != nil {
			return nil, err
		}
		return d.get(t, id), nil
	},
}

func replyBy(who event.Actor, reopen bool) func(testing.TB, *desk, string) (*ticket.Ticket, error) {
	return func(t testing.TB, d *desk, id string) (*ticket.Ticket, error) {
		tk, _, err := d.tickets.Reply(t.Context(), who, id, ticket.Draft{Text: "Answer.", Reopen: reopen})
		return tk, err
	}
}

const wholeTable = `
act       new  nfa  rep  wait pend res  rej
assign    nfa  nfa  rep  wait wait -    -
bot       new  new  rep  wait pend -    -
group     new  new  rep  wait pend -    -
queue     new  new  rep  wait pend -    -
unassign  new  new  rep  wait pend -    -
reply     rep  rep  rep  rep  rep  res  -
reply!    rep  rep  rep  rep  rep  rep  -
bot_says  new  nfa  rep  wait pend res  -
bot!      new  nfa  rep  wait pend res  -
rule      new  nfa  rep  wait pend res  -
write     new  nfa  wait wait pend wait rej
resolve   res  res  res  res  res  res  -
reject    rej  rej  rej  rej  rej  rej  rej
reopen    -    -    -    -    -    rep  rep
`

// Every act in every status, through the service.
func TestActs(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		lines := strings.Split(strings.TrimSpace(wholeTable), "\n")
		for _, line := range lines[1:] {
			name, cells, _ := strings.Cut(line, " ")
			name = strings.ReplaceAll(name, "_", " ")
			for i, want := range strings.Fields(cells) {
				from := ticket.Statuses()[i]
				tk := in[from](t, d)
				if tk.Status != from {
					t.Fatalf("a ticket that should be %s is %s", from, tk.Status)
				}
				head := d.head(t)
				after, err := acts[name](t, d, tk.ID)
				if want == "-" {
					refused, ok := errors.AsType[*ticket.TransitionError](err)
					if !ok || refused.From != from || refused.To == "" {
						t.Errorf("%s, %s: error %v, want a *ticket.TransitionError from %s", name, from, err, from)
					}
					d.unchanged(t, tk, head)
					continue
				}
				if err != nil || after.Status != long[want] {
					t.Errorf("%s, %s: error %v, status %v, want %s", name, from, err, after, long[want])
				}
				if stored := d.get(t, tk.ID); err == nil && cmp.Diff(after, stored) != "" {
					t.Errorf("%s, %s: returned isn't stored: %s", name, from, cmp.Diff(after, stored))
				}
			}
		}
	})
}

var long = map[string]ticket.Status{
	"new": ticket.StatusNew, "nfa": ticket.StatusNewForAgent, "rep": ticket.StatusAgentReplied, "wait": ticket.StatusWaitingForAgent,
	"pend": ticket.StatusPendingReassignment, "res": ticket.StatusResolved, "rej": ticket.StatusRejected,
}

func TestWhoHasIt(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		if tk = d.reply(t, ann, tk.ID, "Mine."); tk.Assignee != ann || !tk.Times.FirstAssigned.Equal(start) {
			t.Errorf("the first to reply doesn't have it: %+v", tk.Assignee)
		}
		if tk = d.reply(t, bob, tk.ID, "And I?"); tk.Assignee != ann {
			t.Errorf("who replied later has it: %+v", tk.Assignee)
		}
		tk, err := d.tickets.AssignBot(t.Context(), ann, tk.ID, "greeter")
		if must(t, err); !tk.BotHasIt() {
			t.Errorf("assigned to %+v", tk.Assignee)
		}
		if tk = d.reply(t, bot, tk.ID, "I am a bot."); tk.Assignee != bot {
			t.Errorf("a bot's reply gave it to %+v", tk.Assignee)
		}
		if tk = d.reply(t, bob, tk.ID, "Me, then."); tk.Assignee != bob {
			t.Errorf("an agent replied to a bot's ticket; %+v has it", tk.Assignee)
		}
		tk, err = d.tickets.AssignGroup(t.Context(), bob, tk.ID, "billing")
		if must(t, err); tk.Assignee != (event.Actor{}) || tk.Group != "billing" {
			t.Errorf("in group %q, %+v has it", tk.Group, tk.Assignee)
		}
		tk, err = d.tickets.AssignQueue(t.Context(), bob, tk.ID, "slow")
		if must(t, err); tk.Queue != "slow" || tk.FirstQueue != "slow" || tk.Group != "" {
			t.Errorf("queue %q, first %q, group %q", tk.Queue, tk.FirstQueue, tk.Group)
		}
		head := d.head(t)
		same, err := d.tickets.AssignQueue(t.Context(), bob, tk.ID, "slow")
		must(t, err)
		d.unchanged(t, same, head)
		d.setActive(t, "bob", false)
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, "bob")
		refuses(t, err, "agent")
		_, err = d.tickets.AssignGroup(t.Context(), ann, tk.ID, "gone")
		refuses(t, err, "group")
		_, err = d.tickets.AssignBot(t.Context(), ann, tk.ID, "")
		refuses(t, err, "bot")
		_, err = d.tickets.Unassign(t.Context(), d.user(), tk.ID)
		forbidden(t, err)
		_, err = d.tickets.Unassign(t.Context(), bob, tk.ID)
		forbidden(t, err)
	})
}

func TestClosingTwice(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, err := d.tickets.Resolve(t.Context(), d.user(), d.ask(t).ID)
		if must(t, err); tk.Status != ticket.StatusResolved || !tk.Times.Resolved.Equal(start) {
			t.Errorf("%s at %s", tk.Status, tk.Times.Resolved)
		}
		head := d.head(t)
		d.clock.forward(time.Hour)
		_, err = d.tickets.Resolve(t.Context(), ann, tk.ID)
		must(t, err)
		d.unchanged(t, tk, head)
		_, err = d.tickets.Reject(t.Context(), d.user(), tk.ID)
		forbidden(t, err)
		tk, err = d.tickets.Reject(t.Context(), ann, tk.ID)
		must(t, err)
		head = d.head(t)
		_, err = d.tickets.Reject(t.Context(), ann, tk.ID)
		must(t, err)
		d.unchanged(t, tk, head)
		if diff := cmp.Diff([]string{ticket.Created, ticket.Resolved, ticket.RatingAsked, ticket.RatingVoid, ticket.Rejected}, d.history(t, tk.ID)); diff != "" {
			t.Error(diff)
		}
	})
}

// An agent's reopening leads to where the ticket would stand.
func TestAgentReopens(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for name, c := range map[string]struct {
			from ticket.Status
			want ticket.Status
			wait bool
		}{
			"the agent spoke last":    {ticket.StatusAgentReplied, ticket.StatusAgentReplied, false},
			"the end user spoke last": {ticket.StatusWaitingForAgent, ticket.StatusWaitingForAgent, true},
			"nobody replied":          {ticket.StatusNew, ticket.StatusNew, true},
			"somebody has it":         {ticket.StatusNewForAgent, ticket.StatusNewForAgent, true},
		} {
			for _, shut := range []string{"resolve", "reject"} {
				tk, err := acts[shut](t, d, in[c.from](t, d).ID)
				must(t, err)
				since := d.clock.now()
				d.clock.forward(30 * 24 * time.Hour) // no window binds agents
				tk, err = d.tickets.Reopen(t.Context(), ann, tk.ID)
				must(t, err)
				if tk.Status != c.want || tk.Reopened != 1 || !tk.Times.Resolved.IsZero() || tk.WaitingSince.IsZero() == c.wait || c.wait && !tk.WaitingSince.Equal(since) {
					t.Errorf("%s, %s: %s, waiting since %s, reopened %d", name, shut, tk.Status, tk.WaitingSince, tk.Reopened)
				}
				if es := d.history(t, tk.ID); es[len(es)-1] != ticket.Reopened {
					t.Errorf("%s, %s: events %v", name, shut, es)
				}
			}
		}
		_, err := d.tickets.Reopen(t.Context(), d.user(), d.ask(t).ID)
		forbidden(t, err)
	})
}

func TestReplyReopens(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, err := d.tickets.Resolve(t.Context(), ann, d.ask(t).ID)
		must(t, err)
		tk = d.reply(t, ann, tk.ID, "One more thing.")
		if tk.Status != ticket.StatusResolved || tk.Assignee != (event.Actor{}) || tk.Reopened != 0 {
			t.Errorf("a reply made it %s, %+v has it", tk.Status, tk.Assignee)
		}
		tk, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "I was wrong.", Reopen: true})
		must(t, err)
		if tk.Status != ticket.StatusAgentReplied || tk.Assignee != ann || tk.Reopened != 1 || !tk.Times.Resolved.IsZero() {
			t.Errorf("reopened: %s, %+v has it, reopened %d, resolved %s", tk.Status, tk.Assignee, tk.Reopened, tk.Times.Resolved)
		}
		if es := d.history(t, tk.ID); !slices.Contains(es, ticket.Reopened) {
			t.Errorf("events %v", es)
		}
	})
}

func TestNamesOfStaffAreChecked(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		stranger := event.Actor{Kind: event.Agent, ID: "stranger"}
		d.setActive(t, "bob", false)
		for _, who := range []event.Actor{stranger, bob, d.user(), {}} {
			_, _, err := d.tickets.Reply(t.Context(), who, tk.ID, text("Hi."))
			forbidden(t, err)
			_, _, err = d.tickets.Note(t.Context(), who, tk.ID, text("Hm."))
			forbidden(t, err)
			_, err = d.tickets.Assign(t.Context(), who, tk.ID, "ann")
			forbidden(t, err)
			_, _, err = d.tickets.List(t.Context(), who, ticket.Filter{}, "", 10)
			forbidden(t, err)
			_, err = d.tickets.Count(t.Context(), who, ticket.Filter{}, 10)
			forbidden(t, err)
		}
		_, err := d.tickets.Get(t.Context(), stranger, tk.ID)
		forbidden(t, err)
		for _, who := range []event.Actor{ann, bot, rule, d.user()} {
			forbidden(t, d.tickets.SaveField(t.Context(), who, &ticket.Field{Key: "k", Type: ticket.Number}))
			forbidden(t, d.tickets.SaveTag(t.Context(), who, &ticket.Tag{Name: "t"}))
			forbidden(t, d.tickets.SaveApp(t.Context(), who, ticket.NewApp("brand", "Brand")))
		}
		var none *identity.PermissionError
		_, _, err = d.tickets.Reply(t.Context(), ann, "nothing", text("Hi."))
		if is(t, err, store.ErrNotFound); errors.As(err, &none) {
			t.Error(err)
		}
	})
}
