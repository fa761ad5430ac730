package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of settings.
const (
	MaxAddresses = 50
	MaxTemplate  = 100_000 // characters
	maxBrand     = 255     // characters
	maxFooter    = 2000    // characters in a language
	maxFooters   = 100
	maxLogo      = 2000 // bytes
	maxTexts     = 500
	maxText      = 1000 // characters
)

// SettingsSaved is the type of the event that says that an app's settings of mail were
// stored. Its subject is "email:" and the app's id.
const SettingsSaved = "email.settings_saved"

// Settings are how an app writes and is written to.
type Settings struct {
	App string `json:"app"`
	// From is the address that its mails come from, and Addresses are others to which
	// people write; no two apps share one. Without From the app sends nothing, and its
	// messages have failed, with that reason.
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
	Text string `json:"text,omitempty"`
	HTML string `json:"html,omitempty"`
	// Texts replace what the built-in templates say, by the keys of [Texts], also in
	// languages that they don't have.
	Texts   []ticket.Text `json:"texts,omitempty"`
	Updated time.Time     `json:"updated"`
	Rev     store.Rev     `json:"-"`
}

var settings = &store.Collection[Settings]{
	Name:       "email_settings",
	Key:        func(s *Settings) string { return s.App },
	Rev:        func(s *Settings) *store.Rev { return &s.Rev },
	Impersonal: "holds a desk's own addresses and what its mails look like",
}

// address says to which app mails to it belong. It is the root of that, so that no two
// apps get one.
type address struct {
	Address string    `json:"address"` // in lower case, without a tag
	App     string    `json:"app"`
	Rev     store.Rev `json:"-"`
}

var addresses = &store.Collection[address]{
	Name:       "email_address",
	Key:        func(a *address) string { return a.Address },
	Rev:        func(a *address) *store.Rev { return &a.Rev },
	Impersonal: "holds a desk's own addresses",
}

// all are the app's addresses, each once.
func (s *Settings) all() []string {
	all := append([]string{s.From, s.Replies}, s.Addresses...)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(a string) bool { return a == "" })
}

// answers is the address to which answers and reports go, before it gets its tag.
func (s *Settings) answers() string { return cmp.Or(s.Replies, s.From) }

// SaveSettings stores how an app writes and is written to, for who may Configure. A bad
// value, and an address that another app has, is a *store.FieldError; settings that were
// changed since they were read are store.ErrStale, and ones at revision 0 where the app has
// some already are store.ErrExists: read them with SettingsOf first. Addresses are kept in
// lower case, with the domains of other scripts as they stand in mails (xn--…).
func (s *Service) SaveSettings(ctx context.Context, actor event.Actor, in *Settings) error {
	c := *in
	if err := c.clean(); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	if err := c.try(); err != nil {
		return err
	}
	c.Updated = s.now()
	rev := c.Rev
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		c.Rev = rev
		subject := "email:" + c.App
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: subject}); err != nil {
			return err
		}
		if _, err := s.Tickets.In(tx).App(ctx, c.App); errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "settings.app", Reason: "there is no app " + c.App}
		} else if err != nil {
			return err
		}
		if err := c.takeAddresses(ctx, tx); err != nil {
			return err
		}
		if err := settings.Put(ctx, tx, &c); err != nil {
			return err
		}
		return s.Events.Append(ctx, tx, &event.Event{Type: SettingsSaved, Subject: subject, Revision: int64(c.Rev), Actor: actor})
	})
	if err == nil {
		*in = c
	}
	return err
}

// takeAddresses gives the app the addresses that its settings name, and frees those that
// they name no more.
func (c *Settings) takeAddresses(ctx context.Context, tx *store.Tx) error {
	was, err := settings.Get(ctx, tx, c.App)
	if errors.Is(err, store.ErrNotFound) {
		was, err = &Settings{}, nil
	}
	if err != nil {
		return err
	}
	for _, gone := range was.all() {
		if slices.Contains(c.all(), gone) {
			continue
		}
		a, err := addresses.Lock(ctx, tx, gone, store.ForUpdate)
		if err == nil && a.App == c.App {
			err = addresses.Delete(ctx, tx, a)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	for _, mine := range c.all() {
		a, err := addresses.Lock(ctx, tx, mine, store.ForUpdate)
		switch {
		case errors.Is(err, store.ErrNotFound):
			err = addresses.Put(ctx, tx, &address{Address: mine, App: c.App})
			if errors.Is(err, store.ErrExists) {
				err = fmt.Errorf("%w: %w", store.ErrConflict, err) // another app was faster: look again
			}
		case err == nil && a.App != c.App:
			err = &store.FieldError{Field: "settings.addresses", Reason: mine + " is an address of app " + a.App}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// SettingsOf returns an app's settings, or those that it begins with, at revision 0,
// where none are stored.
func (s *Service) SettingsOf(ctx context.Context, app string) (c *Settings, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err = settingsOf(ctx, tx, app)
		return err
	})
	return c, err
}

func settingsOf(ctx context.Context, tx *store.Tx, app string) (*Settings, error) {
	c, err := settings.Get(ctx, tx, app)
	if errors.Is(err, store.ErrNotFound) {
		return &Settings{App: app}, nil
	}
	return c, err
}

// AllSettings returns at most limit settings that are stored, and no more than 200, in
// order of app, and the cursor of the next page.
func (s *Service) AllSettings(ctx context.Context, after string, limit int) (cs []*Settings, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		cs, next, err = settings.Page(ctx, tx, store.ByKey().Limit(min(max(limit, 1), 200)).After(after))
		return err
	})
	return cs, next, err
}

// Accepts says whether an address is the desk's, whatever tag it has: a mail server asks so
// of each recipient. One with a tag that the desk has signed is for good, so that answers
// come back also after settings name another address.
func (s *Service) Accepts(ctx context.Context, address string) (ok bool, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, ok, err = s.appOf(ctx, tx, address)
		return err
	})
	if _, signed := s.tagOf(address); signed && err == nil {
		ok = true
	}
	return ok, err
}

// appOf is the app to which mails to an address belong, whatever tag it has; false if
// it is no address of the desk's.
func (s *Service) appOf(ctx context.Context, tx *store.Tx, to string) (app string, ok bool, err error) {
	to, err = cleanAddress(untagged(strings.TrimSpace(to)))
	if err != nil {
		return "", false, nil
	}
	a, err := addresses.Get(ctx, tx, to)
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return a.App, true, nil
}

// clean makes addresses alike that are the same.
func (s *Settings) clean() (err error) {
	for field, a := range map[string]*string{"from": &s.From, "replies": &s.Replies} {
		if *a, err = ownAddress("settings."+field, *a); err != nil {
			return err
		}
	}
	s.Addresses = slices.Clone(s.Addresses)
	for i := range s.Addresses {
		if s.Addresses[i], err = ownAddress("settings.addresses", s.Addresses[i]); err != nil {
			return err
		}
	}
	return nil
}

// ownAddress is an address of the desk's as it is kept; "" stays.
func ownAddress(field, a string) (string, error) {
	if a = strings.TrimSpace(a); a == "" {
		return "", nil
	}
	clean, err := cleanAddress(a)
	if err != nil {
		return "", &store.FieldError{Field: field, Reason: fmt.Sprintf("%q isn't an address, as in help@shop.example", a)}
	}
	if strings.Contains(clean, "+") {
		return "", &store.FieldError{Field: field, Reason: clean + " has a plus, behind which the tags of answers stand"}
	}
	return clean, nil
}

// cleanAddress is an address in lower case, with its domain as it stands in mails. The
// part before the @ is ASCII, as not every server takes another one.
func cleanAddress(a string) (string, error) {
	p, err := mail.ParseAddress(a)
	if err != nil || p.Name != "" || p.Address != a {
		return "", errAddress
	}
	at := strings.LastIndexByte(a, '@')
	domain, err := idna.Lookup.ToASCII(strings.ToLower(a[at+1:]))
	local := strings.ToLower(a[:at])
	if err != nil || domain == "" || len(local) > 64 || len(local)+1+len(domain) > identity.MaxEmail || !plainLocal.MatchString(local) {
		return "", errAddress
	}
	return local + "@" + domain, nil
}

var (
	errAddress = errors.New("this isn't an address that mails can be sent to")
	plainLocal = regexp.MustCompile("^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$")
	colour     = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// check refuses values that settings can't have. Addresses are clean by then.
func (s *Settings) check() error {
	refuse := func(field, reason string) error { return &store.FieldError{Field: "settings." + field, Reason: reason} }
	local, _, _ := strings.Cut(s.answers(), "@")
	switch {
	case len(s.Addresses) > MaxAddresses:
		return &store.FieldError{Field: "settings.addresses", Reason: "at most 50 addresses", Limit: MaxAddresses}
	case slices.Contains(s.Addresses, ""):
		return refuse("addresses", "has an empty one")
	case s.From == "" && len(s.all()) > 0:
		return refuse("from", "is needed where there are other addresses")
	case len(local) > maxTagged:
		return &store.FieldError{Field: "settings.replies", Reason: fmt.Sprintf("needs an address with at most %d characters before its @, as a tag of 50 goes behind them: %s has %d", maxTagged, s.answers(), len(local)), Limit: maxTagged}
	case utf8.RuneCountInString(s.Brand) > maxBrand:
		return store.TooLong("settings.brand", maxBrand)
	case s.Colour != "" && !colour.MatchString(s.Colour):
		return refuse("colour", "is as in #0a7f5a")
	case utf8.RuneCountInString(s.Text) > MaxTemplate:
		return store.TooLong("settings.text", MaxTemplate)
	case utf8.RuneCountInString(s.HTML) > MaxTemplate:
		return store.TooLong("settings.html", MaxTemplate)
	case len(s.Footer) > maxFooters:
		return &store.FieldError{Field: "settings.footer", Reason: "at most 100 languages", Limit: maxFooters}
	case len(s.Texts) > maxTexts:
		return &store.FieldError{Field: "settings.texts", Reason: "at most 500 texts", Limit: maxTexts}
	}
	if u, err := url.Parse(s.Logo); s.Logo != "" && (err != nil || u.Scheme != "https" || u.Host == "" || len(s.Logo) > maxLogo) {
		return refuse("logo", "is an address that begins with https://")
	}
	for _, f := range s.Footer {
		if utf8.RuneCountInString(f.Text) > maxFooter {
			return store.TooLong("settings.footer", maxFooter)
		}
	}
	for _, t := range s.Texts {
		switch {
		case !slices.Contains(Texts(), t.Key):
			return refuse("texts", "there is no text "+t.Key)
		case utf8.RuneCountInString(t.Text) > maxText:
			return store.TooLong("settings.texts", maxText)
		case t.Key == "delimiter" && utf8.RuneCountInString(strings.TrimSpace(t.Text)) < minDelimiter:
			return refuse("texts", "delimiter has at least 8 characters, so that nobody writes it by chance")
		}
	}
	return nil
}
