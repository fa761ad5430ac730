package main

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"unicode"

	"github.com/frontdesk-go/frontdesk/ticket/language/internal/table"
)

var errForm = errors.New("not a language model")

// counts says how often n-grams are met in a language, for each letter of a text.
// "_" is the edge of a word.
type counts struct {
	freq map[string]float64
}

var files = []string{"unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams"}

// readCounts reads the models of a language, which give the share of an n-gram
// among those that begin as it does.
func readCounts(dir, language, script string) (*counts, error) {
	inner := map[string]float64{}
	for _, name := range files {
		shares, err := readShares(filepath.Join(dir, language, name+".pb.bin.zip"))
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", language, name, err)
		}
		for gram, share := range shares {
			rs := []rune(gram)
			if !all(rs, unicode.Scripts[script]) {
				continue
			}
			if before := string(rs[:len(rs)-1]); before != "" {
				share *= inner[before]
			}
			inner[gram] = share
		}
	}
	return &counts{edges(inner)}, nil
}

func all(rs []rune, script *unicode.RangeTable) bool {
	for _, r := range rs {
		if !unicode.Is(script, r) && !unicode.In(r, unicode.Mn, unicode.Mc) {
			return false
		}
	}
	return true
}

// edges adds the n-grams at the edges of words. An n-gram that isn't followed by
// any letter ends a word, one that none goes before begins one.
func edges(inner map[string]float64) map[string]float64 {
	freq := maps.Clone(inner)
	before, after, around := map[string]float64{}, map[string]float64{}, map[string]float64{}
	// In order, so that sums of floats are always the same.
	for _, gram := range slices.Sorted(maps.Keys(inner)) {
		f, rs := inner[gram], []rune(gram)
		n := len(rs)
		if n > 1 {
			before[string(rs[1:])] += f
			after[string(rs[:n-1])] += f
		}
		if n > 2 {
			around[string(rs[1:n-1])] += f
		}
	}
	const noise = 1e-9
	for gram, f := range inner {
		n := len([]rune(gram))
		if n > 4 {
			continue
		}
		if start := f - before[gram]; start > noise {
			freq["_"+gram] = start
		}
		if end := f - after[gram]; end > noise {
			freq[gram+"_"] = end
		}
		if whole := f - before[gram] - after[gram] + around[gram]; whole > noise && n <= 3 {
			freq["_"+gram+"_"] = whole
		}
	}
	return freq
}

// readShares reads one model: a message of messages {1: share, 2: n-grams}.
func readShares(name string) (map[string]float64, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	f, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	shares := map[string]float64{}
	err = each(b, func(field uint64, _ uint64, set []byte) error {
		if field != 4 {
			return nil
		}
		share := 0.0
		return each(set, func(field uint64, n uint64, gram []byte) error {
			switch field {
			case 1:
				share = math.Float64frombits(n)
			case 2:
				shares[string(gram)] = share
			}
			return nil
		})
	})
	return shares, err
}

// each calls do for the fields of a protocol buffer's message, with a number or
// with bytes.
func each(b []byte, do func(field uint64, n uint64, bytes []byte) error) error {
	for len(b) > 0 {
		tag, size := binary.Uvarint(b)
		if size <= 0 {
			return errForm
		}
		b = b[size:]
		var n uint64
		var bytes []byte
		switch tag & 7 {
		case 0, 2:
			if n, size = binary.Uvarint(b); size <= 0 {
				return errForm
			}
			b = b[size:]
			if tag&7 == 2 {
				if n > uint64(len(b)) {
					return errForm
				}
				bytes, b = b[:n], b[n:]
			}
		case 1:
			if len(b) < 8 {
				return errForm
			}
			n, b = binary.LittleEndian.Uint64(b), b[8:]
		default:
			return errForm
		}
		if err := do(tag>>3, n, bytes); err != nil {
			return err
		}
	}
	return nil
}

// floor is the logarithm of how often an n-gram is taken to be met that isn't in
// the model; what isn't met more often isn't kept.
const floor = -15.0

// build takes the most frequent n-grams of each language, and weighs them in all.
func build(script string, languages []string, of []*counts, most int) *table.Table {
	chosen := map[string]bool{}
	for _, c := range of {
		for _, gram := range frequent(c.freq, most) {
			chosen[gram] = true
		}
	}
	grams := map[uint32][]table.Weight{}
	taken := map[uint32]string{}
	for _, gram := range slices.Sorted(maps.Keys(chosen)) {
		hash := table.Hash([]rune(gram))
		if _, twice := taken[hash]; twice {
			continue
		}
		taken[hash] = gram
		for i, c := range of {
			f, ok := c.freq[gram]
			if !ok {
				continue
			}
			w := math.Round((math.Log(f) - floor) * 16)
			if w >= 1 {
				grams[hash] = append(grams[hash], table.Weight{Language: uint8(i), Weight: uint8(min(w, 255))})
			}
		}
	}
	return table.New(script, languages, grams)
}

// frequent returns the n-grams that are met most often.
func frequent(freq map[string]float64, most int) []string {
	// Millions of n-grams are compared by how often they are met alone; only those that
	// are taken, and those that are met as often as the last of them, by their letters.
	often := slices.Sorted(maps.Values(freq))
	least := 0.0
	if len(often) > most {
		least = often[len(often)-most]
	}
	var grams []string
	for gram, f := range freq {
		if f >= least {
			grams = append(grams, gram)
		}
	}
	slices.SortFunc(grams, func(a, b string) int {
		return cmp.Or(cmp.Compare(freq[b], freq[a]), cmp.Compare(a, b))
	})
	return grams[:min(most, len(grams))]
}
