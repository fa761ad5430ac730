package chat

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
)

// from is the address that a request comes from; zero if it can't be known. Of a
// trusted header the last address counts: the nearest proxy wrote it, and all that
// stands before it is what others said.
func (c *Chat) from(r *http.Request) netip.Addr {
	if c.proxy != "" {
		if lines := r.Header.Values(c.proxy); len(lines) > 0 {
			line := lines[len(lines)-1]
			if a := address(strings.TrimSpace(line[strings.LastIndex(line, ",")+1:])); a.IsValid() {
				return a
			}
		}
	}
	return address(r.RemoteAddr)
}

// address reads an IP address, with or without a port.
func address(text string) netip.Addr {
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		with, _ := netip.ParseAddrPort(text)
		a = with.Addr()
	}
	return a.Unmap().WithZone("")
}

// free refuses what a banned end user does, besides his messages, whose ban is
// found in the transaction that would write them.
func (c *Chat) free(h func(http.ResponseWriter, *http.Request, *identity.Session) error) func(http.ResponseWriter, *http.Request, *identity.Session) error {
	return func(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
		b, err := c.People.BanOf(r.Context(), sess.Actor(), sess.EndUser.ID, c.from(r))
		if err != nil {
			return err
		}
		if b != nil {
			return &identity.BannedError{Ban: b.ID, Until: b.Until}
		}
		return h(w, r, sess)
	}
}
