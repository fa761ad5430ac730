// Package resident tells how much of the machine's memory this process holds.
package resident

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is what is resident, in bytes.
type Memory struct {
	Anon int64 // of its own: heap, stacks, the runtime
	File int64 // pages of files, the program and a mapped store among them, that the system can take back
}

// Total is all of it.
func (m Memory) Total() int64 { return m.Anon + m.File }

// ErrUnknown: the system doesn't tell.
var ErrUnknown = errors.New("this system doesn't tell what is resident")

// Self is what this process holds now. Systems without Linux's /proc give ErrUnknown.
func Self() (m Memory, err error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return m, errors.Join(ErrUnknown, err)
	}
	defer f.Close()
	found := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		into := map[string]*int64{"RssAnon": &m.Anon, "RssFile": &m.File}[name]
		if into == nil {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		*into = kb << 10
		found++
	}
	if found < 2 {
		return m, ErrUnknown
	}
	return m, nil
}
