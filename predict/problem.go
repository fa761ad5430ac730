package predict

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// matrix holds the vectors of rows, one after the other.
type matrix struct {
	start []int // of each row, and the end of the last
	at    []int32
	value []float32
	skips []int32 // of each row, where its words two apart begin
	// What the words of the rows have, and of each row where that and its words begin, and
	// the end of the last.
	of, ends         []uint16
	ofFrom, endsFrom []int
}

func newMatrix(rows int) matrix {
	return matrix{start: make([]int, 1, rows+1), ofFrom: make([]int, 1, rows+1), endsFrom: make([]int, 1, rows+1)}
}

func (m *matrix) rows() int { return len(m.start) - 1 }

func (m *matrix) row(i int) vector {
	from, to := m.start[i], m.start[i+1]
	return vector{m.at[from:to], m.value[from:to], int(m.skips[i]), m.of[m.ofFrom[i]:m.ofFrom[i+1]], m.ends[m.endsFrom[i]:m.endsFrom[i+1]]}
}

func (m *matrix) add(v vector) {
	m.at, m.value = append(m.at, v.at...), append(m.value, v.value...)
	m.start, m.skips = append(m.start, len(m.at)), append(m.skips, int32(v.skips))
	m.of, m.ends = append(m.of, v.of...), append(m.ends, v.ends...)
	m.ofFrom, m.endsFrom = append(m.ofFrom, len(m.of)), append(m.endsFrom, len(m.ends))
}

// problem is what is to be learned: vectors and the labels they should get.
type problem struct {
	x        matrix
	features int              // that the linear model learns from
	known    [networks]*known // features that each network knows
	label    []int32          // of each row; -1 is out of scope
	labels   int
	fold     []uint8 // of each row
	folds    int
	judged   []int32 // rows that whole models judge, which haven't seen them
	rest     []int32 // rows that linear machines alone judge
	without  []int   // the folds of which whole models are trained without
	seed     uint64
	// tell is told how much of the training is done; nil: nobody wants to know.
	tell func(share float64)
	mu   sync.Mutex // of done, and held while it is told
	done float64
}

// advance adds a share of the training to what is done.
func (p *problem) advance(by float64) {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = min(p.done+by, 1)
	p.tell(p.done)
}

// outOfScope stands for the label of a row that should get none.
const outOfScope = -1

// neverHeld stands for the fold of a row that is always learned from.
const neverHeld = 255

// each calls f for 0 to n-1, on as many processors as there are. What f does must
// depend on its number alone, so that the outcome is the same on any of them.
func each(ctx context.Context, n int, f func(ctx context.Context, i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(ctx, i)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
