package ticket

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Messages can move from ticket to ticket: by a merge, back again, and by a split.
// A message that has moved knows where it was (Trail), so that its id stays, and to
// which ticket it was sent (Sent), so that a repetition meant for that one is still
// known as one.

// move takes messages from one ticket to the end of another, in the order of their
// numbers. chosen says which; nil is all of them.
func (s *Service) move(ctx context.Context, tx *store.Tx, from, to *Ticket, chosen func(*Message) bool) (moved []*Message, err error) {
	return s.relocate(ctx, tx, from, to, chosen, func(m *Message) error {
		if len(m.Trail) == maxChain {
			return &store.FieldError{Field: "messages", Reason: "have moved too often", Limit: maxChain}
		}
		m.Trail = append(slices.Clone(m.Trail), messageKey(from.ID, m.Seq))
		to.Marks.Last++
		m.Seq = to.Marks.Last
		return nil
	})
}

// moveBack takes messages that came from a ticket, and are among these numbers,
// back to their places there.
func (s *Service) moveBack(ctx context.Context, tx *store.Tx, from, to *Ticket, first, last int64) error {
	theirs := func(m *Message) bool {
		return m.Seq >= first && m.Seq <= last && len(m.Trail) > 0 && strings.HasPrefix(m.Trail[len(m.Trail)-1], to.ID+"/")
	}
	_, err := s.relocate(ctx, tx, from, to, theirs, func(m *Message) error {
		last := len(m.Trail) - 1
		m.Seq = seqOf(m.Trail[last])
		m.Trail = slices.Clone(m.Trail[:last])
		return nil
	})
	return err
}

// relocate moves messages; place gives each its new number.
func (s *Service) relocate(ctx context.Context, tx *store.Tx, from, to *Ticket, chosen func(*Message) bool, place func(*Message) error) (moved []*Message, err error) {
	for m, err := range messages.All(ctx, tx, store.ByKey().From(messageKey(from.ID, 0)).To(messageKey(from.ID, from.Marks.Last+1))) {
		if err != nil {
			return nil, err
		}
		if chosen != nil && !chosen(m) {
			continue
		}
		if moved = append(moved, m); len(moved) > MaxMoved {
			return nil, &store.FieldError{Field: "messages", Reason: "at most 2,000 messages move at once", Limit: MaxMoved}
		}
	}
	if err := s.takeOut(ctx, tx, from, moved); err != nil {
		return nil, err
	}
	for i, m := range moved {
		there := *m
		if to.Rev == 0 {
			there.Answers = "" // on a ticket of its own it is what the end user wants
		}
		there.Rev, there.Ticket, there.EndUser, there.Sent = 0, to.ID, to.EndUser, cmp.Or(m.Sent, from.ID)
		if err := place(&there); err != nil {
			return nil, err
		}
		if err := s.keepErased(ctx, tx, &there); err != nil {
			return nil, err
		}
		if err := messages.Put(ctx, tx, &there); err != nil {
			return nil, err
		}
		for _, file := range there.Attachments {
			if file.Redacted {
				continue
			}
			if err := readdress(ctx, tx, file.ID, &there); err != nil {
				return nil, err
			}
		}
		moved[i] = &there
	}
	return moved, nil
}

// takeOut deletes messages that go elsewhere.
func (s *Service) takeOut(ctx context.Context, tx *store.Tx, from *Ticket, moved []*Message) error {
	for _, m := range moved {
		if m.Visible() {
			from.Moved = from.Rev
		}
		if err := messages.Delete(ctx, tx, m); err != nil {
			return err
		}
	}
	// Reading has the store told by now: what is put in their place has their client
	// ids, which nothing else may have at that moment.
	_, _, err := messages.Page(ctx, tx, store.ByKey().From(messageKey(from.ID, 0)).Limit(1))
	return err
}

// readdress says on which message a file is now.
func readdress(ctx context.Context, tx *store.Tx, id string, m *Message) error {
	u, err := uploads.Lock(ctx, tx, id, store.ForUpdate)
	if err != nil {
		return err
	}
	u.Ticket, u.Seq, u.EndUser = m.Ticket, m.Seq, m.EndUser
	return uploads.Put(ctx, tx, u)
}

// seqOf reads the number in a message's key.
func seqOf(key string) int64 {
	n, err := strconv.ParseInt(key[strings.LastIndexByte(key, '/')+1:], 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// recount tells all that a ticket says of its messages anew, from the messages
// themselves. Marks of reading stay, and so does the highest number ever given.
func (s *Service) recount(ctx context.Context, tx *store.Tx, t *Ticket) error {
	t.Counts, t.Preview, t.Spoke = Counts{}, Preview{}, ""
	m := &t.Marks
	m.Public, m.Visible, m.Agent, m.EndUser, m.EndUserUnread = 0, 0, 0, 0, 0
	t.Times.LastAgent, t.Times.LastEndUser, t.Times.Silent = time.Time{}, time.Time{}, time.Time{}
	var said []*Message
	q := store.ByKey().From(messageKey(t.ID, 0)).To(messageKey(t.ID, m.Last+1))
	for msg, err := range messages.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		if msg.Visible() {
			m.Visible = msg.Seq
		}
		if msg.Kind == Public && msg.Answers != "" {
			t.Marks.Public, t.Preview = msg.Seq, msg.preview()
		} else if msg.Kind == Public {
			t.tally(msg)
			said = append(said, &Message{Author: msg.Author, Time: msg.Time})
		}
	}
	slices.SortStableFunc(said, func(a, b *Message) int { return a.Time.Compare(b.Time) })
	for _, msg := range said {
		t.fallSilent(msg)
	}
	return nil
}

// tally counts a public message among those that were counted, of which some may
// be older although their numbers are higher.
func (t *Ticket) tally(msg *Message) {
	t.Marks.Public = msg.Seq
	if !msg.Time.Before(t.Preview.Time) {
		t.Preview = msg.preview()
	}
	if msg.Author.Kind != event.EndUser && msg.Seq > t.Marks.EndUserRead {
		t.Marks.EndUserUnread++
	}
	newest := !msg.Time.Before(t.Times.LastAgent) && !msg.Time.Before(t.Times.LastEndUser)
	switch msg.Author.Kind {
	case event.EndUser:
		t.Counts.Inbound++
		t.Marks.EndUser, t.Times.LastEndUser = msg.Seq, later(t.Times.LastEndUser, msg.Time)
	case event.Agent:
		t.Counts.Agent++
		t.Marks.Agent, t.Times.LastAgent = msg.Seq, later(t.Times.LastAgent, msg.Time)
	case event.Bot:
		t.Counts.Bot++
		return
	default:
		t.Counts.Automation++
		return
	}
	if newest {
		t.Spoke = msg.Author.Kind
	}
}
