package predict

import (
	"cmp"
	"slices"
	"unicode"
)

// Near duplicates are found by MinHash: texts of which many pieces are the same fall into
// the same bucket in at least one of a few bands, and are compared there. Texts that have all
// pieces in common have a bucket of their own.
const (
	alikeFrom  = 0.8  // share of pieces in common
	hashBands  = 8    // each of
	bandRows   = 4    // hashes
	pieceRunes = 4    // characters of a piece
	maxPieces  = 1000 // of a text; the rest isn't looked at
	maxCrowd   = 20   // rows of a bucket that are compared, each with all
)

// twins are two rows of different labels, and the share of pieces that they have in common.
type twins struct {
	rows   [2]int
	common float64
}

// nearDuplicates finds rows that say the same with different labels, those that are most
// alike first. Of many that do, some are named.
func nearDuplicates(rows []Row) (found []Finding) {
	var all []twins
	keys := make([][1 + hashBands]uint64, len(rows))
	var order []int
	for i := range rows {
		if pieces := piecesOf(rows[i].Text); len(pieces) > 0 {
			keys[i], order = bandsOf(pieces), append(order, i)
		}
	}
	told := map[[2]int]bool{}
	for band := range 1 + hashBands {
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
	slices.SortFunc(all, func(a, b twins) int {
		return cmp.Or(cmp.Compare(b.common, a.common), slices.Compare(a.rows[:], b.rows[:]))
	})
	for _, t := range all[:min(len(all), maxFindings)] {
		found = append(found, Finding{Kind: NearDuplicate, Label: rows[t.rows[0]].Label, Other: rows[t.rows[1]].Label, Rows: slices.Clone(t.rows[:]), Count: 2})
	}
	return found
}

// alike compares the rows of a bucket, those that differ.
func alike(rows []Row, bucket []int, told map[[2]int]bool) (all []twins) {
	crowd := crowdOf(rows, bucket)
	for n, i := range crowd {
		for _, other := range crowd[:n] {
			pair := [2]int{other, i}
			if rows[other].Label == rows[i].Label || told[pair] {
				continue
			}
			told[pair] = true
			if common := inCommon(piecesOf(rows[other].Text), piecesOf(rows[i].Text)); common >= alikeFrom {
				all = append(all, twins{pair, common})
			}
		}
	}
	return all
}

// crowdOf picks the rows of a bucket that are compared: of each label as many, as far as
// there are, so that a few of another label are found among many that are made alike.
func crowdOf(rows []Row, bucket []int) (crowd []int) {
	var labels []string
	of := map[string][]int{}
	for _, i := range bucket {
		have := of[rows[i].Label]
		if len(have) == maxCrowd || slices.ContainsFunc(have, func(o int) bool { return rows[o].Text == rows[i].Text }) {
			continue
		}
		if len(have) == 0 {
			labels = append(labels, rows[i].Label)
		}
		of[rows[i].Label] = append(have, i)
	}
	for turn := range maxCrowd {
		for _, label := range labels {
			if turn < len(of[label]) && len(crowd) < maxCrowd {
				crowd = append(crowd, of[label][turn])
			}
		}
	}
	slices.Sort(crowd)
	return crowd
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

// bandsOf are the buckets of a text: first one for those that have all pieces in common, in
// which they aren't lost among many that are merely alike, and the bands.
func bandsOf(pieces []uint64) (keys [1 + hashBands]uint64) {
	for _, p := range pieces {
		keys[0] = spread(keys[0] ^ p)
	}
	for b := range hashBands {
		key := uint64(b)
		for r := range bandRows {
			seed := spread(uint64(b*bandRows+r) + 0x9e3779b97f4a7c15)
			least := ^uint64(0)
			for _, p := range pieces {
				least = min(least, (p^seed)*0xbf58476d1ce4e5b9)
			}
			key = spread(key ^ least)
		}
		keys[1+b] = key
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
