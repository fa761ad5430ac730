// Package flow is what bots say, ask and do, step by step: written in Go, JSON or YAML,
// checked, drawn, and tried out without a desk.
//
//	f, err := flow.Parse(yaml)       // or a flow.Flow literal
//	problems := f.Check(nil)         // missing targets, loops, texts …
//	fmt.Println(f.Mermaid())         // a picture
//	t, err := flow.Simulate(f, …)    // what it says to scripted answers
//
// A flow, in YAML:
//
//	language: en
//	steps:
//	  - id: hello
//	    say: {text: "Hi {{user.name | there}}!"}
//	  - id: what
//	    ask:
//	      text: {en: "What is it about?", de: "Worum geht es?"}
//	      as: choice
//	      choices:
//	        - {id: order, text: {en: An order, de: Eine Bestellung}, next: number}
//	        - {id: other, text: {en: Something else, de: Etwas anderes}, next: person}
//	  - id: number
//	    ask: {text: "Which order?", as: text, matches: "^[0-9]{6}$"}
//	  - id: look
//	    call: {url: "https://shop.example/orders/{{answer.number}}", failed: person}
//	  - id: tell
//	    say: {text: "It is {{response.look_status}}."}
//	  - id: solved
//	    confirm: {no: person}
//	  - id: person
//	    hand_off: {queue: orders}
//
// [Schema] is its JSON Schema, for editors. [Identity], [QuickSearch], [OutOfHours] and
// [CSAT] are flows that are there already.
//
// # How it runs
//
// A [Machine] goes from step to step until it has to wait: for an answer, or for what is
// asked outside of the desk. Where it is then is a [State], which is all that has to be
// kept. What steps do is up to a [World]: package bot's is a ticket, [Simulate]'s a script.
//
// # Guards
//
// Whatever happens in a conversation, the end user isn't left alone: after [MaxExecuted] steps, when no
// answer comes in time, when a step fails that says nothing of that, and when he wants to
// talk to a person, the flow hands off to its fallback.
package flow
