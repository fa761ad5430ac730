package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

func connect(t *testing.T, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgstore.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// terminate ends the server's processes of the connections of this name.
func (d *desk) terminate(name string) {
	d.t.Helper()
	_, err := d.pool.Exec(d.t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", name)
	d.must(err)
}

// named is a pool whose connections the server can tell from others.
func (d *desk) named(t *testing.T) (*pgxpool.Pool, string) {
	t.Helper()
	c := d.pool.Config()
	c.ConnConfig.RuntimeParams["application_name"] = d.schema
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	d.must(err)
	t.Cleanup(pool.Close)
	return pool, d.schema
}

// A transaction whose connection breaks runs again on another one.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	pool, name := d.named(t)
	own := openOn(t, pool, d.schema)
	runs := 0
	err := own.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		if _, err := own.cards.Get(ctx, tx, "1"); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if runs == 1 {
			d.terminate(name)
		}
		return own.cards.Put(ctx, tx, &card{ID: "1"})
	})
	d.is("update", err, nil)
	if runs != 2 {
		t.Errorf("the function ran %d times, want twice", runs)
	}
	d.want("cards", store.ByKey(), "1")
}

// Connections that died while they lay in the pool, as all do when the server is
// restarted, are no reason for an error.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	d := openOn(t, connect(t, server.DSN()), "desk")
	hold := make(chan struct{})
	busy := make(chan error, 8)
	for range cap(busy) { // so that there are many connections
		go func() {
			busy <- d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := d.cards.Get(ctx, tx, "1")
				<-hold
				if errors.Is(err, store.ErrNotFound) {
					err = nil
				}
				return err
			})
		}()
	}
	close(hold)
	for range cap(busy) {
		d.must(<-busy)
	}
	for i, mode := range []pgtest.Mode{pgtest.Fast, pgtest.Immediate} {
		server.Restart(mode)
		d.is("update after a restart", d.put(d.db, &card{ID: string(rune('a' + i))}), nil)
	}
	server.Stop(pgtest.Fast)
	d.is("update while the server is down", d.put(d.db, &card{ID: "c"}), store.ErrUnavailable)
	d.is("view while the server is down", d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := d.cards.Get(ctx, tx, "a")
		return err
	}), store.ErrUnavailable)
	server.Start()
	d.want("cards", store.ByKey(), "a", "b")
}

// proxy stands between client and server, and breaks the connection when the
// client has said a word: what it said arrives, the answer doesn't.
func proxy(t *testing.T, to, word string) (address string, armed *atomic.Bool) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	armed = new(atomic.Bool)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			go relay(client, server, []byte(word), armed)
		}
	}()
	return l.Addr().String(), armed
}

func relay(client, server net.Conn, word []byte, armed *atomic.Bool) {
	defer server.Close()
	deaf := make(chan struct{})
	go func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			select {
			case <-deaf:
				return // the server has answered, and nobody hears
			default:
			}
			if err != nil {
				return
			}
			client.Write(buf[:n])
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if armed.Load() && bytes.Contains(buf[:n], word) {
			armed.Store(false)
			close(deaf)
			server.Write(buf[:n])
			io.Copy(io.Discard, client)
			return
		}
		server.Write(buf[:n])
	}
}

// Nobody can know whether a commit happened whose answer never came.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	dsn, err := url.Parse(server.DSN() + "&default_query_exec_mode=exec")
	if err != nil {
		t.Fatal(err)
	}
	var armed *atomic.Bool
	dsn.Host, armed = proxy(t, dsn.Host, "commit\x00")
	d := openOn(t, connect(t, dsn.String()), "desk")
	d.must(d.put(d.db, &card{ID: "1"}))
	armed.Store(true)
	err = d.put(d.db, &card{ID: "2"})
	d.is("a commit without an answer", err, store.ErrUnknown)
	for _, known := range []error{store.ErrUnavailable, store.ErrConflict} { // which say that nothing was changed
		if errors.Is(err, known) {
			t.Errorf("an unknown outcome is %v as well: %v", known, err)
		}
	}
	d.want("cards", store.ByKey(), "1", "2")
}

// Who stops waiting for a synchronous standby isn't told that all is well: the
// server has committed, and may be lost with that.
func TestCancelledCommit(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, &pgtest.Options{Settings: map[string]string{
		"synchronous_standby_names": "nobody", "synchronous_commit": "local",
	}})
	d := openOn(t, connect(t, server.DSN()), "desk")
	patient := func(what string) {
		_, err := d.pool.Exec(context.Background(), "set synchronous_commit = local; alter role postgres "+what)
		d.must(err)
		d.pool.Reset() // connections from now on
	}
	patient("set synchronous_commit = on")
	t.Cleanup(func() { patient("reset synchronous_commit") })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return d.cards.Put(ctx, tx, &card{ID: "2"})
		})
	}()
	d.until("exists (select from pg_stat_activity where wait_event = 'SyncRep')")
	cancel()
	err := <-done
	d.is("the commit", err, store.ErrUnknown)
	d.is("the commit", err, context.Canceled)
}

// A pool that is full is an error that says so, and no lasting one.
func TestFullPool(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := d.pool.Config()
	c.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	d.must(err)
	t.Cleanup(pool.Close)
	db, err := store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: d.schema, Wait: 20 * time.Millisecond}), nil, d.cards)
	d.must(err)
	d.must(d.put(db, &card{ID: "1"}))
	err = pgxBegin(t, pool, func() {
		err := d.put(db, &card{ID: "2"})
		d.is("update", err, store.ErrUnavailable)
		if err == nil || !strings.Contains(err.Error(), "pool's 1 connections") {
			t.Errorf("the error doesn't say why: %v", err)
		}
	})
	d.must(err)
	d.must(d.put(db, &card{ID: "3"}))
	d.want("cards", store.ByKey(), "1", "3")
	d.must(db.Close())
}

func pgxBegin(t *testing.T, pool *pgxpool.Pool, f func()) error {
	conn, err := pool.Acquire(t.Context())
	if err == nil {
		f()
		conn.Release()
	}
	return err
}

// A standby refuses writes in words, serves Views, and takes writes once it is
// promoted.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, nil)
	first := openOn(t, connect(t, primary.DSN()), "desk")
	first.must(first.put(first.db, &card{ID: "1"}))
	standby := primary.Standby(t, true)
	pool := connect(t, standby.DSN())
	pg := pgstore.New(pool, &pgstore.Options{Schema: "desk"})
	_, err := store.Open(t.Context(), pg, nil, cards())
	first.is("open", err, store.ErrUnavailable)
	if err != nil && (!strings.Contains(err.Error(), "a standby") || strings.Contains(err.Error(), "broke")) {
		t.Errorf("the error doesn't say just that: %v", err)
	}
	primary.Kill()
	standby.Promote()
	d := openOn(t, pool, "desk")
	d.must(d.put(d.db, &card{ID: "2"}))
	d.want("cards", store.ByKey(), "1", "2")
}

// Who isn't let in hears why.
func TestDenied(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, nil)
	dsn := server.DSN()
	for what, spoil := range map[string]func(u *url.URL){
		"a wrong password": func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "guess") },
		"no such database": func(u *url.URL) { u.Path = "/nowhere" },
		"no such role":     func(u *url.URL) { u.User = url.UserPassword("nobody", "guess") },
	} {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		spoil(u)
		if _, err := pgstore.Connect(t.Context(), u.String()); !errors.Is(err, pgstore.ErrDenied) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	server.Stop(pgtest.Fast)
	if _, err := pgstore.Connect(t.Context(), dsn); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("no server: error %v", err)
	}
}

// Processes wake each other, and share a clock.
func TestWakeAndClock(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	other := openOn(t, d.pool, d.schema)
	heard := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.pg.Listen(ctx, func() { heard <- struct{}{} }) }()
	<-heard // it listens
	d.must(other.pg.Wake(t.Context()))
	<-heard
	cancel()
	d.is("the end of listening", <-ended, context.Canceled)
	var now time.Time
	d.must(d.pool.QueryRow(t.Context(), "select clock_timestamp()").Scan(&now))
	if at, err := d.pg.Now(t.Context()); err != nil || at.Before(now) || at.Location() != time.UTC {
		t.Errorf("the store's clock says %v, %v; the server's said %v", at, err, now)
	}
}

// A host that closes its pool has closed the store.
func TestClosedPool(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	pool, _ := d.named(t)
	o := openOn(t, pool, d.schema)
	ran := make(chan error, 1)
	go func() { ran <- o.db.Run(t.Context()) }()
	d.must(d.put(o.db, &card{ID: "1"}))
	pool.Close()
	d.is("update", d.put(o.db, &card{ID: "2"}), store.ErrClosed)
	d.is("run", <-ran, store.ErrClosed)
}
