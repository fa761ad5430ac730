package chat

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What a device sends beside its message is read leniently: whatever can't be
// taken is left out with a warning, and never costs the message.

// The most entries of a kind that one message brings.
const (
	maxFields    = ticket.MaxFields
	maxAnswers   = 50
	maxTags      = 2 * ticket.MaxTags
	maxEntries   = 1000
	maxWarnings  = 100
	maxFieldName = 64 // characters, in a warning
)

// lenient collects warnings while it reads.
type lenient struct {
	warnings []identity.Warning
}

func (l *lenient) warn(field, detail string) {
	if runes := []rune(field); len(runes) > maxFieldName {
		field = string(runes[:maxFieldName]) + "…"
	}
	if len(l.warnings) < maxWarnings {
		l.warnings = append(l.warnings, identity.Warning{Field: field, Detail: detail})
	}
}

// read gives the zero value, and a warning, where raw isn't a T.
func read[T any](l *lenient, field string, raw json.RawMessage) (v T) {
	if len(raw) == 0 {
		return v
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		var zero T
		l.warn(field, "left out: it isn't of the kind that belongs there")
		return zero
	}
	return v
}

// list reads each entry by itself, at most so many.
func list[T any](l *lenient, field string, raw json.RawMessage, most int) (vs []T) {
	all := read[[]json.RawMessage](l, field, raw)
	if len(all) > most {
		l.warn(field, fmt.Sprintf("%d entries left out: at most %d", len(all)-most, most))
		all = all[:most]
	}
	for i, one := range all {
		before := len(l.warnings)
		v := read[T](l, field+"."+strconv.Itoa(i), one)
		if len(l.warnings) == before {
			vs = append(vs, v)
		}
	}
	return vs
}

// table gives the entries of an object in order of key, at most so many.
func table(l *lenient, field string, raw json.RawMessage, most int, each func(key string, raw json.RawMessage)) {
	all := read[map[string]json.RawMessage](l, field, raw)
	keys := slices.Sorted(maps.Keys(all))
	if len(keys) > most {
		l.warn(field, fmt.Sprintf("%d entries left out: at most %d", len(keys)-most, most))
		keys = keys[:most]
	}
	for _, key := range keys {
		each(key, all[key])
	}
}

// text is a JSON text's content, and other JSON as it is written.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// crumb is a breadcrumb as devices send it.
type crumb struct {
	Time json.RawMessage `json:"time"`
	Text string          `json:"text"`
}

// crumbs keeps what was done where the time can't be read.
func crumbs(l *lenient, raw json.RawMessage) (out []ticket.Crumb) {
	for _, c := range list[crumb](l, "breadcrumbs", raw, maxEntries) {
		at := read[time.Time](l, "breadcrumbs.time", c.Time)
		if y := at.UTC().Year(); !at.IsZero() && (y < 1970 || y > 2099) {
			l.warn("breadcrumbs.time", "left out: it is far away")
			at = time.Time{}
		}
		out = append(out, ticket.Crumb{Time: at, Text: c.Text})
	}
	return out
}

// login reads who is to be logged in. Hosts' user ids are often numbers. What can't
// be read is a login that names nobody, which is refused with its reason.
func login(raw json.RawMessage) *identity.Login {
	var fields map[string]json.RawMessage
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	if json.Unmarshal(raw, &fields) != nil {
		return &identity.Login{}
	}
	get := func(key string) string {
		var v any
		if json.Unmarshal(fields[key], &v) != nil || v == nil {
			return ""
		}
		switch v.(type) {
		case string, float64, bool:
			return text(fields[key])
		}
		return ""
	}
	return &identity.Login{UserID: get("user_id"), Email: get("email"), Name: get("name"), Phone: get("phone"),
		Language: get("language"), HMAC: get("hmac"), JWT: get("jwt")}
}
