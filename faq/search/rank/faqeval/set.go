package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

// set is articles, queries, and what answers them.
type set struct {
	name     string
	articles []rank.Document
	queries  []query
}

type query struct {
	id, text string
	grades   map[string]float64
}

func load(dir string) (*set, error) {
	s := &set{name: filepath.Base(dir)}
	err := lines(filepath.Join(dir, "articles.jsonl"), func(line string) error {
		var a struct{ ID, Lang, Title, Body string }
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			return err
		}
		s.articles = append(s.articles, rank.Document{ID: a.ID, Language: a.Lang, Title: a.Title, Body: a.Body})
		return nil
	})
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	err = lines(filepath.Join(dir, "queries.tsv"), func(line string) error {
		id, text, _ := strings.Cut(line, "\t")
		at[id] = len(s.queries)
		s.queries = append(s.queries, query{id, text, map[string]float64{}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = lines(filepath.Join(dir, "qrels.tsv"), func(line string) error {
		f := strings.Split(line, "\t")
		if len(f) < 3 {
			return fmt.Errorf("qrels.tsv: %q", line)
		}
		grade, err := strconv.ParseFloat(f[2], 64)
		if i, ok := at[f[0]]; ok && grade > 0 {
			s.queries[i].grades[f[1]] = grade
		}
		return err
	})
	s.queries = slices.DeleteFunc(s.queries, func(q query) bool { return len(q.grades) == 0 })
	return s, err
}

func lines(name string, f func(line string) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		if scan.Text() == "" {
			continue
		}
		if err := f(scan.Text()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return scan.Err()
}

// outcome is what became of a query.
type outcome struct {
	ndcg       float64
	right      bool // the first hit has the highest grade of the query
	confidence float64
}

type outcomes []outcome

func (os outcomes) ndcg() (sum float64) {
	for _, o := range os {
		sum += o.ndcg / float64(len(os))
	}
	return sum
}

func (os outcomes) first() (sum float64) {
	for _, o := range os {
		if o.right {
			sum += 1 / float64(len(os))
		}
	}
	return sum
}

func (s *set) engine(without []string) *rank.Engine {
	e := rank.New(&rank.Options{Without: without})
	e.Put(s.articles...)
	return e
}

func (s *set) plain(without []string) (all outcomes) {
	e := s.engine(without)
	e.Learn()
	for _, q := range s.queries {
		all = append(all, q.ask(e))
	}
	return all
}

const folds = 5

func (s *set) taught(without []string) (all outcomes) {
	fold := rand.New(rand.NewPCG(1, 2)).Perm(len(s.queries))
	for f := range folds {
		e := s.engine(without)
		language := s.articles[0].Language
		for i, q := range s.queries {
			if fold[i]%folds != f {
				most := q.most()
				for id, grade := range q.grades {
					e.Remember(rank.Resolved{Key: q.id + " " + id, ID: id, Language: language, Text: q.text, Weight: grade / most})
				}
			}
		}
		e.Learn()
		for i, q := range s.queries {
			if fold[i]%folds == f {
				all = append(all, q.ask(e))
			}
		}
	}
	return all
}

func (q *query) most() (most float64) {
	for _, g := range q.grades {
		most = max(most, g)
	}
	return most
}

func (q *query) ask(e *rank.Engine) (o outcome) {
	hits := e.Search(rank.Query{Text: q.text})
	for i, h := range hits {
		o.ndcg += q.grades[h.ID] / math.Log2(float64(i+2))
	}
	var ideal []float64
	for _, g := range q.grades {
		ideal = append(ideal, g)
	}
	slices.Sort(ideal)
	slices.Reverse(ideal)
	best := 0.0
	for i, g := range ideal[:min(len(ideal), 10)] {
		best += g / math.Log2(float64(i+2))
	}
	o.ndcg /= best
	if len(hits) > 0 {
		o.right, o.confidence = q.grades[hits[0].ID] > 0, hits[0].Confidence
	}
	return o
}
