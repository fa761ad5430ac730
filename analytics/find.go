package analytics

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
)

// sheets yields the sheets that a query needs of some days.
func (r *reading) sheets(ctx context.Context, first, last int) iter.Seq2[*sheet, error] {
	if r.whole() {
		return r.mixes(ctx, first, last)
	}
	return func(yield func(*sheet, error) bool) {
		for _, in := range r.collections() {
			if len(r.Where) == 0 {
				by := Dimension("")
				if len(r.By) > 0 {
					by = r.By[0]
				}
				for sh, err := range in.All(ctx, r.tx, store.ByKey().From(r.gen.sheetsOf(by, first)).To(r.gen.sheetsOf(by, last+1))) {
					if !yield(sh, err) {
						return
					}
				}
				continue
			}
			if !r.valued(ctx, in, first, last, yield) {
				return
			}
		}
	}
}

// aheadOf is about how many sheets are read in one round trip.
const aheadOf = 500

// valued yields the sheets of the values of the only filter, on those of the days on which
// there is anything of its dimension: who asks for 1970 isn't looked for on twenty thousand
// days. It returns false when there is to be no more.
func (r *reading) valued(ctx context.Context, in *store.Collection[sheet], first, last int, yield func(*sheet, error) bool) bool {
	by, values := r.Where[0].By, r.Where[0].Values
	there := store.ByKey().From(r.gen.sheetsOf(by, first)).To(r.gen.sheetsOf(by, last+1)).Limit(1)
	for _, end := range []struct {
		query store.Query
		day   *int
	}{{there, &first}, {there.Desc(), &last}} {
		found, _, err := in.Page(ctx, r.tx, end.query)
		if err != nil {
			return yield(nil, err)
		}
		if len(found) == 0 {
			return true
		}
		*end.day = found[0].Day
	}
	for days := max(aheadOf/len(values), 1); first <= last; first += days {
		var keys []string
		var wants []store.Want
		for day := first; day < first+days && day <= last; day++ {
			for _, v := range values {
				key := r.gen.sheetKey(face{by: by, value: v}, "", day)
				keys, wants = append(keys, key), append(wants, in.Want(key, 0))
			}
		}
		if err := r.tx.Ahead(ctx, wants...); err != nil {
			return yield(nil, err)
		}
		for _, key := range keys {
			sh, err := in.Get(ctx, r.tx, key)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if !yield(sh, err) || err != nil {
				return false
			}
			for n := range sh.Volumes {
				if !yield(in.Get(ctx, r.tx, volume(key, n+1))) {
					return false
				}
			}
		}
	}
	return true
}

func (r *reading) collections() (in []*store.Collection[sheet]) {
	if r.plain {
		in = append(in, sheets)
	}
	if r.spreads {
		in = append(in, spreads)
	}
	return in
}

// selective are the dimensions in the order in which one value of them leaves least.
func selective() []Dimension {
	return []Dimension{Agent, Tag, Label, Bot, Group, Queue, Team, Language, Channel, Platform, App}
}

// words are those of which one is in everything that is asked for: the values of the filter
// that leaves least, or what the actor sees. nil: there are none, and all has to be read.
func (r *reading) words() (ws []string) {
	for _, d := range selective() {
		for _, f := range r.Where {
			if f.By == d && !slices.Contains(f.Values, "") {
				for _, v := range f.Values {
					ws = append(ws, r.gen.word(d, v))
				}
				return ws
			}
		}
	}
	if r.sight.All() {
		return nil
	}
	if r.sight.Agent != "" {
		ws = append(ws, r.gen.word(Agent, r.sight.Agent))
	}
	switch {
	case !r.sight.AnyGroup:
		for _, g := range r.sight.Groups {
			ws = append(ws, r.gen.word(Group, g))
		}
	default:
		for _, a := range r.sight.Apps {
			ws = append(ws, r.gen.word(App, a))
		}
	}
	slices.Sort(ws)
	return slices.Compact(ws)
}

// mixes yields whole sets, each once.
func (r *reading) mixes(ctx context.Context, first, last int) iter.Seq2[*sheet, error] {
	ws := r.words()
	if ws == nil && r.sight.All() {
		return mixes.All(ctx, r.tx, store.ByKey().From(r.gen.day(first)).To(r.gen.day(last+1)))
	}
	return func(yield func(*sheet, error) bool) {
		for i, w := range ws {
			for sh, err := range mixes.All(ctx, r.tx, store.By("words", w).From(first).To(last+1)) {
				if err == nil && slices.ContainsFunc(ws[:i], func(w string) bool { return slices.Contains(sh.Words, w) }) {
					continue // which came with that one
				}
				if !yield(sh, err) {
					return
				}
			}
		}
	}
}
