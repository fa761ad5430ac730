package chat

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// foretold is how many openings and closings a client is told of: those of four days
// as a rule, so that a page that stays open changes by itself.
const foretold = 8

// hoursForm says whether the desk is open, and when that changes next, by turns. Now is
// the desk's own clock, since a device's may be wrong.
type hoursForm struct {
	Now     time.Time   `json:"now"`
	Open    bool        `json:"open"`
	Changes []time.Time `json:"changes,omitempty"`
}

// hours looks up the business hours of a platform.
func (c *Chat) hours(ctx context.Context, tx *store.Tx, p *ticket.Platform) (f hoursForm, err error) {
	calendar, err := c.Tickets.Hours(ctx, tx, p.Hours)
	if err != nil {
		return f, err
	}
	f = hoursForm{Now: c.now().UTC()}
	f.Open = calendar.IsOpen(f.Now)
	for open, at := f.Open, f.Now; len(f.Changes) < foretold; open = !open {
		var ok bool
		if open {
			at, ok = calendar.NextClose(at)
		} else {
			at, ok = calendar.NextOpen(at)
		}
		if !ok {
			break
		}
		f.Changes = append(f.Changes, at)
	}
	return f, nil
}

// same says whether a client that was told f knows what g says.
func (f hoursForm) same(g hoursForm) bool {
	passed := f.passed(g.Now)
	rest, now := f.Changes[passed:], g.Changes
	if len(f.Changes) == foretold { // there may have been more, which it is told of in time
		now = now[:min(len(rest), len(now))]
	}
	return g.Open == (f.Open == (passed%2 == 0)) && slices.EqualFunc(rest, now, time.Time.Equal)
}

// passed counts the changes that have happened.
func (f hoursForm) passed(now time.Time) int {
	n := 0
	for n < len(f.Changes) && !f.Changes[n].After(now) {
		n++
	}
	return n
}

// runsOut says whether a client doesn't know of an opening and a closing any more.
func (f hoursForm) runsOut(now time.Time) bool {
	return len(f.Changes) == foretold && f.passed(now) > foretold-2
}

// otherHours tells the client of the business hours, if it doesn't know them.
func (t *turn) otherHours(ctx context.Context) error { return t.tellHours(ctx, false) }

// tellHours tells the client of the business hours, if it doesn't know them or anyway.
func (t *turn) tellHours(ctx context.Context, anyway bool) error {
	p, err := t.settings(ctx)
	if err != nil {
		return err
	}
	var f hoursForm
	err = t.c.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		f, err = t.c.hours(ctx, tx, p)
		return err
	})
	if err != nil || !anyway && t.hours.same(f) {
		return err
	}
	t.hours = f
	return t.send("hours", f, false)
}

// settings reads those of the platform, and follows the calendar that they name from
// before that on.
func (t *turn) settings(ctx context.Context) (*ticket.Platform, error) {
	for {
		app, err := t.c.Tickets.App(ctx, t.app)
		if err != nil {
			return nil, err
		}
		p, err := app.Platform(t.platform)
		if err != nil {
			p = &ticket.Platform{} // it was taken away: whoever is on it goes on
		}
		if !t.c.room.follow(t.stream, p.Hours) {
			return p, nil
		}
	}
}
