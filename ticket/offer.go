package ticket

import (
	"time"
)

// Stay is a ticket's time in its queue.
type Stay struct {
	Entered time.Time `json:"entered"` // when it came into the queue
	// Escalated are the queues to which it was escalated in the wait that began at
	// Wait: to each of them once.
	Wait      time.Time `json:"wait,omitzero"`
	Escalated []string  `json:"escalated,omitempty"`
}

// Offer is a ticket's offer to an agent. Until he has said whether he takes it, or the
// time is over, nobody else is given it.
type Offer struct {
	Agent string    `json:"agent,omitempty"` // id; "": it is offered to nobody just now
	Until time.Time `json:"until,omitzero"`
	// Declined are agents who didn't take it, and until when they aren't asked again.
	Declined []Declined `json:"declined,omitempty"`
}

// Declined is an agent who didn't take what he was offered.
type Declined struct {
	Agent string    `json:"agent"`
	Until time.Time `json:"until"`
}
