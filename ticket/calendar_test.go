package ticket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// office is open from Monday to Friday, in the given hours.
func office(id, from, to string) *ticket.Calendar {
	return &ticket.Calendar{ID: id, Name: "Office", Hours: hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: from, To: to}),
		Holidays:   []hours.Holiday{{Name: "Christmas", Date: "12-25", Closed: []hours.Interval{{From: "12:00", To: "24:00"}}}},
		Exceptions: []hours.Exception{{Name: "Move", From: "2026-07-01", To: "2026-07-03"}}}}
}

// opens is the hour, in Berlin, at which the calendar that counts opens on Tuesday; -1
// is always open.
func (d *desk) opens(t *testing.T, ids ...string) (hour int) {
	t.Helper()
	must(t, d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c, err := d.tickets.Hours(ctx, tx, ids...)
		if c == nil {
			hour = -1
			return err
		}
		at, _ := c.NextOpen(time.Date(2026, 5, 4, 22, 0, 0, 0, time.UTC))
		hour = at.Add(2 * time.Hour).Hour()
		return err
	}))
	return hour
}

func TestCalendarsAreKept(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		c := office("berlin", "09:00", "17:00")
		must(t, d.tickets.SaveCalendar(ctx, admin, c))
		got, err := d.tickets.Calendar(ctx, "berlin")
		must(t, err)
		if diff := cmp.Diff(c, got); diff != "" || !got.Updated.Equal(start) {
			t.Error(got.Updated, diff)
		}
		is(t, d.tickets.SaveCalendar(ctx, host, office("berlin", "09:00", "17:00")), store.ErrExists)
		forbidden(t, d.tickets.SaveCalendar(ctx, ann, office("mine", "09:00", "17:00")))
		got.Name, got.Archived = "Old office", true
		must(t, d.tickets.SaveCalendar(ctx, host, got))
		is(t, d.tickets.SaveCalendar(ctx, host, c), store.ErrStale)
		must(t, d.tickets.SaveCalendar(ctx, host, office("tokyo", "09:00", "17:00")))
		first, next, err := d.tickets.Calendars(ctx, "", 1)
		must(t, err)
		rest, end, err := d.tickets.Calendars(ctx, next, 1000)
		must(t, err)
		if len(first) != 1 || first[0].Name != "Old office" || len(rest) != 1 || rest[0].ID != "tokyo" || end != "" {
			t.Errorf("%+v, %+v, %q", first, rest, end)
		}
		_, err = d.tickets.Calendar(ctx, "nowhere")
		is(t, err, store.ErrNotFound)
		var saved []string
		_, err = d.events.Step(ctx)
		must(t, err)
		es, err := d.events.Since(ctx, d.db, 0, 200)
		must(t, err)
		for _, e := range es {
			if e.Type == ticket.CalendarSaved {
				saved = append(saved, fmt.Sprint(e.Subject, " ", e.Revision, " ", e.Actor))
			}
		}
		if want := []string{fmt.Sprint("calendar:berlin 1 ", admin), fmt.Sprint("calendar:berlin 2 ", host), fmt.Sprint("calendar:tokyo 1 ", host)}; !cmp.Equal(saved, want) {
			t.Errorf("events %q, want %q", saved, want)
		}
	})
}

func TestBadCalendarsAreRefused(t *testing.T) {
	d := openMemory(t, nil)
	for field, spoil := range map[string]func(*ticket.Calendar){
		"":                                func(*ticket.Calendar) {},
		"calendar.id":                     func(c *ticket.Calendar) { c.ID = "Berlin office" },
		"calendar.name":                   func(c *ticket.Calendar) { c.Name = "" },
		"calendar.hours.zone":             func(c *ticket.Calendar) { c.Hours.Zone = "Europe/Atlantis" },
		"calendar.hours.holidays[0].date": func(c *ticket.Calendar) { c.Hours.Holidays[0].Date = "02-30" },
	} {
		c := office("c1", "09:00", "17:00")
		c.Name = strings.Repeat("é", ticket.MaxTitle)
		spoil(c)
		if err := d.tickets.SaveCalendar(t.Context(), host, c); field != "" {
			refuses(t, err, field)
		} else {
			must(t, err)
		}
	}
	c := office("c2", "09:00", "17:00")
	c.Name = strings.Repeat("é", ticket.MaxTitle+1)
	refuses(t, d.tickets.SaveCalendar(t.Context(), host, c), "calendar.name")
}

func TestTheNearestCalendarCounts(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		own := office("own", "09:00", "17:00")
		must(t, d.tickets.SaveCalendar(ctx, host, own))
		check := func(want int, ids ...string) {
			t.Helper()
			if got := d.opens(t, ids...); got != want {
				t.Errorf("%q opens at %d, want %d", ids, got, want)
			}
		}
		check(-1)
		check(-1, "", "")
		check(-1, "gone", "own") // no other than the desk's
		check(9, "", "own")
		check(-1, ticket.DeskCalendar)
		must(t, d.tickets.SaveCalendar(ctx, host, office(ticket.DeskCalendar, "07:00", "17:00")))
		check(7)
		check(7, "", "gone")
		check(7, ticket.DeskCalendar)
		check(9, "own", "gone")
		check(9, "", "own", ticket.DeskCalendar)
		check(7, ticket.DeskCalendar, "own")
		own.Hours.Week = hours.Weekdays(hours.Interval{From: "11:00", To: "12:00"})
		own.Archived = true
		must(t, d.tickets.SaveCalendar(ctx, host, own))
		check(11, "own")
	})
}

// What is compiled in a transaction that is undone isn't taken for what the next one
// saves under the same revision.
func TestAnUndoneCalendarLeavesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		undo := errors.New("undo")
		err := d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			must(t, d.tickets.In(tx).SaveCalendar(ctx, host, office("own", "05:00", "17:00")))
			c, err := d.tickets.Hours(ctx, tx, "own")
			if at := time.Date(2026, 5, 4, 3, 30, 0, 0, time.UTC); err != nil || !c.IsOpen(at) {
				t.Errorf("in its own transaction it isn't open, %v", err)
			}
			return undo
		})
		is(t, err, undo)
		must(t, d.tickets.SaveCalendar(t.Context(), host, office("own", "10:00", "17:00")))
		if got := d.opens(t, "own"); got != 10 {
			t.Errorf("opens at %d", got)
		}
	})
}

func TestAPlatformNamesACalendarThatIsThere(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		app, err := d.tickets.App(ctx, ticket.DefaultApp)
		must(t, err)
		p, err := app.Platform("webchat")
		must(t, err)
		p.Hours = "own"
		refuses(t, d.tickets.SaveApp(ctx, host, app), "app.platforms.webchat.hours")
		must(t, d.tickets.SaveCalendar(ctx, host, office("own", "09:00", "17:00")))
		must(t, d.tickets.SaveApp(ctx, host, app))
	})
}

// A calendar whose zone is in no database of this machine counts as the desk's.
func TestACalendarOfAnUnknownZone(t *testing.T) {
	var log bytes.Buffer
	d := open(t, memstore.New(), &ticket.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, d.tickets.SaveCalendar(t.Context(), host, office(ticket.DeskCalendar, "07:00", "17:00")))
	must(t, d.tickets.SaveCalendar(t.Context(), host, office("own", "09:00", "17:00")))
	spoil := func(id string) {
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			c, err := ticket.StoredCalendars.Get(ctx, tx, id)
			must(t, err)
			c.Hours.Zone = "Europe/Atlantis"
			return ticket.StoredCalendars.Put(ctx, tx, c)
		}))
	}
	spoil("own")
	if got := d.opens(t, "own"); got != 7 || !strings.Contains(log.String(), "Atlantis") {
		t.Errorf("opens at %d; log %s", got, &log)
	}
	said := log.Len()
	if d.opens(t, "own"); log.Len() != said {
		t.Errorf("it is said again: %s", &log)
	}
	spoil(ticket.DeskCalendar)
	if got := d.opens(t, "own"); got != -1 {
		t.Errorf("opens at %d", got)
	}
}

func BenchmarkHours(b *testing.B) {
	d := openMemory(b, nil)
	must(b, d.tickets.SaveCalendar(b.Context(), host, office("own", "09:00", "17:00")))
	b.ReportAllocs()
	must(b, d.db.View(b.Context(), func(ctx context.Context, tx *store.Tx) error {
		for b.Loop() {
			if _, err := d.tickets.Hours(ctx, tx, "", "own"); err != nil {
				return err
			}
		}
		return nil
	}))
}
