package chat

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
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

// opening keeps a stream's client up to date about business hours.
type opening struct {
	told  hoursForm
	watch *event.Watch // of the settings that they depend on
	of    string       // calendar that is watched
}

// stop ends the watch.
func (o *opening) stop() {
	if o.watch != nil {
		o.watch.Stop()
	}
}

// hours tells the client of the business hours, if it doesn't know them or anyway.
func (s *stream) hours(ctx context.Context, anyway bool) error {
	p, err := s.settings(ctx)
	if err != nil {
		return err
	}
	var f hoursForm
	err = s.c.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		f, err = s.c.hours(ctx, tx, p)
		return err
	})
	if err != nil || !anyway && s.opening.told.same(f) {
		return err
	}
	s.opening.told = f
	return s.send("hours", f, false)
}

// settings reads those of the platform, and watches what they depend on from before
// that on.
func (s *stream) settings(ctx context.Context) (*ticket.Platform, error) {
	for {
		app, err := s.c.Tickets.App(ctx, s.sess.App)
		if err != nil {
			return nil, err
		}
		p, err := app.Platform(s.sess.Platform)
		if err != nil {
			p = &ticket.Platform{} // it was taken away: whoever is on it goes on
		}
		if s.opening.watch != nil && s.opening.of == p.Hours {
			return p, nil
		}
		s.opening.stop()
		s.opening.of = p.Hours
		s.opening.watch = s.c.Events.Watch("app:"+app.ID, "calendar:"+p.Hours, "calendar:"+ticket.DeskCalendar)
	}
}
