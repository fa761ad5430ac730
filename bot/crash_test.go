package bot_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// longSteps is how many steps the flow has that processes are killed over.
const longSteps = 25

// long is a flow in which the end user is told something, asked something, or a function
// is called, in turn.
func long() *flow.Flow {
	f := &flow.Flow{}
	for i := range longSteps - 1 {
		s := flow.Step{ID: fmt.Sprint("s", i)}
		text := flow.Text{"": fmt.Sprintf("Step %d.", i)}
		switch i % 3 {
		case 0:
			s.Say = &flow.Say{Text: text}
		case 1:
			s.Ask = &flow.Ask{Text: flow.Text{"": fmt.Sprintf("Step %d?", i)}, As: flow.TextAnswer}
		default:
			s.Run = &flow.Run{Function: "look"}
		}
		f.Steps = append(f.Steps, s)
	}
	f.Steps = append(f.Steps, flow.Step{ID: "end", Resolve: &flow.Resolve{Text: flow.Text{"": "Done."}}})
	return f
}

func looking() *bot.Options {
	return &bot.Options{Functions: map[string]func(context.Context, bot.Call) (map[string]string, error){
		"look": func(context.Context, bot.Call) (map[string]string, error) {
			return map[string]string{"it": "there"}, nil
		},
	}}
}

// converse has a desk work, and answers what its bot asks on the only ticket, until that
// is resolved. It tells of each message that comes.
func converse(t *testing.T, d *desk, heard func(string)) {
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for _, part := range []func(context.Context) error{d.db.Run, d.events.Run, d.jobs.Run} {
		work.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	defer work.Wait()
	defer stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for told := -1; ; <-look.C {
		ts, _, err := d.tickets.List(t.Context(), host, ticket.Filter{Closed: true}, "", 1)
		must(t, err)
		if len(ts) > 0 {
			return
		}
		if ts, _, err = d.tickets.List(t.Context(), host, ticket.Filter{}, "", 1); err != nil || len(ts) == 0 {
			must(t, err)
			continue
		}
		ms, _, err := d.tickets.Messages(t.Context(), host, ts[0].ID, 0, 0, 200)
		must(t, err)
		if told < 0 {
			told = len(ms) // what was there already
		}
		for ; told < len(ms); told++ {
			heard(ms[told].Text)
		}
		last := ms[len(ms)-1]
		if q, asked := strings.CutSuffix(last.Text, "?"); asked && last.Author.Kind == event.Bot {
			_, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: ts[0].EndUser, Ticket: ts[0].ID, Draft: ticket.Draft{ClientID: q, Text: "to " + q}})
			must(t, err)
		}
	}
}

// A bot that is killed between any two steps goes on where it was, and says nothing twice.
func TestKilled(t *testing.T) {
	crash.Run(t, func(t *testing.T, s driver.Store, _ string) {
		converse(t, join(t, s, time.Now(), looking()), func(said string) { fmt.Println(said) })
	}, func(t *testing.T, p *crash.Place) {
		d := open(t, p.Open(), looking())
		must(t, d.bots.Save(t.Context(), admin, &bot.Bot{ID: "b", Name: "B", Draft: long()}))
		got[*bot.Bot](t)(d.bots.Publish(t.Context(), admin, "b"))
		x := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hello?"}}))
		got[*ticket.Ticket](t)(d.tickets.AssignBot(t.Context(), host, x.ID, "b"))
		must(t, d.db.Close())
		for range 8 {
			p.Kill(t, 1+rand.IntN(2))
		}
		d = join(t, p.Open(), time.Now(), looking())
		converse(t, d, func(string) {})
		want := "> Hello?\n"
		for i := range longSteps - 1 {
			switch i % 3 {
			case 0:
				want += fmt.Sprintf("Step %d.\n", i)
			case 1:
				want += fmt.Sprintf("Step %d?\n> to Step %d\n", i, i)
			}
		}
		if got := d.talk(t, x.ID); got != want+"Done.\n" {
			t.Errorf("said is\n%s", got)
		}
	})
}
