package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// Who holds a View for long is told of, and who doesn't isn't.
func TestLongViewIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		db, err := store.Open(t.Context(), memstore.New(), &store.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, c := range []struct {
			open time.Duration
			told bool
		}{{4 * time.Second, false}, {6 * time.Second, true}} {
			err := db.View(t.Context(), func(context.Context, *store.Tx) error {
				<-time.After(c.open) // of the bubble's clock
				return nil
			})
			if told := strings.Contains(log.String(), "View was open for long"); err != nil || told != c.told {
				t.Errorf("open for %v: logged %q, %v", c.open, log.String(), err)
			}
		}
	})
}
