package email

import (
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of settings.
const (
	MaxAddresses = 50
	MaxTemplate  = 100_000 // characters
)

// Settings are how an app writes and is written to.
type Settings struct {
	App string `json:"app"`
	// From is the address that its mails come from, and Addresses are others to which
	// people write; no two apps share one.
	From      string   `json:"from"`
	Addresses []string `json:"addresses,omitempty"`
	// Replies is the address to which answers go, with a signed tag before its @
	// (help+TAG@shop.example): the server has to deliver these, too. "" is From.
	Replies string             `json:"replies,omitempty"`
	Brand   string             `json:"brand,omitempty"`  // name above the mails; "" is the app's
	Logo    string             `json:"logo,omitempty"`   // https address of a picture; "" is the brand's name
	Colour  string             `json:"colour,omitempty"` // as in #0a7f5a; "" is a plain one
	Footer  []ticket.Localised `json:"footer,omitempty"`
	// Text and HTML replace the built-in templates; see Page. "" are those.
	Text    string    `json:"text,omitempty"`
	HTML    string    `json:"html,omitempty"`
	Updated time.Time `json:"updated"`
	Rev     store.Rev `json:"-"`
}

var settings = &store.Collection[Settings]{
	Name:       "email_settings",
	Key:        func(s *Settings) string { return s.App },
	Rev:        func(s *Settings) *store.Rev { return &s.Rev },
	Impersonal: "holds a desk's own addresses and what its mails look like",
}
