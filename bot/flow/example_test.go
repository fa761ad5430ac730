package flow_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/bot/flow"
)

func Example() {
	f, err := flow.Parse([]byte(`
steps:
  - id: topic
    ask:
      text: What is it about?
      as: choice
      choices:
        - {id: order, text: An order, next: number}
        - {id: other, text: Something else, next: person}
  - id: number
    ask: {text: "Which order?", as: number}
  - id: sorted
    say: {text: "I see to order {{answer.number}}."}
  - id: solved
    confirm: {no: person}
  - id: person
    hand_off: {queue: orders}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := flow.Simulate(context.Background(), f, flow.Script{Turns: flow.Says("An order", "it's 12", "12", "no")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(t)
	// Output:
	// What is it about? [An order | Something else]
	// > An order
	// Which order?
	// > it's 12
	// I need a number here.
	// > 12
	// I see to order 12.
	// Is this solved? [Yes | No]
	// > no
	// [hand off to queue orders]
}

func ExampleFlow_Check() {
	f, err := flow.Parse([]byte(`{"steps": [
		{"id": "hi", "say": {"text": {"en": "Hi {{answer.name}}"}}, "next": "topic"},
		{"id": "bye", "end": {}}
	]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range f.Check(nil) {
		fmt.Println(p)
	}
	// Output:
	// step hi: say.text: no step asks for answer.name
	// step hi: next: there is no step "topic"
}

func ExampleIdentity() {
	f := flow.Identity()
	f.Steps[len(f.Steps)-1].HandOff.Bot = "search" // another bot goes on
	t, err := flow.Simulate(context.Background(), f, flow.Script{Languages: []string{"de"}, Turns: flow.Says("Eve", "eve@example.com")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(t)
	// Output:
	// Wie heißen Sie? [Möchte ich nicht angeben]
	// > Eve
	// [set name=Eve]
	// Unter welcher E-Mail-Adresse erreichen wir Sie? [Möchte ich nicht angeben]
	// > eve@example.com
	// [set email=eve@example.com]
	// Vielen Dank. Es ist gleich jemand für Sie da.
	// [hand off to bot search]
}
