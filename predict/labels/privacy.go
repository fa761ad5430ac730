package labels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// membership says whose rows a version was trained by: 8 bytes of the hash of each end
// user's id, in order.
type membership struct {
	Version string    `json:"version"`
	Hashes  []byte    `json:"hashes"`
	Rev     store.Rev `json:"-"`
}

var members = &store.Collection[membership]{
	Name:       "label_members",
	Key:        func(m *membership) string { return m.Version },
	Rev:        func(m *membership) *store.Rev { return &m.Rev },
	Impersonal: "holds hashes of ids",
}

const hashLen = 8

func hashOf(endUser string) string {
	h := sha256.Sum256([]byte(endUser))
	return string(h[:hashLen])
}

// newMembership takes the ids of end users; "" is nobody.
func newMembership(version string, endUsers []string) *membership {
	hashes := make([]string, 0, len(endUsers))
	for _, id := range endUsers {
		if id != "" {
			hashes = append(hashes, hashOf(id))
		}
	}
	slices.Sort(hashes)
	m := &membership{Version: version}
	for _, h := range slices.Compact(hashes) {
		m.Hashes = append(m.Hashes, h...)
	}
	return m
}

// has says whether one of these hashes is there.
func (m *membership) has(hashes []string) bool {
	n := len(m.Hashes) / hashLen
	return slices.ContainsFunc(hashes, func(h string) bool {
		lo, hi := 0, n
		for lo < hi {
			mid := (lo + hi) / 2
			if string(m.Hashes[mid*hashLen:(mid+1)*hashLen]) < h {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		return lo < n && string(m.Hashes[lo*hashLen:(lo+1)*hashLen]) == h
	})
}

// maxGone is how many erasures during a training are told apart; of more, the version is
// marked whoever they were.
const maxGone = 1000

// forget marks the versions that were trained by rows of somebody who was erased. One that
// is in training may have read them already, and looks when it is done.
func (s *Service) forget(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		hashes := []string{hashOf(e.Subject)}
		erasure, err := s.People.In(tx).Erasure(ctx, system(), e.Subject)
		if err != nil && !missing(err) {
			return err
		}
		if err == nil {
			for _, alias := range erasure.Aliases {
				hashes = append(hashes, hashOf(alias))
			}
		}
		for v, err := range versions.All(ctx, tx, store.ByKey()) {
			if err == nil {
				err = s.touched(ctx, tx, v, hashes)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) touched(ctx context.Context, tx *store.Tx, v *Version, hashes []string) error {
	if !v.Marked.IsZero() || v.State == Unusable {
		return nil
	}
	if v.State == Training {
		v.Gone = slices.Clone(v.Gone)
		for _, h := range hashes {
			v.Gone = append(v.Gone, hex.EncodeToString([]byte(h)))
		}
		if len(v.Gone) > maxGone {
			v.Gone, v.Marked = nil, s.now()
		}
		return versions.Put(ctx, tx, v)
	}
	m, err := members.Get(ctx, tx, v.ID)
	if missing(err) || err == nil && !m.has(hashes) {
		return nil
	}
	if err != nil {
		return err
	}
	v.Marked = s.now()
	e, err := v.put(ctx, tx, Marked, system())
	if err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, e)
}

// goneFrom says whether the rows of a version that was in training hold some of somebody
// who was erased meanwhile.
func (v *Version) goneFrom(m *membership) bool {
	var hashes []string
	for _, h := range v.Gone {
		if b, err := hex.DecodeString(h); err == nil {
			hashes = append(hashes, string(b))
		}
	}
	return m.has(hashes)
}
