package queue

// pile gives what was put on it, the first one first.
type pile[T any] struct {
	items []T
	less  func(a, b *T) bool
}

func (p *pile[T]) push(x T) {
	p.items = append(p.items, x)
	i := len(p.items) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !p.less(&x, &p.items[parent]) {
			break
		}
		p.items[i] = p.items[parent]
		i = parent
	}
	p.items[i] = x
}

// pop takes the first one off. There is one.
func (p *pile[T]) pop() T {
	first, last := p.items[0], len(p.items)-1
	p.items[0] = p.items[last]
	clear(p.items[last:])
	p.items = p.items[:last]
	p.down(0)
	return first
}

// sort puts things right after items were added, or taken away, by hand.
func (p *pile[T]) sort() {
	for i := len(p.items)/2 - 1; i >= 0; i-- {
		p.down(i)
	}
}

func (p *pile[T]) down(i int) {
	if i >= len(p.items) {
		return
	}
	x := p.items[i]
	for {
		c := 2*i + 1
		if c >= len(p.items) {
			break
		}
		if c+1 < len(p.items) && p.less(&p.items[c+1], &p.items[c]) {
			c++
		}
		if !p.less(&p.items[c], &x) {
			break
		}
		p.items[i] = p.items[c]
		i = c
	}
	p.items[i] = x
}
