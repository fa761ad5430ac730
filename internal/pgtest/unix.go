//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the user whose processes the server's are; nil is the test's own.
type account struct{ uid, gid int }

// unprivileged returns whom the server's processes belong to.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		return &account{uid, gid}, errors.Join(err1, err2)
	}
	return nil, errors.New("PostgreSQL doesn't run as root, and there is neither a user postgres nor nobody")
}

// own gives a file of the test's to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// lower lets a command run as the account.
func (a *account) lower(cmd *exec.Cmd) {
	if a != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
	}
}

// detach puts a command in a session of its own.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// kill ends a process and its children at once, and returns when they are gone.
// The parent is stopped first, so that it has no more children meanwhile.
func kill(ctx context.Context, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	if err := until(ctx, func() (bool, error) {
		ps, err := processes()
		return ps[pid].state == 'T' || ps[pid].gone(), err
	}); err != nil {
		return err
	}
	ps, err := processes()
	if err != nil {
		return err
	}
	family := []int{pid}
	for child, p := range ps {
		if p.parent == pid {
			family = append(family, child)
		}
	}
	for _, p := range family {
		syscall.Kill(p, syscall.SIGKILL) // it may be gone already
	}
	return until(ctx, func() (bool, error) {
		ps, err := processes()
		for _, p := range family {
			if !ps[p].gone() {
				return false, err
			}
		}
		return true, err
	})
}

// process is an entry of the system's table.
type process struct {
	parent int
	state  byte // as ps tells it; 0 of a process that isn't there
}

// gone says that it runs no more, whether anybody has asked how it ended or not.
func (p process) gone() bool { return p.state == 0 || p.state == 'Z' || p.state == 'X' }

// processes is the system's table: from /proc, or what ps says where that is
// missing. Small images of Linux have no ps.
func processes() (map[int]process, error) {
	all := map[int]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// The command is in parentheses, and anything can be in it.
		s := string(b)
		if f := strings.Fields(s[strings.LastIndexByte(s, ')')+1:]); len(f) > 1 {
			enter(all, filepath.Base(filepath.Dir(name)), f[1], f[0])
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,state=").Output()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 2 {
			enter(all, f[0], f[1], f[2])
		}
	}
	return all, nil
}

func enter(all map[int]process, pid, parent, state string) {
	id, err1 := strconv.Atoi(pid)
	of, err2 := strconv.Atoi(parent)
	if err1 == nil && err2 == nil {
		all[id] = process{of, state[0]}
	}
}
