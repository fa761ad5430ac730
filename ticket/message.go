package ticket

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of a message.
const (
	MaxBody        = 100_000 // characters; a note, too
	MaxChatBody    = 10_000  // characters of what an end user writes in a chat
	MaxAttachments = 20
	MaxClientID    = 255 // characters
	maxMentions    = 50
	MaxChoices     = 10        // answers to pick that a message offers
	MaxChoice      = 100       // characters of one
	maxMessage     = 900 << 10 // bytes of text, HTML and quote together; above, the HTML is dropped
	maxPage        = 2000      // characters of a page's address
)

// Kind is a kind of message.
type Kind string

// The kinds of message.
const (
	Public Kind = "public" // both sides see it
	Note   Kind = "note"   // staff only
	System Kind = "system" // a line that the desk itself writes; both sides see it
)

// Delivery is how far a message has come.
type Delivery string

// The states of delivery.
const (
	DeliverySent      Delivery = "sent"
	DeliveryDelivered Delivery = "delivered" // on the other side's device
	DeliveryRead      Delivery = "read"
	DeliveryFailed    Delivery = "failed"
)

// Page is where in the host's product something was written.
type Page struct {
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
}

// Message is one entry of a ticket's conversation.
type Message struct {
	Ticket      string       `json:"ticket"`
	Seq         int64        `json:"seq"` // in its ticket, from 1, without gaps
	Kind        Kind         `json:"kind"`
	Author      event.Actor  `json:"author"`
	ClientID    string       `json:"client_id,omitempty"` // chosen by the writer, unique in the ticket
	Text        string       `json:"text"`
	HTML        string       `json:"html,omitempty"`   // sanitised
	Quoted      string       `json:"quoted,omitempty"` // what the writer repeated from before
	Attachments []Attachment `json:"attachments,omitempty"`
	Mentions    []string     `json:"mentions,omitempty"`    // agents, in a note
	Answers     string       `json:"answers,omitempty"`     // feedback bot that an end user answers by it: it opens nothing, and nobody waits
	Choices     []string     `json:"choices,omitempty"`     // answers that the end user can pick, which he then writes
	Form        *Form        `json:"form,omitempty"`        // what it asks for and shows; nil: nothing but its text
	QuickReply  string       `json:"quick_reply,omitempty"` // which it was sent with
	Page        *Page        `json:"page,omitempty"`
	Failure     string       `json:"failure,omitempty"` // why it couldn't be delivered
	Time        time.Time    `json:"time"`
	EndUser     string       `json:"end_user"`        // whom the ticket belongs to
	About       string       `json:"about,omitempty"` // another end user, whose words it quotes or, where he is in copy, is
	Trail       []string     `json:"trail,omitempty"` // keys that it had before it moved, the first one first
	Sent        string       `json:"sent,omitempty"`  // the ticket that it was sent to, where that is another one: there its client id is unique
	Redacted    *Redaction   `json:"redacted,omitempty"`
	Rev         store.Rev    `json:"-"`
}

// ID tells the message from all others of the desk, whatever ticket it moves to.
func (m *Message) ID() string {
	if len(m.Trail) > 0 {
		return m.Trail[0]
	}
	return messageKey(m.Ticket, m.Seq)
}

// FromCopy says that a person in copy wrote the message, and not the ticket's end user.
func (m *Message) FromCopy() bool { return m.Author.Kind == event.EndUser && m.About != "" }

// Visible says whether end users see the message.
func (m *Message) Visible() bool { return m.Kind != Note }

func messageKey(ticket string, seq int64) string {
	b := append(make([]byte, 0, len(ticket)+13), ticket...)
	return string(hex.AppendEncode(append(b, '/'), binary.BigEndian.AppendUint64(nil, uint64(max(seq, 0)))[2:]))
}

var messages = &store.Collection[Message]{
	Name:  "message",
	Fresh: true,
	Key:   func(m *Message) string { return messageKey(m.Ticket, m.Seq) },
	Rev:   func(m *Message) *store.Rev { return &m.Rev },
	Columns: []store.Column[Message]{
		{Name: "client", Kind: store.Text, Of: func(m *Message) any {
			if m.ClientID == "" {
				return nil
			}
			return clientKey(cmp.Or(m.Sent, m.Ticket), m.ClientID)
		}},
		{Name: "about", Kind: store.Text, Of: func(m *Message) any { return m.About }}, // few have it
	},
	Indexes: []store.Index{{Name: "client", On: []string{"client"}, Unique: true}, {Name: "about", On: []string{"about"}}},
	Views:   []driver.SQLView{messageView},
	Subjects: func(m *Message) []string {
		if m.About != "" {
			return []string{m.EndUser, m.About}
		}
		return []string{m.EndUser}
	},
	Erase: func(m *Message, _ string) bool {
		m.clear()
		m.Attachments, m.Failure = nil, ""
		m.ClientID = "" // of mail it holds the sender's domain
		return true
	},
	Found: []store.Way{store.Under("ticket"), store.InIndex("about")},
	Show: func(m *Message, subjects []string) any {
		shown := *m
		if m.About != "" && !slices.Contains(subjects, m.About) {
			// It is about somebody else, or by him.
			shown.Text, shown.HTML, shown.Quoted, shown.ClientID, shown.Attachments, shown.Page = "", "", "", "", nil, nil
		}
		return shown
	},
}

// clientKey is what the index holds of a client id: 255 characters can be more
// bytes than an index takes.
func clientKey(ticket, id string) string {
	if len(id) > 500 {
		sum := sha256.Sum256([]byte(id))
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	return ticket + "/" + id
}

// DeliveryOf tells how far a message of this ticket has come on its way to the
// other side.
func (t *Ticket) DeliveryOf(m *Message) Delivery {
	switch {
	case m.Failure != "":
		return DeliveryFailed
	case m.Author.Kind == event.EndUser && t.Marks.AgentRead >= m.Seq,
		m.Author.Kind != event.EndUser && t.Marks.EndUserRead >= m.Seq:
		return DeliveryRead
	case m.Author.Kind != event.EndUser && t.Marks.EndUserGot >= m.Seq:
		return DeliveryDelivered
	}
	return DeliverySent
}

// Draft is a message that somebody wants to send.
type Draft struct {
	ClientID    string // at most 255 characters; the same one again in a ticket gives the first message
	Text        string
	HTML        string // sanitised before it is kept; dropped where no sanitiser is configured
	Quoted      string
	Attachments []string // ids of uploads of the same author
	Mentions    []string // agents, in a note
	Choices     []string // answers that the end user can pick; at most 10, of 100 characters, and not his own
	Form        *Form    // what a bot or an automation asks for and shows; nil: nothing but the text; nobody else's is kept
	Page        *Page

	// Seen, if not 0, is the last sequence number that the author of a reply saw:
	// store.ErrStale if a newer public message is there.
	Seen int64
	// Reopen opens a resolved ticket with an agent's reply.
	Reopen bool

	meant string      // the ticket that it is sent to, where that may have gone into another one
	from  *QuickReply // which it was made of
	// answers is the feedback bot that it answers.
	answers string
}

func (d *Draft) check(limit int) error {
	switch n := utf8.RuneCountInString(d.Text); {
	case strings.TrimSpace(d.Text) == "" && len(d.Attachments) == 0 && d.HTML == "":
		return &store.FieldError{Field: "message.text", Reason: "is empty, and nothing is attached"}
	case n > limit:
		return store.TooLong("message.text", limit)
	case utf8.RuneCountInString(d.HTML) > limit:
		return store.TooLong("message.html", limit)
	case utf8.RuneCountInString(d.Quoted) > MaxBody:
		return store.TooLong("message.quoted", MaxBody)
	case utf8.RuneCountInString(d.ClientID) > MaxClientID:
		return store.TooLong("message.client_id", MaxClientID)
	case store.CleanText(d.ClientID) != d.ClientID:
		return &store.FieldError{Field: "message.client_id", Reason: "isn't text"}
	case len(d.Attachments) > MaxAttachments:
		return &store.FieldError{Field: "message.attachments", Reason: "at most 20 attachments", Limit: MaxAttachments}
	case len(d.Mentions) > maxMentions:
		return &store.FieldError{Field: "message.mentions", Reason: "at most 50 mentions", Limit: maxMentions}
	}
	if err := CheckChoices("message.choices", d.Choices); err != nil {
		return err
	}
	return d.Form.check(d)
}

// CheckChoices refuses answers to pick that a message can't offer, by a *store.FieldError
// about a field.
func CheckChoices(field string, choices []string) error {
	if len(choices) > MaxChoices {
		return &store.FieldError{Field: field, Reason: "at most 10 answers to pick", Limit: MaxChoices}
	}
	for _, c := range choices {
		if n := utf8.RuneCountInString(c); n == 0 || n > MaxChoice || strings.TrimSpace(c) == "" {
			return &store.FieldError{Field: field, Reason: "have 1 to 100 characters each", Limit: MaxChoice}
		}
	}
	return nil
}

// sentTo finds the message that was sent to a ticket under a client id, wherever it
// is now; nil if there is none.
func (s *Service) sentTo(ctx context.Context, tx *store.Tx, ticket, clientID string) (*Message, error) {
	if clientID == "" {
		return nil, nil
	}
	found, _, err := messages.Page(ctx, tx, store.By("client", clientKey(ticket, clientID)).Limit(1))
	if len(found) == 0 || err != nil {
		return nil, err
	}
	return found[0], nil
}

// repeated finds the message that a draft for this ticket, or for one that went into
// it, repeats, and the ticket where it is: nil if there is none,
// store.ErrKeyReused if it said something else.
func (s *Service) repeated(ctx context.Context, tx *store.Tx, t *Ticket, author event.Actor, kind Kind, d *Draft) (*Ticket, *Message, error) {
	m, err := s.sentTo(ctx, tx, cmp.Or(d.meant, t.ID), d.ClientID)
	if m == nil || err != nil {
		return nil, nil, err
	}
	same := slices.EqualFunc(m.Attachments, d.Attachments, func(a Attachment, id string) bool { return a.ID == id })
	own := m.Author == author || author.Kind == event.EndUser && m.Author.Kind == event.EndUser && author.ID == t.EndUser // whoever he was before a merge
	if !same && len(m.Attachments) == 0 && author.Kind == event.EndUser {
		if same, err = s.private(ctx, tx, t.App, t.EndUser); err != nil { // they were left out
			return nil, nil, err
		}
	}
	if !own || m.Kind != kind || !m.says(d.Text) || !same {
		return nil, nil, fmt.Errorf("message %s: %w", d.ClientID, store.ErrKeyReused)
	}
	if m.Ticket != t.ID {
		if t, err = tickets.Get(ctx, tx, m.Ticket); err != nil {
			return nil, nil, err
		}
	}
	if t, err = s.seen(ctx, tx, author, t); err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// Messages returns at most limit messages of a ticket, and no more than 200, in the
// order of their numbers: the oldest ones above after, or, if before is not 0, the newest ones
// below before. more says that there are further ones in that direction. An end
// user gets no notes, and store.ErrNotFound for another one's ticket.
func (s *Service) Messages(ctx context.Context, actor event.Actor, ticket string, after, before int64, limit int) (ms []*Message, more bool, err error) {
	limit = pageSize(limit)
	q := store.ByKey().From(messageKey(ticket, after+1)).To(messageKey(ticket, 1<<47))
	if before > 0 {
		q = store.ByKey().From(messageKey(ticket, 0)).To(messageKey(ticket, before)).Desc()
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ms, more = nil, false
		t, err := s.reach(ctx, tx, actor, ticket)
		if err != nil {
			return err
		}
		for m, err := range messages.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			if actor.Kind == event.EndUser && !m.Visible() {
				continue
			}
			if more = len(ms) == limit; more {
				break
			}
			if t.Erased { // the erasure may not have come to it yet
				messages.Erase(m, t.EndUser)
			}
			ms = append(ms, m)
		}
		return nil
	})
	if before > 0 {
		slices.Reverse(ms)
	}
	return ms, more, err
}

// message returns one message of a ticket.
func (s *Service) message(ctx context.Context, tx *store.Tx, ticket string, seq int64) (*Message, error) {
	return messages.Get(ctx, tx, messageKey(ticket, seq))
}

// Fail records why a message couldn't be delivered to the other side. "" is for one that
// is tried again, or was delivered after all.
func (s *Service) Fail(ctx context.Context, actor event.Actor, ticket string, seq int64, reason string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, ticket, func(ctx context.Context, tx *store.Tx, c *Change) error {
		m, err := s.message(ctx, tx, ticket, seq)
		if err != nil {
			return err
		}
		reason = shorten(reason, 1000)
		if m.Failure == reason {
			return nil
		}
		m.Failure = reason
		c.Messages = append(c.Messages, m)
		if reason == "" {
			c.Record(Changed, &Facts{Seq: seq, What: []string{"message.failure"}})
			return nil
		}
		c.Record(MessageFailed, &Facts{Seq: seq})
		return nil
	})
}

// says says whether a draft of this text may be the message's. Of one of which
// something was taken out nobody knows any more.
func (m *Message) says(text string) bool {
	text = store.CleanText(text)
	return m.Redacted != nil || m.Text == text || m.Form != nil && len(m.Form.Articles) > 0 && m.Form.Lead == text
}

// clear takes away what the message said.
func (m *Message) clear() {
	m.Text, m.HTML, m.Quoted, m.Page, m.Choices, m.Form = "", "", "", nil, nil, nil
}

// preview is the message as lists show it.
func (m *Message) preview() Preview {
	return Preview{Author: m.Author.Kind, Copied: m.FromCopy(), Text: shorten(m.Text, preview), Time: m.Time, Attachments: len(m.Attachments), Redacted: m.Redacted.whole()}
}

func shorten(s string, characters int) string {
	for i := range s {
		if characters == 0 {
			return s[:i]
		}
		characters--
	}
	return s
}
