package email

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// modelTicket is what the test knows of a ticket.
type modelTicket struct {
	id     string
	owner  int // a person
	copied map[string]bool
	into   *modelTicket // that it was merged into
}

func (x *modelTicket) end() *modelTicket {
	for x.into != nil {
		x = x.into
	}
	return x
}

// history is a desk to which people write at random, and where their mails belong.
type history struct {
	r       *mailroom
	n       int
	persons []int // who a person is now, after merges
	users   []string
	tickets []*modelTicket
	mails   map[string]*modelTicket // by Message-ID
	ids     []string
	token   string
}

func personAddress(i int) string { return fmt.Sprintf("p%d@mail.example", i) }

// may says whether a person may write on a ticket.
func (h *history) may(i int, x *modelTicket) bool {
	if h.persons[i] == h.persons[x.owner] {
		return true
	}
	for ; x != nil; x = x.into {
		if x.copied[personAddress(i)] {
			return true
		}
	}
	return false
}

func (h *history) pick(t *rapid.T, name string) *modelTicket {
	return h.tickets[rapid.IntRange(0, len(h.tickets)-1).Draw(t, name)]
}

// write has somebody send a mail, and looks where it went.
func (h *history) write(t *rapid.T) {
	i := rapid.IntRange(0, len(h.persons)-1).Draw(t, "who")
	h.n++
	h.token = fmt.Sprintf("Text %d.", h.n)
	id := fmt.Sprintf("m%d@mail.example", h.n)
	lines := []string{"From: " + personAddress(i), "Message-ID: <" + id + ">"}
	to, subject := []string{"help@shop.example"}, "Hello"
	var places []*modelTicket // where it may belong, in order
	var refs, subjects []*modelTicket
	if len(h.tickets) > 0 && rapid.Bool().Draw(t, "tag") {
		x := h.pick(t, "tagged")
		kind := rapid.SampledFrom([]tagKind{forReplies, forReports}).Draw(t, "kind")
		to = append(to, h.r.tagged("help@shop.example", tag{kind, x.id, 1}))
		places = append(places, x)
	}
	known := func(name string) (list string) {
		for range rapid.IntRange(0, 3).Draw(t, name) {
			ref := "unknown@mail.example"
			if len(h.ids) > 0 && rapid.Bool().Draw(t, "known") {
				ref = rapid.SampledFrom(h.ids).Draw(t, "ref")
				refs = append(refs, h.mails[ref])
			}
			list += " <" + ref + ">"
		}
		return list
	}
	lines = append(lines, "In-Reply-To:"+known("replies"))
	at := len(refs)
	lines = append(lines, "References:"+known("references"))
	slices.Reverse(refs[at:]) // the nearest one is the last
	if len(h.tickets) > 0 && rapid.Bool().Draw(t, "number") {
		x := h.pick(t, "numbered")
		subject = fmt.Sprintf("Re: Hello [#%d]", h.r.ticket(x.id).Number)
		subjects = append(subjects, x)
	}
	places = append(places, refs...)
	knows := slices.ContainsFunc(places, func(x *modelTicket) bool { return h.may(i, x) })
	guessed := !knows && slices.ContainsFunc(subjects, func(x *modelTicket) bool { return h.may(i, x) })
	places = append(places, subjects...)
	cc := rapid.SliceOfN(rapid.IntRange(0, len(h.persons)-1), 0, 2).Draw(t, "cc")
	for _, c := range cc {
		to = append(to, personAddress(c))
	}
	d := h.r.gets(letter(h.token, append(lines, "To: "+strings.Join(to, ", "), "Subject: "+subject)...), Envelope{})
	h.check(t, i, d, places)
	x := h.byID(d.Ticket)
	for _, c := range cc {
		if !guessed {
			x.copied[personAddress(c)] = true
		}
	}
	h.ids = append(h.ids, id)
	h.mails[id] = x
	h.users[i] = d.EndUser
}

func (h *history) byID(id string) *modelTicket {
	return h.tickets[slices.IndexFunc(h.tickets, func(x *modelTicket) bool { return x.id == id })]
}

func (h *history) check(t *rapid.T, i int, d *Received, places []*modelTicket) {
	if d.State != StateDone {
		t.Fatalf("the mail is %+v", d)
	}
	for _, x := range places {
		if h.may(i, x) {
			if want := x.end(); d.Ticket != want.id {
				t.Fatalf("the mail of %d went to %s, not to %s", i, d.Ticket, want.id)
			}
			return
		}
	}
	if slices.ContainsFunc(h.tickets, func(x *modelTicket) bool { return x.id == d.Ticket }) {
		t.Fatalf("the mail of %d went to a ticket where it doesn't belong", i)
	}
	fresh := h.r.ticket(d.Ticket)
	h.tickets = append(h.tickets, &modelTicket{id: d.Ticket, owner: i, copied: map[string]bool{}})
	var links []ticket.Link
	if len(places) > 0 {
		links = []ticket.Link{{Kind: ticket.Related, Ticket: places[0].id}}
	}
	if !slices.Equal(fresh.Links, links) {
		t.Fatalf("the new ticket is linked to %v, want %v", fresh.Links, links)
	}
}

// Whatever people wrote before, and whoever was merged into whom: a mail goes where the
// first thing that it names leads among what its sender may write on, and nowhere else.
func TestHistories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := openRoom(t, memstore.New(), Options{PerSender: -1})
		defer r.DB.Close()
		h := &history{r: r, persons: []int{0, 1, 2, 3}, users: make([]string, 4), mails: map[string]*modelTicket{}}
		for range rapid.IntRange(3, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				h.mergeTickets(rt)
			case 1:
				h.mergePeople(rt)
			case 2:
				h.send(rt)
			case 3:
				if len(h.tickets) > 0 {
					if x := h.pick(rt, "resolved"); x.into == nil {
						_, err := r.Tickets.Resolve(t.Context(), host, x.id)
						must(t, err)
					}
				}
			default:
				h.write(rt)
			}
		}
	})
}

// send has an agent write, whose mail is known from then on.
func (h *history) send(t *rapid.T) {
	if len(h.tickets) == 0 {
		return
	}
	x := h.pick(t, "answered")
	h.n++
	id := fmt.Sprintf("out%d@shop.example", h.n)
	must(h.r.t, h.r.DB.Update(h.r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return h.r.know(ctx, tx, known{ID: id, Ticket: x.id, Seq: 1, EndUser: h.users[x.owner], Out: true})
	}))
	h.ids = append(h.ids, id)
	h.mails[id] = x
}

func (h *history) mergeTickets(t *rapid.T) {
	if len(h.tickets) == 0 {
		return
	}
	a, b := h.pick(t, "source"), h.pick(t, "target")
	if a == b || a.into != nil || b.into != nil || h.persons[a.owner] != h.persons[b.owner] || !h.r.ticket(b.id).Status.Open() {
		return
	}
	_, _, err := h.r.Tickets.Merge(h.r.t.Context(), host, a.id, b.id, nil)
	must(h.r.t, err)
	a.into = b
}

func (h *history) mergePeople(t *rapid.T) {
	i, j := rapid.IntRange(0, len(h.persons)-1).Draw(t, "from"), rapid.IntRange(0, len(h.persons)-1).Draw(t, "into")
	if h.persons[i] == h.persons[j] || h.users[i] == "" || h.users[j] == "" {
		return
	}
	now := func(k int) *identity.EndUser {
		u, err := h.r.People.EndUser(h.r.t.Context(), h.users[k])
		must(h.r.t, err)
		return u
	}
	if now(i).UserID != "" {
		return // by which he would be there again
	}
	into := now(j)
	if into.UserID == "" {
		var err error
		into, err = h.r.People.Save(h.r.t.Context(), host, identity.Profile{UserID: fmt.Sprint("user ", h.n, j)})
		must(h.r.t, err)
	}
	for _, k := range []int{j, i} {
		if from := now(k); from.ID != into.ID && from.UserID == "" {
			_, err := h.r.People.MergeEndUsers(h.r.t.Context(), host, from.ID, into.ID)
			must(h.r.t, err)
		}
	}
	h.r.work()
	was := h.persons[i]
	for k := range h.persons {
		if h.persons[k] == was {
			h.persons[k] = h.persons[j]
		}
	}
}
