package identity

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// AnonymousPolicy says what becomes of what an anonymous end user has written, when
// somebody logs in on his device.
type AnonymousPolicy string

// The policies.
const (
	// KeepAnonymous is the default: it stays with the device, and is there again
	// after logout.
	KeepAnonymous AnonymousPolicy = "keep"
	// MergeAnonymous gives it to the one who logs in, for good, if nobody else was
	// logged in there just before. Where one of the two is banned, it is kept.
	MergeAnonymous AnonymousPolicy = "merge"
	// ClearAnonymous leaves it to staff: after logout the device is a stranger's.
	ClearAnonymous AnonymousPolicy = "clear"
)

// Valid says whether it is one of the policies, or empty, which is the default.
func (p AnonymousPolicy) Valid() bool {
	return slices.Contains([]AnonymousPolicy{"", KeepAnonymous, MergeAnonymous, ClearAnonymous}, p)
}

// MergeFunc gives what another package keeps for one end user to another one, in the
// transaction of the merge. It may leave to a job what is much.
type MergeFunc func(ctx context.Context, tx *store.Tx, from, into *EndUser) error

// OnMerge has f called with each merge. Call it before the service is used.
func (s *Service) OnMerge(f MergeFunc) { s.mergers.all = append(s.mergers.all, f) }

// mergers are shared by bound copies of a service.
type mergers struct{ all []MergeFunc }

// settleAnonymous applies the policy to the anonymous end user of a device on which
// u has just logged in.
func (s *Service) settleAnonymous(ctx context.Context, tx *store.Tx, p AnonymousPolicy, d *Device, u *EndUser) error {
	if d.Rev == 0 || p == "" || p == KeepAnonymous {
		return nil
	}
	from, err := endUsers.Get(ctx, tx, d.Anonymous)
	if errors.Is(err, store.ErrNotFound) || err == nil && from.Erased {
		return nil // he has no history
	}
	if err != nil {
		return err
	}
	if p == MergeAnonymous && from.Merged == "" {
		if d.Current != d.Anonymous {
			return nil // somebody else is logged in: it may be his
		}
		if merged, err := s.mergeOnLogin(ctx, tx, from.ID, u); err != nil || !merged {
			return err
		}
	}
	d.Anonymous = s.log.IDs().New()
	return nil
}

// mergeOnLogin merges an anonymous end user, unless one of the two is banned, or an
// older program is still at work that would write over it.
func (s *Service) mergeOnLogin(ctx context.Context, tx *store.Tx, from string, into *EndUser) (bool, error) {
	anonymous, err := endUsers.Lock(ctx, tx, from, store.ForUpdate)
	if err != nil || anonymous.Erased || anonymous.Known() || anonymous.Private && into.UserID == "" {
		return false, err
	}
	for _, u := range []*EndUser{anonymous, into} {
		if b, err := s.banOf(ctx, tx, u, netip.Addr{}); b != nil || err != nil {
			return false, err
		}
	}
	err = s.merge(ctx, tx, event.Actor{Kind: event.System}, anonymous, into)
	if errors.Is(err, store.ErrIndexBuilding) {
		return false, nil
	}
	return err == nil, err
}

// MergeEndUsers gives all that is one end user's to another one, for good: tickets,
// notes, devices' sessions end, and whoever looks the first one up finds the second.
// What the second one's profile says wins, and is filled up from the first; a further
// address or number is kept as an identity. Again it does nothing.
//
// The first one mustn't have a user id, since the host would name him by it again;
// the second has to be known by a user id or a proven email. That, a ban of either,
// and more than 1,000 devices or earlier merges of the first one are a
// *store.FieldError. Who isn't there, or was erased, is store.ErrNotFound; while a
// process of an older program shares the store the error is store.ErrIndexBuilding.
// It needs the permission Configure.
func (s *Service) MergeEndUsers(ctx context.Context, actor event.Actor, from, into string) (u *EndUser, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: from, Owner: from}); err != nil {
			return err
		}
		a, b, err := lockBoth(ctx, tx, from, into)
		if err != nil {
			return err
		}
		if u = b; a.Merged == b.ID {
			return nil
		}
		if err := s.mergeable(ctx, tx, a, b); err != nil {
			return err
		}
		if err := s.endDevices(ctx, tx, a.ID); err != nil {
			return err
		}
		return s.merge(ctx, tx, actor, a, b)
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// lockBoth locks two end users in order of id, so that two merges don't wait in a
// circle. The second one is followed.
func lockBoth(ctx context.Context, tx *store.Tx, from, into string) (a, b *EndUser, err error) {
	if b, err = endUsers.Get(ctx, tx, into); err != nil {
		return nil, nil, err
	}
	into = pick(b.Merged, into)
	got := map[string]*EndUser{}
	for _, id := range slices.Sorted(slices.Values([]string{from, into})) {
		if got[id], err = endUsers.Lock(ctx, tx, id, store.ForUpdate); err != nil {
			return nil, nil, err
		}
	}
	if got[into].Merged != "" {
		return nil, nil, store.ErrConflict // a moment ago: look again
	}
	return got[from], got[into], nil
}

func (s *Service) mergeable(ctx context.Context, tx *store.Tx, from, into *EndUser) error {
	refuse := func(field, reason string) error { return &store.FieldError{Field: field, Reason: reason} }
	switch {
	case from.ID == into.ID:
		return refuse("into", "is the end user himself")
	case from.Erased || into.Erased:
		return store.ErrNotFound
	case from.Merged != "":
		return refuse("from", "was merged into another end user")
	case from.UserID != "":
		return refuse("from", "has a user id of the host's, by which he would be there again")
	case from.Private && into.UserID == "":
		return refuse("into", "has no user id, and nothing else would name him under the first one's full privacy")
	case !into.Known():
		return refuse("into", "isn't known by a user id or a proven email")
	}
	for field, u := range map[string]*EndUser{"from": from, "into": into} {
		if b, err := s.banOf(ctx, tx, u, netip.Addr{}); err != nil {
			return err
		} else if b != nil {
			return refuse(field, "is banned: lift the ban first")
		}
	}
	return nil
}

// maxMerged is how many devices and earlier merges of an end user a merge takes.
const maxMerged = 1000

// endDevices logs an end user out whose history becomes another one's: his devices
// have shown nothing that lets them read on as that one.
func (s *Service) endDevices(ctx context.Context, tx *store.Tx, id string) error {
	ds, next, err := devices.Page(ctx, tx, store.By("current", id).Limit(maxMerged))
	if err != nil {
		return err
	}
	if next != "" {
		return &store.FieldError{Field: "from", Reason: "has more than 1000 devices: log him out everywhere first", Limit: maxMerged}
	}
	for _, d := range ds {
		was := *d
		if d.Anonymous == id {
			d.Anonymous = s.log.IDs().New()
		}
		if d.Current, err = s.strangerOf(ctx, tx, d); err != nil {
			return err
		}
		d.Push = "" // it was his: a stranger's device tells it anew
		if err := s.putDevice(ctx, tx, d, was); err != nil {
			return err
		}
	}
	return nil
}

// strangerOf is whose a device is when nobody is logged in: a new one's if the old
// one was merged into another.
func (s *Service) strangerOf(ctx context.Context, tx *store.Tx, d *Device) (string, error) {
	u, err := endUsers.Get(ctx, tx, d.Anonymous)
	if err == nil && u.Merged != "" {
		d.Anonymous = s.log.IDs().New()
	}
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return d.Anonymous, err
}

// merge makes from an alias of into. Both are locked.
func (s *Service) merge(ctx context.Context, tx *store.Tx, actor event.Actor, from, into *EndUser) error {
	older, next, err := endUsers.Page(ctx, tx, store.By("merged", from.ID).Limit(maxMerged))
	if err != nil {
		return err
	}
	if next != "" {
		return &store.FieldError{Field: "from", Reason: "has taken over more than 1000 others", Limit: maxMerged}
	}
	for _, alias := range older {
		alias.Merged = into.ID
		if err := endUsers.Put(ctx, tx, alias); err != nil {
			return err
		}
	}
	was := *from
	into.takeOver(&was)
	if was.Private && !into.Private {
		if err := s.concealed(ctx, tx, into); err != nil {
			return err
		}
	}
	if into.Private {
		into.reduce()
	}
	*from = EndUser{ID: was.ID, Merged: into.ID, Created: was.Created, Rev: was.Rev}
	if err := s.putMerged(ctx, tx, actor, from, merged{Into: into.ID}); err != nil {
		return err
	}
	if err := s.putMerged(ctx, tx, actor, into, merged{From: from.ID}); err != nil {
		return err
	}
	if err := s.moveNotes(ctx, tx, from.ID, into.ID); err != nil {
		return err
	}
	for _, f := range s.mergers.all {
		if err := f(ctx, tx, from, into); err != nil {
			return err
		}
	}
	return nil
}

// merged are the facts of the event of a merge, on both sides.
type merged struct {
	Into string `json:"into,omitempty"`
	From string `json:"from,omitempty"`
}

func (s *Service) putMerged(ctx context.Context, tx *store.Tx, actor event.Actor, u *EndUser, facts merged) error {
	u.Updated = s.now()
	if err := endUsers.Put(ctx, tx, u); err != nil {
		return err
	}
	e := &event.Event{Type: "end_user.merged", Subject: u.ID, Revision: int64(u.Rev), Owner: u.ID, Actor: actor}
	return s.record(ctx, tx, e, facts, nil)
}

// moveNotes takes all notes along, however many there are then.
func (s *Service) moveNotes(ctx context.Context, tx *store.Tx, from, into string) error {
	moved, _, err := notes.Page(ctx, tx, store.By("end_user", from).Limit(maxMerged))
	for _, n := range moved {
		n.EndUser = into
		if err := notes.Put(ctx, tx, n); err != nil {
			return err
		}
	}
	return err
}

// takeOver fills a profile up with what another one says. A claim of that one stays
// a claim, and a further address or number becomes an identity, so that staff finds
// him by it.
func (u *EndUser) takeOver(from *EndUser) {
	u.Name, u.Language, u.Organisation = pick(u.Name, from.Name), pick(u.Language, from.Language), pick(u.Organisation, from.Organisation)
	u.Bans = max(u.Bans, from.Bans)
	u.Identities = slices.Clone(u.Identities)
	further := func(x Identity) {
		same := func(y Identity) bool { return y.Kind == x.Kind && y.Value == x.Value }
		if len(u.Identities) < MaxIdentities && !slices.ContainsFunc(u.Identities, same) {
			u.Identities = append(u.Identities, x)
		}
	}
	contact := func(kind string, own *Contact, c Contact) {
		if own.Value == "" {
			*own = c
		} else if c.Value != "" && c.Value != own.Value {
			further(Identity{kind, c.Value, c.Proven})
		}
	}
	contact("email", &u.Email, from.Email)
	contact("phone", &u.Phone, from.Phone)
	for _, x := range from.Identities {
		further(x)
	}
	all := slices.Clone(u.Attributes)
	for _, a := range from.Attributes {
		if len(all) < MaxAttributes && !slices.ContainsFunc(all, func(b Attribute) bool { return a.Key == b.Key }) {
			all = append(all, a)
		}
	}
	u.Attributes, _ = cleanAttributes(all, nil)
}
