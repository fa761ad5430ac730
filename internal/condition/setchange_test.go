package condition_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

type (
	conditionOf = *condition.Condition[*subject]
	setOf       = *condition.Set[*subject]
)

// changed applies a change to a set, and to the list that it stands for.
func changed(t *rapid.T, set setOf, list []conditionOf, some *rapid.Generator[conditionOf]) (setOf, []conditionOf) {
	list = slices.Clone(list)
	at := func(n int) int { return rapid.IntRange(0, n).Draw(t, "place") }
	kind := rapid.IntRange(0, 5).Draw(t, "change")
	switch c := some.Draw(t, "condition"); {
	case len(list) == 0 || kind < 3:
		i := at(len(list))
		return set.With(i, c), slices.Insert(list, i, c)
	case kind == 3:
		i := at(len(list) - 1)
		return set.Without(i), slices.Delete(list, i, i+1)
	default:
		i := at(len(list) - 1)
		list[i] = c
		return set.Replaced(i, c), list
	}
}

// compilable are the conditions of some sources.
func compilable(t *testing.T, sources *rapid.Generator[string]) *rapid.Generator[conditionOf] {
	env := environment(t)
	return rapid.Map(sources, func(source string) conditionOf {
		c, err := env.Compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		return c
	})
}

// rangesOf are conditions about two numbers, many of which end at the same value.
func rangesOf() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
		n := func() int { return rapid.IntRange(-4, 7).Draw(t, "n") }
		name := func() string { return pick("field.spend", "field.count") }
		switch rapid.IntRange(0, 4).Draw(t, "shape") {
		case 0:
			return fmt.Sprintf("%d <= %s < %d", n(), name(), n())
		case 1:
			return fmt.Sprintf("field.spend > %d and field.spend >= %d and field.count < %d", n(), n(), n())
		case 2:
			return fmt.Sprintf("%s %s %d and ticket.open", name(), pick("<", ">"), n())
		case 3:
			return fmt.Sprintf("%s == nil or %s > %d", name(), name(), n())
		}
		return fmt.Sprintf("%s %s %d", name(), pick("<", "<=", ">", ">="), n())
	})
}

// Ranges of numbers are looked up in steps, where many ask for them.
func TestManyRanges(t *testing.T) {
	t.Parallel()
	env, some := environment(t), compilable(t, rangesOf())
	pool := make([]conditionOf, 500)
	for i := range pool {
		pool[i] = some.Example(i)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(pool)
		list := slices.Clone(pool[:rapid.IntRange(0, len(pool)).Draw(t, "conditions")])
		set := env.NewSet(list)
		for range rapid.IntRange(0, 6).Draw(t, "changes") {
			set, list = changed(t, set, list, from)
			s := subjects().Draw(t, "subject")
			if got, want := set.Matching(nil, s), oneByOne(list, s); !slices.Equal(got, want) {
				t.Fatalf("found %v of %v\n%+v", got, want, *s)
			}
			if got, want := set.Candidates(nil, s), env.NewSet(list).Candidates(nil, s); !slices.Equal(got, want) {
				t.Fatalf("candidates are %v, of a new set %v\n%+v", got, want, *s)
			}
		}
	})
}

func oneByOne(list []conditionOf, s *subject) (out []int) {
	for i, c := range list {
		if c.Match(s) {
			out = append(out, i)
		}
	}
	return out
}

// A changed set is the set that one would build anew, and the one that it was made
// from stays as it was.
func TestAChangedSetIsAsBuiltAnew(t *testing.T) {
	t.Parallel()
	env := environment(t)
	some := compilable(t, rapid.Map(pairs(1), func(p pair) string { return p.ours }))
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(some, 0, 130).Draw(t, "conditions")
		set := env.NewSet(list)
		for range rapid.IntRange(1, 20).Draw(t, "changes") {
			before, had := set, list
			set, list = changed(t, set, list, some)
			s := subjects().Draw(t, "subject")
			if got, want := before.Matching(nil, s), oneByOne(had, s); !slices.Equal(got, want) {
				t.Fatalf("the set that was changed finds %v of %v", got, want)
			}
			if got, want := set.Matching(nil, s), oneByOne(list, s); !slices.Equal(got, want) {
				t.Fatalf("found %v of %v\n%+v", got, want, *s)
			}
			if got, want := set.Candidates(nil, s), env.NewSet(list).Candidates(nil, s); !slices.Equal(got, want) {
				t.Fatalf("candidates are %v, of a new set %v\n%+v", got, want, *s)
			}
		}
		if set.Len() != len(list) {
			t.Fatalf("%d conditions, not %d", set.Len(), len(list))
		}
		for i, c := range list {
			if set.At(i) != c {
				t.Fatalf("at %d stands %s, not %s", i, set.At(i).Source(), c.Source())
			}
		}
	})
}

// Sets are read while others are made from them.
func TestReadersDontHearOfChanges(t *testing.T) {
	t.Parallel()
	env := environment(t)
	compile := func(queue int) conditionOf {
		c, err := env.Compile(fmt.Sprintf(`ticket.queue == "q%d" and "vip" in ticket.tags`, queue))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var list []conditionOf
	for i := range 200 {
		list = append(list, compile(i%3))
	}
	set, s := env.NewSet(list), &subject{queue: "q1", tags: []string{"vip"}, now: now}
	want := oneByOne(list, s)
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for range 200 {
				if got := set.Matching(nil, s); !slices.Equal(got, want) {
					t.Errorf("found %v", got)
				}
			}
		})
	}
	next := set
	for i := range 200 {
		next = next.With(i, compile(1)).Replaced(i+1, compile(2)).Without(0)
	}
	readers.Wait()
	if next.Len() != 200 {
		t.Errorf("%d conditions", next.Len())
	}
}
