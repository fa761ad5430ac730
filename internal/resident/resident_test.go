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

// What a process has written to lately is what it uses; what it has let alone isn't.
func TestTouched(t *testing.T) {
	err := resident.Untouch()
	if errors.Is(err, resident.ErrUnknown) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	const more = 64 << 20
	written := make([]byte, more)
	write := func() {
		for i := 0; i < len(written); i += 1024 {
			written[i]++
		}
	}
	write()
	touched, err := resident.Touched()
	if err != nil || touched < more/2 {
		t.Fatalf("%d, %v with %d written", touched, err, more)
	}
	if err := resident.Untouch(); err != nil {
		t.Fatal(err)
	}
	if touched, err = resident.Touched(); err != nil || touched > more/2 {
		t.Errorf("%d, %v with nothing written", touched, err)
	}
	write()
}
