package store

import (
	"bytes"
	"sync"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// shared is a document that was decoded for all.
type shared struct {
	driver.Doc
	value  any   // nil: there is no such document
	moment int64 // of who read it last, where a driver has moments
}

func (s shared) is(d driver.Doc) bool {
	return s.value != nil && s.Rev == d.Rev && s.Version == d.Version && bytes.Equal(s.Data, d.Data)
}

// The limits of what is kept decoded before the older half of it goes: documents, and
// bytes as they are stored, since an end user decides how long his own is. What is asked
// for all the time stays, and the crowd that comes by once doesn't pile up.
const (
	maxShared      = 2_048
	maxSharedBytes = 32 << 20
)

// sharing keeps what Collection.Shared has decoded, in two generations.
type sharing struct {
	mu         sync.Mutex
	young, old map[id]shared
	bytes      int // of the young ones
}

func (s *sharing) find(at id) (shared, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.young[at]
	if !ok {
		if v, ok = s.old[at]; ok {
			s.add(at, v)
		}
	}
	return v, ok
}

func (s *sharing) keep(at id, v shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(at, v)
}

func (s *sharing) add(at id, v shared) {
	if s.young == nil || len(s.young) >= maxShared/2 || s.bytes >= maxSharedBytes/2 {
		s.young, s.old, s.bytes = map[id]shared{}, s.young, 0
	}
	s.bytes += len(v.Data) - len(s.young[at].Data)
	s.young[at] = v
}
