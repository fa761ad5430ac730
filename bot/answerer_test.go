package bot_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const answering = `{steps: [{id: a, answer: {none: person}}, {id: b, resolve: {}}, {id: person, hand_off: {text: "I'll get somebody."}}]}`

// What a host's Answerer says is said with the articles that it comes from, as it is.
func TestAnswerer(t *testing.T) {
	var all sync.Map // questions by ticket: the stores are tried side by side
	answerer := bot.AnswererFunc(func(_ context.Context, q bot.Question) (*bot.Answer, error) {
		all.Store(q.Ticket.ID, q)
		return &bot.Answer{Text: "Send {{it}} back within 30 days.", Confidence: 0.8, From: []string{"Refunds", "Secret"}}, nil
	})
	eachStore(t, func() *bot.Options { return &bot.Options{Answerer: answerer} }, func(t *testing.T, d *desk) {
		d.found = finder{titles: []string{"Returns", "Refunds"}, confidence: 0.2}
		d.publish(t, "b", answering)
		id := d.ask(t, "b", "How do I send it back?")
		d.says(t, id, "yes")
		want := "> How do I send it back?\nSend {{it}} back within 30 days.\n• Refunds\nDid that help? [Yes | No]\n> yes\n"
		if diff := cmp.Diff(want, d.talk(t, id)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if d.get(t, id).Status != ticket.StatusResolved {
			t.Error("it isn't resolved")
		}
		x, _ := all.Load(id)
		if asked, ok := x.(bot.Question); !ok || asked.ID == "" || asked.Bot != "b" || asked.Text != "How do I send it back?" || asked.Ticket.ID != id || len(asked.Found.Hits) != 2 || len(asked.Messages) != 1 || asked.Messages[0].Text != asked.Text {
			t.Errorf("asked was %+v", asked)
		}
	})
}

// Without one articles answer, if they are likely to.
func TestAnswersByArticles(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "b", answering)
		d.found = finder{titles: []string{"Returns"}, confidence: 0.9}
		if s := d.talk(t, d.ask(t, "b", "How?")); s != "> How?\nThese may answer it:\n• Returns\nDid that help? [Yes | No]\n" {
			t.Errorf("said is\n%s", s)
		}
		d.found.confidence = 0.4
		if s := d.talk(t, d.ask(t, "b", "How?")); s != "> How?\nI'll get somebody.\n" {
			t.Errorf("where no article fits it says\n%s", s)
		}
	})
}

// An answer that can't be relied upon isn't said: people get the ticket.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(ctx context.Context) (*bot.Answer, error){
		"not sure":         func(context.Context) (*bot.Answer, error) { return &bot.Answer{Text: "x", Confidence: 0.49}, nil },
		"surer than sure":  func(context.Context) (*bot.Answer, error) { return &bot.Answer{Text: "x", Confidence: 1.1}, nil },
		"of no confidence": func(context.Context) (*bot.Answer, error) { return &bot.Answer{Text: "x", Confidence: math.NaN()}, nil },
		"nothing":          func(context.Context) (*bot.Answer, error) { return nil, nil },
		"blank":            func(context.Context) (*bot.Answer, error) { return &bot.Answer{Text: " ", Confidence: 1}, nil },
		"a failure":        func(context.Context) (*bot.Answer, error) { return nil, errors.New("down") },
		"a panic":          func(context.Context) (*bot.Answer, error) { panic("oh") },
		"too much": func(context.Context) (*bot.Answer, error) {
			return &bot.Answer{Text: strings.Repeat("x", flow.MaxText+1), Confidence: 1}, nil
		},
		"too late": func(ctx context.Context) (*bot.Answer, error) {
			<-ctx.Done()
			return &bot.Answer{Text: "x", Confidence: 1}, ctx.Err()
		},
		"much later by far": func(context.Context) (*bot.Answer, error) {
			<-time.After(time.Hour)
			return &bot.Answer{Text: "x", Confidence: 1}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := open(t, memstore.New(), &bot.Options{Answerer: bot.AnswererFunc(func(ctx context.Context, _ bot.Question) (*bot.Answer, error) { return answer(ctx) })})
				d.publish(t, "b", answering)
				began := time.Now()
				if s := d.talk(t, d.ask(t, "b", "How?")); s != "> How?\nI'll get somebody.\n" {
					t.Errorf("said is\n%s", s)
				}
				if d := time.Since(began); d > bot.AnswerTime {
					t.Errorf("it took %v", d)
				}
				<-time.After(2 * time.Hour) // who is late ends, too
			})
		})
	}
}
