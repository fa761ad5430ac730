package event

import "context"

// Pass is a sequencer's walk with pages of a size, which a test takes one by one.
type Pass struct {
	l *Log
	p pass
}

// NewPass begins a walk.
func (l *Log) NewPass(size int) *Pass { return &Pass{l, pass{size: size}} }

// Page places the next page, and says whether the walk is over.
func (p *Pass) Page(ctx context.Context) (over bool, err error) {
	_, err = p.l.place(ctx, &p.p)
	return p.p.over, err
}

// Kept is how many pages are in memory for consumers that are behind.
func (l *Log) Kept() int {
	l.pages.mu.Lock()
	defer l.pages.mu.Unlock()
	return len(l.pages.kept)
}
