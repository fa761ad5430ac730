package language

import (
	_ "embed"
	"fmt"
	"math"
	"unicode"

	"github.com/frontdesk-go/frontdesk/ticket/language/internal/table"
)

//go:embed tables.bin
var file []byte

// Detector tells languages apart. It may be used by several goroutines.
type Detector struct {
	tables map[string]*table.Table // by script
	han    han
}

// New returns a detector. It checks tables of some megabytes, so that one is enough for
// a process.
func New() (*Detector, error) {
	tables, err := table.Read(file)
	if err != nil {
		return nil, fmt.Errorf("language detector: %w", err)
	}
	d := &Detector{tables: map[string]*table.Table{}}
	if d.han, err = newHan(); err != nil {
		return nil, fmt.Errorf("language detector: %w", err)
	}
	for _, t := range tables {
		d.tables[t.Script] = t
	}
	return d, nil
}

// Detect returns the BCP 47 tag of the language of a text, as en or zh-Hant, and how
// likely it is right, from 0.5 to 1; "" and 0 if it isn't known. Of a long text it
// reads the first 2,000 letters.
func (d *Detector) Detect(text string) (language string, confidence float64) {
	t := read(text)
	script, ok := t.prevailing()
	if !ok {
		return "", 0
	}
	switch {
	case script == scriptHan:
		return d.han.which(t)
	case script < len(scriptNames):
		return tell(d.tables[scriptNames[script]], t.words[script])
	case t.letters[script] < minCharacters:
		return "", 0
	}
	return t.sure(single[script-firstAlone].language)
}

// What a text must have so that its language is told.
const (
	minLetters    = 12 // of an alphabet that several languages use
	minWords      = 2  // unless it has minLong letters
	minLong       = 15
	minCharacters = 4    // of scripts that write syllables or words
	minConfidence = 0.70 // below, two languages are as good as each other
	// overlap is how many n-grams say the same thing: each letter is in several.
	overlap = 8
	// minSupport is what n-grams of a language weigh at least, on average.
	minSupport = 60.0
	// mixedGain is how much better two languages, one up to some word and one from
	// there on, explain a text than one.
	mixedGain = 50 * 16
)

// tell finds the language of words in one script.
func tell(t *table.Table, words [][]rune) (string, float64) {
	if len(words) == 0 || len(words) < minWords && len(words[0]) < minLong || names(words) {
		return "", 0
	}
	letters, grams := 0, 0
	rows := make([]row, len(words))
	var total row
	for l, tag := range t.Languages {
		total[l] = -16 * overlap * rare[tag]
	}
	for i, w := range words {
		grams += weigh(t, w, &rows[i])
		letters += len(w)
		total.add(&rows[i])
	}
	if t.Script == "Arabic" || t.Script == "Devanagari" {
		letters *= 2
	}
	best := total.best(len(t.Languages))
	sum := 0.0
	for l := range t.Languages {
		sum += math.Exp(float64(total[l]-total[best]) / (16 * overlap))
	}
	confidence := 1 / sum
	support := float64(total[best]) / float64(grams)
	if letters < minLetters || confidence < minConfidence || support < minSupport || mixed(t, words, rows) {
		return "", 0
	}
	return t.Languages[best], confidence
}

// rare are languages that are written much less often than one that is close to
// them: by how much, as a logarithm.
var rare = map[string]int32{"af": 1, "eo": 1, "ms": 2, "nn": 1, "yo": 1, "zu": 1}

// row is a sum of weights for each language of a table.
type row [64]int32

func (r *row) add(other *row) {
	for i := range r {
		r[i] += other[i]
	}
}

func (r *row) subtract(other *row) {
	for i := range r {
		r[i] -= other[i]
	}
}

// best returns which of the first n languages has the largest sum.
func (r *row) best(n int) (best int) {
	for l := 1; l < n; l++ {
		if r[l] > r[best] {
			best = l
		}
	}
	return best
}

// longest is how many letters an n-gram has.
const longest = 5

// weigh adds the weights of a word's n-grams, and returns how many they are.
func weigh(t *table.Table, word []rune, r *row) (grams int) {
	edged := make([]rune, 0, 32)
	edged = append(edged, '_')
	for _, r := range word {
		edged = append(edged, unicode.ToLower(r))
	}
	edged = append(edged, '_')
	for i := range edged {
		for n := 1; n <= longest && i+n <= len(edged); n++ {
			if n == 1 && edged[i] == '_' {
				continue
			}
			grams++
			t.Add(r[:], table.Hash(edged[i:i+n]))
		}
	}
	return grams
}

// mixed says whether the words up to some point are clearly in one language, and
// those from there on in another. Capitalised words don't count: names are in any
// language.
func mixed(t *table.Table, words [][]rune, rows []row) bool {
	var left, total row
	n := len(t.Languages)
	capitals := uppercase(words)
	counts := func(i int) bool { return capitals || !unicode.IsUpper(words[i][0]) }
	for i := range rows {
		if counts(i) {
			total.add(&rows[i])
		}
	}
	whole := total.best(n)
	for i := range rows {
		if !counts(i) {
			continue
		}
		left.add(&rows[i])
		right := total
		right.subtract(&left)
		a, b := left.best(n), right.best(n)
		if a != b && left[a]+right[b]-total[whole] > mixedGain {
			return true
		}
	}
	return false
}
