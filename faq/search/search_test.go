package search_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// What is published is found, as it is now, and what isn't any more isn't.
func TestFollowing(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		pay := d.write(t, "Paying by invoice", "Companies get thirty days.")
		d.write(t, "Where is my parcel?", "Look at the tracking page.")
		d.step(t)
		d.finds(t, reader, "invoices", "Paying by invoice")
		d.publish(t, pay.ID, "en", "Paying by card", "We take all of them.")
		d.finds(t, reader, "card") // the index is behind
		d.step(t)
		d.finds(t, reader, "card", "Paying by card")
		d.finds(t, reader, "invoices")
		_, err := d.faq.Unpublish(t.Context(), host, pay.ID, "en")
		must(t, err)
		d.finds(t, reader, "card") // also while the index is behind
		d.step(t)
		d.finds(t, reader, "card")
		_, err = d.faq.Publish(t.Context(), host, pay.ID, "en")
		must(t, err)
		d.step(t)
		d.finds(t, reader, "card", "Paying by card")
		must(t, d.faq.DeleteArticle(t.Context(), host, pay.ID))
		d.finds(t, reader, "card")
		d.step(t)
		d.finds(t, reader, "card")
		d.finds(t, reader, "my package", "Where is my parcel?")
	})
}

// An article is found by those who may see it, and takes nobody else's place.
func TestSight(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "ann", Name: "Ann"}))
		gold, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "gold", Attributes: []identity.Attribute{{Key: "plan", Value: "gold"}}})
		must(t, err)
		iron, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "iron", Attributes: []identity.Attribute{{Key: "plan", Value: "iron"}}})
		must(t, err)
		for i := range 30 {
			d.write(t, fmt.Sprint("Refund refund for staff ", i), "refund", func(a *faq.Article) { a.Audience = faq.StaffOnly })
		}
		d.write(t, "Refund for all", "x")
		d.write(t, "Refund of gold", "x", func(a *faq.Article) {
			a.Audience, a.Condition = faq.Matching, `attribute.plan == "gold"`
		})
		d.write(t, "Refund for members", "x", func(a *faq.Article) { a.Audience = faq.SignedIn })
		d.write(t, "Refund on phones", "x", func(a *faq.Article) { a.Platforms = []string{"ios"} })
		shut := d.section(t, "Old")
		d.write(t, "Refund of old", "x", func(a *faq.Article) { a.Section = shut.ID })
		shut.Archived = true
		must(t, d.faq.SaveSection(t.Context(), host, shut))
		d.step(t)
		as := func(u *identity.EndUser) faq.Viewer {
			v := reader
			v.Actor = event.Actor{Kind: event.EndUser, ID: u.ID}
			return v
		}
		phone := reader
		phone.Platform = "ios"
		staff := faq.Viewer{App: "shop", Actor: event.Actor{Kind: event.Agent, ID: "ann"}}
		for _, c := range []struct {
			who  faq.Viewer
			want int
		}{{reader, 1}, {as(gold), 3}, {as(iron), 2}, {phone, 2}, {staff, 34}} {
			found := d.find(t, c.who, faq.Search{Text: "refund", Limit: 50})
			if len(found.Hits) != c.want {
				t.Errorf("%+v finds %q", c.who, titles(found))
			}
		}
		first := d.find(t, reader, faq.Search{Text: "refund", Limit: 1})
		if len(first.Hits) != 1 || first.Next != "" {
			t.Errorf("what isn't seen takes a place: %+v", first)
		}
		if len(d.find(t, reader, faq.Search{Text: "staff"}).Hits) > 0 {
			t.Error("a word of staff's finds something")
		}
	})
}

// An article is shown once, in the language that serves the viewer best, whichever of
// its languages he searched in.
func TestLanguages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.write(t, "Delete my account", "Settings.")
		d.publish(t, a.ID, "de", "Konto löschen", "Einstellungen.")
		d.publish(t, a.ID, "ja", "アカウントを削除する", "設定から。")
		only := &faq.Article{Section: d.shelf.ID}
		must(t, d.faq.SaveArticle(t.Context(), host, only))
		d.publish(t, only.ID, "de", "Konto eröffnen", "Nur hier.")
		d.step(t)
		german := reader
		german.Languages = []string{"de-AT"}
		d.finds(t, german, "Benutzerkonto löschen", "Konto löschen", "Konto eröffnen")
		d.finds(t, german, "delete", "Konto löschen")
		d.finds(t, reader, "Konto", "Delete my account")
		japanese := reader
		japanese.Languages = []string{"ja"}
		d.finds(t, japanese, "アカウント 削除", "アカウントを削除する")
	})
}

func TestFilters(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		other := d.section(t, "Other")
		d.write(t, "Lamp one", "x", func(a *faq.Article) { a.Tags = []string{"Bulb", "new"} })
		d.write(t, "Lamp two", "x", func(a *faq.Article) { a.Section, a.Tags = other.ID, []string{"bulb"} })
		d.step(t)
		for _, c := range []struct {
			q    faq.Search
			want string
		}{
			{faq.Search{}, "Lamp one,Lamp two"}, {faq.Search{Section: other.ID}, "Lamp two"}, {faq.Search{Tags: []string{"BULB", "new"}}, "Lamp one"},
			{faq.Search{Tags: []string{"nothing"}}, ""}, {faq.Search{Section: "none"}, ""},
		} {
			c.q.Text = "lamp"
			if got := strings.Join(titles(d.find(t, reader, c.q)), ","); got != c.want {
				t.Errorf("%+v finds %q, want %q", c.q, got, c.want)
			}
		}
		elsewhere := reader
		elsewhere.App = "club"
		d.finds(t, elsewhere, "lamp")
	})
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	filler := strings.Repeat("Nothing of interest is said here. ", 20)
	d.write(t, "Returning lamps", filler+"You can return a lamp within 14 days. "+filler)
	d.step(t)
	h := d.find(t, reader, faq.Search{Text: "return lamp"}).Hits[0]
	if got := marked(h.Title, h.Marks); got != "[Returning] [lamps]" {
		t.Errorf("the title is %q", got)
	}
	if len(h.Snippets) != 1 || !strings.Contains(marked(h.Snippets[0].Text, h.Snippets[0].Marks), "You can [return] a [lamp] within") || len(h.Snippets[0].Text) > 300 {
		t.Errorf("snippets %+v", h.Snippets)
	}
	h = d.find(t, reader, faq.Search{Text: "returning"}).Hits[0]
	if len(h.Snippets) == 0 {
		t.Error("no snippet")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	for i := range 25 {
		d.write(t, fmt.Sprintf("Lamp %02d", i), "x")
	}
	d.step(t)
	seen := map[string]bool{}
	q := faq.Search{Text: "lamp", Limit: 10}
	for pages := 0; ; pages++ {
		found := d.find(t, reader, q)
		for _, title := range titles(found) {
			if seen[title] {
				t.Errorf("%s comes twice", title)
			}
			seen[title] = true
		}
		if q.After = found.Next; q.After == "" {
			break
		}
		if pages > 5 {
			t.Fatal("pages without an end")
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d of 25", len(seen))
	}
	first := d.find(t, reader, faq.Search{Text: "lamp", Limit: 1})
	for _, q := range []faq.Search{{Text: "lamps", After: first.Next}, {Text: "lamp", After: "x"}} {
		if _, err := d.ix.Find(t.Context(), reader, q); !errors.Is(err, store.ErrCursor) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	_, err := d.ix.Find(t.Context(), reader, faq.Search{Text: strings.Repeat("x", faq.MaxSearchText+1)})
	if f, ok := errors.AsType[*store.FieldError](err); !ok || f.Limit != faq.MaxSearchText {
		t.Errorf("a text that is too long: %v", err)
	}
	d.find(t, reader, faq.Search{Text: strings.Repeat("x", faq.MaxSearchText)})
	if got := d.find(t, reader, faq.Search{Text: " "}); len(got.Hits) > 0 {
		t.Errorf("nothing finds %q", titles(got))
	}
}

// What answered before is found by the words of who asked, until those are erased.
func TestAnswers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		eve, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		lamp := d.write(t, "Changing the bulb", "Turn it.")
		d.write(t, "Opening hours", "Nine to five.")
		d.step(t)
		d.finds(t, reader, "thingy blinks")
		must(t, d.faq.Remember(t.Context(), host, &faq.Answer{Article: lamp.ID, Language: "en", Text: "my thingy blinks", By: faq.SentByAgent, EndUser: eve.ID}))
		d.step(t)
		d.finds(t, reader, "thingy blinks", "Changing the bulb")
		_, err = d.people.Erase(t.Context(), host, eve.ID)
		must(t, err)
		d.step(t)
		d.finds(t, reader, "thingy blinks")
		must(t, d.ix.Compact(t.Context()))
	})
}

func TestSynonymsOfTheHost(t *testing.T) {
	t.Parallel()
	d := open(t, memstore.New(), &search.Options{Synonyms: []rank.Synonyms{{Language: "en", Words: []string{"moggy", "lamp"}}}})
	d.write(t, "Lamp", "x")
	d.step(t)
	d.finds(t, reader, "moggy", "Lamp")
}

// Somebody who asks what isn't answered is told so.
func TestConfidence(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	for _, title := range []string{"How do I delete my account?", "Where is my parcel?", "How can I pay by invoice?", "How do I change my password?", "When do you open?"} {
		d.write(t, title, "It is easy.")
	}
	d.step(t)
	sure := d.find(t, reader, faq.Search{Text: "how can i delete my account"})
	none := d.find(t, reader, faq.Search{Text: "do you sell green elephants by the dozen"})
	if sure.Confidence < 0.7 || none.Confidence > 0.3 {
		t.Errorf("confidence %.2f of what is answered, %.2f of what isn't", sure.Confidence, none.Confidence)
	}
}
