package store

import (
	"strconv"
	"testing"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// TestSharing has a crowd come by once, while one is asked for again and again.
func TestSharing(t *testing.T) {
	var s sharing
	regular := id{"staff", "ann"}
	s.keep(regular, shared{value: "ann"})
	for i := range 5 * maxShared {
		s.keep(id{"end_users", strconv.Itoa(i)}, shared{value: i})
		if v, ok := s.find(regular); !ok || v.value != "ann" {
			t.Fatalf("after %d others she is decoded anew: %v", i, v.value)
		}
	}
	if n := len(s.young) + len(s.old); n > maxShared {
		t.Errorf("%d documents are kept", n)
	}
	if _, ok := s.find(id{"end_users", "0"}); ok {
		t.Error("who came by once is still there")
	}
	s.keep(regular, shared{value: "ann, renamed"})
	if v, _ := s.find(regular); v.value != "ann, renamed" {
		t.Errorf("found %v", v.value)
	}
}

// TestSharingOfLongOnes has end users come by whose documents are as long as can be.
func TestSharingOfLongOnes(t *testing.T) {
	var s sharing
	long := shared{Doc: driver.Doc{Data: make([]byte, MaxDocument)}}
	for i := range maxShared {
		s.keep(id{"end_users", strconv.Itoa(i)}, long)
		if n := (len(s.young) + len(s.old)) * MaxDocument; n > maxSharedBytes+2*MaxDocument {
			t.Fatalf("after %d of them %d bytes are kept", i+1, n)
		}
	}
}
