package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func wide(n int) string { return strings.Repeat("ü", n) }

// numbered are n different texts.
func numbered(n int, form string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf(form, i))
	}
	return all
}

// limit is a limit of SPEC 1.2 to 1.6: what is at it is taken, what is above is
// refused by the name of its field, and so is what is below the least, if there is
// one.
type limit struct {
	name  string
	least int
	most  int
	field string
	try   func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error
}

func edit(change func(n int) ticket.Edit) func(context.Context, *desk, *ticket.Ticket, int) error {
	return func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
		_, err := d.tickets.Edit(ctx, host, tk.ID, change(n))
		return err
	}
}

func draft(make func(n int) ticket.Draft) func(context.Context, *desk, *ticket.Ticket, int) error {
	return func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
		_, _, err := d.tickets.Reply(ctx, ann, tk.ID, make(n))
		return err
	}
}

// define defines a field of a key that no other row has.
func define(change func(f *ticket.Field, n int)) func(context.Context, *desk, *ticket.Ticket, int) error {
	return func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
		f := &ticket.Field{Key: fmt.Sprintf("k%d_%d", d.clock.now().UnixMicro(), n), Type: ticket.SingleLine}
		change(f, n)
		return d.tickets.SaveField(ctx, host, f)
	}
}

func limits() []limit {
	return []limit{
		{"title", 0, ticket.MaxTitle, "title", edit(func(n int) ticket.Edit { return ticket.Edit{Title: new(wide(n))} })},
		{"label", 0, ticket.MaxTag, "label", edit(func(n int) ticket.Edit { return ticket.Edit{Label: &ticket.Label{Name: wide(n), Source: "agent"}} })},
		{"people in copy and followers", 0, ticket.MaxParticipants, "participants", edit(func(n int) ticket.Edit {
			return ticket.Edit{Copied: new(numbered(n-1, "p%d@example.com")), Followers: &[]string{"ann"}}
		})},
		{"links", 0, ticket.MaxLinks, "links", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			for i := len(d.get(d.t, tk.ID).Links); i < n; i++ {
				other, err := d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve})
				if err == nil {
					_, err = d.tickets.Edit(ctx, ann, tk.ID, ticket.Edit{Link: &ticket.Link{Kind: ticket.Related, Ticket: other.ID}})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"links of a new ticket", 0, ticket.MaxLinks, "links", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			_, err := d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Links: slices.Repeat([]ticket.Link{{Kind: ticket.Related, Ticket: tk.ID}}, n)})
			return err
		}},
		{"tags", 0, ticket.MaxTags, "tags", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			for _, name := range numbered(n, "tag %d") {
				if err := d.tickets.SaveTag(ctx, host, &ticket.Tag{Name: name}); err != nil && !errors.Is(err, store.ErrExists) {
					return err
				}
			}
			_, err := d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Tags: numbered(n, "tag %d")})
			return err
		}},
		{"metadata", 0, ticket.MaxMetadata, "metadata.k", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			_, err := d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Device: ticket.Device{Metadata: []ticket.Pair{{Key: "k", Value: strings.Repeat("x", n-1)}}}})
			return err
		}},
		{"text", 1, ticket.MaxBody, "message.text", draft(func(n int) ticket.Draft { return ticket.Draft{Text: wide(n)} })},
		{"note", 1, ticket.MaxBody, "message.text", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			_, _, err := d.tickets.Note(ctx, ann, tk.ID, ticket.Draft{Text: wide(n)})
			return err
		}},
		{"chat", 1, ticket.MaxChatBody, "message.text", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			in := d.inbound(tk.ID, wide(n))
			in.Limit = ticket.MaxChatBody
			_, err := d.tickets.Write(ctx, in)
			return err
		}},
		{"client id", 0, ticket.MaxClientID, "message.client_id", draft(func(n int) ticket.Draft { return ticket.Draft{Text: "x", ClientID: wide(n)} })},
		{"quoted part", 0, ticket.MaxBody, "message.quoted", draft(func(n int) ticket.Draft { return ticket.Draft{Text: "x", Quoted: wide(n)} })},
		{"attachments", 0, ticket.MaxAttachments, "message.attachments", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			var ids []string
			for i := range min(n, ticket.MaxAttachments) {
				a, err := d.tickets.Upload(ctx, ann, "", "", "f.txt", strings.NewReader(fmt.Sprint("file ", i)))
				if err != nil {
					return err
				}
				ids = append(ids, a.ID)
			}
			_, _, err := d.tickets.Reply(ctx, ann, tk.ID, ticket.Draft{Text: "x", Attachments: append(ids, make([]string, n-len(ids))...)})
			return err
		}},
		{"length of a key", 1, 64, "field.key", define(func(f *ticket.Field, n int) { f.Key = strings.Repeat("k", n) })},
		{"name of a field", 0, ticket.MaxTitle, "name", define(func(f *ticket.Field, n int) { f.Name = wide(n) })},
		{"options", 1, ticket.MaxOptions, "options", define(func(f *ticket.Field, n int) {
			f.Type = ticket.Dropdown
			for _, name := range numbered(n, "option %d") {
				f.Options = append(f.Options, ticket.Option{Name: name})
			}
		})},
		{"name of an option", 1, ticket.MaxSingleLine, "", define(func(f *ticket.Field, n int) { f.Type, f.Options = ticket.Dropdown, []ticket.Option{{Name: wide(n)}} })},
		{"single line", 0, ticket.MaxSingleLine, "fields.line", edit(func(n int) ticket.Edit { return ticket.Edit{Fields: map[string]any{"line": wide(n)}} })},
		{"multi line", 0, ticket.MaxMultiLine, "fields.lines", edit(func(n int) ticket.Edit { return ticket.Edit{Fields: map[string]any{"lines": wide(n)}} })},
		{"name of a tag", 1, ticket.MaxTag, "tag", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			return d.tickets.SaveTag(ctx, host, &ticket.Tag{Name: wide(n)})
		}},
		{"idempotency key", 0, store.MaxRequestKey, "key", func(ctx context.Context, d *desk, tk *ticket.Ticket, n int) error {
			_, err := d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Key: wide(n)})
			return err
		}},
	}
}

func TestLimits(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.t = t
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "line", Type: ticket.SingleLine}))
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "lines", Type: ticket.MultiLine}))
		for _, l := range limits() {
			d.clock.forward(1)
			d.clock.forward(time.Second)
			tk := d.fresh(t, "Hello.")
			for _, n := range []int{max(l.least, 1), l.most - 1, l.most} {
				if err := l.try(t.Context(), d, tk, n); err != nil {
					t.Errorf("%s of %d: %v", l.name, n, err)
				}
			}
			for _, n := range []int{l.most + 1, l.least - 1} {
				if n < 0 {
					continue
				}
				was, head := d.get(t, tk.ID), d.head(t)
				err := l.try(t.Context(), d, tk, n)
				if bad, ok := errors.AsType[*store.FieldError](err); !ok || !strings.HasSuffix(bad.Field, l.field) || bad.Reason == "" {
					t.Errorf("%s of %d: error %v, want one about %s", l.name, n, err, l.field)
				}
				if l.name != "tags" && l.name != "links" { // they make others before
					d.unchanged(t, was, head)
				}
			}
		}
	})
}
