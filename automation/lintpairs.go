package automation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	maxStoppers = 200       // earlier rules that a rule is compared with
	maxPairs    = 2_000_000 // pairs of rules that are compared in all
)

// unreached looks for rules that an earlier one stops whenever they could run: it ends
// the pass, has the same trigger, is true whenever they are, and no rule in between
// changes what it asks about.
func (l *linter[S]) unreached() {
	for _, kind := range []Kind{OnCreated, OnEvent} {
		x := &stoppers[S]{filed: map[string][]*linted[S]{}, touched: map[string]int{}}
		for _, r := range l.rules {
			if r.On.Kind != kind {
				continue
			}
			if by := x.before(r); by != nil {
				l.say(FoundUnreached, Doubtful, nil,
					fmt.Sprintf("Rule %q is never reached: rule %q comes first, is true whenever it is, and stops.", r.Name, by.Name), by.Rule, r.Rule)
			}
			x.add(r)
		}
	}
}

// stoppers are the rules so far that end a pass, filed by the first thing that they ask.
type stoppers[S any] struct {
	all     []*linted[S] // that ask nothing
	filed   map[string][]*linted[S]
	touched map[string]int // place of the last rule that changes a name which they ask about
}

// fileKey is by what a rule that asks for a value of a name is filed.
func fileKey(name string, v condition.Value) string {
	return fmt.Sprintf("%s %v %q %v", name, v.Unset, v.Text+v.Param, v.Number)
}

func (x *stoppers[S]) add(r *linted[S]) {
	for name := range x.touched {
		if slices.ContainsFunc(r.Do, func(a Action) bool { return a.touches(name) }) {
			x.touched[name] = r.place
		}
	}
	needs, whole := r.whole.Needs()
	if !r.Stop || r.Once || !whole {
		return
	}
	for _, n := range needs {
		if _, seen := x.touched[n.Name]; !seen {
			x.touched[n.Name] = -1
		}
	}
	switch {
	case len(needs) == 0:
		x.all = append(x.all, r)
	case needs[0].Values == nil:
		x.filed[needs[0].Name] = append(x.filed[needs[0].Name], r)
	default:
		for _, v := range needs[0].Values {
			key := fileKey(needs[0].Name, v)
			x.filed[key] = append(x.filed[key], r)
		}
	}
}

// before returns the first rule that stops whenever r could run, or nil.
func (x *stoppers[S]) before(r *linted[S]) (first *linted[S]) {
	try := func(list []*linted[S]) {
		for _, s := range list[:min(len(list), maxStoppers)] {
			if (first == nil || s.place < first.place) && s.whole.Covers(r.whole) && !x.moved(s) {
				first = s
				return
			}
		}
	}
	try(x.all)
	needs, _ := r.whole.Needs()
	for _, n := range needs {
		try(x.filed[n.Name])
		if len(n.Values) > 0 {
			try(x.filed[fileKey(n.Name, n.Values[0])])
		}
	}
	return first
}

// moved says whether a rule behind s changes what s asks about.
func (x *stoppers[S]) moved(s *linted[S]) bool {
	needs, _ := s.whole.Needs()
	return slices.ContainsFunc(needs, func(n condition.Need) bool { return x.touched[n.Name] > s.place })
}

// touches says whether an action may change what a name in conditions stands for.
func (a *Action) touches(name string) bool {
	prefix, key, _ := strings.Cut(name, ".")
	switch prefix {
	case "field":
		return a.Do == ticket.DoField && a.To == key
	case "ticket":
	case "assignee", "queue":
		return sets(a) == "assignment"
	case "rating":
		return a.Do == ticket.DoAskRating
	default: // what has happened, the end user, the moment
		return false
	}
	switch what := sets(a); key {
	case "app", "platform", "channel", "number", "end_user", "created":
		return false
	case "priority", "label", "title", "language":
		return what == key
	case "tags":
		return a.Do == ticket.DoAddTags || a.Do == ticket.DoRemoveTags
	case "snoozed":
		return what == "snooze" || what == "status"
	case "queue", "group", "assignee", "bot":
		return what == "assignment" || what == "status"
	case "status", "open":
		return what == "assignment" || what == "status" || a.Do == ticket.DoReply || a.Do == DoAsk
	}
	return true
}

// overwrites looks for pairs of rules with one trigger that can both be true and set the
// same thing differently.
func (l *linter[S]) overwrites() {
	setters := map[string][]setter[S]{} // by trigger and what they set
	for i, r := range l.rules {
		seen := map[string]bool{}
		for j := range r.Do {
			if what := sets(&r.Do[j]); what != "" && !seen[what] {
				key := passOf(&r.On) + "\n" + what
				seen[what], setters[key] = true, append(setters[key], setter[S]{l.rules[i], effect(&r.Do[j])})
			}
		}
	}
	p := pairing[S]{left: maxPairs, what: map[[2]int][]string{}}
	for _, key := range sorted(setters) {
		_, what, _ := strings.Cut(key, "\n")
		for _, bucket := range l.buckets(setters[key]) {
			p.compare(what, bucket)
		}
	}
	places := make([][2]int, 0, len(p.what))
	for at := range p.what {
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b [2]int) int { return cmp.Or(a[1]-b[1], a[0]-b[0]) })
	byPlace := map[int]*linted[S]{}
	for _, r := range l.rules {
		byPlace[r.place] = r
	}
	for _, at := range places {
		first, later := byPlace[at[0]], byPlace[at[1]]
		what := strings.Join(p.what[at], " and ")
		l.say(FoundOverwrite, Doubtful, nil, fmt.Sprintf("Rules %q and %q both set the %s, and can be true of one ticket: of the second one that is skipped.",
			first.Name, later.Name, what), first.Rule, later.Rule)
	}
	if p.left <= 0 && len(places) < MaxFindings {
		l.say(FoundMore, Remark, nil, fmt.Sprintf("Not all pairs of rules that set the same were compared: there are more than %d.", maxPairs))
	}
}

// setter is a rule with how it sets something.
type setter[S any] struct {
	*linted[S]
	effect string
}

// passOf tells apart triggers that never have one pass together.
func passOf(t *Trigger) string {
	switch t.Kind {
	case OnTime:
		return fmt.Sprintf("time %s %v %q %v %q", t.Clock, t.After, t.Field, t.Business, t.Calendar)
	case OnSchedule:
		return fmt.Sprintf("schedule %q %q", t.Cron, t.Zone)
	}
	return string(t.Kind)
}

// shares says whether two triggers of one kind have an event in common. One change may be
// several events, but that is seldom what two rules meet in.
func (t *Trigger) shares(o *Trigger) bool {
	if t.Kind != OnEvent {
		return true
	}
	return slices.ContainsFunc(t.Events, func(e Event) bool {
		if !slices.Contains(o.Events, e) {
			return false
		}
		return e != EventField || len(t.Fields) == 0 || len(o.Fields) == 0 ||
			slices.ContainsFunc(t.Fields, func(key string) bool { return slices.Contains(o.Fields, key) })
	})
}

// effect is the same for actions that set the same thing to the same.
func effect(a *Action) string {
	return fmt.Sprintf("%s %q %q %q %v", a.Do, a.To, a.Else, a.Text, a.For)
}

func sorted[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// buckets parts setters by the values of the name that most of them ask for, so that
// those of different buckets can't be true together. Who doesn't ask is in all of them.
func (l *linter[S]) buckets(all []setter[S]) [][]setter[S] {
	best := l.mostAsked(all)
	var free []setter[S]
	by := map[string][]setter[S]{}
	for _, s := range all {
		needs, _ := s.whole.Needs()
		i := slices.IndexFunc(needs, func(n condition.Need) bool { return n.Name == best && l.parts(n) })
		if i < 0 {
			free = append(free, s)
			continue
		}
		for _, v := range needs[i].Values {
			key := fileKey(best, v)
			by[key] = append(by[key], s)
		}
	}
	out := [][]setter[S]{free}
	for _, key := range sorted(by) {
		bucket := append(by[key], free...)
		slices.SortFunc(bucket, func(a, b setter[S]) int { return a.place - b.place })
		out = append(out, bucket)
	}
	return out
}

func (l *linter[S]) mostAsked(all []setter[S]) (best string) {
	asked := map[string]int{}
	for _, s := range all {
		needs, _ := s.whole.Needs()
		for _, n := range needs {
			if l.parts(n) {
				asked[n.Name]++
			}
		}
	}
	for _, name := range sorted(asked) {
		if best == "" || asked[name] > asked[best] {
			best = name
		}
	}
	return best
}

// parts says whether a need tells rules apart: its name has one value, and no parameter
// is among those that it may be.
func (l *linter[S]) parts(n condition.Need) bool {
	t, _ := l.env.Type(n.Name)
	return n.Values != nil && t != condition.Texts && !slices.ContainsFunc(n.Values, func(v condition.Value) bool { return v.Param != "" })
}

// pairing compares rules two by two, up to a number of comparisons.
type pairing[S any] struct {
	left int
	what map[[2]int][]string // what both set, by their places
}

func (p *pairing[S]) compare(what string, list []setter[S]) {
	for j, later := range list {
		for _, first := range list[:j] {
			if p.left--; p.left < 0 || len(p.what) > MaxFindings {
				return
			}
			at := [2]int{first.place, later.place}
			if first.Stop || first.effect == later.effect || !first.On.shares(&later.On) || first.whole.Excludes(later.whole) || slices.Contains(p.what[at], what) {
				continue
			}
			p.what[at] = append(p.what[at], what)
		}
	}
}
