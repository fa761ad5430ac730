package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// State is what became of a mail that was received.
type State string

// The states.
const (
	StateWaiting   State = "waiting"   // it is going to be processed
	StateDone      State = "done"      // it is a message or a note of a ticket
	StateHeld      State = "held"      // in quarantine, for a Reason: staff decides
	StateDuplicate State = "duplicate" // of First
	StateIgnored   State = "ignored"   // the desk had sent it itself
	StateReport    State = "report"    // it told what became of a mail that the desk had sent
	StateBanned    State = "banned"    // identity.Service.Withheld has what it said
	StateDiscarded State = "discarded" // by staff, out of quarantine
	StateErased    State = "erased"    // with its end user, or its ticket; it only keeps its copies from coming back
)

// Reason says why a mail is held.
type Reason string

// The reasons.
const (
	ReasonUnreadable Reason = "unreadable" // it is no mail, has no sender, or more of something than is read
	ReasonFailed     Reason = "failed"     // by Error, several times
	ReasonAutomatic  Reason = "automatic"  // a program wrote it, and it belongs to no ticket
	ReasonRate       Reason = "rate"       // its sender wrote too much in an hour
	ReasonReport     Reason = "report"     // it tells of a mail that the desk doesn't know
	ReasonTooLarge   Reason = "too large"  // it isn't here, and stays where it was; Error says where
)

// Received is a mail that came in, as staff sees it.
type Received struct {
	ID     string `json:"id"`
	State  State  `json:"state"`
	Reason Reason `json:"reason,omitempty"` // of a held one
	// Error is why it couldn't be processed, or by what it is seen that a program wrote it;
	// at most 1,000 characters.
	Error   string `json:"error,omitempty"`
	Source  string `json:"source"`         // see Envelope
	From    string `json:"from,omitempty"` // address of who wrote it, as its header says; it proves nothing
	Subject string `json:"subject,omitempty"`
	// MessageID is what the mail is named by its sender, without < and >; "" if it
	// isn't.
	MessageID string    `json:"message_id,omitempty"`
	Size      int64     `json:"size"` // bytes of all of it
	Time      time.Time `json:"time"` // when it was received
	// Problems are what of it isn't in the message, in English. What was broken in the mail
	// itself is in those of Whole.
	Problems []string `json:"problems,omitempty"`

	Ticket  string `json:"ticket,omitempty"`   // that it went to
	Seq     int64  `json:"seq,omitempty"`      // of its message or note there; of a report that of the message that was sent
	EndUser string `json:"end_user,omitempty"` // who wrote it, once that is known
	First   string `json:"first,omitempty"`    // of a duplicate: the one that counts

	// Envelope.
	Sender string     `json:"sender,omitempty"`
	Null   bool       `json:"null,omitempty"`
	To     []string   `json:"to,omitempty"`
	IP     netip.Addr `json:"ip,omitzero"`

	Blob     string    `json:"blob,omitempty"`     // the mail as it was received; "" when it is kept no longer
	Writer   string    `json:"writer,omitempty"`   // pseudonym of From
	Twin     string    `json:"twin,omitempty"`     // the same of two copies of a mail
	Fleeting bool      `json:"fleeting,omitempty"` // Twin tells copies for some days only
	Message  string    `json:"message,omitempty"`  // ticket.Message.ID of its message or note
	Owner    string    `json:"owner,omitempty"`    // end user of its ticket, where he is another one
	Files    []string  `json:"files,omitempty"`    // uploads of its attachments, until the message has them
	Uploaded bool      `json:"uploaded,omitempty"` // Files are all there are
	Tries    int       `json:"tries,omitempty"`    // how often it was enqueued besides the first time
	LetIn    bool      `json:"let_in,omitempty"`   // staff wants it taken as a person's
	HeldAt   time.Time `json:"held_at"`
	Rev      store.Rev `json:"-"`
}

// people are the end users whose data the mail is.
func (d *Received) people() []string {
	var ids []string
	for _, id := range []string{d.EndUser, d.Owner} {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// counts says whether the mail is one of those that its sender may write in an hour.
func (d *Received) counts() bool {
	return d.Writer != "" && !slices.Contains([]State{StateDuplicate, StateIgnored, StateReport, StateErased}, d.State)
}

// first says whether copies of the mail are duplicates of it.
func (d *Received) first() bool { return d.State != StateWaiting && d.State != StateDuplicate }

// missed says whether the mail itself isn't here.
func (d *Received) missed() bool { return d.State == StateHeld && d.Reason == ReasonTooLarge }

// shown is the mail as an export shows it.
func (d *Received) shown() any {
	_, name, _ := d.File()
	return struct {
		ID        string    `json:"id"`
		State     State     `json:"state"`
		From      string    `json:"from,omitempty"`
		Subject   string    `json:"subject,omitempty"`
		MessageID string    `json:"message_id,omitempty"`
		Ticket    string    `json:"ticket,omitempty"`
		Seq       int64     `json:"seq,omitempty"`
		Time      time.Time `json:"time"`
		File      string    `json:"file"` // in an archive
	}{d.ID, d.State, d.From, d.Subject, d.MessageID, d.Ticket, d.Seq, d.Time, "files/" + name}
}

// File is where an erasure or an export finds the mail as it was received, and what an
// archive calls it.
func (d *Received) File() (id, name string, own bool) { return d.Blob, d.ID + ".eml", true }

// strip takes out whom the mail names and what it says, where it has no end user with whom
// that would go, or one of whom nothing of the kind is kept.
func (d *Received) strip() {
	d.From, d.Sender, d.To, d.IP, d.Subject, d.MessageID, d.Problems, d.Error = "", "", nil, netip.Addr{}, "", "", nil, ""
}

// forget leaves of a mail that it was here, and what its copies are known by.
func (d *Received) forget() {
	*d = Received{ID: d.ID, State: StateErased, Source: d.Source, Time: d.Time, Twin: d.Twin, Fleeting: d.Fleeting, Tries: d.Tries, Rev: d.Rev}
}

var receiveds = &store.Collection[Received]{
	Name: "email_received",
	Key:  func(d *Received) string { return d.ID },
	Rev:  func(d *Received) *store.Rev { return &d.Rev },
	Columns: []store.Column[Received]{
		{Name: "held", Kind: store.Time, Of: func(d *Received) any {
			if d.State != StateHeld {
				return nil
			}
			return d.HeldAt
		}},
		{Name: "twin", Kind: store.Text, Of: func(d *Received) any {
			if !d.first() {
				return nil
			}
			return d.Twin
		}},
		{Name: "writer", Kind: store.Text, Of: func(d *Received) any {
			if !d.counts() {
				return nil
			}
			return d.Writer
		}},
		{Name: "time", Kind: store.Time, Of: func(d *Received) any { return d.Time }},
		{Name: "message", Kind: store.Text, Of: func(d *Received) any { return d.Message }},
		{Name: "blob", Kind: store.Text, Of: func(d *Received) any { return d.Blob }},
		{Name: "people", Kind: store.Texts, Of: func(d *Received) any { return d.people() }},
	},
	Indexes: []store.Index{{Name: "held", On: []string{"held"}}, {Name: "twin", On: []string{"twin"}, Unique: true}, {Name: "writer", On: []string{"writer", "time"}},
		{Name: "message", On: []string{"message"}}, {Name: "blob", On: []string{"blob"}}, {Name: "people", On: []string{"people"}}},
	Subjects: (*Received).people,
	Erase: func(d *Received, _ string) bool {
		d.forget()
		return true
	},
	Found: []store.Way{store.InIndex("people")},
	Show: func(d *Received, subjects []string) any {
		if d.EndUser != "" && !slices.Contains(subjects, d.EndUser) {
			return nil // somebody in copy wrote it
		}
		return d.shown()
	},
}

// pseudonym is a name for something that nobody can turn back without the desk's key.
func (s *Service) pseudonym(purpose string, parts ...string) string {
	sum := sha256.Sum256([]byte(s.People.Sign(purpose, parts...)))
	return hex.EncodeToString(sum[:])
}

// keepsFile says whether a blob is a mail as it was received, which no sweep removes.
func (s *Service) keepsFile(ctx context.Context, id string) (keeps bool, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := receiveds.Count(ctx, tx, store.By("blob", id).Limit(1))
		keeps = n > 0
		return err
	})
	return keeps, err
}

// drop takes the mail as it was received from a document that is about to be put. The
// blob goes once that is durable; a process that dies just then leaves it to the sweep.
func (s *Service) drop(tx *store.Tx, d *Received) {
	id := d.Blob
	if d.Blob = ""; id == "" {
		return
	}
	tx.After(func() {
		// The context at hand carries the transaction, which is over.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Blobs.Delete(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			s.log.WarnContext(ctx, "a mail is left to the sweep", "file", id, "error", err)
		}
	})
}
