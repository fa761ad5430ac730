package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// shelf finds articles by a word of their title: it stands in for an index.
type shelf struct {
	faq   *faq.Service
	ids   []string
	least float64 // confidence of what it finds
}

func (s *shelf) Find(ctx context.Context, v faq.Viewer, q faq.Search) (*faq.Found, error) {
	pages, err := s.faq.Show(ctx, v, s.ids)
	if err != nil {
		return nil, err
	}
	found := &faq.Found{}
	for _, p := range pages {
		if at := strings.Index(strings.ToLower(p.Title), strings.ToLower(q.Text)); at >= 0 {
			marks := []faq.Mark{{Start: at, End: at + len(q.Text)}}
			found.Hits = append(found.Hits, faq.Hit{Article: p.Article, Language: p.Language, Title: p.Title, Marks: marks, Confidence: s.least,
				Snippets: []faq.Snippet{{Text: p.Title, Marks: marks}}})
			found.Confidence = s.least
		}
	}
	return found, nil
}

// library is a desk with a FAQ that can be searched.
type library struct {
	*desk
	shelf   *shelf
	section string
}

func eachLibrary(t *testing.T, c frontdesk.Config, test func(t *testing.T, d *library)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, store driver.Store) {
		c, s := c, &shelf{least: 0.9}
		c.Store, c.Searcher = store, s
		test(t, newLibrary(newDesk(t, c, false), s))
	})
}

func newLibrary(d *desk, s *shelf) *library {
	s.faq = d.FAQ
	c := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Language: "en", Text: "Parcels"}, {Language: "de", Text: "Pakete"}}}
	d.must(d.FAQ.SaveSection(d.t.Context(), system(), c))
	return &library{desk: d, shelf: s, section: c.ID}
}

// article publishes one, with titles by language.
func (l *library) article(titles map[string]string, edit ...func(*faq.Article)) string {
	l.t.Helper()
	a := &faq.Article{Section: l.section}
	for _, f := range edit {
		f(a)
	}
	l.must(l.FAQ.SaveArticle(l.t.Context(), system(), a))
	for lang, title := range titles {
		_, err := l.FAQ.SaveDraft(l.t.Context(), system(), &faq.Draft{Article: a.ID, Language: lang, Content: faq.Content{Title: title, Body: "About " + title}})
		l.must(err)
		_, err = l.FAQ.Publish(l.t.Context(), system(), a.ID, lang)
		l.must(err)
	}
	l.shelf.ids = append(l.shelf.ids, a.ID)
	return a.ID
}

// page is what answers about the FAQ hold.
type page struct {
	Status   int    `json:"-"`
	Code     string `json:"code"`
	Contact  string `json:"contact"`
	Search   any    `json:"search"` // an id, or whether there is one
	Sections []struct {
		Name     string `json:"name"`
		Articles []struct{ ID, Title string }
	}
	Articles []struct{ ID, Title string }
	Hits     []struct {
		ID, Title string
		Marked    []struct {
			Text string
			Hit  bool
		}
		Confidence float64
	}
	Title, Language, HTML, Text, Opinion string
}

func (a *answer) page(t testing.TB) (p page) {
	t.Helper()
	if err := json.Unmarshal(a.Body, &p); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	p.Status = a.Status
	return p
}

func (c *client) faq(path string) page {
	c.d.t.Helper()
	return c.get("faq" + path).page(c.d.t)
}

func (c *client) search(q string) page { return c.faq("/search?q=" + url.QueryEscape(q)) }

func (c *client) opens(id, search string) page {
	c.d.t.Helper()
	return c.post("faq/articles/"+id+"/view", map[string]any{"search": search}).page(c.d.t)
}

func (c *client) votes(id string, helpful any) page {
	c.d.t.Helper()
	return c.post("faq/articles/"+id+"/vote", map[string]any{"helpful": helpful}).page(c.d.t)
}

func TestFAQ(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		track := d.article(map[string]string{"en": "Track a parcel", "de": "Ein Paket verfolgen"})
		d.article(map[string]string{"en": "Lost parcel"}, func(a *faq.Article) { a.Audience = faq.StaffOnly })
		phone := d.article(map[string]string{"en": "Parcel on the phone"}, func(a *faq.Article) { a.Platforms = []string{"ios"} })
		known := d.article(map[string]string{"en": "Parcel of members"}, func(a *faq.Article) { a.Audience = faq.SignedIn })
		ann := d.visit("ann", nil)
		if home := ann.faq(""); len(home.Sections) != 1 || home.Sections[0].Name != "Parcels" || len(home.Sections[0].Articles) != 1 || home.Search != true || home.Contact != "open" {
			t.Errorf("home: %+v", home)
		}
		if home := ann.faq("?language=de"); home.Sections[0].Name != "Pakete" || home.Sections[0].Articles[0].Title != "Ein Paket verfolgen" {
			t.Errorf("in German: %+v", home)
		}
		if list := ann.faq("/sections/" + d.section); len(list.Articles) != 1 || list.Articles[0].ID != track {
			t.Errorf("section: %+v", list)
		}
		if p := ann.faq("/articles/" + track); p.Title != "Track a parcel" || p.HTML+p.Text == "" || p.Language != "en" {
			t.Errorf("article: %+v", p)
		}
		for _, hidden := range []string{phone, known, d.shelf.ids[1], "nothing"} {
			if p := ann.faq("/articles/" + hidden); p.Status != http.StatusNotFound {
				t.Errorf("article %s: %d", hidden, p.Status)
			}
			if p := ann.opens(hidden, ""); p.Status != http.StatusNotFound {
				t.Errorf("view of %s: %d", hidden, p.Status)
			}
			if p := ann.votes(hidden, true); p.Status != http.StatusNotFound {
				t.Errorf("vote on %s: %d", hidden, p.Status)
			}
		}
		eve := d.visit("eve", signed("eve", ""))
		if p := eve.faq("/articles/" + known); p.Status != http.StatusOK {
			t.Errorf("a member reads: %d", p.Status)
		}
		found := ann.search("parcel")
		if len(found.Hits) != 1 || found.Hits[0].Confidence != 0.9 || found.Search == nil || len(found.Hits[0].Marked) != 2 || !found.Hits[0].Marked[1].Hit || found.Hits[0].Marked[1].Text != "parcel" {
			t.Errorf("found: %+v", found)
		}
		if typing := ann.faq("/search?typing=1&q=par"); len(typing.Hits) != 1 || typing.Search != nil {
			t.Errorf("typing: %+v", typing)
		}
		if p := ann.search(strings.Repeat("x", faq.MaxSearchText+1)); p.Status != http.StatusUnprocessableEntity || p.Code != "too_long" {
			t.Errorf("too long: %+v", p)
		}
		id := found.Search.(string)
		ann.opens(track, id)
		ann.opens(track, id)
		if p := ann.votes(track, true); p.Status != http.StatusOK {
			t.Errorf("vote: %+v", p)
		}
		if p := ann.faq("/articles/" + track); p.Opinion != "yes" {
			t.Errorf("opinion: %+v", p)
		}
		if p := ann.votes(track, nil); p.Status != http.StatusOK || ann.faq("/articles/"+track).Opinion != "" {
			t.Errorf("taken back: %+v", p)
		}
		if a := ann.post("faq/articles/"+track+"/vote", map[string]any{"helpful": false, "comment": strings.Repeat("x", faq.MaxComment+1)}); a.Code != "too_long" {
			t.Errorf("comment: %d %s", a.Status, a.Body)
		}
		ann.search("helicopter")
		ann.faq("/search?typing=1&q=hovercraft")
		_, err := d.Drain(t.Context())
		d.must(err)
		f, err := d.FAQ.Figures(t.Context(), d.mira, track)
		d.must(err)
		if f.Views != 1 || f.Helpful != 0 {
			t.Errorf("figures: %+v", f)
		}
		gaps, _, err := d.FAQ.Gaps(t.Context(), d.mira, ticket.DefaultApp, "", 10)
		d.must(err)
		if len(gaps) != 1 || gaps[0].Text != "helicopter" {
			t.Errorf("gaps: %+v", gaps)
		}
	})
}

// What no article answers well isn't answered, whatever is found.
func TestFAQFoundButUnlikely(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		d.article(map[string]string{"en": "Track a parcel"})
		d.shelf.least = 0.05
		d.visit("ann", nil).search("parcel")
		_, err := d.Drain(t.Context())
		d.must(err)
		gaps, _, err := d.FAQ.Gaps(t.Context(), d.mira, ticket.DefaultApp, "", 10)
		d.must(err)
		if len(gaps) != 1 {
			t.Errorf("gaps: %+v", gaps)
		}
	})
}

func TestFAQOfNothing(t *testing.T) {
	d := newDesk(t, frontdesk.Config{}, false)
	if home := d.visit("ann", nil).faq(""); home.Status != http.StatusOK || len(home.Sections) != 0 || home.Contact != "open" {
		t.Errorf("home: %+v", home)
	}
}

func TestFAQLimit(t *testing.T) {
	eachLibrary(t, frontdesk.Config{Limits: chat.Limits{Reading: chat.Limit{EndUser: chat.Rate{Burst: 2, Every: time.Second}, IP: chat.Rate{Burst: -1}}}}, func(t *testing.T, d *library) {
		ann := d.visit("ann", nil)
		ann.faq("")
		ann.search("x")
		if p := ann.search("x"); p.Status != http.StatusTooManyRequests {
			t.Errorf("third: %+v", p)
		}
		d.clock.add(time.Second)
		if p := ann.search("x"); p.Status != http.StatusOK {
			t.Errorf("a second later: %+v", p)
		}
	})
}

// What is masked in messages isn't kept of searches and comments either.
func TestFAQMasked(t *testing.T) {
	eachLibrary(t, frontdesk.Config{}, func(t *testing.T, d *library) {
		const card = "4111 1111 1111 1111"
		d.platform(func(a *ticket.App, _ *ticket.Platform) { a.Masking = []string{ticket.Cards} })
		id := d.article(map[string]string{"en": "Track a parcel"})
		ann := d.visit("ann", nil)
		ann.search("my card is " + card)
		ann.post("faq/articles/"+id+"/vote", map[string]any{"helpful": false, "comment": "charged " + card})
		_, err := d.Drain(t.Context())
		d.must(err)
		gaps, _, err := d.FAQ.Gaps(t.Context(), d.mira, ticket.DefaultApp, "", 10)
		d.must(err)
		votes, _, err := d.FAQ.Comments(t.Context(), d.mira, id, "", 10)
		d.must(err)
		if len(gaps) != 1 || len(votes) != 1 || strings.Contains(fmt.Sprint(gaps[0], votes[0]), card) {
			t.Errorf("kept: %+v %+v", gaps, votes)
		}
	})
}
