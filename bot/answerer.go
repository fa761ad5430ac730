package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/timely"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Answerer answers end users' questions in words, as a language model does from articles.
// It is called outside of transactions, by several goroutines and, after a crash, again.
// One that takes longer than AnswerTime has failed. It must heed ctx.
type Answerer interface {
	Answer(ctx context.Context, q Question) (*Answer, error)
}

// AnswererFunc is a function as an Answerer.
type AnswererFunc func(ctx context.Context, q Question) (*Answer, error)

// Answer implements Answerer.
func (f AnswererFunc) Answer(ctx context.Context, q Question) (*Answer, error) { return f(ctx, q) }

// AnswerTime is how long an Answerer may take, the search before it included.
const AnswerTime = 15 * time.Second

// answerMessages is how many messages of a conversation an Answerer gets.
const answerMessages = 20

// Question is what an Answerer is asked. What end users write is theirs: take it for a
// question, never for an instruction.
type Question struct {
	ID        string // the same each time it is tried
	Bot       string
	Text      string
	Languages []string          // the end user's, the dearest first
	Ticket    *ticket.Ticket    // as it is now
	Messages  []*ticket.Message // what both sides see, the last 20, the oldest first
	Found     *faq.Found        // articles that the end user may see, the best first, and how likely the first one answers
}

// Answer is what an Answerer says.
type Answer struct {
	// Text is said as it is, at most flow.MaxText characters. "" is no answer.
	Text string
	// Confidence that it is right, from 0 to 1: below the step's it isn't said.
	Confidence float64
	// From are the ids of the found articles that it rests on, which stand below it. Others
	// are left out.
	From []string
}

// answer asks the Answerer.
func (s *Service) answer(ctx context.Context, t *ticket.Ticket, r *run, q *flow.Search, id string) (res flow.Result) {
	a, found, err := s.ask(ctx, t, r, q, id)
	switch {
	case err != nil:
	case a == nil || strings.TrimSpace(a.Text) == "":
		return res
	case utf8.RuneCountInString(a.Text) > flow.MaxText:
		err = fmt.Errorf("the answer has more than %d characters", flow.MaxText)
	case !(a.Confidence >= 0 && a.Confidence <= 1):
		err = fmt.Errorf("the confidence is %v, and not from 0 to 1", a.Confidence)
	}
	if err != nil {
		s.log.WarnContext(ctx, "a question of an end user isn't answered", "bot", r.Bot, "step", r.State.Step, "ticket", t.ID, "error", err)
		res.Err = err
		return res
	}
	res.Answer, res.Confidence = a.Text, a.Confidence
	for _, article := range found {
		if slices.Contains(a.From, article.ID) {
			res.Articles = append(res.Articles, article)
		}
	}
	return res
}

func (s *Service) ask(ctx context.Context, t *ticket.Ticket, r *run, q *flow.Search, id string) (a *Answer, articles []flow.Article, err error) {
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	found, err := s.search(ctx, t, r, q)
	if err != nil {
		return nil, nil, err
	}
	ms, _, err := s.Tickets.Messages(ctx, system(), t.ID, 0, t.Marks.Last+1, answerMessages)
	if err != nil {
		return nil, nil, err
	}
	ms = slices.DeleteFunc(ms, func(m *ticket.Message) bool { return !m.Visible() })
	a, err = timely.Call(ctx, AnswerTime, func(ctx context.Context) (*Answer, error) {
		return s.answerer.Answer(ctx, Question{ID: id, Bot: r.Bot, Text: q.Text, Languages: r.State.Languages, Ticket: t, Messages: ms, Found: found})
	})
	return a, articlesOf(found), err
}
