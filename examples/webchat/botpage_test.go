package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// withBot publishes a flow, and has new tickets given to it.
func withBot(t *testing.T, desk *frontdesk.Desk, yaml string) {
	t.Helper()
	f, err := flow.Parse([]byte(yaml))
	if err == nil {
		err = desk.Bots.Save(t.Context(), host, &bot.Bot{ID: "helper", Name: "Helper", Draft: f})
	}
	if err == nil {
		_, err = desk.Bots.Publish(t.Context(), host, "helper")
	}
	if err == nil {
		err = desk.Rules.SaveRule(t.Context(), host, &automation.Rule{Name: "To the bot", On: automation.Trigger{Kind: automation.OnCreated},
			Do: do(ticket.Action{Do: ticket.DoAssignBot, To: "helper"})})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// article publishes one in a language, in a section of its own.
func article(t *testing.T, desk *frontdesk.Desk, language, section, title, body string) {
	t.Helper()
	shelf := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Language: language, Text: section}}}
	if err := desk.FAQ.SaveSection(t.Context(), host, shelf); err != nil {
		t.Fatal(err)
	}
	a := &faq.Article{Section: shelf.ID}
	if err := desk.FAQ.SaveArticle(t.Context(), host, a); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.FAQ.SaveDraft(t.Context(), host, &faq.Draft{Article: a.ID, Language: language, Content: faq.Content{Title: title, Body: body}}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.FAQ.Publish(t.Context(), host, a.ID, language); err != nil {
		t.Fatal(err)
	}
}

const (
	answerField = `widget.querySelector(".answer .field")`
	answerNote  = `widget.querySelector(".answer-note")?.textContent`
)

// setAnswer fills in a date as a browser's calendar does.
func setAnswer(page *tab, value string) {
	page.t.Helper()
	var done bool
	page.js(`(() => { const f = `+answerField+`; f.value = `+quoted(value)+`; f.dispatchEvent(new Event("input")); f.form.requestSubmit(); return true; })()`, &done)
}

// A bot's questions have the inputs that fit them: an email address, a number and a date
// within bounds, a file, yes or no, and a way not to answer.
func TestBotFormsInTheWidget(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	withBot(t, desk, `
steps:
  - {id: mail, ask: {text: "Which address do you order with?", as: email}}
  - {id: cups, ask: {text: "How many cups did the order have?", as: number, min: "1", max: "1200", skip: I don't know}}
  - {id: day, ask: {text: "When did you order?", as: date, min: "2026-01-01", max: "2026-12-31"}}
  - {id: photo, ask: {text: "Do you have a photo of it?", as: attachment, skip: No photo}}
  - {id: again, ask: {text: "Shall we send it again?", as: yes_no}}
  - {id: bye, hand_off: {text: "Mira is on her way."}}
`)
	if err := desk.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "mira", Name: "Mira Okafor"}); err != nil {
		t.Fatal(err)
	}
	at := serveDesk(t, desk)
	page := opened(t, open(t, ctx, at+"/"))
	page.write(widgetField, "Hello?")
	page.until(10*time.Second, "an input for an address, in focus", `widget.activeElement === `+answerField+` && widget.activeElement.type === "email" && widget.activeElement.ariaLabel.startsWith("Which address")`)
	page.write(answerField, "nonsense")
	page.until(5*time.Second, "that it is no address", answerNote+` === "Please enter a valid email address." && `+answerField+`.ariaInvalid === "true"`)
	page.shoot("bot-email")
	page.js(`(`+answerField+`.value = "", true)`, new(bool))
	page.write(answerField, "eve@example.com")
	page.until(10*time.Second, "an input for a number", `widget.activeElement === `+answerField+` && widget.activeElement.type === "number" && `+answerNote+` === "From 1 to 1,200"`)
	page.write(answerField, "1300")
	page.until(5*time.Second, "that it is too many", `widget.querySelector(".answer-note.bad")`)
	page.shoot("bot-number")
	page.click(`widget.querySelector(".choice.skip")`)
	page.until(10*time.Second, "an input for a date", answerField+`?.type === "date" && `+answerNote+` === "From Jan 1, 2026 to Dec 31, 2026"`)
	setAnswer(page, "2025-12-31")
	page.until(5*time.Second, "that it is too early", `widget.querySelector(".answer-note.bad")`)
	page.shoot("bot-date")
	setAnswer(page, "2026-03-04")
	page.until(10*time.Second, "a file that is asked for", `[...widget.querySelectorAll(".answers .choice")].map((n) => n.textContent).join() === "Choose a file,No photo" && widget.querySelectorAll(".answer").length === 0`)
	page.do(looks(390, "dark"))
	page.shoot("bot-file-phone-dark")
	page.do(looks(1360, "light"))
	page.click(`widget.querySelector(".choice.skip")`)
	page.until(10*time.Second, "yes and no", offered+`.join() === "Yes,No"`)
	page.click(`widget.querySelector(".choices .choice")`)
	page.until(10*time.Second, "a hand-off", widgetSent+`.at(-1) === "Mira is on her way." && !widget.querySelector(".answers")`)

	staff := as(t, ctx, at+"/support/agent/", "Mira", "open")
	staff.click(inList("Mira is on her way"))
	staff.until(5*time.Second, "what was asked", `[...document.querySelectorAll(".asked-for")].map((n) => n.textContent).join("|") === "Asks for an email address|Asks for a number, from 1 to 1200, or nothing|Asks for a date, from 2026-01-01 to 2026-12-31|Asks for a file, or nothing|Asks for yes or no"`)
	staff.until(5*time.Second, "who asked", withText("[role=log] .name", "Helper · automatic"))
	staff.shoot("bot-asked")
}

// From right to left: articles are cards that open in the chat and lead back, and the
// questions' inputs begin at the right.
func TestBotFromRightToLeft(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	article(t, desk, "ar", "الطلبات", "أين طردي؟", "يصل الطرد عادة خلال ثلاثة أيام. يمكنك متابعته من صفحة الطلب.")
	withBot(t, desk, `
steps:
  - {id: look, suggest: {confidence: 0.01, unhelpful: cups}}
  - {id: cups, ask: {text: {en: "How many?", ar: "كم كوبًا طلبت؟"}, as: number, min: "1", max: "12", skip: {en: "I don't know", ar: "لا أعرف"}}}
`)
	page := opened(t, open(t, ctx, serveDesk(t, desk)+"/?lang=ar"))
	page.click(`widget.querySelector(".write-us")`)
	page.write(widgetField, "أين طردي؟")
	page.until(10*time.Second, "an article, and whether it helped", `widget.querySelector(".cards .found-title")?.textContent === "أين طردي؟" && `+offered+`.length === 2 && !`+widgetSent+`.some((s) => s.includes("•"))`)
	page.shoot("bot-articles-arabic")
	page.click(`widget.querySelector(".cards .article-entry")`)
	page.until(10*time.Second, "the article", `widget.querySelector(".help:not([hidden]) .help-title")?.textContent === "أين طردي؟" && widget.querySelector(".vote")`)
	page.click(`widget.querySelector(".head .icon-button")`)
	page.until(5*time.Second, "the conversation, with the card in focus", `widget.querySelector(".conversation:not([hidden])") && widget.activeElement?.classList.contains("article-entry")`)
	page.click(`widget.querySelectorAll(".choices .choice")[1]`)
	page.until(10*time.Second, "a question", answerField)
	page.until(5*time.Second, "that it begins at the right", `((field, send) => field.left > send.left)(`+answerField+`.getBoundingClientRect(), widget.querySelector(".answer .send").getBoundingClientRect())`)
	page.shoot("bot-number-arabic")
}

// A client that doesn't know a kind of answer, as an older one doesn't know a newer kind,
// takes a text, and still offers what there is to pick.
func TestUnknownBotFormInTheWidget(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	withBot(t, desk, `
steps:
  - {id: day, ask: {text: "When did you order?", as: date, skip: I don't know}}
  - {id: bye, hand_off: {text: "Thank you."}}
`)
	to, err := url.Parse(serveDesk(t, desk))
	if err != nil {
		t.Fatal(err)
	}
	newer := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(r *http.Response) error {
			if !strings.HasSuffix(r.Request.URL.Path, "/messages") {
				return nil
			}
			b, err := io.ReadAll(r.Body)
			b = bytes.ReplaceAll(b, []byte(`"kind":"date"`), []byte(`"kind":"moon"`))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Set("Content-Length", strconv.Itoa(len(b)))
			return err
		},
	})
	t.Cleanup(newer.Close)
	page := opened(t, open(t, ctx, newer.URL+"/"))
	page.write(widgetField, "Hello?")
	page.until(10*time.Second, "the question", widgetSent+`.at(-1) === "When did you order?"`)
	page.do(chromedp.Reload()) // what the stream has told isn't rewritten, the history is
	page.until(10*time.Second, "the way to skip it, and no input", offered+`.join() === "I don't know" && !widget.querySelector(".answer")`)
	page.write(widgetField, "2026-03-04")
	page.until(10*time.Second, "that it is taken", widgetSent+`.at(-1) === "Thank you."`)
}

// After a resolution a feedback bot asks in the conversation, by buttons: what is picked is
// the rating, and opens nothing. Then the conversation says that it is resolved.
func TestFeedbackBotInTheWidget(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Bots.Save(t.Context(), host, &bot.Bot{ID: "csat", Name: "Asks", Draft: flow.CSAT()}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Bots.Publish(t.Context(), host, "csat"); err != nil {
		t.Fatal(err)
	}
	inTheChat(t, desk, func(p *ticket.Platform) { p.AskResolved, p.FeedbackBot = false, "csat" })
	page := opened(t, open(t, ctx, serveDesk(t, desk)+"/"))
	page.write(widgetField, "Hello?")
	page.until(10*time.Second, "the message", widgetSent+`.at(-1) === "Hello?"`)
	id := lastOpened(t, desk).ID
	if _, err := desk.Tickets.Resolve(t.Context(), host, id); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "scores, and no word that it is over", offered+`.slice(0, 5).join() === "1,2,3,4,5" && widget.querySelector(".banner").hidden && !widget.querySelector(".settle-card")`)
	page.shoot("bot-feedback")
	page.click(`widget.querySelectorAll(".choices .choice")[4]`)
	page.until(10*time.Second, "that it is over", `!widget.querySelector(".banner").hidden && !widget.querySelector(".answers")`)
	if x := lastOpened(t, desk); x.ID != id || x.Status != ticket.StatusResolved || x.Resolution.Survey.Score != 5 {
		t.Errorf("ticket %s %s, %+v", x.ID, x.Status, x.Resolution)
	}
}
