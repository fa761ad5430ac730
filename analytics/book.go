package analytics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
)

// spot is where something was counted, so that a later event can take it back there.
type spot struct {
	At   time.Time `json:"at"`
	Set  set       `json:"set"`
	Tags []string  `json:"tags,omitempty"`
}

// state is how far a generation has come.
type state struct {
	ID       string    `json:"id"` // the generation
	Position int64     `json:"position"`
	Latest   time.Time `json:"latest"` // time of the newest event; it goes by the log, not by a clock
	Segments int       `json:"segments"`
	Parts    int       `json:"parts"` // of segments that aren't folded
	Day      int       `json:"day"`   // all that came before this day, since 1970, is folded
	Rev      store.Rev `json:"-"`
}

var states = &store.Collection[state]{
	Name:       "analytics_state",
	Key:        func(s *state) string { return s.ID },
	Rev:        func(s *state) *store.Rev { return &s.Rev },
	Impersonal: impersonal,
}

// book is what a batch of events adds to a generation, in the transaction that takes them.
type book struct {
	tx      *store.Tx
	gen     generation
	current bool // it is the generation that is read
	state   *state
	added   map[int]map[set][]cell // by hour; slots are minutes

	cases    map[string]*ticketCase
	duties   map[string]*duty
	settings map[string]*setting
	clocks   *clocks
}

func open(ctx context.Context, tx *store.Tx, gen generation, c *clocks) (*book, error) {
	b := &book{tx: tx, gen: gen, clocks: c, added: map[int]map[set][]cell{}, cases: map[string]*ticketCase{}, duties: map[string]*duty{}, settings: map[string]*setting{}}
	var err error
	b.state, err = states.Lock(ctx, tx, string(gen), store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		b.state, err = &state{ID: string(gen)}, nil
	}
	return b, err
}

// add counts n of a column at a spot: for the set, and for each of its tags.
func (b *book) add(s spot, c column, n int64) { b.addBucket(s, c, 0, n) }

func (b *book) addBucket(s spot, c column, bucket int, n int64) {
	if n == 0 {
		return
	}
	hour := hourOf(s.At)
	sets := b.added[hour]
	if sets == nil {
		sets = map[set][]cell{}
		b.added[hour] = sets
	}
	of := s.Set
	of.Bare = len(s.Tags) == 0
	k := keyOf(c, bucket, s.At.UTC().Minute())
	sets[of] = append(sets[of], cell{k, n})
	of.Bare, of.Tagged = false, true
	for _, of.Tag = range s.Tags {
		sets[of] = append(sets[of], cell{k, n})
	}
}

// last counts a duration that ends at a spot.
func (b *book) last(s spot, what span, from, to time.Time, cal *hours.Calendar) {
	wall := max(to.Sub(from).Microseconds(), 0)
	business := wall
	if cal != nil && wall > 0 {
		business = max(cal.Elapsed(from, to).Microseconds(), 0)
	}
	b.add(s, what.count(), 1)
	b.add(s, what.wall(), wall)
	b.add(s, what.business(), business)
	b.addBucket(s, what.spread(false), bucketOf(wall), 1)
	b.addBucket(s, what.spread(true), bucketOf(business), 1)
}

// close writes what the batch has added, folds where enough waits for it, and forgets
// minutes that are too old.
func (b *book) close(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(b.cases)) {
		if err := cases.Put(ctx, b.tx, b.cases[id]); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.duties)) {
		if err := duties.Put(ctx, b.tx, b.duties[id]); err != nil {
			return err
		}
	}
	n := 0
	for _, hour := range slices.Sorted(maps.Keys(b.added)) {
		var parts []part
		for _, s := range slices.SortedFunc(maps.Keys(b.added[hour]), func(x, y set) int { return x.compare(&y) }) {
			if cs := gather(b.added[hour][s]); len(cs) > 0 {
				parts = append(parts, part{s, pack(cs)})
			}
		}
		for chunk := range slices.Chunk(parts, maxParts) {
			at := fmt.Sprintf("%016x/%04x", b.state.Position, n)
			n++
			seg := &segment{ID: b.gen.segmentKey(hour) + at, Pending: string(b.gen) + "/" + at, Parts: chunk}
			if err := segments.Put(ctx, b.tx, seg); err != nil {
				return err
			}
			b.state.Segments++
			b.state.Parts += len(chunk)
		}
	}
	// When a day is over all that waits is folded, so that views in SQL have whole days.
	if b.state.Segments >= foldSegments || b.state.Parts >= foldParts || dayOf(b.state.Latest) > b.state.Day {
		if err := b.fold(ctx); err != nil {
			return err
		}
	}
	if b.state.Segments == 0 {
		b.state.Day = dayOf(b.state.Latest)
	}
	return states.Put(ctx, b.tx, b.state)
}
