package store

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// A walker visits the texts, numbers and times of a type. It is built once for a
// type, so that visiting a document costs no look-ups of fields.
type walker struct {
	err   error
	clean func(any) error
	times func(any) // undoes what a decimal fraction of seconds lost on its way
}

// A visit does something to a value in place, so many structures deep. Errors about a
// value are *badValue, which learns its path on the way out: most have none to tell.
type visit func(v reflect.Value, depth int) error

// badValue is a value that no store can keep.
type badValue struct {
	path   []string // the innermost name first
	reason string
}

func (e *badValue) Error() string {
	names := slices.Clone(e.path)
	slices.Reverse(names)
	return strings.Join(names, ".") + ": " + e.reason + ": " + ErrValue.Error()
}

func (e *badValue) Unwrap() error { return ErrValue }

// within adds the name of what holds the value.
func within(name string, err error) error {
	if bad, ok := err.(*badValue); ok {
		bad.path = append(bad.path, name)
	}
	return err
}

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
)

func walkerOf(t reflect.Type) *walker {
	all := &plan{seen: map[reflect.Type]*visit{}}
	clean := all.of(t, t.Name())
	onlyTimes := &plan{seen: map[reflect.Type]*visit{}, times: true}
	times := onlyTimes.of(t, t.Name())
	return &walker{
		err: all.err,
		clean: func(v any) error {
			if clean == nil {
				return nil
			}
			return clean(reflect.ValueOf(v).Elem(), 0)
		},
		times: func(v any) {
			if times != nil {
				times(reflect.ValueOf(v).Elem(), 0) // rounding can't fail
			}
		},
	}
}

// maxDepth bounds documents whose type contains itself, so that what was written
// can be read; see the decoder's limit of nested levels.
const maxDepth = 500

// A plan builds the visits of a type. A visit of nil means that there is nothing
// to do in values of that type.
type plan struct {
	seen  map[reflect.Type]*visit // for types that contain themselves
	times bool                    // round times, and do nothing else
	err   error
}

func (p *plan) refuse(format string, args ...any) visit {
	if p.err == nil {
		p.err = fmt.Errorf(format+": %w", append(args, ErrValue)...)
	}
	return nil
}

func (p *plan) of(t reflect.Type, path string) visit {
	if t == timeType {
		if p.times {
			return roundTime
		}
		return cleanTime
	}
	if t.Kind() == reflect.Pointer {
		return p.pointer(t, path) // before texts: a *time.Time is one, too
	}
	if t.Implements(textType) || reflect.PointerTo(t).Implements(textType) {
		return nil // it says itself how it is written
	}
	switch t.Kind() {
	case reflect.String:
		return p.unless(cleanText)
	case reflect.Float32, reflect.Float64:
		return p.unless(cleanFloat)
	case reflect.Slice, reflect.Array:
		return p.list(t, path)
	case reflect.Map:
		return p.table(t, path)
	case reflect.Struct:
		return p.structure(t, path)
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return p.refuse("%s: stored types can't hold a %s", path, t)
	}
	return nil
}

func (p *plan) unless(v visit) visit {
	if p.times {
		return nil
	}
	return v
}

func (p *plan) pointer(t reflect.Type, path string) visit {
	elem := p.of(t.Elem(), path)
	if elem == nil {
		return nil
	}
	return func(v reflect.Value, depth int) error {
		if v.IsNil() {
			return nil
		}
		return elem(v.Elem(), depth)
	}
}

func (p *plan) list(t reflect.Type, path string) visit {
	if t.Elem().Kind() == reflect.Uint8 {
		return nil
	}
	elem := p.of(t.Elem(), path+"[]")
	if elem == nil {
		return nil
	}
	return func(v reflect.Value, depth int) error {
		for i := range v.Len() {
			if err := elem(v.Index(i), depth); err != nil {
				return err
			}
		}
		return nil
	}
}

func (p *plan) table(t reflect.Type, path string) visit {
	if t.Key().Kind() != reflect.String {
		return p.refuse("%s: a map needs text as its key, not %s", path, t.Key())
	}
	elem := p.of(t.Elem(), path+"[]")
	if p.times && elem == nil {
		return nil
	}
	return func(v reflect.Value, depth int) error {
		for it := v.MapRange(); it.Next(); {
			key, val := it.Key(), reflect.New(t.Elem()).Elem()
			val.Set(it.Value())
			if elem != nil {
				if err := elem(val, depth); err != nil {
					return within(key.String(), err)
				}
			}
			if clean := cleaned(key.String()); !p.times && clean != key.String() {
				v.SetMapIndex(key, reflect.Value{})
				if key = reflect.ValueOf(clean).Convert(t.Key()); v.MapIndex(key).IsValid() {
					return &badValue{reason: fmt.Sprintf("two keys become %q", clean)}
				}
			}
			if elem != nil || !v.MapIndex(key).IsValid() {
				v.SetMapIndex(key, val)
			}
		}
		return nil
	}
}

func (p *plan) structure(t reflect.Type, path string) visit {
	if known, ok := p.seen[t]; ok {
		return func(v reflect.Value, depth int) error {
			if *known == nil {
				return nil
			}
			if depth > maxDepth {
				return fmt.Errorf("more than %d levels deep: %w", maxDepth, ErrValue)
			}
			return (*known)(v, depth)
		}
	}
	self := new(visit)
	p.seen[t] = self
	type field struct {
		index int
		name  string
		visit visit
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		// What is embedded gives its exported fields to the document.
		if !f.IsExported() && !(f.Anonymous && f.Type.Kind() == reflect.Struct) || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if v := p.of(f.Type, path+"."+name); v != nil {
			fields = append(fields, field{i, name, v})
		}
	}
	if fields == nil {
		return nil
	}
	*self = func(v reflect.Value, depth int) error {
		for i := range fields {
			f := &fields[i]
			if err := f.visit(v.Field(f.index), depth+1); err != nil {
				return within(f.name, err)
			}
		}
		return nil
	}
	return *self
}

func cleanText(v reflect.Value, _ int) error {
	if s := v.String(); !clean(s) {
		v.SetString(cleaned(s))
	}
	return nil
}

func clean(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// CleanText is s as Put stores it: what isn't valid UTF-8, and U+0000, becomes
// U+FFFD.
func CleanText(s string) string { return cleaned(s) }

func cleaned(s string) string {
	if clean(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func cleanFloat(v reflect.Value, _ int) error {
	f := v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return &badValue{reason: fmt.Sprintf("%v is not a number that can be stored", f)}
	}
	if f == 0 {
		v.SetFloat(0) // a negative zero, which jsonb doesn't know
	}
	return nil
}

func cleanTime(v reflect.Value, _ int) error {
	t := timeOf(v)
	if t.IsZero() {
		*t = time.Time{} // a zero moment in some other zone
		return nil
	}
	if t.Before(minTime) || !t.Before(maxTime) {
		return &badValue{reason: t.UTC().Format(time.DateOnly) + " is outside the years 1840 to 2099"}
	}
	*t = driver.Micro(*t)
	return nil
}

// timeOf is where a moment is stored: to copy it out of there costs memory each time.
func timeOf(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

func roundTime(v reflect.Value, _ int) error {
	if t := timeOf(v); !t.IsZero() {
		*t = t.Round(time.Microsecond).UTC()
	}
	return nil
}
