package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
)

var _ = fmt.Sprint
var _ = hours.Always

// Timers of tickets that have long been answered stay until their moment.
func TestHostileTimersGrow(t *testing.T) {
	b := newBoard(1)
	q := &Queue{ID: "q", Name: "Q", Escalate: Escalation{To: "x", After: 30 * 24 * time.Hour}}
	x := &Queue{ID: "x", Name: "X"}
	b.configure(&Settings{Default: "q", Order: []string{"q", "x"}}, []rung{{queue: q}, {queue: x}})
	b.post(post{id: "bob", available: true, limit: noLimit})
	for i := range int64(20000) {
		b.advance(i + 2)
		c := card{id: fmt.Sprint(i), queue: "q", weight: unit, since: i + 2, joined: i + 2, waits: true}
		b.put(c)
		b.settle(64)
		b.put(card{id: c.id}) // answered and closed
	}
	t.Logf("rows %d, timers %d, todo %d", b.rows.n, len(b.timers.items), len(b.todo.items))
	if n := len(b.timers.items); n > 1000 {
		t.Errorf("%d timers, each with its ticket, for %d tickets on the board", n, b.rows.n)
	}
}

// Many declined tickets: each a lane of its own in line.lanes.
func TestHostileDeclinedLanes(t *testing.T) {
	for _, n := range []int{1000, 4000} {
		b := newBoard(1)
		b.configure(&Settings{Default: "q", Order: []string{"q"}}, []rung{{queue: &Queue{ID: "q", Name: "Q"}}})
		b.post(post{id: "bob", available: true, limit: unit})
		b.put(card{id: "held", queue: "q", agent: "bob", load: unit, weight: unit}) // he is full
		began := time.Now()
		for i := range n {
			b.put(card{id: fmt.Sprint(i), queue: "q", weight: unit, since: int64(i), joined: int64(i), waits: true, declined: []refusal{{"bob", 1 << 60}}})
		}
		b.settle(64)
		t.Logf("%d declined tickets: put in %v", n, time.Since(began))
		began = time.Now()
		for i := range 100 {
			b.post(post{id: "bob", available: true, limit: unit*2 + int64(i)})
			b.settle(64)
		}
		t.Logf("a change of an agent: %v", time.Since(began)/100)
	}
}
