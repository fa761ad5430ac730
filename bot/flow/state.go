package flow

import "maps"

// MaxExecuted is how many steps a flow takes with one ticket before it hands off.
const MaxExecuted = 100

// Wait is what a flow waits for.
type Wait string

// What is waited for.
const (
	Nothing   Wait = ""        // it hasn't begun
	ForAnswer Wait = "answer"  // of the end user
	ForResult Wait = "outside" // of what is asked outside of the desk: State.Errand
	Over      Wait = "over"
)

// State is where a flow is with a ticket, and all that has to be kept of it.
type State struct {
	Step     string `json:"step,omitempty"`
	Waits    Wait   `json:"waits,omitempty"`
	Executed int    `json:"executed,omitempty"` // steps
	Tries    int    `json:"tries,omitempty"`    // answers to this step that wouldn't do
	// Languages are the end user's, the dearest first.
	Languages []string `json:"languages,omitempty"`
	// Written is what the end user wrote last.
	Written string            `json:"written,omitempty"`
	Answers map[string]Answer `json:"answers,omitempty"` // by name
	// Responses are what calls and functions gave, by NAME_path_to_value.
	Responses map[string]string `json:"responses,omitempty"`
	Errand    *Errand           `json:"errand,omitempty"`
	// Why says what a guard stopped it for; "" is its own end.
	Why Guard `json:"why,omitempty"`
	// Took are the steps that the last Advance has taken, for figures; it isn't kept.
	Took []string `json:"-"`
}

// Answer is what the end user said to a question.
type Answer struct {
	// Value is it in one form for all languages: the id of a choice, yes or no, a number
	// with a point, a date as YYYY-MM-DD. "" where he skipped it.
	Value string   `json:"value,omitempty"`
	Files []string `json:"files,omitempty"` // ids of attachments
}

// clone is a state that shares nothing with s that changes.
func (s *State) clone() State {
	c := *s
	c.Took = nil
	c.Answers, c.Responses = maps.Clone(s.Answers), maps.Clone(s.Responses)
	return c
}

// Errand is what has to be asked outside of the desk before a flow goes on. One of its
// parts is set.
type Errand struct {
	Search *Search    `json:"search,omitempty"`
	Call   *Request   `json:"call,omitempty"`
	Run    *Arguments `json:"run,omitempty"`
}

// Search looks for articles.
type Search struct {
	Text  string `json:"text"`
	Limit int    `json:"limit"`
	// Answer: an answer in words is wanted, if there is something that can give it.
	Answer bool `json:"answer,omitempty"`
}

// Request is an HTTP request whose placeholders are filled in.
type Request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// Arguments are those of a host's function.
type Arguments struct {
	Function string            `json:"function"`
	With     map[string]string `json:"with,omitempty"`
}

// Guard is why a flow was stopped.
type Guard string

// The guards.
const (
	TooManySteps Guard = "too many steps"
	NoAnswer     Guard = "no answer in time"
	StepFailed   Guard = "a step failed"
	WantsPerson  Guard = "wants to talk to a person"
	NoGoodAnswer Guard = "no answer that would do"
	FlowEnded    Guard = "the flow ended"
	NotSolved    Guard = "isn't solved"
)
