package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// streams knows which tabs hold a stream of the desk's at the moment.
type streams struct {
	desk http.Handler

	mu   sync.Mutex
	tabs map[*connection]string
}

// connection is one of the server's. A stream takes it over, and ends when it is closed.
type connection struct {
	*net.TCPConn
	end   func(*connection)
	taken atomic.Bool
}

func (c *connection) Close() error {
	c.end(c)
	return c.TCPConn.Close()
}

// listener is that of a server whose connections say when they are closed.
type listener struct {
	net.Listener
	end func(*connection)
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{TCPConn: c.(*net.TCPConn), end: l.end}, nil
}

type connectionKey struct{}

func (s *streams) serve(t *testing.T, mux *http.ServeMux) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(mux)
	server.Listener = listener{server.Listener, s.end}
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateHijacked {
			c.(*connection).taken.Store(true)
		}
	}
	server.Start()
	return server
}

func (s *streams) end(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tabs, c)
}

func (s *streams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/chat/v1/stream") {
		holder := r.Referer()
		if u, err := url.Parse(holder); err == nil {
			holder = u.Query().Get("tab")
		}
		c := r.Context().Value(connectionKey{}).(*connection)
		s.mu.Lock()
		s.tabs[c] = holder
		s.mu.Unlock()
		defer func() {
			if !c.taken.Load() { // it was refused, or is over
				s.end(c)
			}
		}()
	}
	s.desk.ServeHTTP(w, r)
}

// holders are the names of the tabs that hold a stream, each once for each stream.
func (s *streams) holders() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Values(s.tabs))
}

// tabbed is a desk, served over HTTP/1.1 with the page of a host, and the tabs of one
// browser in which that is open.
type tabbed struct {
	t       *testing.T
	desk    *frontdesk.Desk
	base    string
	streams *streams

	browser context.Context
	names   []string // of the tabs that are open
	tabs    map[string]*tab
	said    []string // in the conversation
}

// used has a page take itself for the one that its user looks at when it is told so, as
// a browser without a screen shows all of them at once.
const used = `window.use = (on) => { window.used = on; dispatchEvent(new Event(on ? "focus" : "blur")); }; document.hasFocus = () => !!window.used;`

// A secret that hosts sign logins with has to be long.
const tabsSecret = "a secret of the shop's, thirty-two bytes or more"

func newTabbed(t *testing.T, scripts string) *tabbed {
	t.Helper()
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Origins: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "mira", Name: "Mira Okafor", Role: identity.Admin}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.People.AddSecret(t.Context(), host, ticket.DefaultApp, tabsSecret); err != nil {
		t.Fatal(err)
	}
	s := &tabbed{t: t, desk: desk, tabs: map[string]*tab{}, streams: &streams{desk: http.StripPrefix("/support", desk.Handler()), tabs: map[*connection]string{}}}
	mux := http.NewServeMux()
	mux.Handle("/support/", s.streams)
	mux.HandleFunc("/price", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		fmt.Fprint(w, "4.20")
	})
	mux.HandleFunc("/sandboxed/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "sandbox allow-scripts") // it has no origin then
		r.URL.Path = "/"
		mux.ServeHTTP(w, r)
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>Shop</title><script>%s</script><h1>Shop</h1><script async src="/support/widget.js" data-app="%s"></script>`,
			scripts, cmp.Or(r.FormValue("app"), ticket.DefaultApp))
	})
	server := s.streams.serve(t, mux)
	s.base = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { desk.Run(ctx) })
	t.Cleanup(func() {
		desk.Chat.Close()
		server.CloseClientConnections()
		server.Close()
		cancel()
		running.Wait()
		desk.Close()
	})
	s.browser = browser(t)
	open(t, s.browser, "about:blank") // keeps the browser open
	return s
}

// open opens a tab of the host's page with the chat open.
func (s *tabbed) open(name, query string) *tab {
	s.t.Helper()
	ctx, end := chromedp.NewContext(s.browser)
	s.t.Cleanup(end)
	page := open(s.t, ctx, s.base+"/?tab="+name+query)
	opened(s.t, page)
	s.tabs[name] = page
	s.names = append(s.names, name)
	return page
}

// gone is a tab that isn't open any more.
func (s *tabbed) gone(name string) {
	s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == name })
}

// holder waits until exactly one tab, which is open, holds a stream, and says which.
func (s *tabbed) holder() string {
	s.t.Helper()
	var all []string
	waitFor(s.t, 10*time.Second, "one stream", func() bool {
		all = s.streams.holders()
		return len(all) == 1 && slices.Contains(s.names, all[0])
	})
	return all[0]
}

// answer is the agent's, in the conversation that there is. It comes when what was said
// last has: a tab sends it a moment after it was typed.
func (s *tabbed) answer(text string) {
	s.t.Helper()
	if n := len(s.said); n > 0 {
		waitFor(s.t, 10*time.Second, "the desk to have "+s.said[n-1], func() bool {
			ms, _, err := s.desk.Tickets.Messages(s.t.Context(), mira, newest(s.t, s.desk).ID, 0, 0, 200)
			return err == nil && slices.ContainsFunc(ms, func(m *ticket.Message) bool { return m.Text == s.said[n-1] })
		})
	}
	if _, _, err := s.desk.Tickets.Reply(s.t.Context(), mira, newest(s.t, s.desk).ID, ticket.Draft{Text: text}); err != nil {
		s.t.Fatal(err)
	}
	s.said = append(s.said, text)
}

func (s *tabbed) write(name, text string) {
	s.t.Helper()
	s.tabs[name].front()
	s.tabs[name].write(widgetField, text)
	s.said = append(s.said, text)
}

// use has a tab be the one that is used.
func (s *tabbed) use(name string) {
	s.t.Helper()
	for _, other := range s.names {
		var done bool
		s.tabs[other].js(fmt.Sprintf("(use(%v), true)", other == name), &done)
	}
	waitFor(s.t, 10*time.Second, "the stream of tab "+name, func() bool { return len(s.streams.holders()) == 1 })
}

// whole waits until these tabs, or else all, show all that was said, each once and in
// its order.
func (s *tabbed) whole(names ...string) {
	s.t.Helper()
	if len(names) == 0 {
		names = s.names
	}
	var shows []string
	defer func() {
		if s.t.Failed() {
			s.t.Logf("it shows %q, of %q", shows, s.said)
		}
	}()
	for _, name := range names {
		waitFor(s.t, 10*time.Second, "the whole conversation in tab "+name, func() bool {
			s.tabs[name].js(widgetSent+`.filter((x) => !x.startsWith("Hello!"))`, &shows)
			return slices.Equal(shows, s.said)
		})
	}
}

// works sees that in every tab the host's own page gets what it asks for.
func (s *tabbed) works() {
	s.t.Helper()
	for _, name := range s.names {
		var asked bool
		s.tabs[name].js(`(window.price = "", fetch("/price", { cache: "no-store" }).then((r) => r.text()).then((text) => { window.price = text; }), true)`, &asked)
	}
	for _, name := range s.names {
		s.tabs[name].until(5*time.Second, "the price in tab "+name, `window.price === "4.20"`)
	}
}

// A browser has six connections to a host that speaks HTTP/1.1, for all of its tabs
// together. Eight tabs of a host's page share one stream, and all go on working; when
// the tab that holds it is closed, goes elsewhere or crashes, another takes over.
func TestEightTabsShareOneStream(t *testing.T) {
	t.Parallel()
	s := newTabbed(t, "")
	for i := range 8 {
		s.open(fmt.Sprint(i), "")
	}
	s.works()
	for _, name := range s.names {
		s.write(name, "Line of tab "+name)
		s.whole()
	}
	s.answer("I have read all eight.")
	s.whole()
	for _, how := range []struct {
		name string
		end  chromedp.Action[chromedp.Void]
	}{
		{"closed", command(page.Close)},
		{"elsewhere", chromedp.Navigate("about:blank")},
		{"crashed", command(page.Crash)},
	} {
		first := s.holder()
		s.gone(first)
		s.answer("Before it was " + how.name)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			chromedp.Do(s.tabs[first].ctx, how.end)
		}()
		select {
		case <-ended:
		case <-time.After(time.Second): // a tab that crashes doesn't answer
		}
		s.answer("While nobody may have listened")
		second := s.holder()
		s.write(s.names[0], "After it was "+how.name)
		s.whole()
		s.works()
		t.Logf("tab %s was %s: tab %s took over", first, how.name, second)
	}
	if got := s.holder(); len(s.names) != 5 {
		t.Errorf("tabs %v are left, %s holds the stream", s.names, got)
	}
}

// Where a page can't know of the other tabs, as browsers lend locks to pages on HTTPS
// that have an origin only, the one that is used has the stream.
func TestTabsThatMustNotShare(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]func(s *tabbed) string{
		"plain HTTP": func(s *tabbed) string { return strings.Replace(s.base, "127.0.0.1", elsewhere, 1) },
		"sandboxed":  func(s *tabbed) string { return s.base + "/sandboxed" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTabbed(t, used)
			s.base = where(s)
			for i := range 8 {
				s.open(fmt.Sprint(i), "")
			}
			s.works()
			for _, user := range []string{"0", "7"} {
				s.use(user)
				s.write(user, "Line of tab "+user)
				if name == "sandboxed" { // with no storage, each tab is somebody else's
					s.works()
					s.said = nil
					continue
				}
				s.answer("To tab " + user)
				for _, other := range []string{user, "3", "4"} {
					s.use(other)
					s.whole(other)
				}
				s.works()
			}
		})
	}
}

// The tabs of one app are those of one end user, also when he signs in, and share a
// stream. Those of another app are another's, hear nothing of his, and have their own.
func TestTabsOfOthersDoNotShare(t *testing.T) {
	t.Parallel()
	s := newTabbed(t, "")
	gifts, err := s.desk.Tickets.App(t.Context(), ticket.DefaultApp)
	if err != nil {
		t.Fatal(err)
	}
	gifts.ID, gifts.Name, gifts.Rev = "gifts", "Gifts", 0
	if err := s.desk.Tickets.SaveApp(t.Context(), host, gifts); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		s.open(fmt.Sprint("gift", i), "&app=gifts")
	}
	for i := range 2 {
		s.open(fmt.Sprint("tea", i), "")
	}
	login, err := json.Marshal(identity.Login{UserID: "ann", Email: "ann@example.com", HMAC: identity.Sign(tabsSecret, "ann", "ann@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if t.Failed() {
			t.Logf("streams of %q", s.streams.holders())
		}
	}()
	apart := func() bool { // one stream each
		holders := strings.Join(s.streams.holders(), " ")
		return strings.Count(holders, "gift") == 1 && strings.Count(holders, "tea") == 1
	}
	waitFor(t, 10*time.Second, "two streams", apart)
	var done bool
	s.tabs["tea0"].js(`(window.signed = "", Frontdesk.login(`+string(login)+`).then((ok) => { window.signed = ok; }), true)`, &done)
	s.tabs["tea0"].until(5*time.Second, "the login", "window.signed")
	s.write("tea1", "For Ann alone")
	s.answer("Hello Ann")
	s.whole("tea0", "tea1")
	waitFor(t, 10*time.Second, "two streams", apart)
	if u, err := s.desk.People.EndUser(t.Context(), newest(t, s.desk).EndUser); err != nil || u.UserID != "ann" {
		t.Errorf("the other tab wrote as %+v, %v", u, err)
	}
	s.said = nil
	s.whole("gift0", "gift1")
	s.tabs["tea1"].js(`(Frontdesk.logout().then(() => { window.out = true; }), true)`, &done)
	s.tabs["tea1"].until(5*time.Second, "the logout", "window.out")
	s.whole()
	waitFor(t, 10*time.Second, "two streams", apart)
}

// Who goes on writing while his first message is on its way loses nothing of it when the
// conversation has begun.
func TestWritingOnWhileAConversationBegins(t *testing.T) {
	t.Parallel()
	s := newTabbed(t, "")
	arrives := make(chan struct{})
	desk := s.streams.desk
	s.streams.desk = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/chat/v1/messages") {
			<-arrives
		}
		desk.ServeHTTP(w, r)
	})
	page := s.open("0", "")
	page.write(widgetField, "Good morning")
	page.types(widgetField, "I have a ques")
	close(arrives)
	page.until(5*time.Second, "the first line", widgetSent+`.includes("Good morning")`)
	page.types(widgetField, "tion")
	page.do(chromedp.KeyEvent(kb.Enter))
	s.said = []string{"Good morning", "I have a question"}
	s.whole()
}

// What is half written in a tab stays there while the conversation begins in another, by
// which the desk takes both tabs for those of one end user.
func TestWritingOnWhileAConversationBeginsElsewhere(t *testing.T) {
	t.Parallel()
	s := newTabbed(t, "")
	s.open("0", "")
	s.open("1", "")
	s.tabs["1"].front()
	s.tabs["1"].types(widgetField, "I have a ques")
	s.write("0", "Good morning")
	s.whole()
	s.tabs["1"].front()
	s.tabs["1"].write(widgetField, "tion")
	s.said = append(s.said, "I have a question")
	s.whole()
}

// command is a command of the browser's to the page, without parameters or results.
func command(c cdp.Command[cdp.Empty, cdp.Empty]) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, cdp.Empty{})
		return err
	})
}
