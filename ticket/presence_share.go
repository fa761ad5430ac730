package ticket

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// How processes that share a store tell each other who is there: each has a
// document that it puts every few seconds, its beat, and keeps its people in parts
// beside it, of which it writes those that changed. All read the beats, and the
// parts that are new. A process whose beat stands still is taken for dead; that
// goes by the reader's own clock, so that clocks needn't agree.

// pace is how often what is done.
type pace struct {
	look  time.Duration // the others are looked at
	beat  time.Duration // a process shows that it is there
	lost  time.Duration // one that hasn't shown itself for so long is dead
	least time.Duration // between two writes
}

// parts is over how many documents a process spreads its people.
const parts = 16

// beat says that a process is there, and which parts of it are new.
type beat struct {
	Process string    `json:"process"`
	Parts   []int64   `json:"parts"` // revision of each
	Count   int64     `json:"count"` // of beats
	Rev     store.Rev `json:"-"`
}

var beats = &store.Collection[beat]{
	Name:       "presence_beat",
	Key:        func(b *beat) string { return b.Process },
	Rev:        func(b *beat) *store.Rev { return &b.Rev },
	Impersonal: "holds names of processes",
}

// crowd is a part of those who are at a process.
type crowd struct {
	ID     string        `json:"id"` // process/part
	Online []event.Actor `json:"online,omitempty"`
	Views  []seat        `json:"views,omitempty"`
	Typing []sign        `json:"typing,omitempty"`
	Rev    store.Rev     `json:"-"`
}

// sign is a sign of typing. Another count is another sign of the same person.
type sign struct {
	Seat  seat  `json:"seat"`
	Count int64 `json:"count"`
}

var crowds = &store.Collection[crowd]{
	Name:       "presence",
	Key:        func(c *crowd) string { return c.ID },
	Rev:        func(c *crowd) *store.Rev { return &c.Rev },
	Impersonal: "holds ids of who is there, for as long as he is",
}

func crowdKey(process string, part int) string { return fmt.Sprintf("%s/%02d", process, part) }

// peer is another process, as this one knows it.
type peer struct {
	count int64
	since time.Time // when its beat last moved, by this process's clock
	parts [parts]*crowd
	revs  [parts]int64
}

// sharing is what Share keeps.
type sharing struct {
	p       *Presence
	db      *store.DB
	process string
	beat    beat
	said    [parts]*crowd // as this process wrote them
	wrote   time.Time
	peers   map[string]*peer
}

// Share tells the other processes on a store who is at this one, and this one of
// theirs, until ctx ends, whose error it returns. Where the store isn't shared
// there is nobody to be told, and it only waits. What others hear is about a second
// old; of one that died they hear within half a minute.
func (p *Presence) Share(ctx context.Context, db *store.DB) error {
	if !db.Shared() {
		<-ctx.Done()
		return ctx.Err()
	}
	s := &sharing{p: p, db: db, process: rand.Text(), peers: map[string]*peer{}}
	woken := make(chan struct{}, 1)
	defer db.OnWake(func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})()
	defer s.farewell(context.WithoutCancel(ctx))
	tick := time.NewTicker(p.pace.look)
	defer tick.Stop()
	for {
		if err := errors.Join(s.say(ctx), s.hear(ctx)); err != nil && errors.Is(err, store.ErrClosed) {
			return err
		} // else the store is away, and the next time it may be there
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-woken:
		case <-p.moved:
		}
		if !rested(ctx, time.Until(s.wrote.Add(p.pace.least))) {
			return ctx.Err()
		}
	}
}

// rested waits, and says whether ctx goes on.
func rested(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// say writes the parts that changed, and the beat where it is time for it.
func (s *sharing) say(ctx context.Context) error {
	now := s.p.crowds(s.process)
	var changed []int
	for i := range now {
		if was := s.said[i]; was == nil && !now[i].empty() || was != nil && !was.equal(now[i]) {
			changed = append(changed, i)
		}
	}
	if len(changed) == 0 && time.Since(s.wrote) < s.p.pace.beat {
		return nil
	}
	b := s.beat
	b.Process, b.Count, b.Parts = s.process, b.Count+1, slices.Clone(b.Parts)
	if b.Parts == nil {
		b.Parts = make([]int64, parts)
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, i := range changed {
			if s.said[i] != nil {
				now[i].Rev = s.said[i].Rev
			}
			if err := crowds.Put(ctx, tx, now[i]); err != nil {
				return err
			}
			b.Parts[i] = int64(now[i].Rev)
		}
		return beats.Put(ctx, tx, &b)
	})
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrStale) {
		s.begin() // it was taken for dead
		return nil
	}
	if err != nil {
		return err
	}
	s.beat, s.wrote = b, time.Now()
	for _, i := range changed {
		s.said[i] = now[i]
	}
	if len(changed) > 0 {
		s.db.Wake()
	}
	return nil
}

// begin makes this process a new one for the others.
func (s *sharing) begin() {
	s.process, s.beat, s.said = rand.Text(), beat{}, [parts]*crowd{}
}

// crowds are all who are at this process, by part.
func (p *Presence) crowds(process string) (all [parts]*crowd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range all {
		all[i] = &crowd{ID: crowdKey(process, i)}
	}
	for who := range p.online {
		c := all[partOf(who)]
		c.Online = append(c.Online, who)
	}
	for at := range p.views {
		c := all[partOf(at.Actor)]
		c.Views = append(c.Views, at)
	}
	for at, when := range p.types {
		if time.Since(when) > typeTime {
			delete(p.types, at)
			continue
		}
		c := all[partOf(at.Actor)]
		c.Typing = append(c.Typing, sign{at, when.UnixMicro()})
	}
	for _, c := range all {
		slices.SortFunc(c.Online, func(a, b event.Actor) int { return strings.Compare(a.String(), b.String()) })
		slices.SortFunc(c.Views, compareSeats)
		slices.SortFunc(c.Typing, func(a, b sign) int { return compareSeats(a.Seat, b.Seat) })
	}
	return all
}

func compareSeats(a, b seat) int {
	return cmp.Or(strings.Compare(a.Ticket, b.Ticket), strings.Compare(a.Actor.String(), b.Actor.String()))
}

func partOf(who event.Actor) int {
	h := fnv.New32a()
	h.Write([]byte(who.String()))
	return int(h.Sum32() % parts)
}

func (c *crowd) empty() bool { return len(c.Online)+len(c.Views)+len(c.Typing) == 0 }

func (c *crowd) equal(d *crowd) bool {
	return slices.Equal(c.Online, d.Online) && slices.Equal(c.Views, d.Views) && slices.Equal(c.Typing, d.Typing)
}

// hear reads what is new at the others.
func (s *sharing) hear(ctx context.Context) error {
	var all []*beat
	fresh := map[string]map[int]*crowd{}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, fresh = nil, map[string]map[int]*crowd{}
		for b, err := range beats.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			if b.Process == s.process {
				continue
			}
			all = append(all, b)
			known := s.peers[b.Process]
			for i, rev := range b.Parts {
				if i >= parts || rev == 0 || known != nil && known.revs[i] == rev {
					continue
				}
				c, err := crowds.Get(ctx, tx, crowdKey(b.Process, i))
				if errors.Is(err, store.ErrNotFound) {
					continue
				}
				if err != nil {
					return err
				}
				if fresh[b.Process] == nil {
					fresh[b.Process] = map[int]*crowd{}
				}
				fresh[b.Process][i] = c
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.take(ctx, all, fresh)
}

// take tells this process's readers of what changed, and forgets the dead.
func (s *sharing) take(ctx context.Context, all []*beat, fresh map[string]map[int]*crowd) error {
	now, there := time.Now(), map[string]bool{}
	for _, b := range all {
		there[b.Process] = true
		known := s.peers[b.Process]
		if known == nil {
			known = &peer{count: -1}
			s.peers[b.Process] = known
		}
		if known.count != b.Count {
			known.count, known.since = b.Count, now
		}
		for i, c := range fresh[b.Process] {
			s.p.replace(known.parts[i], c)
			known.parts[i], known.revs[i] = c, b.Parts[i]
		}
	}
	for process, known := range maps.Clone(s.peers) {
		dead := now.Sub(known.since) > s.p.pace.lost
		if there[process] && !dead {
			continue
		}
		for i := range known.parts {
			s.p.replace(known.parts[i], nil)
		}
		known.parts, known.revs = [parts]*crowd{}, [parts]int64{}
		if delete(s.peers, process); dead {
			if err := remove(ctx, s.db, process); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove takes a process's documents away.
func remove(ctx context.Context, db *store.DB, process string) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for c, err := range crowds.All(ctx, tx, store.ByKey().From(process+"/").To(process+"0")) {
			if err != nil {
				return err
			}
			if err := crowds.Delete(ctx, tx, c); err != nil {
				return err
			}
		}
		b, err := beats.Get(ctx, tx, process)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return beats.Delete(ctx, tx, b)
	})
}

// farewell tells the others that this process is gone, and this one that they are.
func (s *sharing) farewell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if remove(ctx, s.db, s.process) == nil { // else they find out
		s.db.Wake()
	}
	for _, known := range s.peers {
		for i := range known.parts {
			s.p.replace(known.parts[i], nil)
		}
	}
}

// replace takes over a part of another process's people, and tells the difference.
func (p *Presence) replace(was, now *crowd) {
	if was == nil {
		was = &crowd{}
	}
	if now == nil {
		now = &crowd{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, who := range without(now.Online, was.Online) {
		p.employ(who, 1)
		if p.online[who] == 0 {
			p.appear(who, true)
		}
		p.elsewhere[who]++
	}
	for _, who := range without(was.Online, now.Online) {
		if p.elsewhere[who]--; p.elsewhere[who] == 0 {
			delete(p.elsewhere, who)
		}
		p.employ(who, -1)
		if p.online[who] == 0 {
			p.appear(who, false)
		}
	}
	for _, at := range without(now.Views, was.Views) {
		if p.views[at] == 0 {
			p.look(at, true)
		}
		p.viewed[at]++
	}
	for _, at := range without(was.Views, now.Views) {
		if p.viewed[at]--; p.viewed[at] == 0 {
			delete(p.viewed, at)
		}
		if p.views[at] == 0 {
			p.look(at, false)
		}
	}
	for _, s := range without(now.Typing, was.Typing) {
		p.tell(s.Seat.typing(true))
	}
	for _, at := range without(seats(was.Typing), seats(now.Typing)) {
		p.tell(at.typing(false))
	}
}

// without returns what is in one list and not in the other.
func without[T comparable](all, other []T) (rest []T) {
	gone := make(map[T]bool, len(other))
	for _, x := range other {
		gone[x] = true
	}
	for _, x := range all {
		if !gone[x] {
			rest = append(rest, x)
		}
	}
	return rest
}

func seats(signs []sign) (all []seat) {
	for _, s := range signs {
		all = append(all, s.Seat)
	}
	return all
}
