package ticket_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// An agent's client that repeats what it sent gets the same message, wherever that
// went meanwhile: by a merge, back again, and by a split.
func TestStaffRepeatsWhatMoved(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		q := d.quick(t, host, &ticket.QuickReply{Title: "Thanks", Texts: []ticket.ReplyText{{Text: "Thank you."}}})
		sends := map[string]func(id, client string) (*ticket.Ticket, *ticket.Message, error){
			"reply": func(id, client string) (*ticket.Ticket, *ticket.Message, error) {
				return d.tickets.Reply(t.Context(), ann, id, ticket.Draft{Text: "Yes.", ClientID: client})
			},
			"note": func(id, client string) (*ticket.Ticket, *ticket.Message, error) {
				return d.tickets.Note(t.Context(), ann, id, ticket.Draft{Text: "No.", ClientID: client})
			},
			"quick reply": func(id, client string) (*ticket.Ticket, *ticket.Message, error) {
				return d.tickets.SendQuickReply(t.Context(), ann, id, q.ID, ticket.Draft{ClientID: client})
			},
		}
		for name, send := range sends {
			a, b := d.fresh(t, "1"), d.fresh(t, "2")
			_, early, err := send(a.ID, "early")
			must(t, err)
			_, part, err := d.tickets.Split(t.Context(), ann, a.ID, []int64{early.Seq}, "")
			must(t, err)
			_, _, err = d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil)
			must(t, err)
			_, late, err := send(a.ID, "late")
			must(t, err)
			again := func(when string) {
				t.Helper()
				for client, first := range map[string]*ticket.Message{"early": early, "late": late} {
					tk, m, err := send(a.ID, client)
					if must(t, err); m.ID() != first.ID() || tk.ID != m.Ticket {
						t.Errorf("%s, %s: %s repeated is %s on %s, was %s", name, when, client, m.ID(), tk.ID, first.ID())
					}
				}
			}
			again("merged")
			_, _, err = d.tickets.Unmerge(t.Context(), ann, a.ID)
			must(t, err)
			again("undone")
			_, _, err = d.tickets.Reply(t.Context(), bob, a.ID, ticket.Draft{Text: "Yes.", ClientID: "early"})
			is(t, err, store.ErrKeyReused)
			_, _, err = d.tickets.Merge(t.Context(), ann, part.ID, b.ID, nil)
			must(t, err)
			again("merged elsewhere")
		}
	})
}

// Clients send everything twice at once while tickets are merged, split and merged
// back: all of it is there once, and what tickets tell of their messages is true.
func TestRepeatsWhileTicketsMove(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := open(t, s, nil)
		tickets := []*ticket.Ticket{d.fresh(t, "first 0"), d.fresh(t, "first 1"), d.fresh(t, "first 2")}
		const rounds = 30
		var clients, mover sync.WaitGroup
		stop := make(chan struct{})
		for twin := range 2 {
			clients.Go(func() {
				for i := range rounds {
					in := d.inbound(tickets[i%3].ID, fmt.Sprint("in ", i))
					in.ClientID = fmt.Sprint("in ", i)
					if i%5 == 4 {
						in.Ticket = "" // he doesn't know any more where
					}
					if _, err := d.tickets.Write(t.Context(), in); err != nil {
						t.Errorf("twin %d writes %d: %v", twin, i, err)
					}
				}
			})
			clients.Go(func() {
				for i := range rounds {
					out := ticket.Draft{Text: fmt.Sprint("out ", i), ClientID: fmt.Sprint("out ", i)}
					if _, _, err := d.tickets.Reply(t.Context(), ann, tickets[i%3].ID, out); err != nil {
						t.Errorf("twin %d replies %d: %v", twin, i, err)
					}
				}
			})
		}
		mover.Go(func() {
			r := rand.New(rand.NewPCG(1, 2))
			for {
				select {
				case <-stop:
					return
				default:
				}
				d.disturb(t, r, tickets)
			}
		})
		clients.Wait()
		close(stop)
		mover.Wait()
		d.allOnce(t, rounds)
	})
}

// disturb merges, undoes or splits one of the tickets, or leaves it as it is where
// that can't be.
func (d *desk) disturb(t *testing.T, r *rand.Rand, tickets []*ticket.Ticket) {
	a, b := tickets[r.IntN(3)].ID, tickets[r.IntN(3)].ID
	var err error
	switch r.IntN(4) {
	case 0, 1:
		_, _, err = d.tickets.Merge(t.Context(), bob, a, b, nil)
	case 2:
		_, _, err = d.tickets.Unmerge(t.Context(), bob, a)
	default:
		ms, _, _ := d.tickets.Messages(t.Context(), bob, a, 0, 0, 3)
		if len(ms) > 0 {
			_, _, err = d.tickets.Split(t.Context(), bob, a, []int64{ms[len(ms)-1].Seq}, "")
		}
	}
	if err != nil && !errors.Is(err, store.ErrValue) {
		t.Errorf("moving: %v", err)
	}
}

// allOnce looks at everything that the end user has.
func (d *desk) allOnce(t *testing.T, rounds int) {
	t.Helper()
	seen := map[string]int{}
	for after := ""; ; {
		ts, next, err := d.tickets.OfEndUser(t.Context(), host, d.eve, after, 50)
		must(t, err)
		for _, tk := range ts {
			var n ticket.Counts
			for _, m := range d.messages(t, host, tk.ID) {
				if seen[m.Text]++; m.Author.Kind == event.EndUser {
					n.Inbound++
				} else {
					n.Agent++
				}
			}
			if n != tk.Counts {
				t.Errorf("ticket %d counts %+v, has %+v", tk.Number, tk.Counts, n)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	for i := range rounds {
		for _, text := range []string{fmt.Sprint("in ", i), fmt.Sprint("out ", i)} {
			if seen[text] != 1 {
				t.Errorf("%q is there %d times", text, seen[text])
			}
		}
	}
}
