package faq

import "sync"

// maxShown bounds what is kept of bodies that were read lately, in bytes.
const maxShown = 16 << 20

// shown keeps bodies as readers get them, which takes longer to make than to read. What is
// published never changes, so that nothing in it gets old.
type shown struct {
	mu    sync.Mutex
	by    map[print]Rendered
	bytes int
}

// print is what was published when. The time is there because numbers begin anew in a
// language that was deleted.
type print struct {
	key string
	at  int64
}

func newShown() *shown { return &shown{by: map[print]Rendered{}} }

// of returns what is kept of a version, else what render makes.
func (s *shown) of(v *Version, render func() Rendered) Rendered {
	key := print{versionKey(v.Article, v.Language, v.Number), v.Time.UnixMicro()}
	s.mu.Lock()
	r, ok := s.by[key]
	s.mu.Unlock()
	if ok {
		return r
	}
	r = render()
	size := len(key.key) + len(r.HTML) + len(r.Text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+size > maxShown { // those that are read often are soon there again
		clear(s.by)
		s.bytes = 0
	}
	if _, ok := s.by[key]; !ok && size <= maxShown {
		s.by[key] = r
		s.bytes += size
	}
	return r
}
