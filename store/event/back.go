package event

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Back walks the log backwards: what happened last comes first. It holds no
// transaction; Peek reads in the caller's.
type Back struct {
	subject string
	cursor  string
	rows    []*Event
	ended   bool
}

// Back returns a walk from behind a cursor of an earlier one; "" is the end of the
// log. With a subject it is that one's events only.
func (l *Log) Back(subject, cursor string) *Back { return &Back{subject: subject, cursor: cursor} }

// backPage is how many events a walk reads at a time.
const backPage = 100

// Peek is the next event, nil at the beginning of the log. Events that have no
// position yet are only in the walk of their subject.
func (b *Back) Peek(ctx context.Context, tx *store.Tx) (*Event, error) {
	if len(b.rows) == 0 && !b.ended {
		q, err := b.query()
		if err != nil {
			return nil, err
		}
		rows, next, err := events.Page(ctx, tx, q.Desc().Limit(backPage))
		if err != nil {
			return nil, fmt.Errorf("read the log backwards: %w", err)
		}
		b.rows, b.ended = rows, next == ""
	}
	if len(b.rows) == 0 {
		return nil, nil
	}
	return b.rows[0], nil
}

func (b *Back) query() (store.Query, error) {
	if b.subject != "" {
		if b.cursor != "" && !strings.HasPrefix(b.cursor, b.subject+"/") {
			return store.Query{}, store.ErrCursor
		}
		end := b.cursor
		if end == "" {
			end = b.subject + "0" // '0' follows '/'
		}
		return store.ByKey().From(b.subject + "/").To(end), nil
	}
	q := store.By("position")
	if b.cursor == "" {
		return q, nil
	}
	n, err := strconv.ParseInt(b.cursor, 10, 64)
	if err != nil || n < 1 {
		return q, store.ErrCursor
	}
	return q.To(n), nil
}

// Take passes the event that Peek returned.
func (b *Back) Take() {
	if b.cursor = strconv.FormatInt(b.rows[0].Position, 10); b.subject != "" {
		b.cursor = b.rows[0].key()
	}
	b.rows = b.rows[1:]
}

// Cursor is behind the event that was taken last.
func (b *Back) Cursor() string { return b.cursor }

// Until is a cursor of Back's for the whole log, so that it begins with what happened
// before a moment. Positions are in order of time but for clocks that differ; it
// leaves a minute for that.
func (l *Log) Until(ctx context.Context, tx *store.Tx, moment time.Time) (cursor string, err error) {
	head, err := l.head(ctx, tx)
	if err != nil {
		return "", err
	}
	late := moment.Add(time.Minute)
	first := sort.Search(int(head), func(i int) bool {
		for e, scanErr := range events.Scan(ctx, tx, store.By("position").From(int64(i)+1).Limit(1)) {
			if scanErr != nil {
				err = scanErr
				return true
			}
			return !e.Time.Before(late)
		}
		return true
	})
	return strconv.Itoa(first + 1), err
}
