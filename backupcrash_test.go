package frontdesk_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// The environment of a test process that is going to be killed: in which directory
// it works, and where its desk is if that isn't a file there.
const (
	backupChild = "FRONTDESK_BACKUP_DIR"
	backupDSN   = "FRONTDESK_BACKUP_DSN"
)

// kept says where the desk of these tests is.
func kept(t *testing.T, dir, dsn string) frontdesk.Config {
	t.Helper()
	if dsn == "" {
		return frontdesk.Config{Path: filepath.Join(dir, "desk.db")}
	}
	pool, err := pgstore.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return frontdesk.Config{Store: pgstore.New(pool, nil)}
}

// A desk whose process is killed in the middle of a backup, while others write,
// lacks nothing afterwards; and neither does the last backup that had ended.
func TestBackupIsKilled(t *testing.T) {
	if dir := os.Getenv(backupChild); dir != "" {
		backUpForEver(t, dir, os.Getenv(backupDSN))
		return
	}
	t.Parallel()
	t.Run("bbolt", func(t *testing.T) {
		t.Parallel()
		backupIsKilled(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		backupIsKilled(t, pgtest.Start(t, nil).DSN())
	})
}

func backupIsKilled(t *testing.T, dsn string) {
	dir := t.TempDir()
	tickets := 0
	for round := range 4 {
		killedInBackup(t, dir, dsn)
		d := open(t, kept(t, dir, dsn))
		n := checkDesk(t, d)
		if n < tickets {
			t.Errorf("round %d: %d tickets, there were %d", round, n, tickets)
		}
		tickets = n
		d.Close()
	}
	b, err := os.Open(filepath.Join(dir, "whole.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if n := checkDesk(t, open(t, frontdesk.Config{Path: restore(t, b)})); n == 0 {
		t.Error("the backup is empty")
	}
}

// killedInBackup starts a process that backs up and writes, and kills it when it
// has begun its second backup.
func killedInBackup(t *testing.T, dir, dsn string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBackupIsKilled$")
	cmd.Env = append(os.Environ(), backupChild+"="+dir, backupDSN+"="+dsn, "TMPDIR="+t.TempDir())
	killed(t, cmd, "begun", 2, 30*time.Millisecond)
}

// killed starts a process, and kills it some time after it has said a word so often.
// One that ends by itself fails the test.
func killed(t *testing.T, cmd *exec.Cmd, word string, times int, within time.Duration) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	alive, err := cmd.StdinPipe() // ends with this process, and so does the child
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	for range times {
		if line, err := said.ReadString('\n'); line != word+"\n" {
			cmd.Process.Kill()
			t.Fatalf("the process said %q, %v", line, err)
		}
	}
	timer := time.AfterFunc(rand.N(within), func() { cmd.Process.Kill() })
	defer timer.Stop()
	io.Copy(io.Discard, said)
	exit, ok := errors.AsType[*exec.ExitError](cmd.Wait())
	if !ok || exit.Exited() {
		t.Fatalf("the process ended by itself: %v", exit)
	}
}

func backUpForEver(t *testing.T, dir, dsn string) {
	d := open(t, kept(t, dir, dsn))
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // nobody is left who would kill this process
	}()
	written := make(chan struct{}, 1)
	for w := range 2 {
		go func() {
			often := time.NewTicker(50 * time.Millisecond) // a desk that grows while it is backed up makes the next backup longer
			for i := 0; ; i++ {
				<-often.C
				if err := converse(t.Context(), d, fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i), make([]byte, 5000)); err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				select {
				case written <- struct{}{}:
				default:
				}
			}
		}()
	}
	<-written
	for {
		f, err := os.Create(filepath.Join(dir, "part.tar"))
		if err == nil {
			fmt.Println("begun")
			err = errors.Join(d.Backup(t.Context(), f), f.Close())
		}
		if err == nil {
			err = os.Rename(f.Name(), filepath.Join(dir, "whole.tar"))
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}
