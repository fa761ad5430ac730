package pgstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
)

// hand is a collection of cards with nothing but keys.
func hand() *store.Collection[card] {
	c := cards()
	return &store.Collection[card]{Name: "hand", Key: c.Key, Rev: c.Rev}
}

// pile is a collection whose writers say that what must be unique is new.
func pile() *store.Collection[card] {
	c := cards()
	return &store.Collection[card]{Name: "pile", Key: c.Key, Rev: c.Rev, Fresh: true, Columns: c.Columns, Indexes: []store.Index{
		{Name: "owner", On: []string{"owner"}, Unique: true},
		{Name: "tag", On: []string{"tags"}, Unique: true},
	}}
}

// with opens the desk's store once more, with another collection beside the cards.
func (d *desk) with(c *store.Collection[card]) *store.DB {
	d.t.Helper()
	db, err := store.Open(d.t.Context(), d.pg, nil, c, d.cards)
	d.must(err)
	return db
}

// drain reads a whole collection, for which what was written to it must be sent.
func drain(ctx context.Context, tx *store.Tx, c *store.Collection[card]) error {
	for _, err := range c.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Who goes back to a savepoint that was never sent, because the call had been
// cancelled, doesn't go back to an earlier one.
func TestSavepointNotSent(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d.must(tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			d.must(d.cards.Put(ctx, tx, &card{ID: "1"}))
			return drain(ctx, tx, d.cards)
		}))
		cancelled, cancel := context.WithCancel(ctx)
		err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			cancel()
			return d.cards.Put(cancelled, tx, &card{ID: "2"})
		})
		d.is("a cancelled put", err, context.Canceled)
		return d.cards.Put(ctx, tx, &card{ID: "3"})
	}))
	d.want("cards", store.ByKey(), "1", "3")
}

// A conflict of what was written before a savepoint stays one, although it is found
// behind the savepoint and the nested Update's error is passed over.
func TestConflictBelowSavepoint(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	one := &card{ID: "1"}
	put := func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, one) }
	d.must(db.Update(t.Context(), put))
	runs := 0
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		mine, err := c.Get(ctx, tx, "1")
		d.must(err)
		if runs == 1 {
			one.N = 100
			d.must(db.Update(t.Context(), put))
		}
		mine.N++
		d.must(c.Put(ctx, tx, mine))
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := c.Put(ctx, tx, &card{ID: "2"}); err != nil {
				return err
			}
			return drain(ctx, tx, c)
		})
		if runs == 1 {
			d.is("the nested update", err, store.ErrConflict)
		}
		return nil
	}))
	d.must(db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		got, err := c.Get(ctx, tx, "1")
		if err == nil && (got.N != 101 || runs != 2) {
			t.Errorf("n is %d after %d runs, want 101 after 2", got.N, runs)
		}
		return err
	}))
}

// A conflict of what was written behind a savepoint is undone with it.
func TestConflictBehindSavepoint(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	one := &card{ID: "1"}
	put := func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, one) }
	d.must(db.Update(t.Context(), put))
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d.must(c.Put(ctx, tx, &card{ID: "2"}))
		err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			mine, err := c.Get(ctx, tx, "1")
			d.must(err)
			d.must(db.Update(t.Context(), put))
			d.must(c.Put(ctx, tx, mine))
			return drain(ctx, tx, c)
		})
		d.is("the nested update", err, store.ErrConflict)
		return c.Put(ctx, tx, &card{ID: "3"})
	}))
	d.must(db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err2 := c.Get(ctx, tx, "2")
		_, err3 := c.Get(ctx, tx, "3")
		return errors.Join(err2, err3)
	}))
}

// Everything below a savepoint is told before it, of whatever collection it is: it
// would be undone with what is behind.
func TestFlushBelow(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := c.Get(ctx, tx, "1")
		d.is("get", err, store.ErrNotFound)
		d.must(c.Put(ctx, tx, &card{ID: "1"}))
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := d.cards.Get(ctx, tx, "2")
			d.is("get", err, store.ErrNotFound)
			return errors.Join(d.cards.Put(ctx, tx, &card{ID: "2"}), drain(ctx, tx, d.cards), drain(ctx, tx, c), errPurpose)
		})
		d.is("nested", err, errPurpose)
		return nil
	}))
	d.holds(db, c, "1")
	d.want("cards", store.ByKey())
}

// A document that was created and deleted again was never there.
func TestCreatedAndDeleted(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range 2 {
			_, err := c.Get(ctx, tx, "1")
			d.is("get", err, store.ErrNotFound)
			v := &card{ID: "1"}
			d.must(c.Put(ctx, tx, v))
			d.must(tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return c.Delete(ctx, tx, v) }))
			if i > 0 {
				d.must(drain(ctx, tx, c))
			}
		}
		return nil
	}))
	d.holds(db, c)
}

// After a refusal the transaction sees what there is now, and goes on.
func TestRefusedThenRead(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	base := cards()
	c := &store.Collection[card]{Name: "owned", Key: base.Key, Rev: base.Rev, Columns: base.Columns, Indexes: base.Indexes[:1]}
	db := d.with(c)
	one, two := &card{ID: "1", Owner: "ann"}, &card{ID: "2", Owner: "bob"}
	put := func(vs ...*card) {
		t.Helper()
		d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for _, v := range vs {
				if err := c.Put(ctx, tx, v); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	put(one, two)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		mine, err := c.Get(ctx, tx, "1")
		d.must(err)
		if mine.Rev == 1 {
			put(one)
			d.is("put of the old one", c.Put(ctx, tx, mine), store.ErrConflict)
			mine, err = c.Get(ctx, tx, "1")
			d.must(err)
		}
		mine.Owner = "bob"
		d.is("put of a taken owner", c.Put(ctx, tx, mine), store.ErrExists)
		mine.Owner = "carl"
		return c.Put(ctx, tx, mine)
	}))
	d.holds(db, c, "1", "2")
}

// Many documents in one statement are what one at a time is.
func TestMany(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	p := newPlayer()
	db := p.open(t, d.pg)
	c := p.cards[1]
	var many []*card
	for i := range int64(12) {
		many = append(many, &card{ID: string(rune('a' + i)), N: i, Tags: []string{`"`, `\`, `{a,b}`, "x", "x"}})
	}
	many[5].Tags = nil
	write := func(f func(ctx context.Context, tx *store.Tx, v *card) error) {
		t.Helper()
		d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			d.must(drain(ctx, tx, c))
			for _, v := range many {
				if _, err := c.Get(ctx, tx, v.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				if err := f(ctx, tx, v); err != nil {
					return err
				}
			}
			return nil
		}))
		d.consistent(t)
	}
	write(func(ctx context.Context, tx *store.Tx, v *card) error { return c.Put(ctx, tx, v) })
	d.holds(db, c, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
	write(func(ctx context.Context, tx *store.Tx, v *card) error {
		v.N, v.Tags = v.N+1, []string{"y", `\"`}
		return c.Put(ctx, tx, v)
	})
	write(func(ctx context.Context, tx *store.Tx, v *card) error {
		if v.ID > "h" {
			return nil
		}
		return c.Delete(ctx, tx, v)
	})
	d.holds(db, c, "i", "j", "k", "l")
}

// What a collection says is new, and isn't, is a conflict wherever it is found: at
// the commit, at a scan, or at the next write that has to ask the server, which
// isn't refused itself.
func TestNotFresh(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := pile()
	db := d.with(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(c.Put(ctx, tx, &card{ID: "1", Owner: "ann", Tags: []string{"x", "y"}}), c.Put(ctx, tx, &card{ID: "2"}))
	}))
	taken := map[string]card{
		"a key":                {ID: "1"},
		"an owner":             {ID: "3", Owner: "ann"},
		"a tag":                {ID: "3", Tags: []string{"w", "y"}},
		"an owner at a change": {ID: "2", Owner: "ann", Rev: 1},
		"a tag at a change":    {ID: "2", Tags: []string{"x"}, Rev: 1},
	}
	ends := map[string]func(ctx context.Context, tx *store.Tx) error{
		"the commit": func(context.Context, *store.Tx) error { return nil },
		"a scan":     func(ctx context.Context, tx *store.Tx) error { return drain(ctx, tx, c) },
		"a write": func(ctx context.Context, tx *store.Tx) error {
			return d.cards.Put(ctx, tx, &card{ID: "1", Tags: []string{"x"}})
		},
		"many": func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(c.Put(ctx, tx, &card{ID: "4"}), c.Put(ctx, tx, &card{ID: "5"}), c.Put(ctx, tx, &card{ID: "6"}))
		},
	}
	for what, v := range taken {
		for where, end := range ends {
			tries := 0
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if tries++; tries > 1 {
					return errPurpose
				}
				v := v
				if v.Rev > 0 { // so that it is put off
					_, err := c.Get(ctx, tx, v.ID)
					d.must(err)
				}
				if err := c.Put(ctx, tx, &v); err != nil {
					return err
				}
				return end(ctx, tx)
			})
			d.is(what+" at "+where, err, errPurpose)
		}
	}
	d.want("cards", store.ByKey())
}

var errPurpose = errors.New("on purpose")
