package chat

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// followed is how many of an end user's conversations a stream follows: the open
// ones and the newest others.
const followed = 50

// mark is how far a client has come in a conversation.
type mark struct {
	seq int64 // of the last message that it has
	rev int64 // of the ticket, as it last saw it
}

// cursor is a place in everything that a stream tells: clients keep it and give
// it back, and don't look into it.
type cursor map[string]mark

var errCursor = errors.New("damaged cursor")

// String writes each conversation as its UUID and two numbers, in order.
func (c cursor) String() string {
	b := []byte{1} // version
	for _, id := range slices.Sorted(maps.Keys(c)) {
		u, err := uuid.Parse(id)
		if err != nil {
			continue // ids of tickets are UUIDs
		}
		b = append(b, u[:]...)
		b = binary.AppendUvarint(b, uint64(c[id].seq))
		b = binary.AppendUvarint(b, uint64(c[id].rev))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(text string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != 1 {
		return nil, errCursor
	}
	c := cursor{}
	for b = b[1:]; len(b) > 0; {
		if len(b) < 18 || len(c) == followed {
			return nil, errCursor
		}
		id := uuid.UUID(b[:16]).String()
		seq, n := binary.Uvarint(b[16:])
		rev, m := binary.Uvarint(b[16+max(n, 0):])
		if n <= 0 || m <= 0 || seq > 1<<47 || rev > 1<<62 {
			return nil, errCursor
		}
		b = b[16+n+m:]
		c[id] = mark{int64(seq), int64(rev)}
	}
	return c, nil
}
