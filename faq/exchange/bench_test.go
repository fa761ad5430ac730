package exchange_test

import (
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// entries are n articles of a section.
func entries(n, from int, body string) exchange.Entries {
	return func(yield func(exchange.Entry) bool) {
		for i := range n {
			a := &exchange.Article{ID: fmt.Sprint("a", from+i), Section: fmt.Sprint("s", i%20), Texts: []exchange.Text{{Content: faq.Content{Title: fmt.Sprint("Article ", i), Body: body}}}}
			if !yield(exchange.Entry{At: "x", Article: a}) {
				return
			}
		}
	}
}

// 500 new articles, published; and the same once more, of which nothing is new.
func BenchmarkImport(b *testing.B) {
	const n = 500
	for name, open1 := range map[string]func() driver.Store{
		"memory": func() driver.Store { return memstore.New() },
		"bbolt": func() driver.Store {
			d, err := boltstore.Open(b.TempDir()+"/desk.db", nil)
			must(b, err)
			return d
		},
	} {
		b.Run(name, func(b *testing.B) {
			d := open(b, open1())
			take := func(from int) {
				r, err := exchange.Import(b.Context(), d.Service, host, entries(n, from, "All about it."), &exchange.Options{App: "shop"})
				if err != nil || r.Refused > 0 {
					b.Fatal(r, err)
				}
			}
			b.Run("new", func(b *testing.B) {
				b.ReportAllocs()
				for i := 1; b.Loop(); i++ {
					take(i * n)
				}
			})
			take(0)
			b.Run("unchanged", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					take(0)
				}
			})
		})
	}
}
