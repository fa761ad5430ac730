package email

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// Several processes that get the same mails, from the same mailbox and from two, make one
// message of each.
func TestFleetReceives(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Emptied(t)
	join := func() *mailroom {
		return joinRoom(t, pgstore.New(pool, &pgstore.Options{Schema: schema}), nil, Options{PerSender: -1})
	}
	rooms := []*mailroom{join().furnished(), join(), join()}
	const mails = 20
	ctx, stop := context.WithCancel(t.Context())
	var work, receive sync.WaitGroup
	for n, r := range rooms {
		for _, part := range []func(context.Context) error{r.DB.Run, r.Events.Run, r.Jobs.Run} {
			work.Go(func() { part(ctx) })
		}
		receive.Go(func() {
			for i := range mails {
				raw := letter(fmt.Sprintf("Token %d", i), from(fmt.Sprintf("s%d@mail.example", i%3), fmt.Sprintf("%d@mail.example", i), "s")...)
				if _, err := r.Receive(ctx, Envelope{Source: "imap:shared", Copy: fmt.Sprint(i)}, strings.NewReader(raw)); err != nil {
					t.Error(err)
				}
				if _, err := r.Receive(ctx, Envelope{Source: fmt.Sprint("imap:own", n), Copy: fmt.Sprint(i)}, strings.NewReader("Received: by another way\r\n"+raw)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	defer work.Wait()
	defer stop()
	receive.Wait()
	for looks := time.NewTicker(5 * time.Millisecond); ; <-looks.C {
		if s, err := rooms[0].Jobs.Stats(t.Context()); err != nil || s.Due+s.Running+s.Waiting == 0 {
			must(t, err)
			break
		}
	}
	times := map[string]int{}
	for _, x := range rooms[0].tickets() {
		times[rooms[0].talk(x.ID)]++
	}
	for i := range mails {
		if said := fmt.Sprintf("end_user: Token %d\n", i); times[said] != 1 {
			t.Errorf("mail %d is there %d times", i, times[said])
		}
	}
	if held := rooms[0].inQuarantine(); len(times) != mails || len(held) > 0 {
		t.Errorf("there are %d conversations, and %d mails are held", len(times), len(held))
	}
}
