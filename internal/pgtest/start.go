package pgtest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of Start; nil means the defaults.
type Options struct {
	// Settings of postgresql.conf, besides those that a test needs.
	Settings map[string]string
}

// Cluster is a server of a test's own. Its methods return when what they say is
// done, and fail the test if it can't be: call them from the test's goroutine.
type Cluster struct {
	t testing.TB
	s *server
}

// Mode says how a server stops.
type Mode string

// The ways to stop. Both break the sessions off.
const (
	// Fast rolls back what is under way, and leaves the data in order.
	Fast Mode = "fast"
	// Immediate is a crash that the server's processes hear of.
	Immediate Mode = "immediate"
)

// Start starts a server that keeps what it acknowledges, with an empty database.
// It is gone when the test ends.
func Start(t testing.TB, o *Options) *Cluster {
	t.Helper()
	var settings map[string]string
	if o != nil {
		settings = o.Settings
	}
	s, err := create(settings)
	check(t, err)
	return keep(t, s)
}

// keep lets the server live as long as the test.
func keep(t testing.TB, s *server) *Cluster {
	t.Cleanup(func() {
		if err := s.watcher.end(); err != nil {
			t.Errorf("end PostgreSQL: %v", err)
		}
	})
	return &Cluster{t, s}
}

// DSN is how a host connects to the server. With others, standbys of it, a
// connection goes to the one that takes writes.
func (c *Cluster) DSN(others ...*Cluster) string {
	servers := make([]*server, len(others))
	for i, o := range others {
		servers[i] = o.s
	}
	return c.s.dsn(servers...)
}

// Pool returns connections to the server, which are closed when the test ends.
func (c *Cluster) Pool() *pgxpool.Pool {
	c.t.Helper()
	return newPool(c.t, c.s.socketDSN())
}

// do runs one act on the server.
func (c *Cluster) do(what string, act func(ctx context.Context) error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := act(ctx); err != nil {
		c.t.Fatalf("%s PostgreSQL: %v", what, err)
	}
}

// Stop ends the server; its data stays for Start.
func (c *Cluster) Stop(m Mode) {
	c.t.Helper()
	c.do("stop", func(ctx context.Context) error { return c.s.control(ctx, "stop", "-m", string(m)) })
}

// Kill ends the server and the processes of its sessions with SIGKILL; its data
// stays for Start.
func (c *Cluster) Kill() {
	c.t.Helper()
	c.do("kill", c.s.kill)
}

// Start starts the server again, with the data and the DSN that it had.
func (c *Cluster) Start() {
	c.t.Helper()
	c.do("start", c.s.start)
}

// Restart is Stop and Start.
func (c *Cluster) Restart(m Mode) {
	c.t.Helper()
	c.Stop(m)
	c.Start()
}

// Standby starts a server that follows this one and answers queries. With
// synchronous, this one acknowledges no commit, from now on, before a standby has
// it on disk. The standby is gone when the test ends.
func (c *Cluster) Standby(t testing.TB, synchronous bool) *Cluster {
	t.Helper()
	s, err := furnish(func(ctx context.Context, s *server) error {
		s.password = c.s.password
		from := c.s.socketDSN() + " application_name=" + filepath.Base(s.dir)
		return s.run(ctx, "pg_basebackup", "-d", from, "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	}, nil)
	check(t, err)
	standby := keep(t, s)
	standby.do("synchronize", func(ctx context.Context) error {
		follows := "application_name = '" + filepath.Base(s.dir) + "' and state = 'streaming'"
		if synchronous {
			follows += " and sync_state <> 'async'"
			if err := c.s.exec(ctx, "alter system set synchronous_standby_names = '*'"); err != nil {
				return err
			}
			if err := c.s.exec(ctx, "select pg_reload_conf()"); err != nil {
				return err
			}
		}
		return c.s.holds(ctx, "select exists (select from pg_stat_replication where "+follows+")")
	})
	return standby
}

// Promote lets a standby take writes. It follows nobody from then on.
func (c *Cluster) Promote() {
	c.t.Helper()
	c.do("promote", func(ctx context.Context) error { return c.s.control(ctx, "promote") })
}
