package ticket

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of custom fields.
const (
	MaxFields     = 200     // definitions on a desk
	MaxSingleLine = 255     // characters
	MaxMultiLine  = 100_000 // characters
	MaxOptions    = 500     // of a dropdown, archived ones included
	// maxValues is how many bytes of text all values of a ticket have together.
	maxValues = 300 << 10
)

// FieldType is a type of custom field.
type FieldType string

// The types.
const (
	SingleLine FieldType = "single_line"
	MultiLine  FieldType = "multi_line"
	Number     FieldType = "number"
	Dropdown   FieldType = "dropdown"
	Date       FieldType = "date" // a day, as 2026-11-24
	Checkbox   FieldType = "checkbox"
)

// Option is a choice of a dropdown. One that is in use is archived, not deleted.
type Option struct {
	Name     string `json:"name"`
	Archived bool   `json:"archived,omitempty"`
}

// Field defines a custom field of the desk's tickets.
type Field struct {
	Key      string    `json:"key"` // [a-z][a-z0-9_]{0,63}
	Name     string    `json:"name"`
	Type     FieldType `json:"type"` // can't change
	Options  []Option  `json:"options,omitempty"`
	Editable bool      `json:"editable,omitempty"` // by agents
	Required bool      `json:"required,omitempty"` // before an agent resolves
	Personal bool      `json:"personal,omitempty"` // erased with the end user, refused under full privacy
	Archived bool      `json:"archived,omitempty"` // keeps its values, takes no new ones
	Created  time.Time `json:"created"`
	Rev      store.Rev `json:"-"`
}

// Value is a custom field's value on a ticket, told by its type.
type Value struct {
	Key     string    `json:"key"`
	Type    FieldType `json:"type"`
	Text    string    `json:"text,omitempty"` // single_line, multi_line, dropdown, date
	Number  float64   `json:"number,omitempty"`
	Checked bool      `json:"checked,omitempty"`
}

// Any is the value as string, float64 or bool.
func (v Value) Any() any {
	switch v.Type {
	case Number:
		return v.Number
	case Checkbox:
		return v.Checked
	}
	return v.Text
}

// Field returns the value of one of the ticket's custom fields.
func (t *Ticket) Field(key string) (Value, bool) {
	for i := range t.Fields { // a value is large to copy, and rules ask often
		if v := &t.Fields[i]; v.Key == key {
			return *v, true
		}
	}
	return Value{}, false
}

// ValueOf is the value of a custom field as what it is in Go: string of texts and
// dropdowns, float64 of numbers, bool of checkboxes, time.Time of dates, the
// beginning of the day in UTC. ok is false where the ticket has no value, or one of
// another type.
func ValueOf[T string | float64 | bool | time.Time](t *Ticket, key string) (value T, ok bool) {
	v, ok := t.Field(key)
	if !ok {
		return value, false
	}
	in := v.Any()
	if _, wanted := any(value).(time.Time); wanted && v.Type == Date {
		day, err := time.Parse(time.DateOnly, v.Text)
		if err != nil {
			return value, false
		}
		in = day
	}
	value, ok = in.(T)
	return value, ok
}

var fields = &store.Collection[Field]{
	Name:       "field",
	Key:        func(f *Field) string { return f.Key },
	Rev:        func(f *Field) *store.Rev { return &f.Rev },
	Impersonal: "holds definitions",
}

var (
	keyPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	datePattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

func (f *Field) valid() error {
	refuse := func(reason string) error { return &store.FieldError{Field: "field." + f.Key, Reason: reason} }
	switch {
	case !keyPattern.MatchString(f.Key):
		return &store.FieldError{Field: "field.key", Reason: "has 1 to 64 of a-z, 0-9 and _, and begins with a letter", Limit: 64}
	case !slices.Contains([]FieldType{SingleLine, MultiLine, Number, Dropdown, Date, Checkbox}, f.Type):
		return refuse("is of type single_line, multi_line, number, dropdown, date or checkbox")
	case utf8.RuneCountInString(f.Name) > MaxTitle:
		return store.TooLong("field."+f.Key+".name", MaxTitle)
	case f.Type != Dropdown && len(f.Options) > 0:
		return refuse("has options, which only a dropdown has")
	case f.Type == Dropdown && (len(f.Options) == 0 || len(f.Options) > MaxOptions):
		return &store.FieldError{Field: "field." + f.Key + ".options", Reason: "has 1 to 500 options", Limit: MaxOptions}
	}
	names := map[string]bool{}
	for _, o := range f.Options {
		if n := utf8.RuneCountInString(o.Name); n == 0 || n > MaxSingleLine || names[o.Name] {
			return refuse("has options with names of 1 to 255 characters, each once")
		}
		names[o.Name] = true
	}
	return nil
}

// SaveField defines a custom field (revision 0), or changes the definition that
// was read before: not its type, and options are archived, not left out. A bad
// definition is a *store.FieldError, a key that is taken store.ErrExists, and a
// definition that was changed meanwhile store.ErrStale.
func (s *Service) SaveField(ctx context.Context, actor event.Actor, f *Field) error {
	if f.Name == "" {
		f.Name = f.Key
	}
	if err := f.valid(); err != nil {
		return err
	}
	return s.configure(ctx, actor, identity.Configure, "field:"+f.Key, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		what := "field.changed"
		was, err := fields.Lock(ctx, tx, f.Key, store.ForUpdate)
		switch {
		case f.Rev == 0 && (err == nil || errors.Is(err, store.ErrNotFound)):
			what, f.Created = "field.created", s.now()
			err = s.roomForField(ctx, tx)
		case err == nil:
			err = f.follows(was)
		}
		if err != nil {
			return nil, err
		}
		if err = fields.Put(ctx, tx, f); err == nil {
			err = s.moveFields(ctx, tx, was != nil && was.Personal != f.Personal)
		}
		return &event.Event{Type: what, Subject: "field:" + f.Key, Revision: int64(f.Rev), Actor: actor}, err
	})
}

func (s *Service) roomForField(ctx context.Context, tx *store.Tx) error {
	all, _, err := fields.Page(ctx, tx, store.ByKey().Limit(MaxFields))
	if err == nil && len(all) == MaxFields {
		err = &store.FieldError{Field: "field", Reason: "a desk has at most 200 custom fields", Limit: MaxFields}
	}
	return err
}

func (f *Field) follows(was *Field) error {
	if f.Type != was.Type {
		return &store.FieldError{Field: "field." + f.Key + ".type", Reason: "can't change"}
	}
	for _, o := range was.Options {
		if !slices.ContainsFunc(f.Options, func(n Option) bool { return n.Name == o.Name }) {
			return &store.FieldError{Field: "field." + f.Key + ".options", Reason: "keeps " + o.Name + ", archived if it isn't wanted"}
		}
	}
	return nil
}

// Fields returns all definitions in order of key.
func (s *Service) Fields(ctx context.Context) (all []*Field, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, _, err = fields.Page(ctx, tx, store.ByKey().Limit(MaxFields))
		return err
	})
	return all, err
}

// value reads what somebody filled in: a string, a number, a bool, a time; or the
// text of one, as forms send it.
func (f *Field) value(in any) (v Value, err error) {
	v = Value{Key: f.Key, Type: f.Type}
	refuse := func(reason string, limit int) (Value, error) {
		return v, &store.FieldError{Field: "fields." + f.Key, Reason: reason, Limit: limit}
	}
	text, isText := in.(string)
	text = store.CleanText(text) // limits are about what is stored
	switch f.Type {
	case Number:
		n, ok := number(in)
		if !ok {
			return refuse("isn't a number", 0)
		}
		v.Number = n
	case Checkbox:
		if on, ok := in.(bool); ok {
			v.Checked = on
		} else if on, err := strconv.ParseBool(text); isText && err == nil {
			v.Checked = on
		} else {
			return refuse("isn't true or false", 0)
		}
	case Date:
		if at, ok := in.(time.Time); ok {
			text, isText = at.Format(time.DateOnly), true
		}
		if _, err := time.Parse(time.DateOnly, text); !isText || err != nil || !datePattern.MatchString(text) {
			return refuse("isn't a date, as in 2026-11-24", 0)
		}
		v.Text = text
	case Dropdown:
		if !isText || !slices.Contains(f.Options, Option{Name: text}) {
			return refuse("isn't one of the options", 0)
		}
		v.Text = text
	default:
		limit := MaxSingleLine
		if f.Type == MultiLine {
			limit = MaxMultiLine
		}
		if !isText {
			return refuse("isn't text", 0)
		}
		if utf8.RuneCountInString(text) > limit {
			return refuse(fmt.Sprintf("at most %d characters", limit), limit)
		}
		if f.Type == SingleLine && strings.ContainsAny(text, "\r\n") {
			return refuse("has more than one line", 0)
		}
		v.Text = text
	}
	return v, nil
}

func number(in any) (n float64, ok bool) {
	switch x := in.(type) {
	case float64:
		n, ok = x, true
	case int:
		n, ok = float64(x), true
	case int64:
		n, ok = float64(x), true
	case string:
		var err error
		n, err = strconv.ParseFloat(x, 64)
		ok = err == nil
	}
	return n, ok && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// setFields fills custom fields in; nil clears one. From a device what can't be
// taken is left out with a warning, from anybody else it is an error.
func (s *Service) setFields(ctx context.Context, tx *store.Tx, t *Ticket, actor event.Actor, in map[string]any) (changed []string, ws []identity.Warning, err error) {
	if len(in) == 0 {
		return nil, nil, nil
	}
	values, size := map[string]Value{}, 0
	for _, v := range t.Fields {
		values[v.Key] = v
		size += len(v.Text)
	}
	for _, key := range slices.Sorted(maps.Keys(in)) {
		v, err := s.fieldValue(ctx, tx, t, actor, key, in[key])
		grown := size + len(v.Text) - len(values[key].Text)
		if err == nil && grown > maxValues {
			err = &store.FieldError{Field: "fields." + key, Reason: "all fields of a ticket have at most 300 KB of text together", Limit: maxValues}
		}
		bad, isBad := errors.AsType[*store.FieldError](err)
		switch {
		case isBad && actor.Kind == event.EndUser:
			ws = append(ws, identity.Warning{Field: bad.Field, Detail: bad.Reason})
			continue
		case err != nil:
			return nil, nil, err
		case values[key] == v:
			continue
		case in[key] == nil:
			delete(values, key)
		default:
			values[key] = v
		}
		changed, size = append(changed, key), grown
	}
	if len(changed) > 0 {
		t.Fields = nil
		for _, key := range slices.Sorted(maps.Keys(values)) {
			t.Fields = append(t.Fields, values[key])
		}
	}
	return changed, ws, nil
}

func (s *Service) fieldValue(ctx context.Context, tx *store.Tx, t *Ticket, actor event.Actor, key string, in any) (Value, error) {
	if len(key) > 64 {
		key = shorten(key, 61) + "…"
	}
	refuse := func(reason string) (Value, error) {
		return Value{}, &store.FieldError{Field: "fields." + key, Reason: reason}
	}
	f, err := fields.Lock(ctx, tx, key, store.Share)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrValue):
		return refuse("there is no such field")
	case err != nil:
		return Value{}, err
	case f.Archived:
		return refuse("is archived")
	case actor.Kind == event.Agent && !f.Editable:
		return refuse("isn't for agents to change")
	case in == nil:
		return Value{}, nil
	}
	if f.Personal {
		if private, err := s.private(ctx, tx, t.App, t.EndUser); err != nil {
			return Value{}, err
		} else if private {
			return refuse("is personal, and the end user is under full privacy")
		}
	}
	return f.value(in)
}
