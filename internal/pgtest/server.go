package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long a server may take for what takes a second or two as a
// rule: a machine may be very busy.
const patience = 2 * time.Minute

// server is a PostgreSQL server in a folder of its own, which holds its data, its
// socket and its log.
type server struct {
	bin      string // folder of the programs
	dir      string
	as       *account
	port     int
	password string
	watcher  *watcher
}

// create starts a new server, with a database that is empty.
func create(settings map[string]string) (*server, error) {
	return furnish(func(ctx context.Context, s *server) error {
		s.password = rand.Text()
		secret := filepath.Join(s.dir, "secret")
		if err := s.write(secret, s.password); err != nil {
			return err
		}
		// The folder, with the socket in it, is the account's alone. Anybody on the
		// machine can reach the port.
		return s.run(ctx, "initdb", "-D", s.data(), "-U", "postgres", "--pwfile="+secret, "--auth-local=trust",
			"--auth-host=scram-sha-256", "--locale=C", "-E", "UTF8", "--no-sync")
	}, settings)
}

// furnish starts a server on the data that fill provides.
func furnish(fill func(ctx context.Context, s *server) error, settings map[string]string) (_ *server, err error) {
	s := &server{}
	if s.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.bin, err = find(os.Getenv("PATH"), places); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp(folder(), "frontdesk-pg-"); err != nil {
		return nil, err
	}
	if s.watcher, err = startWatcher(s.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start PostgreSQL: %w", err), s.watcher.end())
		}
	}()
	if err := s.as.own(s.dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := fill(ctx, s); err != nil {
		return nil, err
	}
	return s, s.settle(ctx, settings)
}

// folder is where servers' folders are made. The path of a socket may have some
// hundred bytes.
func folder() string {
	if dir := os.TempDir(); len(dir) < 60 {
		return dir
	}
	return "/tmp"
}

// settle writes the settings, chooses a port and starts the server.
func (s *server) settle(ctx context.Context, settings map[string]string) error {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": s.dir,
		"max_connections":         "500",
		"shared_buffers":          "64MB",
		"wal_keep_size":           "512MB", // for a standby that was away
		"log_line_prefix":         "%m [%p] ",
		// Nothing may depend on the server's time zone.
		"timezone": "Asia/Kathmandu",
		// A standby isn't a primary that waits for a standby.
		"synchronous_standby_names": "",
	}
	maps.Copy(all, settings)
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&lines, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	for tries := 0; ; tries++ {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.port = port
		if err := s.write(filepath.Join(s.data(), "postgresql.auto.conf"), fmt.Sprintf("%sport = %d\n", &lines, port)); err != nil {
			return err
		}
		err = s.start(ctx)
		if err == nil || tries == 5 || !strings.Contains(err.Error(), "could not create any TCP/IP sockets") {
			return err
		}
	}
}

// freePort finds a port on which nobody listens. It is below those that systems
// give to connections, so that it is free again after a restart.
func freePort() (int, error) {
	for tries := 0; ; tries++ {
		n, err := rand.Int(rand.Reader, big.NewInt(12_000))
		if err != nil {
			return 0, err
		}
		port := 20_000 + int(n.Int64())
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		if tries == 100 {
			return 0, err
		}
	}
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// write appends to a file of the server's.
func (s *server) write(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close(), s.as.own(path))
}

// run runs one of PostgreSQL's programs to its end.
func (s *server) run(ctx context.Context, name string, args ...string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &out, &out
	// What the environment says about other servers isn't for this one.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") })
	s.as.lower(cmd)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out.Bytes()))
	}
	return nil
}

// control starts, stops or promotes the server, and returns when that is done.
func (s *server) control(ctx context.Context, args ...string) error {
	args = append(args, "-D", s.data(), "-w", "-t", strconv.Itoa(int(patience.Seconds())))
	return s.run(ctx, "pg_ctl", args...)
}

func (s *server) start(ctx context.Context) error {
	name := filepath.Join(s.dir, "log")
	before, _ := os.ReadFile(name) // there is none yet, at first
	err := s.control(ctx, "start", "-l", name)
	if err != nil {
		after, _ := os.ReadFile(name)
		err = fmt.Errorf("%w\n%s", err, bytes.TrimPrefix(after, before))
	}
	return err
}

// kill ends the server's processes with SIGKILL.
func (s *server) kill(ctx context.Context) error {
	name := filepath.Join(s.data(), "postmaster.pid")
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return err
	}
	if err := kill(ctx, pid); err != nil {
		return err
	}
	// The next start asks whether these processes live. Other ones may have their
	// numbers by then, or nobody has asked how they ended.
	return errors.Join(os.Remove(name), os.Remove(filepath.Join(s.dir, fmt.Sprintf(".s.PGSQL.%d.lock", s.port))))
}

// exec runs a statement as the superuser.
func (s *server) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.socketDSN())
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// holds waits until a query answers true.
func (s *server) holds(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.socketDSN())
	if err != nil {
		return err
	}
	err = until(ctx, func() (yes bool, err error) {
		return yes, conn.QueryRow(ctx, sql).Scan(&yes)
	})
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// until asks again and again whether something has come true.
func until(ctx context.Context, f func() (bool, error)) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if yes, err := f(); yes || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// socketDSN leads to the server by its socket, which costs less than the port.
func (s *server) socketDSN() string {
	return fmt.Sprintf("host='%s' port=%d user=postgres dbname=postgres sslmode=disable", s.dir, s.port)
}

func (s *server) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// dsn leads to the first of some servers, with the password of this one, that
// takes writes.
func (s *server) dsn(others ...*server) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", s.password), Host: s.address(), Path: "/postgres", RawQuery: "sslmode=disable"}
	for _, o := range others {
		u.Host += "," + o.address()
	}
	if len(others) > 0 {
		u.RawQuery += "&target_session_attrs=read-write"
	}
	return u.String()
}
