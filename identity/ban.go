package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of bans.
const (
	MaxBans      = 10_000 // of a desk, those that have ended and aren't swept yet included
	MaxBanReason = 500    // characters
)

// BanKind says what a ban goes by.
type BanKind string

// The kinds of ban.
const (
	BanEndUser BanKind = "end_user" // the id of an end user
	BanUserID  BanKind = "user_id"  // the host's id of its user
	BanEmail   BanKind = "email"    // an address, proven or claimed
	BanDomain  BanKind = "domain"   // the domain of an address, and those below it
	BanIP      BanKind = "ip"       // an IP address, or a network as in 203.0.113.0/24
)

// Ban keeps an end user from writing to the desk. What staff writes to him isn't
// kept from him, and he reads what is there.
type Ban struct {
	ID     string  `json:"id"` // UUIDv7
	Kind   BanKind `json:"kind"`
	Value  string  `json:"value,omitempty"` // empty after an erasure; the ban holds all the same
	Reason string  `json:"reason,omitempty"`
	// EndUser is whose ban it is, if it is known: his data goes with him when he is
	// erased.
	EndUser string      `json:"end_user,omitempty"`
	Team    string      `json:"team,omitempty"` // whose supervisor may lift it; "" is the admins'
	By      event.Actor `json:"by"`
	Created time.Time   `json:"created"`
	Until   time.Time   `json:"until"`          // zero: without an end
	Match   string      `json:"match"`          // hash of kind and value; unique
	Bits    int         `json:"bits,omitempty"` // of a network, once its value is erased
	Rev     store.Rev   `json:"-"`
}

// holds says whether the ban hasn't ended.
func (b *Ban) holds(now time.Time) bool { return b.Until.IsZero() || now.Before(b.Until) }

// BannedError says that a sender is banned. It doesn't say why: what staff wrote of
// him isn't his to read.
type BannedError struct {
	Ban   string    // its id
	Until time.Time // zero: without an end
}

func (e *BannedError) Error() string { return "this sender is banned" }

var bans = &store.Collection[Ban]{
	Name: "ban",
	Key:  func(b *Ban) string { return b.ID },
	Rev:  func(b *Ban) *store.Rev { return &b.Rev },
	Columns: []store.Column[Ban]{
		{Name: "match", Kind: store.Text, Of: func(b *Ban) any { return b.Match }},
		{Name: "until", Kind: store.Time, Of: func(b *Ban) any { return b.Until }},
		{Name: "end_user", Kind: store.Text, Of: func(b *Ban) any { return b.EndUser }},
	},
	Indexes: []store.Index{{Name: "match", On: []string{"match"}, Unique: true}, {Name: "until", On: []string{"until"}},
		{Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(b *Ban) []string {
		if b.EndUser == "" {
			return nil
		}
		return []string{b.EndUser}
	},
	Erase: func(b *Ban, _ string) bool {
		if p, err := netip.ParsePrefix(b.Value); b.Kind == BanIP && err == nil {
			b.Bits = p.Bits()
		}
		b.Value, b.Reason, b.EndUser = "", "", ""
		return true
	},
	Found: []store.Way{store.InIndex("end_user")},
}

// Ban keeps somebody from writing: b says who by kind and value, why, for how long,
// and whose ban it is where staff knows. The same one again is store.ErrExists, an
// end user who isn't there store.ErrNotFound, a bad value a *store.FieldError.
//
// A ban of an end user or of a user id ends what he is sending at this moment, too;
// any other holds for what is sent later. It needs the permission Organise for the
// ban's team; a supervisor who leads one team needn't name it.
func (s *Service) Ban(ctx context.Context, actor event.Actor, b Ban) (*Ban, error) {
	var err error
	if b.Value, err = cleanBan(b.Kind, b.Value); err != nil {
		return nil, err
	}
	switch {
	case utf8.RuneCountInString(b.Reason) > MaxBanReason:
		return nil, store.TooLong("ban.reason", MaxBanReason)
	case !b.holds(s.now()):
		return nil, &store.FieldError{Field: "ban.until", Reason: "has passed"}
	}
	given := b
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		b = given
		b.ID, b.By, b.Created, b.Match, b.Rev = s.log.IDs().New(), actor, s.now(), matchOf(b.Kind, b.Value), 0
		return s.addBan(ctx, tx, actor, &b)
	})
	if err != nil {
		return nil, err
	}
	return &b, nil
}

func (s *Service) addBan(ctx context.Context, tx *store.Tx, actor event.Actor, b *Ban) error {
	var err error
	if b.Team, err = s.TeamFor(ctx, tx, actor, b.Team); err != nil {
		return err
	}
	if err := s.Organises(ctx, tx, actor, "ban:"+b.ID, b.Team, b.Team); err != nil {
		return err
	}
	if b.Kind == BanEndUser { // of one who was merged, it is the one who took over who writes
		u, err := follow(ctx, tx, b.Value, driver.None)
		if err != nil {
			return err
		}
		b.Value, b.Match = u.ID, matchOf(b.Kind, u.ID)
	}
	h, err := lockBanHead(ctx, tx)
	if err != nil {
		return err
	}
	for old, err := range bans.Scan(ctx, tx, store.By("match", b.Match).Limit(1)) {
		if err != nil {
			return err
		}
		if old.holds(s.now()) {
			return &store.Error{Op: "ban", Collection: "ban", Key: old.ID, Err: store.ErrExists}
		}
		if err := s.removeBan(ctx, tx, event.Actor{Kind: event.System}, h, old); err != nil {
			return err
		}
	}
	if h.Count >= MaxBans {
		return &store.FieldError{Field: "ban", Reason: "there are 10000 bans: lift some first", Limit: MaxBans}
	}
	h.Count++
	if err := s.moveBanHead(ctx, tx, h); err != nil {
		return err
	}
	if err := s.stop(ctx, tx, actor, b, h); err != nil {
		return err
	}
	if err := bans.Put(ctx, tx, b); err != nil {
		return err
	}
	facts := struct {
		Kind  BanKind   `json:"kind"`
		Until time.Time `json:"until,omitzero"`
	}{b.Kind, b.Until}
	return s.record(ctx, tx, &event.Event{Type: "ban.created", Subject: "ban:" + b.ID, Revision: int64(b.Rev), Owner: b.EndUser, Actor: actor}, facts, nil)
}

// stop finds the end user whom a ban names. His document is the root on which what
// he sends relies: it moves, so that who sends at this moment waits, and then finds
// in it how new a list he has to look at.
func (s *Service) stop(ctx context.Context, tx *store.Tx, actor event.Actor, b *Ban, h *banHead) error {
	var u *EndUser
	var err error
	switch b.Kind {
	case BanEndUser:
		if u, err = endUsers.Lock(ctx, tx, b.Value, store.ForUpdate); err == nil && u.Merged != "" {
			err = store.ErrConflict // a moment ago: look again
		}
	case BanUserID:
		u, err = s.by(ctx, tx, "user_id", b.Value)
	case BanEmail:
		if u, err = s.by(ctx, tx, "lone_email", b.Value); u == nil && err == nil && b.EndUser != "" {
			u, err = follow(ctx, tx, b.EndUser, store.ForUpdate)
		}
	}
	if err != nil {
		return err
	}
	if u == nil {
		if b.EndUser != "" { // nothing is kept of who was erased
			err = s.Unerased(ctx, tx, b.EndUser)
		}
		return err
	}
	if u.Erased {
		return store.ErrNotFound
	}
	b.EndUser, u.Bans = u.ID, h.Rev
	return s.put(ctx, tx, actor, u, "end_user.banned")
}

// Lift ends a ban: what is sent from now on is taken. One that isn't there is
// store.ErrNotFound.
func (s *Service) Lift(ctx context.Context, actor event.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		h, err := lockBanHead(ctx, tx)
		if err != nil {
			return err
		}
		b, err := bans.Lock(ctx, tx, id, store.ForUpdate)
		missing := errors.Is(err, store.ErrNotFound)
		if missing {
			b = &Ban{}
		} else if err != nil {
			return err
		}
		if err := s.Authorize(ctx, tx, actor, Organise, On{Subject: "ban:" + id, Owner: b.EndUser, Team: b.Team}); err != nil {
			return err
		}
		if missing {
			return err
		}
		if err := s.removeBan(ctx, tx, actor, h, b); err != nil {
			return err
		}
		return s.moveBanHead(ctx, tx, h)
	})
}

// removeBan deletes a ban, of which the log keeps that it was. The caller moves the
// head.
func (s *Service) removeBan(ctx context.Context, tx *store.Tx, actor event.Actor, h *banHead, b *Ban) error {
	e := &event.Event{Type: "ban.lifted", Subject: "ban:" + b.ID, Revision: int64(b.Rev) + 1, Owner: b.EndUser, Actor: actor}
	if err := bans.Delete(ctx, tx, b); err != nil {
		return err
	}
	h.Count--
	return s.record(ctx, tx, e, nil, nil)
}

// Bans returns at most limit bans, and no more than 200, the oldest first, and the
// cursor of the next page. Those that have ended are listed until they are swept.
func (s *Service) Bans(ctx context.Context, actor event.Actor, after string, limit int) (bs []*Ban, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: "bans", Read: true}); err != nil {
			return err
		}
		bs, next, err = bans.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return bs, next, err
}

// SweepBans lifts bans that have ended, and forgets what banned senders wrote more
// than 30 days before now. It says how much went, and is run by the desk's
// housekeeping.
func (s *Service) SweepBans(ctx context.Context, now time.Time) (n int, err error) {
	swept, err := s.sweepBans(ctx, now)
	forgotten, also := withheld.Sweep(ctx, s.db, store.By("time").To(now.Add(-KeepWithheld)))
	if err = cmp.Or(err, also); err != nil {
		err = fmt.Errorf("sweep bans: %w", err)
	}
	return swept + forgotten, err
}

func (s *Service) sweepBans(ctx context.Context, now time.Time) (n int, err error) {
	for {
		var ended []*Ban
		err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			ended, _, err = bans.Page(ctx, tx, store.By("until").To(now).Limit(sweepPage))
			return err
		})
		if err != nil || len(ended) == 0 {
			return n, err
		}
		for _, b := range ended {
			err := s.Lift(ctx, event.Actor{Kind: event.System}, b.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return n, err
			}
			n++
		}
	}
}

// sweepPage is how much a sweep takes at a time.
const sweepPage = 100
