//go:build unix

package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func do(t testing.TB, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask[T any](t testing.TB, pool *pgxpool.Pool, sql string) (v T) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// connect is a pool that outlives restarts of the servers.
func connect(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Tests have schemas of their own, on one server, and leave nothing there.
func TestSchema(t *testing.T) {
	pool, mine := pgtest.Schema(t)
	var schema string
	t.Run("another", func(t *testing.T) {
		var other *pgxpool.Pool
		other, schema = pgtest.Schema(t)
		if schema == mine {
			t.Fatalf("two tests have the schema %s", mine)
		}
		do(t, other, "create schema "+schema)
		do(t, other, "create table "+schema+".note (id text)")
		if n := ask[int](t, pool, "select count(*) from pg_namespace where nspname = '"+schema+"'"); n != 1 {
			t.Error("the tests are on two servers")
		}
	})
	if n := ask[int](t, pool, "select count(*) from pg_namespace where nspname = '"+schema+"'"); n != 0 {
		t.Errorf("schema %s is still there", schema)
	}
}

// A server keeps what it acknowledged, however it stops, and takes no stranger.
func TestStart(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t, &pgtest.Options{Settings: map[string]string{"work_mem": "5MB"}})
	pool := connect(t, c.DSN())
	if got := ask[string](t, pool, "select current_setting('work_mem')||current_setting('fsync')"); got != "5MBon" {
		t.Errorf("settings: %s", got)
	}
	do(t, pool, "create table note (id int)")
	for i, again := range []func(){
		func() { c.Restart(pgtest.Fast) },
		func() { c.Restart(pgtest.Immediate) },
		func() { c.Kill(); c.Start() },
	} {
		do(t, pool, fmt.Sprintf("insert into note values (%d)", i))
		again()
		pool.Reset()
		if n := ask[int](t, pool, "select count(*) from note"); n != i+1 {
			t.Errorf("after stop %d there are %d rows", i, n)
		}
	}
	c.Stop(pgtest.Fast)
	pool.Reset()
	if err := pool.Ping(t.Context()); err == nil {
		t.Error("a stopped server answers")
	}
	c.Start()
	config, err := pgx.ParseConfig(c.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.Password = "guess"
	_, err = pgx.ConnectConfig(t.Context(), config)
	if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "28P01" {
		t.Errorf("with a wrong password: %v", err)
	}
}

// A session's process is killed with its server, also when it is busy.
func TestKillEndsSessions(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t, nil)
	pool := c.Pool()
	do(t, pool, "create table note (id int)")
	slept := make(chan error, 1)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pid := int(conn.Conn().PgConn().PID())
	go func() {
		defer conn.Release()
		_, err := conn.Exec(context.WithoutCancel(t.Context()), "select pg_sleep(600)")
		slept <- err
	}()
	for busy := 0; busy == 0; {
		busy = ask[int](t, pool, fmt.Sprintf("select count(*) from pg_stat_activity where pid = %d and state = 'active'", pid))
	}
	c.Kill()
	if err := <-slept; err == nil {
		t.Error("the statement came to its end")
	}
	if alive(pid) {
		t.Errorf("process %d of the session lives", pid)
	}
	c.Start()
	pool.Reset()
	do(t, pool, "insert into note values (1)")
}

// alive says whether a process runs; one that nobody has buried doesn't.
func alive(pid int) bool {
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, rest, _ := strings.Cut(string(b), ") ")
		return !strings.HasPrefix(rest, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}

// A standby has what its primary acknowledged, and goes on where that ended.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, nil)
	pool := connect(t, primary.DSN())
	do(t, pool, "create table note (id int)")
	standby := primary.Standby(t, true)
	both := connect(t, primary.DSN(standby))
	for range 20 {
		do(t, both, "insert into note values (1)")
	}
	follower := connect(t, standby.DSN())
	if _, err := follower.Exec(t.Context(), "insert into note values (2)"); err == nil {
		t.Error("a standby took a write")
	}
	standby.Stop(pgtest.Fast)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := pool.Exec(ctx, "insert into note values (3)"); err == nil {
		t.Error("the primary acknowledged without its standby")
	}
	standby.Start()
	do(t, pool, "insert into note values (4)") // waits for the standby
	primary.Kill()
	standby.Promote()
	both.Reset()
	do(t, both, "insert into note values (5)")
	if n := ask[int](t, both, "select count(*) from note where id <> 3"); n != 22 {
		t.Errorf("%d rows, want 22", n)
	}
}

// Whatever ends a test process ends its servers.
func TestNothingRemains(t *testing.T) {
	if how := os.Getenv("PGTEST_END"); how != "" {
		endLike(t, how)
	}
	t.Parallel()
	pgtest.Schema(t) // or skip
	for _, how := range []string{"kill", "exit", "panic", "timeout"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			temp, err := os.MkdirTemp("", "pg") // not t.TempDir, whose path may be too long for a socket
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(temp) })
			if err := os.Chmod(temp, 0o755); err != nil {
				t.Fatal(err)
			}
			timeout := 10 * time.Minute
			if how == "timeout" {
				timeout = 12 * time.Second
			}
			child, scan, pids := startEnding(t, how, temp, timeout)
			for how == "timeout" && pids[1] == 0 && timeout < 10*time.Minute { // a slow machine starts no servers in that time
				child.Wait()
				timeout *= 4
				child, scan, pids = startEnding(t, how, temp, timeout)
			}
			if pids[1] == 0 || !alive(pids[0]) || !alive(pids[1]) {
				t.Fatalf("the child has the servers %v", pids)
			}
			if how == "kill" {
				child.Process.Kill()
			}
			for scan.Scan() {
			}
			if err := child.Wait(); err == nil {
				t.Error("the child ended well")
			}
			empty := func() bool {
				left, err := os.ReadDir(temp)
				return err == nil && len(left) == 0 && !alive(pids[0]) && !alive(pids[1])
			}
			for end := time.After(5 * time.Minute); !empty(); {
				select {
				case <-time.After(10 * time.Millisecond):
				case <-end:
					left, _ := os.ReadDir(temp)
					t.Fatalf("left are %v, and the servers %v", left, pids)
				}
			}
		})
	}
}

// startEnding starts the process that ends like that, and returns when it has told the
// numbers of its servers, or has ended before it had any.
func startEnding(t *testing.T, how, temp string, timeout time.Duration) (child *exec.Cmd, scan *bufio.Scanner, pids [2]int) {
	t.Helper()
	child = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingRemains$", "-test.timeout="+timeout.String())
	child.Env = append(os.Environ(), "PGTEST_END="+how, "TMPDIR="+temp)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scan = bufio.NewScanner(out)
	for scan.Scan() {
		if n, _ := fmt.Sscanf(scan.Text(), "servers %d %d", &pids[0], &pids[1]); n == 2 {
			break
		}
	}
	return child, scan, pids
}

// endLike starts two servers, tells their numbers and ends the process.
func endLike(t *testing.T, how string) {
	pool, _ := pgtest.Schema(t)
	own := pgtest.Start(t, nil).Pool()
	const postmaster = "select pg_read_file('postmaster.pid')"
	var pids [2]int
	for i, p := range []*pgxpool.Pool{pool, own} {
		fmt.Sscan(ask[string](t, p, postmaster), &pids[i])
	}
	fmt.Println("servers", pids[0], pids[1])
	switch how {
	case "exit":
		os.Exit(3)
	case "panic":
		go func() { panic("on purpose") }()
	}
	select {}
}
