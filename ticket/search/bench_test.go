package search_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/search"
)

// prose is text with words as frequent as words are.
func prose(r *rand.Rand, words int) string {
	zipf := rand.NewZipf(r, 1.1, 5, 40_000)
	var b strings.Builder
	for range words {
		fmt.Fprintf(&b, "w%x ", zipf.Uint64()*2654435761%1048573)
	}
	return b.String()
}

// many is a desk with so many tickets of 60 words.
func many(b *testing.B, n int) *desk {
	d := open(b, memstore.New(), filepath.Join(b.TempDir(), "ix"))
	r := rand.New(rand.NewPCG(1, 2))
	for n > 0 {
		size := min(n, 500)
		news := make([]ticket.New, size)
		for i := range news {
			news[i] = ticket.New{EndUser: d.eve, Title: prose(r, 5), Message: &ticket.Draft{Text: prose(r, 60)}}
		}
		d.clock.forward(time.Second)
		_, err := d.parts.Tickets.CreateMany(b.Context(), news)
		must(b, err)
		n -= size
	}
	return d
}

const benchTickets = 20_000

func BenchmarkBuild(b *testing.B) {
	d := many(b, benchTickets)
	b.ReportAllocs()
	for b.Loop() {
		must(b, d.ix.Reset())
		_, err := d.ix.Step(b.Context())
		must(b, err)
	}
	b.ReportMetric(float64(benchTickets*b.N)/b.Elapsed().Seconds(), "tickets/s")
}

// BenchmarkBuildRaw is bleve with the same words, and nothing else.
func BenchmarkBuildRaw(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, benchTickets)
	for i := range texts {
		texts[i] = prose(r, 65)
	}
	b.ReportAllocs()
	for b.Loop() {
		queue := index.NewAnalysisQueue(2)
		files, err := scorch.NewScorch(scorch.Name, map[string]any{"path": filepath.Join(b.TempDir(), "raw"), "unsafe_batch": true}, queue)
		must(b, err)
		must(b, files.Open())
		for i := 0; i < len(texts); i += 200 {
			batch := index.NewBatch()
			for j, text := range texts[i : i+200] {
				doc := document.NewDocument(fmt.Sprint(i + j))
				doc.AddField(document.NewTextFieldCustom("text", nil, []byte(text), index.IndexField|index.IncludeTermVectors, search.Analyzer))
				batch.Update(doc)
			}
			must(b, files.Batch(batch))
		}
		must(b, files.Close())
		queue.Close()
	}
	b.ReportMetric(float64(benchTickets*b.N)/b.Elapsed().Seconds(), "tickets/s")
}

// BenchmarkFind tells the median of searches among 100,000 tickets, beside what the
// index alone takes of it.
func BenchmarkFind(b *testing.B) {
	d := many(b, 100_000)
	_, err := d.ix.Step(b.Context())
	must(b, err)
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		name   string
		search func() ticket.Search
	}{
		{"two words", func() ticket.Search { return ticket.Search{Text: prose(r, 2), Limit: 20} }},
		{"question", func() ticket.Search { return ticket.Search{Text: prose(r, 8), Limit: 20} }},
		{"typing", func() ticket.Search {
			return ticket.Search{Text: strings.TrimSpace(prose(r, 1)), Typing: true, Limit: 20}
		}},
		{"newest open", func() ticket.Search {
			return ticket.Search{Text: prose(r, 1), Newest: true, Limit: 20, Filter: ticket.SearchFilter{Open: true}}
		}},
		{"number", func() ticket.Search { return ticket.Search{Text: fmt.Sprint("#", 1+r.IntN(100_000))} }},
		{"mistyped", func() ticket.Search { return ticket.Search{Text: "wxyzzy" + strings.TrimSpace(prose(r, 1)), Limit: 20} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			median(b, func() {
				_, err := d.ix.Find(b.Context(), ann, c.search())
				must(b, err)
			})
		})
	}
	b.Run("two words, raw", func(b *testing.B) {
		median(b, func() { must(b, d.ix.Raw(b.Context(), strings.Fields(prose(r, 2)), 20)) })
	})
	b.Run("question, raw", func(b *testing.B) {
		median(b, func() { must(b, d.ix.Raw(b.Context(), strings.Fields(prose(r, 8)), 20)) })
	})
}

func median(b *testing.B, do func()) {
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		do()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs/p99")
}
