package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	library "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/store/blob"
)

// How many mails are asked for at a time, and how many bytes, unless one has more.
const (
	batchMails = 50
	batchBytes = 16 << 20
	// asks is how often a mail that is there is asked for, before the connection is
	// given up.
	asks = 3
)

func (f *Fetcher) key() string { return f.o.Name + "/" + f.o.Mailbox }

// fetch takes all mails above the cursor.
func (f *Fetcher) fetch(ctx context.Context, c *connection) error {
	select { // what is told from here on may not be among those found
	case <-c.news:
	default:
	}
	if err := c.Noop().Wait(); err != nil { // some servers show new mails only then
		return err
	}
	at, err := f.desk.Mailbox(ctx, f.key())
	if err != nil {
		return err
	}
	if at.Validity != c.validity {
		at = &email.Mailbox{Name: f.key(), Validity: c.validity}
	}
	if err := f.again(ctx, c, at); err != nil {
		return err
	}
	found, err := c.above(at.UID, f.o.Since)
	if err != nil {
		return err
	}
	left := count(found)
	f.note(func(s *Status) { s.Behind = left })
	for uids := range batches(found) {
		if err := f.batch(ctx, c, at, uids); err != nil {
			return err
		}
		left -= int64(len(uids))
		f.note(func(s *Status) { s.Behind = left })
	}
	f.note(func(s *Status) { s.Contact, s.Error, s.Failed = time.Now(), nil, time.Time{} })
	return nil
}

// above are the mails with higher numbers. The search is by day of a server whose time
// zone isn't known, so of what came before since it may find two days.
func (c *connection) above(uid uint32, since time.Time) (library.UIDSet, error) {
	if uid == ^uint32(0) {
		return nil, nil
	}
	criteria := &library.SearchCriteria{UID: []library.UIDSet{{{Start: library.UID(uid + 1), Stop: 0}}}}
	if !since.IsZero() {
		criteria.Since = since.UTC().AddDate(0, 0, -1)
	}
	data, err := c.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, err
	}
	all, _ := data.All.(library.UIDSet)
	var found library.UIDSet
	for _, r := range all { // n:* has the last mail in it even if that is below n
		if r.Start = max(r.Start, library.UID(uid+1)); r.Start <= r.Stop {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b library.UIDRange) int { return int(int64(a.Start) - int64(b.Start)) })
	return found, nil
}

func count(set library.UIDSet) (n int64) {
	for _, r := range set {
		n += int64(r.Stop) - int64(r.Start) + 1
	}
	return n
}

// batches yields the numbers of a set in their order.
func batches(set library.UIDSet) func(yield func([]library.UID) bool) {
	return func(yield func([]library.UID) bool) {
		var batch []library.UID
		for _, r := range set {
			for n := int64(r.Start); n <= int64(r.Stop); n++ {
				if batch = append(batch, library.UID(n)); len(batch) == batchMails {
					if !yield(batch) {
						return
					}
					batch = nil
				}
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// batch takes some mails, ascending, and moves the cursor behind them.
func (f *Fetcher) batch(ctx context.Context, c *connection, at *email.Mailbox, uids []library.UID) error {
	sizes, err := f.sizes(c, uids)
	if err != nil {
		return err
	}
	var some []library.UID
	var large []uint32
	bytes := int64(0)
	for i, uid := range uids {
		switch size, wanted := sizes[uid]; {
		case wanted && size > f.o.MaxBytes:
			if _, err := f.desk.Missed(ctx, f.envelope(c, uid), size); err != nil {
				return err
			}
			large = append(large, uint32(uid))
		case wanted:
			some = append(some, uid)
			bytes += size
		}
		if i < len(uids)-1 && bytes < batchBytes {
			continue
		}
		tooLarge, err := f.take(ctx, c, some)
		if err != nil {
			return err
		}
		large = append(large, tooLarge...)
		at.UID, at.TooLarge = uint32(uid), append(at.TooLarge, large...)
		if err := f.desk.SaveMailbox(ctx, at); err != nil {
			return err
		}
		f.tell(large)
		some, large, bytes = nil, nil, 0
	}
	return nil
}

// again takes the mails that were too large and aren't any more, as the limit was raised.
// That happens between two processes, so it is looked for once in a connection.
func (f *Fetcher) again(ctx context.Context, c *connection, at *email.Mailbox) error {
	if c.again || len(at.TooLarge) == 0 {
		return nil
	}
	c.again = true
	var uids []library.UID
	var left []uint32
	for _, uid := range at.TooLarge {
		if f.refuses(c, library.UID(uid)) {
			left = append(left, uid)
		} else {
			uids = append(uids, library.UID(uid))
		}
	}
	sizes, err := f.sizes(c, uids)
	if err != nil {
		return err
	}
	for _, uid := range uids {
		size, there := sizes[uid]
		if there && size > f.o.MaxBytes {
			left = append(left, uint32(uid))
		} else if there {
			tooLarge, err := f.take(ctx, c, []library.UID{uid})
			if err != nil {
				return err
			}
			left = append(left, tooLarge...)
		}
	}
	if len(left) == len(at.TooLarge) {
		return nil
	}
	at.TooLarge = left
	return f.desk.SaveMailbox(ctx, at)
}

// refuses says whether the desk has found a mail too large.
func (f *Fetcher) refuses(c *connection, uid library.UID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused[f.envelope(c, uid).Copy]
}

func (f *Fetcher) tell(tooLarge []uint32) {
	if len(tooLarge) == 0 {
		return
	}
	f.o.Log.Error("mails are too large and stay on the server", "mailbox", f.key(), "uids", tooLarge, "limit", f.o.MaxBytes)
	f.note(func(s *Status) { s.TooLarge += int64(len(tooLarge)) })
}

// sizes are those of the mails that are still there and came late enough.
func (f *Fetcher) sizes(c *connection, uids []library.UID) (map[library.UID]int64, error) {
	sizes := map[library.UID]int64{}
	err := c.each(uids, func(some library.UIDSet) (map[library.UID]bool, error) {
		got := map[library.UID]bool{}
		cmd := c.Fetch(some, &library.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			data, err := m.Collect()
			if err != nil {
				return nil, errors.Join(err, cmd.Close())
			}
			if data.InternalDate.IsZero() { // it is told of for another reason
				continue
			}
			got[data.UID] = true
			if !data.InternalDate.Before(f.o.Since) {
				sizes[data.UID] = data.RFC822Size
			}
		}
		return got, cmd.Close()
	})
	return sizes, err
}

// envelope tells the copy of a mail that is in this mailbox from all others.
func (f *Fetcher) envelope(c *connection, uid library.UID) email.Envelope {
	return email.Envelope{Source: "imap:" + f.o.Name, Copy: fmt.Sprintf("%s/%d/%d", f.o.Mailbox, c.validity, uid)}
}

// take gives mails to the desk. Those that are larger for the desk than the server said
// are returned.
func (f *Fetcher) take(ctx context.Context, c *connection, uids []library.UID) (tooLarge []uint32, err error) {
	kept := map[library.UID]bool{}
	err = c.each(uids, func(some library.UIDSet) (map[library.UID]bool, error) {
		return c.bodies(some, func(uid library.UID, content io.Reader) error {
			_, err := f.desk.Receive(ctx, f.envelope(c, uid), content)
			if large, ok := errors.AsType[*blob.TooLargeError](err); ok {
				tooLarge = append(tooLarge, uint32(uid))
				f.mu.Lock()
				f.refused[f.envelope(c, uid).Copy] = true
				f.mu.Unlock()
				_, err = f.desk.Missed(ctx, f.envelope(c, uid), large.Limit+1)
				return err
			}
			if err == nil {
				kept[uid] = true
				f.note(func(s *Status) { s.Received++ })
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return tooLarge, f.after(c, library.UIDSetNum(slices.Sorted(maps.Keys(kept))...))
}

// each asks for mails until all have been given or are gone. That the server gives
// nothing for one may have other reasons than that it isn't there: it may tell that a
// mail was read, meanwhile, and the library takes that for the answer.
func (c *connection) each(uids []library.UID, ask func(library.UIDSet) (map[library.UID]bool, error)) error {
	for range asks {
		if len(uids) == 0 {
			return nil
		}
		got, err := ask(library.UIDSetNum(uids...))
		if err != nil {
			return err
		}
		uids = slices.DeleteFunc(slices.Clone(uids), func(uid library.UID) bool { return got[uid] })
		if len(uids) == 0 {
			return nil
		}
		data, err := c.UIDSearch(&library.SearchCriteria{UID: []library.UIDSet{library.UIDSetNum(uids...)}}, nil).Wait()
		if err != nil {
			return err
		}
		there, _ := data.All.(library.UIDSet)
		uids = slices.DeleteFunc(uids, func(uid library.UID) bool { return !there.Contains(uid) })
	}
	if len(uids) == 0 {
		return nil
	}
	return fmt.Errorf("the server has mail %d and doesn't give it", uids[0])
}

// bodies gives the content of mails to receive as it comes in. After an error the
// connection is closed, as much may be on its way.
func (c *connection) bodies(uids library.UIDSet, receive func(library.UID, io.Reader) error) (got map[library.UID]bool, err error) {
	got = map[library.UID]bool{}
	cmd := c.Fetch(uids, &library.FetchOptions{UID: true, BodySection: []*library.FetchItemBodySection{{Peek: true}}})
	for m := cmd.Next(); m != nil && err == nil; m = cmd.Next() {
		var uid library.UID
		for item := m.Next(); item != nil && err == nil; item = m.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = item.UID
			case imapclient.FetchItemDataBodySection:
				if item.Literal == nil || !uids.Contains(uid) || got[uid] {
					continue // it is gone
				}
				content := &whole{r: item.Literal, left: item.Literal.Size()}
				if err = receive(uid, content); err == nil {
					err = content.broken
				}
				if content.broken != nil { // the library must not read on beside its own reader
					c.close()
					return got, err
				}
				if err != nil {
					c.close()
				}
				got[uid] = true
			}
		}
	}
	if closed := cmd.Close(); err == nil {
		err = closed
	}
	return got, err
}

// whole is the content of a mail up to its end: where the connection breaks off the
// library ends it as if that had been all.
type whole struct {
	r      io.Reader
	left   int64
	broken error // what came in place of the rest
}

func (w *whole) Read(b []byte) (int, error) {
	if w.broken != nil {
		return 0, w.broken
	}
	n, err := w.r.Read(b)
	w.left -= int64(n)
	if err == io.EOF && w.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		w.broken = err
	}
	return n, err
}

// after does with mails that are kept what the host wants.
func (f *Fetcher) after(c *connection, uids library.UIDSet) error {
	if len(uids) == 0 {
		return nil
	}
	mark := func(flag library.Flag) error {
		return c.Store(uids, &library.StoreFlags{Op: library.StoreFlagsAdd, Silent: true, Flags: []library.Flag{flag}}, nil).Close()
	}
	switch f.o.After {
	case AfterSeen:
		return mark(library.FlagSeen)
	case AfterMove:
		if c.caps.Has(library.CapMove) {
			_, err := c.Move(uids, f.o.Folder).Wait()
			return err
		}
		// The library marks and expunges without waiting for the copy, which may fail.
		if _, err := c.Copy(uids, f.o.Folder).Wait(); err != nil {
			return err
		}
	case AfterLeave:
		return nil
	}
	if err := mark(library.FlagDeleted); err != nil {
		return err
	}
	return c.UIDExpunge(uids).Close()
}
