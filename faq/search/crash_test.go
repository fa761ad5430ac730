package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// A process that is killed at any moment, also in the middle of building, leaves an
// index that goes on from where it is, and then holds what one holds that is built.
func TestKilled(t *testing.T) {
	crash.Run(t, workForEver, func(t *testing.T, p *crash.Place) {
		dir := filepath.Join(p.Dir, "ix")
		for round := range 4 {
			p.Kill(t, 1+rand.IntN(40))
			d := open(t, p.Open(), &search.Options{Dir: dir})
			switch round % 3 {
			case 0:
				d.same(t)
			case 1: // the next one goes on from what this one left
			case 2:
				must(t, d.ix.Reset()) // the next one is killed while it builds
			}
			must(t, d.ix.Close())
			must(t, d.db.Close())
		}
		d := open(t, p.Open(), &search.Options{Dir: dir})
		d.same(t)
		if found := d.find(t, reader, faq.Search{Text: "lamp"}); len(found.Hits) == 0 {
			t.Error("nothing is found")
		}
	})
}

func workForEver(t *testing.T, file driver.Store, dir string) {
	d := open(t, file, &search.Options{Dir: filepath.Join(dir, "ix")})
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.events.Run(ctx) })
	wg.Go(func() {
		for {
			n, err := d.ix.Step(ctx)
			must(t, err)
			if n > 0 {
				fmt.Println("indexed", n)
			}
		}
	})
	for i := 0; ; i++ {
		a := d.write(t, fmt.Sprint("Lamp ", i), "The lamp is broken, again.")
		if i%3 == 0 {
			d.publish(t, a.ID, "en", fmt.Sprint("Edited lamp ", i), "It works.")
		}
		if i%5 == 0 {
			must(t, d.faq.Remember(ctx, host, &faq.Answer{Article: a.ID, Text: "my lamp", By: faq.Opened}))
		}
		fmt.Println("written", i)
	}
}
