package deflect_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// prose is text with words as frequent as words are.
func prose(r *rand.Rand, n int) string {
	zipf := rand.NewZipf(r, 1.1, 5, 40_000)
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "w%x ", zipf.Uint64()*2654435761%1048573)
	}
	return strings.TrimSpace(b.String())
}

// busy is a desk with 500 articles, an index of them, and tickets that ask something.
func busy(b *testing.B) (d *desk, ix *search.Index, tickets []*ticket.Ticket) {
	d = openMemory(b, nil)
	ix = search.New(search.Parts{DB: d.db, Events: d.events, FAQ: d.faq}, &search.Options{Now: d.clock.now})
	b.Cleanup(func() { must(b, ix.Close()) })
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		d.article(prose(r, 8))
	}
	_, err := d.events.Step(b.Context())
	must(b, err)
	_, err = ix.Step(b.Context())
	must(b, err)
	for i := range 50 {
		who := d.endUser(fmt.Sprint("user", i))
		tickets = append(tickets, d.writes(who, prose(r, 20)))
	}
	return d, ix, tickets
}

// BenchmarkSuggest is what an agent waits for: articles for a ticket, those of its end
// user and those of staff.
func BenchmarkSuggest(b *testing.B) {
	d, ix, tickets := busy(b)
	d.deflect.Searcher = ix
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		_, err := d.deflect.Suggest(b.Context(), ann, tickets[n%len(tickets)].ID, 5)
		must(b, err)
	}
}

// BenchmarkSuggestRaw are the two searches by themselves, with the questions as they are.
func BenchmarkSuggestRaw(b *testing.B) {
	d, ix, tickets := busy(b)
	var questions []string
	for _, t := range tickets {
		ms, _, err := d.tickets.Messages(b.Context(), host, t.ID, 0, 0, 1)
		must(b, err)
		questions = append(questions, ms[0].Text)
	}
	his := d.by(tickets[0].EndUser)
	staffs := faq.Viewer{Actor: ann, App: ticket.DefaultApp, Platform: "webchat"}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for _, v := range []faq.Viewer{his, staffs} {
			_, err := ix.Find(b.Context(), v, faq.Search{Text: questions[n%len(questions)], Limit: 5})
			must(b, err)
		}
	}
}
