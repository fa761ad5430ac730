package predict

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// folds deals rows into parts of which one at a time is held out: those of a group to
// the same part, and those of each label evenly. It returns the part of each row.
func folds(rows []Row, label []int32, labels, parts int, seed uint64) []uint8 {
	groups := groupsOf(rows)
	rng := rand.New(rand.NewPCG(seed, 0xf01d))
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	// Large groups first, so that small ones even out what they leave.
	slices.SortStableFunc(groups, func(a, b []int32) int { return cmp.Compare(len(b), len(a)) })
	have := make([]int, parts*(labels+1))
	total := make([]int, parts)
	fold := make([]uint8, len(rows))
	for _, group := range groups {
		best, least := 0, -1
		for p := range parts {
			n := 0
			for _, row := range group {
				n += have[p*(labels+1)+int(label[row])+1]
			}
			if least < 0 || n < least || n == least && total[p] < total[best] {
				best, least = p, n
			}
		}
		for _, row := range group {
			have[best*(labels+1)+int(label[row])+1]++
			fold[row] = uint8(best)
		}
		total[best] += len(group)
	}
	return fold
}

// enoughJudged is how many rows with a label tell well enough what scores mean, and how often
// a model is right: of 90 in 100 within half a point, two times of three.
const enoughJudged = 3_500

// judge picks the folds that whole models are trained without, so that enough rows are judged.
// Where large groups make folds unlike, the smaller ones come first: without them a model is
// most like that of all rows.
func (p *problem) judge() {
	number, labelled := make([]int, p.folds), make([]int, p.folds)
	for i, f := range p.fold {
		number[f]++
		if p.label[i] != outOfScope {
			labelled[f]++
		}
	}
	order := make([]int, p.folds)
	for f := range order {
		order[f] = f
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(number[a], number[b]) })
	have := 0
	for _, f := range order {
		if number[f] > 0 && have < enoughJudged {
			p.without = append(p.without, f)
			have += labelled[f]
		}
	}
	for i, f := range p.fold {
		if slices.Contains(p.without, int(f)) {
			p.judged = append(p.judged, int32(i))
		} else {
			p.rest = append(p.rest, int32(i))
		}
	}
}

// groupsOf returns which rows belong together.
func groupsOf(rows []Row) [][]int32 {
	var groups [][]int32
	at := map[string]int{}
	for i := range rows {
		g := rows[i].Group
		k, ok := at[g]
		if g == "" || !ok {
			k = len(groups)
			groups = append(groups, nil)
			if g != "" {
				at[g] = k
			}
		}
		groups[k] = append(groups[k], int32(i))
	}
	return groups
}
