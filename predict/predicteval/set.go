package main

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/frontdesk-go/frontdesk/predict"
)

// trial is rows to train from, and rows to judge; none: by the rows held out.
type trial struct {
	name        string
	train, test []predict.Row
}

// load reads what a folder has.
func load(dir string, near bool) (trials []trial, err error) {
	files := map[string][]predict.Row{}
	for _, name := range []string{"train", "train_10", "test", "valid", "oos_test", "oos_valid"} {
		if files[name], err = read(filepath.Join(dir, name+".csv")); err != nil {
			return nil, err
		}
	}
	name, test := filepath.Base(dir), files["test"]
	if test == nil {
		test = files["valid"]
	}
	test = append(test, files["oos_test"]...)
	if files["oos_test"] == nil {
		test = append(test, files["oos_valid"]...)
	}
	trials = append(trials, trial{name, files["train"], test})
	if files["train_10"] != nil {
		trials = append(trials, trial{name + ", 10 a label", files["train_10"], test})
	}
	if test == nil {
		for _, seed := range []uint64{0, 1} {
			train, rest := draw(files["train"], seed)
			trials = append(trials, trial{name + ", 10 a label", train, rest})
		}
		if near {
			trials = append(trials, holdBack(name, files["train"]))
		}
	}
	return trials, nil
}

// read reads the rows of a file, none if there isn't one.
func read(name string) ([]predict.Row, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return predict.ReadCSV(f)
}

// draw takes ten rows of each label by chance.
func draw(rows []predict.Row, seed uint64) (drawn, rest []predict.Row) {
	have := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(seed, 10)).Perm(len(rows)) {
		if have[rows[i].Label]++; have[rows[i].Label] <= 10 {
			drawn = append(drawn, rows[i])
		} else {
			rest = append(rest, rows[i])
		}
	}
	return drawn, rest
}

// holdBack takes a quarter of the labels by chance as out of scope, and tests with a
// fifth of the rows of the others.
func holdBack(name string, rows []predict.Row) trial {
	t := trial{name: name + ", a quarter of the labels held back"}
	rng := rand.New(rand.NewPCG(1, 1))
	back := map[string]bool{}
	seen := map[string]bool{}
	for _, i := range rng.Perm(len(rows)) {
		if label := rows[i].Label; !seen[label] {
			seen[label] = true
			back[label] = len(seen)%4 == 0
		}
	}
	for i, r := range rows {
		switch {
		case back[r.Label] && i%5 == 0:
			t.test = append(t.test, predict.Row{Text: r.Text})
		case back[r.Label]:
		case i%5 == 0:
			t.test = append(t.test, r)
		default:
			t.train = append(t.train, r)
		}
	}
	return t
}
