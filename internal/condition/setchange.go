package condition

import "slices"

// With returns the set with a condition put in at a place, from 0 to Len; those from
// there on move up. Like the other changes it costs what the condition needs, and a
// copy of the places: the others aren't indexed again.
func (s *Set[S]) With(at int, c *Condition[S]) *Set[S] {
	out := s.copied()
	slot := slices.Index(out.slots, nil)
	if slot < 0 {
		slot = len(out.slots)
		out.slots = append(out.slots, nil)
		out.live = append(out.live, make([]uint64, (slot+64)/64-len(out.live))...)
	}
	out.order = slices.Insert(slices.Clone(s.order), at, slot)
	out.enter(slot, c)
	out.sortAxes()
	out.number()
	return out
}

// Without returns the set without the condition at a place; those behind it move down.
func (s *Set[S]) Without(at int) *Set[S] {
	out := s.copied()
	out.leave(out.order[at])
	out.order = slices.Delete(slices.Clone(s.order), at, at+1)
	out.sortAxes()
	out.number()
	return out
}

// Replaced returns the set with another condition at a place.
func (s *Set[S]) Replaced(at int, c *Condition[S]) *Set[S] {
	out := s.copied()
	slot := out.order[at]
	out.leave(slot)
	out.enter(slot, c)
	out.sortAxes()
	return out
}

// copied shares places and axes, which aren't changed but put in others' stead.
func (s *Set[S]) copied() *Set[S] {
	out := *s
	out.slots, out.live, out.axes, out.spans = slices.Clone(s.slots), slices.Clone(s.live), slices.Clone(s.axes), slices.Clone(s.spans)
	return &out
}

// number gives places to slots.
func (s *Set[S]) number() {
	s.moved, s.place = false, make([]int, len(s.slots))
	for at, slot := range s.order {
		s.place[slot] = at
		s.moved = s.moved || at != slot
	}
}

func (s *Set[S]) enter(slot int, c *Condition[S]) {
	s.slots[slot] = c
	s.live[slot/64] |= 1 << (slot % 64)
	for n := range c.filed() {
		i := s.axis(n.Name)
		if i < 0 {
			i = len(s.axes)
			s.axes = append(s.axes, s.env.newAxis(n.Name))
		}
		s.axes[i] = s.axes[i].changed(n.Values, slot, sparse.with)
	}
	for n := range c.ranges() {
		i := slices.IndexFunc(s.spans, func(a *spans[S]) bool { return a.get.Name == n.Name })
		if i < 0 {
			i = len(s.spans)
			s.spans = append(s.spans, &spans[S]{get: s.env.vars[n.Name]})
		}
		s.spans[i] = s.spans[i].with(n, slot)
	}
}

func (s *Set[S]) leave(slot int) {
	for n := range s.slots[slot].filed() {
		i := s.axis(n.Name)
		if s.axes[i] = s.axes[i].changed(n.Values, slot, sparse.without); len(s.axes[i].asks) == 0 {
			s.axes = slices.Delete(s.axes, i, i+1)
		}
	}
	for n := range s.slots[slot].ranges() {
		i := slices.IndexFunc(s.spans, func(a *spans[S]) bool { return a.get.Name == n.Name })
		if i < 0 {
			continue // another range of the name was the first
		}
		if s.spans[i] = s.spans[i].without(slot); len(s.spans[i].asks) == 0 {
			s.spans = slices.Delete(s.spans, i, i+1)
		}
	}
	s.slots[slot] = nil
	s.live[slot/64] &^= 1 << (slot % 64)
}

func (s *Set[S]) axis(name string) int {
	return slices.IndexFunc(s.axes, func(a *axis[S]) bool { return a.get.Name == name })
}
