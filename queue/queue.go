package queue

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// The limits of queues.
const (
	MaxQueues   = 500 // of a desk
	MaxName     = 255 // characters of a name
	MaxEligible = 20  // groups of a queue
	MaxNeeds    = 8   // of a queue
	MaxSkills   = 100 // of an agent
	maxID       = 100 // bytes of an id
)

// Strategy says who of several agents gets a ticket. Ties go to the one who has been
// idle longest, then by id.
type Strategy string

// The strategies.
const (
	LongestIdle Strategy = "longest_idle" // whose last work on a ticket is longest ago; the default
	LeastLoaded Strategy = "least_loaded" // who carries the smallest share of his limit
	RoundRobin  Strategy = "round_robin"  // whom the engine gave a ticket longest ago
	Weighted    Strategy = "weighted"     // in proportion to Worker.Weight
	Sticky      Strategy = "sticky"       // the end user's last agent, else longest idle
)

// Order says which of a queue's tickets comes first. Ties go to the longest wait, by
// the clock on the wall, then by id.
type Order string

// The orders.
const (
	ByPriority Order = "priority" // urgent first, none last; the default
	ByDue      Order = "due"      // by the next due moment of a service policy; those without one last
	ByWait     Order = "wait"     // the longest wait alone
)

// DefaultSticky is how long a ticket of a sticky queue waits for its last agent.
const DefaultSticky = 2 * time.Minute

// Queue is where tickets wait for a person. Its rank is its place in Service.Queues.
type Queue struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Groups   []Eligible `json:"groups,omitempty"`   // who gets its tickets, in order; none: every agent
	Calendar string     `json:"calendar,omitempty"` // id; "": the desk's, if it has one. A closed queue takes tickets, and assigns none
	// Amber and Red are waits, in business time, from which on the queue shows these
	// colours; 0: never.
	Amber    time.Duration `json:"amber,omitempty"`
	Red      time.Duration `json:"red,omitempty"`
	Escalate Escalation    `json:"escalate,omitzero"`
	Paused   bool          `json:"paused,omitempty"` // takes tickets, and assigns none
	Manual   bool          `json:"manual,omitempty"` // agents take its tickets themselves
	Strategy Strategy      `json:"strategy,omitempty"`
	Order    Order         `json:"order,omitempty"`
	// Offer is how long an agent has for accepting a ticket before it goes on to the
	// next; 0: tickets aren't offered, but given.
	Offer time.Duration `json:"offer,omitempty"`
	// Wait is how long a ticket of a Sticky queue waits for the last agent, while he is
	// available but full; 0: DefaultSticky.
	Wait time.Duration `json:"wait,omitempty"`
	// Limit is how much of this queue's tickets an agent carries at most; 0: as much as
	// his other limits allow.
	Limit float64 `json:"limit,omitempty"`
	// Needs are what a ticket asks of its agent: "language", or the key of a field. A
	// ticket in German asks for the skill language=de, one whose field product says
	// phone for product=phone. What a ticket doesn't say it doesn't ask for.
	Needs   []string  `json:"needs,omitempty"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
	Rev     store.Rev `json:"-"`
}

// Eligible is a group whose agents get a queue's tickets.
type Eligible struct {
	Group string `json:"group"`
	// After is how long a ticket waits in this queue, in its business time, before the
	// group gets it, too: 0 for primary groups, more for overflow.
	After time.Duration `json:"after,omitempty"`
}

// Escalation moves a ticket that waits for long to another queue, once per wait. The
// zero value is none.
type Escalation struct {
	After time.Duration `json:"after,omitempty"` // in this queue, of its business time
	To    string        `json:"to,omitempty"`    // queue
}

var queues = &store.Collection[Queue]{
	Name:       "queue",
	Key:        func(q *Queue) string { return q.ID },
	Rev:        func(q *Queue) *store.Rev { return &q.Rev },
	Columns:    []store.Column[Queue]{{Name: "name", Kind: store.Text, Of: func(q *Queue) any { return strings.ToLower(q.Name) }}},
	Indexes:    []store.Index{{Name: "name", On: []string{"name"}, Unique: true}},
	Impersonal: "holds settings of queues",
}

// MaxWait bounds the times of queues and settings.
const MaxWait = 366 * 24 * time.Hour

// valid cleans a queue, and says what is wrong with it as far as it alone tells.
func (q *Queue) valid() error {
	q.Name = strings.TrimSpace(q.Name)
	switch n := utf8.RuneCountInString(q.Name); {
	case n == 0:
		return &store.FieldError{Field: "queue.name", Reason: "is missing"}
	case n > MaxName:
		return store.TooLong("queue.name", MaxName)
	case len(q.ID) > maxID || strings.ContainsAny(q.ID, "/ \n"):
		return &store.FieldError{Field: "queue.id", Reason: "has at most 100 characters, without spaces and slashes", Limit: maxID}
	case len(q.Calendar) > maxID:
		return store.TooLong("queue.calendar", maxID)
	case len(q.Groups) > MaxEligible:
		return &store.FieldError{Field: "queue.groups", Reason: "at most 20 groups", Limit: MaxEligible}
	case len(q.Needs) > MaxNeeds:
		return &store.FieldError{Field: "queue.needs", Reason: "at most 8 needs", Limit: MaxNeeds}
	case !(q.Limit >= 0 && q.Limit <= MaxLimit):
		return &store.FieldError{Field: "queue.limit", Reason: "is from 0 to 1,000", Limit: MaxLimit}
	case !slices.Contains([]Strategy{"", LongestIdle, LeastLoaded, RoundRobin, Weighted, Sticky}, q.Strategy):
		return &store.FieldError{Field: "queue.strategy", Reason: "is longest_idle, least_loaded, round_robin, weighted or sticky"}
	case !slices.Contains([]Order{"", ByPriority, ByDue, ByWait}, q.Order):
		return &store.FieldError{Field: "queue.order", Reason: "is priority, due or wait"}
	case (q.Escalate.After > 0) != (q.Escalate.To != ""):
		return &store.FieldError{Field: "queue.escalate", Reason: "has a time and a queue, or neither"}
	case q.Escalate.To == q.ID && q.ID != "":
		return &store.FieldError{Field: "queue.escalate", Reason: "is to another queue"}
	case q.Amber > 0 && q.Red > 0 && q.Red < q.Amber:
		return &store.FieldError{Field: "queue.red", Reason: "comes after amber"}
	}
	for field, d := range map[string]time.Duration{"amber": q.Amber, "red": q.Red, "escalate": q.Escalate.After, "offer": q.Offer, "wait": q.Wait} {
		if d < 0 || d > MaxWait {
			return &store.FieldError{Field: "queue." + field, Reason: "is at most 366 days"}
		}
	}
	return q.validLists()
}

func (q *Queue) validLists() error {
	seen, last := map[string]bool{}, time.Duration(0)
	for _, g := range q.Groups {
		switch {
		case g.Group == "" || seen[g.Group]:
			return &store.FieldError{Field: "queue.groups", Reason: "names a group once"}
		case g.After < last || g.After > MaxWait:
			return &store.FieldError{Field: "queue.groups", Reason: "come in the order of their times, which are at most 366 days"}
		}
		seen[g.Group], last = true, g.After
	}
	for i, n := range q.Needs {
		if n == "" || len(n) > maxID || slices.Contains(q.Needs[:i], n) {
			return &store.FieldError{Field: "queue.needs", Reason: "are language or keys of fields, once each"}
		}
	}
	return nil
}
