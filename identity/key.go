package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// deskKey is the secret under which a desk signs what it hands out itself:
// session tokens, links to attachments.
type deskKey struct {
	Key []byte    `json:"key"`
	Rev store.Rev `json:"-"`
}

var deskKeys = &store.Collection[deskKey]{
	Name:       "desk_key",
	Key:        func(*deskKey) string { return "desk" },
	Rev:        func(k *deskKey) *store.Rev { return &k.Rev },
	Impersonal: "holds a random key",
}

func deskKeyOf(ctx context.Context, db *store.DB) (key []byte, err error) {
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		k, err := deskKeys.Get(ctx, tx, "desk")
		if errors.Is(err, store.ErrNotFound) {
			k = &deskKey{Key: make([]byte, 32)}
			rand.Read(k.Key)
			err = deskKeys.Put(ctx, tx, k)
			if errors.Is(err, store.ErrExists) {
				return store.ErrConflict // another process was first: take its key
			}
		}
		if err == nil {
			key = k.Key
		}
		return err
	})
	return key, err
}

// Sign returns a signature of the parts that only this desk can make. Purpose
// keeps what was signed for one use from being taken for another.
func (s *Service) Sign(purpose string, parts ...string) string {
	m := hmac.New(sha256.New, s.key)
	fmt.Fprintf(m, "%q%q", purpose, parts)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// Verify says whether the signature is that of Sign, in constant time.
func (s *Service) Verify(signature, purpose string, parts ...string) bool {
	return hmac.Equal([]byte(signature), []byte(s.Sign(purpose, parts...)))
}

// sessionTime is how long a token lives. A device gets the next one without
// anybody noticing.
const sessionTime = 12 * time.Hour

// token is what a session token says.
type token struct {
	EndUser  string `json:"e"`
	Device   string `json:"d"`
	App      string `json:"a"`
	Platform string `json:"p"`
	Language string `json:"l,omitempty"` // of an end user who isn't stored yet
	Private  bool   `json:"r,omitempty"` // likewise
	Epoch    int    `json:"n"`           // of the device
	Expires  int64  `json:"x"`           // seconds
}

func (s *Service) write(t token) (string, error) {
	b, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("session token: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	return text + "." + s.Sign("session", text), nil
}

func (s *Service) read(text string) (t token, err error) {
	body, signature, _ := strings.Cut(text, ".")
	if !s.Verify(signature, "session", body) {
		return t, ErrSession
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(b, &t) != nil || s.now().Unix() >= t.Expires {
		return t, ErrSession
	}
	return t, nil
}
