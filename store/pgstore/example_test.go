package pgstore_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A shop takes an order and opens a ticket about it in one transaction: both are
// there if it commits, and neither if it doesn't.
func ExampleStore_In() {
	ctx := context.Background()
	pool, err := pgstore.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	pg := pgstore.New(pool, nil)
	desk, err := frontdesk.Open(ctx, frontdesk.Config{Store: pg})
	if err != nil {
		log.Fatal(err)
	}
	defer desk.Close()
	ann, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-17"})
	if err != nil {
		log.Fatal(err)
	}

	order := func(commit bool) (t *ticket.Ticket, err error) {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback(ctx)
		if _, err := tx.Exec(ctx, "create table if not exists orders (id text)"); err != nil { // the shop's own
			return nil, err
		}
		joined := desk.DB.Join(pg.In(tx))
		t, err = desk.In(joined).Tickets.Create(ctx, ticket.New{EndUser: ann.ID, Title: "Order 4711"})
		if err != nil {
			return nil, err
		}
		if err := desk.Jobs.Enqueue(ctx, joined, job.Spec{ID: "confirm/" + t.ID, Kind: "mail"}); err != nil {
			return nil, err
		}
		if commit {
			err = tx.Commit(ctx)
			joined.Committed() // wakes who waits for news
		}
		return t, err
	}
	for _, commit := range []bool{true, false} {
		t, err := order(commit)
		if err != nil {
			log.Fatal(err)
		}
		_, noTicket := desk.Tickets.Get(ctx, frontdesk.Host(), t.ID)
		_, noJob := desk.Jobs.Get(ctx, desk.DB, "confirm/"+t.ID)
		events, _, err := desk.Events.History(ctx, desk.DB, t.ID, "", 10)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("committed %v: ticket %v, job %v, events %d\n", commit, noTicket == nil, noJob == nil, len(events))
	}
}

// TestExampleIn runs the example, which can't start a server itself.
func TestExampleIn(t *testing.T) {
	t.Setenv("DATABASE_URL", pgtest.Start(t, nil).DSN())
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stdout
	os.Stdout = in
	ExampleStore_In()
	os.Stdout = was
	in.Close()
	said, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	const want = "committed true: ticket true, job true, events 1\ncommitted false: ticket false, job false, events 0\n"
	if string(said) != want {
		t.Errorf("the example prints\n%s, want\n%s", said, want)
	}
}
