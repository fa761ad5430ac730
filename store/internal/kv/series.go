package kv

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// series are the numbers that were given last. They are drawn from memory, so that
// two drafts never get the same one, and stored with what they were drawn for.
type series struct {
	mu   sync.Mutex
	last map[string]int64
}

// draw gives the next number. stored reads the last one in the file, which counts only
// as long as nothing is known in memory.
func (s *series) draw(name string, stored func() int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, known := s.last[name]
	if !known {
		n = stored()
	}
	n++
	s.last[name] = n
	return n
}

// pass makes the next number larger than n.
func (s *series) pass(name string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, known := s.last[name]; known {
		s.last[name] = max(last, n)
	}
}

func seriesKey(series string) []byte { return []byte("\x00next\x00" + series) }

func stored(t Tx, k []byte) int64 {
	if b := t.Get(k); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// Raise stores a number under k, unless a larger one is.
func Raise(t Tx, k []byte, n int64) error {
	if stored(t, k) >= n {
		return nil
	}
	return t.Put(k, binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// Next implements driver.Tx. The number isn't put back when the transaction fails.
func (t *tx) Next(_ context.Context, series string) (int64, error) {
	if err := t.usable(true); err != nil {
		return 0, err
	}
	if t.draft != nil {
		return t.draft.next(&t.s.series, series), nil
	}
	k := seriesKey(series)
	last := func() int64 { return stored(t.kv, k) }
	if t.s.turns == nil { // what is known in memory may be old
		n := last() + 1
		return n, Raise(t.kv, k, n)
	}
	n := t.s.series.draw(series, last)
	return n, Raise(t.kv, k, n)
}

// Series implements driver.Tx.
func (t *tx) Series(context.Context) (map[string]int64, error) {
	if err := t.usable(false); err != nil {
		return nil, err
	}
	all, prefix := map[string]int64{}, seriesKey("")
	t.kv.Walk(prefix, after(prefix), false, func(k, v []byte) bool {
		all[string(k[len(prefix):])] = int64(binary.BigEndian.Uint64(v))
		return true
	})
	t.s.series.mu.Lock()
	defer t.s.series.mu.Unlock()
	for name, n := range t.s.series.last { // some may not have been stored yet
		all[name] = max(all[name], n)
	}
	return all, nil
}

// Advance implements driver.Tx. As by Next, nothing is put back.
func (t *tx) Advance(_ context.Context, series string, n int64) error {
	if err := t.usable(true); err != nil {
		return err
	}
	t.s.series.pass(series, n)
	return Raise(t.kv, seriesKey(series), n)
}

// Close implements driver.Store. It waits for drafts, too, which have no turn yet, and
// stores the numbers of those that came to nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.drafts.Wait()
	err := s.keepNumbers(context.Background())
	return errors.Join(err, s.kv.Close())
}

func (s *Store) keepNumbers(ctx context.Context) error {
	read, err := s.kv.Begin(ctx, false)
	if err != nil {
		return gone(err)
	}
	missing := map[string]int64{}
	s.series.mu.Lock()
	for name, n := range s.series.last {
		if stored(read, seriesKey(name)) < n {
			missing[name] = n
		}
	}
	s.series.mu.Unlock()
	if err := read.End(); err != nil || len(missing) == 0 {
		return err
	}
	write, err := s.kv.Begin(ctx, true)
	if err != nil {
		return gone(err)
	}
	for name, n := range missing {
		err = errors.Join(err, Raise(write, seriesKey(name), n))
	}
	return errors.Join(err, write.End())
}

// gone is no error where the store has been closed, or has failed, before.
func gone(err error) error {
	if errors.Is(err, driver.ErrClosed) || errors.Is(err, driver.ErrFailed) {
		return nil
	}
	return err
}
