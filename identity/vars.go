package identity

import (
	"regexp"
	"slices"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// Vars are the names of an end user and of his attributes in conditions over S:
// prefix.known and so on, and attributePrefix.KEY for each key. of may return nil,
// of whom nothing is set.
//
//	known private user_id name email email_proven phone language organisation
//
// Attributes are text. Any key may be asked of, so declare those that a condition
// mentions ([MentionedKeys]). Filters of views have none of these names: an end user
// changes without his tickets, whose index then wouldn't know.
func Vars[S any](prefix, attributePrefix string, of func(S) *EndUser, keys []string) (vars []condition.Var[S]) {
	text := func(name string, get func(*EndUser) string) {
		vars = append(vars, condition.Var[S]{Name: name, Text: func(s S) string {
			if u := of(s); u != nil {
				return get(u)
			}
			return ""
		}})
	}
	truth := func(name string, get func(*EndUser) bool) {
		vars = append(vars, condition.Var[S]{Name: name, Bool: func(s S) (on, set bool) {
			u := of(s)
			return u != nil && get(u), u != nil
		}})
	}
	truth(prefix+".known", (*EndUser).Known)
	truth(prefix+".private", func(u *EndUser) bool { return u.Private })
	truth(prefix+".email_proven", func(u *EndUser) bool { return u.Email.Proven })
	text(prefix+".user_id", func(u *EndUser) string { return u.UserID })
	text(prefix+".name", func(u *EndUser) string { return u.Name })
	text(prefix+".email", func(u *EndUser) string { return u.Email.Value })
	text(prefix+".phone", func(u *EndUser) string { return u.Phone.Value })
	text(prefix+".language", func(u *EndUser) string { return u.Language })
	text(prefix+".organisation", func(u *EndUser) string { return u.Organisation })
	for _, key := range keys {
		text(attributePrefix+"."+key, func(u *EndUser) string { v, _ := u.Attribute(key); return v })
	}
	return vars
}

// Attribute is what the host says of the end user under a key.
func (u *EndUser) Attribute(key string) (value string, ok bool) {
	for _, a := range u.Attributes {
		if a.Key == key {
			return a.Value, true
		}
	}
	return "", false
}

// MentionedKeys are the keys of attributes that the source of a condition mentions,
// in order. It may name more than the condition reads, as those within a text.
func MentionedKeys(attributePrefix, source string) (keys []string) {
	mention := regexp.MustCompile(`\b` + regexp.QuoteMeta(attributePrefix) + `\.([a-z][a-z0-9_]{0,63})\b`)
	for _, m := range mention.FindAllStringSubmatch(source, -1) {
		keys = append(keys, m[1])
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
