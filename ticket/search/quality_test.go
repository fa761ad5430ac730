package search_test

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/ticket"
)

// TestQuality says how well questions find the tickets that hold their answers. SEARCH_DATA
// is a directory with articles.jsonl, queries.tsv and qrels.tsv.
func TestQuality(t *testing.T) {
	dir := dataDir(t)
	d := openMemory(t)
	ids := map[string]string{}
	began := time.Now()
	lines(t, filepath.Join(dir, "articles.jsonl"), func(line string) {
		var a struct{ ID, Title, Body string }
		must(t, json.Unmarshal([]byte(line), &a))
		ids[d.ask(t, cut(a.Title, 250), a.Body).ID] = a.ID
	})
	written := time.Now()
	d.step(t)
	t.Logf("%d tickets written in %v, indexed in %v", len(ids), written.Sub(began), time.Since(written))
	relevant := map[string]map[string]bool{}
	lines(t, filepath.Join(dir, "qrels.tsv"), func(line string) {
		f := strings.Split(line, "\t")
		if relevant[f[0]] == nil {
			relevant[f[0]] = map[string]bool{}
		}
		relevant[f[0]][f[1]] = true
	})
	sum, n, loose := 0.0, 0, 0
	began = time.Now()
	lines(t, filepath.Join(dir, "queries.tsv"), func(line string) {
		id, text, _ := strings.Cut(line, "\t")
		found := d.find(t, ticket.Search{Text: text, Limit: 10})
		gain, best := 0.0, 0.0
		for i, h := range found.Hits {
			if relevant[id][ids[h.Ticket.ID]] {
				gain += 1 / math.Log2(float64(i+2))
			}
		}
		for i := range min(len(relevant[id]), 10) {
			best += 1 / math.Log2(float64(i+2))
		}
		sum += gain / best
		n++
		if found.Loose {
			loose++
		}
	})
	t.Logf("nDCG@10 %.4f of %d queries (%d loose), %v each", sum/float64(n), n, loose, time.Since(began)/time.Duration(n))
}

func lines(t *testing.T, name string, do func(string)) {
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		do(s.Text())
	}
	must(t, s.Err())
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
