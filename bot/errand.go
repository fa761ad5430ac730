package bot

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/publicweb"
	"github.com/frontdesk-go/frontdesk/internal/timely"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// MaxResponse is how many bytes another system may answer with.
const MaxResponse = 100 << 10

// errandJob asks outside of the desk what a conversation waits for, in no transaction, and
// goes on with it. After a crash it asks again, under the same id.
func (s *Service) errandJob(ctx context.Context, j *job.Job) error {
	var on timer
	if err := j.Payload(&on); err != nil {
		return job.Permanent(err)
	}
	var t *ticket.Ticket
	var r *run
	err := s.DB.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if r, err = runs.Get(ctx, tx, on.Ticket); err == nil {
			t, err = ticket.Peek(ctx, tx, on.Ticket)
		}
		return err
	})
	if missing(err) || err == nil && !r.waitsFor(on) {
		return nil
	}
	if err != nil {
		return err
	}
	res := s.perform(ctx, t, r)
	if err := ctx.Err(); err != nil {
		return err // it is asked again
	}
	return s.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, r, err := s.talking(ctx, tx, on)
		if r == nil || err != nil || !r.waitsFor(on) {
			return err
		}
		if err := s.advance(ctx, tx, t, r, flow.Input{Result: res}); err != nil || r.State.Waits == flow.Over {
			return err
		}
		return s.catchUp(ctx, tx, t, r) // what was written meanwhile
	})
}

func (r *run) waitsFor(on timer) bool {
	return r.ID == on.Run && r.State.Waits == flow.ForResult && r.State.Errand != nil && r.State.Executed == on.Step
}

// perform does an errand. What fails is a part of the result.
func (s *Service) perform(ctx context.Context, t *ticket.Ticket, r *run) *flow.Result {
	res := &flow.Result{}
	id := fmt.Sprintf("%s/%d", r.ID, r.State.Executed)
	within, cancel := context.WithTimeout(ctx, ErrandTime)
	defer cancel()
	switch e := r.State.Errand; {
	case e.Search != nil && e.Search.Answer && s.answerer != nil:
		*res = s.answer(ctx, t, r, e.Search, id)
	case e.Search != nil:
		var found *faq.Found
		if found, res.Err = s.search(within, t, r, e.Search); res.Err == nil {
			res.Articles, res.Confidence = articlesOf(found), found.Confidence
		}
	case e.Call != nil:
		res.Values, res.Err = s.call(within, id, e.Call)
	case e.Run != nil:
		res.Values, res.Err = s.function(ctx, Call{ID: id, Bot: r.Bot, Step: r.State.Step, Ticket: t, With: e.Run.With}, e.Run.Function)
	}
	return res
}

// search looks for articles, as the ticket's end user sees them.
func (s *Service) search(ctx context.Context, t *ticket.Ticket, r *run, q *flow.Search) (*faq.Found, error) {
	text := []rune(strings.TrimSpace(q.Text))
	if s.Searcher == nil || len(text) == 0 {
		return &faq.Found{}, nil
	}
	v := faq.Viewer{Actor: actorOf(r.Bot), For: t.EndUser, App: t.App, Platform: t.Platform, Languages: r.State.Languages}
	return s.Searcher.Find(ctx, v, faq.Search{Text: string(text[:min(len(text), faq.MaxSearchText)]), Limit: q.Limit})
}

func articlesOf(found *faq.Found) (all []flow.Article) {
	for _, h := range found.Hits {
		a := flow.Article{ID: h.Article.ID, Title: h.Title}
		if len(h.Snippets) > 0 {
			a.Snippet = h.Snippets[0].Text
		}
		all = append(all, a)
	}
	return all
}

// function calls one of the host's.
func (s *Service) function(ctx context.Context, c Call, name string) (map[string]string, error) {
	f := s.functions[name]
	if f == nil {
		return nil, fmt.Errorf("the host has no function %s", name)
	}
	values, err := timely.Call(ctx, ErrandTime, func(ctx context.Context) (map[string]string, error) { return f(ctx, c) })
	if err != nil {
		err = fmt.Errorf("function %s: %w", name, err)
	}
	return values, err
}

// maxRedirects is how many redirects a call follows, to the same host alone.
const maxRedirects = 3

func publicClient() *http.Client {
	return publicweb.Client(ErrandTime, func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
			return http.ErrUseLastResponse
		}
		return nil
	})
}

// call asks another system. Whatever is no answer of JSON with a status from 200 to 299 is
// an error.
func (s *Service) call(ctx context.Context, id string, q *flow.Request) (map[string]string, error) {
	var body io.Reader
	if q.Body != "" {
		body = strings.NewReader(q.Body)
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, q.URL, body)
	if err != nil {
		return nil, err
	}
	for _, name := range names(q.Headers) {
		r.Header.Set(name, q.Headers[name])
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Frontdesk")
	r.Header.Set("Idempotency-Key", id)
	if q.Body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, MaxResponse+1))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return nil, fmt.Errorf("the answer is %s", answer.Status)
	case len(b) > MaxResponse:
		return nil, fmt.Errorf("the answer has more than %d bytes", MaxResponse)
	case len(strings.TrimSpace(string(b))) == 0:
		return nil, nil
	}
	return flow.Flatten(b)
}
