package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// in puts the page's device into a time zone.
func in(zone string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
		return err
	})
}

const (
	awayShown = `widget && !widget.querySelector(".away").hidden`
	awayText  = `[...widget.querySelectorAll(".away p")].map((n) => n.textContent.replace(/\s/g, " "))`
)

// closingDesk is open on weekdays from 9:00 to 17:30 in Berlin, and closes a moment
// after it is opened: it is a Tuesday there.
func closingDesk(t *testing.T, in time.Duration) *frontdesk.Desk {
	t.Helper()
	ahead := time.Until(time.Date(2026, 11, 24, 16, 30, 0, 0, time.UTC).Add(-in))
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Now: func() time.Time { return time.Now().Add(ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	c := &ticket.Calendar{ID: ticket.DeskCalendar, Name: "Office", Hours: hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: "09:00", To: "17:30"})}}
	if err := desk.Tickets.SaveCalendar(t.Context(), host, c); err != nil {
		t.Fatal(err)
	}
	return desk
}

// The desk closes while somebody looks: the widget says so, and when it opens again in
// the visitor's own time zone and language, without asking the desk.
func TestTheWidgetSaysWhenTheDeskIsClosed(t *testing.T) {
	desk := closingDesk(t, 6*time.Second)
	ctx := browser(t)
	tab := open(t, ctx, serveDesk(t, desk)+"/")
	tab.do(in("America/New_York"), chromedp.Reload())
	opened(t, tab)
	tab.until(10*time.Second, "the connection", `widget.querySelector(".subtitle").textContent.includes("away")`)
	var shown bool
	if tab.js(awayShown, &shown); shown {
		t.Error("it is closed before its time")
	}
	tab.until(15*time.Second, "the notice as the desk closes", awayShown)
	var said []string
	tab.js(awayText, &said)
	if len(said) != 2 || !strings.HasPrefix(said[0], "We are closed at the moment.") || !strings.HasPrefix(said[1], "We open again: Wednesday") || !strings.HasSuffix(said[1], "3:00 AM") {
		t.Errorf("in New York %q", said)
	}
	tab.write(widgetField, "Are you there?")
	tab.until(5*time.Second, "the message, which may be written all the same", widgetSent+`.includes("Are you there?")`)
	tab.shoot("closed")
	app, err := desk.Tickets.App(t.Context(), ticket.DefaultApp)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := app.Platform("webchat")
	if err != nil {
		t.Fatal(err)
	}
	chat.AwayNotice = []ticket.Localised{{Language: "ja", Text: "お茶の時間です。"}}
	if err := desk.Tickets.SaveApp(t.Context(), host, app); err != nil {
		t.Fatal(err)
	}
	tab.do(in("Asia/Tokyo"), chromedp.Navigate(strings.Replace(location(tab), "?", "", 1)+"?lang=ja"))
	tab.until(10*time.Second, "the notice in Japanese", awayShown+` && `+awayText+`[0] === "お茶の時間です。"`)
	tab.js(awayText, &said)
	if len(said) != 2 || !strings.HasPrefix(said[1], "営業再開：") || !strings.HasSuffix(said[1], "17:00") {
		t.Errorf("in Tokyo %q", said)
	}
	tab.shoot("closed-ja")
	// It opens at once when staff says so.
	c, err := desk.Tickets.Calendar(t.Context(), ticket.DeskCalendar)
	if err != nil {
		t.Fatal(err)
	}
	c.Hours.Week = hours.Daily(hours.Interval{From: "00:00", To: "24:00"})
	if err := desk.Tickets.SaveCalendar(t.Context(), host, c); err != nil {
		t.Fatal(err)
	}
	tab.until(5*time.Second, "no notice any more", `widget.querySelector(".away").hidden`)
}

func location(b *tab) (url string) {
	b.t.Helper()
	b.js("location.origin + location.pathname", &url)
	return url
}

// The place in line is shown where the desk tells it.
func TestTheWidgetShowsThePlaceInLine(t *testing.T) {
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	tab := opened(t, open(t, ctx, serveDesk(t, desk)+"/?lang=de"))
	tab.write(widgetField, "Hallo?")
	tab.until(5*time.Second, "the message", widgetSent+`.includes("Hallo?")`)
	var hidden bool
	if tab.js(`widget.querySelector(".line").hidden`, &hidden); !hidden {
		t.Error("there is a line though nobody knows of one")
	}
	tab.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			const plain = window.fetch;
			window.fetch = async (...args) => {
				const answer = await plain(...args);
				if (!String(args[0]).endsWith("/conversations")) return answer;
				const body = await answer.json();
				for (const c of body.conversations) c.estimate = { position: 3, wait_seconds: 420, at_least: false };
				return new Response(JSON.stringify(body));
			};`})
		return err
	}), chromedp.Reload())
	want := "Sie sind Nummer 3 in der Warteschlange. Voraussichtliche Wartezeit: etwa 7 Minuten."
	tab.until(10*time.Second, "the place", `widget?.querySelector(".line")?.textContent === `+quoted(want))
	tab.shoot("line")
}

// An admin makes a calendar, with the holidays of a country, and changes it.
func TestHoursInTheOffice(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.at("hours", withText(".team-card", "Mon–Fri 09:00–18:00"))
	page.shoot("office-hours")
	page.click(withText(".office .button:not([hidden])", "New calendar"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog [aria-label=Monday]")`)
	page.focus(`document.querySelector("dialog [aria-label=Name]")`)
	page.do(chromedp.KeyEvent("Tokyo office"))
	set := func(label, value string) {
		t.Helper()
		page.js(`((n) => { n.value = `+quoted(value)+`; return true; })(document.querySelector("dialog [aria-label='`+label+`']"))`, new(bool))
	}
	set("Time zone", "Asia/Tokyo")
	set("Monday", "soon")
	set("Saturday", "22:00-06:00")
	set("Country or region", "JP")
	page.click(`document.querySelector("dialog .plan-region .button")`)
	page.until(5*time.Second, "the holidays", `document.querySelectorAll("dialog .plan-rows")[0].children.length > 40`)
	page.click(withText("dialog .button", "Exception"))
	set("First day", "2026-12-28")
	set("Last day", "2027-01-03")
	set("Name of the exception", "Year's end")
	page.shoot("calendar")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "what is wrong", withText("dialog [role=alert]", "not “soon”"))
	set("Monday", "10:00–12:00, 13:00 to 19:00")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the card", withText(".team-card", "Tokyo office")+" && "+withText(".team-card", "Sat 22:00–06:00"))
	page.shoot("office-hours-two")
	cs, _, err := desk.Tickets.Calendars(t.Context(), "", 10)
	if err != nil || len(cs) != 2 {
		t.Fatalf("%d calendars, %v", len(cs), err)
	}
	tokyo := cs[0]
	if tokyo.ID == "shop" {
		tokyo = cs[1]
	}
	want := []hours.Interval{{From: "10:00", To: "12:00"}, {From: "13:00", To: "19:00"}}
	if h := tokyo.Hours; h.Zone != "Asia/Tokyo" || !slices.Equal(h.Week.Monday, want) || len(h.Holidays) < 40 || len(h.Exceptions) != 1 || h.Exceptions[0].To != "2027-01-03" {
		t.Errorf("%+v", h)
	}
	page.click(`document.querySelector("[aria-label='Change Tokyo office']")`)
	page.until(5*time.Second, "the form again", `document.querySelector("dialog [aria-label=Monday]")?.value === "10:00–12:00, 13:00–19:00"`)
	set("Sunday", "00:00–24:00")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the change", withText(".team-card", "Sun 00:00–24:00"))
}
