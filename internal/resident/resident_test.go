package resident_test

import (
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/resident"
)

// What a process writes to is resident, and its own.
func TestSelf(t *testing.T) {
	before, err := resident.Self()
	if errors.Is(err, resident.ErrUnknown) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	const more = 64 << 20
	written := make([]byte, more)
	for i := range written {
		written[i] = byte(i)
	}
	after, err := resident.Self()
	if err != nil || after.Anon < before.Anon+more/2 || after.File <= 0 || after.Total() != after.Anon+after.File {
		t.Errorf("%+v, then %+v, %v with %d more", before, after, err, len(written))
	}
}
