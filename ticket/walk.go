package ticket

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
)

// order is an index by which tickets can be walked.
type order struct {
	index string
	at    func(*facet) int64 // 0: the ticket isn't in it
	set   func(*facet, int64)
}

var (
	byCreated  = order{"made", madeAt, func(f *facet, n int64) { f.Created = time.UnixMicro(n) }}
	byUpdated  = order{"moved", movedAt, func(f *facet, n int64) { f.Updated = time.UnixMicro(n) }}
	byWaiting  = order{"waits", waitsAt, func(f *facet, n int64) { f.Waiting = time.UnixMicro(n) }}
	byPriority = order{"ranked", rankedAt, func(f *facet, n int64) { f.Ranked = n }}
	byDue      = order{"due", dueAt, func(f *facet, n int64) { f.Due = time.UnixMicro(n) }}
)

// span is a range of an order's values: from is inside, to isn't.
type span struct{ from, to int64 }

func (s span) holds(n int64) bool { return s.from <= n && n < s.to }

var everything = span{math.MinInt64, math.MaxInt64}

// plan is the part of a filter that facets answer. A ticket that isn't in it can't
// fit the filter.
type plan struct {
	states []string        // open, closed or both
	sets   [][]string      // it has one word of each
	spans  map[string]span // by index
	whole  bool            // what is in it fits the filter
}

// maxStreams is how many words of a set are walked side by side.
const maxStreams = 40

// rangedBy are the indexes of times that a filter can bound.
var rangedBy = map[string]string{"ticket.created": "made", "ticket.updated": "moved", "ticket.waiting_since": "waits", "ticket.due": "due"}

// newPlan reads what a condition needs. Only me, now and the definitions of fields
// matter of who asks.
func newPlan(c *condition.Condition[*asked], fields map[string]*Field, who *asked) *plan {
	needs, whole := c.Needs()
	return planOf(needs, whole, fields, who)
}

// planOf is the plan of needs; whole says that nothing else is asked for.
func planOf(needs []condition.Need, whole bool, fields map[string]*Field, who *asked) *plan {
	p := &plan{states: []string{openState, closedState}, spans: map[string]span{}, whole: whole}
	for _, n := range needs {
		switch {
		case n.Name == "ticket.open":
			p.narrow(func(state string) bool {
				return slices.ContainsFunc(n.Values, func(v condition.Value) bool { return !v.Unset && v.Bool == (state == openState) })
			})
		case n.Name == "ticket.status":
			p.narrow(func(state string) bool {
				return slices.ContainsFunc(n.Values, func(v condition.Value) bool {
					return v.Type == condition.Text && Status(v.Text).Open() == (state == openState)
				})
			})
		}
	}
	for _, n := range needs {
		switch index := rangedBy[n.Name]; {
		case index != "" && n.Values == nil:
			p.bound(index, n, who.now)
		case n.Values == nil:
			p.whole = false
		case n.Name != "ticket.open":
			p.among(n, fields, who.me)
		}
	}
	return p
}

func (p *plan) narrow(keep func(state string) bool) {
	p.states = slices.DeleteFunc(p.states, func(s string) bool { return !keep(s) })
}

// among adds the words of a need, if all of its values have one.
func (p *plan) among(n condition.Need, fields map[string]*Field, me string) {
	set := []string{}
	for _, v := range n.Values {
		if v.Param != "" && me == "" || v.Unset && n.Name == "ticket.status" {
			continue // nobody asks, and it equals nothing; there always is a status
		}
		w, ok := word(n.Name, v, fields, me)
		if !ok || v.Unset && slices.Contains(p.states, closedState) {
			p.whole = false
			return
		}
		set = append(set, w)
	}
	p.sets = append(p.sets, set)
}

// word is the word by which the index knows a value.
func word(name string, v condition.Value, fields map[string]*Field, me string) (w string, ok bool) {
	text := v.Text
	switch {
	case v.Param == "me":
		text = me
	case v.Param != "":
		return "", false
	case v.Type == condition.Bool && v.Bool:
		text = "true"
	case v.Type == condition.Bool:
		text = "false"
	case v.Type == condition.Number:
		return "", false
	}
	if key, isField := strings.CutPrefix(name, "field."); isField {
		if v.Unset || v.Param != "" {
			return "", false
		}
		return fieldWord(fields[key], Value{Key: key, Text: text, Checked: v.Bool})
	}
	short, _ := strings.CutPrefix(name, "ticket.")
	unset, known := indexed[short]
	switch {
	case !known, v.Unset && !unset, v.Type == condition.Bool && !v.Bool, len(text) > maxFacet:
		return "", false
	}
	return short + "=" + text, true
}

// bound narrows the range of an order by a need.
func (p *plan) bound(index string, n condition.Need, now time.Time) {
	s, ok := p.spans[index]
	if !ok {
		s = everything
	}
	if n.From != nil {
		s.from = max(s.from, edge(n.From.At(now), n.From.Exclusive))
	}
	if n.To != nil {
		s.to = min(s.to, edge(n.To.At(now), !n.To.Exclusive))
	}
	p.spans[index] = s
}

// edge is the first microsecond that isn't before t, or, behind, the first after.
func edge(t time.Time, behind bool) int64 {
	n := t.UnixMicro()
	if behind || t.Nanosecond()%1000 != 0 {
		n++
	}
	return n
}

// fits says whether a row is in the plan.
func (p *plan) fits(f *facet) bool {
	for _, set := range p.sets {
		if !slices.ContainsFunc(set, func(w string) bool { return f.has(openState+":"+w) || f.has(closedState+":"+w) }) {
			return false
		}
	}
	for _, o := range []order{byCreated, byUpdated, byWaiting, byDue} {
		if s, ok := p.spans[o.index]; ok && (o.at(f) == 0 || !s.holds(o.at(f))) {
			return false
		}
	}
	return slices.ContainsFunc(p.states, f.has)
}

func (f *facet) has(word string) bool {
	_, found := slices.BinarySearch(f.Facets, word)
	return found
}

// several are the names of which a ticket has many words.
var several = []string{"tags=", "followers=", "links="}

// apart says that no ticket has two of a set's words: they are of one name, of which
// it has one.
func apart(set []string) bool {
	name, _, _ := strings.Cut(set[0], "=")
	return !slices.Contains(several, name+"=") && !slices.ContainsFunc(set, func(w string) bool { return !strings.HasPrefix(w, name+"=") })
}

// count counts the plan's tickets by the index alone, where that can be: the plan is
// all of the filter, and no ticket is found twice. A limit of 0 is none.
func (p *plan) count(ctx context.Context, tx *store.Tx, by order, limit int) (n int, ok bool, err error) {
	words := p.states
	if len(p.sets) == 1 {
		set := slices.Compact(slices.Sorted(slices.Values(p.sets[0])))
		if len(set) > 1 && !apart(set) {
			return 0, false, nil
		}
		words = p.stated(set)
	}
	s, bounded := p.spans[by.index]
	if !p.whole || len(p.sets) > 1 || len(words) > maxStreams || len(p.spans) > 1 || len(p.spans) == 1 && !bounded {
		return 0, false, nil
	}
	for _, word := range words {
		q := store.By(by.index, word)
		if bounded && s.from >= s.to {
			return 0, true, nil
		}
		if bounded {
			q = q.From(s.from).To(s.to)
		}
		if limit > 0 {
			q = q.Limit(limit - n)
		}
		found, err := facets.Count(ctx, tx, q)
		if err != nil {
			return 0, false, err
		}
		if n += found; limit > 0 && n == limit {
			break
		}
	}
	return n, true, nil
}

// place is where a list stands: behind a row of a phase.
type place struct {
	Hash  uint64 `json:"h"`
	Phase int    `json:"p,omitempty"`
	At    int64  `json:"a"`
	Key   string `json:"k"`
}

func (p place) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // numbers and a text always can be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// readPlace reads a cursor of the list with this name; "" is the start.
func readPlace(cursor, list string) (p place, err error) {
	h := fnv.New64a()
	h.Write([]byte(list))
	if cursor == "" {
		return place{Hash: h.Sum64()}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, &p) != nil || p.Hash != h.Sum64() || p.Key == "" && p.Phase == 0 || p.Phase < 0 {
		return place{}, store.ErrCursor
	}
	return p, nil
}

// stream is one word of the index, walked in order.
type stream struct {
	q      store.Query
	by     order
	bare   bool // rows tell the ticket and its place in the order, and nothing else
	cursor string
	rows   []*facet
	ended  bool
}

// head is the next row, or nil.
func (s *stream) head(ctx context.Context, tx *store.Tx, page int) (*facet, error) {
	if len(s.rows) == 0 && !s.ended {
		rows, next, err := s.read(ctx, tx, s.q.Limit(page).After(s.cursor))
		if err != nil {
			return nil, err
		}
		s.rows, s.cursor, s.ended = rows, next, next == ""
	}
	if len(s.rows) == 0 {
		return nil, nil
	}
	return s.rows[0], nil
}

func (s *stream) read(ctx context.Context, tx *store.Tx, q store.Query) (rows []*facet, next string, err error) {
	if !s.bare {
		return facets.Page(ctx, tx, q)
	}
	es, next, err := facets.Entries(ctx, tx, q)
	if err != nil {
		return nil, "", err
	}
	rows = make([]*facet, len(es))
	for i, e := range es {
		rows[i] = &facet{Ticket: e.Key}
		s.by.set(rows[i], e.At[1].(int64))
	}
	return rows, next, nil
}

// walk merges streams into one order, each ticket once.
type walk struct {
	by      order
	plan    *plan
	sure    bool // what is walked is in the plan: nobody has to look at rows
	desc    bool
	streams []*stream
	page    int
	next    *facet
	from    *stream
}

// newWalk walks the tickets that have one of the words, from behind a place.
func (p *plan) newWalk(words []string, by order, desc bool, after place, page int) *walk {
	w := &walk{by: by, plan: p, desc: desc, sure: p.covered(words, by)}
	if !w.sure {
		page *= 2 // some of them aren't in the plan
	}
	w.page = min(max(page/max(len(words), 1), 16)+1, 256)
	for _, word := range words {
		q := store.By(by.index, word)
		if s, ok := p.spans[by.index]; ok {
			if s.from >= s.to {
				return w
			}
			q = q.From(s.from).To(s.to)
		}
		if desc {
			q = q.Desc()
		}
		if after.Key != "" {
			q = q.Behind(after.At, after.Key)
		}
		w.streams = append(w.streams, &stream{q: q, by: by, bare: w.sure})
	}
	return w
}

// covered says whether every ticket that has one of the words, in the range of the order,
// is in the plan.
func (p *plan) covered(words []string, by order) bool {
	for index := range p.spans {
		if index != by.index {
			return false
		}
	}
	switch len(p.sets) {
	case 0:
		return true
	case 1:
		return slices.Equal(words, p.stated(p.sets[0]))
	}
	return false
}

// full has rows read whole, for who looks at more of them than fits does. It comes before
// the first peek.
func (w *walk) full() {
	for _, s := range w.streams {
		s.bare = false
	}
}

// fits says whether a row is in the plan.
func (w *walk) fits(f *facet) bool { return w.sure || w.plan.fits(f) }

// peek returns the next row, nil at the end.
func (w *walk) peek(ctx context.Context, tx *store.Tx) (*facet, error) {
	if w.next != nil {
		return w.next, nil
	}
	for _, s := range w.streams {
		f, err := s.head(ctx, tx, w.page)
		if err != nil {
			return nil, err
		}
		if f != nil && (w.next == nil || w.before(f, w.next)) {
			w.next, w.from = f, s
		}
	}
	return w.next, nil
}

func (w *walk) before(a, b *facet) bool {
	x, y := w.by.at(a), w.by.at(b)
	if x == y {
		return a.Ticket != b.Ticket && (a.Ticket < b.Ticket) != w.desc
	}
	return (x < y) != w.desc
}

// take passes the row that peek returned, in every stream that has it.
func (w *walk) take() {
	for _, s := range w.streams {
		if len(s.rows) > 0 && s.rows[0].Ticket == w.next.Ticket {
			s.rows = s.rows[1:]
		}
	}
	w.next = nil
}

// words are those by which the plan is walked in an order: of the sets, the one
// whose tickets lie furthest apart at the beginning.
func (p *plan) words(ctx context.Context, tx *store.Tx, by order, desc bool) (ws []string, err error) {
	best := math.Inf(1)
	candidates := 0
	for _, set := range p.sets {
		if len(set)*len(p.states) <= maxStreams {
			candidates++
		}
	}
	for _, set := range p.sets {
		if len(set)*len(p.states) > maxStreams {
			continue
		}
		words := p.stated(set)
		if candidates == 1 || len(words) == 0 {
			return words, nil
		}
		rate, err := p.rate(ctx, tx, words, by, desc)
		if err != nil {
			return nil, err
		}
		if rate < best {
			best, ws = rate, words
		}
	}
	if candidates == 0 {
		return p.states, nil
	}
	return ws, nil
}

func (p *plan) stated(set []string) (out []string) {
	for _, state := range p.states {
		for _, w := range set {
			out = append(out, state+":"+w)
		}
	}
	return out
}

// probe is how many rows tell how dense a word is.
const probe = 24

// rate is how dense tickets with one of the words are where a walk begins. Words
// that end within a probe count as nearly nothing.
func (p *plan) rate(ctx context.Context, tx *store.Tx, words []string, by order, desc bool) (sum float64, err error) {
	for _, word := range words {
		w := p.newWalk([]string{word}, by, desc, place{}, probe)
		if len(w.streams) == 0 {
			continue
		}
		s := w.streams[0]
		s.bare = true
		rows, next, err := s.read(ctx, tx, s.q.Limit(probe))
		if err != nil {
			return 0, err
		}
		if next == "" {
			sum += float64(len(rows)) * 1e-18
			continue
		}
		sum += probe / (math.Abs(float64(by.at(rows[0])-by.at(rows[len(rows)-1]))) + 1)
	}
	return sum, nil
}
