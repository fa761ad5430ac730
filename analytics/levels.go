package analytics

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// Level is how many tickets there are now, of a value of a dimension or in all.
type Level struct {
	Value   string        // of the dimension
	Open    int           // tickets that are open
	Backlog int           // that wait for a person, and nobody has
	Wait    time.Duration // average wait of the backlog
	Waiting int           // open tickets that an agent has, and whose end users wait for him
}

// forever is later than all that is counted.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// levelsNow yields how things stand, by values or sets, as of the folded segments.
func (r *reading) levelsNow(ctx context.Context) iter.Seq2[*level, error] {
	if !r.whole() && len(r.Where) == 0 {
		by := Dimension("")
		if len(r.By) > 0 {
			by = r.By[0]
		}
		key := r.gen.levelsOf(by)
		return levels.All(ctx, r.tx, store.ByKey().From(key).To(key[:len(key)-1]+"0"))
	}
	if ws := r.words(); r.whole() && (ws != nil || !r.sight.All()) {
		return func(yield func(*level, error) bool) {
			for i, w := range ws {
				for l, err := range levels.All(ctx, r.tx, store.By("words", w)) {
					if err == nil && slices.ContainsFunc(ws[:i], func(w string) bool { return slices.Contains(l.Words, w) }) {
						continue
					}
					if !yield(l, err) {
						return
					}
				}
			}
		}
	}
	if r.whole() {
		key := string(r.gen) + "/whole"
		return levels.All(ctx, r.tx, store.ByKey().From(key+"/").To(key+"0"))
	}
	return func(yield func(*level, error) bool) {
		for _, v := range r.Where[0].Values {
			l, err := levels.Get(ctx, r.tx, r.gen.levelKey(face{by: r.Where[0].By, value: v}, ""))
			if !errors.Is(err, store.ErrNotFound) && !yield(l, err) {
				return
			}
		}
	}
}

// standAt is how many tickets were open, and in the backlog, at a moment: as many as now,
// without what has come since.
func (r *reading) standAt(ctx context.Context, at time.Time) (map[[2]string][2]int64, error) {
	stand := map[[2]string][2]int64{}
	add := func(s *set, open, backlog int64) {
		n := stand[r.keysOf(s)]
		stand[r.keysOf(s)] = [2]int64{n[0] + open, n[1] + backlog}
	}
	for l, err := range r.levelsNow(ctx) {
		if err != nil {
			return nil, err
		}
		if !r.whole() || r.sees(&l.Set) {
			add(&l.Set, l.Open, l.Backlog)
		}
	}
	want := func(c column) bool { return c == colOpen || c == colBacklog }
	move := func(s *set, c cell, by int64) {
		if c.column() == colOpen {
			add(s, by*c.n, 0)
		} else {
			add(s, 0, by*c.n)
		}
	}
	for _, seg := range r.pending { // which the levels don't have
		err := r.segment(seg, time.Time{}, forever, want, func(s *set, _ time.Time, c cell) { move(s, c, 1) })
		if err != nil {
			return nil, err
		}
	}
	days := *r // what came since is read from sheets, also where minutes are asked for
	days.plain, days.spreads = true, false
	back := func(s *set, _ time.Time, c cell) { move(s, c, -1) }
	if r.Grain != Minute {
		return stand, days.each(ctx, at, r.horizon(), want, back)
	}
	days.Query = new(*r.Query)
	next := ceil(at, quarter)
	if err := r.minutes(ctx, at, next, want, back); err != nil {
		return nil, err
	}
	days.Grain = Hour
	return stand, days.each(ctx, next, r.horizon(), want, back)
}

// horizon is later than what was counted so far, the clocks of other machines included.
func (r *reading) horizon() time.Time { return r.now.Add(48 * time.Hour) }

// Levels are how tickets that somebody sees stand now, nil being who sees all, by the values
// of a dimension, or, where that is "", in all, in order of value; values of which there is
// nothing are left out. It reads what the projection keeps, in the caller's transaction, and
// no tickets: as much as there are values. It is a moment behind.
func (s *Service) Levels(ctx context.Context, tx *store.Tx, by Dimension, sight *identity.Sight) (all []Level, err error) {
	if by != "" && !by.known() {
		return nil, refuse("by", "there is no dimension %q", by)
	}
	if sight == nil {
		sight = everything()
	}
	q := &Query{}
	if by != "" {
		q.By = []Dimension{by}
	}
	r, err := s.reading(ctx, tx, q, sight)
	if err != nil {
		return nil, err
	}
	if r.pending, err = r.unfolded(ctx); err != nil {
		return nil, err
	}
	now := map[string]*level{}
	at := func(value string) *level {
		if now[value] == nil {
			now[value] = &level{}
		}
		return now[value]
	}
	for l, err := range r.levelsNow(ctx) {
		if err != nil {
			return nil, err
		}
		if !r.whole() || r.sees(&l.Set) {
			at(l.Set.get(q.only())).join(l)
		}
	}
	want := func(c column) bool { return c == colOpen || c == colBacklog || c == colSince || c == colWaiting }
	for _, seg := range r.pending {
		if err := r.segment(seg, time.Time{}, forever, want, func(s *set, _ time.Time, c cell) { at(r.keysOf(s)[0]).add(c) }); err != nil {
			return nil, err
		}
	}
	for value, l := range now {
		if l.nothing() {
			continue
		}
		v := Level{Value: value, Open: int(l.Open), Backlog: int(l.Backlog), Waiting: int(l.Waiting)}
		if l.Backlog > 0 {
			v.Wait = max(r.now.Sub(epoch)-time.Duration(l.Since/l.Backlog)*time.Millisecond, 0)
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b Level) int { return compareText(a.Value, b.Value) })
	return all, nil
}

// join adds another level.
func (l *level) join(o *level) {
	l.Open, l.Backlog, l.Since, l.Waiting = l.Open+o.Open, l.Backlog+o.Backlog, l.Since+o.Since, l.Waiting+o.Waiting
}

// id names a row: by its time, keys and filters.
func (r *reading) id(row *Row) string {
	text := fmt.Sprintf("%s %d %d", r.Grain, row.Start.Unix(), row.End.Unix())
	for i, d := range r.By {
		text += fmt.Sprintf(" %s=%q", d, row.Keys[i])
	}
	where := slices.Clone(r.Where)
	slices.SortFunc(where, func(a, b Filter) int { return compareText(string(a.By), string(b.By)) })
	for _, f := range where {
		text += fmt.Sprintf(" where %s in %q", f.By, f.Values)
	}
	return digest(text)
}
