package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Weeks that never were, so that figures have something to tell: what came in, who
// answered, and how it ended. They are played on the desk's own services, by a clock that is
// moved, and come out the same for the same day.

// past is what a new desk is played.
type past struct {
	clock *clock // the desk's
	days  int    // up to today
}

// clock is the desk's: while the past is played, it stands where that is.
type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) now() time.Time {
	if t := c.at.Load(); t != nil {
		return *t
	}
	return time.Now()
}

func (c *clock) set(t time.Time) { c.at.Store(&t) }

// run has it go as clocks do.
func (c *clock) run() { c.at.Store(nil) }

// deed is something that happens at a moment.
type deed struct {
	at time.Time
	do func(ctx context.Context, desk *frontdesk.Desk) error
}

// play makes up the past, and plays it.
type play struct {
	*rand.Rand
	desk   *frontdesk.Desk
	clock  *clock
	zone   *time.Location
	end    time.Time
	rows   []predict.Row // what people write
	people []string      // their ids
	deeds  []deed
}

// play plays the days up to a moment. The desk has staff, queues, articles and bots.
func (w *past) play(ctx context.Context, desk *frontdesk.Desk, end time.Time) error {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return err
	}
	p := &play{Rand: rand.New(rand.NewPCG(20, 26)), desk: desk, clock: w.clock, zone: zone, end: end}
	if p.rows, err = predict.ReadCSV(bytes.NewReader(labelled)); err != nil {
		return fmt.Errorf("labelled rows: %w", err)
	}
	first := w.begins(end).In(zone)
	p.clock.set(first.Add(7 * time.Hour))
	if err := p.customers(ctx); err != nil {
		return err
	}
	evenings := make([][]*chatWithLeaf, w.days+1)
	for d := range evenings {
		day := first.AddDate(0, 0, d)
		p.day(day, 0.75+float64(d)/float64(w.days)/2)
		if d%3 == 1 { // which is often enough to look at, and keeps the play short
			evenings[d] = p.chats(day.Add(20*time.Hour + 40*time.Minute))
		}
	}
	if err := p.readers(ctx, first, w.days); err != nil {
		return err
	}
	slices.SortStableFunc(p.deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	for _, chats := range evenings {
		if len(chats) == 0 {
			continue
		}
		if err := p.until(ctx, chats[0].at); err != nil {
			return err
		}
		if err := p.leaf(ctx, chats); err != nil {
			return err
		}
	}
	if err := p.until(ctx, end); err != nil {
		return err
	}
	return p.settle(ctx)
}

// begins is the midnight at which the first day begins, by the shop's clock.
func (w *past) begins(end time.Time) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	y, m, d := end.In(zone).Date()
	return time.Date(y, m, d-w.days, 0, 0, 0, 0, zone)
}

// customers are who writes. Their names are made up.
func (p *play) customers(ctx context.Context) error {
	given := []string{"Ada", "Bela", "Carla", "Dario", "Elin", "Farid", "Greta", "Hugo", "Iris", "Jara", "Kofi", "Lena", "Milo", "Nadia", "Oskar", "Petra", "Quentin", "Rosa", "Sami", "Tilda"}
	family := []string{"Amsel", "Brandt", "Costa", "Dahl", "Eriksen"}
	languages := []string{"en", "en", "de", "en", "de", "fr", "ja"}
	return p.desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		p.people = nil
		for i := range 100 {
			first, last := given[i%len(given)], family[i/len(given)]
			u, err := p.desk.People.In(tx).Save(ctx, frontdesk.Host(), identity.Profile{UserID: fmt.Sprintf("p-%04d", i), Name: first + " " + last,
				Email: fmt.Sprintf("%s.%s@example.com", first, last), Language: languages[i%len(languages)]})
			if err != nil {
				return err
			}
			p.people = append(p.people, u.ID)
		}
		return nil
	})
}

// worker is an agent by his habits.
type worker struct {
	id         string
	from, to   int     // hours of the day
	saturday   bool    // he works then, too
	speed      float64 // minutes until he answers, most often
	handling   float64 // minutes more until it is done
	kindness   float64 // what he is rated, on average
	late, away int     // the hour of his break, and the minutes of it
}

func team() map[string]worker {
	return map[string]worker{
		"jonas": {id: "jonas", from: 9, to: 17, speed: 14, handling: 55, kindness: 4.2, late: 12, away: 40},
		"mira":  {id: "mira", from: 10, to: 18, speed: 9, handling: 40, kindness: 4.7, late: 13, away: 60},
		"yuki":  {id: "yuki", from: 11, to: 20, saturday: true, speed: 6, handling: 25, kindness: 4.5, late: 15, away: 30},
	}
}

// works says whether the worker is there on a day.
func (w worker) works(day time.Time) bool {
	return day.Weekday() != time.Sunday && (day.Weekday() != time.Saturday || w.saturday)
}

// there is the first moment from t on at which the worker is at work.
func (w worker) there(t time.Time) time.Time {
	for {
		y, m, d := t.Date()
		from, to := time.Date(y, m, d, w.from, 5, 0, 0, t.Location()), time.Date(y, m, d, w.to, 0, 0, 0, t.Location())
		switch {
		case !w.works(t) || !t.Before(to):
			t = time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
		case t.Before(from):
			return from
		default:
			return t
		}
	}
}

// add has something happen, unless that is still to come.
func (p *play) add(at time.Time, do func(ctx context.Context, desk *frontdesk.Desk) error) {
	if at.Before(p.end) {
		p.deeds = append(p.deeds, deed{at, do})
	}
}

// about is a length of time that is most often so many minutes, and now and then much more.
func (p *play) about(minutes float64) time.Duration {
	return time.Duration(minutes*math.Exp(0.8*p.NormFloat64())*60) * time.Second
}

// day makes up a day: staff comes and goes, people write, a share of what they do most.
func (p *play) day(day time.Time, share float64) {
	at := func(hour, minute int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, p.zone)
	}
	for _, id := range []string{"jonas", "mira", "yuki"} {
		w := team()[id]
		if !w.works(day) {
			continue
		}
		p.be(at(w.from, p.IntN(9)), w.id, queue.Available, "")
		p.be(at(w.late, 0), w.id, queue.Away, "Lunch")
		p.be(at(w.late, 0).Add(time.Duration(w.away)*time.Minute), w.id, queue.Available, "")
		p.be(at(w.to, 10+p.IntN(20)), w.id, queue.Offline, "")
	}
	// Mondays bring most, and the shop grows.
	busy := []float64{4, 15, 12, 11, 10, 11, 6}[day.Weekday()] * share
	for range int(busy + p.Float64()*4) {
		p.ticket(at(7, 0).Add(time.Duration(p.Float64()*p.Float64()*13*60+p.Float64()*60) * time.Minute))
	}
}

// be has an agent be there, or not.
func (p *play) be(at time.Time, agent string, state queue.State, reason string) {
	p.add(at, func(ctx context.Context, desk *frontdesk.Desk) error {
		_, err := desk.Queues.SetAvailability(ctx, event.Actor{Kind: event.Agent, ID: agent}, agent, state, reason)
		return err
	})
}

// desks says where what people write about goes, and who answers it.
type desks struct {
	queue  string
	topic  string // of the field
	tags   []string
	agents []string
}

func deskFor(label string) desks {
	switch label {
	case "delivery":
		return desks{"orders", "Delivery", []string{"parcel"}, []string{"jonas", "jonas", "yuki"}}
	case "returns":
		return desks{"returns", other, []string{"refund"}, []string{"jonas"}}
	case "wholesale":
		return desks{"cafes", "Wholesale", []string{"wholesale"}, []string{"mira"}}
	case "subscription":
		return desks{queue.DefaultQueue, "Subscription", []string{"subscription"}, []string{"mira", "yuki"}}
	case "brewing":
		return desks{queue.DefaultQueue, "Brewing", nil, []string{"mira", "yuki", "yuki"}}
	}
	return desks{queue.DefaultQueue, other, nil, []string{"mira", "yuki", "yuki", "jonas"}}
}

// other is the topic of what isn't about anything else.
const other = "Something else"

// until does in one transaction what is to be done before a moment.
func (p *play) until(ctx context.Context, at time.Time) error {
	n, _ := slices.BinarySearchFunc(p.deeds, at, func(d deed, at time.Time) int { return cmp.Or(d.at.Compare(at), 1) })
	due := p.deeds[:n]
	if len(due) == 0 {
		return nil
	}
	err := p.desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		bound := p.desk.In(tx)
		for _, d := range due {
			p.clock.set(d.at)
			if err := d.do(ctx, bound); err != nil {
				return err
			}
		}
		return nil
	})
	p.deeds = p.deeds[n:]
	return err
}

// settle lets the desk do what is due.
func (p *play) settle(ctx context.Context) error {
	_, err := p.desk.Drain(ctx)
	return err
}
