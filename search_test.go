package frontdesk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The index is beside the file, is up to date after Drain, and there again when the
// desk is opened again, whether or not somebody deleted it.
func TestSearch(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "desk.db")
	for round := range 3 {
		d, err := frontdesk.Open(ctx, frontdesk.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		u, err := d.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Tickets.Create(ctx, ticket.New{EndUser: u.ID, Title: fmt.Sprint("lamp", round), Message: &ticket.Draft{Text: "A lamp is broken."}}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		found, err := d.Search.Find(ctx, frontdesk.Host(), ticket.Search{Text: "lamps"})
		if err != nil || len(found.Hits) != round+1 || found.Building {
			t.Errorf("round %d: %+v, error %v", round, found, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path + ".search"); err != nil {
			t.Error(err)
		}
		if round == 1 {
			if err := os.RemoveAll(path + ".search"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSearchDir(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	d := open(t, frontdesk.Config{SearchDir: dir})
	if _, err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		t.Errorf("%d entries, error %v", len(entries), err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	// A desk in memory with no directory has none.
	d = open(t, frontdesk.Config{})
	if _, err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(".search"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
