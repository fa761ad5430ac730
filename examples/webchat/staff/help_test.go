package staff_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// whole is an article as the page is told of it.
type whole struct {
	Article struct {
		ID, Section  string
		Revision     int64
		Edition      int64
		Translations []faq.Translation
	}
	Drafts []struct {
		Language, Title, Body string
		Revision              int64
	}
}

const helpPath = "api/office/help/"

// An article goes from its first word to readers and back again, and who has an old page
// before him is told so.
func TestAnArticleInTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		if r := d.do("GET", "api/office/help", nil, nil); r.status != http.StatusForbidden {
			t.Fatalf("an agent reads drafts: %d", r.status)
		}
		d.promote()
		made := func(path string, body fields) (id string) {
			t.Helper()
			r := d.do("POST", helpPath+path, body, nil)
			_, rest, _ := strings.Cut(r.body, `"id":"`)
			id, _, _ = strings.Cut(rest, `"`)
			if r.status != http.StatusOK || id == "" {
				t.Fatalf("%s: %d %s", path, r.status, r.body)
			}
			return id
		}
		section := made("sections", fields{"names": []fields{{"language": "en", "text": "Tea"}}})
		id := made("articles", fields{"section": section, "tags": []string{"tea"}})
		do := func(act string, body fields, status int, says string) {
			t.Helper()
			if r := d.do("POST", helpPath+"articles/"+id+"/text/"+act, body, nil); r.status != status || !strings.Contains(r.body, says) {
				t.Fatalf("%s %v: %d %s", act, body, r.status, r.body)
			}
		}
		read := func() string {
			p, err := d.FAQ.Read(t.Context(), faq.Viewer{App: ticket.DefaultApp, Platform: "webchat"}, id)
			if err != nil {
				return ""
			}
			return p.Title
		}
		do("save", fields{"language": "en", "title": "", "body": "x"}, 422, `"field":"draft.title"`)
		do("save", fields{"language": "en", "title": "Old leaves", "body": "Keep them dry."}, 200, `"ahead":true`)
		do("save", fields{"language": "en", "title": "Late", "revision": 0}, 409, "exists")
		do("publish", fields{"language": "en", "title": "Late", "revision": 7}, 409, `"code":"stale"`)
		if read() != "" {
			t.Error("readers see a draft")
		}
		do("publish", fields{"language": "en", "title": "Old leaves", "body": "Keep them dry.", "revision": 1}, 200, `"version":1`)
		do("publish", fields{"language": "en", "title": "Older leaves", "body": "Keep them dry.", "revision": 2}, 200, `"version":2`)
		if got := read(); got != "Older leaves" {
			t.Errorf("readers see %q", got)
		}
		do("restore", fields{"language": "en", "number": 1, "revision": 3}, 200, `"draft_title":"Old leaves"`)
		do("schedule", fields{"language": "en", "publish_at": "2001-01-01T00:00:00Z"}, 422, `"field":"publish_at"`)
		do("schedule", fields{"language": "en", "publish_at": "2031-01-01T00:00:00Z"}, 200, `"publish_at":"2031-01-01T00:00:00Z"`)
		do("unpublish", fields{"language": "en"}, 200, `"draft_title"`)
		do("explode", fields{"language": "en"}, 404, "not_found")
		if read() != "" {
			t.Error("readers see what was taken away")
		}
		var w whole
		if d.get(helpPath+"articles/"+id, &w); len(w.Drafts) != 1 || w.Drafts[0].Title != "Old leaves" || w.Article.Translations[0].Version != 0 {
			t.Errorf("%+v", w)
		}
		var vs struct{ Versions []struct{ Number int } }
		if d.get(helpPath+"articles/"+id+"/versions?language=en", &vs); len(vs.Versions) != 2 || vs.Versions[0].Number != 2 {
			t.Errorf("%+v", vs)
		}
		if r := d.do("GET", helpPath+"articles/"+id+"/versions/2?language=en", nil, nil); !strings.Contains(r.body, `"title":"Older leaves"`) {
			t.Errorf("version: %d %s", r.status, r.body)
		}
		for _, c := range []struct {
			body   fields
			status int
			says   string
		}{
			{fields{"id": id, "revision": w.Article.Revision, "edition": w.Article.Edition, "section": section, "audience": "matching", "condition": `user.colour == "red"`}, 422, `"condition":{`},
			{fields{"id": id, "revision": w.Article.Revision, "edition": w.Article.Edition, "section": section, "platforms": []string{"fax"}}, 422, `"field":"article.platforms"`},
			{fields{"id": id, "revision": w.Article.Revision, "edition": w.Article.Edition, "section": section, "audience": "staff"}, 200, `"audience":"staff"`},
			{fields{"id": id, "revision": w.Article.Revision, "edition": w.Article.Edition, "section": section}, 409, `"code":"stale"`},
		} {
			if r := d.do("POST", helpPath+"articles", c.body, nil); r.status != c.status || !strings.Contains(r.body, c.says) {
				t.Errorf("%v: %d %s", c.body, r.status, r.body)
			}
		}
		second := made("sections", fields{"names": []fields{{"text": "Cups"}}})
		copied := made("articles/"+id+"/copy", fields{"section": second})
		made("articles/"+id+"/move", fields{"section": second, "before": copied})
		if r := d.do("POST", helpPath+"sections/"+second+"/move", fields{"before": section}, nil); r.status != 204 {
			t.Errorf("%d %s", r.status, r.body)
		}
		var all struct {
			Sections []struct{ ID string }
			Articles []struct{ ID, Section, Rank string }
			Next     string
		}
		if d.get("api/office/help", &all); len(all.Sections) != 2 || all.Sections[0].ID != second {
			t.Errorf("%+v", all)
		}
		for _, query := range []string{"", "?id=" + id + "&id=" + copied + "&id=gone"} {
			d.get("api/office/help/articles"+query, &all)
			slices.SortFunc(all.Articles, func(a, b struct{ ID, Section, Rank string }) int { return strings.Compare(a.Rank, b.Rank) })
			if len(all.Articles) != 2 || all.Articles[0].ID != id || all.Articles[0].Section != second || all.Next != "" {
				t.Errorf("%s: %+v", query, all)
			}
		}
		if d.get("api/office/help/articles?archived=1", &all); len(all.Articles) != 0 {
			t.Errorf("archived: %+v", all)
		}
		for n, status := range map[int]int{50: 200, 51: 422} {
			if r := d.do("GET", "api/office/help/articles?"+strings.Repeat("&id=x", n), nil, nil); r.status != status {
				t.Errorf("%d ids: %d %s", n, r.status, r.body)
			}
		}
		section = second
		if r := d.do("DELETE", helpPath+"sections/"+section, nil, nil); r.status != 422 {
			t.Errorf("a section with articles: %d %s", r.status, r.body)
		}
		if r := d.do("DELETE", helpPath+"articles/"+id, nil, nil); r.status != 204 {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
}

// The reports tell what readers did.
func TestReportsOfTheHelpCenter(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.promote()
		section := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "Tea"}}}
		d.must(d.FAQ.SaveSection(t.Context(), host, section))
		a := &faq.Article{Section: section.ID}
		d.must(d.FAQ.SaveArticle(t.Context(), host, a))
		_, err := d.FAQ.SaveDraft(t.Context(), host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "Old leaves"}})
		d.must(err)
		_, err = d.FAQ.Publish(t.Context(), host, a.ID, "en")
		d.must(err)
		for i := range 3 {
			v := faq.Viewer{App: ticket.DefaultApp, Session: fmt.Sprint(i)}
			d.must(d.FAQ.View(t.Context(), v, a.ID, ""))
			d.must(d.FAQ.Vote(t.Context(), v, a.ID, faq.Feedback{Opinion: faq.Unhelpful, Comment: "Which leaves?"}))
			_, err = d.FAQ.Searched(t.Context(), v, "Matcha?", 0)
			d.must(err)
		}
		d.soon("they are counted", func() bool {
			return strings.Contains(d.do("GET", helpPath+"gaps", nil, nil).body, `"text":"matcha","count":3`) &&
				strings.Contains(d.do("GET", helpPath+"reports/viewed", nil, nil).body, `"views":3,"helpful":0,"unhelpful":3`)
		})
		for path, says := range map[string]string{
			"reports/unhelpful": `"title":"Old leaves"`, "reports/stale?days=0": `"title":"Old leaves"`, "reports/stale?days=30": `"articles":[]`,
			"reports/missing": `"articles":[]`, "reports/missing?language=fr": `"missing":["fr"]`, "articles/" + a.ID + "/comments": `"text":"Which leaves?"`,
		} {
			if r := d.do("GET", helpPath+path, nil, nil); r.status != 200 || !strings.Contains(r.body, says) {
				t.Errorf("%s: %d %s", path, r.status, r.body)
			}
		}
		if r := d.do("GET", helpPath+"reports/weather", nil, nil); r.status != 404 {
			t.Errorf("%d", r.status)
		}
		if r := d.do("GET", helpPath+"reports/stale?days=-1", nil, nil); r.status != 422 {
			t.Errorf("%d", r.status)
		}
	})
}

// form sends files as the page does.
func (d *desk) form(values map[string]string, files ...[2]string) response {
	d.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range values {
		d.must(w.WriteField(k, v))
	}
	for _, f := range files {
		d.must(w.WriteField("path", f[0]))
		part, err := w.CreateFormFile("file", path.Base(f[0]))
		d.must(err)
		_, err = part.Write([]byte(f[1]))
		d.must(err)
	}
	d.must(w.Close())
	return d.send(helpPath+"import", w.FormDataContentType(), &b)
}

// send sends a body as a browser does.
func (d *desk) send(to, kind string, body io.Reader) response {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), "POST", d.url+to, body)
	d.must(err)
	req.Header.Set("Cookie", d.cookie)
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	d.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	d.must(err)
	return response{resp.StatusCode, resp.Header, string(text)}
}

// Files are tried first, then taken, and what comes out goes in again unchanged.
func TestArticlesComeInAndGoOut(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		good := [2]string{"Tea/leaves.md", "---\ntitle: Old leaves\ntags: [tea]\n---\nKeep them *dry*.\n"}
		german := [2]string{"Tea/leaves.de.md", "---\ntitle: Alte Blätter\n---\nTrocken halten.\n"}
		bad := [2]string{"Tea/bad.md", "---\naudience: everyone\ntitle: x\n---\n"}
		if r := d.form(nil, good); r.status != http.StatusForbidden {
			t.Fatalf("by an agent: %d %s", r.status, r.body)
		}
		d.promote()
		if r := d.form(nil, good, german, bad); r.status != 200 || !strings.Contains(r.body, `"created":1,"updated":1,"unchanged":0,"refused":1,"results":[{"at":"Tea/bad.md","id":"Tea/bad","article":"","outcome":"refused","field":"article.audience"`) {
			t.Errorf("a trial: %d %s", r.status, r.body)
		}
		if all, _, err := d.FAQ.Articles(t.Context(), host, faq.Filter{App: ticket.DefaultApp}, "", 10); err != nil || len(all) > 0 {
			t.Errorf("a trial left %d articles, %v", len(all), err)
		}
		if r := d.form(map[string]string{"dry": "false"}, good, german, bad); r.status != 200 || !strings.Contains(r.body, `"created":1,"updated":1,"unchanged":0,"refused":1`) {
			t.Errorf("%d %s", r.status, r.body)
		}
		for _, r := range []response{d.form(nil), d.form(nil, [2]string{"x.exe", "MZ"})} {
			if !strings.Contains(r.body, `"file"`) {
				t.Errorf("%d %s", r.status, r.body)
			}
		}
		out := map[string]string{}
		for _, format := range []string{"csv", "json", "md"} {
			r := d.do("GET", helpPath+"export?format="+format, nil, nil)
			if r.status != 200 || !strings.Contains(r.header.Get("Content-Disposition"), "attachment") {
				t.Fatalf("%s: %d", format, r.status)
			}
			out[format] = r.body
		}
		z, err := zip.NewReader(strings.NewReader(out["md"]), int64(len(out["md"])))
		d.must(err)
		var files [][2]string
		for _, f := range z.File {
			if f.FileInfo().IsDir() {
				continue
			}
			r, err := f.Open()
			d.must(err)
			b, err := io.ReadAll(r)
			d.must(err)
			files = append(files, [2]string{f.Name, string(b)})
		}
		for _, again := range []response{d.form(nil, [2]string{"all.csv", out["csv"]}), d.form(nil, [2]string{"all.json", out["json"]}), d.form(nil, files...)} {
			if !strings.Contains(again.body, `"created":0,"updated":0,"unchanged":`) || !strings.Contains(again.body, `"refused":0`) {
				t.Errorf("what came out: %d %s", again.status, again.body)
			}
		}
		if r := d.do("GET", helpPath+"export?format=pdf", nil, nil); r.status != 422 {
			t.Errorf("%d", r.status)
		}
	})
}
