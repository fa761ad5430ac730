package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// stirs are the events after which a bot may have something to say.
var stirs = []string{ticket.Created, ticket.Assigned, ticket.Admitted, ticket.Reopened, ticket.MessageAdded, ticket.GivenOver, ticket.Resolved, ticket.Answered, ticket.FeedbackGiven, ticket.Unmerged}

// react is the reactor: it begins conversations, and takes what end users write.
func (s *Service) react(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	if !slices.ContainsFunc(es, func(e *event.Event) bool {
		return e.Actor.Kind != event.Bot || e.Type == ticket.Assigned || e.Type == ticket.Resolved || e.Type == ticket.Reopened
	}) {
		return nil
	}
	id := es[0].Subject
	if t, err := ticket.Peek(ctx, tx, id); missing(err) || err == nil && talker(t) == "" {
		return nil // nobody needs to wait for it
	} else if err != nil {
		return err
	}
	t, err := held(ctx, tx, id)
	if t == nil || err != nil {
		return err
	}
	r, err := runs.Get(ctx, tx, id)
	if err != nil && !missing(err) {
		return err
	}
	if missing(err) {
		if r, err = s.begin(ctx, tx, t); r == nil || err != nil {
			return err
		}
	} else if r.EndUser != t.EndUser { // he was merged into another one
		r.EndUser = t.EndUser
		if err := runs.Put(ctx, tx, r); err != nil {
			return err
		}
	}
	return s.catchUp(ctx, tx, t, r)
}

// messagesAtOnce is how many messages are taken in one transaction.
const messagesAtOnce = 50

// catchUp begins a conversation that hasn't begun, and takes what the end user has written
// since.
func (s *Service) catchUp(ctx context.Context, tx *store.Tx, t *ticket.Ticket, r *run) error {
	ms, err := s.written(ctx, tx, t, r.Seen)
	if err != nil {
		return err
	}
	if r.Feedback { // what came with a merge answers nothing
		ms = slices.DeleteFunc(ms, func(m *ticket.Message) bool { return m.Answers != r.Bot || m.Time.Before(t.Resolution.Time) })
	}
	if r.State.Waits == flow.Nothing && r.Feedback { // what was said before isn't about the resolution
		if err := s.advance(ctx, tx, t, r, flow.Input{}); err != nil || r.State.Waits == flow.Over {
			return err
		}
	}
	if r.State.Waits == flow.Nothing {
		in := flow.Input{}
		if n := len(ms); n > 0 {
			in.Written, r.Seen = said(ms[n-1]), ms[n-1].Seq
		}
		return s.advance(ctx, tx, t, r, in)
	}
	for _, m := range ms {
		r.Seen, r.Hops = m.Seq, 0
		if err := s.advance(ctx, tx, t, r, flow.Input{Written: said(m)}); err != nil || r.State.Waits == flow.Over {
			return err
		}
	}
	return nil
}

func said(m *ticket.Message) *flow.Written {
	w := &flow.Written{Text: m.Text}
	for _, a := range m.Attachments {
		w.Files = append(w.Files, a.ID)
	}
	return w
}

// written are the end user's messages above a number: of a conversation that begins the
// newest of them.
func (s *Service) written(ctx context.Context, tx *store.Tx, t *ticket.Ticket, seen int64) (ms []*ticket.Message, err error) {
	before := int64(0)
	if seen == 0 { // of a feedback bot something was seen before it began
		before = 1 << 47
	}
	for more := true; more && len(ms) < messagesAtOnce; {
		var page []*ticket.Message
		if page, more, err = s.Tickets.In(tx).Messages(ctx, system(), t.ID, seen, before, messagesAtOnce); err != nil {
			return nil, err
		}
		more = more && before == 0
		for _, m := range page {
			seen = m.Seq
			if m.Kind == ticket.Public && m.Author.Kind == event.EndUser && (strings.TrimSpace(m.Text) != "" || len(m.Attachments) > 0) {
				ms = append(ms, m)
			}
		}
	}
	return ms, nil
}

// emptyPage is how many tickets are handed off at a time.
const emptyPage = 50

// empty hands off what a disabled bot has.
func (s *Service) empty(ctx context.Context, j *job.Job) error {
	var bot string
	if err := j.Payload(&bot); err != nil {
		return job.Permanent(err)
	}
	for more := true; more; {
		var page []*run
		err := s.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			b, err := bots.Get(ctx, tx, bot)
			if missing(err) || err == nil && b.State != Disabled {
				return nil
			}
			if err == nil {
				page, _, err = runs.Page(ctx, tx, store.By("bot", bot).Limit(emptyPage))
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := s.handOver(ctx, r); err != nil {
				return err
			}
		}
		more = len(page) > 0
	}
	return nil
}

// handOver has a disabled bot hand off one ticket, as its flow does when it fails, or ask
// no more about its resolution.
func (s *Service) handOver(ctx context.Context, seen *run) error {
	return s.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, r, err := s.talking(ctx, tx, timer{Ticket: seen.Ticket, Run: seen.ID})
		if err != nil {
			return err
		}
		if r == nil { // it is over, and nobody took the rest away
			left, err := runs.Get(ctx, tx, seen.Ticket)
			if missing(err) || err == nil && left.ID != seen.ID {
				return nil
			}
			if err != nil {
				return err
			}
			return runs.Delete(ctx, tx, left)
		}
		if r.Feedback {
			return s.giveUp(ctx, tx, t, "bot "+r.Bot+" is disabled")
		}
		return s.advance(ctx, tx, t, r, flow.Input{Person: true})
	})
}
