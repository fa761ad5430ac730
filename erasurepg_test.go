package frontdesk_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// After an erasure nothing of it is in what pg_dump says of a desk in PostgreSQL,
// in which attachments are, too; and all of everybody else is.
func TestErasureLeavesNothingInPostgres(t *testing.T) {
	t.Parallel()
	dump, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Skip("there is no pg_dump on this machine")
	}
	pool, schema := pgtest.Schema(t)
	d := open(t, frontdesk.Config{Store: pgstore.New(pool, &pgstore.Options{Schema: schema}), SearchDir: t.TempDir()})
	p := furnish(t, d)
	eve, bob := p.plant(), p.plant()
	said := func() []place {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), dump, "-d", pool.Config().ConnString(), "-n", schema, "--inserts").Output()
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(decoded(place{"pg_dump", out}))
	}
	before := where(said(), eve.marks)
	for what := range eve.marks {
		if before[what] == "" && !strings.HasPrefix(what, "gone.") {
			t.Errorf("%s wasn't found", what)
		}
	}
	_, err = p.People.Erase(t.Context(), frontdesk.Host(), eve.id)
	p.must(err)
	p.drain()
	p.must(p.Compact(t.Context()))
	after := said()
	if left := where(after, eve.marks); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	his := where(after, bob.marks)
	for what := range bob.marks {
		if his[what] == "" && !strings.HasPrefix(what, "gone.") {
			t.Errorf("%s of somebody else wasn't found", what)
		}
	}
	p.forgotten(eve)
}
