package predict

import (
	"cmp"
	"slices"
	"unicode"
)

// Near duplicates are found by MinHash: texts of which many pieces are the same fall into
// the same bucket in at least one of a few bands, and are compared there.
const (
	alikeFrom  = 0.8  // share of pieces in common
	hashBands  = 8    // each of
	bandRows   = 4    // hashes
	pieceRunes = 4    // characters of a piece
	maxPieces  = 1000 // of a text; the rest isn't looked at
	maxCrowd   = 20   // rows of a bucket that are compared, each with all
)

// nearDuplicates finds rows that say the same with different labels. Of many that do, some
// are named.
func nearDuplicates(rows []Row) (all []Finding) {
	keys := make([][hashBands]uint64, len(rows))
	var order []int
	for i := range rows {
		if pieces := piecesOf(rows[i].Text); len(pieces) > 0 {
			keys[i], order = bandsOf(pieces), append(order, i)
		}
	}
	told := map[[2]int]bool{}
	for band := range hashBands {
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(keys[a][band], keys[b][band]), cmp.Compare(a, b))
		})
		for from := 0; from < len(order) && len(all) < maxFindings; {
			to := from + 1
			for to < len(order) && keys[order[to]][band] == keys[order[from]][band] {
				to++
			}
			all = append(all, alike(rows, order[from:to], told)...)
			from = to
		}
	}
	slices.SortFunc(all, func(a, b Finding) int { return slices.Compare(a.Rows, b.Rows) })
	return all[:min(len(all), maxFindings)]
}

// alike compares the rows of a bucket, those that differ.
func alike(rows []Row, bucket []int, told map[[2]int]bool) (all []Finding) {
	var crowd []int
	for _, i := range bucket {
		if len(crowd) == maxCrowd {
			break
		}
		if !slices.ContainsFunc(crowd, func(o int) bool { return rows[o].Label == rows[i].Label && rows[o].Text == rows[i].Text }) {
			crowd = append(crowd, i)
		}
	}
	for n, i := range crowd {
		for _, other := range crowd[:n] {
			pair := [2]int{other, i}
			if rows[other].Label == rows[i].Label || told[pair] {
				continue
			}
			told[pair] = true
			if inCommon(piecesOf(rows[other].Text), piecesOf(rows[i].Text)) >= alikeFrom {
				all = append(all, Finding{Kind: NearDuplicate, Label: rows[other].Label, Other: rows[i].Label, Rows: pair[:], Count: 2})
			}
		}
	}
	return all
}

// piecesOf are the hashes of a text's pieces, in order, each once: of its words in lower
// case, without what is between them.
func piecesOf(text string) []uint64 {
	var runes []rune
	gap := false
	for _, r := range text {
		if !isWord(r) {
			gap = len(runes) > 0
			continue
		}
		if gap {
			runes, gap = append(runes, ' '), false
		}
		if runes = append(runes, unicode.ToLower(r)); len(runes) > maxPieces {
			break
		}
	}
	if len(runes) == 0 {
		return nil
	}
	n := max(1, len(runes)-pieceRunes+1)
	pieces := make([]uint64, n)
	for i := range pieces {
		h := uint64(14695981039346656037)
		for _, r := range runes[i:min(i+pieceRunes, len(runes))] {
			h = (h ^ uint64(r)) * 1099511628211
		}
		pieces[i] = spread(h)
	}
	slices.Sort(pieces)
	return slices.Compact(pieces)
}

// spread spreads the bits of a number (splitmix64).
func spread(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func bandsOf(pieces []uint64) (keys [hashBands]uint64) {
	for b := range keys {
		key := uint64(b)
		for r := range bandRows {
			seed := spread(uint64(b*bandRows+r) + 0x9e3779b97f4a7c15)
			least := ^uint64(0)
			for _, p := range pieces {
				least = min(least, (p^seed)*0xbf58476d1ce4e5b9)
			}
			key = spread(key ^ least)
		}
		keys[b] = key
	}
	return keys
}

// inCommon is the share of pieces that two texts have in common, of all that they have.
func inCommon(a, b []uint64) float64 {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n, i, j = n+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return float64(n) / float64(len(a)+len(b)-n)
}
