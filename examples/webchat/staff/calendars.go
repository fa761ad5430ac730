package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/hours/holidays"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Business hours: the calendars of the desk, and the holidays of the countries.

type calendarForm struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Hours    hours.Plan `json:"hours"`
	Archived bool       `json:"archived"`
	Revision store.Rev  `json:"revision"`
	// Desk asks for a new calendar that counts where nothing else is set.
	Desk bool `json:"desk"`

	Open bool       `json:"open"`           // now
	Next *time.Time `json:"next,omitempty"` // when that changes
}

func calendarOf(c *ticket.Calendar, now time.Time) calendarForm {
	f := calendarForm{ID: c.ID, Name: c.Name, Hours: c.Hours, Archived: c.Archived, Revision: c.Rev, Desk: c.ID == ticket.DeskCalendar}
	made, err := hours.New(c.Hours)
	if err != nil {
		return f // in a zone that this machine doesn't know
	}
	f.Open = made.IsOpen(now)
	next, ok := made.NextOpen(now)
	if f.Open {
		next, ok = made.NextClose(now)
	}
	if ok {
		f.Next = &next
	}
	return f
}

func (p *Page) calendars(w http.ResponseWriter, r *http.Request, _ *identity.Agent) error {
	cs, _, err := p.desk.Tickets.Calendars(r.Context(), "", 200)
	if err != nil {
		return err
	}
	forms := make([]calendarForm, len(cs))
	for i, c := range cs {
		forms[i] = calendarOf(c, time.Now())
	}
	return write(w, map[string]any{"calendars": forms, "regions": holidays.Regions()})
}

func (p *Page) saveCalendar(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in calendarForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	c := &ticket.Calendar{ID: in.ID, Name: in.Name, Hours: in.Hours, Archived: in.Archived, Rev: in.Revision}
	if c.ID == "" {
		var err error
		if c.ID, err = p.newCalendar(r.Context(), in.Desk); err != nil {
			return err
		}
	}
	if err := p.desk.Tickets.SaveCalendar(r.Context(), me.Actor(), c); err != nil {
		return err
	}
	return write(w, calendarOf(c, time.Now()))
}

// newCalendar is the id of a calendar that is made.
func (p *Page) newCalendar(ctx context.Context, desks bool) (string, error) {
	if !desks {
		return "c" + strings.ToLower(rand.Text()[:12]), nil
	}
	_, err := p.desk.Tickets.Calendar(ctx, ticket.DeskCalendar)
	if err == nil {
		return "", &store.FieldError{Field: "desk", Reason: "there is a calendar of the desk already: change that one"}
	}
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return ticket.DeskCalendar, err
}

func (p *Page) holidays(w http.ResponseWriter, r *http.Request, _ *identity.Agent) error {
	hs, err := holidays.Of(r.FormValue("region"), int(integer(r, "first")), int(integer(r, "last")))
	if err != nil {
		return err
	}
	return write(w, map[string]any{"holidays": hs})
}
