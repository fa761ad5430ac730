package event

import "context"

// Cause is why something happens by itself.
type Cause struct {
	Event  string // id of the event that led to it; "" if it was none, as a time
	Depth  int    // length of the chain of causes, with this one
	Reason string // rule, model or bot step behind it
}

type because struct{}

// Because returns a context in which events are appended with this cause, if they
// don't have one of their own. A reactor whose effects may lead to others' reactions
// gives each event's depth and one more, and stops where the chain is too long.
func Because(ctx context.Context, c Cause) context.Context {
	return context.WithValue(ctx, because{}, c)
}

// because fills in the cause that the context gives.
func (e *Event) because(ctx context.Context) {
	c, ok := ctx.Value(because{}).(Cause)
	if !ok || e.Cause != "" || e.Depth != 0 {
		return
	}
	e.Cause, e.Depth = c.Event, c.Depth
	if e.Reason == "" {
		e.Reason = c.Reason
	}
}
