package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Visit is a device that begins to talk to the desk.
type Visit struct {
	App      string
	Platform string
	Device   string // its secret: 32 to 128 of A-Z a-z 0-9 - _
	Language string // which the device speaks, BCP 47
	Push     string // where its app can be notified; kept if not empty
	Login    *Login // nil: whoever is logged in on the device, or nobody
	// Anonymous is what becomes of what the device's anonymous end user wrote, when
	// the login succeeds; "" is KeepAnonymous.
	Anonymous AnonymousPolicy
	// Private puts whoever visits under full privacy, as of SetPrivate: the app asks
	// for that, or the device says so.
	Private bool
}

// Session is who visits, and by which token he is known until it expires.
type Session struct {
	Token    string
	Expires  time.Time
	EndUser  *EndUser // of revision 0 while he has done nothing that is stored
	Device   string   // id of the device
	App      string
	Platform string
	Warnings []Warning
	Refused  *RefusedError // why the login was refused: the session is an anonymous one

	token   token
	private bool // he is, if he isn't stored yet
}

// Actor is the end user as an actor.
func (s *Session) Actor() event.Actor { return event.Actor{Kind: event.EndUser, ID: s.EndUser.ID} }

// Device is a browser or an installed app. It belongs to an anonymous end user,
// and to a known one while he is logged in.
type Device struct {
	ID        string    `json:"id"` // hash of app and secret
	App       string    `json:"app"`
	Platform  string    `json:"platform"`
	Language  string    `json:"language,omitempty"`
	Push      string    `json:"push,omitempty"`
	Anonymous string    `json:"anonymous"` // end user when nobody is logged in
	Current   string    `json:"current"`   // end user
	Epoch     int       `json:"epoch,omitempty"`
	Created   time.Time `json:"created"`
	Rev       store.Rev `json:"-"`
}

var devices = &store.Collection[Device]{
	Name: "device",
	Key:  func(d *Device) string { return d.ID },
	Rev:  func(d *Device) *store.Rev { return &d.Rev },
	Columns: []store.Column[Device]{
		{Name: "current", Kind: store.Text, Of: func(d *Device) any { return d.Current }},
		{Name: "push", Kind: store.Text, Of: func(d *Device) any { return indexed(d.Push) }},
		{Name: "anonymous", Kind: store.Text, Of: func(d *Device) any { return d.Anonymous }},
	},
	Indexes: []store.Index{{Name: "current", On: []string{"current"}}, {Name: "push", On: []string{"push"}, Unique: true},
		{Name: "anonymous", On: []string{"anonymous"}}},
	Subjects: func(d *Device) []string { return []string{d.Anonymous, d.Current} },
	Erase: func(d *Device, who string) bool {
		if d.Anonymous == who || d.Anonymous == d.Current {
			return false
		}
		// Who was logged in is gone: it is the other one's again, who keeps his history.
		d.Current, d.Push = d.Anonymous, ""
		d.Epoch++
		return true
	},
	Found: []store.Way{store.InIndex("current"), store.InIndex("anonymous")},
	Show: func(d *Device, _ []string) any { // without what was made of its secret
		shown := *d
		shown.ID, shown.Epoch = "", 0
		return shown
	},
}

// isSecret says whether s has the form of a device's secret.
func isSecret(s string) bool {
	return len(s) >= 32 && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// maxPush is how long the address of a device at a push service may be.
const maxPush = 4096

func (v Visit) device() (id string, err error) {
	switch {
	case !isSecret(v.Device):
		return "", &store.FieldError{Field: "device", Reason: "has to be a secret of 32 to 128 characters of A-Z, a-z, 0-9, - and _"}
	case len(v.Push) > maxPush || strings.ContainsFunc(v.Push, unicode.IsControl) || !utf8.ValidString(v.Push):
		return "", &store.FieldError{Field: "push", Reason: "has to be printable text of at most 4096 bytes", Limit: maxPush}
	case !v.Anonymous.Valid():
		return "", &store.FieldError{Field: "anonymous", Reason: "is keep, merge or clear"}
	}
	sum := sha256.Sum256([]byte(v.App + "\n" + v.Device))
	return hex.EncodeToString(sum[:16]), nil
}

// Begin starts a session. It stores nothing unless a login succeeds, or ends the
// one before by failing, or there is a new address for push. A login that fails is
// told in the session, which is then an anonymous one, and merges or clears nothing.
// A device secret, a push address or a policy that can't be taken is a
// *store.FieldError.
func (s *Service) Begin(ctx context.Context, v Visit) (*Session, error) {
	id, err := v.device()
	if err != nil {
		return nil, err
	}
	if v.Language != "" && !languagePattern.MatchString(v.Language) {
		v.Language = ""
	}
	var sess *Session
	visit := func(ctx context.Context, tx *store.Tx) error {
		sess = &Session{Device: id, App: v.App, Platform: v.Platform, private: v.Private}
		d, err := s.device(ctx, tx, id, v)
		if err != nil {
			return err
		}
		stored := *d
		if v.Login != nil {
			if err := s.login(ctx, tx, sess, d, v); err != nil {
				return err
			}
		}
		d.Push = pick(v.Push, d.Push)
		if v.Push != "" {
			if err := s.movePush(ctx, tx, id, v.Push); err != nil {
				return err
			}
		}
		if d.Push != stored.Push || d.Current != stored.Current || d.Rev > 0 && d.Anonymous != stored.Anonymous {
			if err := s.putDevice(ctx, tx, d, stored); err != nil {
				return err
			}
		}
		if v.Private {
			if err := s.protectVisitor(ctx, tx, d.Current); err != nil {
				return err
			}
		}
		return s.describe(ctx, tx, sess, d)
	}
	if v.Login == nil && v.Push == "" && !v.Private {
		err = s.db.View(ctx, visit)
	} else {
		err = s.db.Update(ctx, visit)
	}
	if err != nil {
		return nil, err
	}
	if v.Login != nil && sess.Refused == nil {
		if sess.EndUser, err = s.refresh(ctx, sess.EndUser); err != nil {
			sess.Warnings = append(sess.Warnings, Warning{"directory", "couldn't be asked: what is known of the user may be old"})
		}
	}
	return sess, nil
}

// device reads a device, or makes one up with an end user who isn't stored.
func (s *Service) device(ctx context.Context, tx *store.Tx, id string, v Visit) (*Device, error) {
	d, err := devices.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		who := s.log.IDs().New()
		return &Device{ID: id, App: v.App, Platform: v.Platform, Language: v.Language, Anonymous: who, Current: who, Created: s.now()}, nil
	}
	return d, err
}

// login makes the user whom the host signed the device's current one.
func (s *Service) login(ctx context.Context, tx *store.Tx, sess *Session, d *Device, v Visit) error {
	p, ws, err := s.check(ctx, tx, sess.App, *v.Login)
	if err == nil && v.Private && p.UserID == "" {
		err = &RefusedError{NoUserID, "under full privacy a user id is needed: an email isn't taken"}
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		sess.Refused = refused
		if d.Current != d.Anonymous {
			d.Current, err = s.strangerOf(ctx, tx, d)
			return err
		}
		return nil
	}
	if err != nil {
		return err
	}
	p.spoken, p.Private = pick(v.Language, d.Language), v.Private
	u, left, err := s.vouched(ctx, tx, event.Actor{Kind: event.System}, p)
	if err != nil {
		return err
	}
	if u.Erased {
		return store.ErrNotFound
	}
	if err := s.settleAnonymous(ctx, tx, v.Anonymous, d, u); err != nil {
		return err
	}
	sess.Warnings, d.Current = append(ws, left...), u.ID
	return nil
}

// movePush takes an address from the devices that had it before: a phone that was
// set up anew is another device, and must not get what is meant for the old one.
func (s *Service) movePush(ctx context.Context, tx *store.Tx, to, push string) error {
	for d, err := range devices.All(ctx, tx, store.By("push", indexed(push))) {
		if err != nil {
			return err
		}
		if d.ID == to || d.Push != push {
			continue
		}
		was := *d
		d.Push = ""
		if err := s.putDevice(ctx, tx, d, was); err != nil {
			return err
		}
	}
	return nil
}

// putDevice stores a device; tokens of whoever was current before end.
func (s *Service) putDevice(ctx context.Context, tx *store.Tx, d *Device, was Device) error {
	what := "device.push_changed"
	if d.Current != was.Current {
		d.Epoch++
		if what = "device.logged_in"; d.Current == d.Anonymous {
			what = "device.logged_out"
		}
	} else if d.Anonymous != was.Anonymous {
		what = "device.cleared"
	}
	if err := devices.Put(ctx, tx, d); errors.Is(err, store.ErrExists) {
		return store.ErrConflict // its twin, or another device with its address, was faster: look again
	} else if err != nil {
		return err
	}
	actor := event.Actor{Kind: event.EndUser, ID: d.Current}
	// A device that was erased and comes back has the same id and counts from 1 again;
	// its stranger is another one.
	return s.record(ctx, tx, &event.Event{Type: what, Subject: "device:" + d.ID + ":" + d.Anonymous, Revision: int64(d.Rev), Owner: d.Current, Actor: actor}, nil, nil)
}

// describe fills in the end user and the token.
func (s *Service) describe(ctx context.Context, tx *store.Tx, sess *Session, d *Device) (err error) {
	sess.EndUser, err = endUsers.Get(ctx, tx, d.Current)
	if errors.Is(err, store.ErrNotFound) {
		sess.EndUser, err = &EndUser{ID: d.Current, Language: d.Language, Private: sess.private}, nil
	}
	if err != nil {
		return err
	}
	sess.Expires = s.now().Add(sessionTime)
	sess.token = token{EndUser: d.Current, Device: d.ID, App: d.App, Platform: sess.Platform,
		Language: d.Language, Private: sess.private, Epoch: d.Epoch, Expires: sess.Expires.Unix()}
	sess.Token, err = s.write(sess.token)
	return err
}

// Authenticate returns the session of a token, or ErrSession.
func (s *Service) Authenticate(ctx context.Context, text string) (sess *Session, err error) {
	t, err := s.read(text)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Ahead(ctx, devices.Want(t.Device, 0), endUsers.Want(t.EndUser, 0)); err != nil {
			return err
		}
		d, err := s.alive(ctx, tx, t)
		if err != nil {
			return err
		}
		sess = &Session{Token: text, Expires: time.Unix(t.Expires, 0).UTC(), Device: t.Device, App: t.App, Platform: t.Platform, token: t}
		sess.EndUser, err = endUsers.Get(ctx, tx, t.EndUser)
		if errors.Is(err, store.ErrNotFound) && (d == nil || t.EndUser == d.Anonymous) {
			sess.EndUser, err = &EndUser{ID: t.EndUser, Language: t.Language, Private: t.Private}, nil
		}
		if err == nil && (sess.EndUser.Erased || sess.EndUser.Merged != "") {
			return ErrSession
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return sess, nil
}

// alive reads the device of a token, nil if it isn't stored, and compares.
func (s *Service) alive(ctx context.Context, tx *store.Tx, t token) (*Device, error) {
	d, err := devices.Get(ctx, tx, t.Device)
	switch {
	case errors.Is(err, store.ErrNotFound) && t.Epoch == 0:
		return nil, nil
	case errors.Is(err, store.ErrNotFound):
		return nil, ErrSession
	case err != nil:
		return nil, err
	case d.Epoch != t.Epoch || d.Current != t.EndUser:
		return nil, ErrSession // a login, a logout, or another tab was first
	}
	return d, nil
}

// Ensure stores the session's end user and device if they aren't stored yet, in
// the transaction of the first thing that he does.
func (s *Service) Ensure(ctx context.Context, tx *store.Tx, sess *Session) (*EndUser, error) {
	d, err := s.alive(ctx, tx, sess.token)
	if err != nil {
		return nil, err
	}
	if d == nil {
		d = &Device{ID: sess.Device, App: sess.App, Platform: sess.Platform, Language: sess.EndUser.Language,
			Anonymous: sess.EndUser.ID, Current: sess.EndUser.ID, Created: s.now()}
		if err := devices.Put(ctx, tx, d); errors.Is(err, store.ErrExists) {
			return nil, store.ErrConflict // its twin was faster: look again
		} else if err != nil {
			return nil, err
		}
	}
	u, err := s.Writer(ctx, tx, sess.EndUser.ID)
	if err == nil && u.ID != sess.EndUser.ID {
		return nil, ErrSession // he was merged a moment ago
	}
	if !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	u = &EndUser{ID: sess.EndUser.ID, Language: pick(sess.EndUser.Language, d.Language), Private: sess.EndUser.Private}
	if err := s.put(ctx, tx, sess.Actor(), u, "end_user.created"); errors.Is(err, store.ErrExists) {
		if old, err := endUsers.Get(ctx, tx, u.ID); err == nil && (old.Erased || old.Merged != "") {
			return nil, ErrSession
		}
		return nil, store.ErrConflict // he was stored a moment ago: look again
	} else if err != nil {
		return nil, err
	}
	return u, nil
}
