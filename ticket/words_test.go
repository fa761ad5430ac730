package ticket

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, found, typed string
	}{
		{"Refund, please!", "refund please", "refund please"},
		{"/refund_eu-2", "refund eu 2", "refund eu 2"},
		{"it's RÉSOLU", "it s résolu", "it s résolu"},
		{"ＶＩＰ　会員", "vip 会員 員", "vip 会員"},
		{"返金について", "返金 金に につ つい いて て", "返金 金に につ つい いて"},
		{"返", "返", "返"},
		{"iPhoneのケース", "iphone のケ ケー ース ス", "iphone のケ ケー ース"},
		{"コーヒー", "コー ーヒ ヒー ー", "コー ーヒ ヒー"},
		{"हिन्दी में", "हिन्दी में", "हिन्दी में"},
		{strings.Repeat("x", maxWord+1), strings.Repeat("x", maxWord), strings.Repeat("x", maxWord)},
	} {
		if diff := cmp.Diff(strings.Fields(c.found), slices.Collect(words(c.text, true))); diff != "" {
			t.Errorf("%q, to be found: %s", c.text, diff)
		}
		if diff := cmp.Diff(strings.Fields(c.typed), slices.Collect(words(c.text, false))); diff != "" {
			t.Errorf("%q, typed: %s", c.text, diff)
		}
	}
}

// TestTypedWordsBeginFoundOnes checks that a text is found by itself and by each
// of its beginnings.
func TestTypedWordsBeginFoundOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("abZ 返金をー゙ｅñ-_ß")))).Draw(t, "text")
		found := slices.Collect(words(text, true))
		for _, beginning := range []string{text, shorten(text, rapid.IntRange(0, 20).Draw(t, "characters"))} {
			for typed := range words(beginning, false) {
				if typed == "" || !slices.ContainsFunc(found, func(w string) bool { return strings.HasPrefix(w, typed) }) {
					t.Fatalf("%q begins none of %q", typed, found)
				}
			}
		}
	})
}
