package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// KeepRequests is for how long an idempotency key is remembered.
const KeepRequests = 7 * 24 * time.Hour

// MaxRequestKey is the length of an idempotency key, in characters.
const MaxRequestKey = 255

// Request is a creation that may come twice.
type Request struct {
	Actor  string // who asks: keys of different actors never meet
	Method string // what for, as in "ticket.create"
	Key    string // chosen by the caller; "" means that the request isn't remembered
}

// requestDoc remembers the result of a request.
type requestDoc struct {
	ID      string    `json:"id"`
	Hash    string    `json:"hash"`
	Result  string    `json:"result"`
	Expires time.Time `json:"expires"`
	Rev     Rev       `json:"-"`
}

func requests() *Collection[requestDoc] {
	return &Collection[requestDoc]{
		Name:       "request",
		Key:        func(r *requestDoc) string { return r.ID },
		Rev:        func(r *requestDoc) *Rev { return &r.Rev },
		Columns:    []Column[requestDoc]{{"expires", Time, func(r *requestDoc) any { return r.Expires }}},
		Indexes:    []Index{{Name: "expires", On: []string{"expires"}}},
		Impersonal: "holds hashes and ids only, for 7 days",
	}
}

func (r Request) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", r.Actor, r.Method, r.Key))
	return hex.EncodeToString(sum[:])
}

// Earlier returns the result of a request that was made in the last 7 days,
// whatever its content, or ErrNotFound.
func (tx *Tx) Earlier(ctx context.Context, r Request, now time.Time) (result string, err error) {
	if r.Key == "" {
		return "", ErrNotFound
	}
	docs := tx.db.colls["request"].typed.(*Collection[requestDoc])
	old, err := docs.Get(ctx, tx, r.id())
	if err == nil && !now.Before(old.Expires) {
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return old.Result, nil
}

// Once runs create unless the same request was made in the last 7 days, and
// returns the id that create gave, now or then; again is true for then. The same
// key with other content is ErrKeyReused. Content is whatever tells one request
// from another; only its hash is kept. If create fails, what it wrote is undone
// and nothing is remembered.
func (tx *Tx) Once(ctx context.Context, r Request, content any, now time.Time, create func() (id string, err error)) (result string, again bool, err error) {
	if r.Key == "" {
		result, err = create()
		return result, false, err
	}
	if n := len([]rune(r.Key)); n > MaxRequestKey {
		return "", false, fmt.Errorf("idempotency key has %d characters, at most %d: %w", n, MaxRequestKey, ErrTooLarge)
	}
	b, err := encodeAs(driver.JSON, content)
	if err != nil {
		return "", false, fmt.Errorf("idempotency key: %w", err)
	}
	sum := sha256.Sum256(b)
	doc := &requestDoc{ID: r.id(), Hash: hex.EncodeToString(sum[:]), Expires: now.Add(KeepRequests)}

	docs := tx.db.colls["request"].typed.(*Collection[requestDoc])
	old, err := docs.Lock(ctx, tx, doc.ID, ForUpdate)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return "", false, err
	case !now.Before(old.Expires):
		doc.Rev = old.Rev
	case old.Hash != doc.Hash:
		return "", false, ErrKeyReused
	default:
		return old.Result, true, nil
	}
	err = tx.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
		// Written first: of two that run at the same time the second waits here,
		// or runs again and finds the first one's result.
		if tx.db.traits.Shared {
			if err := docs.Put(ctx, tx, doc); errors.Is(err, ErrExists) {
				return ErrConflict
			} else if err != nil {
				return err
			}
		}
		if doc.Result, err = create(); err != nil {
			return err
		}
		return docs.Put(ctx, tx, doc)
	})
	if err != nil {
		return "", false, err
	}
	return doc.Result, false, nil
}

// ForgetRequests drops the requests whose time is over, a page at a time, and
// says how many it dropped.
func (db *DB) ForgetRequests(ctx context.Context, now time.Time) (n int, err error) {
	docs := db.colls["request"].typed.(*Collection[requestDoc])
	for {
		page := 0
		err := db.Update(ctx, func(ctx context.Context, tx *Tx) error {
			page = 0
			for r, err := range docs.Claim(ctx, tx, By("expires").To(now.Add(time.Microsecond)).Limit(allPage)) {
				if err != nil {
					return err
				}
				if err := docs.Delete(ctx, tx, r); err != nil {
					return err
				}
				page++
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		if n += page; page < allPage {
			return n, nil
		}
	}
}
