package ticket

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// facet is what lists know of a ticket: a projection, written in batches after
// the fact, so that writers pay for none of it. A list looks at the live ticket
// again, so that one that lags never shows a wrong row. It is also the root of the
// ticket's share in the counts of views.
type facet struct {
	Ticket  string    `json:"ticket"`
	Facets  []string  `json:"facets"` // "o", or "c" if it is closed; then "o:queue=billing" and so on
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
	Waiting time.Time `json:"waiting"`
	Due     time.Time `json:"due,omitzero"`      // next due moment of the service policy
	Ranked  int64     `json:"ranked,omitempty"`  // priority, then age; 0: no priority
	Members []string  `json:"members,omitempty"` // counts that it is part of, in order
	EndUser string    `json:"end_user"`
	Rev     store.Rev `json:"-"`
}

// The states of a ticket, which lead the words of the index: lists are mostly of
// open tickets, and the closed ones are many.
const (
	openState   = "o"
	closedState = "c"
)

var facets = &store.Collection[facet]{
	Name: "ticket_facets",
	Key:  func(f *facet) string { return f.Ticket },
	Rev:  func(f *facet) *store.Rev { return &f.Rev },
	Columns: []store.Column[facet]{
		{Name: "facets", Kind: store.Texts, Of: func(f *facet) any { return f.Facets }},
		{Name: "made", Kind: store.Int, Of: func(f *facet) any { return orAbsent(madeAt(f)) }},
		{Name: "moved", Kind: store.Int, Of: func(f *facet) any { return orAbsent(movedAt(f)) }},
		{Name: "waits", Kind: store.Int, Of: func(f *facet) any { return orAbsent(waitsAt(f)) }},
		{Name: "ranked", Kind: store.Int, Of: func(f *facet) any { return orAbsent(rankedAt(f)) }},
		{Name: "due", Kind: store.Int, Of: func(f *facet) any { return orAbsent(dueAt(f)) }},
	},
	Indexes: []store.Index{
		{Name: "made", On: []string{"facets", "made"}},
		{Name: "moved", On: []string{"facets", "moved"}},
		{Name: "waits", On: []string{"facets", "waits"}},
		{Name: "ranked", On: []string{"facets", "ranked"}},
		{Name: "due", On: []string{"facets", "due"}},
	},
	Subjects: func(f *facet) []string { return []string{f.EndUser} },
	Erase: func(f *facet, _ string) bool { // ids and words of the desk's own stay
		f.Facets = slices.DeleteFunc(slices.Clone(f.Facets), func(s string) bool { return strings.HasPrefix(s[min(len(s), 2):], "field.") })
		return true
	},
	Found: []store.Way{store.Under("ticket")},
}

func madeAt(f *facet) int64   { return micros(f.Created) }
func movedAt(f *facet) int64  { return micros(f.Updated) }
func waitsAt(f *facet) int64  { return micros(f.Waiting) }
func rankedAt(f *facet) int64 { return f.Ranked }
func dueAt(f *facet) int64    { return micros(f.Due) }

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func orAbsent(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// maxFacet is the length of a value in the index, in bytes; of a field's, which end
// users write, it is maxFieldFacet.
const (
	maxFacet      = 420
	maxFieldFacet = 100
)

// indexed are the names of conditions that have words in the index, and whether
// that they aren't set is one, too: of open tickets, where views ask for it.
var indexed = map[string]bool{
	"status": false, "queue": true, "assignee": true, "bot": false, "group": true, "tags": false, "label": true,
	"app": false, "platform": false, "channel": false, "language": false, "priority": false,
	"followers": false, "last_agent": false, "links": false, "snoozed": false, "incomplete": false, "due_state": false,
}

// wordsOf lists what a ticket is found by, as name=value.
func wordsOf(t *Ticket, fields map[string]*Field) (ws []string) {
	add := func(name, value string) {
		if len(value) <= maxFacet && (value != "" || indexed[name] && t.Status.Open()) {
			ws = append(ws, name+"="+value)
		}
	}
	add("status", string(t.Status))
	add("queue", t.Queue)
	add("assignee", t.agent())
	add("bot", t.bot())
	add("group", t.Group)
	add("label", t.label())
	add("app", t.App)
	add("platform", t.Platform)
	add("channel", t.Channel)
	add("language", t.Language)
	add("priority", string(t.Priority))
	add("last_agent", t.LastAgent)
	add("due_state", string(t.dueState()))
	for name, all := range map[string][]string{"tags": foldedTags(t), "followers": t.Followers, "links": linkedTickets(t)} {
		for _, v := range all {
			add(name, v)
		}
	}
	if agent := t.OfferedTo(); agent != "" {
		add("offered", agent)
	}
	if t.Snoozed != nil {
		add("snoozed", "true")
	}
	if t.Incomplete {
		add("incomplete", "true")
	}
	for _, v := range t.Fields {
		if w, ok := fieldWord(fields[v.Key], v); ok {
			ws = append(ws, w)
		}
	}
	return ws
}

// fieldWord is the word of a field's value: of those with few values, and never of
// personal ones.
func fieldWord(f *Field, v Value) (word string, ok bool) {
	if f == nil || f.Personal {
		return "", false
	}
	switch f.Type {
	case Dropdown, SingleLine:
		return "field." + f.Key + "=" + v.Text, v.Text != "" && len(v.Text) <= maxFieldFacet
	case Checkbox:
		if v.Checked {
			return "field." + f.Key + "=true", true
		}
		return "field." + f.Key + "=false", true
	}
	return "", false
}

// describe fills in what lists know of a ticket.
func (f *facet) describe(t *Ticket, fields map[string]*Field) {
	state := closedState
	if t.Status.Open() {
		state = openState
	}
	f.Facets = []string{state}
	for _, w := range wordsOf(t, fields) {
		f.Facets = append(f.Facets, state+":"+w)
	}
	slices.Sort(f.Facets)
	f.Facets = slices.Compact(f.Facets)
	f.Created, f.Updated, f.Waiting = t.Times.Created, t.Times.Updated, t.WaitingSince
	f.Due, _ = t.NextDue()
	f.Ranked = rank(t)
}

// rank orders by priority, and within one by age, the oldest highest. Moments fit
// into 52 bits until 2112.
func rank(t *Ticket) int64 {
	n := slices.Index([]Priority{None, Low, Normal, High, Urgent}, t.Priority)
	if n <= 0 {
		return 0
	}
	const most = 1<<52 - 1
	return int64(n)<<52 | max(most-t.Times.Created.UnixMicro(), 0)
}

// project brings the facets of a batch's tickets up to date, and the counts of the
// views that they enter or leave. It reads the tickets as they are now, so that a
// ticket with many events is written once.
func (s *Service) project(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	ids := map[string]bool{}
	for _, e := range es {
		ids[e.Subject] = true
	}
	vs, err := s.viewsFor(ctx, tx, store.Share)
	if err != nil {
		return err
	}
	deltas := map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(ids)) { // in one order, as the job that builds counts
		t, err := tickets.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			err = refresh(ctx, tx, vs, t, deltas)
		}
		if err != nil {
			return err
		}
	}
	return count(ctx, tx, deltas)
}

// refresh writes a ticket's facets afresh, and adds to deltas which counts it has
// entered or left.
func refresh(ctx context.Context, tx *store.Tx, vs *viewSet, t *Ticket, deltas map[string]int) error {
	f, err := facets.Lock(ctx, tx, t.ID, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		f, err = &facet{Ticket: t.ID, EndUser: t.EndUser}, nil
	}
	if err != nil {
		return err
	}
	was := *f
	f.describe(t, vs.fields)
	f.EndUser = t.EndUser
	f.Members = vs.members(t)
	for _, m := range f.Members {
		if !slices.Contains(was.Members, m) {
			deltas[m]++
		}
	}
	for _, m := range was.Members {
		if !slices.Contains(f.Members, m) && vs.counts(m) { // else the count is gone with its view
			deltas[m]--
		}
	}
	if f.Rev > 0 && slices.Equal(was.Facets, f.Facets) && slices.Equal(was.Members, f.Members) && was.EndUser == f.EndUser &&
		was.Ranked == f.Ranked && was.Created.Equal(f.Created) && was.Updated.Equal(f.Updated) && was.Waiting.Equal(f.Waiting) && was.Due.Equal(f.Due) {
		return nil
	}
	return facets.Put(ctx, tx, f)
}
