package condition_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

type order struct {
	state  string
	total  float64
	placed time.Time
	marks  []string
}

func orders() *condition.Env[order] {
	env, err := condition.NewEnv(
		condition.Var[order]{Name: "order.state", Text: func(o order) string { return o.state }, Values: []string{"open", "sent"}},
		condition.Var[order]{Name: "order.total", Number: func(o order) (float64, bool) { return o.total, true }},
		condition.Var[order]{Name: "order.placed", Time: func(o order) time.Time { return o.placed }},
		condition.Var[order]{Name: "order.marks", Texts: func(o order) []string { return o.marks }},
		condition.Var[order]{Name: "now", Param: true, Time: func(order) time.Time { return time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) }},
	)
	if err != nil {
		panic(err)
	}
	return env
}

func Example() {
	late, err := orders().Compile(`order.state == "open" and now - order.placed > days(3)`)
	if err != nil {
		fmt.Println(err)
		return
	}
	placed := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	fmt.Println(late.Match(order{state: "open", placed: placed}))
	fmt.Println(late.Match(order{state: "sent", placed: placed}))
	fmt.Println(late.Match(order{state: "open"})) // not placed yet
	// Output:
	// true
	// false
	// false
}

func ExampleError() {
	_, err := orders().Compile("order.total > 5 and\norder.stat == \"open\"")
	if e, ok := errors.AsType[*condition.Error](err); ok {
		fmt.Println(e)
		fmt.Println(e.Line, e.Column, e.Allowed)
	}
	// Output:
	// line 2, column 1: there is no name order.stat; allowed: order.state, order.total
	// 2 1 [order.state order.total]
}

func ExampleCondition_Needs() {
	c, err := orders().Compile(`(order.state == "open" or order.state == "sent") and "gift" in order.marks and order.total * 2 > 10`)
	if err != nil {
		fmt.Println(err)
		return
	}
	needs, whole := c.Needs()
	for _, n := range needs {
		for _, v := range n.Values {
			fmt.Println(n.Name, v.Text)
		}
	}
	fmt.Println("nothing else:", whole)
	// Output:
	// order.state open
	// order.state sent
	// order.marks gift
	// nothing else: false
}

func ExampleEnv_NewSet() {
	env := orders()
	var all []*condition.Condition[order]
	for _, source := range []string{`order.state == "open"`, `order.state == "sent"`, `"gift" in order.marks`, `order.total > 100`} {
		c, err := env.Compile(source)
		if err != nil {
			fmt.Println(err)
			return
		}
		all = append(all, c)
	}
	set := env.NewSet(all)
	o := order{state: "sent", marks: []string{"gift"}, total: 20}
	fmt.Println("may be true:", set.Candidates(nil, o))
	fmt.Println("are true:", set.Matching(nil, o))
	// Output:
	// may be true: [1 2 3]
	// are true: [1 2]
}

func ExampleCondition_Explain() {
	c, err := orders().Compile(`order.state == "open" and (order.total > 100 or "gift" in order.marks)`)
	if err != nil {
		fmt.Println(err)
		return
	}
	whole := c.Explain(order{state: "open", total: 20})
	fmt.Println(whole.Join, whole.True)
	for _, p := range whole.Parts {
		fmt.Println(p.True, p.Source)
	}
	for _, p := range whole.Parts[1].Parts {
		fmt.Println(p.True, p.Source, p.Values[0].Set, p.Values[0].Text)
	}
	// Output:
	// and false
	// true order.state == "open"
	// false order.total > 100 or "gift" in order.marks
	// false order.total > 100 true 20
	// false "gift" in order.marks false
}
