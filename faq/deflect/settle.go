package deflect

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Window is the time after a view in which a ticket says that the article didn't help.
const Window = 30 * time.Minute

const (
	settleKind = "faq.deflection"
	grace      = time.Minute // for tickets whose commit takes long
	ticketPage = 50
)

// Settled tells what became of a view, once its time is over: a fact of analytics. Its
// subject is article_deflection:ID, with the id of the view; its facts are [Facts].
const Settled = "faq.view_settled"

// Facts are what Settled tells.
type Facts struct {
	Article  string    `json:"article"`
	App      string    `json:"app"`
	Platform string    `json:"platform,omitempty"`
	Language string    `json:"language,omitempty"`
	Viewed   time.Time `json:"viewed"`
	Ticket   string    `json:"ticket,omitempty"` // that followed; "": none did, the view is deflected
}

// glance is a view that waits to be settled.
type glance struct {
	ID       string    `json:"id"`
	Article  string    `json:"article"`
	App      string    `json:"app"`
	Platform string    `json:"platform,omitempty"`
	Language string    `json:"language,omitempty"`
	Query    string    `json:"query,omitempty"`
	EndUser  string    `json:"end_user"`
	Time     time.Time `json:"time"`
}

// watch sets a timer for each view of an end user. Staff's aren't views.
func (s *Service) watch(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		if e.Owner == "" {
			continue
		}
		var f faq.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		data, err := event.JSON(glance{ID: strings.TrimPrefix(e.Subject, "article_view:"), Article: f.Article, App: f.App, Platform: f.Platform, Language: f.Language, Query: f.Query, EndUser: e.Owner, Time: e.Time})
		if err != nil {
			return err
		}
		if err := s.Jobs.Enqueue(ctx, tx, job.Spec{ID: settleKind + "/" + e.Subject, Kind: settleKind, Data: data, RunAt: e.Time.Add(Window + grace)}); err != nil {
			return err
		}
	}
	return nil
}

// settle says what became of a view. The store is the truth: what consumers haven't got
// to yet counts, too.
func (s *Service) settle(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var g glance
	if err := j.Payload(&g); err != nil {
		return job.Permanent(err)
	}
	who := g.EndUser
	u, err := s.People.In(tx).EndUser(ctx, who)
	if err == nil {
		who = u.ID // who has taken over, if he was merged
	} else if !missing(err) {
		return err
	}
	id, wrote, err := s.followed(ctx, tx, who, g.Time)
	if err != nil {
		return err
	}
	e := &event.Event{Type: Settled, Subject: "article_deflection:" + g.ID, Revision: 1, Actor: system(), Owner: who}
	if e.Facts, err = event.JSON(Facts{Article: g.Article, App: g.App, Platform: g.Platform, Language: g.Language, Viewed: g.Time, Ticket: id}); err != nil {
		return err
	}
	if err := s.Events.Append(ctx, tx, e); errors.Is(err, store.ErrExists) {
		return nil // it was settled before
	} else if err != nil || wrote || g.Query == "" {
		return err
	}
	return s.remember(ctx, tx, &g, who)
}

// followed looks for a ticket that an end user began within the window after a moment,
// and says whether he has written anything since.
func (s *Service) followed(ctx context.Context, tx *store.Tx, who string, since time.Time) (id string, wrote bool, err error) {
	until := since.Add(Window)
	for after, more := "", true; more; {
		page, next, err := s.Tickets.In(tx).OfEndUser(ctx, system(), who, after, ticketPage)
		if missing(err) {
			return "", false, nil
		}
		if err != nil {
			return "", false, err
		}
		for _, t := range page {
			wrote = wrote || t.Times.LastEndUser.After(since)
			if !t.Times.Created.After(since) && !t.Status.Open() {
				return id, wrote, nil // closed ones come newest first, and last
			}
			if id == "" && t.Times.Created.After(since) && !t.Times.Created.After(until) {
				his, err := s.his(ctx, tx, t)
				if err != nil {
					return "", false, err
				}
				if his {
					id, wrote = t.ID, true
				}
			}
		}
		after, more = next, next != ""
	}
	return id, wrote, nil
}

// his says whether it is the end user who began a ticket, or the host for him.
func (s *Service) his(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (bool, error) {
	es, _, err := s.Events.History(ctx, tx, t.ID, "", 1)
	if err != nil || len(es) == 0 {
		return err == nil, err
	}
	return es[0].Actor.Kind == event.EndUser || es[0].Actor.Kind == event.System, nil
}

// remember keeps that the article answered the search by which it was found, if it is
// the last one that was read, and nothing is said against it.
func (s *Service) remember(ctx context.Context, tx *store.Tx, g *glance, who string) error {
	f := s.FAQ.In(tx)
	q, err := f.Query(ctx, system(), g.Query)
	if missing(err) || err == nil && (q.App != g.App || q.Reader != g.EndUser && q.Reader != who) {
		return nil // erased, or another one's
	}
	if err != nil {
		return err
	}
	v := faq.Viewer{Actor: event.Actor{Kind: event.EndUser, ID: who}, App: g.App, Platform: g.Platform}
	read, err := f.Reading(ctx, v, g.Time)
	if err != nil {
		return gone(err)
	}
	if len(read.Articles) > 0 && read.Articles[0] != g.Article {
		return nil
	}
	opinion, err := f.Opinion(ctx, v, g.Article)
	if err != nil || opinion != faq.NoOpinion { // a vote for it is remembered already
		return err
	}
	return gone(f.Remember(ctx, system(), &faq.Answer{Article: g.Article, Language: g.Language, Text: q.Text, By: faq.Opened, EndUser: who, Time: g.Time}))
}

// gone passes over what was removed since: an article, an app, or who asked.
func gone(err error) error {
	if _, ok := errors.AsType[*store.FieldError](err); ok || missing(err) {
		return nil
	}
	return err
}
