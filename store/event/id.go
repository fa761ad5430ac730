package event

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
)

// IDs makes UUIDs of version 7 (RFC 9562) that grow in the order in which they
// are made, also within a millisecond and when the clock steps back.
type IDs struct {
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	last uint64 // the last milliseconds and counter
}

// NewIDs makes ids of the moments that now tells. random fills the rest: nil
// means the system's source; tests that compare ids give a seeded one.
func NewIDs(now func() time.Time, random io.Reader) *IDs {
	if random == nil {
		random = rand.Reader
	}
	return &IDs{now: now, random: random}
}

// New returns the next id.
func (g *IDs) New() string {
	var u uuid.UUID
	g.mu.Lock()
	defer g.mu.Unlock()
	// Milliseconds, then twelve bits: the fraction of the millisecond, which
	// becomes a counter where it would not grow.
	micros := uint64(max(g.now().UnixMicro(), 0))
	stamp := micros/1000<<12 | micros%1000*4096/1000
	if stamp <= g.last {
		stamp = g.last + 1
	}
	g.last = stamp
	if _, err := io.ReadFull(g.random, u[8:]); err != nil {
		// The stamp alone keeps ids of this generator apart.
		binary.BigEndian.PutUint64(u[8:], stamp)
	}
	binary.BigEndian.PutUint64(u[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}
