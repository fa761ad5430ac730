package queue

import (
	"slices"
	"strings"
)

// talents keeps each set of skills that agents have, and each that tickets ask for,
// once, and knows which fits which: a decision then looks at one bit.
type talents struct {
	known map[string]bool // skills that some agent has, or had
	sets  map[string]*skillset
	asked map[string]*needs
	all   []*needs // by id
}

// needs are skills that tickets ask for.
type needs struct {
	id     int
	skills []string
}

// skillset is the skills that some agents have.
type skillset struct {
	skills []string // in order
	fits   []uint64 // bits by id of needs
}

func newTalents() *talents {
	x := &talents{known: map[string]bool{}, sets: map[string]*skillset{}, asked: map[string]*needs{}}
	x.needsOf(nil)
	return x
}

// nobody is what tickets ask for that nobody has: all of it together, so that what end
// users write into a field doesn't fill the memory.
const nobody = "\x00"

// hopeless says that nobody has what is asked for.
func (n *needs) hopeless() bool { return len(n.skills) > 0 && n.skills[0] == nobody }

// needsOf returns what a ticket asks for.
func (x *talents) needsOf(skills []string) *needs {
	switch len(skills) { // most ask for nothing, or one thing
	case 0:
		if len(x.all) > 0 {
			return x.all[0]
		}
	case 1:
		if n := x.asked[skills[0]]; n != nil {
			return n
		}
	}
	sorted := skills
	if len(skills) > 1 {
		sorted = slices.Sorted(slices.Values(skills))
	}
	for _, s := range sorted {
		if !x.known[s] {
			sorted = []string{nobody}
			break
		}
	}
	key := strings.Join(sorted, "\n")
	n := x.asked[key]
	if n == nil {
		n = &needs{id: len(x.all), skills: sorted}
		x.asked[key] = n
		x.all = append(x.all, n)
		for _, s := range x.sets {
			s.learn(n)
		}
	}
	return n
}

// setOf returns the set of an agent's skills, and whether one of them is new.
func (x *talents) setOf(skills []string) (s *skillset, fresh bool) {
	sorted := slices.Sorted(slices.Values(skills))
	for _, skill := range sorted {
		if !x.known[skill] {
			x.known[skill], fresh = true, true
		}
	}
	key := strings.Join(sorted, "\n")
	if s = x.sets[key]; s == nil {
		s = &skillset{skills: sorted}
		x.sets[key] = s
		for _, n := range x.all {
			s.learn(n)
		}
	}
	return s, fresh
}

// learn notes whether the set fits what is asked for.
func (s *skillset) learn(n *needs) {
	for len(s.fits) <= n.id/64 {
		s.fits = append(s.fits, 0)
	}
	for _, skill := range n.skills {
		if _, ok := slices.BinarySearch(s.skills, skill); !ok {
			return
		}
	}
	s.fits[n.id/64] |= 1 << (n.id % 64)
}

// has says whether who has the set can do what is asked for.
func (s *skillset) has(n *needs) bool { return s.fits[n.id/64]&(1<<(n.id%64)) != 0 }
