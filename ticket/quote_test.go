package ticket_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// abroad merges a ticket into another end user's.
func (d *desk) abroad(t testing.TB, source, target string) {
	t.Helper()
	_, _, err := d.tickets.Merge(t.Context(), admin, source, target, &ticket.MergeOptions{Abroad: true})
	must(t, err)
}

// quoted is all that staff reads on a ticket.
func (d *desk) quoted(t testing.TB, id string) string {
	t.Helper()
	return strings.Join(d.texts(t, admin, id), "\n")
}

// A note says whose words it quotes, and of one alone: what he had quoted of a third
// one would stay when that one is erased.
func TestQuotesArentQuoted(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.fresh(t, "swordfish")
		b := d.says(t, d.lone(t, "bea@example.com"), "", "bea's own words").Ticket
		c := d.says(t, d.lone(t, "cem@example.com"), "", "cem's").Ticket
		d.abroad(t, a.ID, b.ID)
		d.abroad(t, b.ID, c.ID)
		if s := d.quoted(t, c.ID); strings.Contains(s, "swordfish") || !strings.Contains(s, "bea's own words") {
			t.Errorf("quoted %q", s)
		}
	})
}

// A quotation is of whoever it was, also when he was merged into somebody since.
func TestRedactReachesQuotesOfMerged(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		old := d.lone(t, "old@example.com")
		a := d.says(t, old, "", "swordfish").Ticket
		c := d.says(t, d.lone(t, "cem@example.com"), "", "cem's").Ticket
		d.abroad(t, a.ID, c.ID)
		d.mergeInto(t, old)
		_, _, err := d.tickets.Redact(t.Context(), admin, a.ID, 1, nil)
		must(t, err)
		if s := d.quoted(t, c.ID); strings.Contains(s, "swordfish") {
			t.Errorf("quoted %q", s)
		}
	})
}

// The name of a file goes from where its conversation is quoted, too.
func TestRedactedFilesArentNamed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		send := func(who event.Actor, names ...string) (*ticket.Written, []string) {
			var ids []string
			for _, name := range names {
				ids = append(ids, d.upload(t, who, name, "x").ID)
			}
			w, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: who.ID, Platform: "webchat", Fresh: true, Draft: ticket.Draft{Text: "see", Attachments: ids}})
			must(t, err)
			return w, ids
		}
		w, ids := send(d.user(), "swordfish.txt", "other.txt", "trout.txt")
		c := d.says(t, d.lone(t, "cem@example.com"), "", "cem's").Ticket
		d.abroad(t, w.Ticket.ID, c.ID)
		_, _, err := d.tickets.RedactAttachment(t.Context(), admin, w.Ticket.ID, 1, ids[0])
		must(t, err)
		if s := d.quoted(t, c.ID); strings.Contains(s, "swordfish") || !strings.Contains(s, "[other.txt]") {
			t.Errorf("quoted %q", s)
		}
		_, _, err = d.tickets.Redact(t.Context(), admin, w.Ticket.ID, 1, &ticket.RedactOptions{Attachments: true})
		must(t, err)
		if s := d.quoted(t, c.ID); strings.Contains(s, "trout") || strings.Contains(s, "other") || strings.Contains(s, "see") {
			t.Errorf("quoted %q", s)
		}
	})
}
