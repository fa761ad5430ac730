package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// place is where a desk's data is: a bbolt file, or a schema of a database.
type place struct {
	at     string
	schema string
}

// database tells a DSN, in either of its forms (postgres://…, host=… dbname=…),
// from a path.
func (p place) database() bool {
	key, _, list := strings.Cut(p.at, "=")
	return strings.HasPrefix(p.at, "postgres://") || strings.HasPrefix(p.at, "postgresql://") || list && !strings.ContainsAny(key, `./\`)
}

// open opens the data; close gives it back. Nothing is created where the data must
// be there already.
func (p place) open(ctx context.Context, create bool) (d *frontdesk.Data, close func() error, err error) {
	if p.database() {
		return p.openDatabase(ctx, create)
	}
	if st, err := os.Stat(p.at); err != nil && !(create && errors.Is(err, os.ErrNotExist)) {
		return nil, nil, err
	} else if err == nil && st.IsDir() {
		return nil, nil, fmt.Errorf("%s is a directory, not a desk's file", p.at)
	}
	d, err = frontdesk.OpenData(ctx, frontdesk.Config{Path: p.at})
	if errors.Is(err, store.ErrInUse) {
		err = fmt.Errorf("%w; a desk that runs is copied by its own process (Desk.Backup)", err)
	}
	if err != nil {
		return nil, nil, err
	}
	return d, d.Close, nil
}

func (p place) openDatabase(ctx context.Context, create bool) (d *frontdesk.Data, close func() error, err error) {
	pool, err := pgstore.Connect(ctx, p.at)
	if err != nil {
		return nil, nil, err
	}
	d, err = frontdesk.OpenData(ctx, frontdesk.Config{Store: pgstore.New(pool, &pgstore.Options{Schema: p.schema, NoMigrate: !create})})
	if err != nil {
		pool.Close()
		return nil, nil, p.told(err)
	}
	return d, func() error {
		defer pool.Close()
		return d.Close()
	}, nil
}

// told says in a few words that there is no desk at all, as behind a mistyped
// -schema: the list of what such a database lacks is long, and no help.
func (p place) told(err error) error {
	lacks, ok := errors.AsType[*pgstore.SchemaError](err)
	if !ok || !slices.Contains(lacks.Missing, "schema "+p.schema+" is missing") {
		return err
	}
	return fmt.Errorf("there is no desk in schema %q of this database; -schema names another one", p.schema)
}
