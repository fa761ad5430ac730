package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/excel"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/analytics/web"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"golang.org/x/net/html"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// site is the figures of a desk, seen by whoever the header names.
type site struct {
	t    testing.TB
	desk *frontdesktest.Desk
	http.Handler
}

// hostile is a name that breaks out of whatever isn't escaped.
const hostile = `</script><b onclick="x">=1+1"'&`

func open(t testing.TB, o web.Options) *site {
	t.Helper()
	d := frontdesktest.New(t)
	must(t, d.Tickets.SaveTag(t.Context(), frontdesk.Host(), &ticket.Tag{Name: "tea"}))
	mira := d.Agent(hostile)
	tk := d.EndUser("Ann").Writes("Hello")
	_, err := d.Tickets.Apply(t.Context(), frontdesk.Host(), tk, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"tea"}})
	must(t, err)
	d.Advance(10 * time.Minute)
	mira.Replies(tk, "Hello")
	mira.Resolves(tk)
	d.EndUser("Ben").Writes("Hello?")
	d.Drain()
	for id, role := range map[string]identity.Role{"plain": identity.AgentRole, "boss": identity.Admin} {
		must(t, d.People.SaveAgent(t.Context(), frontdesk.Host(), &identity.Agent{ID: id, Name: id, Role: role}))
	}
	o.Now = d.Now
	o.Actor = func(r *http.Request) (event.Actor, error) {
		who := r.Header.Get("Who")
		if who == "" {
			return event.Actor{}, identity.ErrSession
		}
		return event.Actor{Kind: event.Agent, ID: who}, nil
	}
	reports := report.New(report.Parts{Analytics: d.Analytics, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Bots: d.Bots}, &report.Options{Now: d.Now})
	h, err := web.New(reports, d.Analytics, o)
	must(t, err)
	return &site{t, d, h}
}

// get asks as somebody, "" for nobody, with further headers: names and values by turns.
func (s *site) get(who, path string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Who", who)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *site) ok(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.get("boss", path)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w
}

func decode[T any](t testing.TB, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

type rows struct {
	Rows []struct {
		ID         string
		Start, End time.Time
		Keys       map[string]string
		Values     map[string]*float64
	}
	Next    string
	Through int64
}

// Rows come in pages, each with an id that stays the same, and null where nothing is known.
func TestRows(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{})
	const day = "from=2026-01-05&to=2026-01-05"
	whole := decode[rows](t, s.ok("/api/rows?"+day+"&metrics=created,csat,resolved"))
	if len(whole.Rows) != 1 || *whole.Rows[0].Values["created"] != 2 || *whole.Rows[0].Values["resolved"] != 1 || whole.Rows[0].Values["csat"] != nil || whole.Through == 0 {
		t.Errorf("the day: %+v", whole)
	}
	seen, after := map[string]float64{}, ""
	for range 30 {
		page := decode[rows](t, s.ok("/api/rows?"+day+"&grain=hour&limit=7&metrics=created&after="+after))
		for _, r := range page.Rows {
			seen[r.ID] += *r.Values["created"]
			if r.End.Sub(r.Start) != time.Hour {
				t.Errorf("an hour from %v to %v", r.Start, r.End)
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	sum := 0.0
	for _, n := range seen {
		sum += n
	}
	if len(seen) != 24 || sum != 2 {
		t.Errorf("%d hours with %v tickets", len(seen), sum)
	}
	tagged := decode[rows](t, s.ok("/api/rows?"+day+"&by=tag&by=queue&tag=tea&metrics=created"))
	if len(tagged.Rows) != 1 || tagged.Rows[0].Keys["tag"] != "tea" || tagged.Rows[0].Keys["queue"] == "" {
		t.Errorf("by tag and queue: %+v", tagged.Rows)
	}
	local := decode[rows](t, s.ok("/api/rows?from=2026-01-05&to=2026-01-05&zone=Asia/Kathmandu&grain=day&metrics=created"))
	if len(local.Rows) != 1 || local.Rows[0].Start.Format(time.RFC3339) != "2026-01-05T00:00:00+05:45" {
		t.Errorf("in Kathmandu: %+v", local.Rows)
	}
	w := s.ok("/api/rows.csv?" + day + "&grain=hour&limit=7&metrics=created,reply_time_avg")
	lines, err := csv.NewReader(w.Body).ReadAll()
	must(t, err)
	if len(lines) != 8 || strings.Join(lines[0], ",") != "id,start,end,created,reply_time_avg_seconds" {
		t.Errorf("CSV %q", lines)
	}
	next, _, ok := strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	if !ok || strings.Count(s.ok("/api/"+next).Body.String(), "\n") != 8 {
		t.Errorf("the next page is %q", w.Header().Get("Link"))
	}
}

// Who isn't signed in, and who may not, learns nothing, in any way.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{Excel: excel.Write, Home: "../"})
	for _, path := range []string{"/", "/api/rows", "/api/rows.csv", "/api/reports/agents", "/table.csv", "/series.csv", "/workbook.xlsx", "/chart.svg"} {
		for who, want := range map[string]int{"": 401, "plain": 403, "nobody": 403, "boss": 200} {
			if w := s.get(who, path); w.Code != want {
				t.Errorf("%s by %q: %d, want %d", path, who, w.Code, want)
			} else if h := w.Header(); h.Get("Cache-Control") != "private, no-cache" && h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s by %q: headers %v", path, who, h)
			}
		}
	}
	if w := s.get("plain", "/"); !strings.Contains(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), "isn’t yours to see") {
		t.Errorf("the page says %s", w.Body)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/rows", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{})
	for path, want := range map[string]int{
		"/api/rows?range=ever": 422, "/api/rows?metrics=luck": 422, "/api/rows?by=mood": 422, "/api/rows?after=zzz": 400, "/api/rows?limit=-1": 422, "/api/reports/luck": 404,
		"/table.csv?report=luck": 422, "/chart.svg?graph=9": 422, "/chart.svg?graph=x": 422, "/workbook.xlsx": 404, "/api/nothing": 404, "/?sort=luck": 422, "/?report=faq&by=agent": 422,
	} {
		w := s.get("boss", path)
		if w.Code != want {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
		if kind := w.Header().Get("Content-Type"); want != 404 && !strings.HasPrefix(path, "/?") && kind != "application/problem+json" {
			t.Errorf("%s is told as %s", path, kind)
		}
	}
	if w := s.get("boss", "/?queue="+url.QueryEscape(hostile)+"&range="+url.QueryEscape(hostile)); strings.Contains(w.Body.String(), "<b onclick") {
		t.Errorf("the page of an error: %s", w.Body)
	}
	if _, err := web.New(nil, nil, web.Options{}); err == nil {
		t.Error("figures are served to whoever comes")
	}
}

// Who has an answer isn't sent it again until figures change.
func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{})
	for _, path := range []string{"/figures.css", "/figures.js", "/api/metrics", "/api/rows?metrics=created&range=today", "/table.csv"} {
		w := s.ok(path)
		tag := w.Header().Get("ETag")
		if again := s.get("boss", path, "If-None-Match", `"x", W/`+tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s again: %d", path, again.Code)
		}
	}
	before := s.ok("/api/rows?metrics=created&range=today").Header().Get("ETag")
	s.desk.EndUser("Cem").Writes("Hello")
	s.desk.Drain()
	if after := s.ok("/api/rows?metrics=created&range=today").Header().Get("ETag"); after == before {
		t.Error("a new ticket, and the same ETag")
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{Excel: excel.Write})
	w := s.ok("/table.csv?report=agents&range=today&compare=1")
	lines, err := csv.NewReader(w.Body).ReadAll()
	must(t, err)
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="agents-2026-01-05-2026-01-05.csv"` {
		t.Errorf("the file is called %s", got)
	}
	found := false
	for _, l := range lines {
		found = found || l[1] == hostile && l[0] != ""
	}
	if !found || lines[0][0] != "agent" || lines[0][3] != "resolved_by_agent_before" {
		t.Errorf("CSV %q", lines)
	}
	if n := strings.Count(s.ok("/series.csv?range=7d").Body.String(), "\n"); n != 8 {
		t.Errorf("seven days are %d lines", n)
	}
	if b := s.ok("/workbook.xlsx").Body.Bytes(); !bytes.HasPrefix(b, []byte("PK")) {
		t.Errorf("a workbook of %d bytes", len(b))
	}
	w = s.ok("/chart.svg?report=agents&graph=2")
	if d := xml.NewDecoder(w.Body); !errors.Is(drain(d), io.EOF) || w.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the picture: %v", w.Header())
	}
}

func drain(d *xml.Decoder) error {
	for {
		if _, err := d.Token(); err != nil {
			return err
		}
	}
}

func TestReportsAsJSON(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{})
	type figure struct{ Value, Before *float64 }
	got := decode[struct {
		Report struct{ Name, Title, By string }
		Grain  string
		Totals map[string]figure
		Groups []struct {
			Key, Name string
			Figures   map[string]figure
		}
		Points []struct {
			Start  time.Time
			Values map[string]*float64
		}
	}](t, s.ok("/api/reports/agents?range=today&compare=1"))
	if got.Report.Title != "Agents" || got.Report.By != "agent" || got.Grain != "hour" || len(got.Points) != 24 || *got.Totals["replies"].Value != 1 || got.Totals["csat"].Value != nil || *got.Totals["replies"].Before != 0 {
		t.Errorf("%+v", got)
	}
	if len(got.Groups) == 0 || got.Groups[0].Name != hostile {
		t.Errorf("groups %+v", got.Groups)
	}
	all := decode[struct{ Reports []struct{ Name string } }](t, s.ok("/api/reports"))
	for _, r := range all.Reports {
		s.ok("/api/reports/" + r.Name)
		s.ok("/?report=" + r.Name)
	}
	metrics := decode[struct {
		Metrics []struct {
			Metric, Formula string
			Dimensions      []string
		}
	}](t, s.ok("/api/metrics"))
	if len(metrics.Metrics) != len(analytics.Metrics()) || metrics.Metrics[0].Formula == "" || len(metrics.Metrics[0].Dimensions) == 0 {
		t.Errorf("metrics %+v", metrics)
	}
}

// The page is whole without a script: every choice is a form or a link that leads to a page,
// each graph has its table, and nothing on it is anything but what it should be.
func TestPage(t *testing.T) {
	t.Parallel()
	s := open(t, web.Options{Excel: excel.Write, Home: "../desk"})
	seen := map[string]bool{}
	for todo := []string{"/", "/?report=agents&compare=0&hours=business", "/?agent=(none)&tag=tea&tag=x&label=y"}; len(todo) > 0 && len(seen) < 60; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		body := s.ok(todo[0]).Body.String()
		tree, err := html.Parse(strings.NewReader(body))
		must(t, err)
		graphs, tables := 0, 0
		for n := range tree.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: <%s %s=%q>", todo[0], n.Data, a.Key, a.Val)
				}
				if a.Key == "href" && strings.HasPrefix(a.Val, "?") {
					todo = append(todo, "/"+a.Val)
				}
				if a.Key == "class" && a.Val == "graph" {
					graphs++
				}
			}
			if n.Data == "script" && n.FirstChild != nil || n.Data == "style" || n.Data == "b" && n.Parent.Data != "div" {
				t.Errorf("%s has a <%s>", todo[0], n.Data)
			}
			if n.Data == "table" {
				tables++
			}
		}
		if graphs == 0 || tables < graphs {
			t.Errorf("%s: %d graphs and %d tables", todo[0], graphs, tables)
		}
	}
	page := s.ok("/?report=agents&range=today&agent=(none)").Body.String()
	for _, want := range []string{`<title>Agents · Figures</title>`, `href="../desk"`, `Agent: No agent`, `<option value="(none)" selected>`, `href="workbook.xlsx?`, `Compared with 4 January 2026`,
		`<a href="?range=today&amp;report=agents" title="Take the filter away">Agent: No agent`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s isn't on the page", want)
		}
	}
}
