package automation

import (
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// ConditionError says where a condition is wrong, and what is allowed there.
type ConditionError = condition.Error

// hostPrefix stands before the names of the host's functions in conditions.
const hostPrefix = "host."

// previousNames are those of a ticket that events tell the values of before.
var previousNames = []string{"status", "open", "queue", "assignee", "bot", "group", "tags", "label", "priority", "title", "language"}

// newEnv declares what conditions may ask for. hosts are the names of the host's
// functions.
func newEnv(fields []*ticket.Field, hosts []string) (*condition.Env[*subject], error) {
	vars := ticket.Vars("ticket", "field", func(x *subject) *ticket.Ticket { return x.t }, fields)
	for _, v := range ticket.Vars("previous", "previous_field", func(x *subject) *ticket.Ticket { return x.past }, fields) {
		name, isTicket := strings.CutPrefix(v.Name, "previous.")
		if !isTicket || slices.Contains(previousNames, name) {
			vars = append(vars, v)
		}
	}
	d := declaring{vars: vars}
	d.happened()
	d.apart = true
	d.people()
	d.places()
	d.times()
	for _, name := range hosts {
		d.add(condition.Var[*subject]{Name: hostPrefix + name, Param: true, Bool: func(x *subject) (bool, bool) { return x.ask(name) }})
	}
	return condition.NewEnv(d.vars...)
}

// declaring collects declarations.
type declaring struct {
	vars  []condition.Var[*subject]
	apart bool // what comes lies elsewhere than in the ticket and what has happened to it
}

func (d *declaring) add(v condition.Var[*subject]) {
	v.Apart = d.apart
	d.vars = append(d.vars, v)
}

func (d *declaring) text(name string, get func(*subject) string, values ...string) {
	d.add(condition.Var[*subject]{Name: name, Text: get, Values: values})
}

func (d *declaring) list(name string, get func(*subject) []string) {
	d.add(condition.Var[*subject]{Name: name, Texts: get})
}

func (d *declaring) truth(name string, get func(*subject) (on, set bool)) {
	d.add(condition.Var[*subject]{Name: name, Bool: get})
}

func (d *declaring) number(name string, get func(*subject) (float64, bool)) {
	d.add(condition.Var[*subject]{Name: name, Number: get})
}

// happened are the names of what has just happened: the event, its message, and what it
// changed.
func (d *declaring) happened() {
	d.list("events", func(x *subject) []string { return x.events })
	d.list("changed", func(x *subject) []string { return x.changed })
	d.text("message.text", func(x *subject) string { return x.message().Text })
	d.text("message.author", func(x *subject) string { return string(x.message().Author.Kind) },
		string(event.EndUser), string(event.Agent), string(event.Bot), string(event.Automation), string(event.System))
	d.text("message.agent", func(x *subject) string {
		if a := x.message().Author; a.Kind == event.Agent {
			return a.ID
		}
		return ""
	})
	d.number("message.attachments", func(x *subject) (float64, bool) {
		m := x.message()
		return float64(len(m.Attachments)), m.Seq > 0
	})
	d.number("rating.score", func(x *subject) (float64, bool) {
		if x.t.Resolution == nil || x.t.Resolution.Survey.Score == 0 {
			return 0, false
		}
		return float64(x.t.Resolution.Survey.Score), true
	})
}

// people are the names of the end user and of the agent who has the ticket.
func (d *declaring) people() {
	d.text("user.id", func(x *subject) string { return x.user().ID })
	d.text("user.external", func(x *subject) string { return x.user().UserID })
	d.text("user.name", func(x *subject) string { return x.user().Name })
	d.text("user.email", func(x *subject) string { return x.user().Email.Value })
	d.text("user.phone", func(x *subject) string { return x.user().Phone.Value })
	d.text("user.language", func(x *subject) string { return x.user().Language })
	d.text("user.organisation", func(x *subject) string { return x.user().Organisation })
	d.truth("user.known", func(x *subject) (bool, bool) { u := x.user(); return u.Known(), u.ID != "" })
	d.truth("user.online", func(x *subject) (bool, bool) {
		return x.s.presence.Online(event.Actor{Kind: event.EndUser, ID: x.t.EndUser}), true
	})
	d.list("user.attributes", func(x *subject) (pairs []string) {
		for _, a := range x.user().Attributes {
			pairs = append(pairs, a.Key+"="+a.Value)
		}
		return pairs
	})
	d.text("assignee.name", func(x *subject) string { return x.agent().Name })
	d.text("assignee.team", func(x *subject) string { return x.agent().Team })
	d.list("assignee.groups", func(x *subject) []string { return x.agent().Groups })
	d.truth("assignee.available", func(x *subject) (bool, bool) { return x.available() })
}

// places are the names of the app and of the queue.
func (d *declaring) places() {
	d.text("app.name", func(x *subject) string { return x.app().Name })
	d.text("app.language", func(x *subject) string { return x.app().Language })
	d.text("queue.name", func(x *subject) string { return x.queue().Name })
	d.truth("queue.paused", func(x *subject) (bool, bool) { q := x.queue(); return q.Paused, q.ID != "" })
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// times are the names of the moment: on the clock of the calendar by which the ticket's
// business time counts.
func (d *declaring) times() {
	d.add(condition.Var[*subject]{Name: "now", Param: true, Time: func(x *subject) time.Time { return x.now }})
	d.truth("time.business", func(x *subject) (bool, bool) { return x.calendar().IsOpen(x.now), true })
	d.text("time.weekday", func(x *subject) string { return weekdays[x.local().Weekday()] }, weekdays...)
	d.number("time.hour", func(x *subject) (float64, bool) { return float64(x.local().Hour()), true })
}
