package main

import (
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The shop's help center is complete in English, and in the others what is missing is
// missing on purpose. What readers did is counted.
func TestTheShopsArticles(t *testing.T) {
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { desk.Close() })
	if err := furnish(t.Context(), desk, "a secret that is long enough to be one", extras{articles: true}); err != nil {
		t.Fatal(err)
	}
	shelves, _, err := desk.FAQ.Home(t.Context(), faq.Viewer{App: ticket.DefaultApp, Platform: "webchat", Languages: []string{"de"}}, 20, "", 50)
	if err != nil || len(shelves) != 5 {
		t.Fatalf("%d sections, %v", len(shelves), err)
	}
	n := 0
	for _, s := range shelves {
		for _, i := range s.Items {
			n++
			if i.Title == "" || i.Article.Audience == faq.StaffOnly {
				t.Errorf("%+v is shown", i)
			}
		}
	}
	// Of 26, one is staff's, one a draft, and one for those who are signed in.
	if n != 23 || shelves[0].Name != "Bestellung und Lieferung" || shelves[0].Items[0].Title != "Wie lange dauert die Lieferung?" {
		t.Errorf("%d articles, %s: %s", n, shelves[0].Name, shelves[0].Items[0].Title)
	}
	missing, _, err := desk.FAQ.MissingTranslations(t.Context(), host, ticket.DefaultApp, "", "", 200)
	count := map[string]int{}
	for _, m := range missing {
		for _, l := range m.Missing {
			count[l]++
		}
	}
	if err != nil || count["en"] != 0 || count["de"] != 1 || count["ja"] != 6 {
		t.Errorf("missing %v, %v", count, err)
	}
	for {
		done, err := desk.Events.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if done == 0 {
			break
		}
	}
	most, _, err := desk.FAQ.MostViewed(t.Context(), host, ticket.DefaultApp, "", 1)
	if err != nil || len(most) != 1 || most[0].Article.External != "where-is-my-parcel" || most[0].Figures.Views != 31 || most[0].Figures.Helpful != 9 {
		t.Errorf("most viewed %+v, %v", most, err)
	}
	gaps, _, err := desk.FAQ.Gaps(t.Context(), host, ticket.DefaultApp, "", 10)
	if err != nil || len(gaps) != 4 || gaps[0].Text != "matcha" || gaps[0].Count != 3 {
		t.Errorf("gaps %+v, %v", gaps, err)
	}
}
