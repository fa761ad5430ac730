package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// place is what a conversation says of its place in line, as JSON; "" is nothing.
func place(body []byte) string {
	var f struct {
		Conversation, Conversations json.RawMessage
		Estimate                    json.RawMessage
	}
	json.Unmarshal(body, &f)
	switch {
	case f.Conversation != nil:
		return place(f.Conversation)
	case f.Conversations != nil:
		var all []json.RawMessage
		json.Unmarshal(f.Conversations, &all)
		return place(all[0])
	}
	return string(f.Estimate)
}

// The place in line is that of the queue: who waits is told it, and nobody else is.
func TestThePlaceInLine(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ctx := t.Context()
		_, err := d.Queues.SetAvailability(ctx, system(), "mira", queue.Available, "")
		d.must(err)
		// She is there, and takes by hand what is above her limit: nothing is given to her.
		d.must(d.Queues.SaveWorker(ctx, system(), &queue.Worker{Agent: "mira", Limit: 0.001}))
		drain := func() {
			t.Helper()
			_, err := d.Drain(ctx)
			d.must(err)
		}
		first := d.visit("first", nil)
		if got := place(first.sent("1", "hello").Body); got != "" {
			t.Errorf("before there is anything to go by %s", got)
		}
		for i := range 6 {
			id := d.visit(fmt.Sprint("quick", i), nil).sent("1", "hello").Conversation.ID
			drain()
			d.clock.add(time.Minute)
			_, err := d.Tickets.Assign(ctx, d.mira, id, "mira")
			d.must(err)
			drain()
		}
		second := d.visit("second", nil)
		second.sent("1", "hello")
		drain()
		for who, want := range map[*client]int{first: 1, second: 2} {
			var f struct {
				Position int  `json:"position"`
				Wait     int  `json:"wait_seconds"`
				AtLeast  bool `json:"at_least"`
			}
			text := place(who.get("conversations").Body)
			if err := json.Unmarshal([]byte(text), &f); err != nil || f.Position != want || f.Wait <= 0 || f.Wait%60 != 0 || f.AtLeast {
				t.Errorf("place %d: %s, %v", want, text, err)
			}
		}
		id := first.get("conversations").Conversations[0].ID
		d.reply(id, "Here I am.")
		if got := place(first.get("conversations/" + id).Body); got != "" {
			t.Errorf("answered, and in line: %s", got)
		}
	})
}

// A stream says it when others have moved, and not again what its client knows.
func TestAStreamTellsThePlaceInLine(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		d.Chat.SetHeartbeat(5 * time.Millisecond)
		var at atomic.Int64
		looked := make(chan struct{})
		at.Store(3)
		d.Chat.SetEstimator(func(_ context.Context, who event.Actor, _ string) (queue.Estimate, bool, error) {
			select {
			case looked <- struct{}{}:
			default:
			}
			n := int(at.Load())
			if n == 0 {
				return queue.Estimate{}, false, errors.New("the figures are gone")
			}
			return queue.Estimate{Position: n, Wait: time.Duration(n)*time.Minute + time.Second, AtLeast: n == 3}, true, nil
		})
		ann := d.visit("ann", nil)
		events, _ := ann.listen("")
		id := ann.sent("1", "hello").Conversation.ID
		until := func(want string) {
			t.Helper()
			for place(next(t, events, "conversation").data) != want {
			}
		}
		until(`{"position":3,"wait_seconds":240,"at_least":true}`)
		at.Store(2)
		until(`{"position":2,"wait_seconds":180,"at_least":false}`)
		for range 3 { // it looks, and has nothing to say
			<-looked
		}
		at.Store(0)
		if got := place(next(t, events, "conversation").data); got != "" {
			t.Errorf("the next that is told is %s", got)
		}
		at.Store(1)
		until(`{"position":1,"wait_seconds":120,"at_least":false}`)
		_, err := d.Tickets.Assign(t.Context(), d.mira, id, "mira")
		d.must(err)
		until("")
	})
}
