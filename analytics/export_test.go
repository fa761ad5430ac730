package analytics

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// For tests of what is kept.

// Kept says how many documents there are of each generation, how many segments, and how many
// of them wait to be folded.
func Kept(ctx context.Context, tx *store.Tx) (documents map[string]int, all, waiting int, err error) {
	documents = map[string]int{}
	for _, count := range []func(string) (int, error){
		counter(ctx, tx, segments), counter(ctx, tx, sheets), counter(ctx, tx, spreads), counter(ctx, tx, mixes), counter(ctx, tx, levels),
		counter(ctx, tx, cases), counter(ctx, tx, duties), counter(ctx, tx, settings),
	} {
		for _, gen := range []string{"1", "2", "3", "4"} {
			n, err := count(gen)
			if err != nil {
				return nil, 0, 0, err
			}
			documents[gen] += n
		}
	}
	if all, err = segments.Count(ctx, tx, store.ByKey()); err == nil {
		waiting, err = segments.Count(ctx, tx, store.By("pending"))
	}
	return documents, all, waiting, err
}

func counter[T any](ctx context.Context, tx *store.Tx, c *store.Collection[T]) func(string) (int, error) {
	return func(gen string) (int, error) { return c.Count(ctx, tx, store.ByKey().From(gen+"/").To(gen+"0")) }
}

// The parts of sheets and sketches.
type Cell struct {
	Column, Bucket, Slot int
	N                    int64
}

func cellsFrom(in []Cell) (cs []cell) {
	for _, c := range in {
		cs = append(cs, cell{keyOf(column(c.Column), c.Bucket, c.Slot), c.N})
	}
	return gather(cs)
}

func cellsTo(cs []cell) (out []Cell) {
	for _, c := range cs {
		out = append(out, Cell{int(c.column()), int(c.key >> slotBits & (1<<bucketBits - 1)), c.slot(), c.n})
	}
	return out
}

func Pack(in []Cell) []byte    { return pack(cellsFrom(in)) }
func Gather(in []Cell) []Cell  { return cellsTo(cellsFrom(in)) }
func Merge(a, b []Cell) []Cell { return cellsTo(merge(cellsFrom(a), cellsFrom(b))) }
func BucketOf(us int64) int    { return bucketOf(us) }
func Middle(bucket int) int64  { return middle(bucket) }
func Unpack(b []byte) ([]Cell, error) {
	cs, err := cellsOf(b)
	return cellsTo(cs), err
}

// SegmentsBefore counts segments of the hours before a moment.
func SegmentsBefore(ctx context.Context, tx *store.Tx, at time.Time) (int, error) {
	r, err := rootOf(ctx, tx, 0)
	if err != nil {
		return 0, err
	}
	return segments.Count(ctx, tx, store.ByKey().From(string(r.Current)+"/").To(r.Current.segmentKey(hourOf(at))))
}

// FullSheets counts sheets that are full.
func FullSheets(ctx context.Context, tx *store.Tx) (n int, err error) {
	for _, in := range []*store.Collection[sheet]{spreads, mixes} {
		for sh, err := range in.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return 0, err
			}
			n += sh.Volumes
		}
	}
	return n, nil
}

// FillDay writes the sheets of a day of queues in which all that is counted happens in each
// quarter of an hour, n times.
func FillDay(ctx context.Context, tx *store.Tx, at time.Time, n int64, queues ...string) error {
	r, err := rootOf(ctx, tx, 0)
	if err != nil {
		return err
	}
	var cs []cell
	for _, c := range slices.Sorted(maps.Keys(columnsOf())) {
		for slot := range quarters {
			cs = append(cs, cell{keyOf(c, 0, slot), n + int64(slot%7)})
		}
	}
	for _, q := range queues {
		f := face{by: Queue, value: q}
		sh := &sheet{ID: r.Current.sheetKey(f, "", dayOf(at)), Day: dayOf(at), Set: set{Queue: q}, Cells: pack(cs)}
		if err := sheets.Put(ctx, tx, sh); err != nil {
			return err
		}
	}
	return nil
}

// columnsOf are the plain columns that metrics need.
func columnsOf() map[column]bool {
	all := map[column]bool{}
	for _, f := range figures() {
		for _, c := range f.needs {
			if c < columns {
				all[c] = true
			}
		}
	}
	return all
}

// Root reads which generation is current, as the projection does, and holds that.
func Root(ctx context.Context, tx *store.Tx) error {
	_, err := rootOf(ctx, tx, store.Share)
	return err
}

// RebuildPage is a transaction of a rebuild.
func (s *Service) RebuildPage(ctx context.Context, tx *store.Tx, gen string) (done bool, err error) {
	return s.rebuildPage(ctx, tx, generation(gen), rebuildPage)
}
