package faq

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MaxAnswers is how many answers are kept of an article; older ones go.
const MaxAnswers = 500

// Source is how it became known that an article answers a query.
type Source string

// The sources, the surest first.
const (
	SentByAgent Source = "sent"    // an agent sent it, and the ticket was resolved
	SaidHelpful Source = "helpful" // the reader said so
	Opened      Source = "opened"  // he opened it after the search, and went away content
)

// Answer is a query, in the words of who asked, with the article that answered it.
// Searches learn from it.
type Answer struct {
	ID       string    `json:"id"` // UUIDv7
	Article  string    `json:"article"`
	App      string    `json:"app"`
	Language string    `json:"language,omitempty"` // of the translation that he read
	Text     string    `json:"text"`               // at most 1,000 characters
	By       Source    `json:"by"`
	EndUser  string    `json:"end_user,omitempty"` // whose words they are; "": nobody's who is known
	Time     time.Time `json:"time"`
	Rev      store.Rev `json:"-"`
}

var answers = &store.Collection[Answer]{
	Name: "article_answer",
	Key:  func(a *Answer) string { return a.ID },
	Rev:  func(a *Answer) *store.Rev { return &a.Rev },
	Columns: []store.Column[Answer]{
		{Name: "article", Kind: store.Text, Of: func(a *Answer) any { return a.Article }},
		{Name: "end_user", Kind: store.Text, Of: func(a *Answer) any { return a.EndUser }},
		{Name: "time", Kind: store.Time, Of: func(a *Answer) any { return a.Time }},
	},
	Indexes: []store.Index{
		{Name: "article", On: []string{"article", "time"}},
		{Name: "end_user", On: []string{"end_user"}},
	},
	Fresh: true,
	Subjects: func(a *Answer) []string {
		if a.EndUser == "" {
			return nil
		}
		return []string{a.EndUser}
	},
	Erase: func(*Answer, string) bool { return false },
	Found: []store.Way{store.InIndex("end_user")},
}

const answerSubject = "article_answer:"

// Remember keeps that an article has answered a query; it fills in id, app and, where
// there is none, time. It needs the permission EditFAQs. A bad value is a
// *store.FieldError; an article that there isn't, and an end user who was erased, is
// store.ErrNotFound.
func (s *Service) Remember(ctx context.Context, actor event.Actor, a *Answer) error {
	a.Text = strings.TrimSpace(store.CleanText(a.Text))
	switch {
	case a.Rev != 0:
		return &store.FieldError{Field: "answer", Reason: "is kept already, and can't change"}
	case a.Text == "":
		return &store.FieldError{Field: "answer.text", Reason: "is missing"}
	case utf8.RuneCountInString(a.Text) > MaxSearchText:
		return store.TooLong("answer.text", MaxSearchText)
	case !slices.Contains([]Source{SentByAgent, SaidHelpful, Opened}, a.By):
		return &store.FieldError{Field: "answer.by", Reason: "is sent, helpful or opened"}
	}
	if a.Language != "" {
		tag, err := canonical("answer.language", a.Language)
		if err != nil {
			return err
		}
		a.Language = tag
	}
	return s.configure(ctx, actor, subject(a.Article), func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		of, err := articles.Lock(ctx, tx, a.Article, store.Share)
		if err != nil {
			return nil, err
		}
		a.App = of.App
		return s.remember(ctx, tx, actor, a)
	})
}

// remember stores an answer, and drops the oldest one of its article above the limit.
func (s *Service) remember(ctx context.Context, tx *store.Tx, actor event.Actor, a *Answer) (*event.Event, error) {
	if a.EndUser != "" {
		if err := s.people.Unerased(ctx, tx, a.EndUser); err != nil {
			return nil, err
		}
	}
	n, err := answers.Count(ctx, tx, store.By("article", a.Article).Limit(MaxAnswers))
	if err != nil {
		return nil, err
	}
	if n >= MaxAnswers {
		for old, err := range answers.Scan(ctx, tx, store.By("article", a.Article).Limit(1)) {
			if err == nil {
				err = answers.Delete(ctx, tx, old)
			}
			if err == nil {
				err = s.tellForgotten(ctx, tx, old)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	a.ID = s.events.IDs().New()
	if a.Time.IsZero() {
		a.Time = s.now()
	}
	if err := answers.Put(ctx, tx, a); err != nil {
		return nil, err
	}
	e, err := record(Answered, answerSubject+a.ID, a.Rev, actor, Facts{Article: a.Article, App: a.App, Language: a.Language, Answer: a.ID, By: a.By})
	if err == nil {
		e.Owner = a.EndUser
	}
	return e, err
}

// rememberQuery remembers that a reader found an article helpful that he had searched
// for. A query that isn't his, or not kept any more, is passed over.
func (s *Service) rememberQuery(ctx context.Context, tx *store.Tx, actor event.Actor, reader, search string, a *Article, t *Translation) error {
	q, err := queries.Get(ctx, tx, search)
	if missing(err) || err == nil && (q.Reader != reader || q.App != a.App) {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := s.remember(ctx, tx, actor, &Answer{Article: a.ID, App: a.App, Language: t.Language, Text: q.Text, By: SaidHelpful, EndUser: ownerOf(reader)})
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, e)
}

// Forget drops an answer, and has searches forget its text. It needs the permission
// EditFAQs. One that there isn't, or not any more, is store.ErrNotFound.
func (s *Service) Forget(ctx context.Context, actor event.Actor, id string) error {
	return s.configure(ctx, actor, answerSubject+id, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		a, err := answers.Lock(ctx, tx, id, store.ForUpdate)
		if err == nil {
			err = answers.Delete(ctx, tx, a)
		}
		if err != nil {
			return nil, err
		}
		return forgotten(a, actor)
	})
}

// tellForgotten records that an answer is gone, for no reason that anybody gave.
func (s *Service) tellForgotten(ctx context.Context, tx *store.Tx, a *Answer) error {
	e, err := forgotten(a, event.Actor{Kind: event.System})
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, e)
}

// forgotten tells that an answer is gone. It was written once, so that what follows is its
// second revision.
func forgotten(a *Answer, by event.Actor) (*event.Event, error) {
	return record(Forgotten, answerSubject+a.ID, 2, by, Facts{Article: a.Article, App: a.App, Answer: a.ID})
}

// Answers returns at most limit answers in the order of their ids, and no more than 200,
// and the cursor of the next page: for what learns from them. It needs the permission
// EditFAQs.
func (s *Service) Answers(ctx context.Context, actor event.Actor, after string, limit int) (all []*Answer, next string, err error) {
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		all, next, err = answers.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return all, next, err
}

// Answer returns the answer with this id, or store.ErrNotFound. It needs the permission
// EditFAQs.
func (s *Service) Answer(ctx context.Context, actor event.Actor, id string) (a *Answer, err error) {
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		a, err = answers.Get(ctx, tx, id)
		return err
	})
	return a, err
}
