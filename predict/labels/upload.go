package labels

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of rows that are uploaded for a scope.
const (
	MaxUploadRows  = 100_000
	MaxUploadBytes = 8 << 20 // of texts, labels and groups together
	chunkBytes     = 256 << 10
)

// row is a row that was uploaded.
type row struct {
	Text  string `json:"text"`
	Label string `json:"label,omitempty"`
	Group string `json:"group,omitempty"`
}

// chunk is some of the rows that were uploaded for a scope.
type chunk struct {
	Scope string    `json:"scope"`
	At    int       `json:"at"`
	First int       `json:"first"` // number of its first row, from 1
	Rows  []row     `json:"rows"`
	Rev   store.Rev `json:"-"`
}

var uploads = &store.Collection[chunk]{
	Name: "label_rows",
	Key:  func(c *chunk) string { return fmt.Sprintf("%s/%05d", c.Scope, c.At) },
	Rev:  func(c *chunk) *store.Rev { return &c.Rev },
	Subjects: func(c *chunk) (all []string) {
		for _, r := range c.Rows {
			if r.Group != "" {
				all = append(all, r.Group)
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	},
	// Rows keep their place, so that findings go on naming the right ones.
	Erase: func(c *chunk, subject string) bool {
		c.Rows = slices.Clone(c.Rows)
		for i := range c.Rows {
			if c.Rows[i].Group == subject {
				c.Rows[i] = row{}
			}
		}
		return true
	},
	Show: func(c *chunk, subjects []string) any {
		own := *c
		own.Rows = slices.DeleteFunc(slices.Clone(c.Rows), func(r row) bool { return !slices.Contains(subjects, r.Group) })
		return own
	},
}

func uploadedFor(c Scope) store.Query {
	return store.ByKey().From(c.key() + "/").To(c.key() + "0")
}

// chunks cleans rows and packs them. What is too much is a *store.FieldError.
func chunks(c Scope, rows []predict.Row) (all []*chunk, err error) {
	if len(rows) > MaxUploadRows {
		return nil, &store.FieldError{Field: "rows", Reason: fmt.Sprintf("at most %d", MaxUploadRows), Limit: MaxUploadRows}
	}
	total, size := 0, chunkBytes
	for i, r := range rows {
		r := row{Text: cut(store.CleanText(r.Text), predict.MaxText), Label: strings.TrimSpace(store.CleanText(r.Label)), Group: store.CleanText(r.Group)}
		if utf8.RuneCountInString(r.Label) > ticket.MaxTag {
			return nil, store.TooLong(fmt.Sprintf("rows[%d].label", i), ticket.MaxTag)
		}
		if utf8.RuneCountInString(r.Group) > ticket.MaxTitle {
			return nil, store.TooLong(fmt.Sprintf("rows[%d].group", i), ticket.MaxTitle)
		}
		n := len(r.Text) + len(r.Label) + len(r.Group)
		if total += n; total > MaxUploadBytes {
			return nil, &store.FieldError{Field: "rows", Reason: "at most 8 MB of texts", Limit: MaxUploadBytes}
		}
		if size += n + 40; size > chunkBytes {
			all, size = append(all, &chunk{Scope: c.key(), At: len(all), First: i + 1}), n+40
		}
		last := all[len(all)-1]
		last.Rows = append(last.Rows, r)
	}
	return all, nil
}

// cut is the beginning of a text, of at most n characters.
func cut(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// Upload keeps rows for the training of a scope's models, in place of those that were
// there; none deletes them. Labels are trimmed, and texts cut after predict.MaxText
// characters. [predict.Row.Group] is the id of the end user who wrote it: his rows go when
// he is erased, others stay. At most 100,000 rows and 8 MB; a bad value is a
// *store.FieldError.
func (s *Service) Upload(ctx context.Context, actor event.Actor, c Scope, rows []predict.Row) error {
	all, err := chunks(c, rows)
	if err != nil {
		return err
	}
	return s.onScope(ctx, actor, c, func(ctx context.Context, tx *store.Tx, m *Model) (what string, f Facts, err error) {
		m.Uploaded = len(rows)
		for old, err := range uploads.All(ctx, tx, uploadedFor(c)) {
			if err == nil {
				err = uploads.Delete(ctx, tx, old)
			}
			if err != nil {
				return "", Facts{}, err
			}
		}
		for _, part := range all {
			fresh := *part // an Update may run again
			if err := uploads.Put(ctx, tx, &fresh); err != nil {
				return "", Facts{}, err
			}
		}
		what = Uploaded
		if len(rows) == 0 {
			what = Unuploaded
		}
		return what, Facts{Scope: c, Rows: len(rows)}, nil
	})
}

// UploadedRows returns at most limit rows that are kept for the training of a scope, and
// no more than 200, behind the first n. Rows of somebody who was erased are empty.
func (s *Service) UploadedRows(ctx context.Context, actor event.Actor, c Scope, n, limit int) (rows []predict.Row, err error) {
	limit = pageSize(limit)
	err = s.look(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) error {
		rows = nil
		for part, err := range uploads.All(ctx, tx, uploadedFor(c)) {
			if err != nil {
				return err
			}
			for i, r := range part.Rows {
				if part.First+i > n && len(rows) < limit {
					rows = append(rows, predict.Row{Text: r.Text, Label: r.Label, Group: r.Group})
				}
			}
			if len(rows) == limit {
				return nil
			}
		}
		return nil
	})
	return rows, err
}
