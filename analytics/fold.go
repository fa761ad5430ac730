package analytics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
)

// Segments wait for being folded into sheets until there are so many of them, or of their
// parts: all of them are read for every query. There is no timer, so that an idle desk does
// nothing.
const (
	foldSegments = 64
	foldParts    = 4000
	// foldAtOnce is how many segments a transaction takes at most. It is more than what
	// starts it, since a batch of events from long ago, or the end of an agent's month, makes
	// one for each hour.
	foldAtOnce = 512
	// maxFaces is about how many faces' sheets one transaction writes.
	maxFaces = 3000
	// maxDropped is how many old segments a fold forgets.
	maxDropped = 512
)

// sum is what a fold adds to a face's day.
type sum struct {
	face  face
	set   *set
	day   int
	cells []cell // slots are quarters
}

// folding is what a fold adds.
type folding struct {
	b      *book
	sheets map[string]*sum // by key of the sheet, with the collection before it
	levels map[string]*sum // by key of the level
	// What was written: the rest of the transaction has to have room, too.
	documents, bytes int
}

// The most that a fold writes.
const (
	maxDocuments = store.MaxWrites * 6 / 10
	maxWritten   = store.MaxBytes / 2
)

// spend counts a document that is written.
func (f *folding) spend(bytes int) error {
	f.documents++
	if f.bytes += bytes; f.documents > maxDocuments || f.bytes > maxWritten {
		return store.ErrTooLarge
	}
	return nil
}

// fold takes segments, the first ones first, into sheets and levels, as many as one
// transaction may write, and forgets old ones.
func (b *book) fold(ctx context.Context) error {
	waiting, _, err := segments.Page(ctx, b.tx, store.By("pending").From(string(b.gen)+"/").To(string(b.gen)+"0").Limit(foldAtOnce))
	if err != nil {
		return err
	}
	for n := len(waiting); n > 0; n /= 2 {
		err = b.tx.Update(ctx, func(ctx context.Context, _ *store.Tx) error { return b.foldThese(ctx, waiting[:n]) })
		if !errors.Is(err, store.ErrTooLarge) {
			break
		}
	}
	if err != nil && !errors.Is(err, store.ErrTooLarge) {
		return err
	}
	return b.forget(ctx)
}

func (b *book) foldThese(ctx context.Context, waiting []*segment) error {
	f := &folding{b: b, sheets: map[string]*sum{}, levels: map[string]*sum{}}
	folded := *b.state
	for _, seg := range waiting {
		if err := f.take(seg); err != nil {
			return err
		}
		done := *seg
		done.Pending = ""
		if err := segments.Put(ctx, b.tx, &done); err != nil {
			return err
		}
		folded.Segments--
		folded.Parts -= len(seg.Parts)
		if len(f.sheets) >= maxFaces {
			break
		}
	}
	if err := f.write(ctx); err != nil {
		return err
	}
	b.state.Segments, b.state.Parts = folded.Segments, folded.Parts
	return nil
}

// hourOf is the hour of a segment.
func (s *segment) hour() (hour int, err error) {
	_, err = fmt.Sscanf(s.ID[len(s.ID)-len("/00000000/0000000000000000/0000"):], "/%d/", &hour)
	return hour, err
}

// take adds a segment to the sums of all faces that its parts count for.
func (f *folding) take(seg *segment) error {
	hour, err := seg.hour()
	if err != nil {
		return fmt.Errorf("segment %s: %w", seg.ID, err)
	}
	for i := range seg.Parts {
		p := &seg.Parts[i]
		var days, now []cell
		err := unpack(p.Cells, every, func(c cell) {
			c.key = c.key&^(1<<slotBits-1) | uint32(hour%24*4+c.slot()/15)
			if col := c.column(); col == colOpen || col == colBacklog || col == colWaiting || col == colSince {
				now = append(now, c)
			}
			if col := c.column(); col != colWaiting && col != colSince {
				days = append(days, c)
			}
		})
		if err != nil {
			return err
		}
		f.add(p, hour/24, days, now)
	}
	return nil
}

func (f *folding) add(p *part, day int, days, now []cell) {
	gen, code := f.b.gen, p.Set.code()
	for _, face := range p.Set.faces() {
		if len(days) > 0 {
			key := gen.sheetKey(face, code, day)
			s := f.sheets[key]
			if s == nil {
				s = &sum{face: face, set: &p.Set, day: day}
				f.sheets[key] = s
			}
			s.cells = append(s.cells, days...)
		}
		if len(now) > 0 {
			key := gen.levelKey(face, code)
			s := f.levels[key]
			if s == nil {
				s = &sum{face: face, set: &p.Set}
				f.levels[key] = s
			}
			s.cells = append(s.cells, now...)
		}
	}
}

func (f *folding) write(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(f.sheets)) {
		s := f.sheets[key]
		s.cells = gather(s.cells)
		if s.face.whole {
			if err := f.put(ctx, mixes, key, s, s.cells); err != nil {
				return err
			}
			continue
		}
		at, _ := slices.BinarySearchFunc(s.cells, keyOf(colSpread, 0, 0), func(c cell, key uint32) int { return cmp.Compare(c.key, key) })
		if err := errors.Join(f.put(ctx, sheets, key, s, s.cells[:at]), f.put(ctx, spreads, key, s, s.cells[at:])); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.levels)) {
		if err := f.putLevel(ctx, key, f.levels[key]); err != nil {
			return err
		}
	}
	return nil
}

// put adds cells to a sheet.
func (f *folding) put(ctx context.Context, in *store.Collection[sheet], key string, s *sum, add []cell) error {
	if len(add) == 0 {
		return nil
	}
	sh, err := in.Lock(ctx, f.b.tx, key, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		sh, err = &sheet{ID: key, Day: s.day, Set: s.set.only(s.face)}, nil
		if s.face.whole {
			sh.Words = f.b.gen.words(s.set)
		}
	}
	if err != nil {
		return err
	}
	had, err := cellsOf(sh.Cells)
	if err != nil {
		return fmt.Errorf("sheet %s: %w", key, err)
	}
	sh.Cells = pack(merge(had, add))
	if in == sheets && f.b.current {
		if err := errors.Join(f.spend(0), tell(ctx, f.b.tx, sh, s.face.by)); err != nil {
			return err
		}
	}
	if in != sheets && len(sh.Cells) > maxSheet {
		full := *sh
		sh.Volumes, sh.Cells = sh.Volumes+1, nil
		full.ID, full.Volumes, full.Rev = volume(key, sh.Volumes), 0, 0
		if err := errors.Join(f.spend(len(full.Cells)), in.Put(ctx, f.b.tx, &full)); err != nil {
			return err
		}
	}
	if err := f.spend(len(sh.Cells)); err != nil {
		return err
	}
	return in.Put(ctx, f.b.tx, sh)
}

// putLevel moves a level, and takes it away where nothing is left of it.
func (f *folding) putLevel(ctx context.Context, key string, s *sum) error {
	l, err := levels.Lock(ctx, f.b.tx, key, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		l, err = &level{ID: key, Set: s.set.only(s.face)}, nil
		if s.face.whole {
			l.Words = f.b.gen.words(s.set)
		}
	}
	if err != nil {
		return err
	}
	for _, c := range s.cells {
		l.add(c)
	}
	switch {
	case !l.nothing():
		return errors.Join(f.spend(0), levels.Put(ctx, f.b.tx, l))
	case l.Rev > 0:
		return levels.Delete(ctx, f.b.tx, l)
	}
	return nil
}

func (l *level) add(c cell) {
	switch c.column() {
	case colOpen:
		l.Open += c.n
	case colBacklog:
		l.Backlog += c.n
	case colSince:
		l.Since += c.n
	case colWaiting:
		l.Waiting += c.n
	}
}

// forget drops folded segments that are older than [KeepMinutes], by the time of the log.
func (b *book) forget(ctx context.Context) error {
	oldest := b.gen.segmentKey(hourOf(b.state.Latest.Add(-KeepMinutes)))
	old, _, err := segments.Page(ctx, b.tx, store.ByKey().From(string(b.gen)+"/").To(oldest).Limit(maxDropped))
	if err != nil {
		return err
	}
	for _, seg := range old {
		if seg.Pending == "" {
			if err := segments.Delete(ctx, b.tx, seg); err != nil {
				return err
			}
		}
	}
	return nil
}
