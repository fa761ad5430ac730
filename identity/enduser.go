package identity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of an end user's data, in characters where not said otherwise.
const (
	MaxUserID     = 750
	MaxName       = 255
	MaxEmail      = 254
	MaxPhone      = 32
	MaxAttributes = 100 // number of them
	MaxIdentities = 20  // number of them
	maxAttribute  = 1000
)

// Contact is an address of an end user. Proven means that the host vouched for
// it, or that the end user showed that he reads it; otherwise it is a claim.
type Contact struct {
	Value  string `json:"value,omitempty"`
	Proven bool   `json:"proven,omitempty"`
}

// Identity is a further name under which an end user is known, as in a shop's
// customer number.
type Identity struct {
	Kind   string `json:"kind"`
	Value  string `json:"value"`
	Proven bool   `json:"proven,omitempty"`
}

// Attribute is something that the host says of an end user.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// EndUser is a customer.
type EndUser struct {
	ID           string      `json:"id"`                // UUIDv7
	UserID       string      `json:"user_id,omitempty"` // the host's; empty for who isn't known by one
	Email        Contact     `json:"email"`
	Name         string      `json:"name,omitempty"`
	Phone        Contact     `json:"phone"`
	Identities   []Identity  `json:"identities,omitempty"`
	Attributes   []Attribute `json:"attributes,omitempty"`   // in order of key
	Language     string      `json:"language,omitempty"`     // BCP 47
	Organisation string      `json:"organisation,omitempty"` // id of the one that he belongs to
	Erased       bool        `json:"erased,omitempty"`       // nothing may be written for him any more
	Merged       string      `json:"merged,omitempty"`       // id of the end user who has taken over all that was his
	Private      bool        `json:"private,omitempty"`      // under full privacy: name, addresses and the like aren't taken
	Bans         store.Rev   `json:"bans,omitempty"`         // of the list of bans, when one last named him: he may be free again
	Created      time.Time   `json:"created"`
	Updated      time.Time   `json:"updated"`
	Rev          store.Rev   `json:"-"`
}

// Known says whether the host, or a proven email, names the end user.
func (u *EndUser) Known() bool { return u.UserID != "" || u.Email.Proven }

// Display is what staff calls the end user: his name, else his address, else his
// user id, else Visitor.
func (u *EndUser) Display() string {
	return cmp.Or(u.Name, u.Email.Value, u.UserID, "Visitor")
}

var endUsers = &store.Collection[EndUser]{
	Name: "end_user",
	Key:  func(u *EndUser) string { return u.ID },
	Rev:  func(u *EndUser) *store.Rev { return &u.Rev },
	Columns: []store.Column[EndUser]{
		{Name: "user_id", Kind: store.Text, Of: func(u *EndUser) any { return indexed(u.UserID) }},
		{Name: "lone_email", Kind: store.Text, Of: func(u *EndUser) any {
			if u.UserID != "" || !u.Email.Proven {
				return nil // it opens nobody's profile
			}
			return indexed(u.Email.Value)
		}},
		{Name: "organisation", Kind: store.Text, Of: func(u *EndUser) any { return u.Organisation }},
		{Name: "merged", Kind: store.Text, Of: func(u *EndUser) any { return u.Merged }},
		{Name: "known_as", Kind: store.Texts, Of: func(u *EndUser) any { return u.knownAs() }},
	},
	Indexes: []store.Index{
		{Name: "user_id", On: []string{"user_id"}, Unique: true},
		{Name: "lone_email", On: []string{"lone_email"}, Unique: true},
		{Name: "organisation", On: []string{"organisation"}},
		{Name: "merged", On: []string{"merged"}},
		{Name: "known_as", On: []string{"known_as"}},
	},
	Views: []driver.SQLView{endUserView},
	// Form 2 says the same as form 1. It is there so that no program that doesn't
	// know Merged writes over it: one that comes back is refused.
	Version:  2,
	Upgrades: []store.Upgrade[EndUser]{store.UpgradeFrom(1, func(u *EndUser) (*EndUser, error) { return u, nil })},
	Older:    store.WriteAs(func(u *EndUser) *EndUser { return u }),
	Subjects: func(u *EndUser) []string {
		if u.Merged != "" {
			return []string{u.ID, u.Merged}
		}
		return []string{u.ID}
	},
	Erase: func(u *EndUser, _ string) bool {
		*u = EndUser{ID: u.ID, Merged: u.Merged, Erased: true, Created: u.Created, Updated: u.Updated, Rev: u.Rev}
		return true
	},
	Found: []store.Way{store.Under(""), store.InIndex("merged")},
}

// indexed is what an index holds of a text: 750 characters can be 3,000 bytes,
// which is more than an index takes.
func indexed(text string) string {
	if len(text) <= 500 {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Profile is what a host says of one of its users.
type Profile struct {
	UserID     string // required, or else Email
	Email      string
	Name       string
	Phone      string
	Language   string
	Identities []Identity
	Attributes []Attribute
	// Organisation is the external id of one that is there. Only a Directory's is
	// taken; elsewhere it is Belong that does it.
	Organisation string
	// Private puts him under full privacy; false leaves that as it is. What isn't
	// kept then is left out of the profile, and of what was known of him before.
	Private bool

	partly bool   // only user id and email are vouched for, the rest is a claim
	spoken string // language of the device, for who has none
}

// Save creates the end user with this profile's user id (or email), or changes
// what the profile fills in. A bad value is a *store.FieldError, and so is what isn't
// kept of an end user under full privacy.
func (s *Service) Save(ctx context.Context, actor event.Actor, p Profile) (u *EndUser, err error) {
	p, bad := p.clean()
	if len(bad) > 0 {
		return nil, bad[0]
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "end_user"}); err != nil {
			return err
		}
		var left []Warning
		if u, left, err = s.vouched(ctx, tx, actor, p); err == nil && len(left) > 0 {
			err = &store.FieldError{Field: left[0].Field, Reason: "isn't taken: the end user is under full privacy"}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// Claim takes name, email and phone as an end user says them of himself, or as
// staff or a bot heard them from him. It never replaces what is proven, nor the name
// that the host gave. What can't be taken comes back as warnings, and of a Private
// profile nothing personal is; nobody of this id is store.ErrNotFound.
func (s *Service) Claim(ctx context.Context, actor event.Actor, id string, p Profile) (ws []Warning, err error) {
	p, bad := p.clean()
	for _, e := range bad {
		if e.Field != "user_id" { // a claim has none
			ws = append(ws, Warning{e.Field, e.Reason})
		}
	}
	var left []Warning
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		left = nil // an earlier run may have left some
		p := p
		if err := s.mayClaim(ctx, tx, actor, id); err != nil {
			return err
		}
		u, err := s.changeable(ctx, tx, id)
		if err != nil {
			return err
		}
		if u.Private || p.Private {
			left = p.reduce()
		}
		was := *u
		if p.Name != "" && (u.Name == "" || !u.Known()) {
			u.Name = p.Name
		}
		if p.Email != "" && !u.Email.Proven {
			ban, err := s.banOf(ctx, tx, u, netip.Addr{})
			if err != nil {
				return err
			}
			if ban == nil || actor.Kind != event.EndUser { // nobody gets out of a ban by naming another address
				u.Email = Contact{Value: p.Email}
			}
		}
		if p.Phone != "" && !u.Phone.Proven {
			u.Phone = Contact{Value: p.Phone}
		}
		if was.Name == u.Name && was.Email == u.Email && was.Phone == u.Phone {
			return nil
		}
		return s.put(ctx, tx, actor, u, "end_user.changed")
	})
	return append(ws, left...), err
}

// mayClaim lets end users speak for themselves only.
func (s *Service) mayClaim(ctx context.Context, tx *store.Tx, actor event.Actor, id string) error {
	if actor.Kind != event.EndUser {
		return s.Authorize(ctx, tx, actor, Converse, On{Subject: id, Owner: id})
	}
	if actor.ID != id {
		return store.ErrNotFound
	}
	return nil
}

// put stores an end user with the event of the change.
func (s *Service) put(ctx context.Context, tx *store.Tx, actor event.Actor, u *EndUser, what string) error {
	if u.Private {
		u.reduce()
	}
	u.Updated = s.now()
	if u.Created.IsZero() {
		u.Created = u.Updated
	}
	if err := endUsers.Put(ctx, tx, u); err != nil {
		return err
	}
	e := &event.Event{Type: what, Subject: u.ID, Revision: int64(u.Rev), Owner: u.ID, Actor: actor}
	facts := struct {
		Known    bool   `json:"known"`
		Language string `json:"language,omitempty"`
	}{u.Known(), u.Language}
	type names struct {
		UserID string `json:"user_id,omitempty"`
		Name   string `json:"name,omitempty"`
		Email  string `json:"email,omitempty"`
		Phone  string `json:"phone,omitempty"`
	}
	if said := (names{u.UserID, u.Name, u.Email.Value, u.Phone.Value}); said != (names{}) {
		return s.record(ctx, tx, e, facts, said)
	}
	return s.record(ctx, tx, e, facts, nil)
}

// vouched finds or creates the end user whom the host names, and takes over what
// it says of him. left is what full privacy doesn't let it take.
func (s *Service) vouched(ctx context.Context, tx *store.Tx, actor event.Actor, p Profile) (u *EndUser, left []Warning, err error) {
	if p.Private {
		left = p.reduce() // an address opens nothing then
	}
	if p.UserID == "" && p.Email == "" {
		return nil, nil, &store.FieldError{Field: "user_id", Reason: "is missing: under full privacy an email names nobody"}
	}
	if u, err = s.find(ctx, tx, p); err != nil {
		return nil, nil, err
	}
	what := "end_user.changed"
	if u == nil {
		u, what = &EndUser{ID: s.log.IDs().New()}, "end_user.created"
	}
	was := *u
	if u.Private {
		left = append(left, p.reduce()...)
	}
	u.UserID = pick(p.UserID, u.UserID)
	if u.Name == "" || !p.partly {
		u.Name = pick(p.Name, u.Name)
	}
	u.Language = pick(p.Language, pick(u.Language, p.spoken))
	if p.Email != "" {
		u.Email = Contact{p.Email, true}
	}
	if p.Phone != "" && (!p.partly || !u.Phone.Proven) {
		u.Phone = Contact{p.Phone, !p.partly}
	}
	if p.Identities != nil {
		u.Identities = p.Identities
	}
	if p.Attributes != nil {
		u.Attributes = p.Attributes
	}
	switch {
	case p.Private && !u.Private && u.Rev > 0:
		err = s.protect(ctx, tx, actor, u)
	case u.Rev > 0 && was.same(u):
	default:
		u.Private = u.Private || p.Private
		err = s.put(ctx, tx, actor, u, what)
	}
	if errors.Is(err, store.ErrExists) {
		err = store.ErrConflict // another login was faster: look again
	}
	return u, left, err
}

func (u *EndUser) same(v *EndUser) bool {
	return u.UserID == v.UserID && u.Name == v.Name && u.Language == v.Language && u.Email == v.Email && u.Phone == v.Phone &&
		slices.Equal(u.Identities, v.Identities) && slices.Equal(u.Attributes, v.Attributes)
}

func pick(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

var (
	phonePattern    = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{3,}$`)
	languagePattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	keyPattern      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// clean brings a profile into its stored form, and leaves out what can't be
// taken. An unusable user id makes the whole profile unusable: bad[0] is about it.
func (p Profile) clean() (_ Profile, bad []*store.FieldError) {
	refuse := func(field, reason string, limit int) {
		bad = append(bad, &store.FieldError{Field: field, Reason: reason, Limit: limit})
	}
	text := func(field string, v *string, limit int) {
		valid := utf8.ValidString(*v) // Map would hide it
		*v = strings.TrimSpace(strings.Map(visible, *v))
		if utf8.RuneCountInString(*v) > limit || !valid || strings.ContainsFunc(*v, unicode.IsControl) {
			refuse(field, "has to be printable text of at most "+strconv.Itoa(limit)+" characters", limit)
			*v = ""
		}
	}
	if p.UserID == "" && p.Email == "" {
		refuse("user_id", "is missing, and so is the email", 0)
	}
	if p.UserID != "" && (utf8.RuneCountInString(p.UserID) > MaxUserID || !utf8.ValidString(p.UserID) || strings.TrimSpace(p.UserID) != p.UserID || strings.ContainsFunc(p.UserID, unicode.IsControl)) {
		refuse("user_id", "has to be printable text of at most 750 characters with no spaces around it", MaxUserID)
	}
	text("name", &p.Name, MaxName)
	if p.Email != "" {
		a, err := mail.ParseAddress(p.Email)
		switch {
		case err != nil || a.Address != strings.TrimSpace(p.Email):
			refuse("email", "isn't an email address", 0)
			p.Email = ""
		case len(a.Address) > MaxEmail:
			refuse("email", "at most 254 characters", MaxEmail)
			p.Email = ""
		default:
			p.Email = lower(a.Address)
		}
	}
	p.Phone = strings.TrimSpace(p.Phone)
	if p.Phone != "" && (len(p.Phone) > MaxPhone || !phonePattern.MatchString(p.Phone)) {
		refuse("phone", "isn't a telephone number", MaxPhone)
		p.Phone = ""
	}
	if p.Language != "" && !languagePattern.MatchString(p.Language) {
		refuse("language", "isn't a language tag, as in pt-BR", 0)
		p.Language = ""
	}
	p.Identities, bad = cleanIdentities(p.Identities, bad)
	p.Attributes, bad = cleanAttributes(p.Attributes, bad)
	return p, bad
}

// visible drops marks that change the direction of text, and such as nobody sees:
// with them one name can be made to look like another.
func visible(r rune) rune {
	if unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r == '\u2060' || r == '\ufeff' {
		return -1
	}
	return r
}

func cleanIdentities(in []Identity, bad []*store.FieldError) ([]Identity, []*store.FieldError) {
	var out []Identity
	if in != nil {
		out = []Identity{} // an empty list takes all away
	}
	for _, x := range in {
		if len(out) == MaxIdentities || !keyPattern.MatchString(x.Kind) || x.Value == "" || utf8.RuneCountInString(x.Value) > MaxUserID {
			bad = append(bad, &store.FieldError{Field: "identities." + x.Kind, Reason: "needs a kind in lower case and a value; at most 20 of them", Limit: MaxIdentities})
			continue
		}
		out = append(out, x)
	}
	return out, bad
}

func cleanAttributes(in []Attribute, bad []*store.FieldError) ([]Attribute, []*store.FieldError) {
	var out []Attribute
	if in != nil {
		out = []Attribute{}
	}
	for _, x := range in {
		if len(out) == MaxAttributes || !keyPattern.MatchString(x.Key) || utf8.RuneCountInString(x.Value) > maxAttribute {
			bad = append(bad, &store.FieldError{Field: "attributes." + x.Key, Reason: "needs a key in lower case and a value of at most 1000 characters; at most 100 of them", Limit: MaxAttributes})
			continue
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Attribute) int { return strings.Compare(a.Key, b.Key) })
	return out, bad
}
