package predict_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/frontdesk-go/frontdesk/predict"
)

// made is n rows of so many labels, with words as frequent as words are: half of a
// text's words are of its label, the others any.
func made(n, labels int, seed uint64) []predict.Row {
	r := rand.New(rand.NewPCG(seed, 7))
	zipf := rand.NewZipf(r, 1.2, 8, 5_000)
	rows := make([]predict.Row, n)
	for i := range rows {
		l := uint64(i % labels)
		var b strings.Builder
		for range 6 + r.IntN(8) {
			w := zipf.Uint64()
			if r.IntN(2) == 0 {
				w = w%40*uint64(labels) + l + 10_000
			}
			b.WriteString(word(w))
			b.WriteByte(' ')
		}
		rows[i] = predict.Row{Text: strings.TrimSpace(b.String()), Label: fmt.Sprintf("label-%02d", l)}
	}
	return rows
}

// word is a pronounceable word for a number.
func word(n uint64) string {
	const first, second = "bdfgklmnprstvz", "aeiou"
	var b []byte
	for n = n*7919 + 31; n > 0; n /= uint64(len(second)) {
		b = append(b, first[n%uint64(len(first))])
		n /= uint64(len(first))
		b = append(b, second[n%uint64(len(second))])
	}
	return string(b)
}

// shop is what customers of a shop write, with labels.
func shop() []predict.Row {
	parts := map[string][2][]string{
		"delivery": {{"where is", "when comes", "I wait for", "no sign of"}, {"my parcel", "the order", "the package", "my delivery"}},
		"refund":   {{"please refund", "I want back", "give back", "pay back"}, {"my money", "the price", "the payment", "what I paid"}},
		"password": {{"I forgot", "how to reset", "can't change", "lost"}, {"my password", "the login", "my pin", "the account password"}},
	}
	var rows []predict.Row
	for _, label := range []string{"delivery", "password", "refund"} {
		for _, a := range parts[label][0] {
			for _, b := range parts[label][1] {
				rows = append(rows, predict.Row{Text: a + " " + b, Label: label})
			}
		}
	}
	return rows
}
