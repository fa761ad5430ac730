package condition_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// Desks have few apps, platforms and languages, more labels and queues, and many tags.
// A rule as they have them asks for three or four things.
const (
	apps, platforms, languages, labelled, queued, tagged = 4, 5, 12, 30, 40, 300
)

// typical is one rule as source, and as what it asks for.
type typical struct {
	app, platform, label, language, queue, tag string
	spend, count                               float64
	asks                                       []string
	vague                                      bool
}

// typicals are rules of which each vague-th, if that isn't 0, has nothing that an
// index could use.
func typicals(n, vague int) (out []typical) {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	name := func(kind string, of int) string { return fmt.Sprintf("%s%d", kind, r.IntN(of)) }
	for i := range n {
		x := typical{
			app: name("app", apps), platform: name("platform", platforms), label: name("label", labelled), language: name("lang", languages),
			queue: name("queue", queued), tag: name("tag", tagged), spend: float64(50 + r.IntN(1000)), count: float64(r.IntN(20)),
		}
		kinds := []string{"app", "platform", "label", "language", "queue", "tag"}
		r.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		x.asks = append(kinds[:2+r.IntN(2)], []string{"spend", "count"}[r.IntN(2)])
		if vague > 0 && i%vague == 0 {
			x.vague, x.asks = true, []string{"spend", "count"}
		}
		out = append(out, x)
	}
	return out
}

func (x *typical) source() string {
	parts := map[string]string{
		"app": `ticket.app == ` + strconv.Quote(x.app), "platform": `ticket.platform == ` + strconv.Quote(x.platform),
		"label": `ticket.label == ` + strconv.Quote(x.label), "language": `ticket.language == ` + strconv.Quote(x.language),
		"queue": `ticket.queue == ` + strconv.Quote(x.queue), "tag": strconv.Quote(x.tag) + ` in ticket.tags`,
		"spend": fmt.Sprintf(`field.spend >= %v`, x.spend), "count": fmt.Sprintf(`field.count < %v`, x.count),
	}
	var all []string
	for _, a := range x.asks {
		all = append(all, parts[a])
	}
	return strings.Join(all, " and ")
}

// written is the rule as a program would have it that knows no expressions.
func (x *typical) written() func(*request) bool {
	asks := map[string]func(*request) bool{
		"app": func(r *request) bool { return r.Ticket.App == x.app }, "platform": func(r *request) bool { return r.Ticket.Platform == x.platform },
		"label": func(r *request) bool { return r.Ticket.Label == x.label }, "language": func(r *request) bool { return r.Ticket.Language == x.language },
		"queue": func(r *request) bool { return r.Ticket.Queue == x.queue }, "tag": func(r *request) bool { return slices.Contains(r.Ticket.Tags, x.tag) },
		"spend": func(r *request) bool { return r.Field.Spend >= x.spend }, "count": func(r *request) bool { return r.Field.Count < x.count },
	}
	var fs []func(*request) bool
	for _, a := range x.asks {
		fs = append(fs, asks[a])
	}
	a, b, c := fs[0], fs[1], func(*request) bool { return true }
	if len(fs) > 2 {
		c = fs[2]
	}
	if len(fs) > 3 {
		d := fs[3]
		return func(r *request) bool { return a(r) && b(r) && c(r) && d(r) }
	}
	return func(r *request) bool { return a(r) && b(r) && c(r) }
}

// request is the subject, as a struct by which expr's compiler finds fields fastest.
type request struct {
	Ticket requestTicket `expr:"ticket"`
	Field  requestField  `expr:"field"`
}

type requestTicket struct {
	App      string   `expr:"app"`
	Platform string   `expr:"platform"`
	Label    string   `expr:"label"`
	Language string   `expr:"language"`
	Queue    string   `expr:"queue"`
	Tags     []string `expr:"tags"`
}

type requestField struct {
	Spend float64 `expr:"spend"`
	Count float64 `expr:"count"`
}

func requests(b testing.TB) *condition.Env[*request] {
	b.Helper()
	text := func(name string, get func(*requestTicket) string) condition.Var[*request] {
		return condition.Var[*request]{Name: "ticket." + name, Text: func(r *request) string { return get(&r.Ticket) }}
	}
	env, err := condition.NewEnv(
		text("app", func(t *requestTicket) string { return t.App }),
		text("platform", func(t *requestTicket) string { return t.Platform }),
		text("label", func(t *requestTicket) string { return t.Label }),
		text("language", func(t *requestTicket) string { return t.Language }),
		text("queue", func(t *requestTicket) string { return t.Queue }),
		condition.Var[*request]{Name: "ticket.tags", Texts: func(r *request) []string { return r.Ticket.Tags }},
		condition.Var[*request]{Name: "field.spend", Number: func(r *request) (float64, bool) { return r.Field.Spend, true }},
		condition.Var[*request]{Name: "field.count", Number: func(r *request) (float64, bool) { return r.Field.Count, true }},
	)
	if err != nil {
		b.Fatal(err)
	}
	return env
}

// aRequest has three tags, and a label, a language and a queue of those that there are.
func aRequest() *request {
	return &request{
		requestTicket{"app1", "platform2", "label3", "lang4", "queue5", []string{"tag7", "tag8", "tag9"}},
		requestField{Spend: 600, Count: 5},
	}
}

func compiled(b testing.TB, env *condition.Env[*request], rules []typical) (cs []*condition.Condition[*request]) {
	b.Helper()
	for i := range rules {
		c, err := env.Compile(rules[i].source())
		if err != nil {
			b.Fatal(err)
		}
		cs = append(cs, c)
	}
	return cs
}

// BenchmarkRules is what a subject costs against many rules: by the index, one by one
// in expr's machine with a typed environment, and one by one as functions written in Go.
func BenchmarkRules(b *testing.B) {
	for _, size := range []struct {
		name     string
		n, vague int
	}{{"10", 10, 0}, {"100", 100, 0}, {"1000", 1_000, 0}, {"1000Vague", 1_000, 10}, {"10000", 10_000, 0}} {
		rules, env, r := typicals(size.n, size.vague), requests(b), aRequest()
		set := env.NewSet(compiled(b, env, rules))
		want := len(set.Matching(nil, r))
		same := func(b *testing.B, n int) {
			if n != want {
				b.Fatalf("%d match, not %d", n, want)
			}
		}
		b.Run(size.name+"/Set", func(b *testing.B) {
			var buf []int
			b.ReportAllocs()
			for b.Loop() {
				buf = set.Matching(buf[:0], r)
			}
			b.ReportMetric(float64(len(set.Candidates(nil, r))), "candidates")
			same(b, len(buf))
		})
		b.Run(size.name+"/RawMachine", func(b *testing.B) {
			ps, n := programs(b, rules), 0
			machine := vm.VM{}
			b.ReportAllocs()
			for b.Loop() {
				n = 0
				for _, p := range ps {
					on, err := machine.Run(p, r)
					if err != nil {
						b.Fatal(err)
					}
					if on == true {
						n++
					}
				}
			}
			same(b, n)
		})
		b.Run(size.name+"/RawGo", func(b *testing.B) {
			var fs []func(*request) bool
			for i := range rules {
				fs = append(fs, rules[i].written())
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n = 0
				for _, f := range fs {
					if f(r) {
						n++
					}
				}
			}
			same(b, n)
		})
	}
}

func programs(b *testing.B, rules []typical) (ps []*vm.Program) {
	b.Helper()
	for i := range rules {
		p, err := expr.Compile(rules[i].source(), expr.Env(&request{}), expr.AsBool(), expr.Optimize(true))
		if err != nil {
			b.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

// BenchmarkNewSet is the index of 1,000 rules that are compiled.
func BenchmarkNewSet(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			env := requests(b)
			cs := compiled(b, env, typicals(n, 0))
			b.ReportAllocs()
			for b.Loop() {
				env.NewSet(cs)
			}
		})
	}
}

// BenchmarkSetChange is one rule of many replaced, put in and taken out, beside the
// index of all of them.
func BenchmarkSetChange(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		env := requests(b)
		cs := compiled(b, env, typicals(n, 0))
		set := env.NewSet(cs)
		for name, change := range map[string]func(){
			"Replaced":  func() { set.Replaced(n/2, cs[7]) },
			"InAndOut":  func() { set.With(n/3, cs[7]).Without(n / 2) },
			"RawNewSet": func() { env.NewSet(cs) },
		} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					change()
				}
			})
		}
	}
}

// BenchmarkManyNames is 10,000 rules, of which each asks for two of 200 fields.
func BenchmarkManyNames(b *testing.B) {
	type form = [200]string
	var vars []condition.Var[*form]
	for i := range 200 {
		vars = append(vars, condition.Var[*form]{Name: fmt.Sprintf("field.f%d", i), Text: func(f *form) string { return f[i] }})
	}
	env, err := condition.NewEnv(vars...)
	if err != nil {
		b.Fatal(err)
	}
	var cs []*condition.Condition[*form]
	r := rand.New(rand.NewPCG(7, 7))
	for range 10_000 {
		c, err := env.Compile(fmt.Sprintf(`field.f%d == "v%d" and field.f%d == "v%d"`, r.IntN(200), r.IntN(20), r.IntN(200), r.IntN(20)))
		if err != nil {
			b.Fatal(err)
		}
		cs = append(cs, c)
	}
	set, f := env.NewSet(cs), new(form)
	for i := range f {
		f[i] = fmt.Sprintf("v%d", i%20)
	}
	var buf []int
	b.ReportAllocs()
	for b.Loop() {
		buf = set.Matching(buf[:0], f)
	}
	b.ReportMetric(float64(len(buf)), "matches")
}

func benchSubject() *subject {
	spend := 120.0
	return &subject{
		status: "waiting", queue: "queue4", assignee: "agent7", priority: "urgent", title: "Where is my parcel?",
		tags: []string{"tag9", "vip"}, spend: &spend, open: true, created: now.AddDate(0, 0, -2), now: now,
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
