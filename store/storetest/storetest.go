// Package storetest is the whole test of a storage driver. A driver that passes
// Run keeps what package store promises:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) driver.Store { return memstore.New() })
//	}
//
// One that keeps its data when the process ends also passes RunDurable, and
// Crash, which kills processes while they write.
//
// Each case carries the rule that it checks, in a sentence, and prints it when
// the rule is broken. Rules about several writers at a time run where
// Traits().Shared says that there are any.
//
// # Caveats
//
// The cases run in parallel, each on a store of its own, which is closed when the
// case ends.
package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/google/go-cmp/cmp"
)

// A testCase checks one rule on a fresh store.
type testCase struct {
	name string
	rule string
	run  func(t *testing.T, d driver.Store)
}

// Run tests a driver. open returns an empty store, another one at each call.
func Run(t *testing.T, open func(*testing.T) driver.Store) {
	t.Helper()
	cases := slices.Concat(documentCases, revisionCases, transactionCases, nestedCases, waitingCases,
		orderCases, indexCases, pageCases, claimCases, valueCases, typeCases, limitCases,
		concurrentCases, formCases, metaCases, requestCases, simulationCases, prepareCases)
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.name] {
			t.Fatalf("two cases are called %s", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tell(t, c.rule)
			d := open(t)
			t.Cleanup(func() { d.Close() })
			c.run(t, d)
		})
	}
}

// tell prints the rule if the test fails.
func tell(t *testing.T, rule string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the rule: %s", rule)
		}
	})
}

// shared skips a case that only makes sense where several writers run at a time.
func shared(t *testing.T, d driver.Store) {
	t.Helper()
	if !d.Traits().Shared {
		t.Skip("writers take turns here")
	}
}

func openDB(t *testing.T, d driver.Store, colls ...store.Any) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, colls...)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return db
}

// do is what a transaction runs.
type do = func(ctx context.Context, tx *store.Tx) error

// update commits fn, or ends the test.
func update(t *testing.T, db store.Runner, fn do) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t *testing.T, db store.Runner, fn do) {
	t.Helper()
	if err := db.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// put stores documents in one transaction.
func put[T any](t *testing.T, db *store.DB, c *store.Collection[T], vs ...*T) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, v := range vs {
			if err := c.Put(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// get reads one document in a View; nil if there is none.
func get[T any](t *testing.T, db *store.DB, c *store.Collection[T], key string) (v *T) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		if v, err = c.Get(ctx, tx, key); errors.Is(err, store.ErrNotFound) {
			v, err = nil, nil
		}
		return err
	})
	return v
}

// want compares an error with the one that the rule asks for; nil means success.
func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) || target == nil && err != nil {
		t.Errorf("%s: error is %v, want %v", what, err, target)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, d)
	}
}

// errOn purpose is what a function returns that wants to be rolled back.
var errPurpose = errors.New("fails on purpose")
