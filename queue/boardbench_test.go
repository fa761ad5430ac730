package queue

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// A large desk: 100 queues of two groups each, 10,000 agents in 3 of 50 groups with
// some of 8 skills, each as busy as he may be.
const (
	benchQueues = 100
	benchGroups = 50
	benchAgents = 10_000
	benchSkills = 8
	benchLimit  = 3
)

var benchWaiting = []int{1_000, 30_000, 1_000_000}

func benchRungs() (*Settings, []rung) {
	set := &Settings{Default: "q0", Limit: benchLimit, Weights: []Weight{{"email", 0.25}}}
	rungs := make([]rung, benchQueues)
	for i := range rungs {
		rungs[i].queue = &Queue{ID: fmt.Sprint("q", i), Needs: []string{language}, Groups: []Eligible{
			{Group: fmt.Sprint("g", i%benchGroups)}, {Group: fmt.Sprint("g", (i*7+1)%benchGroups), After: time.Hour}}}
	}
	return set, rungs
}

func benchPost(r *rand.Rand, i int) post {
	p := post{id: fmt.Sprint("a", i), available: true, limit: benchLimit * unit, weight: 1, since: int64(i)}
	for _, g := range r.Perm(benchGroups)[:3] {
		p.groups = append(p.groups, fmt.Sprint("g", g))
	}
	for s := range benchSkills {
		if r.IntN(3) == 0 {
			p.skills = append(p.skills, fmt.Sprint("language=", s))
		}
	}
	return p
}

func benchCard(r *rand.Rand, i int64) card {
	c := card{id: fmt.Sprintf("0198a0b2-7c44-7%03x-8a6e-%012x", r.IntN(4096), i), queue: fmt.Sprint("q", r.IntN(benchQueues)), weight: unit,
		priority: int64(r.IntN(5)), since: i, joined: 1e15, waits: true}
	if r.IntN(4) == 0 {
		c.weight = unit / 4
	}
	if r.IntN(2) == 0 {
		c.asks = []string{fmt.Sprint("language=", r.IntN(benchSkills))}
	}
	return c
}

// benchRows are tickets as they are read, a page at a time.
func benchRows(r *rand.Rand, n int) (rows []*row) {
	for len(rows) < n {
		page := make([]row, min(readAtOnce, n-len(rows)))
		for i := range page {
			page[i].card = benchCard(r, int64(len(rows)))
			rows = append(rows, &page[i])
		}
	}
	return rows
}

// benchBoard is the desk with so many waiting tickets, of which nobody can take one.
func benchBoard(waiting int) (*board, *rand.Rand) {
	r := rand.New(rand.NewPCG(1, 2))
	b := newBoard(1e15)
	b.configure(benchRungs())
	for i := range benchAgents {
		b.post(benchPost(r, i))
	}
	b.load(benchRows(r, waiting+5*benchAgents))
	for more := true; more; more = len(b.settle(1)) > 0 {
		b.advance(b.now + 10)
	}
	surplus := -waiting
	for _, l := range b.ranked {
		surplus += l.backlog
	}
	for _, row := range b.inOrder(func(row *row) bool { return row.lane != nil })[:surplus] {
		b.put(card{id: row.id})
	}
	return b, r
}

// Decide is what happens when an agent closes a ticket: the board takes that over, and
// gives him the next one.
func BenchmarkDecide(b *testing.B) {
	for _, waiting := range benchWaiting {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			board, r := benchBoard(waiting)
			decided := 0
			held := make([]string, 0, 2*benchAgents)
			for row := range board.rows.all() {
				if row.seat != nil {
					held = append(held, row.id)
				}
			}
			n, i, swing := int64(10_000_000), 0, min(waiting/4, 4096)
			b.ReportAllocs()
			for b.Loop() {
				board.advance(board.now + 10)
				if i++; i%swing == 0 { // as many come as have gone
					b.StopTimer()
					for range swing {
						n++
						board.put(benchCard(r, n))
					}
					for _, d := range board.settle(swing) {
						held = append(held, d.row.id)
					}
					b.StartTimer()
				}
				at := r.IntN(len(held))
				board.put(card{id: held[at]})
				ds := board.settle(decisionsAtOnce)
				held[at] = held[len(held)-1]
				held = held[:len(held)-1]
				for _, d := range ds {
					held = append(held, d.row.id)
				}
				decided += len(ds)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(decided), "ns/decision")
		})
	}
}

// DecideRaw is the decision by looking at every waiting ticket.
func BenchmarkDecideRaw(b *testing.B) {
	for _, waiting := range benchWaiting {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			board, _ := benchBoard(waiting)
			rows := make([]*row, 0, board.rows.n)
			for r := range board.rows.all() {
				if r.lane != nil {
					rows = append(rows, r)
				}
			}
			someone := board.seats["a0"]
			b.ReportAllocs()
			for b.Loop() {
				var best *row
				for _, r := range rows {
					if !someone.set.has(r.lane.needs) || !board.eligible(someone, r.line, nil, r.lane.level) {
						continue
					}
					if best == nil || cmp.Or(cmp.Compare(r.line.rank, best.line.rank), cmp.Compare(r.priority, best.priority), cmp.Compare(r.since, best.since), cmp.Compare(r.id, best.id)) < 0 {
						best = r
					}
				}
			}
		})
	}
}

// Arrive is a ticket that comes while agents are free.
func BenchmarkArrive(b *testing.B) {
	board, r := benchBoard(0)
	for _, r := range board.inOrder(func(*row) bool { return true }) {
		board.put(card{id: r.id})
	}
	board.settle(decisionsAtOnce)
	n := int64(10_000_000)
	b.ReportAllocs()
	for b.Loop() {
		n++
		c := benchCard(r, n)
		board.advance(board.now + 10)
		board.put(c)
		board.settle(decisionsAtOnce)
		board.put(card{id: c.id})
	}
}

// Load makes the board from queues, agents and tickets that were read.
func BenchmarkLoad(b *testing.B) {
	for _, waiting := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			set, rungs := benchRungs()
			posts := make([]post, benchAgents)
			for b.Loop() {
				b.StopTimer()
				r := rand.New(rand.NewPCG(1, 2))
				rows := benchRows(r, waiting)
				for i := range posts {
					posts[i] = benchPost(r, i)
				}
				runtime.GC()
				b.StartTimer()
				board := newBoard(1e15)
				board.configure(set, rungs)
				for _, p := range posts {
					board.post(p)
				}
				board.load(rows)
			}
		})
	}
}
