package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// subject is what conditions of a flow are about, and what its placeholders stand for:
// a ticket with a conversation. What lies elsewhere is read when somebody asks for it;
// what goes wrong then is kept in err, which is to be looked at afterwards.
type subject struct {
	ctx context.Context
	tx  *store.Tx
	s   *Service
	bot string
	t   *ticket.Ticket
	f   *flow.State
	err error

	person *identity.EndUser
	app    *ticket.App
	open   *opening
	values func(string) string
}

// opening is how the desk stands at a moment.
type opening struct {
	*hours.Calendar
	now time.Time
}

// failed keeps the first thing that went wrong.
func (x *subject) failed(err error) {
	if err != nil && !missing(err) && x.err == nil {
		x.err = err
	}
}

// turn goes on with the ticket, and the end user, as they are now.
func (x *subject) turn(t *ticket.Ticket) { x.t, x.person, x.open, x.values = t, nil, nil, nil }

func (x *subject) user() *identity.EndUser {
	if x.person == nil {
		u, err := x.s.People.In(x.tx).EndUser(x.ctx, x.t.EndUser)
		if x.failed(err); err != nil {
			u = &identity.EndUser{}
		}
		x.person = u
	}
	return x.person
}

// private says whether the end user is under full privacy, himself or by the app.
func (x *subject) private() bool {
	if x.user().Private {
		return true
	}
	if x.app == nil {
		a, err := x.s.Tickets.In(x.tx).App(x.ctx, x.t.App)
		if x.failed(err); err != nil {
			a = &ticket.App{}
		}
		x.app = a
	}
	return x.app.FullPrivacy
}

func (x *subject) opening() *opening {
	if x.open == nil {
		c, err := x.s.Tickets.In(x.tx).HoursOf(x.ctx, x.tx, x.t)
		x.failed(err)
		x.open = &opening{c, x.s.now()}
	}
	return x.open
}

// opens is when people are there again; zero while they are, and where they won't be.
func (o *opening) opens() time.Time {
	if o.IsOpen(o.now) {
		return time.Time{}
	}
	at, _ := o.NextOpen(o.now)
	return at
}

func (o *opening) local() time.Time { return o.now.In(o.Location()) }

// value is what a placeholder stands for.
func (x *subject) value(name string) string {
	switch root, key, _ := strings.Cut(name, "."); {
	case name == "user.email":
		return x.user().Email.Value
	case name == "user.private":
		if x.private() {
			return "true"
		}
		return ""
	case name == "time.opens":
		at := x.opening().opens()
		if at.IsZero() {
			return ""
		}
		return at.In(x.opening().Location()).Format("2006-01-02 15:04 MST")
	case root == "attribute":
		v, _ := x.user().Attribute(key)
		return v
	}
	if x.values == nil {
		values, err := x.s.Tickets.Values(x.ctx, x.tx, actorOf(x.bot), x.t)
		if x.failed(err); err != nil {
			return ""
		}
		x.values = values
	}
	return x.values(name)
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// newEnv declares the names that conditions of a flow may have.
func newEnv(f *flow.Flow, fields []*ticket.Field) (*condition.Env[*subject], error) {
	var keys []string
	for i := range f.Steps {
		if b := f.Steps[i].Branch; b != nil {
			for _, c := range b.Cases {
				keys = append(keys, identity.MentionedKeys("attribute", c.When)...)
			}
		}
	}
	slices.Sort(keys)
	vars := ticket.Vars("ticket", "field", func(x *subject) *ticket.Ticket { return x.t }, fields)
	vars = append(vars, flow.Vars(f, func(x *subject) *flow.State { return x.f })...)
	for _, v := range identity.Vars("user", "attribute", (*subject).user, slices.Compact(keys)) {
		if v.Name == "user.private" {
			v.Bool = func(x *subject) (bool, bool) { return x.private(), true }
		}
		vars = append(vars, v)
	}
	vars = append(vars,
		condition.Var[*subject]{Name: "time.business", Bool: func(x *subject) (bool, bool) { return x.opening().IsOpen(x.opening().now), true }},
		condition.Var[*subject]{Name: "time.opens", Time: func(x *subject) time.Time { return x.opening().opens() }},
		condition.Var[*subject]{Name: "time.hour", Number: func(x *subject) (float64, bool) { return float64(x.opening().local().Hour()), true }},
		condition.Var[*subject]{Name: "time.weekday", Values: weekdays, Text: func(x *subject) string { return weekdays[x.opening().local().Weekday()] }})
	return condition.NewEnv(vars...)
}
