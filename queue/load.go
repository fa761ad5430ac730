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
		s := &sorter{b: b, mu: &mu, free: free, asked: map[string]*needs{}, rows: part, pockets: make([][]*pocket, len(b.ranked))}
		sorters = append(sorters, s)
		wg.Go(s.sort)
	}
	wg.Wait()
	for _, s := range sorters {
		b.timers.items = append(b.timers.items, s.timers...)
		for _, r := range s.rest {
			b.place(r, true)
		}
	}
	for _, l := range b.ranked {
		l.makeRoom(sorters)
	}
	for _, s := range sorters {
		wg.Go(s.fill)
	}
	wg.Wait()
	for part := range slices.Chunk(b.ranked, len(b.ranked)/runtime.GOMAXPROCS(0)+1) {
		wg.Go(func() {
			for _, l := range part {
				l.sort()
			}
		})
	}
	wg.Wait()
	b.fallback.sort()
	b.timers.sort()
	b.freeAll()
}

// sorter sorts tickets into lanes, beside others who do: first it counts how many come
// into which, then, when there is room for them, it puts them there.
type sorter struct {
	b       *board
	mu      *sync.Mutex // of what the board makes for all: lanes and needs
	free    *needs      // of what asks for nothing
	asked   map[string]*needs
	rows    []*row
	into    []*pocket   // of each row; nil: it has to do with more than its lane
	pockets [][]*pocket // by the queue's rank
	timers  []timer
	rest    []*row
}

// pocket is what a sorter has for a lane.
type pocket struct {
	lane  *lane
	n     int
	slots []slot // of the lane, where they come
}

func (s *sorter) sort() {
	s.timers = make([]timer, 0, len(s.rows))
	s.into = make([]*pocket, len(s.rows))
	for i, r := range s.rows {
		l := s.b.lineOf(r.queue)
		if l.rank >= len(s.pockets) || l.q.Strategy == Sticky || l.q.Escalate.To != "" || !r.waits || r.until > 0 || r.group != "" || len(r.declined) > 0 {
			s.rest = append(s.rest, r)
			continue
		}
		r.line = l
		level, next := s.b.level(r)
		p := s.pocket(l, laneKey{level: level, needs: s.needsOf(r.asks), weight: r.weight})
		p.n++
		r.lane, s.into[i] = p.lane, p
		if next > 0 {
			s.timers = append(s.timers, timer{at: next, row: r, gen: r.gen})
		}
	}
}

// fill puts the tickets into the lanes, in which they have no order yet.
func (s *sorter) fill() {
	for i, p := range s.into {
		if p != nil {
			r := s.rows[i]
			p.slots = append(p.slots, slot{r.line.q.Order.first(r.priority, r.due), r.since, r, r.gen})
		}
	}
}

func (s *sorter) pocket(l *line, k laneKey) *pocket {
	all := s.pockets[l.rank]
	for _, p := range all {
		if n := p.lane; n.needs == k.needs && n.weight == k.weight && n.level == k.level {
			return p
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &pocket{lane: l.lane(k)}
	s.pockets[l.rank] = append(all, p)
	return p
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

// makeRoom makes room in the queue's lanes for what was counted.
func (l *line) makeRoom(sorters []*sorter) {
	for _, s := range sorters {
		for _, p := range s.pockets[l.rank] {
			p.lane.enlist()
			p.lane.live += p.n
			l.backlog += p.n
		}
	}
	for _, s := range sorters {
		for _, p := range s.pockets[l.rank] {
			n := p.lane
			if cap(n.slots) < n.live {
				n.slots = append(make([]slot, 0, n.live), n.slots...)
			}
			at := len(n.slots)
			n.slots = n.slots[:at+p.n]
			p.slots = n.slots[at : at : at+p.n]
		}
	}
}

// sort makes heaps of what was added to lanes unsorted.
func (l *line) sort() {
	for _, n := range l.byKey {
		n.sort()
	}
}
