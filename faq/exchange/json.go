package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/frontdesk-go/frontdesk/store"
)

// JSON reads an array of [Article], or one after the other, as lines. What can't be read
// as JSON at all ends it.
func JSON(r io.Reader) Entries {
	return func(yield func(Entry) bool) {
		n := 0
		for raw, err := range values(r) {
			n++
			at := fmt.Sprintf("article %d", n)
			if errors.Is(err, errLargeEntry) {
				if !yield(Entry{At: at, Err: &store.FieldError{Field: "article", Reason: "has at most 2 MB", Limit: MaxEntry}}) {
					return
				}
				continue
			}
			if err != nil {
				yield(unreadable(at, "JSON", err))
				return
			}
			a := new(Article)
			if err := json.Unmarshal(raw, a); err != nil {
				if !yield(unreadable(at, "an article", err)) {
					return
				}
				continue
			}
			if !yield(Entry{At: at, Article: a}) {
				return
			}
		}
	}
}

// errLargeEntry is that of one element: behind it others can be read.
var errLargeEntry = errors.New("an entry is too large")

// values yields the elements of an array, or values that follow each other.
func values(r io.Reader) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		in := bufio.NewReader(&bounded{r: r, left: MaxFile})
		first, err := firstByte(in)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				yield(nil, err)
			}
			return
		}
		dec := json.NewDecoder(in)
		if first == '[' {
			if _, err := dec.Token(); err != nil {
				yield(nil, err)
				return
			}
		}
		for dec.More() {
			var raw json.RawMessage
			err := dec.Decode(&raw)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(nil, err)
				}
				return
			}
			if len(raw) > MaxEntry {
				raw, err = nil, errLargeEntry
			}
			if !yield(raw, err) {
				return
			}
		}
		if first == '[' {
			if _, err := dec.Token(); err != nil {
				yield(nil, err)
			}
		}
	}
}

// firstByte looks at the first byte that isn't space, behind a mark of the byte order.
func firstByte(in *bufio.Reader) (byte, error) {
	if bom, err := in.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := in.Discard(3); err != nil {
			return 0, err
		}
	}
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b, in.UnreadByte()
		}
	}
}

// bounded fails behind so many bytes, where io.LimitReader would end as if all was well.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// WriteJSON writes articles as JSON reads them, one a line within an array.
func WriteJSON(w io.Writer, articles iter.Seq2[*Article, error]) error {
	out := bufio.NewWriter(w)
	between := "[\n"
	for a, err := range articles {
		if err != nil {
			return err
		}
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		out.WriteString(between)
		out.Write(b)
		between = ",\n"
	}
	if between == "[\n" {
		out.WriteString("[")
	}
	out.WriteString("\n]\n")
	return out.Flush()
}
