package automation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// benchSources are conditions of rules as desks have them: two or three equalities of few
// apps, platforms and languages, more labels and queues, many tags, and a comparison of a
// field. Every vague-th, if that isn't 0, asks for nothing that an index could know.
func benchSources(n, vague int) (out []string) {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	for i := range n {
		spend := fmt.Sprintf("field.spend >= %d", 50+r.IntN(1000))
		if vague > 0 && i%vague == 0 {
			out = append(out, []string{fmt.Sprintf(`ticket.title contains "word%d"`, i), fmt.Sprintf(`field.items * 2 > %d`, 5+r.IntN(20))}[i/vague%2])
			continue
		}
		parts := []string{
			fmt.Sprintf(`ticket.app == "app%d"`, r.IntN(4)), fmt.Sprintf(`ticket.platform == "platform%d"`, r.IntN(5)),
			fmt.Sprintf(`ticket.language == "lang%d"`, r.IntN(12)), fmt.Sprintf(`ticket.label == "label%d"`, r.IntN(30)),
			fmt.Sprintf(`ticket.queue == "queue%d"`, r.IntN(40)), fmt.Sprintf(`"tag%d" in ticket.tags`, r.IntN(300)),
		}
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		out = append(out, strings.Join(append(parts[:2+r.IntN(2)], spend), " and "))
	}
	return out
}

func benchSubject() *subject {
	t := &ticket.Ticket{ID: "t", App: "app1", Platform: "platform2", Language: "lang3", Label: &ticket.Label{Name: "label4"}, Queue: "queue5", Title: "Where is my parcel?", Status: ticket.StatusNew,
		Tags: []string{"tag6", "tag7", "tag8"}}
	t.Fields = []ticket.Value{{Key: "items", Type: ticket.Number, Number: 5}, {Key: "spend", Type: ticket.Number, Number: 600}}
	return &subject{t: t, past: &ticket.Ticket{}, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
}

// BenchmarkTicket is what a ticket costs against many rules: by the index, one by one as
// the closures of the rules, and one by one in expr's machine over a struct.
func BenchmarkTicket(b *testing.B) {
	env, err := newEnv([]*ticket.Field{{Key: "spend", Type: ticket.Number}, {Key: "items", Type: ticket.Number}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []struct {
		name     string
		n, vague int
	}{{"10", 10, 0}, {"100", 100, 0}, {"1000", 1_000, 0}, {"1000Vague", 1_000, 10}, {"10000", 10_000, 0}} {
		var cs []*condition.Condition[*subject]
		sources := benchSources(size.n, size.vague)
		for _, source := range sources {
			c, err := env.Compile(source)
			if err != nil {
				b.Fatal(err)
			}
			cs = append(cs, c)
		}
		set, x := env.NewSet(cs), benchSubject()
		b.Run(size.name, func(b *testing.B) {
			var buf []int
			b.ReportAllocs()
			for b.Loop() {
				buf = set.Matching(buf[:0], x)
			}
			b.ReportMetric(float64(len(buf)), "matches")
		})
		b.Run(size.name+"/OneByOne", func(b *testing.B) {
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n = 0
				for _, c := range cs {
					if c.Match(x) {
						n++
					}
				}
			}
			b.ReportMetric(float64(n), "matches")
		})
		b.Run(size.name+"/RawMachine", func(b *testing.B) { benchMachine(b, sources) })
	}
}

// machineTicket is the ticket as a struct, of which expr's machine finds fields fastest.
type machineTicket struct {
	Ticket struct {
		App      string   `expr:"app"`
		Platform string   `expr:"platform"`
		Language string   `expr:"language"`
		Label    string   `expr:"label"`
		Queue    string   `expr:"queue"`
		Title    string   `expr:"title"`
		Tags     []string `expr:"tags"`
	} `expr:"ticket"`
	Field struct {
		Spend float64 `expr:"spend"`
		Items float64 `expr:"items"`
	} `expr:"field"`
}

func benchMachine(b *testing.B, sources []string) {
	x, m := benchSubject().t, &machineTicket{}
	m.Ticket.App, m.Ticket.Platform, m.Ticket.Language, m.Ticket.Label, m.Ticket.Queue, m.Ticket.Tags = x.App, x.Platform, x.Language, x.Label.Name, x.Queue, x.Tags
	m.Ticket.Title, m.Field.Items, m.Field.Spend = x.Title, 5, 600
	var ps []*vm.Program
	for _, source := range sources {
		p, err := expr.Compile(source, expr.Env(m), expr.AsBool(), expr.Optimize(true))
		if err != nil {
			b.Fatal(err)
		}
		ps = append(ps, p)
	}
	machine, n := vm.VM{}, 0
	b.ReportAllocs()
	for b.Loop() {
		n = 0
		for _, p := range ps {
			on, err := machine.Run(p, m)
			if err != nil {
				b.Fatal(err)
			}
			if on == true {
				n++
			}
		}
	}
	b.ReportMetric(float64(n), "matches")
}
