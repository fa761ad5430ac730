package store

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Care is what a service does when a document of its collection has been erased.
type Care struct {
	coll string
	with func(ctx context.Context, tx *Tx, doc any) error
}

// Care has with called for each document of c that an erasure changes or removes,
// in the same transaction and after that.
func (c *Collection[T]) Care(with func(ctx context.Context, tx *Tx, v *T) error) Care {
	return Care{c.Name, func(ctx context.Context, tx *Tx, doc any) error { return with(ctx, tx, doc.(*T)) }}
}

// EraseOptions of DB.Erase; nil means the defaults.
type EraseOptions struct {
	// Before is called for a document, as it is stored, before it is erased and
	// outside of any transaction: what it names elsewhere must go first, so that
	// nothing is left that nobody knows of. It may be called again for the same one.
	Before func(ctx context.Context, p *Personal) error
	Cares  []Care
}

// Erase removes the subjects' personal data from a collection, and says how many
// documents it changed or deleted for that. It works in transactions of a few
// documents each; interrupted, it is called again. What holds nothing of them any
// more isn't written. Somebody may write new data of theirs meanwhile: keeping him
// from it is the caller's task.
func (db *DB) Erase(ctx context.Context, coll string, o *EraseOptions, subjects ...string) (n int, err error) {
	if o == nil {
		o = &EraseOptions{}
	}
	for page, err := range db.personalPages(ctx, coll, subjects) {
		if err != nil {
			return n, &Error{"erase", coll, "", err}
		}
		done, err := db.erasePage(ctx, coll, o, page, subjects)
		if n += done; err != nil {
			return n, &Error{"erase", coll, "", err}
		}
	}
	return n, nil
}

func (db *DB) erasePage(ctx context.Context, coll string, o *EraseOptions, page []*Personal, subjects []string) (n int, err error) {
	c := db.colls[coll]
	var keys []string
	for _, p := range page {
		changes, err := c.erasable(p.Doc, subjects)
		if err != nil {
			return 0, err
		}
		if !changes {
			continue
		}
		if o.Before != nil {
			if err := o.Before(ctx, p); err != nil {
				return 0, err
			}
		}
		keys = append(keys, p.Key)
	}
	if len(keys) == 0 {
		return 0, nil
	}
	slices.Sort(keys) // so that two who do so don't wait in a circle
	var cares []Care
	for _, care := range o.Cares {
		if care.coll == coll {
			cares = append(cares, care)
		}
	}
	err = db.Update(ctx, func(ctx context.Context, tx *Tx) error {
		n = 0
		for _, key := range keys {
			changed, err := c.eraseOne(ctx, tx, key, subjects, cares)
			if err != nil {
				return err
			}
			if changed {
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (u *untyped) personal() bool { return u.subjects != nil && u.erase != nil }

// mine are those of the subjects whose data v holds.
func (u *untyped) mine(v any, subjects []string) []string {
	var mine []string
	for _, s := range u.subjects(v) {
		if slices.Contains(subjects, s) && !slices.Contains(mine, s) {
			mine = append(mine, s)
		}
	}
	return mine
}

// owned reads a page, and returns what of it holds data of the subjects.
func (u *untyped) owned(ctx context.Context, tx *Tx, q Query, subjects []string) ([]*Personal, string, error) {
	vs, next, err := u.page(ctx, tx, q)
	if err != nil {
		return nil, "", err
	}
	var page []*Personal
	for _, v := range vs {
		mine := u.mine(v, subjects)
		if len(mine) == 0 {
			continue
		}
		p := &Personal{Collection: u.name, Key: u.key(v), Doc: v, Shown: v}
		if u.show != nil {
			p.Shown = u.show(v, mine)
		}
		page = append(page, p)
	}
	return page, next, nil
}

// owns says whether the document with this key holds data of the subjects.
func (u *untyped) owns(ctx context.Context, tx *Tx, key string, subjects []string) (bool, error) {
	v, err := u.lock(ctx, tx, key, driver.None)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return len(u.mine(v, subjects)) > 0, nil
}

// indexed says whether an index leads from one of the subjects to a document.
func (u *untyped) indexed(index string, doc any, subjects []string) bool {
	for _, ix := range u.indexes {
		if ix.Name != index {
			continue
		}
		for _, col := range u.columns {
			if text, ok := col.of(doc).(string); ok && col.Name == ix.On[0] {
				return slices.Contains(subjects, text)
			}
		}
	}
	return false
}

// erasable says whether an erasure would change the document, which it leaves as
// it is.
func (u *untyped) erasable(doc any, subjects []string) (bool, error) {
	b, err := encodeAs(driver.CBOR, doc)
	if err != nil {
		return false, err
	}
	v := u.make()
	if err := decodeAs(driver.CBOR, b, v); err != nil {
		return false, err
	}
	_, changed, err := u.blank(v, subjects)
	return changed, err
}

// blank removes the subjects' data from v.
func (u *untyped) blank(v any, subjects []string) (keep, changed bool, err error) {
	mine := u.mine(v, subjects)
	if len(mine) == 0 {
		return true, false, nil
	}
	was, err := encodeAs(driver.CBOR, v)
	if err != nil {
		return false, false, err
	}
	keep = true
	for _, s := range mine {
		keep = u.erase(v, s) && keep
	}
	now, err := encodeAs(driver.CBOR, v)
	return keep, !keep || string(was) != string(now), err
}

func (u *untyped) eraseOne(ctx context.Context, tx *Tx, key string, subjects []string, cares []Care) (changed bool, err error) {
	v, err := u.lock(ctx, tx, key, ForUpdate)
	if errors.Is(err, ErrNotFound) {
		return false, nil // somebody was faster
	}
	if err != nil {
		return false, err
	}
	keep, changed, err := u.blank(v, subjects)
	switch {
	case err != nil || !changed:
		return false, err
	case keep:
		err = u.put(ctx, tx, v)
	default:
		err = u.delete(ctx, tx, v)
	}
	for i := 0; i < len(cares) && err == nil; i++ {
		err = cares[i].with(ctx, tx, v)
	}
	return err == nil, err
}
