package identity

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// EndUser returns the end user with this id, or store.ErrNotFound. Of one who was
// merged into another it returns that one, whose id is another.
func (s *Service) EndUser(ctx context.Context, id string) (u *EndUser, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err = follow(ctx, tx, id, driver.None)
		return err
	})
	return u, err
}

// Writer returns an end user for whom something is about to be written, and keeps
// him from being erased or merged until the transaction ends. Of one who was merged
// it returns the one who has taken over: what is written belongs to that id. Who was
// erased is store.ErrNotFound.
func (s *Service) Writer(ctx context.Context, tx *store.Tx, id string) (*EndUser, error) {
	return living(ctx, tx, id, store.Share)
}

// Unerased is Writer for what may be kept of somebody who isn't stored yet, too.
func (s *Service) Unerased(ctx context.Context, tx *store.Tx, id string) error {
	u, err := follow(ctx, tx, id, store.Share)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil && u.Erased {
		err = &store.Error{Op: "write for", Collection: endUsers.Name, Key: id, Err: store.ErrNotFound}
	}
	return err
}

// changeable is an end user who is about to be changed. Who was erased is
// store.ErrNotFound.
func (s *Service) changeable(ctx context.Context, tx *store.Tx, id string) (*EndUser, error) {
	return living(ctx, tx, id, store.ForUpdate)
}

func living(ctx context.Context, tx *store.Tx, id string, lock driver.Lock) (*EndUser, error) {
	return alive(follow(ctx, tx, id, lock))
}

// alive finds nobody in who was erased.
func alive(u *EndUser, err error) (*EndUser, error) {
	if err == nil && u.Erased {
		err = &store.Error{Op: "get", Collection: endUsers.Name, Key: u.ID, Err: store.ErrNotFound}
	}
	return u, err
}

// maxAliases is how far an alias is followed. A merge leads older ones anew, so that
// all are one step long.
const maxAliases = 10

// follow reads an end user, and for one who was merged the one who took over.
func follow(ctx context.Context, tx *store.Tx, id string, lock driver.Lock) (*EndUser, error) {
	return followBy(endUsers.Lock, ctx, tx, id, lock)
}

// followBy reads by Lock or LockShared.
func followBy(read func(context.Context, *store.Tx, string, driver.Lock) (*EndUser, error), ctx context.Context, tx *store.Tx, id string, lock driver.Lock) (*EndUser, error) {
	for range maxAliases {
		u, err := read(ctx, tx, id, lock)
		if err != nil || u.Merged == "" {
			return u, err
		}
		id = u.Merged
	}
	return nil, fmt.Errorf("end user %s: more than %d merges in a row", id, maxAliases)
}

// Aliases are the ids of end users who were merged into this one: what they wrote
// before bears their ids. There are at most 1,000.
func (s *Service) Aliases(ctx context.Context, tx *store.Tx, id string) (ids []string, err error) {
	for u, err := range endUsers.All(ctx, tx, store.By("merged", id)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}

// find looks a profile up by its user id, else by its email among those who have
// no user id: an email never opens the profile of another one. nil is nobody.
func (s *Service) find(ctx context.Context, tx *store.Tx, p Profile) (*EndUser, error) {
	if p.UserID != "" {
		if u, err := s.by(ctx, tx, "user_id", p.UserID); u != nil || err != nil {
			return u, err
		}
	}
	if p.Email == "" {
		return nil, nil
	}
	return s.by(ctx, tx, "lone_email", p.Email)
}

func (s *Service) by(ctx context.Context, tx *store.Tx, index, value string) (*EndUser, error) {
	for u, err := range endUsers.Scan(ctx, tx, store.By(index, indexed(value)).Limit(1)) {
		if err != nil {
			return nil, err
		}
		now, err := endUsers.Lock(ctx, tx, u.ID, store.ForUpdate)
		if err == nil && now.Merged != "" {
			return nil, store.ErrConflict // a moment ago: look again
		}
		if err == nil && now.Erased {
			return nil, nil // a moment ago: who comes is somebody new
		}
		return now, err
	}
	return nil, nil
}

// ByUserID returns the end user with the host's id, or store.ErrNotFound. The case
// of letters counts.
func (s *Service) ByUserID(ctx context.Context, userID string) (*EndUser, error) {
	return s.only(ctx, "user_id", userID)
}

// ByEmail returns the end user whom a login by this email, without a user id, opens,
// or store.ErrNotFound: the one who has no user id, and whose proven address it is,
// whatever its case.
func (s *Service) ByEmail(ctx context.Context, email string) (*EndUser, error) {
	return s.only(ctx, "lone_email", lower(strings.TrimSpace(email)))
}

// only is the one of whom a unique index has this value.
func (s *Service) only(ctx context.Context, index, value string) (u *EndUser, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if value != "" {
			for u, err = range endUsers.Scan(ctx, tx, store.By(index, indexed(value)).Limit(1)) {
				return err
			}
		}
		return &store.Error{Op: "get", Collection: endUsers.Name, Key: index, Err: store.ErrNotFound}
	})
	return u, err
}

// What leads the words of the index known_as.
const (
	byEmail    = "email="
	byPhone    = "phone="
	byIdentity = "identity="
	byName     = "name="
)

// maxNamed is how many characters of a name are in the index.
const maxNamed = 64

// knownAs are the words by which staff finds an end user, besides his user id.
func (u *EndUser) knownAs() (words []string) {
	if u.Email.Value != "" {
		words = append(words, byEmail+indexed(u.Email.Value))
	}
	if d := digits(u.Phone.Value); d != "" {
		words = append(words, byPhone+d)
	}
	for _, x := range u.Identities {
		words = append(words, byIdentity+x.Kind+":"+indexed(x.Value))
	}
	if u.Name != "" {
		words = append(words, byName+foldName(u.Name))
	}
	return words
}

func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, phone)
}

func foldName(name string) string {
	folded := []rune(strings.ToLower(name))
	return string(folded[:min(len(folded), maxNamed)])
}

// reading is one way to read what somebody searches for.
type reading struct {
	query store.Query
	fits  func(*EndUser) bool
}

// readings are the ways to read it, the surest first.
func readings(what string) (rs []reading) {
	rs = append(rs, reading{store.By("user_id", indexed(what)), func(u *EndUser) bool { return u.UserID == what }})
	word := func(w string) {
		rs = append(rs, reading{store.By("known_as", w), func(u *EndUser) bool { return has(u, w) }})
	}
	if a, err := mail.ParseAddress(what); err == nil && a.Address == what {
		word(byEmail + indexed(lower(what)))
	}
	if d := digits(what); len(what) <= MaxPhone && phonePattern.MatchString(what) {
		word(byPhone + d)
	}
	if kind, value, ok := strings.Cut(what, ":"); ok && keyPattern.MatchString(kind) && value != "" {
		word(byIdentity + kind + ":" + indexed(value))
	}
	if name := byName + foldName(what); utf8.RuneCountInString(what) >= 2 {
		rs = append(rs, reading{store.By("known_as").From(name).To(name + "\U0010ffff"), func(u *EndUser) bool { return hasPrefix(u, name) }})
	}
	return rs
}

func has(u *EndUser, word string) bool {
	for _, w := range u.knownAs() {
		if w == word {
			return true
		}
	}
	return false
}

func hasPrefix(u *EndUser, prefix string) bool {
	for _, w := range u.knownAs() {
		if strings.HasPrefix(w, prefix) {
			return true
		}
	}
	return false
}

// FindEndUsers returns at most limit end users, and no more than 200, for what staff
// types into a search field, and the cursor of the next page. It is a whole user id,
// a whole address (proven or claimed, whatever its case), a whole telephone number
// (digits count), a further identity as in shop:4711, or the beginning of a name of
// at least two characters, whatever its case. Who is found in several ways comes
// once. What is empty or longer than a user id is a *store.FieldError; while the index
// of an older desk is still being built the error is store.ErrIndexBuilding.
func (s *Service) FindEndUsers(ctx context.Context, actor event.Actor, what, after string, limit int) (us []*EndUser, next string, err error) {
	what = strings.TrimSpace(what)
	switch {
	case what == "" || !utf8.ValidString(what):
		return nil, "", &store.FieldError{Field: "what", Reason: "is an id, an address, a telephone number or a name"}
	case utf8.RuneCountInString(what) > MaxUserID:
		return nil, "", store.TooLong("what", MaxUserID)
	}
	rs := readings(what)
	first, cursor := 0, ""
	if after != "" {
		n, rest, _ := strings.Cut(after, ".")
		if first, err = strconv.Atoi(n); err != nil || first < 0 || first >= len(rs) {
			return nil, "", store.ErrCursor
		}
		cursor = rest
	}
	limit = pageSize(limit)
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		us, next = nil, ""
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: "end_users", Read: true}); err != nil {
			return err
		}
		us, next, err = findOn(ctx, tx, rs, first, cursor, limit)
		return err
	})
	return us, next, err
}

// findOn goes through the readings from one of them on, until the page is full.
func findOn(ctx context.Context, tx *store.Tx, rs []reading, first int, cursor string, limit int) (us []*EndUser, next string, err error) {
	for i := first; i < len(rs); i++ {
		for more := true; more; more = cursor != "" {
			if len(us) >= limit {
				return us, strconv.Itoa(i) + "." + cursor, nil
			}
			var page []*EndUser
			if page, cursor, err = endUsers.Page(ctx, tx, rs[i].query.Limit(limit-len(us)).After(cursor)); err != nil {
				return nil, "", err
			}
			for _, u := range page {
				if !foundBefore(rs[:i], u) {
					us = append(us, u)
				}
			}
		}
	}
	return us, "", nil
}

func foundBefore(rs []reading, u *EndUser) bool {
	for _, r := range rs {
		if r.fits(u) {
			return true
		}
	}
	return false
}
