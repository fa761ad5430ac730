package labels

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Verdict is what models said of a ticket, and what became of it.
type Verdict struct {
	Ticket     string    `json:"ticket"`
	Scope      Scope     `json:"scope,omitzero"` // app and language of the ticket
	Version    string    `json:"version,omitempty"`
	Said       string    `json:"said,omitempty"` // "": it abstained
	Best       string    `json:"best,omitempty"` // the likeliest label
	Confidence float64   `json:"confidence,omitempty"`
	Shadow     string    `json:"shadow,omitempty"` // version that predicted beside it
	ShadowSaid string    `json:"shadow_said,omitempty"`
	Time       time.Time `json:"time"`
	Settled    bool      `json:"settled,omitempty"` // the ticket was closed,
	Final      string    `json:"final,omitempty"`   // with this label
	Rev        store.Rev `json:"-"`
}

var verdicts = &store.Collection[Verdict]{
	Name:       "label_verdict",
	Key:        func(v *Verdict) string { return v.Ticket },
	Rev:        func(v *Verdict) *store.Rev { return &v.Rev },
	Impersonal: "holds ids and labels",
}

const verdictSubject = "label_verdict:"

// put stores what was said, and returns the event that tells of it.
func (v *Verdict) put(ctx context.Context, tx *store.Tx, what string) (*event.Event, error) {
	if err := verdicts.Put(ctx, tx, v); err != nil {
		return nil, err
	}
	return record(what, verdictSubject+v.Ticket, v.Rev, system(), v.facts())
}

func (v *Verdict) facts() Facts {
	return Facts{Version: v.Version, App: v.Scope.App, Language: v.Scope.Language, Said: v.Said, Best: v.Best, Confidence: v.Confidence,
		Shadow: v.Shadow, ShadowSaid: v.ShadowSaid, Final: v.Final, At: v.Time}
}

// react is the reactor: it labels what got its first text late, and learns from what
// people make of labels.
func (s *Service) react(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		var err error
		switch e.Type {
		case ticket.MessageAdded, ticket.Changed:
			var f ticket.Facts
			if err := e.Payload(&f); err != nil {
				return err
			}
			if e.Type == ticket.MessageAdded {
				err = s.late(ctx, tx, e, &f)
			} else if slices.Contains(f.What, "label") {
				err = s.settle(ctx, tx, e.Subject)
			}
		case ticket.Resolved, ticket.Rejected:
			err = s.settle(ctx, tx, e.Subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settle notes with which label a ticket was closed, and again where that changes later.
func (s *Service) settle(ctx context.Context, tx *store.Tx, id string) error {
	v, err := verdicts.Lock(ctx, tx, id, store.ForUpdate)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	t, err := s.Tickets.In(tx).Get(ctx, system(), id)
	if missing(err) || err == nil && (t.Status.Open() || t.Erased || t.Merged != nil) {
		return nil
	}
	if err != nil {
		return err
	}
	final := ""
	if t.Label != nil {
		final = t.Label.Name
	}
	if v.Settled && v.Final == final {
		return nil
	}
	again, was := v.Settled, v.Final
	v.Settled, v.Final = true, final
	if err := verdicts.Put(ctx, tx, v); err != nil {
		return err
	}
	f := v.facts()
	f.Again, f.WasFinal = again, was
	e, err := record(Settled, verdictSubject+id, v.Rev, system(), f)
	if err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, e)
}
