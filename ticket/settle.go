package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Answer is what the end user says to the question whether his ticket is solved.
type Answer string

// The answers. Reopening is up to the policy, but after Accepted, which ends the
// conversation, and after SaidNo, which reopens with his next message.
const (
	NotAsked Answer = ""
	Asked    Answer = "asked"    // no answer yet
	Accepted Answer = "accepted" // it is solved
	SaidNo   Answer = "rejected" // it isn't
	Expired  Answer = "expired"  // he said neither in time
	Void     Answer = "void"     // the conversation went on without an answer
)

// The times that a platform which sets none has.
const (
	DefaultQuestionTime = 3 * 24 * time.Hour
	DefaultSurveyTime   = 365 * 24 * time.Hour
)

// MaxComment is the length of a survey's comment in characters.
const MaxComment = 5000

// Resolution is one resolving of a ticket, and what the end user said to it.
type Resolution struct {
	Time     time.Time   `json:"time"`
	By       event.Actor `json:"by"`
	Assignee event.Actor `json:"assignee"` // at that moment
	Answer   Answer      `json:"answer,omitempty"`
	Until    time.Time   `json:"until"` // so long the question can be answered
	Survey   Survey      `json:"survey"`
	Bot      string      `json:"bot,omitempty"`  // feedback bot that talks about it now; see Ticket.FeedbackBot
	From     int64       `json:"from,omitempty"` // last message before it did
}

// Survey asks how satisfied the end user is with a resolution.
type Survey struct {
	Asked   time.Time `json:"asked"`             // zero: not asked
	Until   time.Time `json:"until"`             // so long it can be answered, and the answer changed
	Score   int       `json:"score,omitempty"`   // 1 to 5; 0: no answer
	Comment string    `json:"comment,omitempty"` // at most 5,000 characters
	Rated   time.Time `json:"rated"`
	Void    bool      `json:"void,omitempty"` // the conversation went on, or another began
}

// Open says whether the survey can be answered now, or its answer changed.
func (v *Survey) Open(now time.Time) bool {
	return !v.Asked.IsZero() && !v.Void && now.Before(v.Until)
}

// ErrNotAsked: the question or the survey isn't there to be answered, not any more,
// or not yet.
var ErrNotAsked = errors.New("there is nothing to answer")

const questionKind = "ticket.question"

// settle is what follows when a ticket gets resolved: the question whether it is,
// where the platform asks that, else the feedback bot or the survey. Who resolved it himself isn't
// asked again.
func (s *Service) settle(ctx context.Context, tx *store.Tx, c *Change) error {
	t := c.After
	t.Resolution = &Resolution{Time: c.Time, By: c.Actor, Assignee: t.Assignee}
	p, err := s.platform(ctx, tx, t)
	if p == nil || err != nil {
		return err
	}
	if !p.AskResolved || c.Actor.Kind == event.EndUser {
		return s.askFeedback(ctx, tx, c, p)
	}
	r := t.Resolution
	r.Answer, r.Until = Asked, c.Time.Add(cmp.Or(p.QuestionTime, DefaultQuestionTime))
	spec := job.Spec{ID: fmt.Sprintf("%s/%s/%d", questionKind, t.ID, c.Time.UnixMicro()), Kind: questionKind, Data: []byte(`"` + t.ID + `"`), RunAt: r.Until}
	return s.jobs.Enqueue(ctx, tx, spec)
}

// platform returns the settings of the ticket's platform, nil where they are gone.
func (s *Service) platform(ctx context.Context, tx *store.Tx, t *Ticket) (*Platform, error) {
	app, err := apps.Shared(ctx, tx, t.App)
	if err != nil {
		return nil, err
	}
	if p, err := app.Platform(t.Platform); err == nil {
		return p, nil
	}
	return nil, nil
}

// ask begins the survey of the last resolution. p may be nil.
func (t *Ticket) ask(c *Change, p *Platform) {
	lasts := time.Duration(DefaultSurveyTime)
	if p != nil && p.SurveyTime > 0 {
		lasts = p.SurveyTime
	}
	r := *t.Resolution
	r.Survey = Survey{Asked: c.Time, Until: c.Time.Add(lasts)}
	t.Resolution = &r
	c.Record(RatingAsked, &Facts{To: r.Assignee, By: r.By})
}

// unsettle closes question and survey, because the conversation goes on. What was
// answered stays.
func (t *Ticket) unsettle(c *Change) {
	if t.Resolution == nil {
		return
	}
	r := *t.Resolution
	if r.Answer == Asked {
		r.Answer = Void
	}
	r.Bot = ""
	if !r.Survey.Asked.IsZero() && !r.Survey.Void {
		if r.Survey.Score == 0 {
			c.Record(RatingVoid, &Facts{To: r.Assignee, By: r.By})
		}
		r.Survey.Void = true
	}
	t.Resolution = &r
}

// Confirm is the end user's answer to the question whether his ticket is solved.
// Accepting it ends the conversation, and asks for a rating, or has the feedback bot
// ask, where the platform does. Rejecting it leaves the ticket resolved until his next message, which
// reopens it. The same answer again changes nothing; another one, or one that
// nobody asked for, is ErrNotAsked.
func (s *Service) Confirm(ctx context.Context, actor event.Actor, id string, solved bool) (*Ticket, error) {
	answer := SaidNo
	if solved {
		answer = Accepted
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if err := s.notStaff(ctx, tx, c); err != nil {
			return err
		}
		t := c.After
		switch r := t.Resolution; {
		case t.Status == StatusResolved && r != nil && r.Answer == answer:
			return nil
		case t.Status != StatusResolved || r == nil || r.Answer != Asked || !c.Time.Before(r.Until):
			return fmt.Errorf("resolution of ticket %s: %w", id, ErrNotAsked)
		}
		t.answer(c, answer)
		if !solved {
			return nil
		}
		p, err := s.platform(ctx, tx, t)
		if p == nil || err != nil {
			return err
		}
		return s.askFeedback(ctx, tx, c, p)
	})
}

func (t *Ticket) answer(c *Change, a Answer) {
	r := *t.Resolution
	r.Answer = a
	t.Resolution = &r
	c.Record(Answered, &Facts{Answer: a, To: r.Assignee, By: r.By})
}

// expire is the timer of the question.
func (s *Service) expire(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	_, err := s.In(tx).change(ctx, event.Actor{Kind: event.System}, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if r := c.After.Resolution; r != nil && r.Answer == Asked && !r.Until.After(j.RunAt) {
			c.After.answer(c, Expired)
		}
		return nil
	})
	return unlessGone(err)
}

// AskRating asks for a rating of the last resolution now, whether the platform
// does or not: an automation's doing, say. A ticket that isn't resolved is a
// *TransitionError; one whose survey was asked already, or of which a feedback bot asks,
// stays as it is.
func (s *Service) AskRating(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		t := c.After
		if t.Status != StatusResolved || t.Resolution == nil {
			return &TransitionError{From: t.Status, To: StatusResolved, Act: "ask for a rating"}
		}
		if !t.Resolution.Survey.Asked.IsZero() || t.Resolution.Bot != "" {
			return nil
		}
		p, err := s.platform(ctx, tx, t)
		if err == nil {
			t.ask(c, p)
		}
		return err
	})
}

// Rate is the end user's rating of the last resolution, 1 to 5, with a comment of
// at most 5,000 characters. He may change it until the conversation goes on or the
// survey ends; then, and where nobody asked, it is ErrNotAsked. A feedback bot gives it
// in his name.
func (s *Service) Rate(ctx context.Context, actor event.Actor, id string, score int, comment string) (*Ticket, error) {
	comment = strings.TrimSpace(store.CleanText(comment))
	switch {
	case score < 1 || score > 5:
		return nil, &store.FieldError{Field: "score", Reason: "is from 1 to 5", Limit: 5}
	case utf8.RuneCountInString(comment) > MaxComment:
		return nil, store.TooLong("comment", MaxComment)
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if err := s.rater(ctx, tx, c); err != nil {
			return err
		}
		t := c.After
		if t.Resolution == nil || !t.Resolution.Survey.Open(c.Time) {
			return fmt.Errorf("rating of ticket %s: %w", id, ErrNotAsked)
		}
		app, err := apps.Shared(ctx, tx, t.App)
		if err != nil {
			return err
		}
		if c.scrub, err = s.masking(actor, app); err != nil {
			return err
		}
		r, comment := *t.Resolution, comment
		c.mask("comment", func(x *scrubber) { comment = x.text(comment, MaxComment) })
		if r.Survey.Score == score && r.Survey.Comment == comment {
			return nil
		}
		r.Survey.Score, r.Survey.Comment, r.Survey.Rated = score, comment, c.Time
		t.Resolution = &r
		c.Record(Rated, &Facts{Score: score, To: r.Assignee, By: r.By})
		return nil
	})
}

// notStaff refuses what only an end user, or the host in his name, can say.
func (s *Service) notStaff(ctx context.Context, tx *store.Tx, c *Change) error {
	if c.Actor.Kind == event.EndUser {
		return nil // whose ticket it is
	}
	return s.people.Authorize(ctx, tx, c.Actor, identity.Speak, identity.On{Subject: c.After.ID, Owner: c.After.EndUser})
}

// voidBefore closes the end user's unanswered surveys that are older than a new
// ticket of his in the same app.
func (s *Service) voidBefore(ctx context.Context, tx *store.Tx, fresh *Ticket) error {
	old, _, err := tickets.Page(ctx, tx, store.By("end_user", fresh.EndUser, 0).Desc().Limit(voidPage))
	if err != nil {
		return err
	}
	for _, t := range old {
		if t.ID == fresh.ID || t.App != fresh.App || t.Resolution == nil || t.Resolution.Time.After(fresh.Times.Created) ||
			(t.Resolution.Survey.Score > 0 || !t.Resolution.Survey.Open(s.now())) && t.FeedbackBot() == "" {
			continue
		}
		_, err := s.In(tx).change(ctx, event.Actor{Kind: event.System}, t.ID, func(_ context.Context, _ *store.Tx, c *Change) error {
			c.After.endFeedback(c)
			c.After.unsettle(c)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// voidPage is how many of the end user's newest closed tickets are looked at.
const voidPage = 20
