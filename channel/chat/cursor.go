package chat

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
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

// place is what a client knows of a conversation.
type place struct {
	ticket uuid.UUID
	mark
	told  uint64 // hash of its state as last told in this stream; 0: it wasn't
	waits bool   // it has a place in line, as far as is known
}

// cursor is a place in everything that a stream tells: clients keep it and give
// it back, and don't look into it. It is in order of the tickets' ids.
type cursor []place

var errCursor = errors.New("damaged cursor")

func (c cursor) find(id uuid.UUID) (int, bool) {
	return slices.BinarySearchFunc(c, id, func(p place, id uuid.UUID) int { return bytes.Compare(p.ticket[:], id[:]) })
}

// place is what the client knows of a ticket, or the beginning. Ids of tickets are
// UUIDs.
func (c cursor) place(ticket string) place {
	id, _ := uuid.Parse(ticket)
	if i, ok := c.find(id); ok {
		return c[i]
	}
	return place{ticket: id}
}

// put takes over what the client knows of a ticket.
func (c *cursor) put(p place) {
	if i, ok := c.find(p.ticket); ok {
		(*c)[i] = p
	} else {
		*c = slices.Insert(*c, i, p)
	}
}

// String writes each conversation as its UUID and two numbers, in order.
func (c cursor) String() string {
	b := append(make([]byte, 0, 1+len(c)*24), 1) // version
	for _, p := range c {
		b = append(b, p.ticket[:]...)
		b = binary.AppendUvarint(b, uint64(p.seq))
		b = binary.AppendUvarint(b, uint64(p.rev))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(text string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != 1 {
		return nil, errCursor
	}
	var c cursor
	for b = b[1:]; len(b) > 0; {
		if len(b) < 18 || len(c) == followed {
			return nil, errCursor
		}
		p := place{ticket: uuid.UUID(b[:16])}
		seq, n := binary.Uvarint(b[16:])
		rev, m := binary.Uvarint(b[16+max(n, 0):])
		if n <= 0 || m <= 0 || seq > 1<<47 || rev > 1<<62 {
			return nil, errCursor
		}
		b = b[16+n+m:]
		p.mark = mark{int64(seq), int64(rev)}
		c.put(p)
	}
	return c, nil
}
