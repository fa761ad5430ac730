package ticket

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Split moves messages of a ticket, by their numbers, to a new one of the same end
// user, which passes intake of its own. They keep id, author and time, and get new
// numbers. The two tickets are linked. At least one message goes, at least one
// stays, and at most 2,000 move: a *store.FieldError tells what is wrong.
func (s *Service) Split(ctx context.Context, actor event.Actor, id string, seqs []int64, title string) (from, fresh *Ticket, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	switch {
	case len(seqs) == 0:
		return nil, nil, &store.FieldError{Field: "messages", Reason: "are missing"}
	case len(seqs) > MaxMoved:
		return nil, nil, &store.FieldError{Field: "messages", Reason: "at most 2,000 messages move at once", Limit: MaxMoved}
	case utf8.RuneCountInString(title) > MaxTitle:
		return nil, nil, store.TooLong("title", MaxTitle)
	}
	seqs = slices.Compact(slices.Sorted(slices.Values(seqs)))
	from, err = s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		fresh, err = s.split(ctx, tx, c, seqs, title)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return from, fresh, nil
}

func (s *Service) split(ctx context.Context, tx *store.Tx, c *Change, seqs []int64, title string) (*Ticket, error) {
	from := c.After
	switch {
	case from.Erased:
		return nil, from.erased("split")
	case from.Status == StatusRejected:
		return nil, &TransitionError{From: from.Status, To: from.Status, Act: "split"}
	case len(from.Links) >= MaxLinks:
		return nil, &store.FieldError{Field: "links", Reason: "at most 50 links", Limit: MaxLinks}
	}
	who, err := s.people.Writer(ctx, tx, from.EndUser)
	if err != nil {
		return nil, err
	}
	part := &Change{Actor: c.Actor, Time: c.Time, After: &Ticket{
		ID: s.events.IDs().New(), App: from.App, Platform: from.Platform, Channel: from.Channel, EndUser: who.ID, Title: title,
		Language: from.Language, LanguageSource: from.LanguageSource, LanguageConfidence: from.LanguageConfidence,
		Status: StatusNew, Intake: s.firstStep(), Links: []Link{{Related, from.ID}}, Times: Times{Created: c.Time},
	}}
	fresh := part.After
	moved, err := s.move(ctx, tx, from, fresh, func(m *Message) bool {
		_, ok := slices.BinarySearch(seqs, m.Seq)
		return ok
	})
	if err != nil {
		return nil, err
	}
	if len(moved) < len(seqs) {
		return nil, &store.FieldError{Field: "messages", Reason: "name one that isn't on the ticket"}
	}
	if err := s.parted(ctx, tx, from, fresh, moved); err != nil {
		return nil, err
	}
	if fresh.Number, err = tx.Next(ctx, "ticket"); err != nil {
		return nil, err
	}
	from.Links = from.linked(Link{Related, fresh.ID})
	c.Record(Split, &Facts{Other: fresh.ID})
	part.Record(Created, &Facts{Author: c.Actor, Other: from.ID})
	return fresh, s.commit(ctx, tx, part)
}

// parted brings what two tickets tell of their messages up to date.
func (s *Service) parted(ctx context.Context, tx *store.Tx, from, fresh *Ticket, moved []*Message) error {
	if err := s.recount(ctx, tx, from); err != nil {
		return err
	}
	left, _, err := messages.Page(ctx, tx, store.ByKey().From(messageKey(from.ID, 0)).To(messageKey(from.ID, from.Marks.Last+1)).Limit(1))
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return &store.FieldError{Field: "messages", Reason: "are all that the ticket has: at least one stays"}
	}
	if err := s.remain(ctx, tx, from, moved); err != nil {
		return err
	}
	return s.beginWith(ctx, tx, from, fresh, moved)
}

// remain gives the ticket that messages left the state in which the others leave
// it: a question without its answer waits again, and an answer without its question
// waits for nothing.
func (s *Service) remain(ctx context.Context, tx *store.Tx, t *Ticket, moved []*Message) error {
	since, err := s.firstUnanswered(ctx, tx, t)
	if err != nil {
		return err
	}
	began := func(at time.Time) bool {
		return !at.IsZero() && slices.ContainsFunc(moved, func(m *Message) bool { return m.Author.Kind == event.EndUser && m.Time.Equal(at) })
	}
	if began(t.Held) {
		t.Held = since
	}
	if !t.Status.Open() || t.BotHasIt() {
		return nil
	}
	if since.IsZero() || t.WaitingSince.IsZero() || began(t.WaitingSince) {
		t.WaitingSince = since
	}
	answered := t.Marks.Agent > 0 && !t.unanswered() && since.IsZero()
	if t.Status == StatusAgentReplied && !answered || t.Status == StatusWaitingForAgent && answered {
		t.Status = t.stands()
	}
	return nil
}

// stands is the status in which messages and assignee leave an open ticket.
func (t *Ticket) stands() Status {
	switch {
	case t.Marks.Agent > 0 && t.unanswered():
		return StatusWaitingForAgent
	case t.Marks.Agent > 0:
		return StatusAgentReplied
	case t.Assignee.Kind == event.Agent:
		return StatusNewForAgent
	}
	return StatusNew
}

// beginWith gives a new ticket the state that its messages leave it in.
func (s *Service) beginWith(ctx context.Context, tx *store.Tx, from, fresh *Ticket, moved []*Message) (err error) {
	for _, m := range moved {
		if m.Kind != Public {
			continue
		}
		if m.Author.Kind == event.Agent {
			first(&fresh.Times.FirstHuman, m.Time)
			fresh.LastAgent = m.Author.ID
		}
		if m.Author.Kind == event.Agent || m.Author.Kind == event.Bot {
			first(&fresh.Times.FirstResponse, m.Time)
		}
	}
	fresh.readOn(from, moved)
	fresh.Marks.AgentRead = fresh.Marks.Last // whoever splits has read it
	if err := s.recount(ctx, tx, fresh); err != nil {
		return err
	}
	fresh.Status = fresh.stands()
	fresh.WaitingSince, err = s.firstUnanswered(ctx, tx, fresh)
	return err
}

// firstUnanswered is the time of the first message of the end user that no agent
// has answered, by the times of the messages. The one with which a wait began that
// still runs is unanswered, whatever was said meanwhile on what was merged with it.
func (s *Service) firstUnanswered(ctx context.Context, tx *store.Tx, t *Ticket) (at time.Time, err error) {
	q := store.ByKey().From(messageKey(t.ID, 0)).To(messageKey(t.ID, t.Marks.Last+1))
	for m, err := range messages.All(ctx, tx, q) {
		if err != nil {
			return at, err
		}
		unanswered := m.Kind == Public && m.Author.Kind == event.EndUser && m.Answers == "" &&
			(m.Time.After(t.Times.LastAgent) || m.Seq > t.Marks.Agent && m.Time.Equal(t.Times.LastAgent) || m.Time.Equal(t.WaitingSince))
		if unanswered && (at.IsZero() || m.Time.Before(at)) {
			at = m.Time
		}
	}
	return at, nil
}
