package queue

// pile gives what was put on it, the first one first.
type pile[T any] struct {
	items []T
	less  func(a, b T) bool
}

func (p *pile[T]) push(x T) {
	p.items = append(p.items, x)
	i := len(p.items) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !p.less(p.items[i], p.items[parent]) {
			return
		}
		p.items[i], p.items[parent] = p.items[parent], p.items[i]
		i = parent
	}
}

// pop takes the first one off. There is one.
func (p *pile[T]) pop() T {
	first, last := p.items[0], len(p.items)-1
	p.items[0] = p.items[last]
	clear(p.items[last:])
	p.items = p.items[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return first
		}
		if c+1 < last && p.less(p.items[c+1], p.items[c]) {
			c++
		}
		if !p.less(p.items[c], p.items[i]) {
			return first
		}
		p.items[i], p.items[c] = p.items[c], p.items[i]
		i = c
	}
}
