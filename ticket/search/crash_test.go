package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A process that is killed at any moment, also in the middle of building, leaves an
// index that goes on from where it is, and then holds what one holds that is built.
func TestKilled(t *testing.T) {
	crash.Run(t, workForEver, func(t *testing.T, p *crash.Place) {
		dir := filepath.Join(p.Dir, "ix")
		for round := range 4 {
			p.Kill(t, 1+rand.IntN(40))
			d := open(t, p.Open(), dir)
			switch round % 3 {
			case 0:
				d.same(t)
			case 1: // the next one goes on from what this one left
			case 2:
				must(t, d.ix.Reset()) // the next one is killed while it builds
			}
			must(t, d.ix.Close())
			must(t, d.parts.DB.Close())
		}
		d := open(t, p.Open(), dir)
		d.same(t)
		if found := d.find(t, ticket.Search{Text: "lamp"}); len(found.Hits) == 0 {
			t.Error("nothing is found")
		}
	})
}

func workForEver(t *testing.T, file driver.Store, dir string) {
	d := open(t, file, filepath.Join(dir, "ix"))
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.parts.Events.Run(ctx) })
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
		tk := d.ask(t, fmt.Sprint("t", i), "The lamp is broken, again.")
		if i%3 == 0 {
			title := fmt.Sprint("edited", i)
			_, err := d.parts.Tickets.Edit(ctx, host, tk.ID, ticket.Edit{Title: &title})
			must(t, err)
		}
		fmt.Println("written", i)
	}
}
