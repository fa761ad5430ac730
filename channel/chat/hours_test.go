package chat_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// opening is what a client is told of business hours.
type opening struct {
	Now     time.Time   `json:"now"`
	Open    bool        `json:"open"`
	Changes []time.Time `json:"changes"`
}

func openingOf(t *testing.T, v any) (o opening) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (e told) opening(t *testing.T) opening {
	t.Helper()
	return openingOf(t, json.RawMessage(e.data))
}

func calendar(id string, week hours.Week) *ticket.Calendar {
	return &ticket.Calendar{ID: id, Name: id, Hours: hours.Plan{Zone: "Europe/Berlin", Week: week}}
}

func on(day int, clock string) time.Time {
	at, err := time.Parse("2006-01-2 15:04", time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC).Format("2006-01-2 ")+clock)
	if err != nil {
		panic(err)
	}
	return at
}

func TestASessionKnowsTheHours(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		look := func() (opening, any) {
			a := ann.begin(nil)
			return openingOf(t, a.Config["hours"]), a.Config["away_notice"]
		}
		if got, notice := look(); !got.Open || got.Changes != nil || !got.Now.Equal(d.clock.now()) || notice != nil {
			t.Errorf("without a calendar: %+v, %v", got, notice)
		}
		// It is Tuesday, 10:00 in Berlin.
		d.must(d.Tickets.SaveCalendar(t.Context(), system(), calendar(ticket.DeskCalendar, hours.Weekdays(hours.Interval{From: "09:00", To: "17:30"}))))
		want := []time.Time{on(24, "16:30"), on(25, "08:00"), on(25, "16:30"), on(26, "08:00"), on(26, "16:30"), on(27, "08:00"), on(27, "16:30"), on(30, "08:00")}
		if got, _ := look(); !got.Open || !cmp.Equal(got.Changes, want) {
			t.Errorf("by the desk's calendar: %+v, want %v", got, want)
		}
		d.must(d.Tickets.SaveCalendar(t.Context(), system(), calendar("evenings", hours.Week{Friday: []hours.Interval{{From: "20:00", To: "02:00"}}})))
		d.platform(func(_ *ticket.App, p *ticket.Platform) {
			p.Hours = "evenings"
			p.AwayNotice = []ticket.Localised{{Language: "de", Text: "Erst am Abend"}, {Language: "en", Text: "Evenings only"}}
		})
		got, notice := look()
		if got.Open || len(got.Changes) != 8 || !got.Changes[0].Equal(on(27, "19:00")) || !got.Changes[1].Equal(on(28, "01:00")) || notice != "Evenings only" {
			t.Errorf("by the platform's calendar: %+v, %v", got, notice)
		}
		a := ann.post("session", map[string]any{"device": ann.device, "language": "de-AT"})
		if a.Config["away_notice"] != "Erst am Abend" {
			t.Errorf("in German: %v", a.Config["away_notice"])
		}
		d.must(d.Tickets.SaveCalendar(t.Context(), system(), calendar("never", hours.Week{})))
		d.platform(func(_ *ticket.App, p *ticket.Platform) { p.Hours = "never" })
		if got, _ := look(); got.Open || got.Changes != nil {
			t.Errorf("never open: %+v", got)
		}
	})
}

// A stream tells what staff changes, and nothing that its client knows.
func TestAStreamTellsOfOtherHours(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ctx := t.Context()
		always := hours.Daily(hours.Interval{From: "00:00", To: "24:00"})
		own := calendar("own", always)
		d.must(d.Tickets.SaveCalendar(ctx, system(), own))
		events, _ := d.visit("ann", nil).listen("")
		if o := next(t, events, "hours").opening(t); !o.Open || o.Changes != nil {
			t.Errorf("at first %+v", o)
		}
		d.must(d.Tickets.SaveCalendar(ctx, system(), calendar(ticket.DeskCalendar, hours.Week{})))
		if o := next(t, events, "hours").opening(t); o.Open {
			t.Errorf("the desk closes: %+v", o)
		}
		d.platform(func(_ *ticket.App, p *ticket.Platform) { p.Hours = "own" })
		if o := next(t, events, "hours").opening(t); !o.Open {
			t.Errorf("the platform has its own hours: %+v", o)
		}
		own.Name = "Renamed" // which is nothing to tell
		d.must(d.Tickets.SaveCalendar(ctx, system(), own))
		d.platform(func(app *ticket.App, _ *ticket.Platform) { app.Name = "Shop" })
		own.Hours.Week = hours.Week{}
		d.must(d.Tickets.SaveCalendar(ctx, system(), own))
		if o := next(t, events, "hours").opening(t); o.Open {
			t.Errorf("the platform closes: %+v", o)
		}
	})
}

// A stream that stays open tells of more changes before its client runs out of them.
func TestAStreamGoesOnTellingTheHours(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.Chat.SetHeartbeat(10 * time.Millisecond)
		d.must(d.Tickets.SaveCalendar(t.Context(), system(), calendar(ticket.DeskCalendar, hours.Daily(
			hours.Interval{From: "09:00", To: "10:30"}, hours.Interval{From: "11:00", To: "11:30"}, hours.Interval{From: "12:00", To: "12:30"}, hours.Interval{From: "13:00", To: "13:30"}, hours.Interval{From: "14:00", To: "14:30"}))))
		events, _ := d.visit("ann", nil).listen("")
		first := next(t, events, "hours").opening(t)
		d.clock.add(first.Changes[6].Sub(first.Now))
		second := next(t, events, "hours").opening(t)
		if second.Open || len(second.Changes) != 8 || !slices.Equal(first.Changes[7:], second.Changes[:1]) {
			t.Errorf("first %v, then %v", first, second)
		}
	})
}
