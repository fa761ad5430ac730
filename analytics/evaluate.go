package analytics

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// reading answers a query within one transaction.
type reading struct {
	*Query
	tx      *store.Tx
	gen     generation
	sight   *identity.Sight
	now     time.Time
	figures []*figure

	plain    bool      // columns without a spread are needed
	spreads  bool      // and those with one
	standing bool      // and levels
	want     [512]bool // by column
	pending  []*segment
	dims     []Dimension // that are asked for at all
}

// group is the figures of some keys.
type group struct {
	keys  [2]string
	rows  []*tally // by stretch; nil: there is nothing
	stand [2]int64 // open and backlog, at the beginning of the first
}

func newReading(q *Query, tx *store.Tx, gen generation, sight *identity.Sight, now time.Time) *reading {
	r := &reading{Query: q, tx: tx, gen: gen, sight: sight, now: now}
	for _, m := range q.Metrics {
		f := figureOf()[m]
		r.figures = append(r.figures, f)
		if f.quarter && q.Grain == Minute {
			continue // it has no value
		}
		for _, c := range f.needs {
			r.want[c], r.plain = true, true
		}
		if f.spread > 0 {
			r.want[f.spread], r.spreads = true, true
		}
		r.standing = r.standing || f.Level
	}
	r.dims = slices.Clone(q.By)
	for _, f := range q.Where {
		if !slices.Contains(r.dims, f.By) {
			r.dims = append(r.dims, f.By)
		}
	}
	return r
}

// whole says that single dimensions don't tell: more than one is asked for, or the actor
// doesn't see everything.
func (r *reading) whole() bool { return len(r.dims) > 1 || !r.sight.All() }

// tags says whether tags are asked for.
func (r *reading) tags() bool { return slices.Contains(r.dims, Tag) }

// sees says whether a set is among what is asked for, and what the actor may see.
func (r *reading) sees(s *set) bool {
	if !s.counts(r.tags()) {
		return false
	}
	for _, f := range r.Where {
		if !slices.Contains(f.Values, s.get(f.By)) {
			return false
		}
	}
	if r.sight.All() || r.sight.Agent != "" && s.Agent == r.sight.Agent {
		return true
	}
	return (r.sight.AnyGroup || s.Group != "" && slices.Contains(r.sight.Groups, s.Group)) && r.sight.InApp(s.App)
}

func (r *reading) keysOf(s *set) (keys [2]string) {
	for i, d := range r.By {
		keys[i] = s.get(d)
	}
	return keys
}

// after is the place behind which a page begins.
type after struct {
	from time.Time
	keys [2]string
	any  bool // there was a page before
}

// table reads a page.
func (r *reading) table(ctx context.Context) (t *Table, err error) {
	at, err := r.cursor()
	if err != nil {
		return nil, err
	}
	if r.pending, err = r.unfolded(ctx); err != nil {
		return nil, err
	}
	t = &Table{Metrics: slices.Clone(r.Metrics), At: r.now}
	var stand map[[2]string][2]int64
	from, most := at.from, r.most()
	chunk := most
	if len(r.By) > 0 { // a page may be full with the first rows: each holds any number of keys
		chunk = r.least()
	}
	for len(t.Rows) <= r.Limit && from.Before(r.To) {
		rows := r.stretches(from, chunk)
		chunk = min(2*chunk, most)
		start, end := rows[0].start, rows[len(rows)-1].end
		if r.standing && stand == nil {
			if stand, err = r.standAt(ctx, start); err != nil {
				return nil, err
			}
		}
		groups, err := r.sum(ctx, rows)
		if err != nil {
			return nil, err
		}
		for keys, n := range stand {
			r.group(groups, keys, len(rows)).stand = n
		}
		r.emit(t, rows, groups, at)
		for keys, g := range groups {
			if stand != nil {
				stand[keys] = g.stand // emit has moved it to the end
			}
		}
		if from = end; r.Grain == Whole {
			break
		}
	}
	if len(t.Rows) > r.Limit {
		t.Rows = t.Rows[:r.Limit]
		t.Next = r.next(&t.Rows[r.Limit-1])
	}
	return t, nil
}

// most is how many rows of time are summed at once: some days' sheets, which are read once
// for it.
func (r *reading) most() int {
	switch r.Grain {
	case Minute:
		return 12 * 60
	case Hour:
		return 7 * 24
	}
	return 31
}

// least is with how many of them a page begins.
func (r *reading) least() int {
	switch r.Grain {
	case Minute:
		return 60
	case Hour:
		return 24
	}
	return 1
}

func (r *reading) group(groups map[[2]string]*group, keys [2]string, rows int) *group {
	g := groups[keys]
	if g == nil {
		g = &group{keys: keys, rows: make([]*tally, rows)}
		groups[keys] = g
	}
	return g
}

func (g *group) at(i int) *tally {
	if g.rows[i] == nil {
		g.rows[i] = &tally{}
	}
	return g.rows[i]
}

// emit makes rows of sums, and moves the levels on to the end.
func (r *reading) emit(t *Table, rows []stretch, groups map[[2]string]*group, at after) {
	ordered := make([]*group, 0, len(groups))
	for _, g := range groups {
		ordered = append(ordered, g)
	}
	slices.SortFunc(ordered, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.keys[0], b.keys[0]), cmp.Compare(a.keys[1], b.keys[1]))
	})
	for i, s := range rows {
		for _, g := range ordered {
			y := g.rows[i]
			if y == nil {
				y = &tally{}
			}
			g.stand[0] += y.n[colOpen]
			g.stand[1] += y.n[colBacklog]
			y.n[colOpen], y.n[colBacklog] = g.stand[0], g.stand[1]
			before := at.any && s.start.Equal(at.from) && cmp.Or(cmp.Compare(g.keys[0], at.keys[0]), cmp.Compare(g.keys[1], at.keys[1])) <= 0
			if before || len(t.Rows) > r.Limit || len(r.By) > 0 && r.nothing(y) {
				continue
			}
			t.Rows = append(t.Rows, r.row(s, g.keys, y))
		}
	}
}

// nothing says that there is nothing to tell of a row.
func (r *reading) nothing(t *tally) bool {
	for c, n := range t.n {
		if n != 0 && r.want[c] {
			return false
		}
	}
	return len(t.spread) == 0
}

func (r *reading) row(s stretch, keys [2]string, t *tally) Row {
	row := Row{Start: s.start.In(r.Zone), End: s.end.In(r.Zone), Keys: slices.Clone(keys[:len(r.By)])}
	row.ID = r.id(&row)
	for _, f := range r.figures {
		var v Value
		if !(f.quarter && r.Grain == Minute) && !(f.ratings && !r.sight.Ratings) {
			v = f.of(t)
		}
		row.Values = append(row.Values, v)
	}
	return row
}

// sum adds up what there is in each of the rows, which follow on each other.
func (r *reading) sum(ctx context.Context, rows []stretch) (map[[2]string]*group, error) {
	groups := map[[2]string]*group{}
	if len(r.By) == 0 {
		r.group(groups, [2]string{}, len(rows))
	}
	var (
		last *set // a document's cells come together
		g    *group
	)
	rowAt := r.rowsAt(rows)
	take := func(s *set, at time.Time, c cell) {
		if i := rowAt(at); i >= 0 {
			if s != last {
				last, g = s, r.group(groups, r.keysOf(s), len(rows))
			}
			g.at(i).add(c)
		}
	}
	from, to := rows[0].start, rows[len(rows)-1].end
	if err := r.each(ctx, from, to, func(c column) bool { return r.want[c] }, take); err != nil {
		return nil, err
	}
	return groups, r.running(ctx, from, to, take)
}

// rowOf is the row in which a moment is, or -1.
func rowOf(rows []stretch, at time.Time) int {
	i, there := slices.BinarySearchFunc(rows, at, func(s stretch, at time.Time) int { return s.start.Compare(at) })
	if !there {
		i--
	}
	if i < 0 || !at.Before(rows[i].end) {
		return -1
	}
	return i
}

// rowsAt is rowOf of some rows, which looks for each moment once.
func (r *reading) rowsAt(rows []stretch) func(time.Time) int {
	if len(rows) == 1 {
		return func(at time.Time) int { return rowOf(rows, at) }
	}
	piece := int64(quarter / time.Second)
	if r.Grain == Minute {
		piece = 60
	}
	first := rows[0].start.Unix() / piece
	known := make([]int32, rows[len(rows)-1].end.Unix()/piece-first+1) // row + 2; 0: not yet
	return func(at time.Time) int {
		i := at.Unix()/piece - first
		if i < 0 || i >= int64(len(known)) || at.Unix()%piece != 0 {
			return rowOf(rows, at)
		}
		if known[i] == 0 {
			known[i] = int32(rowOf(rows, at)) + 2
		}
		return int(known[i]) - 2
	}
}

// each yields the cells of a time of all that is asked for, in no order.
func (r *reading) each(ctx context.Context, from, to time.Time, want func(column) bool, f func(s *set, at time.Time, c cell)) error {
	if r.Grain == Minute {
		return r.minutes(ctx, from, to, want, f)
	}
	// Documents come day by day, and those of the ends hold more than is asked for.
	var (
		day   = -1
		times [quarters]time.Time
		asked [quarters]bool
	)
	within := func(s *set, c cell) {
		if i := c.slot(); i < quarters && asked[i] {
			f(s, times[i], c)
		}
	}
	for sh, err := range r.sheets(ctx, dayOf(from), dayOf(to.Add(-1))) {
		if err != nil {
			return err
		}
		if r.whole() && !r.sees(&sh.Set) {
			continue
		}
		if sh.Day != day {
			day = sh.Day
			for i := range times {
				times[i] = time.Unix(int64(day)*86400+int64(i)*900, 0).UTC()
				asked[i] = !times[i].Before(from) && times[i].Before(to)
			}
		}
		if err := unpack(sh.Cells, want, func(c cell) { within(&sh.Set, c) }); err != nil {
			return fmt.Errorf("sheet %s: %w", sh.ID, err)
		}
	}
	for _, seg := range r.pending {
		if err := r.segment(seg, from, to, want, f); err != nil {
			return err
		}
	}
	return nil
}

// segment yields a segment's cells of a time.
func (r *reading) segment(seg *segment, from, to time.Time, want func(column) bool, f func(s *set, at time.Time, c cell)) error {
	hour, err := seg.hour()
	if err != nil {
		return fmt.Errorf("segment %s: %w", seg.ID, err)
	}
	start := time.Unix(int64(hour)*3600, 0).UTC()
	if !start.Before(to) || !start.Add(time.Hour).After(from) {
		return nil
	}
	for i := range seg.Parts {
		p := &seg.Parts[i]
		if !r.sees(&p.Set) {
			continue
		}
		err := unpack(p.Cells, want, func(c cell) {
			if at := start.Add(time.Duration(c.slot()) * time.Minute); !at.Before(from) && at.Before(to) {
				f(&p.Set, at, c)
			}
		})
		if err != nil {
			return fmt.Errorf("segment %s: %w", seg.ID, err)
		}
	}
	return nil
}

func (r *reading) minutes(ctx context.Context, from, to time.Time, want func(column) bool, f func(s *set, at time.Time, c cell)) error {
	q := store.ByKey().From(r.gen.segmentKey(hourOf(from))).To(r.gen.segmentKey(hourOf(to.Add(-1)) + 1))
	for seg, err := range segments.All(ctx, r.tx, q) {
		if err == nil {
			err = r.segment(seg, from, to, want, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unfolded are the segments that no sheet has yet.
func (r *reading) unfolded(ctx context.Context) (all []*segment, err error) {
	for seg, err := range segments.All(ctx, r.tx, store.By("pending").From(string(r.gen)+"/").To(string(r.gen)+"0")) {
		if err != nil {
			return nil, err
		}
		all = append(all, seg)
	}
	return all, nil
}
