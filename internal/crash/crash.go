// Package crash kills processes of tests while they work on a store, as a machine that
// fails would: with no warning, at any moment.
//
//	func TestKilled(t *testing.T) {
//		crash.Run(t, work, func(t *testing.T, p *crash.Place) {
//			p.Kill(t, 20) // after work has said 20 things
//			d := p.Open() // … and what it left is looked at
//		})
//	}
//
// The process is the test itself, run again: there Run calls work with the store and
// returns never. What work prints, a line each, is what it has done. It ends with its
// parent, however that ends.
package crash

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// The environment of a process that is going to be killed.
const (
	placeDir    = "FRONTDESK_CRASH_DIR"
	placeDSN    = "FRONTDESK_CRASH_DSN" // PostgreSQL's; unset is bbolt
	placeSchema = "FRONTDESK_CRASH_SCHEMA"
)

// Place is where processes work and are killed, one after the other.
type Place struct {
	// Dir is a directory that they share.
	Dir string
	// Open opens the store, which is closed when the test ends if it isn't before. In
	// bbolt one process has it at a time: close it before the next one is to work.
	Open func() driver.Store

	name string
	env  []string
	// gone waits until the store has noticed that a process was killed: what that had
	// begun to commit PostgreSQL may finish a moment later.
	gone func(t *testing.T)
}

// Run runs a test on each back end whose data outlives a process, as parallel subtests,
// or, in a process that is going to be killed, work. If work returns, it has done all.
func Run(t *testing.T, work func(t *testing.T, d driver.Store, dir string), test func(t *testing.T, p *Place)) {
	if worked(t, work) {
		return
	}
	t.Parallel()
	onFile(t, test)
	name := t.Name()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		pool, schema := pgtest.Schema(t)
		p := &Place{Dir: t.TempDir(), name: name, gone: func(t *testing.T) { disconnected(t, pool, schema) }}
		p.env = []string{placeDSN + "=" + pool.Config().ConnString(), placeSchema + "=" + schema, "PGAPPNAME=" + schema}
		p.Open = func() driver.Store {
			return opened(t, func() (driver.Store, error) { return pgstore.New(pool, &pgstore.Options{Schema: schema}), nil })
		}
		test(t, p)
	})
}

// RunOnFile is Run on bbolt alone: for tests that wait for what a killed process was doing,
// which is taken up again at once there, as nobody else can have the file.
func RunOnFile(t *testing.T, work func(t *testing.T, d driver.Store, dir string), test func(t *testing.T, p *Place)) {
	if !worked(t, work) {
		t.Parallel()
		onFile(t, test)
	}
}

// worked does the work where this is the process that is going to be killed.
func worked(t *testing.T, work func(t *testing.T, d driver.Store, dir string)) bool {
	dir := os.Getenv(placeDir)
	if dir == "" {
		return false
	}
	go func() {
		io.Copy(io.Discard, os.Stdin) // ends with the parent
		os.Exit(1)
	}()
	d, err := join(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	work(t, d, dir)
	return true
}

func onFile(t *testing.T, test func(t *testing.T, p *Place)) {
	name := t.Name()
	t.Run("bbolt", func(t *testing.T) {
		t.Parallel()
		p := &Place{Dir: t.TempDir(), name: name, gone: func(*testing.T) {}}
		p.Open = func() driver.Store { return opened(t, func() (driver.Store, error) { return openFile(p.Dir) }) }
		test(t, p)
	})
}

// disconnected waits until no connection has the name.
func disconnected(t *testing.T, pool *pgxpool.Pool, name string) {
	t.Helper()
	for n := 1; n > 0; {
		err := pool.QueryRow(t.Context(), "select count(*) from pg_stat_activity where application_name = $1", name).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func openFile(dir string) (driver.Store, error) {
	return boltstore.Open(filepath.Join(dir, "crash.db"), &boltstore.Options{Map: 1 << 24})
}

func join(t *testing.T, dir string) (driver.Store, error) {
	dsn := os.Getenv(placeDSN)
	if dsn == "" {
		return openFile(dir)
	}
	pool, err := pgstore.Connect(t.Context(), dsn)
	if err != nil {
		return nil, err
	}
	return pgstore.New(pool, &pgstore.Options{Schema: os.Getenv(placeSchema)}), nil
}

func opened(t *testing.T, open func() (driver.Store, error)) driver.Store {
	t.Helper()
	d, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return d
}

// Kill has a process work until it has said so many things, and kills it. A process
// that ends before, because it has nothing more to do or can't, fails the test.
func (p *Place) Kill(t *testing.T, things int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+p.name+"$")
	cmd.Env = append(append(os.Environ(), placeDir+"="+p.Dir), p.env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe() // the process ends when this one does
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, last := 0, ""
	for lines := bufio.NewScanner(out); said < things && lines.Scan(); said++ {
		last = lines.Text()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	ended := cmd.Wait()
	p.gone(t)
	if said < things {
		t.Fatalf("the process ended by itself, %v, after %d of %d things: %s", ended, said, things, last)
	}
}
