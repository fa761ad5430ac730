package automation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Conditions know the tags of before, whatever those are called and however many there
// are.
func TestPreviousTags(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		long := []string{"returned, damaged", strings.Repeat("a", 100), strings.Repeat("b", 100), strings.Repeat("c", 100), strings.Repeat("d", 100), strings.Repeat("e", 100)}
		for _, name := range long {
			must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: name}))
		}
		d.rule(t, &automation.Rule{ID: "comma", On: when(automation.EventTags), When: `"returned, damaged" in previous.tags`, Do: do(tag("vip"))})
		d.rule(t, &automation.Rule{ID: "long", On: when(automation.EventTags), When: `"` + long[5] + `" in previous.tags`, Do: do(tag("late"))})
		for name, want := range map[string][]string{"few": {"refund", "vip"}, "many": {"late", "refund", "vip"}} {
			n := d.ask(t, func(n *ticket.New) {
				if n.Tags = long[:1]; name == "many" {
					n.Tags = long
				}
			})
			d.drain(t)
			_, err := d.tickets.Edit(t.Context(), ann, n.ID, ticket.Edit{AddTags: []string{"refund"}, RemoveTags: long})
			must(t, err)
			d.drain(t)
			if is := d.now(t, n.ID).Tags; !slices.Equal(is, want) {
				t.Errorf("%s: %q", name, is)
			}
			es, _, err := d.events.History(t.Context(), d.db, n.ID, "", 50)
			must(t, err)
			at := slices.IndexFunc(es, func(e *event.Event) bool { return e.Type == ticket.Changed && e.Actor == ann })
			edit, ok, err := ticket.EditOf(es[at])
			must(t, err)
			if !ok || !slices.Equal(edit.AddTags, []string{"refund"}) || len(edit.RemoveTags) != map[string]int{"few": 1, "many": 6}[name] {
				t.Errorf("%s: %+v", name, edit)
			}
		}
	})
}
