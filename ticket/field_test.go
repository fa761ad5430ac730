package ticket_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// define gives the desk one field of each type, an archived one and tags.
func (d *desk) define(t testing.TB) {
	t.Helper()
	for _, f := range []ticket.Field{
		{Key: "line", Type: ticket.SingleLine}, {Key: "lines", Type: ticket.MultiLine}, {Key: "count", Type: ticket.Number},
		{Key: "size", Type: ticket.Dropdown, Options: []ticket.Option{{Name: "S"}, {Name: "L"}, {Name: "XL", Archived: true}}},
		{Key: "day", Type: ticket.Date}, {Key: "agreed", Type: ticket.Checkbox}, {Key: "old", Type: ticket.Number, Archived: true},
	} {
		f.Editable = true
		must(t, d.tickets.SaveField(t.Context(), admin, &f))
	}
	must(t, d.tickets.SaveField(t.Context(), admin, &ticket.Field{Key: "locked", Type: ticket.Number}))
	must(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: "VIP"}))
	must(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: "spam"}))
	must(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: "Old", Archived: true}))
}

type fieldCase struct {
	key  string
	in   any
	want any // nil is refused
}

func fieldCases() []fieldCase {
	day := time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)
	return []fieldCase{
		{"line", "text", "text"}, {"line", "", ""}, {"line", strings.Repeat("é", 255), strings.Repeat("é", 255)},
		{"line", strings.Repeat("é", 256), nil}, {"line", "a\nb", nil}, {"line", 7, nil}, {"line", true, nil},
		{"lines", "a\nb", "a\nb"}, {"lines", strings.Repeat("x", 100_000), strings.Repeat("x", 100_000)}, {"lines", strings.Repeat("x", 100_001), nil},
		{"count", 7, 7.0}, {"count", int64(-7), -7.0}, {"count", 0.5, 0.5}, {"count", "12.5", 12.5}, {"count", "1e3", 1000.0},
		{"count", "many", nil}, {"count", "NaN", nil}, {"count", "Inf", nil}, {"count", "", nil}, {"count", true, nil}, {"count", []int{1}, nil},
		{"size", "S", "S"}, {"size", "s", nil}, {"size", "XL", nil}, {"size", "M", nil}, {"size", "", nil}, {"size", 1, nil},
		{"day", "2026-11-24", "2026-11-24"}, {"day", day, "2026-11-24"}, {"day", "2026-02-30", nil}, {"day", "24.11.2026", nil}, {"day", "2026-11-24T00:00:00Z", nil}, {"day", "", nil}, {"day", 20261124, nil},
		{"agreed", true, true}, {"agreed", false, false}, {"agreed", "true", true}, {"agreed", "0", false}, {"agreed", "maybe", nil}, {"agreed", 1, nil},
		{"old", 1, nil}, {"none", "x", nil}, {"", "x", nil}, {strings.Repeat("k", 2000), "x", nil}, {"a\x00b", "x", nil},
	}
}

// What a device sends: bad values are left out with a warning, and the ticket is
// created. From an agent a bad value is an error, and changes nothing.
func TestFieldValues(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		for _, c := range fieldCases() {
			name := fmt.Sprintf("%.10s = %.20v", c.key, c.in)
			fromDevice, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Fields: map[string]any{c.key: c.in, "count": 1}, Message: &ticket.Draft{Text: "Hi."}})
			if c.key == "count" {
				fromDevice, err = d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Fields: map[string]any{c.key: c.in}})
			}
			must(t, err)
			plain := d.ask(t)
			head := d.head(t)
			edited, editErr := d.tickets.Edit(t.Context(), ann, plain.ID, ticket.Edit{Fields: map[string]any{c.key: c.in}})
			if c.want == nil {
				field := "fields." + c.key
				if len(c.key) > 64 {
					field = "fields." + c.key[:61] + "…"
				}
				refuses(t, editErr, field)
				d.unchanged(t, plain, head)
				warned := []identity.Warning{{Field: store.CleanText(field)}}
				if diff := cmp.Diff(warned, fromDevice.Warnings, cmpopts.IgnoreFields(identity.Warning{}, "Detail")); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
				if _, ok := fromDevice.Field(c.key); ok {
					t.Errorf("%s: taken", name)
				}
				continue
			}
			must(t, editErr)
			for _, tk := range []*ticket.Ticket{d.get(t, fromDevice.ID), d.get(t, edited.ID)} {
				if v, ok := tk.Field(c.key); !ok || v.Any() != c.want || len(tk.Warnings) > 0 {
					t.Errorf("%s: %+v, warnings %v", name, v, tk.Warnings)
				}
			}
		}
	})
}

func TestFieldsChange(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		tk := d.ask(t)
		tk, err := d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"size": "L", "count": 2, "agreed": false}})
		must(t, err)
		want := []ticket.Value{{Key: "agreed", Type: ticket.Checkbox}, {Key: "count", Type: ticket.Number, Number: 2}, {Key: "size", Type: ticket.Dropdown, Text: "L"}}
		if diff := cmp.Diff(want, tk.Fields); diff != "" {
			t.Error(diff)
		}
		var f ticket.Facts
		es := d.eventsOf(t, tk.ID)
		must(t, es[len(es)-1].Payload(&f))
		if diff := cmp.Diff([]string{"fields.agreed", "fields.count", "fields.size"}, f.What); diff != "" {
			t.Error(diff)
		}
		head := d.head(t)
		same, err := d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"size": "L", "count": "2"}})
		must(t, err)
		d.unchanged(t, same, head)
		tk, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"size": nil, "day": nil}})
		if must(t, err); cmp.Diff(want[:2], tk.Fields) != "" {
			t.Errorf("after clearing: %v", tk.Fields)
		}
		_, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"locked": 1}})
		refuses(t, err, "fields.locked")
		_, err = d.tickets.Edit(t.Context(), rule, tk.ID, ticket.Edit{Fields: map[string]any{"locked": 1}})
		must(t, err)
	})
}

func TestFieldDefinitions(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		options := func(n int) (all []ticket.Option) {
			for i := range n {
				all = append(all, ticket.Option{Name: fmt.Sprint(i)})
			}
			return all
		}
		for _, c := range []struct {
			f     ticket.Field
			field string
		}{
			{ticket.Field{Key: "Key", Type: ticket.Number}, "field.key"},
			{ticket.Field{Key: strings.Repeat("k", 65), Type: ticket.Number}, "field.key"},
			{ticket.Field{Key: "k", Type: "colour"}, "field.k"},
			{ticket.Field{Key: "k", Type: ticket.Number, Name: strings.Repeat("é", 256)}, "field.k.name"},
			{ticket.Field{Key: "k", Type: ticket.Number, Options: options(1)}, "field.k"},
			{ticket.Field{Key: "k", Type: ticket.Dropdown}, "field.k.options"},
			{ticket.Field{Key: "k", Type: ticket.Dropdown, Options: options(501)}, "field.k.options"},
			{ticket.Field{Key: "k", Type: ticket.Dropdown, Options: []ticket.Option{{Name: "a"}, {Name: "a", Archived: true}}}, "field.k"},
			{ticket.Field{Key: "k", Type: ticket.Dropdown, Options: []ticket.Option{{}}}, "field.k"},
		} {
			refuses(t, d.tickets.SaveField(t.Context(), admin, &c.f), c.field)
		}
		f := &ticket.Field{Key: "size", Type: ticket.Dropdown, Options: options(500)}
		must(t, d.tickets.SaveField(t.Context(), admin, f))
		is(t, d.tickets.SaveField(t.Context(), admin, &ticket.Field{Key: "size", Type: ticket.Number}), store.ErrExists)
		changed := *f
		changed.Type, changed.Options = ticket.SingleLine, nil
		refuses(t, d.tickets.SaveField(t.Context(), admin, &changed), "field.size.type")
		changed = *f
		changed.Options = options(499)
		refuses(t, d.tickets.SaveField(t.Context(), admin, &changed), "field.size.options")
		changed.Options = options(500)
		changed.Options[0].Archived, changed.Archived = true, true
		must(t, d.tickets.SaveField(t.Context(), admin, &changed))
		is(t, d.tickets.SaveField(t.Context(), admin, f), store.ErrStale)
		is(t, d.tickets.SaveField(t.Context(), admin, &ticket.Field{Key: "gone", Type: ticket.Number, Rev: 3}), store.ErrNotFound)
		for i := range ticket.MaxFields - 1 {
			must(t, d.tickets.SaveField(t.Context(), admin, &ticket.Field{Key: fmt.Sprintf("f%03d", i), Type: ticket.Number}))
		}
		refuses(t, d.tickets.SaveField(t.Context(), admin, &ticket.Field{Key: "toomany", Type: ticket.Number}), "field")
		changed.Name = "Size"
		must(t, d.tickets.SaveField(t.Context(), admin, &changed)) // changing one needs no room
		all, err := d.tickets.Fields(t.Context())
		if must(t, err); len(all) != ticket.MaxFields || all[0].Key != "f000" || all[0].Name != "f000" {
			t.Errorf("%d definitions, the first %+v", len(all), all[0])
		}
	})
}

func TestTags(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Tags: []string{"vip", "Vip", "unknown", "OLD", strings.Repeat("x", 500), ""}})
		must(t, err)
		warned := []identity.Warning{{Field: "tags.unknown"}, {Field: "tags.OLD"}, {Field: "tags." + strings.Repeat("x", 100)}, {Field: "tags."}}
		if diff := cmp.Diff(warned, tk.Warnings, cmpopts.IgnoreFields(identity.Warning{}, "Detail")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"VIP"}, tk.Tags); diff != "" {
			t.Error(diff)
		}
		head := d.head(t)
		for _, tag := range []string{"unknown", "old"} {
			_, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: []string{"spam", tag}})
			refuses(t, err, "tags."+tag)
		}
		same, err := d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: []string{"vIP"}, RemoveTags: []string{"none"}})
		must(t, err)
		d.unchanged(t, same, head)
		// A tag that is archived later stays where it is.
		tags, _, err := d.tickets.Tags(t.Context(), "", 10)
		must(t, err)
		vip := tags[2]
		vip.Archived = true
		must(t, d.tickets.SaveTag(t.Context(), admin, vip))
		tk, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: []string{"SPAM"}})
		if must(t, err); cmp.Diff([]string{"VIP", "spam"}, tk.Tags) != "" {
			t.Errorf("tags %v", tk.Tags)
		}
		tk, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{RemoveTags: []string{"vip"}})
		if must(t, err); tk.HasTag("VIP") || !tk.HasTag("spam") {
			t.Errorf("tags %v", tk.Tags)
		}
		for _, name := range []string{" ", strings.Repeat("é", 101), "a\nb"} {
			refuses(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: name}), "tag")
		}
		is(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: "vip "}), store.ErrExists)
		is(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: "vip", Rev: 1}), store.ErrStale)
	})
}

func TestHundredTags(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		var names []string
		for i := range ticket.MaxTags + 1 {
			names = append(names, fmt.Sprintf("t%03d", i))
			must(t, d.tickets.SaveTag(t.Context(), admin, &ticket.Tag{Name: names[i]}))
		}
		tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Tags: names})
		if must(t, err); len(tk.Tags) != ticket.MaxTags || len(tk.Warnings) != 1 || tk.Warnings[0].Field != "tags" {
			t.Errorf("%d tags, warnings %v", len(tk.Tags), tk.Warnings)
		}
		_, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: names[100:]})
		refuses(t, err, "tags")
		_, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: names[100:], RemoveTags: names[:1]})
		must(t, err)
	})
}

// Each message's result carries the warnings of that message, also where the
// ticket keeps the last ones only.
func TestWarningsOfAWrite(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		id := ""
		for i := range 3 {
			in := d.inbound(id, fmt.Sprint(i))
			in.Fields = map[string]any{}
			for j := range 60 {
				in.Fields[fmt.Sprintf("f%d_%02d", i, j)] = j
			}
			w, err := d.tickets.Write(t.Context(), in)
			must(t, err)
			id = w.Ticket.ID
			if len(w.Warnings) != 60 || w.Warnings[0].Field != fmt.Sprintf("fields.f%d_00", i) {
				t.Errorf("write %d: %d warnings", i, len(w.Warnings))
			}
		}
		if tk := d.get(t, id); len(tk.Warnings) != 100 || tk.Warnings[99].Field != "fields.f2_59" || tk.Marks.Last != 3 {
			t.Errorf("the ticket keeps %d warnings, %d messages", len(tk.Warnings), tk.Marks.Last)
		}
	})
}
