package ticket

import (
	"context"
	"slices"

	"github.com/frontdesk-go/frontdesk/internal/mask"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Cards is the pattern of payment card numbers: 13 to 19 digits that pass Luhn's
// check, with spaces or dashes between groups. All digits but the last four go.
const Cards = mask.CardsName

// MaxPattern is the length of a pattern in characters.
const MaxPattern = mask.MaxPattern

// What RedactPattern does in one transaction.
const (
	redactMessages = 100
	redactBytes    = 4 << 20 // of messages that changed
	redactEvents   = 200
)

// RedactPattern takes out for good what a pattern finds in all that people wrote on a
// ticket: title, messages, names of attachments, custom fields, what devices told,
// comment and reasons, and the history of all that. It goes through tickets that were
// merged into this one, and through notes that quote this one elsewhere. The pattern
// is Cards, which "" stands for, or a regular expression in Go's syntax of at most
// 500 characters; of what that finds "[removed]" is left. n is how many pieces were
// taken out, the history's copies not counted.
//
// It works in steps, each a transaction of its own: one that is interrupted is run
// again. A bad pattern is a *store.FieldError.
func (s *Service) RedactPattern(ctx context.Context, actor event.Actor, ticket, pattern string) (n int, err error) {
	if err := staffOnly(actor); err != nil {
		return 0, err
	}
	p, err := mask.New("pattern", pattern)
	if err != nil {
		return 0, err
	}
	return s.scrubAll(ctx, actor, ticket, []*mask.Pattern{p}, maxChain)
}

// scrubAll goes through a ticket and those that went into it, so many levels deep.
func (s *Service) scrubAll(ctx context.Context, actor event.Actor, id string, ps []*mask.Pattern, depth int) (n int, err error) {
	for at := int64(1); at > 0 && err == nil; {
		var found int
		found, at, err = s.scrubMessages(ctx, actor, id, at, ps)
		n += found
	}
	if err == nil {
		var found int
		found, err = s.scrubTicket(ctx, actor, id, ps)
		n += found
	}
	for cursor, more := "", true; more && err == nil; more = cursor != "" {
		cursor, err = s.scrubHistory(ctx, actor, id, cursor, ps)
	}
	if err != nil || depth == 0 {
		return n, err
	}
	sources, err := s.sources(ctx, id)
	for _, source := range sources {
		if err != nil {
			break
		}
		var found int
		// Who may do it here needn't see what went in here.
		found, err = s.scrubAll(ctx, event.Actor{Kind: event.System}, source, ps, depth-1)
		n += found
	}
	return n, err
}

// scrubMessages does a page of messages from a number on, and returns the number with
// which the next page begins, 0 after the last one.
func (s *Service) scrubMessages(ctx context.Context, actor event.Actor, id string, at int64, ps []*mask.Pattern) (n int, next int64, err error) {
	_, err = s.redact(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		x := &scrubber{patterns: ps}
		n, next = 0, 0
		q := store.ByKey().From(messageKey(id, at)).To(messageKey(id, c.Before.Marks.Last+1)).Limit(redactMessages)
		ms, more, err := messages.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		size := 0
		for i, m := range ms {
			if size > redactBytes {
				ms, more = ms[:i], "more"
				break
			}
			was := *m
			found := x.message(m)
			if found == 0 {
				continue
			}
			size += len(m.Text) + len(m.HTML) + len(m.Quoted)
			m.redacted(c.Time, actor).Pieces += found
			if err := renameFiles(ctx, tx, &was, m); err != nil {
				return err
			}
			c.redacted(&was, m)
		}
		if more != "" {
			next = ms[len(ms)-1].Seq + 1
		}
		if x.n > 0 {
			n = x.n
			c.Record(Redacted, &Facts{Removed: x.n})
		}
		if at > 1 {
			return nil
		}
		return s.requote(ctx, tx, c, func(note *Message) int { return (&scrubber{patterns: ps}).message(note) })
	})
	return n, next, err
}

// renameFiles gives files the names that their message has for them now.
func renameFiles(ctx context.Context, tx *store.Tx, was, m *Message) error {
	for i, a := range m.Attachments {
		if a.Name == was.Attachments[i].Name {
			continue
		}
		u, err := uploads.Lock(ctx, tx, a.ID, store.ForUpdate)
		if err != nil {
			return err
		}
		u.Attachment.Name = a.Name
		if err := uploads.Put(ctx, tx, u); err != nil {
			return err
		}
	}
	return nil
}

// scrubTicket does what stands on the ticket itself.
func (s *Service) scrubTicket(ctx context.Context, actor event.Actor, id string, ps []*mask.Pattern) (n int, err error) {
	_, err = s.redact(ctx, actor, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		x := &scrubber{patterns: ps}
		if n = x.ticket(c.After); n > 0 || c.After.Preview != c.Before.Preview {
			f := &Facts{Removed: n}
			if c.After.Title != c.Before.Title {
				f.What = []string{"title"}
			}
			c.Record(Redacted, f)
		}
		return nil
	})
	return n, err
}

// scrubHistory does a page of the ticket's events, and returns the cursor of the
// next one.
func (s *Service) scrubHistory(ctx context.Context, actor event.Actor, id, cursor string, ps []*mask.Pattern) (next string, err error) {
	_, err = s.redact(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		next, err = s.events.Reword(ctx, tx, id, cursor, redactEvents, func(e *event.Event) ([]byte, error) {
			var p said
			x := &scrubber{patterns: ps}
			if err := e.Payload(&p); err != nil {
				return nil, err
			}
			if p.Altered = slices.Clone(p.Altered); !x.said(&p) {
				return e.Personal, nil
			}
			return event.JSON(p)
		})
		return err
	})
	return next, err
}

// sources are the tickets that went into this one.
func (s *Service) sources(ctx context.Context, id string) (ids []string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ids = nil
		for t, err := range tickets.All(ctx, tx, store.By("closed", mergedInto(id))) {
			if err != nil {
				return err
			}
			ids = append(ids, t.ID)
		}
		return nil
	})
	return ids, err
}
