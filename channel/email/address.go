package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"
)

// Mails of the desk have addresses of their own for what comes back: answers go to
// help+TAG@shop.example, reports of mails that weren't delivered to another tag. A tag
// names the ticket, and is signed by the desk, so that nobody makes one up. It is in
// lower case, as some servers make local parts.

// tagKind says what an address with a tag is for.
type tagKind byte

const (
	forReplies tagKind = 'r'
	forReports tagKind = 'b' // of a message that was sent
)

// tag is what an address says besides where it is delivered.
type tag struct {
	Kind   tagKind
	Ticket string
	Seq    int64 // of the message, of forReports; 0 else
}

const (
	tagBytes = 1 + 16 + 4 + sealBytes
	// sealBytes is how much of the signature fits into a local part of 64 bytes. To find
	// one by trial takes 2^79 mails.
	sealBytes = 10
	maxTagged = 64 - 1 - 50 // bytes of the local part before the tag
)

var tagText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tagged is an address with a tag before its @.
func (s *Service) tagged(address string, t tag) string {
	id, err := uuid.Parse(t.Ticket)
	local, domain, ok := strings.Cut(address, "@")
	if err != nil || !ok {
		return address // it is answered by Message-ID and number
	}
	b := append([]byte{byte(t.Kind)}, id[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(t.Seq))
	b = append(b, s.seal(b)...)
	return local + "+" + tagText.EncodeToString(b) + "@" + domain
}

func (s *Service) seal(b []byte) []byte {
	sum := sha256.Sum256([]byte(s.People.Sign("email.address", string(b))))
	return sum[:sealBytes]
}

// tagOf reads the tag of an address; false if it has none, or one that this desk didn't
// sign.
func (s *Service) tagOf(address string) (t tag, ok bool) {
	local, _, _ := strings.Cut(address, "@")
	i := strings.LastIndexByte(local, '+')
	b, err := tagText.DecodeString(strings.ToLower(local[i+1:]))
	if i < 0 || err != nil || len(b) != tagBytes {
		return tag{}, false
	}
	said, seal := b[:tagBytes-sealBytes], b[tagBytes-sealBytes:]
	if !hmac.Equal(seal, s.seal(said)) {
		return tag{}, false
	}
	id, _ := uuid.FromBytes(said[1:17])
	return tag{tagKind(said[0]), id.String(), int64(binary.BigEndian.Uint32(said[17:]))}, true
}

// untagged is the address that a server delivers: without what follows a plus.
func untagged(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if before, _, tagged := strings.Cut(local, "+"); ok && tagged {
		return before + "@" + domain
	}
	return address
}
