package imap

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// How long the fetcher waits before it connects again.
const (
	firstPause = time.Second
	maxPause   = 5 * time.Minute
	// idles is how long a server is let tell of new mails before it is asked. It may end
	// a connection after 30 minutes of it; and one that is dead is noticed then.
	idles = 10 * time.Minute
)

// Run fetches mails as they come until ctx ends, and returns its error. Whatever goes
// wrong is tried again, after a second first and five minutes at last.
func (f *Fetcher) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		worked, err := f.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		f.note(func(s *Status) { s.Connected, s.Error, s.Failed = false, err, time.Now() })
		f.o.Log.Warn("fetching mails was interrupted", "mailbox", f.key(), "error", err)
		if worked {
			pause = firstPause
		}
		wait := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, maxPause)
	}
	f.note(func(s *Status) { s.Connected = false })
	return ctx.Err()
}

// follow fetches mails as they come until the connection ends, and says whether the
// mailbox was looked through before.
func (f *Fetcher) follow(ctx context.Context) (worked bool, err error) {
	c, err := f.connect(ctx)
	if err != nil {
		return false, fmt.Errorf("connect to %s: %w", f.address, err)
	}
	defer c.end()
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	for {
		if err := f.fetch(ctx, c); err != nil {
			return worked, fmt.Errorf("fetch mails from %s: %w", f.address, err)
		}
		worked = true
		if err := c.await(ctx, f.o.Poll); err != nil {
			return worked, fmt.Errorf("wait for mails from %s: %w", f.address, err)
		}
	}
}

// Fetch fetches the mails that are there now and returns how many the desk was given. It
// is for tests, and for hosts with a clock of their own; Run does it all the time.
func (f *Fetcher) Fetch(ctx context.Context) (received int64, err error) {
	before := f.Status().Received
	c, err := f.connect(ctx)
	if err != nil {
		return 0, fmt.Errorf("connect to %s: %w", f.address, err)
	}
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	err = f.fetch(ctx, c)
	c.end()
	f.note(func(s *Status) {
		received, s.Connected = s.Received-before, false
		if err != nil {
			s.Error, s.Failed = err, time.Now()
		}
	})
	if err != nil {
		return received, fmt.Errorf("fetch mails from %s: %w", f.address, err)
	}
	return received, nil
}
