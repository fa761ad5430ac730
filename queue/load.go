package queue

import (
	"runtime"
	"slices"
	"sync"
)

// load takes over many tickets at once, onto a board that has none. It fills in all of
// the rows but their cards, and keeps them. What takes long, with a million of them, is
// done by all processors: most tickets are sorted into lanes without touching anything
// that others of them do.
func (b *board) load(rows []*row) {
	b.rows = indexFor(len(rows))
	var wg sync.WaitGroup
	wg.Go(func() { // backwards, so as not to touch the same rows
		for _, r := range slices.Backward(rows) {
			b.rows.add(r)
		}
	})
	var mu sync.Mutex
	free := b.talents.needsOf(nil)
	var sorters []*sorter
	for part := range slices.Chunk(rows, len(rows)/runtime.GOMAXPROCS(0)+1) {
		s := &sorter{b: b, mu: &mu, free: free, asked: map[string]*needs{}, pockets: make([][]pocket, len(b.ranked))}
		sorters = append(sorters, s)
		wg.Go(func() { s.sort(part) })
	}
	wg.Wait()
	for _, s := range sorters {
		b.timers.items = append(b.timers.items, s.timers...)
		for _, r := range s.rest {
			b.place(r, true)
		}
	}
	for part := range slices.Chunk(b.ranked, len(b.ranked)/runtime.GOMAXPROCS(0)+1) {
		wg.Go(func() {
			for _, l := range part {
				for _, s := range sorters {
					l.fill(s.pockets[l.rank])
				}
				l.sort()
			}
		})
	}
	wg.Wait()
	b.fallback.sort()
	b.timers.sort()
	b.freeAll()
}

// sorter sorts tickets into lanes, beside others who do.
type sorter struct {
	b       *board
	mu      *sync.Mutex // of what the board makes for all: lanes and needs
	free    *needs      // of what asks for nothing
	asked   map[string]*needs
	pockets [][]pocket // by the queue's rank
	timers  []timer
	rest    []*row // those that have to do with more than their lane
}

// pocket is what a sorter has for a lane.
type pocket struct {
	lane  *lane
	slots []slot
}

func (s *sorter) sort(rows []*row) {
	s.timers = make([]timer, 0, len(rows))
	for _, r := range rows {
		l := s.b.lineOf(r.queue)
		if l.rank >= len(s.pockets) || l.q.Strategy == Sticky || l.q.Escalate.To != "" || !r.waits || r.until > 0 || r.group != "" || len(r.declined) > 0 {
			s.rest = append(s.rest, r)
			continue
		}
		r.line = l
		level, next := s.b.level(r)
		p := s.pocket(l, laneKey{level: level, needs: s.needsOf(r.asks), weight: r.weight})
		r.lane = p.lane
		if len(p.slots) == cap(p.slots) { // there will be more
			p.slots = slices.Grow(p.slots, max(16, len(p.slots)))
		}
		p.slots = append(p.slots, slot{l.q.Order.first(r.priority, r.due), r.since, r, r.gen})
		if next > 0 {
			s.timers = append(s.timers, timer{at: next, row: r, gen: r.gen})
		}
	}
}

func (s *sorter) pocket(l *line, k laneKey) *pocket {
	all := s.pockets[l.rank]
	for i := range all {
		if n := all[i].lane; n.needs == k.needs && n.weight == k.weight && n.level == k.level {
			return &all[i]
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all = append(all, pocket{lane: l.lane(k)})
	s.pockets[l.rank] = all
	return &all[len(all)-1]
}

func (s *sorter) needsOf(asks []string) *needs {
	if len(asks) == 0 {
		return s.free
	}
	if len(asks) == 1 && s.asked[asks[0]] != nil {
		return s.asked[asks[0]]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.b.talents.needsOf(asks)
	if len(asks) == 1 {
		s.asked[asks[0]] = n
	}
	return n
}

// fill takes over what was sorted into lanes, unsorted as far as their order goes.
func (l *line) fill(all []pocket) {
	for _, p := range all {
		p.lane.enlist()
		p.lane.slots = append(p.lane.slots, p.slots...)
		p.lane.live += len(p.slots)
		l.backlog += len(p.slots)
	}
}

// sort makes heaps of what was added to lanes unsorted.
func (l *line) sort() {
	for _, n := range l.byKey {
		n.sort()
	}
}
