package mask

import "unicode"

// The lengths of a card's number.
const (
	minDigits = 13
	maxDigits = 19
	// lastShown are the digits that stay.
	lastShown = 4
	// maxGap is how many separators may stand between two groups.
	maxGap = 3
)

// bullet stands for a digit that was taken out.
const bullet = '•'

// span is a range of runes.
type span struct{ from, to int }

// group is a row of digits with nothing between them.
type group struct {
	span
	joined bool // only separators stand before it and the group before
}

// hide puts bullets in the place of the digits of card numbers, but for the last
// ones, and returns where these are, and of how many numbers. Where numbers follow
// each other, the digits that stay may make another one with what comes after them:
// only when those that stand apart are hidden are such ones looked for.
func hide(text []rune) (at []int, n int) {
	for _, again := range []bool{false, true} {
		found := cards(text, again)
		if n += len(found); len(found) == 0 {
			break
		}
		for _, s := range found {
			first := len(at)
			for i := s.from; i < s.to; i++ {
				if digit(text[i]) >= 0 {
					at = append(at, i)
				}
			}
			at = at[:len(at)-lastShown]
			for _, i := range at[first:] {
				text[i] = bullet
			}
		}
	}
	return at, n
}

// cards finds card numbers, from left to right. Of several that begin at the same
// group the longest is taken. again lets the last digits of one begin the next one:
// then nothing is found any more once all are hidden, in the order in which they come.
func cards(text []rune, again bool) (found []span) {
	gs := groups(text)
	for i := 0; i < len(gs); i++ {
		last := -1
		digits := 0
		for j := i; j < len(gs) && (j == i || gs[j].joined); j++ {
			if digits += gs[j].to - gs[j].from; digits > maxDigits {
				break
			}
			if digits >= minDigits && plausible(text, gs[i:j+1]) {
				last = j
			}
		}
		if last >= 0 {
			found = append(found, span{gs[i].from, gs[last].to})
			if i = last; again {
				i = keepLast(gs, last) - 1
			}
		}
	}
	return found
}

// keepLast leaves the last digits of a number that ends with the group at last, and
// returns the group in which they begin.
func keepLast(gs []group, last int) int {
	for left := lastShown; ; last-- {
		if n := gs[last].to - gs[last].from; n < left {
			left -= n
			continue
		}
		gs[last].from = gs[last].to - left
		return last
	}
}

// groups are the rows of digits of a text.
func groups(text []rune) (gs []group) {
	joined := false // since the last group there were separators only
	gap := 0
	for i := 0; i < len(text); {
		if digit(text[i]) < 0 {
			gap++
			joined = joined && separates(text[i]) && gap <= maxGap
			i++
			continue
		}
		from := i
		for i < len(text) && digit(text[i]) >= 0 {
			i++
		}
		gs = append(gs, group{span{from, i}, joined})
		joined, gap = true, 0
	}
	return gs
}

// plausible is Luhn's check over the digits of some groups.
func plausible(text []rune, gs []group) bool {
	if digit(text[gs[0].from]) == 0 {
		return false
	}
	sum, double := 0, false
	for g := len(gs) - 1; g >= 0; g-- {
		for i := gs[g].to - 1; i >= gs[g].from; i-- {
			d := digit(text[i])
			if double {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
			double = !double
		}
	}
	return sum%10 == 0
}

// digit is the value of a decimal digit, -1 of anything else.
func digit(r rune) int {
	for _, zero := range []rune{'0', '０', '٠', '۰'} {
		if r >= zero && r <= zero+9 {
			return int(r - zero)
		}
	}
	return -1
}

// separates says whether a rune may stand between the groups of a number: spaces
// that stay in the line, such that nobody sees, and all dashes, also the mark of a
// long vowel, which Japanese keyboards give for one.
func separates(r rune) bool {
	switch r {
	case '\t', '\u00ad', '\u200b', '\u2060', '\ufeff', '\u2212', 'ー', 'ｰ':
		return true
	case '\u2028', '\u2029':
		return false
	}
	return unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Pd, r)
}

// Tail hides the digits with which a text ends, and those of the groups before them
// that would belong to the same number: of a text that was cut off nobody knows what
// they were. Up to four digits stay.
func Tail(text string) string {
	runes := []rune(text)
	gs := groups(runes)
	if len(gs) == 0 || gs[len(gs)-1].to < len(runes)-maxGap {
		return text
	}
	digits := 0
	for i := len(gs) - 1; i >= 0; i-- {
		if digits += gs[i].to - gs[i].from; digits > maxDigits || !gs[i].joined || i == 0 {
			gs = gs[i:]
			break
		}
	}
	if digits <= lastShown || digits > maxDigits {
		return text
	}
	for _, g := range gs {
		for i := g.from; i < g.to; i++ {
			runes[i] = bullet
		}
	}
	return string(runes)
}
