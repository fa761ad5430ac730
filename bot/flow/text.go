package flow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/template"
)

// Duration is a time.Duration that is written as "90s", "10m" or "24h".
type Duration time.Duration

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// UnmarshalJSON reads a text by language, or one for everybody.
func (t *Text) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		*t = Text{"": s}
		return err
	}
	var all map[string]string
	err := json.Unmarshal(b, &all)
	*t = all
	return err
}

// MarshalJSON writes it as UnmarshalJSON reads it.
func (t Text) MarshalJSON() ([]byte, error) {
	if s, everybody := t[""]; everybody && len(t) == 1 {
		return json.Marshal(s)
	}
	return json.Marshal(map[string]string(t))
}

// own is the flow's language.
func (f *Flow) own() string { return cmp.Or(f.Language, "en") }

// in returns the text that serves best a reader of some languages, the dearest first;
// own is the flow's language. ok is false where there is none at all.
func (t Text) in(own string, wanted ...string) (s string, ok bool) {
	tags := slices.Sorted(maps.Keys(t))
	if len(tags) == 0 {
		return "", false
	}
	// What fits nobody's wish is said in the flow's own language, or to everybody.
	at := template.Choose(tags, append(slices.Clone(wanted), own, "")...)
	return t[tags[at]], true
}
