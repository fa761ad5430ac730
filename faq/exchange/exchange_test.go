package exchange_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	gocmp "github.com/google/go-cmp/cmp"
)

var host = event.Actor{Kind: event.System}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type desk struct {
	*faq.Service
	events *event.Log
	t      testing.TB
}

func open(t testing.TB, d driver.Store) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), faq.Collections())...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	events := event.NewLog(db, nil)
	people, err := identity.Open(t.Context(), db, events, nil)
	must(t, err)
	s, err := faq.Open(db, events, job.New(db, nil), people, nil)
	must(t, err)
	return &desk{s, events, t}
}

// took imports, and checks how many entries were created, updated, unchanged and refused.
func (d *desk) took(from exchange.Entries, o exchange.Options, want string) *exchange.Report {
	d.t.Helper()
	o.App = cmp.Or(o.App, "shop")
	r, err := exchange.Import(d.t.Context(), d.Service, host, from, &o)
	must(d.t, err)
	if got := fmt.Sprint(r.Created, " ", r.Updated, " ", r.Unchanged, " ", r.Refused); got != want {
		d.t.Errorf("imported %s, want %s: %+v", got, want, r.Problems)
	}
	return r
}

// all is what an export gives.
func (d *desk) all(app string) (all []*exchange.Article) {
	d.t.Helper()
	for a, err := range exchange.Export(d.t.Context(), d.Service, host, app) {
		must(d.t, err)
		all = append(all, a)
	}
	return all
}

// awkward is an app whose articles hold what files trip over.
const awkward = `[
{"id": "refunds", "section": "Paying; and \"more\"", "tags": ["money", "semi;colon", "back\\slash", "'quoted"], "platforms": ["ios", "web"], "texts": [
	{"language": "en", "title": "=HYPERLINK(\"x\")", "body": "# Refunds\n\n---\nnot front matter\n---\n\n- a\n- b, \"c\"\r\nend", "keywords": ["money back", "-1"]},
	{"language": "de", "title": "Geld: zurück", "body": "", "draft": true}]},
{"id": "7", "section_id": "s7", "section": "Sending", "audience": "matching", "condition": "user.organisation == \"acme\"", "texts": [{"title": "'Lead", "body": " leading space\n", "format": "html"}]},
{"id": "../up/and away", "archived": true, "audience": "staff", "texts": [{"language": "ja", "title": "返品 #1", "body": "@返品は30日以内です。"}]}
]`

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := open(t, s)
		d.took(exchange.JSON(strings.NewReader(awkward)), exchange.Options{}, "3 0 0 0")
		want := d.all("shop")
		if len(want) != 3 || len(want[0].Texts) != 2 {
			t.Fatalf("exported %+v", want)
		}
		var asJSON, asCSV bytes.Buffer
		must(t, exchange.WriteJSON(&asJSON, exchange.Export(t.Context(), d.Service, host, "shop")))
		must(t, exchange.WriteCSV(&asCSV, exchange.Export(t.Context(), d.Service, host, "shop")))
		dir, err := os.OpenRoot(t.TempDir())
		must(t, err)
		must(t, exchange.WriteMarkdown(dir, exchange.Export(t.Context(), d.Service, host, "shop")))
		if strings.Contains(asCSV.String(), `,"=HYPERLINK`) || strings.Contains(asCSV.String(), ",@") {
			t.Errorf("a spreadsheet would run %s", asCSV.String())
		}
		head, err := d.events.Head(t.Context())
		must(t, err)
		d.took(exchange.JSON(&asJSON), exchange.Options{}, "0 0 3 0")
		d.took(exchange.CSV(bytes.NewReader(asCSV.Bytes())), exchange.Options{}, "0 0 4 0")
		d.took(exchange.Markdown(dir.FS()), exchange.Options{}, "0 0 4 0")
		if now, err := d.events.Head(t.Context()); err != nil || now != head {
			t.Errorf("what is unchanged wrote %d events, %v", now-head, err)
		}
		// Into another app it makes the same.
		d.took(exchange.CSV(&asCSV), exchange.Options{App: "copy"}, "3 1 0 0")
		if diff := gocmp.Diff(want, d.all("copy"), gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".SectionID" }, gocmp.Ignore())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestImportAgainUpdates(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := open(t, s)
		const first = `[{"id":"1","section":"Paying","tags":["a"],"texts":[{"title":"One","body":"x"}]},{"id":"2","section":"Paying","texts":[{"title":"Two","body":"x"}]}]`
		d.took(exchange.JSON(strings.NewReader(first)), exchange.Options{}, "2 0 0 0")
		a, err := d.ArticleByExternal(t.Context(), host, "shop", "1")
		must(t, err)
		draft, err := d.Draft(t.Context(), host, a.ID, "en")
		must(t, err)
		draft.Body = "what somebody is writing"
		_, err = d.SaveDraft(t.Context(), host, draft)
		must(t, err)
		d.took(exchange.JSON(strings.NewReader(first)), exchange.Options{}, "0 0 2 0")
		if now, err := d.Draft(t.Context(), host, a.ID, "en"); err != nil || now.Body != draft.Body {
			t.Errorf("a draft that goes further is %+v, %v", now, err)
		}
		const second = `[{"id":"1","texts":[{"title":"One, again","body":"y"}]},{"id":"2","section":"paying","texts":[{"title":"Two","body":"x"},{"language":"de","title":"Zwei","body":"z","draft":true}]}]`
		d.took(exchange.JSON(strings.NewReader(second)), exchange.Options{DryRun: true}, "0 2 0 0")
		d.took(exchange.JSON(strings.NewReader(second)), exchange.Options{}, "0 2 0 0")
		all := d.all("shop")
		if len(all) != 2 || all[0].Texts[0].Body != "y" || all[0].Section != "Paying" || !slices.Equal(all[0].Tags, []string{"a"}) || len(all[1].Texts) != 2 || !all[1].Texts[0].Draft || all[1].Texts[1].Draft {
			t.Errorf("there is %+v", all)
		}
		d.took(exchange.JSON(strings.NewReader(`[{"id":"3","texts":[{"title":"Three"}]}]`)), exchange.Options{Draft: true, Section: "New"}, "1 0 0 0")
		if all := d.all("shop"); len(all) != 3 || !all[2].Texts[0].Draft || all[2].Section != "New" {
			t.Errorf("as drafts there is %+v", all[2])
		}
	})
}

// A dry run tells what the import does, and changes nothing; one bad entry doesn't stop
// the others.
func TestBadEntries(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := open(t, s)
		var b strings.Builder
		b.WriteString("[")
		for i := range 60 {
			fmt.Fprintf(&b, `{"id":"a%d","section":"S%d","texts":[{"title":"A%d","body":"x"}]},`, i, i%3, i)
		}
		fmt.Fprintf(&b, `{"id":"long","texts":[{"title":"%s"}]},{"id":"cond","audience":"matching","condition":"user.shoe > 1","texts":[{"title":"x"}]},
			{"texts":[{"title":"x"}]},{"id":"none"},{"id":"tongue","texts":[{"language":"klingon!","title":"x"}]},"text",{"id":5},{"id":"a1","texts":[{"title":"again"}]},
			{"id":"fax","section":"only here","platforms":["fax"],"texts":[{"title":"x"}]},{"id":"last","section":"only here","texts":[{"title":"x"}]}]`, strings.Repeat("x", 256))
		want := map[string]string{"long": "draft.title", "cond": "article.condition", "": "id file", "none": "texts", "tongue": "language", "a1": "id", "fax": "article.platforms"}
		head, err := d.events.Head(t.Context())
		must(t, err)
		for _, dry := range []bool{true, false} {
			n := 0
			r := d.took(exchange.JSON(strings.NewReader(b.String())), exchange.Options{DryRun: dry, Each: func(exchange.Result) { n++ }}, "61 0 0 9")
			for _, p := range r.Problems {
				if !strings.Contains(want[p.ID], p.Field) || p.Field == "" || p.Reason == "" || p.At == "" {
					t.Errorf("refused is %+v", p)
				}
			}
			if n != 70 {
				t.Errorf("told of %d entries", n)
			}
			if now, err := d.events.Head(t.Context()); err != nil || dry && now != head {
				t.Errorf("a dry run wrote %d events, %v", now-head, err)
			}
		}
		if all := d.all("shop"); len(all) != 61 {
			t.Errorf("%d articles", len(all))
		}
		sections, err := d.Sections(t.Context(), host, "shop")
		must(t, err)
		if len(sections) != 4 { // that of the article that was refused came with the next one
			t.Errorf("%d sections", len(sections))
		}
		_, err = exchange.Import(t.Context(), d.Service, event.Actor{Kind: event.Bot, ID: "b"}, exchange.JSON(strings.NewReader(b.String())), &exchange.Options{App: "shop"})
		if _, refused := errors.AsType[*identity.PermissionError](err); !refused {
			t.Errorf("a bot imports: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := exchange.Import(ctx, d.Service, host, exchange.JSON(strings.NewReader(b.String())), &exchange.Options{App: "shop"}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestMarkdownFiles(t *testing.T) {
	d := open(t, memstore.New())
	files := fstest.MapFS{
		"Paying/refunds.md":       {Data: []byte("# Refunds\n\nSoon.")},
		"Paying/refunds.pt-BR.md": {Data: []byte("---\r\ntitle: Reembolsos\r\nkeywords: [dinheiro]\r\n---\r\nLogo.\r\n")},
		"Sending/parcels.md":      {Data: []byte("---\nid: p1\ntags: [a, b]\naudience: signed_in\ndraft: true\n---\n# Parcels #\nBy post.")},
		"index.md":                {Data: []byte("\ufeff---\n---\n# Welcome\n")},
		".git/x.md":               {Data: []byte("# hidden")},
		"Paying/notes.txt":        {Data: []byte("# no article")},
		"Paying/none.md":          {Data: []byte("No title here.")},
		"Paying/open.md":          {Data: []byte("---\ntitle: x\n")},
		"Paying/unknown.md":       {Data: []byte("---\ntitle: x\nauthor: me\n---\n")},
		"Paying/bomb.md":          {Data: []byte("---\ntitle: &a [x]\n---\n")},
		"Paying/large.md":         {Data: bytes.Repeat([]byte("x"), exchange.MaxEntry+1)},
		"Paying/deep.en-GB.md":    {Data: []byte("# Deep")},
	}
	r := d.took(exchange.Markdown(files), exchange.Options{}, "4 1 0 5")
	for _, p := range r.Problems {
		if !strings.HasPrefix(p.At, "Paying/") || !slices.Contains([]string{"file", "title", "front matter"}, p.Field) {
			t.Errorf("refused is %+v", p)
		}
	}
	got := map[string]string{}
	for _, a := range d.all("shop") {
		for _, t := range a.Texts {
			got[a.ID+" "+t.Language] = fmt.Sprintf("%s|%s|%q|%v|%v", a.Section, t.Title, t.Body, t.Draft, a.Tags)
		}
	}
	want := map[string]string{
		"Paying/refunds en": `Paying|Refunds|"Soon."|false|[]`, "Paying/refunds pt-BR": `Paying|Reembolsos|"Logo.\n"|false|[]`,
		"p1 en": `Sending|Parcels|"By post."|true|[a b]`, "index en": `Imported|Welcome|""|false|[]`, "Paying/deep en-GB": `Paying|Deep|""|false|[]`,
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is wrong with front matter is told in words for who wrote it, with the line.
func TestBadFrontMatter(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"title: x\nauthor: me":     `line 3: has "author", which isn't known: there are id, title, language,`,
		"title: x\n\ndraft: maybe": "line 4: draft isn't true or false",
		"tags:\n  a: b":            "line 2: tags isn't a list of texts",
		"title: [a, b]":            "line 2: title isn't a text",
		"title: x\ntitle: y":       "line 3: has title twice",
		"- a\n- b":                 "line 2: isn't made of lines like title: Refunds",
		"title: &a [*a]":           "line 2: title isn't a text",
		"title: x\n  bad: y: z":    "can't be read: line 3: mapping values are not allowed in this context",
		"\"":                       "can't be read: found unexpected end of stream",
	} {
		_, err := exchange.ParseMarkdown("x.md", []byte("---\n"+head+"\n---\n# X\n"))
		bad, ok := errors.AsType[*store.FieldError](err)
		if !ok || bad.Field != "front matter" || !strings.HasPrefix(bad.Reason, want) || strings.Contains(bad.Reason, "exchange.") {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestCSV(t *testing.T) {
	d := open(t, memstore.New())
	d.took(exchange.CSV(strings.NewReader("\ufeffID, Title ,body,tags,colour\n1,One,\"a, b\nc\",a;b\\;c,red\n2,Two,x,,\n3,short\n4,\"un\"quoted,x,,\n5,Five,x,,\n")), exchange.Options{}, "3 0 0 2")
	all := d.all("shop")
	if len(all) != 3 || all[0].Texts[0].Body != "a, b\nc" || !slices.Equal(all[0].Tags, []string{"a", "b;c"}) || all[2].ID != "5" {
		t.Errorf("%+v", all)
	}
	d.took(exchange.CSV(strings.NewReader("id,title,body,status,archived\n1,x,y,gone,\n2,x,y,,maybe\n")), exchange.Options{}, "0 0 0 2")
	d.took(exchange.CSV(strings.NewReader("id,title\n1,x\n")), exchange.Options{}, "0 0 0 1")
	d.took(exchange.CSV(strings.NewReader("")), exchange.Options{}, "0 0 0 0")
}

func TestZendesk(t *testing.T) {
	d := open(t, memstore.New())
	d.took(exchange.Zendesk(strings.NewReader(`{"count":3,"articles":[
		{"id":360001,"title":"Refunds","body":"<p>Soon<\/p>","locale":"en-us","draft":false,"section_id":11,"user_segment_id":null,"label_names":["money back"],"position":0,"promoted":true},
		{"id":360002,"title":"Insiders","body":"","locale":"en-us","draft":true,"section_id":11,"user_segment_id":5,"translations":[{"locale":"de","title":"Intern","body":"x"}]},
		{"id":360003,"title":"Members","body":"","locale":"en-us","section_id":12,"user_segment_id":6},
		{"id":360004,"title":["no text"]}],
		"sections":[{"id":11,"name":"Paying","locale":"en-us"},{"id":12,"name":"Club"}],
		"translations":[{"source_id":360001,"locale":"pt-br","title":"Reembolsos","body":"<p>Logo<\/p>","draft":false},{"source_id":360001,"locale":"en-us","title":"twice"}],
		"user_segments":[{"id":6,"user_type":"signed_in_users"},{"id":5,"user_type":"staff"}]}`)), exchange.Options{}, "3 0 0 1")
	all := d.all("shop")
	if len(all) != 3 || all[0].Section != "Paying" || all[0].SectionID != "11" || len(all[0].Texts) != 2 || all[0].Texts[1].Language != "pt-BR" || all[0].Texts[0].Format != faq.HTML || all[0].Audience != nil ||
		!slices.Equal(all[0].Texts[0].Keywords, []string{"money back"}) || *all[1].Audience != faq.StaffOnly || !all[1].Texts[1].Draft || all[1].Texts[0].Draft || *all[2].Audience != faq.SignedIn || all[2].Section != "Club" {
		var b bytes.Buffer
		must(t, exchange.WriteJSON(&b, exchange.Export(t.Context(), d.Service, host, "shop")))
		t.Error(b.String())
	}
}

func TestHelpshift(t *testing.T) {
	d := open(t, memstore.New())
	d.took(exchange.Helpshift(strings.NewReader(`{"sections":[{"publish_id":"3","title":"Paying","faqs":[
		{"publish_id":"12","language":"en","title":"Refunds","body":"<p>Soon</p>","stags":["money back"],"platform_types":["ios","web"],"translations":{"ja":{"title":"返金","body":"<p>すぐ</p>"},"en":{"title":"twice"}}}]}],
		"faqs":[{"id":13,"section_id":"3","published":false,"translations":{"de":{"title":"Entwurf","body":"x"}}}]}`)), exchange.Options{}, "2 0 0 0")
	all := d.all("shop")
	if len(all) != 2 || all[0].ID != "12" || all[0].Section != "Paying" || !slices.Equal(all[0].Platforms, []string{"ios", "web", "webchat"}) || len(all[0].Texts) != 2 || all[0].Texts[0].Title != "Refunds" ||
		all[0].Texts[1].Title != "返金" || all[1].ID != "13" || all[1].Section != "Paying" || !all[1].Texts[0].Draft {
		var b bytes.Buffer
		must(t, exchange.WriteJSON(&b, exchange.Export(t.Context(), d.Service, host, "shop")))
		t.Error(b.String())
	}
}

// Names that differ are files that differ, however long they are and whatever is in them.
func TestFileNames(t *testing.T) {
	d := open(t, memstore.New())
	long := strings.Repeat("x", 200)
	var in []string
	for _, id := range []string{long + "1", long + "2", "a/b", "a%2Fb", "..", ".", "con", "a b", "日本", "A B"} {
		in = append(in, fmt.Sprintf(`{"id":%q,"section":"..","texts":[{"title":"x","body":%q}]}`, id, id))
	}
	d.took(exchange.JSON(strings.NewReader(strings.Join(in, "\n"))), exchange.Options{}, "10 0 0 0")
	dir, err := os.OpenRoot(t.TempDir())
	must(t, err)
	must(t, exchange.WriteMarkdown(dir, exchange.Export(t.Context(), d.Service, host, "shop")))
	d.took(exchange.Markdown(dir.FS()), exchange.Options{}, "0 0 10 0")
}

// What is too much for one transaction goes into several.
func TestLongBodies(t *testing.T) {
	d := open(t, memstore.New())
	body := strings.Repeat("\U0001f600", faq.MaxBody)
	large := func(yield func(exchange.Entry) bool) {
		for e := range entries(40, 0, body) {
			if !yield(e) {
				return
			}
		}
		a := &exchange.Article{ID: "too large by itself"}
		for _, l := range strings.Fields("af am ar az be bg bn bs ca cs cy da de el en es et") {
			a.Texts = append(a.Texts, exchange.Text{Language: l, Content: faq.Content{Title: "x", Body: body}})
		}
		yield(exchange.Entry{At: "x", Article: a})
	}
	d.took(large, exchange.Options{DryRun: true}, "40 0 0 1")
	d.took(large, exchange.Options{}, "40 0 0 1")
}

// endless is a file that has no end.
type endless struct{ text string }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[i%len(e.text)]
	}
	return len(p), nil
}

func TestFilesAreBounded(t *testing.T) {
	for e := range exchange.Zendesk(endless{" "}) {
		if bad, ok := errors.AsType[*store.FieldError](e.Err); !ok || bad.Limit == 0 {
			t.Errorf("%+v", e)
		}
	}
	large := fmt.Sprintf(`[{"id":"1","texts":[{"title":"%s"}]},{"id":"2","texts":[{"title":"x"}]}]`, strings.Repeat("x", exchange.MaxEntry))
	open(t, memstore.New()).took(exchange.JSON(strings.NewReader(large)), exchange.Options{}, "1 0 0 1")
	many := func(yield func(exchange.Entry) bool) {
		for i := 0; yield(exchange.Entry{At: "x", Err: &store.FieldError{Field: "x", Reason: "y"}}); i++ {
		}
	}
	r, err := exchange.Import(t.Context(), open(t, memstore.New()).Service, host, many, &exchange.Options{App: "shop"})
	if !errors.Is(err, store.ErrTooLarge) || r.Refused > exchange.MaxEntries || len(r.Problems) != 1000 {
		t.Errorf("%d refused, %d problems, %v", r.Refused, len(r.Problems), err)
	}
}

// Whatever a file holds, reading it ends, and nothing panics.
func FuzzParsers(f *testing.F) {
	f.Add([]byte(awkward))
	f.Add([]byte("id,title,body\n1,\"x\",y\n"))
	f.Add([]byte("---\ntitle: x\ntags: [a]\n---\n# b\n"))
	f.Add([]byte("---\ntitle: &a [*a]\n---\n"))
	f.Add([]byte(`{"articles":[{"id":1,"user_segment_id":{}}],"sections":[{}]}`))
	f.Add([]byte(`{"faqs":[{"publish_id":[]},{}],"sections":[{"faqs":[1]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, entries := range map[string]exchange.Entries{
			"json": exchange.JSON(bytes.NewReader(b)), "csv": exchange.CSV(bytes.NewReader(b)), "zendesk": exchange.Zendesk(bytes.NewReader(b)), "helpshift": exchange.Helpshift(bytes.NewReader(b)),
			"markdown": exchange.Markdown(fstest.MapFS{"a/b.en.md": {Data: b}}),
		} {
			for e := range entries {
				if e.At == "" || (e.Article == nil) == (e.Err == nil) {
					t.Errorf("%s gives %+v", name, e)
				}
				if _, ok := errors.AsType[*store.FieldError](e.Err); e.Err != nil && !ok {
					t.Errorf("%s gives %v", name, e.Err)
				}
			}
		}
	})
}
