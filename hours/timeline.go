package hours

import (
	"encoding/binary"
	"slices"
	"sort"
)

// timeline counts the open seconds of a clock on the wall that is never changed. Its
// moments are the seconds that the clock would have counted since 1 January 1970. How
// far one looks doesn't matter: whole weeks are multiplied, and days unlike the
// week's have what is counted before them beside them.
type timeline struct {
	sets    []set
	week    [7]int    // each day's set, Monday first
	weekAt  [8]int64  // open seconds of the week before each day
	special []special // the days unlike the week's, in order
}

// set are the spans of a day.
type set struct {
	spans []span
	total int64 // seconds
}

type special struct {
	day   int32
	set   int32
	at    int64 // open seconds before the day
	after int64 // how many more than a plain week's are open, up to the end of the day
}

func newTimeline(r *rules) *timeline {
	l := &timeline{}
	known := map[string]int{}
	intern := func(spans []span) int {
		var key []byte
		for _, s := range spans {
			key = binary.AppendVarint(binary.AppendVarint(key, int64(s.from)), int64(s.to))
		}
		if i, ok := known[string(key)]; ok {
			return i
		}
		s := set{spans: slices.Clone(spans)}
		for _, in := range spans {
			s.total += in.length()
		}
		l.sets = append(l.sets, s)
		known[string(key)] = len(l.sets) - 1
		return len(l.sets) - 1
	}
	for d := range 7 {
		l.week[d] = intern(r.inWeek(d))
		l.weekAt[d+1] = l.weekAt[d] + l.sets[l.week[d]].total
	}
	after := int64(0)
	for _, n := range r.unlike() {
		i := intern(r.on(n))
		plain := l.week[weekday(n)]
		if i == plain {
			continue
		}
		s := special{day: int32(n), set: int32(i), at: l.plain(n) + after}
		after += l.sets[i].total - l.sets[plain].total
		s.after = after
		l.special = append(l.special, s)
	}
	return l
}

// always says whether nothing is ever closed.
func (l *timeline) always() bool { return l.weekAt[7] == 7*int64(day) && len(l.special) == 0 }

// plain counts the open seconds before a day where all weeks are plain. Day -3 was a
// Monday.
func (l *timeline) plain(n int) int64 {
	d := weekday(n)
	return int64((n-d+3)/7)*l.weekAt[7] + l.weekAt[d]
}

// before returns how many special days are before or at a day.
func (l *timeline) before(n int) int {
	return sort.Search(len(l.special), func(i int) bool { return int(l.special[i].day) > n })
}

// day returns a day's set, and how many seconds are open before it.
func (l *timeline) day(n int) (*set, int64) {
	i := l.before(n)
	if i == 0 {
		return &l.sets[l.week[weekday(n)]], l.plain(n)
	}
	if s := &l.special[i-1]; int(s.day) == n {
		return &l.sets[s.set], s.at
	}
	return &l.sets[l.week[weekday(n)]], l.plain(n) + l.special[i-1].after
}

// split returns the day of a moment, and the seconds since it began.
func split(x int64) (n int, in seconds) {
	n, in = int(x/int64(day)), seconds(x%int64(day))
	if in < 0 {
		n, in = n-1, in+day
	}
	return n, in
}

// count returns how many seconds are open before a moment, and whether it is open.
func (l *timeline) count(x int64) (open int64, is bool) {
	n, in := split(x)
	set, open := l.day(n)
	for _, s := range set.spans {
		if in < s.from {
			break
		}
		open += int64(min(in, s.to) - s.from)
		is = in < s.to
	}
	return open, is
}

// find returns the open second that has so many before it; false: there is none.
func (l *timeline) find(open int64) (int64, bool) {
	i := sort.Search(len(l.special), func(i int) bool { return l.special[i].at > open })
	after := int64(0)
	if i > 0 {
		s := &l.special[i-1]
		if set := &l.sets[s.set]; open-s.at < set.total {
			return set.find(int(s.day), open-s.at), true
		}
		after = s.after
	}
	all := l.weekAt[7]
	if all == 0 {
		return 0, false
	}
	weeks, rest := (open-after)/all, (open-after)%all
	if rest < 0 {
		weeks, rest = weeks-1, rest+all
	}
	d := 0
	for l.weekAt[d+1] <= rest {
		d++
	}
	return l.sets[l.week[d]].find(int(weeks)*7-3+d, rest-l.weekAt[d]), true
}

// find returns the moment of one of a day's open seconds.
func (s *set) find(n int, open int64) int64 {
	i := 0
	for length := s.spans[0].length(); open >= length; length = s.spans[i].length() {
		open -= length
		i++
	}
	return int64(n)*int64(day) + int64(s.spans[i].from) + open
}

// close returns the first closed second at or after a moment; false: there is none.
func (l *timeline) close(x int64) (int64, bool) {
	n, in := split(x)
	for i := l.before(n - 1); ; {
		id := l.week[weekday(n)]
		if i < len(l.special) && int(l.special[i].day) == n {
			id = int(l.special[i].set)
			i++
		}
		if at := l.sets[id].close(in); at < day {
			return int64(n)*int64(day) + int64(at), true
		}
		n, in = n+1, 0
		// Where each day of the week is open throughout, only a special day isn't.
		if l.weekAt[7] == 7*int64(day) {
			if i == len(l.special) {
				return 0, false
			}
			n = max(n, int(l.special[i].day))
		}
	}
}

// close is the first closed second of the day, or day.
func (s *set) close(in seconds) seconds {
	for _, open := range s.spans {
		if open.from <= in && in < open.to {
			in = open.to
		}
	}
	return in
}
