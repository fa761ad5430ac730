package predict

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sort"
	"unicode/utf8"
)

// maxCells is for how many rows, times labels, there is memory.
const maxCells = 16_000_000

// picked are the rows that are learned from, by where they are.
type picked []int32

func (p picked) rows(all []Row) []Row {
	rows := make([]Row, len(p), len(p)+MaxLabels)
	for i, row := range p {
		rows[i] = all[row]
	}
	return rows
}

// choose picks rows, all of them unless there are too many: then by chance, and of every
// label at most as many.
func choose(rows []Row, counts []LabelCount, seed uint64) picked {
	turn := turns(rows, counts, seed)
	most, chars := 0, make([]int, len(rows))
	for i, t := range turn {
		most = max(most, int(t)+1)
		chars[i] = min(utf8.RuneCountInString(rows[i].Text), MaxText)
	}
	// How many of each label fit: what so many of each take grows with the number.
	each := sort.Search(most, func(n int) bool {
		sum, number := 0, 0
		for i, t := range turn {
			if int(t) <= n {
				number++
				sum += chars[i]
			}
		}
		return sum > MaxChars || number*len(counts) > maxCells
	})
	var p picked
	for i, t := range turn {
		if int(t) < each {
			p = append(p, int32(i))
		}
	}
	return p
}

// turns deals out in which turn, from 0, each row would be picked among those of its
// label.
func turns(rows []Row, counts []LabelCount, seed uint64) []int32 {
	turn := make([]int32, len(rows))
	next := make([]int32, len(counts)+1)
	for _, i := range rand.New(rand.NewPCG(seed, 0xc405e)).Perm(len(rows)) {
		l, ok := slices.BinarySearchFunc(counts, rows[i].Label, func(c LabelCount, label string) int { return cmp.Compare(c.Label, label) })
		if !ok {
			l = len(counts) // out of scope
		}
		turn[i] = next[l]
		next[l]++
	}
	return turn
}
