package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/chat/widget"
	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are what the channel works with; all but Searcher are required.
type Parts struct {
	DB       *store.DB
	Events   *event.Log
	Jobs     *job.Queue
	People   *identity.Service
	Tickets  *ticket.Service
	Presence *ticket.Presence
	FAQ      *faq.Service
	Searcher faq.Searcher // nil: articles are listed, and not searched
}

// Options of New; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
	// Push sends what stays unread to the end user's devices. nil: nothing is sent.
	Push Pusher
	// Mail tells end users by mail what stays unread, where Push can't. nil: it doesn't.
	Mail Mailer
	// Estimate says where end users are in line. nil: nothing is said.
	Estimate Estimator
	// Origins may use the API from pages of theirs, as https://shop.example; "*" is
	// every page. Pages of the API's own origin need no mention.
	Origins []string
	// ProxyHeader is the header in which the host's own proxy says where a request
	// comes from, as X-Forwarded-For: the last address in it counts. "": requests
	// come as they are, without a proxy. A header that no proxy sets lets everybody
	// say what he likes.
	ProxyHeader string
	// Limits are how often end users may do things; the zero value is the defaults.
	Limits Limits
}

// Chat is the end users' side of a desk over HTTP.
type Chat struct {
	Parts
	now       func() time.Time
	log       *slog.Logger
	push      Pusher
	mail      Mailer
	estimator Estimator // may be nil
	origins   []string
	proxy     string // header to trust
	limits    *limiter
	mux       *http.ServeMux
	end       func()

	heartbeat time.Duration // of streams
	room      *room
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any { return []store.Any{usuals, pushes} }

// valid refuses origins that no browser would ever name.
func (o *Options) valid() error {
	for _, origin := range o.Origins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin) {
			return &store.FieldError{Field: "origins", Reason: fmt.Sprintf("%q isn't an origin, as in https://shop.example, without a path", origin)}
		}
	}
	return nil
}

// New returns the channel. It adds its consumers to the log and its kind of job
// to the queue, so call it before they run. A malformed origin or limit is a
// *store.FieldError.
func New(p Parts, o *Options) (*Chat, error) {
	c := &Chat{Parts: p, now: time.Now, log: slog.New(slog.DiscardHandler), heartbeat: heartbeat, room: newRoom()}
	var limits Limits
	if o != nil {
		if err := o.valid(); err != nil {
			return nil, err
		}
		c.push, c.mail, c.estimator, c.origins, c.proxy, limits = o.Push, o.Mail, o.Estimate, o.Origins, o.ProxyHeader, o.Limits
		if o.Now != nil {
			c.now = o.Now
		}
		if o.Log != nil {
			c.log = o.Log
		}
	}
	var err error
	if c.limits, err = newLimiter(limits, c.now); err != nil {
		return nil, err
	}
	unread, deaf := p.Events.OnEvents(c.room.happened), p.Presence.OnLive(c.room.heard)
	c.end = sync.OnceFunc(func() {
		unread()
		deaf()
		c.room.closeAll()
	})
	c.routes()
	p.Events.Project("chat_usual_reply", c.projectUsual, ticket.MessageAdded)
	if c.push != nil || c.mail != nil {
		p.Events.React("chat_push", 4, c.unread, ticket.Created, ticket.MessageAdded)
		p.Jobs.Handle(pushKind, job.Handler{Do: c.pushNow})
	}
	return c, nil
}

// Close ends all streams, and those that begin later. It doesn't wait for them.
func (c *Chat) Close() { c.end() }

func (c *Chat) routes() {
	c.mux = http.NewServeMux()
	c.mux.Handle("GET /widget.js", widget.Handler())
	c.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "A support desk lives here. Put its widget.js on a page.")
	})
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /chat/v1/session":         c.session,
		"GET /chat/v1/attachments/{id}": c.download,
	} {
		c.mux.HandleFunc(pattern, c.plain(h))
	}
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, *identity.Session) error{
		"POST /chat/v1/logout":                     c.logout,
		"POST /chat/v1/logout/everywhere":          c.logoutEverywhere,
		"GET /chat/v1/conversations":               c.conversations,
		"GET /chat/v1/conversations/{id}":          c.conversation,
		"GET /chat/v1/conversations/{id}/messages": c.messages,
		"POST /chat/v1/conversations/{id}/read":    c.read,
		"POST /chat/v1/conversations/{id}/typing":  c.typing,
		"POST /chat/v1/conversations/{id}/solved":  c.free(c.confirm),
		"POST /chat/v1/conversations/{id}/rating":  c.free(c.rate),
		"POST /chat/v1/messages":                   c.limited(aMessage, c.send),
		"POST /chat/v1/attachments":                c.limited(anUpload, c.free(c.upload)),
		"GET /chat/v1/stream":                      c.free(c.listen),
		"GET /chat/v1/faq":                         c.limited(aReading, c.faqHome),
		"GET /chat/v1/faq/sections/{id}":           c.limited(aReading, c.faqSection),
		"GET /chat/v1/faq/articles/{id}":           c.limited(aReading, c.faqArticle),
		"GET /chat/v1/faq/search":                  c.limited(aReading, c.faqSearch),
		"POST /chat/v1/faq/articles/{id}/view":     c.limited(aReading, c.faqView),
		"POST /chat/v1/faq/articles/{id}/vote":     c.limited(aReading, c.free(c.faqVote)),
	} {
		c.mux.HandleFunc(pattern, c.plain(c.known(h)))
	}
}

// ServeHTTP implements http.Handler: /widget.js and /chat/v1/…, under whatever
// prefix the host strips.
func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.cors(w, r) {
		c.mux.ServeHTTP(w, r)
	}
}

// cors lets the pages of other origins in that the host named. Credentials come
// in a header that a page sets itself, never in a cookie, so that another page
// can't act in a visitor's name.
func (c *Chat) cors(w http.ResponseWriter, r *http.Request) (goOn bool) {
	origin := r.Header.Get("Origin")
	if origin == "" || len(c.origins) == 0 {
		return true
	}
	w.Header().Add("Vary", "Origin")
	allowed := "*"
	if !slices.Contains(c.origins, allowed) {
		i := slices.IndexFunc(c.origins, func(o string) bool { return strings.EqualFold(o, origin) })
		if i < 0 {
			return true // the browser keeps the answer from the page
		}
		allowed = origin
	}
	w.Header().Set("Access-Control-Allow-Origin", allowed)
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	if r.Method != http.MethodOptions {
		return true
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

// plain answers with the error that a handler returns.
func (c *Chat) plain(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			problem.Write(w, r, c.log, err)
		}
	}
}

// known finds the session of the request's bearer token.
func (c *Chat) known(h func(http.ResponseWriter, *http.Request, *identity.Session) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			return identity.ErrSession
		}
		sess, err := c.People.Authenticate(r.Context(), token)
		if err != nil {
			return err
		}
		return h(w, r, sess)
	}
}

// maxBody is the size of a request in bytes, but for attachments: the longest
// text with every character escaped, and the metadata.
const maxBody = 512 << 10

// readTime is how long a client may take to send a request, or the next piece of a
// file: the host's server may have no deadlines of its own.
const readTime = 30 * time.Second

func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTime)) // not every writer can
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: JSON is missing or cut short", problem.ErrMalformed)
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the JSON", problem.ErrMalformed)
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("response: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(b)
	return nil
}

// logout gives the device back to its anonymous end user.
func (c *Chat) logout(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	if err := c.People.Logout(r.Context(), sess); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// logoutEverywhere ends the end user's logins on all of his devices, this one too.
func (c *Chat) logoutEverywhere(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	n, err := c.People.LogoutEverywhere(r.Context(), sess.Actor(), sess.EndUser.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]int{"devices": n})
}

// background is a request's context for what has to be finished once begun, even
// if the client goes away.
func background(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
}
