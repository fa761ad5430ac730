// Package staff is a small page on which agents answer, for the example. It
// shows how a host puts a page of its own over a desk: everything goes through
// the services, which check what an agent may do.
//
// Whoever opens the page picks an agent to be: a host puts its own sign-in in
// place of that.
package staff

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

//go:embed assets
var assets embed.FS

// contentPolicy lets the page load what comes from the desk itself, pictures of articles
// and of agents, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data: https:; connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// Page serves the agents' page and what it asks for.
type Page struct {
	desk  *frontdesk.Desk
	log   *slog.Logger
	looks looks
	http.Handler
}

// New returns the page. Mount it under a prefix that ends with a slash.
func New(desk *frontdesk.Desk, log *slog.Logger) (*Page, error) {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("staff page: %w", err)
	}
	p := &Page{desk: desk, log: log, looks: looks{tabs: map[string]*look{}}}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/agents", p.open(p.agents))
	mux.HandleFunc("POST /api/session", p.open(p.signIn))
	mux.HandleFunc("DELETE /api/session", p.open(p.signOut))
	mux.HandleFunc("POST /api/join", p.open(p.join))
	for pattern, h := range map[string]handler{
		"GET /api/me":                           p.me,
		"GET /api/tickets":                      p.tickets,
		"GET /api/counts":                       p.counts,
		"GET /api/tickets/{id}":                 p.ticket,
		"GET /api/tickets/{id}/messages":        p.messages,
		"GET /api/tickets/{id}/history":         p.history,
		"POST /api/tickets/{id}/{act}":          p.act,
		"GET /api/number":                       p.byNumber,
		"POST /api/bulk":                        p.bulk,
		"GET /api/replies":                      p.suggest,
		"GET /api/tickets/{id}/replies/{reply}": p.preview,
		"GET /api/views":                        p.views,
		"POST /api/views":                       p.saveView,
		"DELETE /api/views/{id}":                p.deleteView,
		"GET /api/search":                       p.search,
		"POST /api/viewing":                     p.viewing,
		"POST /api/attachments":                 p.upload,
		"GET /api/stream":                       p.stream,
		"GET /api/notices":                      p.notices,
		"POST /api/notices/read":                p.readNotices,
		"POST /api/notices/muted":               p.mute,
		"GET /api/people/{user}/notes":          p.notes,
		"POST /api/people/{user}/notes":         p.addNote,
		"DELETE /api/notes/{id}":                p.deleteNote,
		"GET /api/office":                       p.office,
		"POST /api/office/role":                 p.setRole,
		"POST /api/office/groups":               p.setGroups,
		"POST /api/office/member":               p.setTeam,
		"POST /api/office/team":                 p.saveTeam,
		"POST /api/office/access":               p.saveAccess,
		"GET /api/office/audit":                 p.audit,
		"GET /api/office/invitations":           p.invitations,
		"POST /api/office/invitations":          p.invite,
		"DELETE /api/office/invitations/{id}":   p.uninvite,
		"POST /api/office/deactivate":           p.deactivate,
		"POST /api/office/activate":             p.activate,
		"GET /api/office/calendars":             p.calendars,
		"POST /api/office/calendars":            p.saveCalendar,
		"GET /api/office/holidays":              p.holidays,
		"GET /api/office/policies":              p.policies,
		"POST /api/office/policies":             p.savePolicy,
		"DELETE /api/office/policies/{id}":      p.deletePolicy,
		"POST /api/office/policies/order":       p.orderPolicies,
		"GET /api/office/rules":                 p.rules,
		"POST /api/office/rules":                p.saveRule,
		"DELETE /api/office/rules/{id}":         p.deleteRule,
		"GET /api/office/rules/{id}/runs":       p.ruleRuns,
		"POST /api/office/rules/{id}/move":      p.moveRule,
		"POST /api/office/rules/{id}/switch":    p.switchRule,
		"POST /api/office/ruletry/condition":    p.condition,
		"POST /api/office/ruletry/ticket":       p.tryRule,
		"POST /api/office/ruletry/overdue":      p.overdue,
		"POST /api/office/ruletry/backtest":     p.backtest,
		"GET /api/tickets/{id}/rules":           p.ticketRuns,
		"GET /api/office/queues":                p.queues,
		"POST /api/office/queues":               p.saveQueue,
		"DELETE /api/office/queues/{id}":        p.deleteQueue,
		"POST /api/office/queues/settings":      p.saveSettings,
		"POST /api/office/queues/order/{act}":   p.arrangeQueues,
		"GET /api/office/work":                  p.atWork,
		"POST /api/office/work":                 p.saveWorker,
		"POST /api/office/work/leave/{act}":     p.leaveWork,
		"GET /api/work":                         p.work,
		"POST /api/work":                        p.setWork,
		"GET /api/office/keys":                  p.keys,
		"POST /api/office/keys":                 p.addKey,
		"DELETE /api/office/keys/{id}":          p.revokeKey,
		"POST /api/people/{user}/erase":         p.erase,
		"GET /api/people/{user}/export":         p.export,
		"POST /api/people/{user}/logout":        p.logOut,
		"GET /api/office/bans":                  p.bans,
		"POST /api/office/bans":                 p.ban,
		"DELETE /api/office/bans/{id}":          p.lift,
	} {
		mux.HandleFunc(pattern, p.open(p.signedIn(h)))
	}
	for _, some := range []map[string]handler{p.helpRoutes(), p.labelRoutes(), p.botRoutes(), p.mailRoutes()} {
		for pattern, h := range some {
			mux.HandleFunc(pattern, p.open(p.signedIn(h)))
		}
	}
	mux.Handle("GET /api/now/", p.now())
	mux.Handle("POST /api/now/", p.now())
	figures, err := p.figuresPage()
	if err != nil {
		return nil, fmt.Errorf("staff page: %w", err)
	}
	mux.Handle("GET /figures/", http.StripPrefix("/figures", figures))
	// The cookie goes along with whatever another site makes the browser send.
	p.Handler = headers(http.NewCrossOriginProtection().Handler(mux))
	return p, nil
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

type handler func(w http.ResponseWriter, r *http.Request, me *identity.Agent) error

func (p *Page) open(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			problem.Write(w, r, p.log, err)
		}
	}
}

const cookie = "frontdesk_agent"

// signedIn finds the agent of the cookie, who has to be active still.
func (p *Page) signedIn(h handler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		me, err := p.who(r)
		if err != nil {
			return err
		}
		return h(w, r, me)
	}
}

// who is the agent of the cookie.
func (p *Page) who(r *http.Request) (*identity.Agent, error) {
	id := p.agentOf(r)
	if id == "" {
		return nil, identity.ErrSession
	}
	me, err := p.desk.People.Agent(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && me.Inactive {
		return nil, identity.ErrSession
	}
	return me, err
}

// agentOf is the id of the agent whose cookie it is; "" if it is nobody's.
func (p *Page) agentOf(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	id, signature, _ := strings.Cut(c.Value, ".")
	if !p.desk.People.Verify(signature, "example staff", id) {
		return ""
	}
	return id
}

func (p *Page) signIn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Agent string `json:"agent"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.Agent(r.Context(), in.Agent)
	if err != nil {
		return err
	}
	if _, err := p.desk.Queues.Login(r.Context(), a.ID); err != nil {
		return err
	}
	p.welcome(w, r, a)
	return write(w, map[string]any{"agent": agentOf(a)})
}

// welcome gives an agent his cookie.
func (p *Page) welcome(w http.ResponseWriter, r *http.Request, a *identity.Agent) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: a.ID + "." + p.desk.People.Sign("example staff", a.ID), Path: "/",
		MaxAge: 30 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
}

func (p *Page) signOut(w http.ResponseWriter, r *http.Request) error {
	if id := p.agentOf(r); id != "" {
		// He isn't there any more, whatever his other tabs do.
		_, err := p.desk.Queues.SetAvailability(r.Context(), event.Actor{Kind: event.Agent, ID: id}, id, queue.Offline, "signed out")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *Page) agents(w http.ResponseWriter, r *http.Request) error {
	list, err := p.staff(r)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"agents": list})
}

func (p *Page) staff(r *http.Request) ([]agentForm, error) {
	as, _, err := p.desk.People.Agents(r.Context(), "", 100)
	if err != nil {
		return nil, err
	}
	list := []agentForm{}
	for _, a := range as {
		if !a.Inactive {
			list = append(list, agentOf(a))
		}
	}
	return list, nil
}

func (p *Page) me(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	list, err := p.staff(r)
	if err != nil {
		return err
	}
	app, err := p.desk.Tickets.App(r.Context(), ticket.DefaultApp)
	if err != nil {
		return err
	}
	defined, _, err := p.desk.Tickets.Tags(r.Context(), "", 200)
	if err != nil {
		return err
	}
	tags := []string{}
	for _, t := range defined {
		if !t.Archived {
			tags = append(tags, t.Name)
		}
	}
	fields, err := p.fields(r.Context())
	if err != nil {
		return err
	}
	groups, err := p.groups(r.Context())
	if err != nil {
		return err
	}
	queues, err := p.queueNames(r.Context())
	if err != nil {
		return err
	}
	may, err := p.desk.People.Granted(r.Context(), me.ID)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"agent": agentOf(me), "may": may, "agents": list, "tags": tags, "fields": fields, "groups": groups, "queues": queues,
		"app": map[string]string{"id": app.ID, "name": app.Name}})
}

// views are the lists of the page.
func view(name string, me *identity.Agent) (ticket.Filter, error) {
	switch name {
	case "waiting":
		return ticket.Filter{Waiting: true}, nil
	case "mine":
		return ticket.Filter{Assignee: me.Actor()}, nil
	case "open":
		return ticket.Filter{Open: true}, nil
	case "resolved":
		return ticket.Filter{Closed: true}, nil
	case "all", "":
		return ticket.Filter{}, nil
	}
	return ticket.Filter{}, &store.FieldError{Field: "view", Reason: "is waiting, mine, open, resolved or all"}
}

func (p *Page) tickets(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	// Read before the list, so that the stream from here misses nothing of it.
	position, err := p.desk.Events.Head(r.Context())
	if err != nil {
		return err
	}
	ts, next, err := p.list(r, me)
	if err != nil {
		return err
	}
	list := make([]ticketForm, len(ts))
	for i, t := range ts {
		if list[i], err = p.ticketOf(r.Context(), me, t); err != nil {
			return err
		}
	}
	return write(w, map[string]any{"tickets": list, "next": next, "position": position})
}

// list reads a page of one of the page's own lists, or of a smart view.
func (p *Page) list(r *http.Request, me *identity.Agent) ([]*ticket.Ticket, string, error) {
	if id, ok := smart(r.FormValue("view")); ok {
		return p.desk.Tickets.ViewTickets(r.Context(), me.Actor(), id, r.FormValue("after"), 50)
	}
	filter, err := view(r.FormValue("view"), me)
	if err != nil {
		return nil, "", err
	}
	ts, next, err := p.desk.Tickets.List(r.Context(), me.Actor(), filter, r.FormValue("after"), 50)
	if filter.Waiting {
		ts = slices.DeleteFunc(ts, asleep) // who waits for a sleeping ticket waits for its moment
	}
	return ts, next, err
}

func asleep(t *ticket.Ticket) bool { return t.Snoozed != nil }

// mostAwake is up to how many waiting tickets those that sleep are told apart.
const mostAwake = 200

// waiting counts the tickets whose end users wait and that don't sleep.
func (p *Page) waiting(r *http.Request, me *identity.Agent) (int, error) {
	filter := ticket.Filter{Waiting: true}
	n, err := p.desk.Tickets.Count(r.Context(), me.Actor(), filter, 1000)
	if err != nil || n == 0 || n > mostAwake {
		return n, err
	}
	ts, _, err := p.desk.Tickets.List(r.Context(), me.Actor(), filter, "", mostAwake)
	return len(slices.DeleteFunc(ts, asleep)), err
}

func (p *Page) counts(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	counts := map[string]any{}
	var err error
	if counts["waiting"], err = p.waiting(r, me); err != nil {
		return err
	}
	for _, name := range []string{"mine", "open", "resolved"} {
		filter, err := view(name, me)
		if err != nil {
			return err
		}
		if counts[name], err = p.desk.Tickets.Count(r.Context(), me.Actor(), filter, 1000); err != nil {
			return err
		}
	}
	smart, err := p.viewCounts(r, me)
	if err != nil {
		return err
	}
	counts["smart"] = smart
	return write(w, counts)
}

func (p *Page) ticket(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	position, err := p.desk.Events.Head(r.Context())
	if err != nil {
		return err
	}
	t, err := p.desk.Tickets.Get(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	ms, more, err := p.desk.Tickets.Messages(r.Context(), me.Actor(), t.ID, 0, t.Marks.Last+1, 50)
	if err != nil {
		return err
	}
	out := map[string]any{"more": more, "position": position}
	if out["messages"], err = p.messagesOf(r.Context(), me, t, ms); err != nil {
		return err
	}
	if out["ticket"], err = p.ticketOf(r.Context(), me, t); err != nil {
		return err
	}
	if out["end_user"], err = p.endUserOf(r.Context(), me, t.EndUser); err != nil {
		return err
	}
	if out["viewers"], err = p.viewers(r.Context(), me, t.ID); err != nil {
		return err
	}
	return write(w, out)
}

func (p *Page) messages(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	t, err := p.desk.Tickets.Get(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	ms, more, err := p.desk.Tickets.Messages(r.Context(), me.Actor(), t.ID, integer(r, "after"), integer(r, "before"), 50)
	if err != nil {
		return err
	}
	list, err := p.messagesOf(r.Context(), me, t, ms)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"messages": list, "more": more})
}

func (p *Page) upload(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	a, err := p.desk.Chat.Receive(w, r, me.Actor(), ticket.DefaultApp, "")
	if err != nil {
		return err
	}
	return write(w, p.filesOf(me.Actor(), []ticket.Attachment{*a})[0])
}

// maxBody is the size of a request in bytes: the longest reply, escaped.
const maxBody = 1 << 20

func read(w http.ResponseWriter, r *http.Request, v any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(v); err != nil {
		return errors.Join(problem.ErrMalformed, err)
	}
	return nil
}

// integer is a number in the address; one that can't be read is as if it were not there.
func integer(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.FormValue(name), 10, 48)
	if err != nil {
		return 0
	}
	return n
}

func write(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return answer(w, http.StatusOK, v)
}

func answer(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("response: %w", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b)
	return nil
}

// customer is an end user as an actor.
func customer(id string) event.Actor { return event.Actor{Kind: event.EndUser, ID: id} }
