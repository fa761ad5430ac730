package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// The types of the events of an erasure. The second one comes when nothing of the
// end user is left, and has indexes outside of the store purge what they hold.
const (
	Erasing = "end_user.erasing"
	Erased  = "end_user.erased"
)

// Erasure tells how far the erasure of an end user has come. It holds ids only.
type Erasure struct {
	EndUser   string      `json:"end_user"`
	Aliases   []string    `json:"aliases,omitempty"` // ids of profiles that had been merged into his
	By        event.Actor `json:"by"`
	Began     time.Time   `json:"began"`
	Done      time.Time   `json:"done"`      // zero: something may be left
	Documents int         `json:"documents"` // that were changed or deleted for it
	Rev       store.Rev   `json:"-"`
}

var erasures = &store.Collection[Erasure]{
	Name:       "erasure",
	Key:        func(e *Erasure) string { return e.EndUser },
	Rev:        func(e *Erasure) *store.Rev { return &e.Rev },
	Impersonal: "holds ids and moments",
}

// subjects are all ids under which data of the end user may be: his own last, as what
// an alias has may be moving there.
func (e *Erasure) subjects() []string { return append(slices.Clone(e.Aliases), e.EndUser) }

const eraseKind = "identity.erase"

// maxErasedDevices go with the profile; the job removes the others.
const maxErasedDevices = 200

// eraseHandler works for long where a history is long. Given up it is shown with
// the dead letters, and Erase takes it up again.
func (s *Service) eraseHandler() job.Handler {
	return job.Handler{Timeout: 10 * time.Minute, MaxAttempts: 100, Do: func(ctx context.Context, j *job.Job) error {
		var id string
		if err := j.Payload(&id); err != nil {
			return job.Permanent(err)
		}
		return s.FinishErasure(ctx, id)
	}}
}

// Erase removes what the desk knows of an end user: his profile at once, and so
// that nothing is written for him any more and his sessions end; by a job all that
// he wrote or that was written about him, wherever it is, and under the ids of those
// who were merged into him, too. What counts stays: that there was a ticket, and how
// it went. Erasure tells how far it is.
//
// He is forgotten for good: nothing undoes it, and the same user of the host who
// comes back is somebody new. A second Erase changes nothing, but takes up again
// what was given up. Nobody of this id is store.ErrNotFound.
func (s *Service) Erase(ctx context.Context, actor event.Actor, endUser string) (e *Erasure, err error) {
	if s.jobs == nil {
		return nil, errors.New("erase: this directory was opened without jobs")
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: endUser, Owner: endUser}); err != nil {
			return err
		}
		u, err := follow(ctx, tx, endUser, store.ForUpdate)
		if err != nil {
			return err
		}
		if e, err = erasures.Get(ctx, tx, u.ID); err == nil {
			return s.resume(ctx, tx, e)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		e = &Erasure{EndUser: u.ID, By: actor, Began: s.now()}
		if e.Aliases, err = s.Aliases(ctx, tx, u.ID); err != nil {
			return err
		}
		return s.beginErasure(ctx, tx, actor, e, u)
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// beginErasure empties the profile, which is the root on which all that is written
// for its end user relies.
func (s *Service) beginErasure(ctx context.Context, tx *store.Tx, actor event.Actor, e *Erasure, u *EndUser) error {
	if err := s.adoptBans(ctx, tx, u); err != nil {
		return err
	}
	// His devices are strangers' at once, or whose they were before he came, so that they drop what they show.
	ds, _, err := devices.Page(ctx, tx, store.By("current", u.ID).Limit(maxErasedDevices))
	if err != nil {
		return err
	}
	for _, d := range ds {
		change := devices.Delete
		if devices.Erase(d, u.ID) {
			change = devices.Put
		}
		if err := change(ctx, tx, d); err != nil {
			return err
		}
	}
	endUsers.Erase(u, u.ID)
	if err := s.put(ctx, tx, actor, u, Erasing); err != nil {
		return err
	}
	if err := erasures.Put(ctx, tx, e); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, s.erasureJob(e))
}

func (s *Service) erasureJob(e *Erasure) job.Spec {
	return job.Spec{ID: eraseKind + "/" + e.EndUser, Kind: eraseKind, Data: []byte(`"` + e.EndUser + `"`)}
}

// resume makes sure that somebody works on an erasure that isn't done.
func (s *Service) resume(ctx context.Context, tx *store.Tx, e *Erasure) error {
	if !e.Done.IsZero() {
		return nil
	}
	spec := s.erasureJob(e)
	if err := s.jobs.Retry(ctx, tx, spec.ID); err == nil || !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, spec)
}

// adoptBans has bans of an end user's address or user id go with him, too, where
// nobody has said that they are his. They hold without their value.
func (s *Service) adoptBans(ctx context.Context, tx *store.Tx, u *EndUser) error {
	own, err := bansByAddress(ctx, tx, u)
	for _, b := range own {
		b.EndUser = u.ID
		if err := bans.Put(ctx, tx, b); err != nil {
			return err
		}
	}
	return err
}

// bansByAddress are the bans of his addresses and user id that name no end user.
func bansByAddress(ctx context.Context, tx *store.Tx, u *EndUser) (bs []*Ban, err error) {
	his := []string{matchOf(BanUserID, u.UserID), matchOf(BanEmail, u.Email.Value)}
	for _, x := range u.Identities {
		if x.Kind == "email" {
			his = append(his, matchOf(BanEmail, lower(x.Value)))
		}
	}
	slices.Sort(his)
	for _, match := range slices.Compact(his) {
		for b, err := range bans.Scan(ctx, tx, store.By("match", match).Limit(1)) {
			if err != nil {
				return nil, err
			}
			if b.EndUser == "" {
				bs = append(bs, b)
			}
		}
	}
	return bs, nil
}

// filed is a document that names a file among the blobs, and what an export calls
// it. One that isn't its own stays when the document goes.
type filed interface {
	File() (blob, name string, own bool)
}

// dropFile deletes what a document names before the document goes: a process that
// dies in between leaves no file that nobody knows of.
func (s *Service) dropFile(ctx context.Context, p *store.Personal) error {
	f, ok := p.Doc.(filed)
	if !ok || s.blobs == nil {
		return nil
	}
	id, _, own := f.File()
	if !own {
		return nil
	}
	if err := s.blobs.Delete(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// FinishErasure does at once, in this goroutine, what is left to do of an erasure
// that Erase has begun: the job finds nothing left then. It may be interrupted at
// any moment, and several may do it at a time. An end user who isn't being erased
// is store.ErrNotFound.
func (s *Service) FinishErasure(ctx context.Context, endUser string) error {
	var e *Erasure
	err := s.root.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		e, err = erasureOf(ctx, tx, endUser)
		return err
	})
	if err == nil && e.Done.IsZero() {
		err = s.erase(ctx, e)
	}
	if err != nil {
		return fmt.Errorf("erase end user %s: %w", endUser, err)
	}
	return nil
}

// erase goes through all collections until there is nothing left in any. The
// second time it finds what was written behind its back by somebody who had begun
// before: a projection that is behind, say.
func (s *Service) erase(ctx context.Context, e *Erasure) error {
	o := &store.EraseOptions{Before: s.dropFile, Cares: s.cares}
	for left := true; left; {
		left = false
		for _, coll := range s.root.PersonalCollections() {
			n, err := s.root.Erase(ctx, coll, o, e.subjects()...)
			if err != nil {
				return err
			}
			left = left || n > 0
			e.Documents += n
		}
	}
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := endUsers.Lock(ctx, tx, e.EndUser, store.ForUpdate)
		if err != nil {
			return err
		}
		now, err := erasures.Lock(ctx, tx, e.EndUser, store.ForUpdate)
		if err != nil || !now.Done.IsZero() {
			return err // another process was faster
		}
		now.Done, now.Documents = s.now(), e.Documents
		if err := erasures.Put(ctx, tx, now); err != nil {
			return err
		}
		return s.put(ctx, tx, event.Actor{Kind: event.System}, u, Erased)
	})
}

// Erasure tells how far the erasure of an end user is: store.ErrNotFound if nobody
// asked for one.
func (s *Service) Erasure(ctx context.Context, actor event.Actor, endUser string) (e *Erasure, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: endUser, Owner: endUser, Read: true}); err != nil {
			return err
		}
		e, err = erasureOf(ctx, tx, endUser)
		return err
	})
	return e, err
}

func erasureOf(ctx context.Context, tx *store.Tx, endUser string) (*Erasure, error) {
	u, err := follow(ctx, tx, endUser, 0)
	if err != nil {
		return nil, err
	}
	return erasures.Get(ctx, tx, u.ID)
}

// Care is for services above that have something to do when documents of theirs
// are erased. Call it before the desk runs.
func (s *Service) Care(cares ...store.Care) { s.cares = append(s.cares, cares...) }
