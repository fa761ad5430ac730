package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/collector"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// tier is how closely a ticket has to fit. The first one that finds something is
// used.
type tier int

const (
	allOf  tier = iota // all words
	mostOf             // six in ten
	anyOf              // one
	likeOf             // one, with a wrong letter
	tiers
)

// least is how many of n words a ticket has to have.
func (t tier) least(n int) float64 {
	switch t {
	case allOf:
		return float64(n)
	case mostOf:
		return math.Ceil(0.6 * float64(n))
	}
	return 1
}

// fewWords are those of which a ticket should have all. More of them are a question,
// which tickets answer in words of their own: what has most of them comes first.
const fewWords = 3

// first is the tier that is tried first.
func (q *query) first(newest bool) tier {
	if !newest && len(q.units) > fewWords {
		return anyOf
	}
	return allOf
}

// What words count for in the title, besides that they are in the ticket, and what an
// id or an address counts for.
const (
	boostTitle = 0.5
	boostExact = 10
)

// Limits of what a word that may go on, or is misspelt, stands for.
const (
	maxExpanded = 50
	maxVisited  = 5000
	minFuzzy    = 4 // letters
)

// matcher builds what bleve runs.
type matcher struct {
	ctx     context.Context
	reader  index.IndexReader
	options search.SearcherOptions
	err     error
}

func (m *matcher) keep(s search.Searcher, err error) search.Searcher {
	if err != nil {
		if m.err == nil {
			m.err = err
		}
		return nil
	}
	return s
}

func (m *matcher) term(field, term string, boost float64) search.Searcher {
	return m.keep(searcher.NewTermSearcher(m.ctx, m.reader, term, field, boost, m.options))
}

// any is what fits one of several at least.
func (m *matcher) any(of []search.Searcher, least float64) search.Searcher {
	if m.err != nil {
		return nil
	}
	if len(of) == 1 {
		return of[0]
	}
	return m.keep(searcher.NewDisjunctionSearcher(m.ctx, m.reader, of, least, m.options))
}

// query is what the whole search comes to; nil is everything.
func (m *matcher) query(q *query, f *ticket.SearchFilter, sight *identity.Sight, t tier) search.Searcher {
	var must []search.Searcher
	if text := m.text(q, t); text != nil {
		must = append(must, text)
	}
	must = append(must, m.filter(f)...)
	must = append(must, m.groups(seenBy(sight))...)
	if len(must) == 0 {
		return m.keep(searcher.NewMatchAllSearcher(m.ctx, m.reader, 1, m.options))
	}
	return m.all(must)
}

func (m *matcher) text(q *query, t tier) search.Searcher {
	if q.all == "" {
		return nil
	}
	exact := m.term(exactField, q.all, boostExact)
	var quoted, words, title []search.Searcher
	for _, u := range q.units {
		s := m.any(m.unit(u, t, textField, 1), 1)
		if u.must {
			quoted = append(quoted, s)
		} else {
			words = append(words, s)
		}
		// Not grouped: what needs one of several would have to be there.
		title = append(title, m.unit(u, t, titleField, boostTitle)...)
	}
	if len(title) == 0 {
		return exact
	}
	if len(words) > 0 {
		quoted = append(quoted, m.any(words, t.least(len(words))))
	}
	all := m.any([]search.Searcher{exact, m.all(quoted)}, 1)
	more := m.any(title, 0)
	if m.err != nil {
		return nil
	}
	return m.keep(searcher.NewBooleanSearcher(m.ctx, m.reader, all, more, nil, m.options))
}

// all is what fits each of several.
func (m *matcher) all(of []search.Searcher) search.Searcher {
	if m.err != nil {
		return nil
	}
	if len(of) == 1 {
		return of[0]
	}
	return m.keep(searcher.NewConjunctionSearcher(m.ctx, m.reader, of, m.options))
}

// unit is what fits one thing that is looked for, one of which is enough.
func (m *matcher) unit(u unit, t tier, field string, boost float64) (of []search.Searcher) {
	term := u.terms[0]
	switch {
	case u.exact:
		of = []search.Searcher{m.term(field, term, boostExact*boost), m.term(exactField, term, boostExact*boost)}
		if t >= mostOf {
			for _, part := range u.parts {
				of = append(of, m.term(field, part, boost))
			}
		}
		return of
	case len(u.terms) > 1:
		s, err := searcher.NewPhraseSearcher(m.ctx, m.reader, u.terms, 0, false, field, boost, m.options)
		return []search.Searcher{m.keep(s, err)}
	}
	of = []search.Searcher{m.term(field, stem(term), boost)}
	if u.prefix {
		of = append(of, m.prefixed(field, term, boost/2)...)
	}
	if t == likeOf && utf8.RuneCountInString(term) >= minFuzzy {
		of = append(of, m.keep(searcher.NewFuzzySearcher(m.ctx, m.reader, stem(term), 1, 1, field, boost/2, m.options)))
	}
	return of
}

// prefixed are the most frequent words that begin like this.
func (m *matcher) prefixed(field, prefix string, boost float64) (of []search.Searcher) {
	if m.err != nil {
		return nil
	}
	dict, err := m.reader.FieldDictPrefix(field, []byte(prefix))
	if err != nil {
		m.err = err
		return nil
	}
	defer dict.Close()
	type entry struct {
		term  string
		count uint64
	}
	var entries []entry
	for range maxVisited {
		e, err := dict.Next()
		if err != nil {
			m.err = err
			return nil
		}
		if e == nil {
			break
		}
		if e.Term != prefix {
			entries = append(entries, entry{e.Term, e.Count})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return int(b.count) - int(a.count) })
	for _, e := range entries[:min(len(entries), maxExpanded)] {
		of = append(of, m.term(field, e.term, boost))
	}
	return of
}

// filter is what every ticket has to fit, besides the text. It doesn't count for the
// order.
func (m *matcher) filter(f *ticket.SearchFilter) (must []search.Searcher) {
	if f.Open {
		must = append(must, m.term(facetField, "open=true", 0))
	}
	if f.Closed {
		must = append(must, m.term(facetField, "open=false", 0))
	}
	must = append(must, m.groups(facetsOf(f))...)
	for _, tag := range f.Tags {
		must = append(must, m.term(facetField, "tag="+fold(tag), 0))
	}
	for key, value := range f.Fields {
		must = append(must, m.term(facetField, "field."+key+"="+value, 0))
	}
	for _, r := range []struct {
		field    string
		from, to time.Time
	}{{createdField, f.CreatedFrom, f.CreatedTo}, {updatedField, f.UpdatedFrom, f.UpdatedTo}} {
		if r.from.IsZero() && r.to.IsZero() {
			continue
		}
		low, high, included := math.Inf(-1), math.Inf(1), true
		if !r.from.IsZero() {
			low = float64(r.from.Unix())
		}
		if !r.to.IsZero() {
			high = float64(r.to.Unix()) // a part of a second above it is compared later
		}
		must = append(must, m.keep(searcher.NewNumericRangeSearcher(m.ctx, m.reader, &low, &high, &included, &included, r.field, 0, m.options)))
	}
	return must
}

// groups are words of each group of which one has to fit.
func (m *matcher) groups(all [][]string) (must []search.Searcher) {
	for _, group := range all {
		var of []search.Searcher
		for _, value := range group {
			of = append(of, m.term(facetField, value, 0))
		}
		must = append(must, m.any(of, 1))
	}
	return must
}

// seenBy are the words of what somebody sees. Without them a page would be full of
// what he doesn't.
func seenBy(g *identity.Sight) (groups [][]string) {
	if g.All() {
		return nil
	}
	add := func(name string, values []string) {
		var group []string
		if g.Agent != "" {
			group = []string{"assignee=" + event.Actor{Kind: event.Agent, ID: g.Agent}.String(), "follower=" + g.Agent}
		}
		for _, v := range values {
			group = append(group, name+"="+v)
		}
		groups = append(groups, group)
	}
	if !g.AnyGroup {
		add("group", g.Groups)
	}
	if len(g.Apps) > 0 && (g.AnyGroup || len(g.Groups) > 0) {
		add("app", g.Apps)
	}
	return groups
}

// facetsOf are the words of a filter, of each group of which one has to fit.
func facetsOf(f *ticket.SearchFilter) (groups [][]string) {
	add := func(name string, values []string) {
		if len(values) == 0 {
			return
		}
		group := make([]string, len(values))
		for i, v := range values {
			group[i] = name + "=" + v
		}
		groups = append(groups, group)
	}
	add("status", texts(f.Statuses))
	add("priority", texts(f.Priorities))
	add("app", f.Apps)
	add("platform", f.Platforms)
	add("channel", f.Channels)
	add("queue", f.Queues)
	add("group", f.Groups)
	add("label", f.Labels)
	add("language", f.Languages)
	if f.EndUser != "" {
		add("end_user", []string{f.EndUser})
	}
	var assignees []string
	for _, a := range f.Assignees {
		assignees = append(assignees, a.String())
	}
	add("assignee", assignees)
	return groups
}

func texts[T ~string](values []T) (ss []string) {
	for _, v := range values {
		ss = append(ss, string(v))
	}
	return ss
}

// row is what the index says of a ticket that fits.
type row struct {
	id    string
	score float64
	sort  []string // its place in the order, where the newest come first
}

// top returns the next rows in the order of the index, and whether there are more.
func (x *Index) top(ctx context.Context, q *query, s *ticket.Search, sight *identity.Sight, at place, n int) (rows []row, more bool, err error) {
	err = x.files.Read(func(r index.IndexReader) error {
		rows, err = topOf(ctx, r, q, s, sight, at, n+1)
		return err
	})
	if len(rows) > n {
		return rows[:n], true, err
	}
	return rows, false, err
}

// topOf returns the next rows of what a reader sees.
func topOf(ctx context.Context, r index.IndexReader, q *query, s *ticket.Search, sight *identity.Sight, at place, n int) (rows []row, err error) {
	model := search.GetScoringModelCallbackFn(func() string { return index.BM25Scoring })
	ctx = context.WithValue(ctx, search.GetScoringModelCallbackKey, model)
	m := &matcher{ctx: ctx, reader: r}
	if at.Newest {
		m.options.Score = "none"
	}
	found := m.query(q, &s.Filter, sight, at.Tier)
	if m.err != nil {
		return nil, fmt.Errorf("search: %w", m.err)
	}
	defer found.Close() // and what it is made of, once each
	var c *collector.TopNCollector
	switch {
	case !at.Newest:
		c = collector.NewTopNCollector(n, at.Skip, search.SortOrder{&search.SortScore{Desc: true}})
	case len(at.Sort) > 0:
		c = collector.NewTopNCollectorAfter(n, newest(), at.Sort)
	default:
		c = collector.NewTopNCollector(n, 0, newest())
	}
	if err := c.Collect(ctx, found, r); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	for _, hit := range c.Results() {
		rows = append(rows, row{hit.ID, hit.Score, hit.DecodedSort})
	}
	return rows, nil
}

// newest is by number, which grows, and which no two tickets share.
func newest() search.SortOrder {
	return search.SortOrder{&search.SortField{Field: numberField, Desc: true, Type: search.SortFieldAsString, Missing: search.SortFieldMissingLast}}
}
