package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// banHead moves with every change of the list of bans: who sends reads it, and
// the list itself only when it has changed.
type banHead struct {
	Mark  string    `json:"mark"` // of this state of the list, and of no other, a rolled back one included
	Count int       `json:"count"`
	Rev   store.Rev `json:"-"`
}

const banHeadKey = "desk"

var banHeads = &store.Collection[banHead]{
	Name:       "ban_list",
	Key:        func(*banHead) string { return banHeadKey },
	Rev:        func(h *banHead) *store.Rev { return &h.Rev },
	Impersonal: "holds a random mark and a number",
}

func lockBanHead(ctx context.Context, tx *store.Tx) (*banHead, error) {
	h, err := banHeads.Lock(ctx, tx, banHeadKey, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		return &banHead{}, nil
	}
	return h, err
}

func (s *Service) moveBanHead(ctx context.Context, tx *store.Tx, h *banHead) error {
	h.Mark = s.log.IDs().New()
	err := banHeads.Put(ctx, tx, h)
	if errors.Is(err, store.ErrExists) {
		return store.ErrConflict // the desk's first two bans at once: look again
	}
	return err
}

// banList is the list in memory, as of a mark.
type banList struct {
	mark  string
	kinds map[BanKind]int // how many there are
	named map[string]*Ban // by match
	nets  map[int]int     // how many networks there are of so many bits
}

// find returns a ban of the end user or of the address that he sends from, or nil.
func (l *banList) find(u *EndUser, from netip.Addr, now time.Time) *Ban {
	look := func(k BanKind, value string) *Ban {
		if l.kinds[k] == 0 || value == "" {
			return nil
		}
		if b := l.named[matchOf(k, value)]; b != nil && b.holds(now) {
			return b
		}
		return nil
	}
	for _, x := range []struct {
		kind  BanKind
		value string
	}{{BanEndUser, u.ID}, {BanUserID, u.UserID}, {BanEmail, u.Email.Value}} {
		if b := look(x.kind, x.value); b != nil {
			return b
		}
	}
	_, domain, _ := strings.Cut(u.Email.Value, "@")
	for ; strings.Contains(domain, "."); _, domain, _ = strings.Cut(domain, ".") {
		if b := look(BanDomain, domain); b != nil {
			return b
		}
	}
	from = from.Unmap().WithZone("")
	for bits := range l.nets {
		if p, err := from.Prefix(bits); err == nil {
			if b := look(BanIP, p.String()); b != nil {
				return b
			}
		}
	}
	return nil
}

// listBans returns the list, which is at least as new as a revision of its head;
// nil is an empty one.
func (s *Service) listBans(ctx context.Context, tx *store.Tx, least store.Rev) (*banList, error) {
	h, err := banHeads.Shared(ctx, tx, banHeadKey)
	if tx.Writable() && least > 0 && (errors.Is(err, store.ErrNotFound) || err == nil && h.Rev < least) {
		h, err = banHeads.Lock(ctx, tx, banHeadKey, store.Share) // it was read before the end user was
	}
	if errors.Is(err, store.ErrNotFound) || err == nil && h.Count == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if l := s.banned.Load(); l != nil && l.mark == h.Mark {
		return l, nil
	}
	l := &banList{h.Mark, map[BanKind]int{}, map[string]*Ban{}, map[int]int{}}
	for b, err := range bans.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return nil, err
		}
		l.kinds[b.Kind]++
		l.named[b.Match] = b
		if p, err := netip.ParsePrefix(b.Value); b.Kind == BanIP && err == nil {
			l.nets[p.Bits()]++
		} else if b.Kind == BanIP {
			l.nets[b.Bits]++ // its value was erased
		}
	}
	s.banned.Store(l)
	return l, nil
}

// Sender is Writer for what an end user sends himself, from an address if it is
// known. Who is banned, by whatever kind of ban, is a *BannedError. A ban by email
// or domain goes by the address that he has now, proven or claimed. Others get the same
// *EndUser: it is for reading.
func (s *Service) Sender(ctx context.Context, tx *store.Tx, id string, from netip.Addr) (*EndUser, error) {
	u, err := alive(followBy(endUsers.LockShared, ctx, tx, id, store.Share))
	if err != nil {
		return nil, err
	}
	if b, err := s.banOf(ctx, tx, u, from); err != nil {
		return nil, err
	} else if b != nil {
		return nil, &BannedError{Ban: b.ID, Until: b.Until}
	}
	return u, nil
}

func (s *Service) banOf(ctx context.Context, tx *store.Tx, u *EndUser, from netip.Addr) (*Ban, error) {
	l, err := s.listBans(ctx, tx, u.Bans)
	if l == nil || err != nil {
		return nil, err
	}
	return l.find(u, from, s.now()), nil
}

// WantBans is what Sender reads besides what Want names, for reading ahead.
func (s *Service) WantBans() store.Want { return banHeads.Want(banHeadKey, 0) }

// BanOf returns a ban that keeps this end user from writing from an address, which
// may be the zero Addr, or nil if there is none. Staff may ask of everybody, end
// users of themselves.
func (s *Service) BanOf(ctx context.Context, actor event.Actor, endUser string, from netip.Addr) (b *Ban, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.mayClaim(ctx, tx, actor, endUser); err != nil {
			return err
		}
		u, err := follow(ctx, tx, endUser, driver.None)
		if errors.Is(err, store.ErrNotFound) {
			u, err = &EndUser{ID: endUser}, nil // he has done nothing yet
		}
		if err == nil {
			b, err = s.banOf(ctx, tx, u, from)
		}
		return err
	})
	return b, err
}

// matchOf is by what a ban is found: it stays when the value is erased.
func matchOf(k BanKind, value string) string {
	sum := sha256.Sum256([]byte(string(k) + "\n" + value))
	return hex.EncodeToString(sum[:])
}

var domainPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// Networks wider than that hold half the world.
const (
	minBits4 = 8
	minBits6 = 16
)

// cleanBan brings a ban's value into the form in which it is compared.
func cleanBan(k BanKind, v string) (string, error) {
	bad := func(reason string, limit int) (string, error) {
		return "", &store.FieldError{Field: "ban.value", Reason: reason, Limit: limit}
	}
	if k != BanUserID {
		v = strings.TrimSpace(v)
	}
	switch k {
	case BanEndUser:
		if v == "" || len(v) > maxID {
			return bad("is an end user's id", maxID)
		}
	case BanUserID:
		if v == "" || utf8.RuneCountInString(v) > MaxUserID || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
			return bad("is printable text of at most 750 characters", MaxUserID)
		}
	case BanEmail:
		a, err := mail.ParseAddress(v)
		if err != nil || a.Address != v || len(v) > MaxEmail {
			return bad("is an email address of at most 254 characters", MaxEmail)
		}
		v = lower(v)
	case BanDomain:
		v = lower(strings.TrimPrefix(v, "@"))
		if len(v) > 253 || !domainPattern.MatchString(v) {
			return bad("is a domain of at most 253 characters, as in example.com", 253)
		}
	case BanIP:
		p, err := netip.ParsePrefix(v)
		if a, alone := netip.ParseAddr(v); alone == nil {
			a = a.Unmap()
			p, err = netip.PrefixFrom(a.WithZone(""), a.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() {
			return bad("is an IP address, or a network as in 203.0.113.0/24", 0)
		}
		if p.Addr().Is4() && p.Bits() < minBits4 || p.Addr().Is6() && p.Bits() < minBits6 {
			return bad("is a network of too many addresses: at least /8, or /16 of IPv6", 0)
		}
		v = p.Masked().String()
	default:
		return "", &store.FieldError{Field: "ban.kind", Reason: "is end_user, user_id, email, domain or ip"}
	}
	return v, nil
}
