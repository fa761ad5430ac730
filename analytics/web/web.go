package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/chart"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/store/event"
)

//go:embed assets
var assets embed.FS

// Options say how figures are served.
type Options struct {
	// Actor says who asks. Its error is the answer: identity.ErrSession is 401. Needed.
	Actor func(*http.Request) (event.Actor, error)
	// Excel writes workbooks, as analytics/excel does. nil: none are offered.
	Excel func(io.Writer, []report.Sheet) error
	// Home is where the page's link back leads, as "../"; "": there is none.
	Home string
	// Zone is whose days are meant where nobody says so; nil is UTC.
	Zone *time.Location
	Now  func() time.Time // the clock; nil is the computer's
	Log  *slog.Logger     // nil discards
}

// Handler serves figures. Mount it under a prefix that ends with a slash, and strip that.
type Handler struct {
	http.Handler
	reports   *report.Service
	analytics *analytics.Service
	o         Options
	page      *template.Template
}

// New returns a handler. It fails without Options.Actor: figures are for staff.
func New(reports *report.Service, figures *analytics.Service, o Options) (*Handler, error) {
	if o.Actor == nil {
		return nil, errors.New("figures: Options.Actor has to say who asks")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{reports: reports, analytics: figures, o: o}
	var err error
	if h.page, err = template.New("").ParseFS(assets, "assets/*.html"); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	mux := http.NewServeMux()
	if err := h.files(mux); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	mux.HandleFunc("GET /{$}", h.shown(h.figures))
	for pattern, f := range map[string]handler{
		"GET /api/rows":             h.rows,
		"GET /api/rows.csv":         h.rowsCSV,
		"GET /api/metrics":          h.metrics,
		"GET /api/reports":          h.list,
		"GET /api/reports/{report}": h.report,
		"GET /table.csv":            h.table,
		"GET /series.csv":           h.series,
		"GET /workbook.xlsx":        h.workbook,
		"GET /chart.svg":            h.chart,
	} {
		mux.HandleFunc(pattern, h.told(f))
	}
	h.Handler = headers(mux)
	return h, nil
}

// policy lets the page load its own style sheet and script, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "private, no-cache")
		next.ServeHTTP(w, r)
	})
}

type handler func(w http.ResponseWriter, r *http.Request, who event.Actor) error

// told tells errors to programs.
func (h *Handler) told(f handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := h.o.Actor(r)
		if err == nil {
			err = f(w, r, who)
		}
		if err != nil {
			problem.Write(w, r, h.o.Log, err)
		}
	}
}

// shown tells errors to people.
func (h *Handler) shown(f handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := h.o.Actor(r)
		if err == nil {
			err = f(w, r, who)
		}
		if err == nil {
			return
		}
		d := problem.Of(err)
		if d.Status >= 500 && r.Context().Err() == nil {
			h.o.Log.ErrorContext(r.Context(), "figures", "error", err)
		}
		var b bytes.Buffer
		if err := h.page.ExecuteTemplate(&b, "error.html", map[string]any{"Problem": d, "Home": h.o.Home}); err != nil {
			http.Error(w, d.Title, d.Status)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(d.Status)
		w.Write(b.Bytes())
	}
}

// files serves style sheet and script, which never change while the program runs.
func (h *Handler) files(mux *http.ServeMux) error {
	style, err := assets.ReadFile("assets/figures.css")
	if err != nil {
		return err
	}
	script, err := assets.ReadFile("assets/figures.js")
	if err != nil {
		return err
	}
	style = append(bytes.Clone(chart.Style), style...)
	mux.HandleFunc("GET /figures.css", func(w http.ResponseWriter, r *http.Request) { send(w, r, "text/css; charset=utf-8", style) })
	mux.HandleFunc("GET /figures.js", func(w http.ResponseWriter, r *http.Request) { send(w, r, "text/javascript; charset=utf-8", script) })
	return nil
}

// send answers, or says that the reader has the answer already.
func send(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	for t := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			h.Del("Content-Disposition")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}
