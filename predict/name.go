package predict

import (
	"strings"
	"unicode"
)

// named is a label's name as a text: what its words say is what it is about.
func named(label string) string {
	var b strings.Builder
	last := ' '
	for _, c := range label {
		if unicode.IsUpper(c) && unicode.IsLower(last) {
			b.WriteByte(' ') // playMusic
		}
		last = c
		if !unicode.IsLetter(c) && !unicode.IsMark(c) && !unicode.IsDigit(c) {
			c = ' '
		}
		b.WriteRune(c)
	}
	return b.String()
}
