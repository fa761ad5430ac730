package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is what a test knows of several tickets whose messages move about.
type world struct {
	d       *desk
	tickets []string
	said    map[string]string            // text of every message, by id
	sent    []ticket.Inbound             // by end users, to be repeated
	where   map[string]*ticket.Written   // what came of it, by client id
	before  map[string][]*ticket.Message // of a ticket that was merged, its messages
	parted  bool                         // something was split off
	settled bool                         // a ticket that was resolved went into another one, with questions that wait for nothing
}

// Whatever is merged, split, undone, closed, opened and changed in bulk: each
// message is there exactly once, and what tickets tell of theirs is right.
func TestMessagesAreThereOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		acts := map[string]func(*world, *testing.T, *rapid.T){
			"ask": (*world).ask, "write": (*world).write, "repeat": (*world).repeat, "reply": (*world).reply, "merge": (*world).merge,
			"unmerge": (*world).unmerge, "split": (*world).split, "bulk": (*world).bulk, "read": (*world).read, "give": (*world).give,
		}
		names := []string{"ask", "write", "write", "write", "repeat", "reply", "reply", "merge", "merge", "unmerge", "split", "bulk", "read", "give"}
		cases := 0
		rapid.Check(t, func(rt *rapid.T) {
			if cases++; cases > 25 && !strings.HasSuffix(t.Name(), "memory") {
				return // the rest would say nothing that memory doesn't
			}
			w := &world{d: d, said: map[string]string{}, where: map[string]*ticket.Written{}, before: map[string][]*ticket.Message{}}
			d.eve = d.endUser(t, fmt.Sprint("eve", d.clock.forward(time.Second).UnixNano()))
			w.ask(t, rt)
			w.ask(t, rt)
			for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 20).Draw(rt, "acts") {
				d.clock.forward(time.Minute)
				acts[name](w, t, rt)
				w.check(t, rt, name)
			}
		})
	})
}

func (w *world) any(rt *rapid.T) string { return rapid.SampledFrom(w.tickets).Draw(rt, "ticket") }

func (w *world) add(id string) {
	if !slices.Contains(w.tickets, id) {
		w.tickets = append(w.tickets, id)
	}
}

func (w *world) ask(t *testing.T, rt *rapid.T) { w.send(t, rt, "", true) }

func (w *world) write(t *testing.T, rt *rapid.T) { w.send(t, rt, w.any(rt), false) }

func (w *world) send(t *testing.T, rt *rapid.T, id string, fresh bool) {
	in := w.d.inbound(id, fmt.Sprint("message ", len(w.said)))
	in.Fresh, in.ClientID = fresh, fmt.Sprint("c", len(w.sent))
	got, err := w.d.tickets.Write(t.Context(), in)
	must(t, err)
	w.add(got.Ticket.ID)
	w.said[got.Message.ID()] = in.Text
	w.sent, w.where[in.ClientID] = append(w.sent, in), got
}

// repeat sends again what was sent; it has to be known wherever it is by now.
func (w *world) repeat(t *testing.T, rt *rapid.T) {
	in := rapid.SampledFrom(w.sent).Draw(rt, "message")
	got, err := w.d.tickets.Write(t.Context(), in)
	if err != nil {
		rt.Fatalf("repeat %s on %q: %v", in.ClientID, in.Ticket, err)
	}
	if first := w.where[in.ClientID]; !got.Again || got.Message.ID() != first.Message.ID() {
		rt.Fatalf("repeat %s: again %v, message %s, was %s", in.ClientID, got.Again, got.Message.ID(), first.Message.ID())
	}
}

func (w *world) reply(t *testing.T, rt *rapid.T) {
	text := fmt.Sprint("answer ", len(w.said))
	_, m, err := w.d.tickets.Reply(t.Context(), ann, w.any(rt), ticket.Draft{Text: text, ClientID: text, Reopen: rapid.Bool().Draw(rt, "reopen")})
	if err == nil {
		w.said[m.ID()] = text
	}
}

func (w *world) merge(t *testing.T, rt *rapid.T) {
	from := w.any(rt)
	ms := w.d.messages(t, host, from)
	open := w.d.get(t, from).Status.Open()
	if _, _, err := w.d.tickets.Merge(t.Context(), ann, from, w.any(rt), nil); err == nil {
		w.before[from], w.settled = ms, w.settled || !open
	}
}

// unmerge brings every message back to where it was; what came later stays.
func (w *world) unmerge(t *testing.T, rt *rapid.T) {
	from := w.any(rt)
	if _, _, err := w.d.tickets.Unmerge(t.Context(), ann, from); err != nil {
		return
	}
	places := func(ms []*ticket.Message) (all []string) {
		for _, m := range ms {
			all = append(all, fmt.Sprintf("%d %s %s %v", m.Seq, m.ID(), m.Text, m.Time))
		}
		return all
	}
	want, got := places(w.before[from]), places(w.d.messages(t, host, from))
	for _, gone := range want { // unless somebody split it off meanwhile
		if !slices.Contains(got, gone) && !w.parted {
			rt.Fatalf("after undoing the merge %s lacks %s: %v", from, gone, got)
		}
	}
	if len(got) > len(want) {
		rt.Fatalf("after undoing the merge there is more: %s", cmp.Diff(want, got))
	}
}

func (w *world) split(t *testing.T, rt *rapid.T) {
	id := w.any(rt)
	var seqs []int64
	for _, m := range w.d.messages(t, host, id) {
		if rapid.Bool().Draw(rt, "goes") {
			seqs = append(seqs, m.Seq)
		}
	}
	if _, fresh, err := w.d.tickets.Split(t.Context(), bob, id, seqs, "Another thing"); err == nil {
		w.add(fresh.ID)
		w.parted = true
	}
}

func (w *world) bulk(t *testing.T, rt *rapid.T) {
	action := rapid.SampledFrom([]ticket.Action{
		{Do: ticket.DoResolve}, {Do: ticket.DoReopen}, {Do: ticket.DoSnooze, For: time.Hour}, {Do: ticket.DoWake}, {Do: ticket.DoNote, Text: "All of these."},
		{Do: ticket.DoReply, Text: "Sorry for the outage."}, {Do: ticket.DoPriority, Text: "high"}, {Do: ticket.DoReject},
	}).Draw(rt, "action")
	results, err := w.d.tickets.Bulk(t.Context(), ann, w.tickets, action)
	must(t, err)
	for i, r := range results {
		if r.ID != w.tickets[i] || (r.Err == nil) != (r.Ticket != nil) {
			rt.Fatalf("result %d: %+v", i, r)
		}
		if r.Err != nil || action.Do != ticket.DoNote && action.Do != ticket.DoReply {
			continue
		}
		for _, m := range w.d.messages(t, host, r.Ticket.ID) {
			w.said[m.ID()] = m.Text
		}
	}
}

func (w *world) read(t *testing.T, rt *rapid.T) {
	id := w.any(rt)
	_, err := w.d.tickets.MarkRead(t.Context(), w.d.user(), id, rapid.Int64Range(1, 9).Draw(rt, "up to"))
	must(t, err)
}

func (w *world) give(t *testing.T, rt *rapid.T) {
	_, _ = w.d.tickets.Apply(t.Context(), ann, w.any(rt), rapid.SampledFrom([]ticket.Action{
		{Do: ticket.DoAssign, To: "bob"}, {Do: ticket.DoAssignBot, To: "greeter"}, {Do: ticket.DoUnassign}, {Do: ticket.DoAssignGroup, To: "billing"},
	}).Draw(rt, "to")) // a refusal changes nothing, which check sees
}

// check compares all tickets with their messages, and all messages with what was
// said.
func (w *world) check(t *testing.T, rt *rapid.T, act string) {
	found := map[string]string{}
	for _, id := range w.tickets {
		tk := w.d.get(t, id)
		ms := w.d.messages(t, host, id)
		for _, m := range ms {
			if _, twice := found[m.ID()]; twice {
				rt.Fatalf("after %s: message %s is there twice", act, m.ID())
			}
			found[m.ID()] = m.Text
		}
		if tk.Merged != nil && (len(ms) > 0 || tk.Status.Open() || tk.Snoozed != nil || !tk.WaitingSince.IsZero()) {
			rt.Fatalf("after %s: ticket %s was merged, and is %s with %d messages", act, id, tk.Status, len(ms))
		}
		tallies(rt, act, tk, ms, w.settled)
	}
	if diff := cmp.Diff(w.said, found); diff != "" {
		rt.Fatalf("after %s: %s", act, diff)
	}
}

// tallies compares what a ticket tells of its messages with them.
func tallies(rt *rapid.T, act string, tk *ticket.Ticket, ms []*ticket.Message, settled bool) {
	var counts ticket.Counts
	want := ticket.Marks{Last: tk.Marks.Last, AgentRead: tk.Marks.AgentRead, EndUserRead: tk.Marks.EndUserRead, EndUserGot: tk.Marks.EndUserGot}
	var newest *ticket.Message
	var spoke, endUser, agent time.Time
	for _, m := range ms {
		if m.Seq > tk.Marks.Last {
			rt.Fatalf("after %s: message %d of %d", act, m.Seq, tk.Marks.Last)
		}
		if m.Visible() {
			want.Visible = m.Seq
		}
		if m.Kind != ticket.Public {
			continue
		}
		want.Public = m.Seq
		if newest == nil || !m.Time.Before(newest.Time) {
			newest = m
		}
		switch m.Author.Kind {
		case event.EndUser:
			counts.Inbound++
			want.EndUser, endUser = m.Seq, latest(endUser, m.Time)
		case event.Agent:
			counts.Agent++
			want.Agent, agent = m.Seq, latest(agent, m.Time)
		}
		if m.Author.Kind != event.EndUser && m.Seq > tk.Marks.EndUserRead {
			want.EndUserUnread++
		}
		spoke = latest(spoke, m.Time)
	}
	if diff := cmp.Diff(want, tk.Marks) + cmp.Diff(counts, tk.Counts); diff != "" {
		rt.Fatalf("after %s: %s", act, diff)
	}
	if newest != nil && !strings.HasPrefix(newest.Text, tk.Preview.Text) || newest == nil && tk.Preview.Text != "" {
		rt.Fatalf("after %s: preview %q, newest %+v", act, tk.Preview.Text, newest)
	}
	if !tk.Times.LastEndUser.Equal(endUser) || !tk.Times.LastAgent.Equal(agent) {
		rt.Fatalf("after %s: last end user %v, agent %v; want %v, %v", act, tk.Times.LastEndUser, tk.Times.LastAgent, endUser, agent)
	}
	if wait := tk.WaitingSince; !wait.IsZero() && (!tk.Status.Open() || tk.BotHasIt() || counts.Inbound == 0) {
		rt.Fatalf("after %s: %s, with bot %v and %d messages of the end user, waits", act, tk.Status, tk.BotHasIt(), counts.Inbound)
	}
	if tk.Status == ticket.StatusAgentReplied && !tk.BotHasIt() && endUser.After(agent) && tk.WaitingSince.IsZero() && !settled {
		rt.Fatalf("after %s: the end user spoke last and nobody knows", act)
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
