package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/golang-jwt/jwt/v5"
)

// Login names the host's user, and carries the host's signature: HMAC over
// UserID and Email, or a JWT, whose claims then replace the other fields.
type Login struct {
	UserID   string `json:"user_id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Language string `json:"language"`
	HMAC     string `json:"hmac"` // as of Sign
	JWT      string `json:"jwt"`
}

// RefusedError says why a login was refused.
type RefusedError struct {
	Reason Refusal
	Detail string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("login refused: %s: %s", e.Reason, e.Detail)
}

// Refusal is a reason for refusing a login, for programs.
type Refusal string

// The reasons.
const (
	NoToken    Refusal = "no_token"    // neither HMAC nor JWT
	BadToken   Refusal = "bad_token"   // damaged, or signed otherwise than by a live secret
	OldToken   Refusal = "old_token"   // a JWT issued more than 24 hours ago, or expired
	EarlyToken Refusal = "early_token" // a JWT issued in the future
	NoSecret   Refusal = "no_secret"   // the app has no secret, so nobody can sign
	BadUser    Refusal = "bad_user"    // the user id is missing or malformed
	NoUserID   Refusal = "no_user_id"  // an email alone names nobody under full privacy
)

// The age at which a JWT is too old, and how far clocks may be apart.
const (
	maxTokenAge = 24 * time.Hour
	clockSkew   = time.Minute
)

// Sign returns the HMAC of a login, in hexadecimal: what a host's server gives to
// its page. The email may be empty; its letters A to Z are signed as a to z, and
// no others, since further foldings would make one address of two.
func Sign(secret, userID, email string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(userID + "\n" + lower(email)))
	return hex.EncodeToString(m.Sum(nil))
}

// lower turns the letters A to Z into a to z.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// claims are what a JWT may say.
type claims struct {
	UserID   string `json:"user_id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Language string `json:"language"`
	jwt.RegisteredClaims
}

// check returns what the login says of its user. The error is a *RefusedError.
func (s *Service) check(ctx context.Context, tx *store.Tx, app string, l Login) (p Profile, ws []Warning, err error) {
	keys, err := liveSecrets(ctx, tx, app)
	if err != nil {
		return p, nil, err
	}
	refuse := func(r Refusal, detail string) error { return &RefusedError{r, detail} }
	fromJWT := l.JWT != ""
	switch {
	case len(keys) == 0:
		return p, nil, refuse(NoSecret, "this app has no secret yet")
	case fromJWT:
		if l, err = s.openJWT(keys, l.JWT); err != nil {
			return p, nil, err
		}
	case l.HMAC == "":
		return p, nil, refuse(NoToken, "the login carries neither an HMAC nor a JWT")
	case !signedByAny(keys, l):
		return p, nil, refuse(BadToken, "the HMAC isn't that of this user id and email under a live secret")
	}
	p, bad := Profile{UserID: l.UserID, Email: l.Email, Name: l.Name, Phone: l.Phone, Language: l.Language}.clean()
	for _, e := range bad {
		if e.Field == "user_id" {
			return p, nil, refuse(BadUser, e.Reason)
		}
		ws = append(ws, Warning{e.Field, e.Reason})
	}
	if p.UserID == "" && p.Email == "" {
		return p, nil, refuse(BadUser, "neither a user id nor a usable email")
	}
	p.partly = !fromJWT
	return p, ws, nil
}

// signedByAny compares with every live secret, so that the time tells nothing. A
// line feed ends the user id: one in the email would let a signature of the user
// id "a\nb" pass for one of "a".
func signedByAny(keys []string, l Login) bool {
	if strings.Contains(l.Email, "\n") {
		return false
	}
	given, ok := strings.ToLower(l.HMAC), false
	for _, k := range keys {
		ok = hmac.Equal([]byte(given), []byte(Sign(k, l.UserID, l.Email))) || ok
	}
	return ok
}

// openJWT reads a JWT signed with HS256, and nothing else, under a live secret.
func (s *Service) openJWT(keys []string, text string) (Login, error) {
	set := jwt.VerificationKeySet{}
	for _, k := range keys {
		set.Keys = append(set.Keys, []byte(k))
	}
	var c claims
	_, err := jwt.ParseWithClaims(text, &c, func(*jwt.Token) (any, error) { return set, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(s.now), jwt.WithLeeway(clockSkew), jwt.WithIssuedAt())
	switch {
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return Login{}, &RefusedError{EarlyToken, "the JWT isn't valid yet"}
	case errors.Is(err, jwt.ErrTokenExpired):
		return Login{}, &RefusedError{OldToken, "the JWT has expired"}
	case err != nil:
		return Login{}, &RefusedError{BadToken, "the JWT is damaged, or not signed with HS256 under a live secret"}
	case c.IssuedAt == nil:
		return Login{}, &RefusedError{BadToken, "the JWT doesn't say when it was issued (iat)"}
	case s.now().Sub(c.IssuedAt.Time) > maxTokenAge:
		return Login{}, &RefusedError{OldToken, "the JWT was issued more than 24 hours ago"}
	}
	return Login{UserID: pick(c.UserID, c.Subject), Email: c.Email, Name: c.Name, Phone: c.Phone, Language: c.Language}, nil
}
