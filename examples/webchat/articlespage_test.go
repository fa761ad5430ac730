package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// lateSearcher is a searcher that is there once the desk is.
type lateSearcher struct{ faq.Searcher }

// shopWithArticles is the shop in this process, with its articles, searched.
func shopWithArticles(t *testing.T, change func(*ticket.Platform)) (desk *frontdesk.Desk, url string) {
	t.Helper()
	find := &lateSearcher{}
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Searcher: find})
	if err != nil {
		t.Fatal(err)
	}
	index := search.New(search.Parts{DB: desk.DB, Events: desk.Events, FAQ: desk.FAQ}, nil)
	find.Searcher = index
	if err := furnish(t.Context(), desk, "a secret of the shop that is long enough", extras{articles: true}); err != nil {
		t.Fatal(err)
	}
	app, err := desk.Tickets.App(t.Context(), ticket.DefaultApp)
	if err != nil {
		t.Fatal(err)
	}
	p, err := app.Platform("webchat")
	if err != nil {
		t.Fatal(err)
	}
	p.Questions = nil
	if change != nil {
		change(p)
	}
	if err := desk.Tickets.SaveApp(t.Context(), host, app); err != nil {
		t.Fatal(err)
	}
	url = serveDesk(t, desk)
	go index.Run(t.Context())
	for {
		if lag, building, err := index.Lag(t.Context()); err != nil || lag == 0 && !building {
			break
		}
		if _, err := index.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return desk, url
}

const (
	helpTitle  = `widget.querySelector(".help-title")`
	helpSearch = `widget.querySelector(".help-search")`
	helpRows   = `[...widget.querySelectorAll(".help .article-entry")]`
	helpBack   = `widget.querySelector(".head .icon-back").parentNode`
	writeUs    = `widget.querySelector(".write-us")`
	widgetBody = `widget.querySelector(".article-body")?.shadowRoot.textContent`
)

func shown(node string) string { return `(` + node + `)?.getClientRects().length > 0` }

// types writes into a field without Enter.
func (b *tab) types(field, text string) {
	b.t.Helper()
	b.until(5*time.Second, "the field "+field, shown(field))
	b.focus(field)
	b.do(chromedp.KeyEvent(text))
}

// Who opens the chat finds articles first, reads one, says that it didn't help, and
// writes; what he does is counted.
func TestArticlesInTheWidget(t *testing.T) {
	t.Parallel()
	desk, url := shopWithArticles(t, nil)
	page := opened(t, open(t, browser(t), url+"/"))
	page.until(10*time.Second, "the home of the FAQ", shown(helpTitle)+` && `+helpRows+`.length > 10`)
	page.until(5*time.Second, "the focus in the search", `widget.activeElement === `+helpSearch)
	page.shoot("home")
	page.types(helpSearch, "where is my parcel")
	page.until(5*time.Second, "hits", `widget.querySelector(".found mark")`)
	page.shoot("found")
	var read string
	page.js(helpRows+`[0].dataset.article`, &read)
	page.click(helpRows + `[0]`)
	page.until(5*time.Second, "the article", `(`+widgetBody+`)?.length > 50`)
	page.until(5*time.Second, "the focus on its title", `widget.activeElement === `+helpTitle)
	page.shoot("article")
	page.click(`[...widget.querySelectorAll(".vote .choice")][1]`)
	page.types(`widget.querySelector(".vote textarea")`, "A map, please")
	page.click(`[...widget.querySelectorAll(".vote .choice")].at(-1)`)
	page.until(5*time.Second, "thanks", `widget.querySelector(".vote-thanks")`)
	page.shoot("voted")
	page.click(helpBack)
	page.until(5*time.Second, "the hits again, with the focus where it was", focusOn(read))
	page.click(writeUs)
	page.types(widgetField, "the tea tastes of smoke, can I send it back?")
	page.until(10*time.Second, "articles over the composer", shown(`widget.querySelector(".offers .article-entry")`))
	page.shoot("offers")
	page.click(`widget.querySelector(".offers .article-entry")`)
	page.until(5*time.Second, "the offered article", `(`+widgetBody+`)?.length > 50`)
	page.click(helpBack)
	page.until(5*time.Second, "what was written", widgetField+`.value.startsWith("the tea")`)
	page.write(widgetField, " Please")
	page.until(5*time.Second, "it is sent", widgetSent+`.some((text) => text.endsWith(" Please"))`)
	waitFor(t, 10*time.Second, "one view with its search, and one vote against it", func() bool {
		rows, _, err := desk.FAQ.MostUnhelpful(t.Context(), host, ticket.DefaultApp, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			votes, _, err := desk.FAQ.Comments(t.Context(), host, r.Article.ID, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range votes {
				if v.Comment == "A map, please" {
					return r.Figures.Unhelpful >= 1
				}
			}
		}
		return false
	})
}

// focusOn says that the article's entry has the focus.
func focusOn(article string) string {
	return `widget.activeElement?.dataset.article === ` + quoted(article)
}

// An answer that comes late, while somebody is on what was found before, draws the hits
// anew and leaves the focus where it is.
func TestFocusWhenHitsComeLate(t *testing.T) {
	t.Parallel()
	_, url := shopWithArticles(t, nil)
	page := opened(t, open(t, browser(t), url+"/"))
	page.until(10*time.Second, "the home of the FAQ", shown(helpTitle)+` && `+helpRows+`.length > 10`)
	var done bool
	page.js(`(window.realFetch = window.fetch, window.fetch = async (...a) => {
		if (/faq\/search/.test(String(a[0])) && !/typing/.test(String(a[0]))) { window.held = true; await new Promise((go) => window.letGo = go); }
		return window.realFetch(...a); }, true)`, &done)
	page.types(helpSearch, "where is my parcel")
	page.until(5*time.Second, "hits", `widget.querySelector(".found mark")`)
	page.until(5*time.Second, "the search that isn't answered", `window.held`)
	page.js(`(window.drawnBefore = `+helpRows+`[1], window.drawnBefore.focus(), true)`, &done)
	var on string
	page.js(`window.drawnBefore.dataset.article`, &on)
	page.js(`(window.letGo(), true)`, &done)
	page.until(5*time.Second, "hits drawn anew", `!window.drawnBefore.isConnected`)
	page.until(5*time.Second, "the focus where it was", focusOn(on))
}

// The composer is there once the desk lets him write, and not before.
func TestContactInTheWidget(t *testing.T) {
	t.Parallel()
	_, url := shopWithArticles(t, func(p *ticket.Platform) { p.ContactUs = ticket.AfterUnhelpful })
	page := opened(t, open(t, browser(t), url+"/"))
	page.until(10*time.Second, "the home of the FAQ", shown(helpTitle)+` && `+helpRows+`.length > 10`)
	page.until(5*time.Second, "what to do first", shown(`widget.querySelector(".help .closed")`))
	page.shoot("closed")
	page.click(helpRows + `[0]`)
	page.until(5*time.Second, "the article", `(`+widgetBody+`)?.length > 50`)
	var offered bool
	page.js(`!!`+writeUs, &offered)
	if offered {
		t.Error("he may write before he said anything")
	}
	page.click(`[...widget.querySelectorAll(".vote .choice")][1]`)
	page.click(writeUs)
	page.write(widgetField, "It doesn't help")
	page.until(5*time.Second, "it is sent", widgetSent+`.some((text) => text === "It doesn't help")`)
}

// Where nobody may write, there are the articles.
func TestNoContactInTheWidget(t *testing.T) {
	t.Parallel()
	_, url := shopWithArticles(t, func(p *ticket.Platform) { p.ContactUs = ticket.NeverContact })
	page := open(t, browser(t), url+"/?lang=de")
	page.until(10*time.Second, "the launcher", shown(`widget?.querySelector(".launcher")`))
	page.click(`widget.querySelector(".launcher")`)
	page.until(10*time.Second, "the home of the FAQ", shown(helpTitle)+` && `+helpRows+`.length > 10`)
	var any bool
	page.js(`!!`+writeUs+` || (`+shown(widgetField)+`)`, &any)
	if any {
		t.Error("there is a way to write")
	}
}

// An article's body does nothing but be read: it is copied element by element.
func TestHostileArticleInTheWidget(t *testing.T) {
	t.Parallel()
	desk, url := shopWithArticles(t, nil)
	page := opened(t, open(t, browser(t), url+"/"))
	page.until(10*time.Second, "the home of the FAQ", shown(helpTitle)+` && `+helpRows+`.length > 10`)
	// The desk makes bodies harmless; here it is as if it didn't.
	const body = `<h2 id="faq-a">A</h2><img src=x onerror="window.hurt=1"><script>window.hurt=2</script><a href="javascript:window.hurt=3">x</a><a href="https://x.example" onclick="window.hurt=4" target="_top">y</a>` +
		`<iframe srcdoc="<script>parent.hurt=5</script>"></iframe><svg onload="window.hurt=6"></svg><style>*{display:none}</style><p style="position:fixed" id="fd-input">z</p><form action="https://evil.example"><input name=q></form>`
	var done bool
	page.js(`(window.realFetch = window.fetch, window.fetch = async (...a) => { const r = await window.realFetch(...a); if (!/faq\/articles\/[^/]+\?/.test(String(a[0]))) return r;
		const b = await r.json(); b.html = `+quoted(body)+`; return new Response(JSON.stringify(b)); }, true)`, &done)
	page.click(helpRows + `[0]`)
	page.until(5*time.Second, "the article", `widget.querySelector(".article-body")?.shadowRoot.querySelector("h2")`)
	var got struct {
		Hurt  any
		Bad   []string
		Links []string
	}
	page.js(`(() => { const r = widget.querySelector(".article-body").shadowRoot;
		return { Hurt: window.hurt ?? null, Bad: [...r.querySelectorAll("script,iframe,svg,form,input,.body style,[onclick],[onerror],[style],#fd-input")].map((n) => n.outerHTML),
		Links: [...r.querySelectorAll("a")].map((a) => (a.getAttribute("href") || "") + " " + a.target + " " + a.rel) }; })()`, &got)
	if got.Hurt != nil || len(got.Bad) > 0 || len(got.Links) != 2 || got.Links[0] != "  " || got.Links[1] != "https://x.example _blank noopener noreferrer nofollow" {
		t.Errorf("%+v", got)
	}
	_ = desk
}

// The same in other shapes, for who looks at the pictures.
func TestArticlesLook(t *testing.T) {
	t.Parallel()
	desk, url := shopWithArticles(t, func(p *ticket.Platform) { p.Theme.Dark = "dark" })
	arabic(t, desk)
	first := browser(t)
	for _, c := range []struct {
		name, path    string
		width, height int64
	}{{"dark", "/", 1360, 850}, {"phone", "/", 390, 844}, {"arabic", "/?lang=ar", 390, 844}, {"japanese", "/?lang=ja", 800, 700}} {
		ctx, end := chromedp.NewContext(first)
		page := opened(t, open(t, ctx, url+c.path))
		page.do(chromedp.EmulateViewport(c.width, c.height))
		page.until(10*time.Second, "the home of the FAQ", shown(helpTitle)+` && `+helpRows+`.length > 10`)
		page.shoot(c.name + "-home")
		page.click(helpRows + `[0]`)
		page.until(5*time.Second, "the article", `(`+widgetBody+`)?.length > 20`)
		page.shoot(c.name + "-article")
		var wide bool
		page.js(`[widget.querySelector(".help-scroller"), widget.querySelector(".panel")].some((n) => n.scrollWidth > n.clientWidth + 1)`, &wide)
		if wide {
			t.Errorf("%s: it is wider than its place", c.name)
		}
		end()
	}
}

// arabic gives the shop's first article a translation that is written from the right.
func arabic(t *testing.T, desk *frontdesk.Desk) {
	t.Helper()
	ctx, who := t.Context(), event.Actor{Kind: event.System}
	shelves, _, err := desk.FAQ.Home(ctx, faq.Viewer{App: ticket.DefaultApp, Platform: "webchat"}, 1, "", 1)
	if err != nil || len(shelves) == 0 {
		t.Fatal(err)
	}
	id := shelves[0].Items[0].Article.ID
	_, err = desk.FAQ.SaveDraft(ctx, who, &faq.Draft{Article: id, Language: "ar", Content: faq.Content{Title: "متى يصل طردي؟", Format: faq.Markdown,
		Body: "يصل الطرد عادةً خلال **ثلاثة أيام**.\n\n- داخل البلاد: يومان\n- خارجها: خمسة أيام\n\nراجع [صفحة التتبّع](https://shop.example/track)."}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.FAQ.Publish(ctx, who, id, "ar"); err != nil {
		t.Fatal(err)
	}
}
