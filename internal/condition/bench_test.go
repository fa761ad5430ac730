package condition_test

import (
	"fmt"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// rules are as desks have them: most are about one queue, tag or status.
func rules(n int) (sources []string) {
	for i := range n {
		switch i % 4 {
		case 0:
			sources = append(sources, fmt.Sprintf(`ticket.status == "waiting" and ticket.queue == "queue%d" and "vip" in ticket.tags`, i))
		case 1:
			sources = append(sources, fmt.Sprintf(`"tag%d" in ticket.tags and field.spend >= 100`, i))
		case 2:
			sources = append(sources, fmt.Sprintf(`ticket.queue in ["queue%d", "queue%d"] and ticket.priority == "urgent"`, i, i+1))
		default:
			sources = append(sources, fmt.Sprintf(`ticket.assignee == "agent%d" and ticket.open`, i))
		}
	}
	return sources
}

func benchSubject() *subject {
	spend := 120.0
	return &subject{
		status: "waiting", queue: "queue4", assignee: "agent7", priority: "urgent", title: "Where is my parcel?",
		tags: []string{"tag9", "vip"}, spend: &spend, open: true, created: now.AddDate(0, 0, -2), now: now,
	}
}

func compileAll(b *testing.B, n int) (*condition.Env[*subject], []*condition.Condition[*subject]) {
	b.Helper()
	env := environment(b)
	var cs []*condition.Condition[*subject]
	for _, s := range rules(n) {
		c, err := env.Compile(s)
		if err != nil {
			b.Fatal(err)
		}
		cs = append(cs, c)
	}
	return env, cs
}

func benchmarkSet(b *testing.B, n int) {
	env, cs := compileAll(b, n)
	set, s := env.NewSet(cs), benchSubject()
	var buf []int
	b.ReportAllocs()
	for b.Loop() {
		buf = set.Matching(buf[:0], s)
	}
	if len(buf) != 3 {
		b.Fatalf("%d match", len(buf))
	}
}

func BenchmarkSet1000(b *testing.B)  { benchmarkSet(b, 1_000) }
func BenchmarkSet10000(b *testing.B) { benchmarkSet(b, 10_000) }

func BenchmarkOneByOne1000(b *testing.B) {
	_, cs := compileAll(b, 1_000)
	s, n := benchSubject(), 0
	b.ReportAllocs()
	for b.Loop() {
		n = 0
		for _, c := range cs {
			if c.Match(s) {
				n++
			}
		}
	}
	if n != 3 {
		b.Fatalf("%d match", n)
	}
}

func machines(b *testing.B, sources []string) (ps []*vm.Program) {
	b.Helper()
	for _, source := range sources {
		p, err := expr.Compile(source, expr.AsBool(), expr.DisableBuiltin("now"))
		if err != nil {
			b.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

// BenchmarkSet1000Raw is expr's own machine over the same conditions.
func BenchmarkSet1000Raw(b *testing.B) {
	ps, values := machines(b, rules(1_000)), benchSubject().values()
	machine := vm.VM{}
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range ps {
			if _, err := machine.Run(p, values); err != nil {
				b.Fatal(err)
			}
		}
	}
}

const oneRule = `ticket.status == "waiting" and "vip" in ticket.tags and field.spend >= 100`

func BenchmarkMatch(b *testing.B) {
	c, err := environment(b).Compile(oneRule)
	if err != nil {
		b.Fatal(err)
	}
	s := benchSubject()
	b.ReportAllocs()
	for b.Loop() {
		if !c.Match(s) {
			b.Fatal("doesn't match")
		}
	}
}

func BenchmarkMatchRaw(b *testing.B) {
	p, values := machines(b, []string{oneRule})[0], benchSubject().values()
	machine := vm.VM{}
	b.ReportAllocs()
	for b.Loop() {
		if on, err := machine.Run(p, values); err != nil || on != true {
			b.Fatal(on, err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	env := environment(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := env.Compile(oneRule); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompileRaw(b *testing.B) {
	values := benchSubject().values()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := expr.Compile(oneRule, expr.Env(values), expr.AsBool()); err != nil {
			b.Fatal(err)
		}
	}
}
