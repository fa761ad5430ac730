package chat_test

import (
	"net/http"
	"testing"

	"github.com/frontdesk-go/frontdesk/channel/chat"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proxy, remote string
		forwarded     []string
		want          string
	}{
		{"", "192.0.2.1:1234", nil, "192.0.2.1"},
		{"", "[2001:db8::1]:1234", nil, "2001:db8::1"},
		{"", "[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"", "[::ffff:192.0.2.1]:1234", nil, "192.0.2.1"},
		{"", "192.0.2.1:1234", []string{"203.0.113.9"}, "192.0.2.1"}, // nobody trusts it
		{"X-Forwarded-For", "192.0.2.1:1234", []string{"203.0.113.9"}, "203.0.113.9"},
		{"X-Forwarded-For", "192.0.2.1:1234", []string{"203.0.113.1, 203.0.113.9"}, "203.0.113.9"},
		{"x-forwarded-for", "192.0.2.1:1234", []string{"203.0.113.1", "203.0.113.2,203.0.113.9"}, "203.0.113.9"},
		{"X-Forwarded-For", "192.0.2.1:1234", []string{"203.0.113.9:80"}, "203.0.113.9"},
		{"X-Forwarded-For", "192.0.2.1:1234", []string{"[2001:db8::9]"}, "2001:db8::9"},
		{"X-Forwarded-For", "192.0.2.1:1234", []string{"203.0.113.9, unknown"}, "192.0.2.1"},
		{"X-Forwarded-For", "192.0.2.1:1234", nil, "192.0.2.1"},
		{"", "@", nil, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := chat.From(c.proxy, r).String(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
