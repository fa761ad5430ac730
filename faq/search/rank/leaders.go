package rank

import "strings"

// leaders keeps the documents with the highest scores that it is offered, and of equal ones
// those with the lowest ids. They are a heap, whose first is the one to go next.
type leaders struct {
	docs []doc
	most int
	of   []scored
}

type scored struct {
	doc   uint32
	score float32
}

// offer takes a document that the search may find, if it is good enough.
func (b *leaders) offer(r *search, n uint32, score float32) {
	x := scored{n, score}
	if full := len(b.of) == b.most; full && !b.less(b.of[0], x) || !r.visible(&b.docs[n]) {
		return
	} else if full {
		b.of[0] = x
		b.down(0)
		return
	}
	b.of = append(b.of, x)
	for i := len(b.of) - 1; i > 0 && b.less(b.of[i], b.of[(i-1)/2]); i = (i - 1) / 2 {
		b.of[i], b.of[(i-1)/2] = b.of[(i-1)/2], b.of[i]
	}
}

func (b *leaders) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(b.of); child++ {
			if b.less(b.of[child], b.of[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		b.of[i], b.of[least] = b.of[least], b.of[i]
		i = least
	}
}

func (b *leaders) less(x, y scored) bool {
	if x.score != y.score {
		return x.score < y.score
	}
	return strings.Compare(b.docs[x.doc].id, b.docs[y.doc].id) > 0
}
