package faq_test

import (
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// shelved is a desk with a section of n published articles.
func shelved(b *testing.B, d driver.Store, n int) (*desk, *faq.Section, []string) {
	b.Helper()
	k := open(b, d)
	c := k.section("shop", "Paying")
	var ids []string
	for i := range n {
		ids = append(ids, k.published(c, fmt.Sprint("Article ", i)).ID)
	}
	return k, c, ids
}

func benchStores(b *testing.B, f func(b *testing.B, d driver.Store)) {
	b.Run("memory", func(b *testing.B) { f(b, memstore.New()) })
	b.Run("bbolt", func(b *testing.B) {
		d, err := boltstore.Open(b.TempDir()+"/desk.db", nil)
		must(b, err)
		f(b, d)
	})
}

// A list of 50 articles for a reader. The baseline reads the same documents by themselves.
func BenchmarkList(b *testing.B) {
	benchStores(b, func(b *testing.B, d driver.Store) {
		k, c, _ := shelved(b, d, 500)
		b.Run("reader", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				items, _, err := k.faq.List(b.Context(), k.byEve(), c.ID, "", 50)
				if err != nil || len(items) != 50 {
					b.Fatal(len(items), err)
				}
			}
		})
		b.Run("raw", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				as, _, err := k.faq.Articles(b.Context(), host, faq.Filter{Section: c.ID}, "", 50)
				if err != nil || len(as) != 50 {
					b.Fatal(len(as), err)
				}
			}
		})
	})
}

// An article for a reader, and beside it the same two documents by themselves.
func BenchmarkRead(b *testing.B) {
	benchStores(b, func(b *testing.B, d driver.Store) {
		k, _, ids := shelved(b, d, 500)
		b.Run("reader", func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := k.faq.Read(b.Context(), k.byEve(), ids[n%len(ids)]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("raw", func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := k.faq.Whole(b.Context(), host, ids[n%len(ids)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// A reader's opinion, which changes each time.
func BenchmarkVote(b *testing.B) {
	benchStores(b, func(b *testing.B, d driver.Store) {
		k, _, ids := shelved(b, d, 1)
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			o := []faq.Opinion{faq.Helpful, faq.Unhelpful}[n%2]
			if err := k.faq.Vote(b.Context(), k.byEve(), ids[0], faq.Feedback{Opinion: o}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
