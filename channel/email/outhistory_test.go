package email

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Whatever servers say, and however often: each recipient has each message once, or the
// message says that its end user hasn't, and those of a ticket come in order, but for what
// was sent again.
func TestOutHistories(t *testing.T) {
	t.Parallel()
	d := openOutDesk(t, memstore.New(), &post{}, false)
	rapid.Check(t, func(r *rapid.T) {
		d.post.refuse = nil // what an earlier history left
		d.forward(61 * time.Minute)
		d.drain()
		d.post.raw()
		has := map[string]int{} // by message and address
		order := map[string]int64{}
		again := map[string]bool{}
		says := func() error { return nil }
		d.post.refuse = func(o Outgoing) error {
			err := says()
			refused, _ := err.(*SendError)
			for _, a := range o.To {
				if err == nil || refused != nil && slices.Contains(refused.Taken, a) {
					has[o.ID+" "+a]++
				}
			}
			return err
		}
		type sentOut struct {
			ticket string
			seq    int64
			id     string
		}
		var all []sentOut
		tickets := []string{d.ask("One?").ID, d.ask("Two?").ID}
		_, err := d.Tickets.Edit(t.Context(), d.ann, tickets[0], ticket.Edit{Copied: &[]string{"tom@mail.example"}})
		d.must(err)
		answers := map[string]error{
			"taken": nil, "not yet": &SendError{Code: 451, Reason: "later"}, "never": &SendError{Permanent: true, Code: 550, Reason: "no"},
			"not by him": &SendError{Code: 451, Reason: "later", Taken: []string{"tom@mail.example"}}, "down": fmt.Errorf("no route"),
			"by him alone": &SendError{Code: 451, Reason: "later", Taken: []string{"eve@mail.example"}},
		}
		modes := []string{"taken", "not yet", "never", "not by him", "by him alone", "down"}
		r.Repeat(map[string]func(*rapid.T){
			"reply": func(r *rapid.T) {
				id := rapid.SampledFrom(tickets).Draw(r, "ticket")
				m := d.reply(id, ticket.Draft{Text: "There."})
				all = append(all, sentOut{id, m.Seq, messageID(m.ID(), "a@shop.example")})
			},
			"the server says": func(r *rapid.T) {
				mode := rapid.SampledFrom(modes).Draw(r, "mode")
				says = func() error { return answers[mode] }
			},
			"time": func(r *rapid.T) { d.forward(time.Duration(rapid.IntRange(1, 90).Draw(r, "minutes")) * time.Minute) },
			"work": func(*rapid.T) { d.drain() },
			"again": func(r *rapid.T) {
				if len(all) == 0 {
					return
				}
				m := rapid.SampledFrom(all).Draw(r, "message")
				failed := d.failure(m.ticket, m.seq) != ""
				if err := d.Resend(t.Context(), d.ann, m.ticket, m.seq); (err == nil) != failed {
					r.Fatalf("sent again: %v", err)
				}
				again[m.id] = again[m.id] || failed
			},
		})
		says = func() error { return nil }
		d.drain()
		d.forward(61 * time.Minute)
		d.drain()
		for _, m := range all {
			failed := d.failure(m.ticket, m.seq) != ""
			if n := has[m.id+" eve@mail.example"]; n > 1 || n == 0 && !failed || n == 1 && failed {
				r.Errorf("message %d: %d times at the end user's, failed %v", m.seq, n, failed)
			}
			if n := has[m.id+" tom@mail.example"]; n > 1 {
				r.Errorf("message %d: %d times in copy", m.seq, n)
			}
		}
		for _, p := range d.post.raw() {
			i := slices.IndexFunc(all, func(m sentOut) bool { return m.id == p.ID })
			if m := all[i]; !again[m.id] {
				if m.seq < order[m.ticket] {
					r.Errorf("message %d went out behind %d", m.seq, order[m.ticket])
				}
				order[m.ticket] = m.seq
			}
		}
	})
}
