package deflect

import (
	"context"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// maxMerges is how often a ticket whose messages are looked for may have been merged.
const maxMerges = 100

// redacted forgets what was remembered of the messages of a ticket, as far as they say it
// no more. They are found also where they went since, with a merge.
func (s *Service) redacted(ctx context.Context, tx *store.Tx, e *event.Event) error {
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	tickets, id, seq := s.Tickets.In(tx), e.Subject, f.Seq
	for range maxMerges {
		t, err := tickets.Get(ctx, system(), id)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if t.Merged == nil || t.Merged.Abroad {
			break
		}
		id, seq = t.Merged.Into, 0
	}
	if seq > 0 {
		ms, _, err := tickets.Messages(ctx, system(), id, seq-1, 0, 1)
		if err == nil && len(ms) == 1 {
			err = s.reword(ctx, tx, ms[0])
		}
		return err
	}
	for more := true; more; {
		ms, further, err := tickets.Messages(ctx, system(), id, seq, 0, messagePage)
		if err != nil {
			return err
		}
		for _, m := range ms {
			if seq = m.Seq; m.Redacted == nil {
				continue
			}
			if err := s.reword(ctx, tx, m); err != nil {
				return err
			}
		}
		more = further && len(ms) > 0
	}
	return nil
}

const messagePage = 200

// reword has answers in the words of a message say what it says now, or forgets them.
func (s *Service) reword(ctx context.Context, tx *store.Tx, m *ticket.Message) error {
	f, text := s.FAQ.In(tx), question(m)
	for n, err := range sendings.Scan(ctx, tx, store.By("message", m.ID()).Limit(maxSent)) {
		if err != nil {
			return err
		}
		old, err := f.Answer(ctx, system(), n.Answer)
		if missing(err) || err == nil && old.Text == text {
			continue
		}
		if err == nil {
			err = f.Forget(ctx, system(), old.ID)
		}
		if err != nil {
			return err
		}
		n.Message, n.Answer = "", ""
		if text != "" {
			if err := s.rememberSent(ctx, tx, n, m, old.EndUser); err != nil {
				return err
			}
		}
		if err := sendings.Put(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// rememberSent remembers that an article that was sent has answered a message.
func (s *Service) rememberSent(ctx context.Context, tx *store.Tx, n *sending, m *ticket.Message, who string) error {
	a := &faq.Answer{Article: n.Article, Language: n.Language, Text: question(m), By: faq.SentByAgent, EndUser: who, Time: n.Time}
	err := s.FAQ.In(tx).Remember(ctx, system(), a)
	if missing(err) { // the article is gone, or who asked
		return nil
	}
	n.Message, n.Answer = m.ID(), a.ID
	return err
}

// question is what a message asks, "" if nothing.
func question(m *ticket.Message) string { return cut(strings.TrimSpace(m.Text), faq.MaxSearchText) }
