package flow

import "time"

// The limits of a flow.
const (
	MaxSteps     = 500
	MaxID        = 60    // bytes of a step's id, an answer's name or another id
	MaxText      = 5000  // characters of a text in one language
	MaxLanguages = 50    // of a text
	MaxChoices   = 10    // to pick from, as of a message
	MaxChoice    = 100   // characters
	MaxCases     = 50    // of a branch
	MaxSet       = 50    // fields, and tags, of one step
	MaxCondition = 5000  // bytes
	MaxBody      = 10000 // bytes of what a call sends, as it is written
	MaxRetries   = 10
)

// Use is what a flow is for.
type Use string

// The uses. A feedback flow runs after a resolution, and what is said to it reopens
// nothing but by its reopen step.
const (
	Conversation Use = "" // of an open ticket
	Feedback     Use = "feedback"
)

// Flow is a graph of steps. It begins with the first.
type Flow struct {
	Use Use `json:"use,omitempty"`
	// Language is the one in which every text has to be there: who reads none of a text's
	// languages gets it. "" is en. BCP 47.
	Language string `json:"language,omitempty"`
	// Patience is how long the end user may leave something unanswered before the flow
	// hands off; 0 is DefaultPatience.
	Patience Duration `json:"patience,omitempty"`
	// Fallback is where the guards hand off to: too many steps, no answer, an error in a
	// step, a wish to talk to a person. nil is the default queue. A feedback flow just ends
	// where a guard stops it, and reopens for who wants to talk to a person.
	Fallback *HandOff `json:"fallback,omitempty"`
	Steps    []Step   `json:"steps"`
}

// DefaultPatience is how long an answer is waited for.
const DefaultPatience = Duration(24 * time.Hour)

// Text is what is said, by language. The key "" is that of a text for everybody. It may
// have placeholders: {{ticket.number}}, {{user.name | there}}, {{answer.order}},
// {{response.order_status}}.
type Text map[string]string

// Step is one of a flow. It does one thing: exactly one of the fields below Next is set.
type Step struct {
	// ID is one to MaxID of a-z, 0-9 and _, a letter first, and the step's alone.
	ID string `json:"id"`
	// Next is the step after it; "" is the one that stands below it, and below the last
	// one the flow ends.
	Next string `json:"next,omitempty"`

	Say     *Say     `json:"say,omitempty"`
	Ask     *Ask     `json:"ask,omitempty"`
	Set     *Set     `json:"set,omitempty"`
	Branch  *Branch  `json:"branch,omitempty"`
	Suggest *Suggest `json:"suggest,omitempty"`
	// Answer answers in words, by what the host has for that, from the articles that a
	// suggestion would show, which stand below as its sources. Where the host has nothing
	// for that it suggests the articles. An answer that isn't sure enough, comes too late or
	// fails leads to None.
	Answer  *Suggest `json:"answer,omitempty"`
	Call    *Call    `json:"call,omitempty"`
	Run     *Run     `json:"run,omitempty"`
	HandOff *HandOff `json:"hand_off,omitempty"`
	Resolve *Resolve `json:"resolve,omitempty"`
	Confirm *Confirm `json:"confirm,omitempty"`
	Reopen  *Reopen  `json:"reopen,omitempty"`
	End     *End     `json:"end,omitempty"`
}

// Say says something.
type Say struct {
	Text Text `json:"text"`
}

// Kind is what an answer has to be.
type Kind string

// The kinds of answers.
const (
	TextAnswer Kind = "text" // at most MaxText characters
	Email      Kind = "email"
	Number     Kind = "number"
	Date       Kind = "date" // YYYY-MM-DD
	Choice     Kind = "choice"
	YesNo      Kind = "yes_no"
	Attachment Kind = "attachment" // at least one file
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{TextAnswer, Email, Number, Date, Choice, YesNo, Attachment}
}

// Ask asks something, and goes on when it has an answer that will do.
type Ask struct {
	Text Text `json:"text"`
	As   Kind `json:"as"`
	// Into names the answer, for placeholders and conditions as answer.NAME; "" keeps it
	// with the step's id.
	Into string `json:"into,omitempty"`
	// Choices are picked from, or written. A choice's next goes before the step's.
	Choices []Option `json:"choices,omitempty"`
	// Yes and No are where these answers lead; "" is the step's next.
	Yes string `json:"yes,omitempty"`
	No  string `json:"no,omitempty"`
	// Matches is a regular expression of Go that a text has to match.
	Matches string `json:"matches,omitempty"`
	// Min and Max bound a number, and a date, which is written in quotes.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// Skip, if it has a text, is a choice not to answer.
	Skip     Text   `json:"skip,omitempty"`
	SkipNext string `json:"skip_next,omitempty"`
	// Invalid is said to an answer that won't do; none has one in the end user's language.
	Invalid Text `json:"invalid,omitempty"`
	// Personal: it asks for something personal, as a name. Like an email address and files,
	// this isn't asked of who is under full privacy, but counts as skipped.
	Personal bool `json:"personal,omitempty"`
	// Retries is how often it asks again, 0 being DefaultRetries; then it goes to Failed,
	// or hands off where that is "".
	Retries int    `json:"retries,omitempty"`
	Failed  string `json:"failed,omitempty"`
}

// DefaultRetries is how often something is asked again.
const DefaultRetries = 2

// Option is an answer to pick.
type Option struct {
	// ID is what the answer's value is, whatever the language.
	ID   string `json:"id"`
	Text Text   `json:"text"`
	Next string `json:"next,omitempty"`
}

// Set changes the ticket. Values may have placeholders; a value that comes out empty, as
// one with an answer that was skipped does, clears a field, and leaves the rest alone.
type Set struct {
	Fields     map[string]string `json:"fields,omitempty"` // by key
	AddTags    []string          `json:"add_tags,omitempty"`
	RemoveTags []string          `json:"remove_tags,omitempty"`
	Label      string            `json:"label,omitempty"`
	Priority   string            `json:"priority,omitempty"` // low, normal, high, urgent
	Title      string            `json:"title,omitempty"`
	// Name and Email are those that the end user gives: claims, until they are proven.
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	// Score, 1 to 5, and Comment rate the resolution, in feedback flows. A comment needs a
	// score beside it.
	Score   string `json:"score,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Branch goes where the first condition that is true leads, otherwise to Next.
type Branch struct {
	Cases []Case `json:"cases"`
}

// finds is what a step does that looks for articles, nil if it does something else.
func (s *Step) finds() *Suggest {
	if s.Answer != nil {
		return s.Answer
	}
	return s.Suggest
}

// Case is one way of a branch.
type Case struct {
	When string `json:"when"` // a condition over ticket, field, user, answer and response
	Next string `json:"next"`
}

// Suggest shows articles that may answer, and asks whether they helped. Where none fits
// well enough it goes to None.
type Suggest struct {
	// Query is what is looked for; "" is what the end user wrote last.
	Query string `json:"query,omitempty"`
	// Limit is how many articles are shown, 1 to 5; 0 is 3.
	Limit int `json:"limit,omitempty"`
	// Confidence that the first has to have, from 0 to 1; 0 is DefaultConfidence.
	Confidence float64 `json:"confidence,omitempty"`
	Text       Text    `json:"text,omitempty"`     // said above them
	Question   Text    `json:"question,omitempty"` // whether they helped; none has one in the end user's language
	Helped     string  `json:"helped,omitempty"`   // "" is the step's next
	Unhelpful  string  `json:"unhelpful,omitempty"`
	None       string  `json:"none,omitempty"`
}

// DefaultConfidence is how likely an article has to answer.
const DefaultConfidence = 0.5

// Call asks another system over HTTP. What it answers, JSON of at most 100 KB within 5
// seconds, is response.NAME for what comes after.
type Call struct {
	Method  string            `json:"method,omitempty"` // GET, POST or PUT; "" is GET
	URL     string            `json:"url"`              // placeholders are escaped, and never the host
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`   // JSON, in which placeholders stand within quotes
	Into    string            `json:"into,omitempty"`   // "" is the step's id
	Failed  string            `json:"failed,omitempty"` // "" hands off
}

// Run calls a function of the host.
type Run struct {
	Function string            `json:"function"`
	With     map[string]string `json:"with,omitempty"`   // arguments, with placeholders
	Into     string            `json:"into,omitempty"`   // "" is the step's id
	Failed   string            `json:"failed,omitempty"` // "" hands off
}

// HandOff gives the ticket to a queue, a group, an agent or another bot, of which one at
// most is set; none is the default queue. The flow is over.
type HandOff struct {
	Text  Text   `json:"text,omitempty"` // said first
	Queue string `json:"queue,omitempty"`
	Group string `json:"group,omitempty"`
	Agent string `json:"agent,omitempty"`
	Bot   string `json:"bot,omitempty"`
}

// Resolve resolves the ticket. The flow is over.
type Resolve struct {
	Text Text `json:"text,omitempty"` // said first
}

// Confirm asks whether the matter is solved.
type Confirm struct {
	Text    Text     `json:"text,omitempty"`    // none has one in the end user's language
	Expires Duration `json:"expires,omitempty"` // 0 is the flow's patience
	Yes     string   `json:"yes,omitempty"`     // "" resolves the ticket, and the flow is over
	No      string   `json:"no,omitempty"`      // "" hands off
	Expired string   `json:"expired,omitempty"` // "" hands off
}

// Reopen opens the ticket that a feedback flow is about, and hands it off; where it names
// no place, to whom the app's policy gives what end users reopen.
type Reopen struct {
	HandOff
}

// End ends the flow. In a conversation the ticket is handed off, unless it is closed: no
// end user is left alone.
type End struct {
	Text Text `json:"text,omitempty"`
}
