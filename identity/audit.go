package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// What an entry of the audit log tells besides types of events.
const (
	AccessRead    = "access.read"    // looked at Subject
	AccessRefused = "access.refused" // may not: Permission says what, or isn't to see Subject
	AccessLost    = "access.lost"    // Count entries that nobody was there to store
)

// AuditEntry is a line of the audit log: who of staff, or which program of the host's,
// changed, looked at or was refused what.
type AuditEntry struct {
	ID         string // UUIDv7
	Time       time.Time
	Actor      event.Actor
	What       string // type of an event, or one of the Access constants
	Permission Permission
	Subject    string          // id of what it is about: of a ticket, an end user, "agent:ID", "team:ID" …
	Owner      string          // id of the end user whose data it is
	Reason     string          // behind an automatic decision
	Facts      json.RawMessage // of an event
	// Words are what people wrote, as old and new values of a field. An erasure takes
	// them away, and leaves the rest.
	Words json.RawMessage
	Count int
}

// AuditFilter chooses entries. The zero value is all of them.
type AuditFilter struct {
	Actor    event.Actor // by this one
	Subject  string      // about this one
	From, To time.Time   // From is included, To isn't
}

// Audit returns at most limit entries of the audit log, and no more than 200, the
// newest first, and the cursor of the next page. A page may have fewer than asked
// for, even none, and a cursor, as it looks at a bounded part of the log. It needs
// the permission Configure, and looking is an entry itself.
//
// The log has what agents and the host's programs do; what end users, bots and rules
// do stands in the histories of tickets. Changes are as durable as what they
// change. That somebody looked at something is stored within a second, once in ten
// minutes, and kept for KeepAccess.
func (s *Service) Audit(ctx context.Context, actor event.Actor, f AuditFilter, after string, limit int) (es []AuditEntry, next string, err error) {
	at, err := readAuditPlace(after)
	if err != nil {
		return nil, "", err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "audit", Read: true}); err != nil {
			return err
		}
		es, next, err = s.auditPage(ctx, tx, &f, at, pageSize(limit))
		return err
	})
	return es, next, err
}

// auditPlace is where a page ends in each of the two sources.
type auditPlace struct {
	Access string    `json:"a,omitempty"` // key of the last one
	At     time.Time `json:"t,omitzero"`  // and its time
	Event  string    `json:"e,omitempty"` // cursor
}

func readAuditPlace(cursor string) (p auditPlace, err error) {
	if cursor == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || json.Unmarshal(b, &p) != nil {
		return p, store.ErrCursor
	}
	return p, nil
}

func (p auditPlace) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // texts always can be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// auditRows is how many events a page looks at.
const auditRows = 1_000

// auditPage merges accesses and events by their ids, which are in order of time.
func (s *Service) auditPage(ctx context.Context, tx *store.Tx, f *AuditFilter, at auditPlace, limit int) (es []AuditEntry, next string, err error) {
	looked, err := s.accesses(ctx, tx, f, at, limit+1)
	if err != nil {
		return nil, "", err
	}
	if at.Event == "" && f.Subject == "" && !f.To.IsZero() {
		if at.Event, err = s.log.Until(ctx, tx, f.To); err != nil {
			return nil, "", err
		}
	}
	back := s.log.Back(f.Subject, at.Event)
	for seen := 0; len(es) < limit; {
		e, err := back.Peek(ctx, tx)
		if err != nil {
			return nil, "", err
		}
		if e != nil && !f.From.IsZero() && e.Time.Before(f.From) {
			e = nil
		}
		if len(looked) > 0 && (e == nil || looked[0].ID > e.ID) {
			es = append(es, looked[0].entry())
			at.Access, at.At, looked = looked[0].ID, looked[0].Time, looked[1:]
			continue
		}
		if e == nil {
			return es, "", nil
		}
		if seen++; seen > auditRows {
			break
		}
		back.Take()
		at.Event = back.Cursor()
		if f.fits(e) {
			es = append(es, entryOf(e))
		}
	}
	return es, at.String(), nil
}

// accesses returns the newest entries behind a place that no event tells.
func (s *Service) accesses(ctx context.Context, tx *store.Tx, f *AuditFilter, at auditPlace, limit int) (as []*accessEntry, err error) {
	q := store.By("time")
	switch {
	case f.Subject != "":
		q = store.By("subject", f.Subject)
	case f.Actor != event.Actor{}:
		q = store.By("actor", f.Actor.String())
	}
	if !f.From.IsZero() {
		q = q.From(f.From)
	}
	if !f.To.IsZero() {
		q = q.To(f.To)
	}
	if at.Access != "" {
		q = q.Behind(at.At, at.Access)
	}
	for a, err := range trailed.All(ctx, tx, q.Desc()) {
		if err != nil {
			return nil, err
		}
		if f.Actor != (event.Actor{}) && f.Actor != a.Actor {
			continue
		}
		if as = append(as, a); len(as) == limit {
			break
		}
	}
	return as, nil
}

// fits says whether an event is an entry of the audit log, and one that is asked for.
func (f *AuditFilter) fits(e *event.Event) bool {
	return (e.Actor.Kind == event.Agent || e.Actor.Kind == event.System && e.Reason == "") && // else the desk's own decision
		(f.Actor == event.Actor{} || f.Actor == e.Actor) && (f.To.IsZero() || e.Time.Before(f.To))
}

func entryOf(e *event.Event) AuditEntry {
	return AuditEntry{ID: e.ID, Time: e.Time, Actor: e.Actor, What: e.Type, Subject: e.Subject, Owner: e.Owner, Reason: e.Reason,
		Facts: e.Facts, Words: e.Personal}
}

func (a *accessEntry) entry() AuditEntry {
	return AuditEntry{ID: a.ID, Time: a.Time, Actor: a.Actor, What: a.What, Permission: a.Permission, Subject: a.Subject, Owner: a.Owner, Count: a.Count}
}
