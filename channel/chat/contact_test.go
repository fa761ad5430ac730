package chat_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func (d *library) rule(rule ticket.ContactUs) {
	d.t.Helper()
	d.platform(func(_ *ticket.App, p *ticket.Platform) { p.ContactUs = rule })
}

// told is what a new session of the device says of contact.
func (c *client) contact() any {
	c.d.t.Helper()
	return c.begin(nil).Config["contact"]
}

// closed fails unless the desk refuses to begin a conversation, and keeps nothing of it.
func (c *client) closed(when string) {
	c.d.t.Helper()
	for _, m := range []map[string]any{
		{"client_id": "closed " + when, "text": "hello"},
		{"client_id": "closed anew " + when, "text": "hello", "new": true},
		{"client_id": "closed typed " + when, "text": "hello", "platform": "ios", "contact": "open", "new": 7},
	} {
		if a := c.post("messages", m); a.Status != http.StatusForbidden || a.Code != "contact_closed" {
			c.d.t.Errorf("%s: %d %s", when, a.Status, a.Body)
		}
	}
}

func TestContactNever(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		id := d.article(map[string]string{"en": "Track a parcel"})
		ann := d.visit("ann", nil)
		open := ann.sent("1", "hello").Conversation.ID
		d.rule(ticket.NeverContact)
		if again := ann.sent("1", "hello"); again.Conversation.ID != open {
			t.Error("a repetition is refused")
		}
		if a := ann.sent("2", "and more"); a.Conversation.ID != open {
			t.Error("an open conversation doesn't go on")
		}
		bob := d.visit("bob", nil)
		bob.opens(id, "")
		bob.votes(id, false)
		bob.search("helicopter")
		bob.closed("never")
		if got := bob.get("conversations"); len(got.Conversations) != 0 {
			t.Errorf("conversations: %s", got.Body)
		}
		if got := bob.contact(); got != "never" {
			t.Errorf("session says %v", got)
		}
	})
}

func TestContactAfterFAQs(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		d.rule(ticket.AfterFAQs)
		id := d.article(map[string]string{"en": "Track a parcel"})
		ann := d.visit("ann", nil)
		if got := ann.contact(); got != "after_faqs" {
			t.Errorf("session says %v", got)
		}
		ann.closed("at first")
		if p := ann.faq("/articles/" + id); p.Status != http.StatusOK {
			t.Errorf("article: %+v", p)
		}
		ann.faq("/search?typing=1&q=helicopter")
		if p := ann.search("parcel"); p.Contact != "after_faqs" {
			t.Errorf("found: %+v", p)
		}
		ann.closed("after a list and a search")
		if p := ann.opens("nothing", ""); p.Status != http.StatusNotFound {
			t.Errorf("view of nothing: %+v", p)
		}
		ann.closed("after opening what there isn't")
		if p := ann.opens(id, ""); p.Contact != "open" {
			t.Errorf("view: %+v", p)
		}
		if got := ann.contact(); got != "open" {
			t.Errorf("session says %v", got)
		}
		d.visit("cem", nil).closed("somebody else has read it")
		d.clock.add(24 * time.Hour)
		ann.begin(nil)
		ann.sent("1", "hello")

		bob := d.visit("bob", nil)
		if p := bob.search("helicopter"); p.Contact != "open" {
			t.Errorf("in vain: %+v", p)
		}
		d.clock.add(24*time.Hour + time.Second)
		bob.begin(nil)
		bob.closed("a day later")
		bob.search("helicopter")
		bob.sent("1", "hello")
	})
}

func TestContactAfterUnhelpful(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		d.rule(ticket.AfterUnhelpful)
		id := d.article(map[string]string{"en": "Track a parcel"})
		ann := d.visit("ann", nil)
		ann.opens(id, "")
		ann.search("helicopter")
		ann.closed("after reading")
		if p := ann.votes(id, true); p.Contact != "after_unhelpful" {
			t.Errorf("helpful: %+v", p)
		}
		ann.closed("after helpful")
		if p := ann.votes(id, false); p.Contact != "open" {
			t.Errorf("unhelpful: %+v", p)
		}
		ann.sent("1", "hello")
		bob := d.visit("bob", nil)
		bob.votes(id, false)
		bob.votes(id, nil)
		bob.closed("taken back")
	})
}

// What is there goes on by its own rules; what would begin anew is refused.
func TestContactOfWhatIsThere(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		ctx := t.Context()
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		d.reply(id, "there you are")
		_, err := d.Tickets.Resolve(ctx, d.mira, id)
		d.must(err)
		d.rule(ticket.NeverContact)
		if a := ann.post("messages", map[string]any{"client_id": "2", "text": "not yet", "conversation": id}); a.Conversation.ID != id || a.Conversation.Status != "open" {
			t.Errorf("it isn't reopened: %s", a.Body)
		}
		_, err = d.Tickets.Resolve(ctx, d.mira, id)
		d.must(err)
		d.clock.add(8 * 24 * time.Hour)
		ann.begin(nil)
		if a := ann.post("messages", map[string]any{"client_id": "3", "text": "a week later", "conversation": id}); a.Status != http.StatusForbidden || a.Code != "contact_closed" {
			t.Errorf("follow-up: %d %s", a.Status, a.Body)
		}

		// One that staff has begun has no message of his yet.
		begun, err := d.Tickets.Create(ctx, ticket.New{Actor: system(), EndUser: ann.id, App: ticket.DefaultApp, Platform: "webchat", Channel: "chat"})
		d.must(err)
		if a := ann.sent("4", "yes?"); a.Conversation.ID != begun.ID {
			t.Errorf("it went to %s", a.Conversation.ID)
		}
	})
}

// Who can't do what the rule asks for isn't kept out by it.
func TestContactWithoutArticles(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		d.article(map[string]string{"en": "Lost parcel"}, func(a *faq.Article) { a.Audience = faq.StaffOnly })
		for _, rule := range []ticket.ContactUs{ticket.AfterFAQs, ticket.AfterUnhelpful} {
			d.rule(rule)
			ann := d.visit(string(rule), nil)
			if got := ann.contact(); got != "open" {
				t.Errorf("%s: session says %v", rule, got)
			}
			ann.sent("1", "hello")
		}
		d.rule(ticket.NeverContact)
		d.visit("bob", nil).closed("never")
	})
}

// Who is banned has no say in what helps.
func TestBannedVote(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		id := d.article(map[string]string{"en": "Track a parcel"})
		ann := d.visit("ann", nil)
		ann.opens(id, "")
		_, err := d.People.Ban(t.Context(), frontdesk.Host(), identity.Ban{Kind: identity.BanIP, Value: "127.0.0.1"})
		d.must(err)
		if p := ann.votes(id, true); p.Status != http.StatusForbidden || p.Code != "banned" {
			t.Errorf("vote: %+v", p)
		}
		if p := ann.faq("/articles/" + id); p.Status != http.StatusOK {
			t.Errorf("he may read: %+v", p)
		}
	})
}
