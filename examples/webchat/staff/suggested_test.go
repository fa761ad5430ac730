package staff_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// oneAnswer is a search that finds one article, this surely.
type oneAnswer struct {
	article *faq.Article
	sure    float64
}

func (o *oneAnswer) Find(context.Context, faq.Viewer, faq.Search) (*faq.Found, error) {
	h := faq.Hit{Article: o.article, Language: "en", Title: "Old leaves", Confidence: o.sure, Snippets: []faq.Snippet{{Text: "Keep them dry.", Marks: []faq.Mark{{Start: 10, End: 13}}}}}
	return &faq.Found{Hits: []faq.Hit{h}, Confidence: o.sure}, nil
}

// An article is suggested as surely as the search finds it, read as the end user would,
// and goes with a reply.
func TestAnArticleIsSentWithAReply(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		answer := &oneAnswer{sure: 0.9}
		d := newDeskWith(t, frontdesk.Config{Store: s, Searcher: answer})
		section := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "Tea"}}}
		d.must(d.FAQ.SaveSection(t.Context(), host, section))
		answer.article = &faq.Article{Section: section.ID}
		d.must(d.FAQ.SaveArticle(t.Context(), host, answer.article))
		id := answer.article.ID
		_, err := d.FAQ.SaveDraft(t.Context(), host, &faq.Draft{Article: id, Language: "en", Content: faq.Content{Title: "Old leaves", Body: "Keep them *dry*."}})
		d.must(err)
		at := "api/tickets/" + d.id + "/"
		if r := d.do("GET", at+"articles/"+id, nil, nil); r.status != http.StatusNotFound {
			t.Errorf("a draft: %d %s", r.status, r.body)
		}
		_, err = d.FAQ.Publish(t.Context(), host, id, "en")
		d.must(err)
		if r := d.do("GET", at+"articles", nil, nil); !strings.Contains(r.body, `"snippet":["Keep them ","dry","."],"confidence":0.9,"internal":false`) || !strings.Contains(r.body, `"fits":true`) {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := d.do("GET", at+"articles/"+id, nil, nil); !strings.Contains(r.body, `"title":"Old leaves"`) || !strings.Contains(r.body, `dry`) {
			t.Errorf("%d %s", r.status, r.body)
		}
		for range 2 { // as a page does that didn't get the answer
			r := d.do("POST", at+"reply", fields{"client_id": "1", "text": "Have a look:", "article": id, "seen": 1}, nil)
			if r.status != 200 || !strings.Contains(r.body, `Have a look:\n\nOld leaves`) || !strings.Contains(r.body, `"seq":2`) {
				t.Errorf("%d %s", r.status, r.body)
			}
		}
		if r := d.do("POST", at+"reply", fields{"client_id": "2", "text": "", "article": "nope"}, nil); r.status != http.StatusNotFound {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := d.do("GET", helpPath+"deflection?days=7", nil, nil); r.status != http.StatusForbidden {
			t.Errorf("%d %s", r.status, r.body)
		}
		d.promote()
		if r := d.do("GET", helpPath+"deflection?days=7", nil, nil); r.status != 200 || !strings.Contains(r.body, `"views":0`) {
			t.Errorf("%d %s", r.status, r.body)
		}
		for _, days := range []string{"0", "367"} {
			if r := d.do("GET", helpPath+"deflection?days="+days, nil, nil); r.status != 422 {
				t.Errorf("%s days: %d", days, r.status)
			}
		}
	})
}
