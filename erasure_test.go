package frontdesk_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// personal are the names of the collections that hold end users' data. Any other
// one says why it holds none.
func personal(t *testing.T) (names []string) {
	t.Helper()
	for _, c := range frontdesk.Collections() {
		v := reflect.ValueOf(c).Elem()
		name := v.FieldByName("Name").String()
		switch has := !v.FieldByName("Subjects").IsNil() && !v.FieldByName("Erase").IsNil(); {
		case has:
			names = append(names, name)
		case v.FieldByName("Impersonal").String() == "":
			t.Errorf("%s says neither whose data it holds nor why it holds none", name)
		}
	}
	return names
}

// holds is what a collection has of a person, as JSON.
func (p *planter) holds(coll string, subjects ...string) string {
	p.t.Helper()
	var all strings.Builder
	for doc, err := range p.DB.Personal(p.t.Context(), coll, subjects...) {
		p.must(err)
		b, err := json.Marshal(doc.Shown)
		p.must(err)
		all.Write(append(b, '\n'))
	}
	return all.String()
}

// covered makes sure that something was planted in every collection that can hold
// it: whoever adds a collection plants there, too.
func (p *planter) covered(e *person) {
	p.t.Helper()
	for _, name := range personal(p.t) {
		text, found := p.holds(name, e.id), false
		if name == "rule_attendance" || name == "article_view" || name == "email_writer" { // which hold nothing but when he came, what he read, and that he wrote
			found = text != ""
		}
		for _, mark := range e.marks {
			found = found || strings.Contains(text, mark)
		}
		if !found {
			p.t.Errorf("nothing is planted in collection %s", name)
		}
	}
}

// After an erasure not one byte of what was erased is in any file of the desk, and
// all of everybody else is.
func TestErasureLeavesNotOneByte(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	d := open(t, frontdesk.Config{Path: path, Mail: email.Options{Sender: email.Directory(t.TempDir())}})
	p := furnish(t, d)
	eve, bob := p.plant(), p.plant()
	p.covered(eve)
	p.must(p.Search.Compact(t.Context())) // bleve writes files when it finds the time
	everywhere := func() []place {
		return slices.Concat(files(t, path), files(t, path+".files"), files(t, path+".search"), segments(t, path+".search"), files(t, path+".search.faq"))
	}
	all := func(who *person, where map[string]string) {
		t.Helper()
		for what := range who.marks {
			if where[what] == "" && !strings.HasPrefix(what, "gone.") {
				t.Errorf("%s wasn't found", what)
			}
		}
	}
	for what, places := range map[string][]place{
		"store":  files(t, path),
		"blob":   files(t, path+".files"),
		"search": segments(t, path+".search"),
	} {
		found := where(places, eve.marks)
		t.Logf("%s: %d marks of %d", what, len(found), len(eve.marks))
		for mark := range eve.marks {
			want := what == "store" && !strings.HasPrefix(mark, "blob.") && !strings.HasPrefix(mark, "gone.") || strings.HasPrefix(mark, what+".") || what == "search" && searched[mark]
			if want && found[mark] == "" {
				t.Errorf("%s isn't in the %s", mark, what)
			}
		}
	}
	bobs := map[string]string{}
	for _, name := range personal(t) {
		bobs[name] = p.holds(name, bob.id)
	}

	_, err := p.People.Erase(t.Context(), frontdesk.Host(), eve.id)
	p.must(err)
	p.drain()
	p.must(p.Compact(t.Context()))

	if left := where(everywhere(), eve.marks); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	all(bob, where(everywhere(), bob.marks))
	for _, name := range personal(t) {
		if diff := cmp.Diff(bobs[name], p.holds(name, bob.id)); diff != "" {
			t.Errorf("%s of somebody else: %s", name, diff)
		}
	}
	p.forgotten(eve)
	p.must(d.Close())
	if left := where(everywhere(), eve.marks); len(left) > 0 {
		t.Errorf("left after closing: %v", left)
	}
	all(bob, where(everywhere(), bob.marks))
}

// searched are the marks by which tickets are found.
var searched = map[string]bool{"end_user.user_id": true, "end_user.name": true, "end_user.email": true, "end_user.phone": true, "end_user.identity": true,
	"ticket.title": true, "message.text": true, "message.reply": true, "message.note": true, "ticket.copied": true, "ticket.field": true,
	"ticket.personal field": true, "message.merged": true, "message.split": true, "message.abroad": true}

// forgotten looks at what is left of somebody.
func (p *planter) forgotten(e *person) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	state, err := p.People.Erasure(ctx, host, e.id)
	p.must(err)
	if state.Done.IsZero() || state.Documents == 0 {
		p.t.Errorf("erasure %+v", state)
	}
	if left := p.holds("rule_attendance", e.id); left != "" {
		p.t.Errorf("when he came is known: %s", left)
	}
	for _, id := range e.tickets {
		tk, err := p.Tickets.Get(ctx, host, id)
		p.must(err)
		if !tk.Erased || tk.EndUser != e.id || tk.Number == 0 {
			p.t.Errorf("left of a ticket: %+v", tk)
		}
		ms, _, err := p.Tickets.Messages(ctx, host, id, 0, 0, 100)
		p.must(err)
		if tk.Counts != (ticket.Counts{}) && len(ms) == 0 {
			p.t.Errorf("ticket %s counts %+v and has no messages", id, tk.Counts)
		}
	}
	bs, _, err := p.People.Bans(ctx, host, "", 10)
	p.must(err)
	var kinds []string
	for _, b := range bs {
		if b.Value == "" && b.Reason == "" && b.EndUser == "" {
			kinds = append(kinds, string(b.Kind))
		}
	}
	if slices.Sort(kinds); !slices.Equal(kinds, []string{"domain", "email", "end_user"}) {
		p.t.Errorf("bans that are blank: %v", kinds)
	}
	q, err := p.Tickets.QuickReply(ctx, host, "dear")
	p.must(err)
	if got := p.content(q.Attachments[0].ID); got != "our terms, which stay" {
		p.t.Errorf("the quick reply's file says %q", got)
	}
	es, err := p.Events.Since(ctx, p.DB, 0, 10_000)
	p.must(err)
	told := map[string]int{}
	for _, ev := range es {
		if ev.Owner == e.id {
			told[ev.Type]++
			if len(ev.Personal) > 0 {
				p.t.Errorf("event %s says %s", ev.Type, ev.Personal)
			}
		}
	}
	if told[identity.Erasing] != 1 || told[identity.Erased] != 1 || told[ticket.Erased] != len(e.tickets) {
		p.t.Errorf("events %v of %d tickets", slices.Sorted(maps.Keys(told)), len(e.tickets))
	}
}
