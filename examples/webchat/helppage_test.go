package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// visitor reads the shop's help center in English.
var visitor = faq.Viewer{App: ticket.DefaultApp, Platform: "webchat", Languages: []string{"en"}, Session: "a visitor"}

// A supervisor writes an article, sees how it will look, and publishes it; later she
// schedules another text of it, and brings the first one back.
func TestAnArticleIsWrittenInTheOffice(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, articles: true})
	page := as(t, ctx, url, "Yuki", "open")
	page.at("help", `document.querySelectorAll(".help-row").length === 26`)
	page.shoot("help")
	page.click(withText(".office .button:not([hidden])", "New article"))
	page.fill(inForm("Title"), "Do you have matcha?")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(10*time.Second, "the editor", `document.querySelector(".help-editor:not(.waiting) .help-body") && document.querySelector(".help-name").value`)
	page.fill(`document.querySelector(".help-body")`, "Not yet. We are looking for a garden.\n\n- Write to us, and you hear **first**.\n\n<script>document.title = \"owned\"</script>")
	page.until(10*time.Second, "the preview", `document.querySelector(".help-panes .prose strong")?.textContent === "first" && !document.querySelector(".prose script")`)
	page.until(5*time.Second, "that it isn't saved", `document.querySelector(".help-told").textContent === "Not saved yet"`)
	page.shoot("help-editor")

	// What was typed and not saved is there again after a reload.
	page.do(chromedp.Reload())
	page.until(10*time.Second, "what was typed", `document.querySelector(".help-banner:not([hidden])")?.textContent.includes("is here again") && document.querySelector(".help-body").value.startsWith("Not yet.")`)
	page.click(withText(".help-foot .button", "Publish"))
	var id string
	page.until(10*time.Second, "that it is published", `document.querySelector(".help-standing").textContent === "Published"`)
	page.js(`location.hash.split("/")[4]`, &id)
	p, err := desk.FAQ.Read(t.Context(), visitor, id)
	if err != nil || p.Title != "Do you have matcha?" {
		t.Fatalf("readers get %+v, %v", p, err)
	}

	waitFor(t, 10*time.Second, "that searches find it", func() bool {
		found, err := desk.Articles.Find(t.Context(), visitor, faq.Search{Text: "is there any matcha"})
		return err == nil && len(found.Hits) > 0 && found.Hits[0].Article.ID == id
	})

	// Who may read it: a condition that can't be is refused at its place.
	page.fill(`document.querySelector("[aria-label='Who may read it']")`, "matching")
	page.fill(`document.querySelector("[aria-label='Condition']")`, `user.colour == "red"`)
	page.click(withText(".help-card .button", "Save"))
	page.until(5*time.Second, "what is wrong", `document.querySelector(".help-card .row-wrong:not([hidden])")?.textContent.startsWith("Line 1, column 1")`)
	page.fill(`document.querySelector("[aria-label='Condition']")`, `user.organisation == "acme"`)
	page.click(withText(".help-card .button", "Save"))
	waitFor(t, 5*time.Second, "that visitors don't read it", func() bool {
		_, err := desk.FAQ.Read(t.Context(), visitor, id)
		return errors.Is(err, store.ErrNotFound)
	})

	// Another text, for later.
	page.fill(`document.querySelector(".help-name")`, "Matcha is here")
	page.focus(`document.querySelector(".help-body")`)
	page.do(chromedp.KeyEvent("s", chromedp.KeyModifiers(2)))
	page.until(5*time.Second, "that the draft is saved", `document.querySelector(".help-standing").textContent === "Published, with newer draft"`)
	page.click(withText(".help-card .button", "Schedule"))
	page.fill(inForm("Publish at"), "2031-03-01T08:00")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the schedule", `document.querySelector(".help-standing").textContent === "Scheduled" && document.querySelector(".help-when")`)
	page.shoot("help-scheduled")
	page.click(withText(".help-card .button", "Drop the schedule"))
	page.until(5*time.Second, "no schedule", `!document.querySelector(".help-when")`)

	// The first version again, after a look at what has changed.
	page.click(withText(".help-version", "Version 1"))
	page.until(10*time.Second, "the version", `document.querySelector("dialog .prose strong")`)
	page.click(withText("dialog .seg", "Compared"))
	page.until(5*time.Second, "the difference", `document.querySelector("dialog .diff .gone")?.textContent.includes("Do you have matcha?")`)
	page.shoot("help-version")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the older text", `document.querySelector(".help-name").value === "Do you have matcha?"`)

	// Somebody else is faster.
	d, err := desk.FAQ.Draft(t.Context(), host, id, "en")
	if err != nil {
		t.Fatal(err)
	}
	d.Body = "Somebody else's."
	if _, err := desk.FAQ.SaveDraft(t.Context(), host, d); err != nil {
		t.Fatal(err)
	}
	page.fill(`document.querySelector(".help-body")`, "Mine.")
	page.click(withText(".help-foot .button", "Save draft"))
	page.until(5*time.Second, "the notice", `document.querySelector(".help-banner.bad:not([hidden])")?.textContent.includes("has changed this text")`)
	page.shoot("help-stale")
	page.click(withText(".help-banner .text-button", "Save mine"))
	page.until(5*time.Second, "the saved one", `document.querySelector(".help-banner").hidden && document.querySelector(".help-told").textContent.startsWith("Saved")`)
	if d, err = desk.FAQ.Draft(t.Context(), host, id, "en"); err != nil || d.Body != "Mine." {
		t.Errorf("draft %+v, %v", d, err)
	}
}

// Articles are put in order by keyboard, and what needs a translation is found; reports
// say what readers did.
func TestTheHelpCenterInTheOffice(t *testing.T) {
	_, ctx, url := shopDeskWith(t, extras{samples: true, articles: true})
	page := as(t, ctx, url, "Yuki", "open")
	page.at("help", `document.querySelectorAll(".help-row").length === 26`)
	page.focus(`document.querySelectorAll(".help-title")[1]`)
	page.do(chromedp.KeyEvent(kb.ArrowUp, chromedp.KeyModifiers(1)))
	page.until(5*time.Second, "the new order", `document.querySelector(".help-title").textContent === "Where is my parcel?"`)
	page.fill(`document.querySelector("[aria-label='What needs a translation']")`, "ja")
	page.until(5*time.Second, "what isn't there in Japanese", `document.querySelectorAll(".help-row").length === 7`)
	page.fill(`document.querySelector("[aria-label='What needs a translation']")`, "")
	page.fill(`document.querySelector("[aria-label='Find an article']")`, "tee bitter")
	page.until(5*time.Second, "what was looked for", `document.querySelectorAll(".help-row").length === 1`)
	for _, report := range []struct{ name, shows string }{
		{"viewed", withText(".office-table tr", "Where is my parcel?")}, {"unhelpful", withText(".report-voices li", "My code has nine letters.")},
		{"missing", withText(".report-lang", "Japanese")}, {"deflection", `document.querySelector(".empty-rules, .deflection")`}, {"stale", `document.querySelector(".empty-rules")`}, {"gaps", withText(".report-gap", "matcha")},
	} {
		page.js(`(location.hash = "#/office/help/reports/`+report.name+`", true)`, new(bool))
		page.until(10*time.Second, "the report "+report.name, report.shows)
		page.shoot("help-report-" + report.name)
	}
	page.js(`(location.hash = "#/office/help/reports/missing", true)`, new(bool))
	page.click(withText(".report-lang", "Japanese"))
	page.until(10*time.Second, "the translation to be written", `document.querySelector(".lang-tab[aria-selected=true]")?.textContent.includes("Japanese") && document.querySelector(".help-body").value === ""`)
	page.js(`(location.hash = "#/office/help", true)`, new(bool))
	page.do(looks(390, "dark"))
	page.until(5*time.Second, "the list", `document.querySelector(".help-row")`)
	page.shoot("help-phone-dark")
	page.click(`document.querySelector(".help-title")`)
	page.until(10*time.Second, "the article", `document.querySelector(".help-body")?.value`)
	page.shoot("help-editor-phone-dark")
	page.do(looks(1360, "dark"))
	page.shoot("help-editor-dark")
}

// What colleagues do to articles and sections is seen at once, and of many articles a part.
func TestTheHelpCenterIsLive(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, articles: true})
	page := as(t, ctx, url, "Yuki", "open")
	page.at("help", `document.querySelectorAll(".help-row").length === 26`)
	shelf := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Language: "en", Text: "Pots"}}}
	if err := desk.FAQ.SaveSection(t.Context(), host, shelf); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "the new section", withText(".help-section h3", "Pots"))
	var first *faq.Article
	err := desk.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		all := desk.In(tx).FAQ
		for i := range 230 {
			a := &faq.Article{Section: shelf.ID}
			if err := all.SaveArticle(ctx, host, a); err != nil {
				return err
			}
			if _, err := all.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: fmt.Sprintf("Pot number %d", i)}}); err != nil {
				return err
			}
			if i == 0 {
				first = a
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "a part of the new articles", `document.querySelectorAll(".help-row").length === 126`)
	page.focus(`document.querySelectorAll(".help-title")[2]`)
	var focused string
	page.js(`document.activeElement.textContent`, &focused)
	if _, err := desk.FAQ.SaveDraft(t.Context(), host, &faq.Draft{Article: first.ID, Language: "de", Content: faq.Content{Title: "Kanne"}}); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "the translation", `document.querySelector('[data-article="`+first.ID+`"] .help-marks').textContent.includes("de")`)
	page.until(time.Second, "the focus", `document.activeElement.textContent === `+strconv.Quote(focused))
	page.do(chromedp.Reload())
	page.until(10*time.Second, "what can be shown", withText(".help-section .more", "Show all 230"))
	page.click(withText(".help-section .more", "Show all 230"))
	page.until(10*time.Second, "all of them", `document.querySelectorAll(".help-row").length === 256`)
	if err := desk.FAQ.DeleteArticle(t.Context(), host, first.ID); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "that one is gone", `document.querySelectorAll(".help-row").length === 255`)
}

// Files are tried, looked at, and taken.
func TestArticlesAreImportedInTheOffice(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, articles: true})
	page := as(t, ctx, url, "Yuki", "open")
	page.at("help", `document.querySelectorAll(".help-row").length === 26`)
	page.js(`(location.hash = "#/office/help/transfer", true)`, new(bool))
	page.until(5*time.Second, "the place for files", `document.querySelector(".transfer-drop")`)
	page.js(`((d) => {
		d.items.add(new File(["---\nid: matcha\nsection_id: 2-brewing\ntitle: Do you have matcha?\n---\nNot yet.\n"], "matcha.md"));
		d.items.add(new File(["---\ncolour: green\ntitle: What?\n---\n"], "odd.md"));
		const input = document.querySelector(".transfer-drop input[type=file]");
		input.files = d.files;
		input.dispatchEvent(new Event("change"));
		return true;
	})(new DataTransfer())`, new(bool))
	page.until(10*time.Second, "what would be", `document.querySelector(".transfer-report .verdict")?.textContent === "This would be: 1 new, 1 refused."`)
	page.shoot("help-import")
	if _, err := desk.FAQ.ArticleByExternal(t.Context(), host, ticket.DefaultApp, "matcha"); err == nil {
		t.Error("a trial has imported it")
	}
	page.click(withText(".transfer .button.primary:not([hidden])", "Import 1 entry"))
	page.until(10*time.Second, "that it is done", `document.querySelector(".transfer-report .verdict")?.textContent.startsWith("Done: 1 new")`)
	page.click(withText(".transfer-row .help-title", "matcha"))
	page.until(10*time.Second, "the article", `document.querySelector(".help-name")?.value === "Do you have matcha?"`)
}

// An article is let go over another one, and takes its place.
func TestArticlesAreDraggedInTheOffice(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, articles: true})
	page := as(t, ctx, url, "Yuki", "open")
	page.at("help", `document.querySelectorAll(".help-row").length === 26`)
	page.js(`((d) => {
		const [from, to] = [document.querySelectorAll(".help-section")[1].querySelectorAll(".help-row")[2], document.querySelector(".help-row")];
		for (const [node, kind] of [[from, "dragstart"], [to, "dragover"], [to, "drop"], [from, "dragend"]]) node.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: d }));
		return true;
	})(new DataTransfer())`, new(bool))
	page.until(5*time.Second, "the article in its new place", `document.querySelector(".help-section .help-title").textContent === "How do I keep tea fresh, and for how long?"`)
	shelves, _, err := desk.FAQ.Home(t.Context(), visitor, 20, "", 50)
	if err != nil || shelves[0].Items[0].Title != "How do I keep tea fresh, and for how long?" || len(shelves[1].Items) != 4 {
		t.Errorf("%+v, %v", shelves, err)
	}
}

// What the page makes of an article's HTML can do nothing, whatever the HTML is.
func TestArticlesAreMadeAnewOnThePage(t *testing.T) {
	_, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	hostile := `<p onclick=x>one</p><script>window.owned = 1</script><img src=x onerror="window.owned = 1"><a href="javascript:window.owned=1">two</a><a href="data:text/html,x">three</a>` +
		`<svg onload="window.owned = 1"><a xlink:href="javascript:x">s</a></svg><iframe srcdoc="<script>parent.owned = 1</script>"></iframe><form action="//x"><input name=a></form>` +
		`<math><mtext><table><mglyph><style><img src=x onerror="window.owned = 1"></style></table></math><style>*{display:none}</style><base href="//x"><object data=x></object>` +
		`<p style="position:fixed" class="office" id="app">four</p><a href="//x.example/">five</a><a href="https://x.example/">six</a><template><img src=x onerror=x></template>`
	page.js(`(import("./prose.js").then(({ prose }) => { const d = document.createElement("div"); d.className = "tried"; d.append(...prose(`+quoted(hostile)+`)); document.body.append(d); }), true)`, new(bool))
	page.until(5*time.Second, "the article", `document.querySelector(".tried")`)
	var made string
	page.js(`document.querySelector(".tried").innerHTML`, &made)
	want := `<p>one</p><span>two</span><span>three</span><p data-anchor="app">four</p><span>five</span><a href="https://x.example/" target="_blank" rel="noopener noreferrer nofollow">six</a>`
	if made != want {
		t.Errorf("made %s\nwant %s", made, want)
	}
	var owned bool
	if page.js(`!!window.owned`, &owned); owned {
		t.Error("it did something")
	}
}
