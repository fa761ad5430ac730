package chat

import (
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What an end user is asked when his conversation was resolved: whether it is, and
// how satisfied he is.

// resolvedForm is what there is to answer on a conversation, or was answered.
type resolvedForm struct {
	// Question is asked while it waits for an answer, and rejected once he said
	// that it isn't solved: what he writes next reopens the conversation.
	Question ticket.Answer `json:"question,omitempty"`
	Survey   *surveyForm   `json:"survey,omitempty"` // while it can be answered, or the answer changed
}

type surveyForm struct {
	Score   int       `json:"score,omitempty"` // 1 to 5
	Comment string    `json:"comment,omitempty"`
	Until   time.Time `json:"until"`
}

func resolvedOf(t *ticket.Ticket, now time.Time) *resolvedForm {
	r := t.Resolution
	if r == nil || t.Status != ticket.StatusResolved {
		return nil
	}
	f := resolvedForm{}
	if r.Answer == ticket.Asked && now.Before(r.Until) || r.Answer == ticket.SaidNo {
		f.Question = r.Answer
	}
	if r.Survey.Open(now) && t.FeedbackBot() == "" {
		f.Survey = &surveyForm{r.Survey.Score, r.Survey.Comment, r.Survey.Until}
	}
	if f == (resolvedForm{}) {
		return nil
	}
	return &f
}

// confirm takes the answer to the question whether it is solved.
func (c *Chat) confirm(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in struct {
		Solved *bool `json:"solved"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Solved == nil {
		return &store.FieldError{Field: "solved", Reason: "is missing"}
	}
	return c.answer(w, r, sess, func(id string) (*ticket.Ticket, error) {
		return c.Tickets.Confirm(r.Context(), sess.Actor(), id, *in.Solved)
	})
}

// rate takes a rating, or its change.
func (c *Chat) rate(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in struct {
		Score   int    `json:"score"`
		Comment string `json:"comment"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return c.answer(w, r, sess, func(id string) (*ticket.Ticket, error) {
		return c.Tickets.Rate(r.Context(), sess.Actor(), id, in.Score, in.Comment)
	})
}

// answer does something with a conversation of the session's, and answers with it.
func (c *Chat) answer(w http.ResponseWriter, r *http.Request, sess *identity.Session, do func(id string) (*ticket.Ticket, error)) error {
	t, err := c.own(r.Context(), c.Tickets, sess, r.PathValue("id"))
	if err != nil {
		return err
	}
	if t, err = do(t.ID); err != nil {
		return err
	}
	f, err := c.viewer(sess.Actor()).conversation(r.Context(), t)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, f)
}
