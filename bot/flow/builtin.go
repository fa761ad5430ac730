package flow

import (
	"fmt"
	"maps"
	"time"
)

// The built-in flows are there to be used as they are, or changed first. Each call makes
// a new one, with texts in all twelve languages, which nothing else shares. Where they
// hand off, that is to the default queue.

// Identity asks for name and email, each if it isn't known, and hands off. Who is under
// full privacy is asked neither.
func Identity() *Flow {
	return &Flow{Patience: Duration(15 * time.Minute), Steps: []Step{
		{ID: "name_known", Branch: when(`user.name != ""`, "email_known")},
		{ID: "name", Ask: &Ask{Text: builtIn("identity_name"), As: TextAnswer, Matches: `^.{1,100}$`, Skip: builtIn("skip"), SkipNext: "email_known", Personal: true}},
		{ID: "keep_name", Set: &Set{Name: "{{answer.name}}"}},
		{ID: "email_known", Branch: when(`user.email != ""`, "person")},
		{ID: "email", Ask: &Ask{Text: builtIn("identity_email"), As: Email, Skip: builtIn("skip"), SkipNext: "person"}},
		{ID: "keep_email", Set: &Set{Email: "{{answer.email}}"}},
		{ID: "person", HandOff: &HandOff{Text: builtIn("identity_thanks")}},
	}}
}

// QuickSearch answers the first message with articles. If they helped it resolves the
// ticket, else it hands off.
func QuickSearch() *Flow {
	return &Flow{Patience: Duration(time.Hour), Steps: []Step{
		{ID: "articles", Suggest: &Suggest{Text: builtIn("articles"), Question: builtIn("helped"), Unhelpful: "person", None: "nothing"}},
		{ID: "solved", Resolve: &Resolve{Text: builtIn("search_solved")}},
		{ID: "person", HandOff: &HandOff{Text: builtIn("search_person")}},
		{ID: "nothing", HandOff: &HandOff{}},
	}}
}

// OutOfHours tells who writes outside of business hours when people are back, asks for an
// email address to answer to if none is known, and hands off, so that the ticket waits for
// who comes first. Within business hours it hands off at once.
func OutOfHours() *Flow {
	return &Flow{Patience: Duration(15 * time.Minute), Steps: []Step{
		{ID: "open", Branch: when("time.business", "person")},
		{ID: "known", Branch: when("time.opens != nil", "until")},
		{ID: "closed", Say: &Say{Text: builtIn("hours_closed")}, Next: "email_known"},
		{ID: "until", Say: &Say{Text: builtIn("hours_until")}},
		{ID: "email_known", Branch: when(`user.email != ""`, "noted")},
		{ID: "email", Ask: &Ask{Text: builtIn("identity_email"), As: Email, Skip: builtIn("skip"), SkipNext: "noted", Failed: "noted"}},
		{ID: "keep", Set: &Set{Email: "{{answer.email}}"}},
		{ID: "noted", Say: &Say{Text: builtIn("hours_noted")}},
		{ID: "person", HandOff: &HandOff{}},
	}}
}

// CSAT is a feedback flow that asks how satisfied the end user is, from 1 to 5, and who
// isn't, why. What he says is the rating of the resolution.
func CSAT() *Flow {
	score := &Ask{Text: builtIn("csat_score"), As: Choice, Skip: builtIn("skip"), SkipNext: "end"}
	for i, id := range []string{"one", "two", "three", "four", "five"} {
		score.Choices = append(score.Choices, Option{ID: id, Text: Text{"": fmt.Sprint(i + 1)}})
	}
	return &Flow{Use: Feedback, Patience: Duration(3 * 24 * time.Hour), Steps: []Step{
		{ID: "score", Ask: score},
		{ID: "rate", Set: &Set{Score: "{{answer.score}}"}},
		{ID: "content", Branch: when(`answer.score in ["four", "five"]`, "thanks")},
		{ID: "why", Ask: &Ask{Text: builtIn("csat_why"), As: TextAnswer, Skip: builtIn("skip"), SkipNext: "thanks"}},
		{ID: "explain", Set: &Set{Score: "{{answer.score}}", Comment: "{{answer.why}}"}},
		{ID: "thanks", Say: &Say{Text: builtIn("csat_thanks")}},
		{ID: "end", End: &End{}},
	}}
}

func when(condition, next string) *Branch {
	return &Branch{Cases: []Case{{When: condition, Next: next}}}
}

// builtIn is a copy of a text, which the host may change.
func builtIn(key string) Text { return maps.Clone(ownTexts(key)) }
