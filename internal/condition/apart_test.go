package condition

import "testing"

// What lies elsewhere is asked only where all else holds.
func TestApart(t *testing.T) {
	type thing struct{ own, other string }
	asked := 0
	env, err := NewEnv(
		Var[thing]{Name: "own", Text: func(x thing) string { return x.own }},
		Var[thing]{Name: "other", Apart: true, Text: func(x thing) string { asked++; return x.other }},
	)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Condition[thing]
	for _, source := range []string{`own == "a" and other == "x"`, `other == "x"`, `other == "x" and other == "y"`} {
		c, err := env.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if needs, whole := all[0].Needs(); len(needs) != 1 || needs[0].Name != "own" || whole {
		t.Errorf("needs %+v, whole %v", needs, whole)
	}
	set := env.NewSet(all)
	if got := set.Candidates(nil, thing{"b", "x"}); len(got) == 0 || got[0] != 1 || asked != 0 {
		t.Errorf("candidates %v, asked %d times", got, asked)
	}
	if got := set.Matching(nil, thing{"a", "x"}); len(got) != 2 || got[0] != 0 || got[1] != 1 {
		t.Errorf("matching %v", got)
	}
}
