package automation

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/timely"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	webhookKind = "rules.webhook"
	callKind    = "rules.call"
	webhookTime = 15 * time.Second
	// MaxSecret is how many bytes the secret of a webhook has.
	MaxSecret = 255
	// maxAnswer is how much of a receiver's answer is read.
	maxAnswer = 64 << 10
)

// Call is what a function of the host is called with, and what a webhook receives.
type Call struct {
	ID     string         `json:"id"`   // the same each time it is tried
	Rule   string         `json:"rule"` // id
	Name   string         `json:"name"` // of the rule
	Cause  string         `json:"cause"`
	Event  string         `json:"event,omitempty"` // id of the event behind it
	Text   string         `json:"text,omitempty"`  // the action's argument
	Ticket *ticket.Ticket `json:"ticket"`          // as it is now
}

// errand is the stored form of a Call: nothing of what people wrote.
type errand struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	Name   string `json:"name"`
	Cause  string `json:"cause"`
	Event  string `json:"event,omitempty"`
	To     string `json:"to"`
	Text   string `json:"text,omitempty"`
	Secret string `json:"secret,omitempty"`
	Ticket string `json:"ticket"`
}

func (d *deed) errand() errand {
	return errand{ID: d.id(), Rule: d.rule.ID, Name: d.rule.Name, Cause: d.run.Cause, Event: d.run.Event, To: d.action().To, Ticket: d.t.ID}
}

func (s *Service) enqueueWebhook(ctx context.Context, tx *store.Tx, d deed) error {
	e := d.errand()
	e.Secret = d.action().Text
	return s.send(ctx, tx, webhookKind, e)
}

func (s *Service) enqueueCall(ctx context.Context, tx *store.Tx, d deed) error {
	if s.calls[d.action().To] == nil {
		return fmt.Errorf("the host has no function %s", d.action().To)
	}
	e := d.errand()
	e.Text = d.action().Text
	return s.send(ctx, tx, callKind, e)
}

func (s *Service) send(ctx context.Context, tx *store.Tx, kind string, e errand) error {
	data, err := event.JSON(e)
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: kind + "/" + e.ID, Kind: kind, Data: data})
}

// errand reads a job, and the ticket that it is about; nil if that is gone.
func (s *Service) errand(ctx context.Context, j *job.Job) (e errand, c *Call, err error) {
	if err := j.Payload(&e); err != nil {
		return e, nil, job.Permanent(err)
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := ticket.Peek(ctx, tx, e.Ticket)
		if err == nil {
			c = &Call{ID: e.ID, Rule: e.Rule, Name: e.Name, Cause: e.Cause, Event: e.Event, Text: e.Text, Ticket: t}
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return e, c, err
}

// callHost is the job that calls a function of the host.
func (s *Service) callHost(ctx context.Context, j *job.Job) error {
	e, c, err := s.errand(ctx, j)
	if c == nil || err != nil {
		return err
	}
	f := s.calls[e.To]
	if f == nil {
		return fmt.Errorf("the host has no function %s", e.To) // another process may, or a later version
	}
	_, err = timely.Call(ctx, CallTime, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx, *c) })
	return err
}

// callWebhook is the job that posts to a webhook. The body is a Call as JSON.
func (s *Service) callWebhook(ctx context.Context, j *job.Job) error {
	e, c, err := s.errand(ctx, j)
	if c == nil || err != nil {
		return err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return job.Permanent(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.To, bytes.NewReader(body))
	if err != nil {
		return job.Permanent(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Frontdesk")
	r.Header.Set("Frontdesk-Id", e.ID)
	if e.Secret != "" {
		r.Header.Set("Frontdesk-Signature", sign(e.Secret, s.now(), body))
	}
	answer, err := s.client.Do(r)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // the address may hold a secret of its own
		}
		return fmt.Errorf("post: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return received(answer)
}

// received says whether a receiver has taken what was posted.
func received(answer *http.Response) error {
	if answer.StatusCode/100 == 2 {
		return nil
	}
	err := fmt.Errorf("the receiver answers %s", answer.Status)
	if answer.StatusCode == http.StatusGone {
		return job.Permanent(err)
	}
	if seconds, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil {
		return job.After(time.Duration(seconds)*time.Second, err)
	}
	return err
}

// sign is the signature of a webhook's body: the time in seconds, and the hexadecimal
// HMAC-SHA256 of time, full stop and body.
func sign(secret string, now time.Time, body []byte) string {
	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
