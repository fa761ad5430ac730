package labels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// membership says whose rows a version was trained by: 8 bytes of the hash of each end
// user's id, in order. Of many end users there are several, each with its part of them.
type membership struct {
	Version string    `json:"version"`
	At      int       `json:"at,omitempty"`
	Hashes  []byte    `json:"hashes"`
	Rev     store.Rev `json:"-"`
}

var members = &store.Collection[membership]{
	Name: "label_members",
	Key: func(m *membership) string {
		if m.At == 0 {
			return m.Version
		}
		return fmt.Sprintf("%s/%03d", m.Version, m.At)
	},
	Rev:        func(m *membership) *store.Rev { return &m.Rev },
	Impersonal: "holds hashes of ids",
}

// membersOf finds all memberships of a version.
func membersOf(version string) store.Query {
	return store.ByKey().From(version).To(version + "0")
}

const (
	hashLen = 8
	// maxHashes is how many a membership holds at most: beyond, it might be too large for a
	// document.
	maxHashes = partSize / hashLen
)

func hashOf(endUser string) string {
	h := sha256.Sum256([]byte(endUser))
	return string(h[:hashLen])
}

// newMemberships takes the ids of end users; "" is nobody. There is at least one.
func newMemberships(version string, endUsers []string) []*membership {
	hashes := make([]string, 0, len(endUsers))
	for _, id := range endUsers {
		if id != "" {
			hashes = append(hashes, hashOf(id))
		}
	}
	slices.Sort(hashes)
	all := []*membership{{Version: version}}
	for i, h := range slices.Compact(hashes) {
		if i > 0 && i%maxHashes == 0 {
			all = append(all, &membership{Version: version, At: len(all)})
		}
		last := all[len(all)-1]
		last.Hashes = append(last.Hashes, h...)
	}
	return all
}

// has says whether one of these hashes is there.
func (m *membership) has(hashes []string) bool {
	n := len(m.Hashes) / hashLen
	return slices.ContainsFunc(hashes, func(h string) bool {
		at := sort.Search(n, func(i int) bool { return string(m.Hashes[i*hashLen:(i+1)*hashLen]) >= h })
		return at < n && string(m.Hashes[at*hashLen:(at+1)*hashLen]) == h
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
	for m, err := range members.All(ctx, tx, membersOf(v.ID)) {
		if err != nil {
			return err
		}
		if m.has(hashes) {
			return s.mark(ctx, tx, v)
		}
	}
	return nil
}

func (s *Service) mark(ctx context.Context, tx *store.Tx, v *Version) error {
	v.Marked = s.now()
	e, err := v.put(ctx, tx, Marked, system())
	if err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, e)
}

// goneFrom says whether the rows of a version that was in training hold some of somebody
// who was erased meanwhile.
func (v *Version) goneFrom(whose []*membership) bool {
	var hashes []string
	for _, h := range v.Gone {
		if b, err := hex.DecodeString(h); err == nil {
			hashes = append(hashes, string(b))
		}
	}
	return slices.ContainsFunc(whose, func(m *membership) bool { return m.has(hashes) })
}
