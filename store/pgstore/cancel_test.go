package pgstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// set opens the store as a process does whose connections have settings.
func (d *desk) set(settings ...string) *desk {
	d.t.Helper()
	c := d.pool.Config()
	c.ConnConfig.RuntimeParams["application_name"] = d.schema
	for i := 0; i < len(settings); i += 2 {
		c.ConnConfig.RuntimeParams[settings[i]] = settings[i+1]
	}
	pool, err := pgxpool.NewWithConfig(d.t.Context(), c)
	d.must(err)
	d.t.Cleanup(pool.Close)
	return openOn(d.t, pool, d.schema)
}

// A call that is cancelled while it waits ends with its context's error, and what it
// held is free. It is so at a read, at a scan that has to write first, at a write
// that asks at once, and at the commit, where nothing is in doubt.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, closes := range []bool{false, true} {
		d := openCards(t)
		d.must(d.put(d.db, &card{ID: "held"}, &card{ID: "mine"}))
		c := hand()
		d.must(d.with(c).Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, &card{ID: "held"}) }))
		own := d.pool.Config()
		own.ConnConfig.RuntimeParams["application_name"] = d.schema
		if closes { // as pgx does unless it is told otherwise
			own.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
				return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
			}
		}
		pool, err := pgxpool.NewWithConfig(t.Context(), own)
		d.must(err)
		db, err := store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: d.schema}), nil, c, d.cards)
		d.must(err)
		held := func(ctx context.Context, tx *store.Tx) *card {
			v, err := c.Get(ctx, tx, "held")
			d.must(err)
			return v
		}
		for what, wait := range map[string]func(ctx context.Context, tx *store.Tx) error{
			"a read": func(ctx context.Context, tx *store.Tx) error {
				_, err := c.Lock(ctx, tx, "held", store.Share)
				return err
			},
			"a scan": func(ctx context.Context, tx *store.Tx) error {
				return errors.Join(c.Put(ctx, tx, held(ctx, tx)), drain(ctx, tx, c))
			},
			"a write": func(ctx context.Context, tx *store.Tx) error {
				return c.Delete(ctx, tx, &card{ID: "held", Rev: 1})
			},
			"the commit": func(ctx context.Context, tx *store.Tx) error {
				return c.Put(ctx, tx, held(ctx, tx))
			},
		} {
			release := d.hold("hand", "held")
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				done <- db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
					if _, err := d.cards.Lock(ctx, tx, "mine", store.ForUpdate); err != nil {
						return err
					}
					return wait(ctx, tx)
				})
			}()
			d.until("exists (select from pg_stat_activity where application_name = '$' and wait_event_type = 'Lock')")
			cancel()
			err := <-done
			d.is(what, err, context.Canceled)
			if errors.Is(err, store.ErrUnknown) != (closes && what == "the commit") {
				t.Errorf("%s, the connection closes: %v: error %v", what, closes, err)
			}
			d.is(what+" of one that is cancelled already", db.Update(ctx, wait), context.Canceled)
			d.until("not exists (select from pg_stat_activity where application_name = '$' and state <> 'idle')")
			release()
			d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return c.Put(ctx, tx, &card{ID: what})
			}))
		}
		d.givenBack(pool)
		d.must(db.Close())
		pool.Close()
	}
}

// hold has a transaction lock a document until it is let go.
func (d *desk) hold(table, key string) (release func()) {
	d.t.Helper()
	tx, err := d.pool.Begin(d.t.Context())
	d.must(err)
	d.t.Cleanup(func() { tx.Rollback(context.Background()) })
	_, err = tx.Exec(d.t.Context(), "select from "+d.schema+"."+table+" where _key = $1 for update", key)
	d.must(err)
	return func() { d.must(tx.Rollback(d.t.Context())) }
}

// What the server's settings cut off is unavailable at the moment. A transaction
// that was idle for too long runs again.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.put(d.db, &card{ID: "1"}))
	release := d.hold("card", "1")
	short := d.set("statement_timeout", "2000")
	d.is("a statement", short.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := short.cards.Lock(ctx, tx, "1", store.ForUpdate)
		return err
	}), store.ErrUnavailable)
	release()

	idle := d.set("idle_in_transaction_session_timeout", "2000")
	runs := 0
	d.must(idle.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		c, err := idle.cards.Get(ctx, tx, "1")
		if err != nil {
			return err
		}
		if runs == 1 {
			d.until("not exists (select from pg_stat_activity where application_name = '$' and state like 'idle in%')")
		}
		if _, err := idle.cards.Get(ctx, tx, "2"); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return idle.cards.Put(ctx, tx, c)
	}))
	if runs != 2 {
		t.Errorf("the function ran %d times, want twice", runs)
	}
}

// The settings of a database or a role don't change what a transaction is; one that
// may not write says so.
func TestServerSettings(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	strange := d.set("default_transaction_isolation", "serializable", "search_path", "", "default_transaction_deferrable", "on", "DateStyle", "SQL, DMY", "standard_conforming_strings", "off", "synchronous_commit", "local")
	d.must(strange.put(strange.db, &card{ID: `a\b`, Owner: `c\'d`, Tags: []string{`e\"f`, "x"}}))
	strange.want("tag", store.By("tag", `e\"f`), `a\b`)
	d.must(strange.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Next(ctx, "n")
		return err
	}))
	c := d.pool.Config()
	c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	d.must(err)
	t.Cleanup(pool.Close)
	_, err = store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: d.schema}), nil, cards())
	d.is("open", err, store.ErrUnavailable)
}

// One connection is enough for one transaction, with all that it asks for.
func TestPoolOfOne(t *testing.T) {
	t.Parallel()
	base := openCards(t)
	c := base.pool.Config()
	c.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	base.must(err)
	t.Cleanup(pool.Close)
	name := base.schema + "one"
	t.Cleanup(func() { base.pool.Exec(context.Background(), "drop schema "+name+" cascade") })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	d := openOn(t, pool, name)
	d.must(d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := drain(ctx, tx, d.cards); err != nil {
			return err
		}
		_, err := tx.Next(ctx, "n")
		return errors.Join(err, d.cards.Put(ctx, tx, &card{ID: "1"}))
	}))
	listening, stop := context.WithCancel(ctx)
	d.is("listen", d.pg.Listen(listening, func() {
		d.must(d.put(d.db, &card{ID: "2"}))
		stop()
	}), context.Canceled)
	d.want("cards", store.ByKey(), "1", "2")
}

// Who asks a server that is gone hears that it is, whatever he asks.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	d := openOn(t, connect(t, server.DSN()), "desk")
	schemas, err := store.Schemas(cards())
	d.must(err)
	listening := make(chan error, 1)
	heard := make(chan struct{}, 1)
	go func() { listening <- d.pg.Listen(t.Context(), func() { heard <- struct{}{} }) }()
	<-heard
	for what, ask := range map[string]func() error{
		"now":   func() error { _, err := d.pg.Now(t.Context()); return err },
		"wake":  func() error { return d.pg.Wake(t.Context()) },
		"apply": func() error { return d.pg.Apply(t.Context(), schemas) },
		"index": func() error { return d.pg.Index(t.Context(), "card", "n") },
	} {
		d.must(ask())
		server.Kill()
		d.is(what+" on a connection that broke", ask(), store.ErrUnavailable)
		d.is(what+" on a new one", ask(), store.ErrUnavailable)
		server.Start()
	}
	d.is("listen", <-listening, store.ErrUnavailable)
}
