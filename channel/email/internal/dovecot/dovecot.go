//go:build unix

// Package dovecot runs a mail server that we didn't write, for tests: dovecot, as the
// user of the test, on loopback, with mailboxes in a directory of the test. It takes mails
// by LMTP and gives them by IMAP.
package dovecot

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a dovecot. Every user name is known to it, with Password, and has INBOX and a
// folder called Done.
type Server struct {
	IMAP, LMTP string // addresses, which it keeps

	t       testing.TB
	program string
	dir     string
	cmd     *exec.Cmd // nil while it doesn't run
	watcher *exec.Cmd // of cmd
}

// Password is that of all users.
const Password = "secret"

// nobody owns the mailboxes where the test is root: dovecot keeps no mails for root.
const nobody = 65534

// New returns a server that runs until the test ends. Where there is none, or one of
// another version than 2.3, whose settings are others, the test is skipped.
func New(t testing.TB) *Server {
	t.Helper()
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program = "/usr/sbin/dovecot" // which isn't on everybody's PATH
	}
	version, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Skip("dovecot isn't on the PATH")
	}
	if !strings.HasPrefix(string(version), "2.3.") {
		t.Skipf("dovecot is %s, not 2.3", strings.TrimSpace(string(version)))
	}
	s := &Server{t: t, program: program, dir: t.TempDir(), IMAP: free(t), LMTP: free(t)}
	uid, gid := os.Getuid(), os.Getgid()
	mails := filepath.Join(s.dir, "mail")
	if err := os.Mkdir(mails, 0o700); err != nil {
		t.Fatal(err)
	}
	if uid == 0 {
		uid, gid = nobody, nobody
		if err := os.Chown(mails, uid, gid); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{s.dir, filepath.Dir(s.dir)} { // of this test alone
			if err := os.Chmod(dir, 0o711); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, imap, _ := net.SplitHostPort(s.IMAP)
	_, lmtp, _ := net.SplitHostPort(s.LMTP)
	text := fmt.Sprintf(config, s.dir, users(t), Password, uid, gid, mails, imap, lmtp)
	if err := os.WriteFile(filepath.Join(s.dir, "conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill() })
	s.Start()
	return s
}

const config = `
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
%[2]s
protocols = imap lmtp
ssl = no
auth_username_format = %%Ln
first_valid_uid = 1
mail_location = maildir:~/Maildir
passdb {
  driver = static
  args = password=%[3]s
}
userdb {
  driver = static
  args = uid=%[4]d gid=%[5]d home=%[6]s/%%n
}
namespace inbox {
  inbox = yes
  mailbox Done {
    auto = create
  }
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = %[7]s
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = %[8]s
  }
}
`

// users says as whom the server's processes run: as the test's user, or where that is
// root, which dovecot doesn't like, as the users that its package has made.
func users(t testing.TB) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if u.Uid == "0" {
		return ""
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("default_internal_user = %[1]s\ndefault_login_user = %[1]s\ndefault_internal_group = %[2]s", u.Username, g.Name)
}

// free is an address on loopback at which nobody listens.
func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Start starts the server again after it was killed, and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	if s.cmd != nil {
		return
	}
	s.unlock()
	cmd := exec.Command(s.program, "-F", "-c", filepath.Join(s.dir, "conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd = cmd
	s.watch()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	for _, address := range []string{s.IMAP, s.LMTP} {
		if err := answers(ctx, address); err != nil {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			s.t.Fatalf("dovecot doesn't answer: %v\n%s", err, log[max(0, len(log)-2000):])
		}
	}
}

// A watcher outlives a test process that is killed or panics, and kills its server: it
// reads a pipe whose other end only the test process has.
const watch = `read -r line; kill -s KILL -- "-$1"`

func (s *Server) watch() {
	s.t.Helper()
	s.watcher = exec.Command("/bin/sh", "-c", watch, "sh", strconv.Itoa(s.cmd.Process.Pid))
	s.watcher.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // what interrupts the test doesn't end it
	if _, err := s.watcher.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.watcher.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// unlock removes what killed processes have left, for which others would wait for minutes.
func (s *Server) unlock() {
	os.RemoveAll(filepath.Join(s.dir, "run")) // sockets, by which it would think that it runs
	filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".lock") {
			os.Remove(path)
		}
		return nil // nobody is there who could make use of it
	})
}

// answers waits until a server greets.
func answers(ctx context.Context, address string) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			c.SetDeadline(time.Now().Add(5 * time.Second))
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

// Kill ends all processes of the server at once, whatever they do.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	s.watcher.Process.Kill() // before the number may be another process's
	s.watcher.Wait()
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	s.cmd.Wait()
	s.cmd = nil
}
