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
	err = read("/proc/self/status", map[string]*int64{"RssAnon": &m.Anon, "RssFile": &m.File})
	return m, err
}

// Untouch begins to look at what this process uses of its memory: Touched says how much of
// it was read or written since. Systems without Linux's /proc give ErrUnknown.
func Untouch() error {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("1"), 0); err != nil {
		return errors.Join(ErrUnknown, err)
	}
	return nil
}

// Touched is how many bytes of its memory this process has used since Untouch, in whole
// pages: what it needs to go on as it does, whatever else is resident.
func Touched() (bytes int64, err error) {
	err = read("/proc/self/smaps_rollup", map[string]*int64{"Referenced": &bytes})
	return bytes, err
}

// read takes figures by their names from a file of /proc that has them in kB.
func read(file string, into map[string]*int64) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.Join(ErrUnknown, err)
	}
	defer f.Close()
	found := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		figure := into[name]
		if figure == nil {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*figure = kb << 10
		found++
	}
	if found < len(into) {
		return ErrUnknown
	}
	return nil
}
