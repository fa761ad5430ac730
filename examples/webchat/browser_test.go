package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/examples/webchat/staff"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// open opens a page. The first action starts what lives as long as its context,
// so it has no time limit of its own.
func open(t *testing.T, ctx context.Context, url string) *tab {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
	return &tab{t, ctx}
}

// hangs is after how long a page that doesn't answer at all never will.
const hangs = 5 * time.Minute

// tab is one page.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, hangs)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// js evaluates an expression; widget stands for the widget's shadow root.
func (b *tab) js(expression string, into any) {
	b.t.Helper()
	if err := b.evaluate(expression, into); err != nil {
		b.t.Fatal(err)
	}
}

// evaluate is js that may fail, as while one page gives way to the next.
func (b *tab) evaluate(expression string, into any) error {
	code := `(() => { const widget = document.querySelector("frontdesk-widget")?.shadowRoot; return JSON.stringify(` + expression + `) ?? "null"; })()`
	ctx, cancel := context.WithTimeout(b.ctx, hangs)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](code))
	if err != nil {
		return fmt.Errorf("%s: %w", expression, err)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("%s gives %s: %w", expression, text, err)
	}
	return nil
}

// front makes the tab the one that is looked at.
func (b *tab) front() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.BringToFront, cdp.Empty{})
		return err
	}))
}

func (b *tab) until(most time.Duration, what, expression string) {
	b.t.Helper()
	waitFor(b.t, most, what, func() bool {
		var ok bool
		switch err := b.evaluate("!!("+expression+")", &ok); {
		case err == nil:
		case strings.Contains(err.Error(), "navigated or closed"): // on its way to the next page
			return false
		default:
			b.t.Fatal(err)
		}
		return ok
	})
}

// focus waits until the field that the expression names takes the focus, which one that is
// there and not shown yet doesn't.
func (b *tab) focus(field string) {
	b.t.Helper()
	b.until(5*time.Second, "the field "+field, `((n) => n && (n.focus(), n.getRootNode().activeElement === n))(`+field+`)`)
}

// write types into the field that the expression names, and presses Enter.
func (b *tab) write(field, text string) {
	b.t.Helper()
	b.focus(field)
	b.do(chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Enter))
}

// shoot has the page be looked at, and keeps a picture of it where pictures are kept, as
// go test -artifacts does.
func (b *tab) shoot(name string) {
	b.t.Helper()
	b.front()
	if flag.Lookup("test.artifacts").Value.String() != "true" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

const (
	widgetField  = `widget.querySelector("#fd-input")`
	widgetLines  = `[...widget.querySelectorAll(".bubble")].map((n) => n.textContent)`
	widgetSent   = `[...widget.querySelectorAll(".row:not(.pending) .bubble")].map((n) => n.textContent)`
	staffField   = `document.querySelector("#composer-input")`
	staffBubbles = `[...document.querySelectorAll("[role=log] .bubble")].map((n) => n.textContent)`
)

// conversation opens both pages: the end user's with the chat open, the agent's
// signed in as Mira.
func conversation(t *testing.T, s *server) (endUser, staff *tab) {
	t.Helper()
	first := browser(t)
	endUser = open(t, first, s.base()+"/")
	second, end := chromedp.NewContext(first)
	t.Cleanup(end)
	staff = open(t, second, s.base()+"/support/agent/")
	staff.until(10*time.Second, "the choice of agents", `document.querySelector(".person")`)
	var done bool
	staff.js(`([...document.querySelectorAll(".person")].find((n) => n.textContent.includes("Mira")).click(), true)`, &done)
	staff.until(10*time.Second, "the list of tickets", `document.querySelector(".tickets")`)
	endUser.front()
	endUser.until(10*time.Second, "the widget", `widget?.querySelector(".launcher")`)
	endUser.js(`(widget.querySelector(".launcher").click(), true)`, &done)
	endUser.click(writeUs) // past the articles
	return endUser, staff
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// An end user writes, an agent answers, the server is killed while the end user
// goes on writing, and comes back: both pages go on by themselves, and the
// conversation is whole.
func TestConversationInTheBrowser(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		s.start()
		endUser, staff := conversation(t, s)

		said := []string{"Is the spring oolong <b>back</b>?"}
		endUser.write(widgetField, said[0])
		start := time.Now()
		staff.until(5*time.Second, "the message in the agent's list", `[...document.querySelectorAll(".ticket-text")].some((n) => n.textContent.includes("spring oolong"))`)
		t.Logf("the agent's list showed the message after %v", time.Since(start).Round(time.Millisecond))
		var done bool
		staff.js(`([...document.querySelectorAll("a.ticket")].find((n) => n.textContent.includes("spring oolong")).click(), true)`, &done)
		staff.until(5*time.Second, "the conversation", staffBubbles+`.includes(`+quoted(said[0])+`)`)
		staff.front()
		said = append(said, "It is! Forty tins came in this morning.")
		staff.write(staffField, said[1])
		endUser.until(5*time.Second, "the answer in the widget", widgetLines+`.includes(`+quoted(said[1])+`)`)

		endUser.front()
		for i := range 3 {
			said = append(said, fmt.Sprintf("Line %d, written before the lights went out", i))
			endUser.write(widgetField, said[len(said)-1])
		}
		s.kill()
		for i := range 3 {
			said = append(said, fmt.Sprintf("Line %d, written in the dark", i))
			endUser.write(widgetField, said[len(said)-1])
		}
		s.start()
		whole := `JSON.stringify(` + quotedList(said) + `)`
		endUser.until(40*time.Second, "all lines in the widget", `JSON.stringify(`+widgetSent+`.filter((x) => !x.startsWith("Hello!"))) === `+whole)
		staff.until(40*time.Second, "all lines at the agent's", `JSON.stringify(`+staffBubbles+`) === `+whole)
		said = append(said, "All here. Shall I put two tins aside?")
		staff.front()
		staff.write(staffField, said[len(said)-1])
		whole = `JSON.stringify(` + quotedList(said) + `)`
		endUser.until(20*time.Second, "the answer after the restart", `JSON.stringify(`+widgetSent+`.filter((x) => !x.startsWith("Hello!"))) === `+whole)
		staff.until(10*time.Second, "no line twice", `JSON.stringify(`+staffBubbles+`) === `+whole)
		staff.shoot("staff")
		endUser.shoot("widget")
	})
}

func quotedList(list []string) string {
	b, _ := json.Marshal(list)
	return strings.ReplaceAll(string(b), "\u2028", "")
}

// Questions before the chat, several conversations, and a file, where the platform
// asks for them; all by keyboard.
func TestQuestionsAndSeveralConversations(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app, err := desk.Tickets.App(t.Context(), ticket.DefaultApp)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := app.Platform("webchat")
	if err != nil {
		t.Fatal(err)
	}
	chat.Several = true
	chat.Questions = []ticket.Question{
		{Key: "name", Label: "Your name", Kind: "text", Required: true},
		{Key: "topic", Label: "Topic", Kind: "choice", Options: []string{"Tea", "Parcels"}},
	}
	topic := &ticket.Field{Key: "topic", Type: ticket.Dropdown, Options: []ticket.Option{{Name: "Tea"}, {Name: "Parcels"}}}
	if err := errors.Join(desk.Tickets.SaveApp(t.Context(), host, app), desk.Tickets.SaveField(t.Context(), host, topic)); err != nil {
		t.Fatal(err)
	}
	page := open(t, ctx, serveDesk(t, desk)+"/")
	page.until(10*time.Second, "the launcher", `widget?.querySelector(".launcher") && !widget.querySelector(".launcher").hidden`)
	page.front()
	waitFor(t, 5*time.Second, "the launcher's focus", func() (has bool) { // the only thing on the page that takes it
		page.do(chromedp.KeyEvent(kb.Tab))
		page.js(`widget.activeElement === widget.querySelector(".launcher")`, &has)
		return has
	})
	page.do(chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the first question", `widget.activeElement?.name === "name"`)
	page.do(chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "a word about the missing name", `widget.activeElement?.getAttribute("aria-invalid") === "true"`)
	page.do(chromedp.KeyEvent("Ann"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	page.shoot("questions")
	page.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the composer", `widget.activeElement?.id === "fd-input"`)
	page.write(widgetField, "Where is my parcel?")
	page.until(5*time.Second, "the message", widgetSent+`.includes("Where is my parcel?")`)

	page.until(5*time.Second, "the way back to the list", `!widget.querySelector(".head button").hidden`)
	var done bool
	page.js(`(widget.querySelector(".head button").click(), true)`, &done)
	page.until(5*time.Second, "the list of conversations", `widget.querySelectorAll(".list .entry").length === 1`)
	page.js(`(widget.querySelector(".list-screen .primary").click(), true)`, &done)
	page.until(5*time.Second, "the topic alone", `[...widget.querySelectorAll(".question label")].map((n) => n.textContent).join() === "Topic (optional)"`)
	page.js(`(widget.querySelector(".prechat .primary").click(), true)`, &done)
	page.write(widgetField, "And something else: do you ship to Malta?")
	page.until(5*time.Second, "the second conversation", `!widget.querySelector(".conversation").hidden && JSON.stringify(`+widgetSent+`.slice(-1)) === '["And something else: do you ship to Malta?"]'`)
	page.shoot("second")

	var ts []*ticket.Ticket
	waitFor(t, 5*time.Second, "both tickets", func() bool {
		ts, _, err = desk.Tickets.List(t.Context(), host, ticket.Filter{}, "", 10)
		return err == nil && len(ts) == 2
	})
	u, err := desk.People.EndUser(t.Context(), ts[0].EndUser)
	if err != nil || u.Name != "Ann" {
		t.Errorf("end user %+v, %v", u, err)
	}
	for _, tk := range ts {
		if v, ok := tk.Field("topic"); tk.Number == 1 && (!ok || v.Text != "Parcels") {
			t.Errorf("topic: %+v of %+v", v, tk.Warnings)
		}
	}
}

// serveDesk runs a desk in this process, with a page that holds the widget and the
// agents' page.
func serveDesk(t *testing.T, desk *frontdesk.Desk) string {
	t.Helper()
	agents, err := staff.New(desk, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/support/", http.StripPrefix("/support", desk.Handler()))
	mux.Handle("/support/agent/", http.StripPrefix("/support/agent", agents))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html lang="%s"><body><h1>Shop</h1><script async src="/support/widget.js"></script></body></html>`, cmp.Or(r.FormValue("lang"), "en"))
	})
	server := httptest.NewServer(mux)
	go desk.Run(t.Context())
	t.Cleanup(func() {
		desk.Chat.Close()
		server.CloseClientConnections()
		server.Close()
		desk.Close()
	})
	return server.URL
}
