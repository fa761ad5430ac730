package queue

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a desk in the plainest form: what is assignable is found by looking at
// everything.
type world struct {
	now    int64
	set    *Settings
	queues []*Queue
	cards  map[string]*card
	posts  map[string]*post
	idle   map[string]int64
	given  map[string]int64
	count  int64
}

func (w *world) queue(id string) (*Queue, int) {
	for i, q := range w.queues {
		if q.ID == id {
			return q, i
		}
	}
	for i, q := range w.queues {
		if q.ID == w.set.Default {
			return q, i
		}
	}
	return nil, 0
}

func (w *world) load(agent, queue string) (all, here int64) {
	for _, c := range w.cards {
		n := int64(0)
		switch {
		case c.agent != agent:
		case !c.waits:
			n = c.load
		case c.until > 0:
			n = c.weight
		}
		all += n
		if q, _ := w.queue(c.queue); q.ID == queue {
			here += n
		}
	}
	return all, here
}

// able says whether an agent could take a ticket but for his limits, and by which
// tier.
func (w *world) able(p *post, c *card) (tier int, ok bool) {
	q, _ := w.queue(c.queue)
	if !p.available || q.Paused || q.Manual || w.set.Manual {
		return 0, false
	}
	for _, s := range c.asks {
		if !slices.Contains(p.skills, s) {
			return 0, false
		}
	}
	for _, d := range c.declined {
		if d.agent == p.id && d.until > w.now {
			return 0, false
		}
	}
	if c.group != "" {
		return 0, slices.Contains(p.groups, c.group)
	}
	if len(q.Groups) == 0 {
		return 0, true
	}
	for _, g := range q.Groups {
		if slices.Contains(p.groups, g.Group) && c.joined+g.After.Microseconds() <= w.now {
			return int(g.After), true
		}
	}
	return 0, false
}

// takers are the agents who can take a ticket now, those of its first tier that has
// one.
func (w *world) takers(c *card) (all []*post) {
	if !c.waits || c.until > 0 {
		return nil
	}
	q, _ := w.queue(c.queue)
	first := math.MaxInt
	tiers := map[string]int{}
	for _, p := range w.posts {
		tier, ok := w.able(p, c)
		if !ok {
			continue
		}
		if load, here := w.load(p.id, q.ID); load+c.weight > p.limit || q.Limit > 0 && here+c.weight > inUnits(q.Limit) {
			continue
		}
		tiers[p.id] = tier
		first = min(first, tier)
		all = append(all, p)
	}
	last := w.posts[c.last]
	if q.Strategy == Sticky && last != nil {
		if slices.Contains(all, last) {
			return []*post{last}
		}
		if _, ok := w.able(last, c); ok && c.joined+cmp.Or(q.Wait, DefaultSticky).Microseconds() > w.now {
			return nil // it waits for him
		}
	}
	return slices.DeleteFunc(all, func(p *post) bool { return tiers[p.id] != first })
}

func (w *world) order(c *card) [3]int64 {
	q, rank := w.queue(c.queue)
	first := c.priority
	switch q.Order {
	case ByWait:
		first = 0
	case ByDue:
		first = cmp.Or(c.due, math.MaxInt64)
	}
	return [3]int64{int64(rank), first, c.since}
}

func (w *world) before(a, b *card) bool {
	x, y := w.order(a), w.order(b)
	return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(x[2], y[2]), cmp.Compare(a.id, b.id)) < 0
}

// best is the ticket that has to be given next, and to whom.
func (w *world) best() (c *card, takers []*post) {
	for _, x := range w.cards {
		if ps := w.takers(x); len(ps) > 0 && (c == nil || w.before(x, c)) {
			c, takers = x, ps
		}
	}
	return c, takers
}

// preferred are those of the takers whom the strategy may choose.
func (w *world) preferred(q *Queue, takers []*post) (best []*post) {
	key := func(p *post) float64 {
		switch q.Strategy {
		case LeastLoaded:
			load, _ := w.load(p.id, "")
			return float64(load) / float64(min(p.limit, MaxLimit*unit))
		case RoundRobin:
			return float64(w.given[p.id])
		case Weighted:
			return 0 // anybody
		}
		return float64(w.idle[p.id])
	}
	for _, p := range takers {
		if len(best) > 0 && key(p) > key(best[0]) {
			continue
		}
		if len(best) > 0 && key(p) < key(best[0]) {
			best = nil
		}
		best = append(best, p)
	}
	return best
}

// check lets the board decide up to so often, as many decisions at a time as are drawn,
// and compares each.
func (w *world) check(t *rapid.T, b *board, most int) {
	for most > 0 {
		limit := min(most, rapid.SampledFrom([]int{1, 2, 5, 100}).Draw(t, "limit"))
		ds := b.settle(limit)
		for i := range ds {
			w.decide(t, &ds[i])
		}
		if len(ds) == limit {
			most -= limit
			continue
		}
		if c, takers := w.best(); c != nil {
			t.Fatalf("%s of queue %q waits, and %s could take it", c.id, c.queue, takers[0].id)
		}
		return
	}
}

// decide compares a decision with what looking at everything gives.
func (w *world) decide(t *rapid.T, d *decision) {
	c, takers := w.best()
	if c == nil {
		t.Fatalf("%s was given to %s, who can't take it", d.row.id, d.seat.id)
	}
	if c.id != d.row.id {
		t.Fatalf("%s of queue %q was given before %s of %q", d.row.id, d.card.queue, c.id, c.queue)
	}
	q, _ := w.queue(c.queue)
	if !slices.ContainsFunc(w.preferred(q, takers), func(p *post) bool { return p.id == d.seat.id }) {
		t.Fatalf("%s (%s) was given to %s, not to %s", c.id, q.Strategy, d.seat.id, w.preferred(q, takers)[0].id)
	}
	if load, here := w.load(d.seat.id, q.ID); load != d.load || here != d.here {
		t.Fatalf("load of %s: %d and %d here, want %d and %d", d.seat.id, d.load, d.here, load, here)
	}
	if d.short.n < 1 || d.short.seats[0] != d.seat {
		t.Fatalf("shortlist of %s doesn't begin with %s", d.row.id, d.seat.id)
	}
	c.agent = d.seat.id
	if d.offered {
		c.until = w.now + q.Offer.Microseconds()
	} else {
		c.waits, c.load = false, c.weight
	}
	w.count++
	w.given[d.seat.id], w.idle[d.seat.id] = w.count, max(w.idle[d.seat.id], w.now)
}

var (
	testGroups = []string{"a", "b", "c"}
	testSkills = []string{"language=de", "language=ja", "product=x"}
)

func drawQueue(t *rapid.T, id string) *Queue {
	q := &Queue{ID: id, Name: id,
		Strategy: rapid.SampledFrom([]Strategy{LongestIdle, LeastLoaded, RoundRobin, Weighted, Sticky}).Draw(t, "strategy"),
		Order:    rapid.SampledFrom([]Order{ByPriority, ByDue, ByWait}).Draw(t, "order"),
		Paused:   rapid.IntRange(0, 4).Draw(t, "paused") == 0,
		Limit:    rapid.SampledFrom([]float64{0, 0, 1, 2.5}).Draw(t, "limit"),
		Offer:    rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(t, "offer"),
	}
	for i, g := range rapid.SliceOfNDistinct(rapid.SampledFrom(testGroups), 0, 3, rapid.ID).Draw(t, "groups") {
		q.Groups = append(q.Groups, Eligible{Group: g, After: time.Duration(i/2) * 5 * time.Minute})
	}
	return q
}

func drawPost(t *rapid.T, id string, now int64) post {
	return post{id: id, available: rapid.IntRange(0, 3).Draw(t, "available") > 0, since: now,
		groups: rapid.SliceOfNDistinct(rapid.SampledFrom(testGroups), 0, 2, rapid.ID).Draw(t, "groups"),
		skills: rapid.SliceOfNDistinct(rapid.SampledFrom(testSkills), 0, 3, rapid.ID).Draw(t, "skills"),
		limit:  rapid.SampledFrom([]int64{0, unit, 2 * unit, 3500, math.MaxInt64}).Draw(t, "limit"),
		weight: rapid.SampledFrom([]float64{0, 1, 3}).Draw(t, "weight"),
	}
}

func drawCard(t *rapid.T, id string, w *world) card {
	c := card{id: id, queue: rapid.SampledFrom([]string{"q0", "q1", "q2", "gone"}).Draw(t, "queue"),
		weight: rapid.SampledFrom([]int64{250, unit}).Draw(t, "weight"), priority: int64(rapid.IntRange(0, 4).Draw(t, "priority")),
		since: w.now - int64(rapid.IntRange(0, 3).Draw(t, "since"))*60e6,
		asks:  rapid.SliceOfNDistinct(rapid.SampledFrom(append(testSkills, "language=tlh")), 0, 1, rapid.ID).Draw(t, "asks"),
		waits: true, joined: w.now, last: rapid.SampledFrom([]string{"", "p0", "p1"}).Draw(t, "last"),
	}
	if rapid.Bool().Draw(t, "has due") {
		c.due = w.now + int64(rapid.IntRange(0, 10).Draw(t, "due"))
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		c.group = rapid.SampledFrom(testGroups).Draw(t, "group")
	case 1: // taken by hand, whatever his limit
		c.waits, c.agent, c.load = false, fmt.Sprint("p", rapid.IntRange(0, 4).Draw(t, "agent")), c.weight
	case 2:
		c.declined = []refusal{{"p0", w.now + 60e6}}
	}
	return c
}

// Whatever happens to tickets, agents and queues, each decision is the one that looking
// at everything gives, and nothing that could be given is left.
func TestBoardAgainstLookingAtEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{now: 1e15, set: &Settings{Default: "q0", Weights: []Weight{{"email", 0.25}}}, cards: map[string]*card{}, posts: map[string]*post{},
			idle: map[string]int64{}, given: map[string]int64{}}
		b := newBoard(w.now)
		configure := func() {
			rungs := make([]rung, len(w.queues))
			for i, q := range w.queues {
				rungs[i].queue = q
			}
			if !b.toggle(w.set, rungs) {
				b.configure(w.set, rungs)
			}
		}
		for i := range 3 {
			w.queues = append(w.queues, drawQueue(t, fmt.Sprint("q", i)))
		}
		configure()
		if rapid.Bool().Draw(t, "many at once") {
			var rows []*row
			for i := range 20 {
				c := drawCard(t, fmt.Sprint("t", i), w)
				w.cards[c.id] = &c
				rows = append(rows, &row{card: c})
			}
			b.load(rows)
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if rapid.IntRange(0, 2).Draw(t, "decide") > 0 { // else more happens before that
					w.check(t, b, rapid.SampledFrom([]int{1, 3, 1000}).Draw(t, "most"))
				}
			},
			"ticket": func(t *rapid.T) {
				c := drawCard(t, fmt.Sprint("t", rapid.IntRange(0, 30).Draw(t, "id")), w)
				w.cards[c.id] = &c
				b.put(c)
			},
			"close": func(t *rapid.T) {
				id := fmt.Sprint("t", rapid.IntRange(0, 30).Draw(t, "id"))
				delete(w.cards, id)
				b.put(card{id: id})
			},
			"agent": func(t *rapid.T) {
				p := drawPost(t, fmt.Sprint("p", rapid.IntRange(0, 4).Draw(t, "id")), w.now)
				if was := w.posts[p.id]; p.available && (was == nil || !was.available) {
					w.idle[p.id] = max(w.idle[p.id], p.since)
				}
				w.posts[p.id] = &p
				b.post(p)
			},
			"worked": func(t *rapid.T) {
				id := fmt.Sprint("p", rapid.IntRange(0, 4).Draw(t, "id"))
				if b.seats[id] != nil {
					w.idle[id] = w.now
				}
				b.worked(id, w.now)
			},
			"pause": func(t *rapid.T) {
				i := rapid.IntRange(0, 2).Draw(t, "queue")
				q := *w.queues[i]
				q.Paused = !q.Paused
				w.queues[i] = &q
				configure()
			},
			"change queue": func(t *rapid.T) {
				i := rapid.IntRange(0, 2).Draw(t, "queue")
				w.queues[i] = drawQueue(t, w.queues[i].ID)
				configure()
			},
			"rank": func(t *rapid.T) {
				w.queues = rapid.Permutation(w.queues).Draw(t, "order")
				configure()
			},
			"time": func(t *rapid.T) {
				w.now += int64(rapid.IntRange(1, 300).Draw(t, "seconds")) * 1e6
				b.advance(w.now)
				for _, d := range b.duties { // an offer that nobody took, or may take any more, is over
					if d.row.gen != d.gen || w.cards[d.row.id] == nil {
						continue // the ticket has changed since
					}
					c := *w.cards[d.row.id]
					if d.kind == expire {
						c.declined = append(slices.Clone(c.declined), refusal{c.agent, w.now + 120e6})
					}
					c.agent, c.until = "", 0
					w.cards[c.id] = &c
					b.put(c)
				}
				b.duties = nil
			},
		})
	})
}
