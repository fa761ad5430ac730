package widget

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"sort"
	"strings"
	"sync"
)

//go:embed src/*.js widget.css texts/*.json
var files embed.FS

// bundle is the script in the two forms it is served in.
type bundle struct {
	plain, zipped []byte
	etag          string
}

// The files never change while the program runs, so one joining is enough, for the first
// page that asks for them.
var load = sync.OnceValue(func() bundle {
	b, err := build(files)
	if err != nil {
		// The files are part of the program: this is a mistake in the build.
		panic(err)
	}
	return b
})

// Handler serves the widget's script at whatever path it is mounted. It answers
// GET and HEAD, with an ETag, so that browsers ask each time but rarely download.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		load().serve(w, r)
	})
}

// Languages lists the languages that the widget has texts in, sorted.
func Languages() []string {
	names, _ := fs.Glob(files, "texts/*.json")
	for i, name := range names {
		names[i] = strings.TrimSuffix(path.Base(name), ".json")
	}
	sort.Strings(names)
	return names
}

func (b bundle) serve(w http.ResponseWriter, r *http.Request) {
	body, tag := b.plain, `"`+b.etag+`"`
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	// Pages of other origins may load the script even under isolation policies.
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Add("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = b.zipped, `"`+b.etag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Type")
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body)
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == tag || part == "*" {
			return true
		}
	}
	return false
}

// build joins texts, style sheet and sources, in the order of their names, into
// one function expression, so that nothing but window.Frontdesk becomes global.
func build(files fs.FS) (bundle, error) {
	var out bytes.Buffer
	out.WriteString("/* Frontdesk web chat */\n(function () {\n\"use strict\";\n")
	texts, err := readTexts(files)
	if err != nil {
		return bundle{}, err
	}
	css, err := fs.ReadFile(files, "widget.css")
	if err != nil {
		return bundle{}, err
	}
	for _, c := range []struct {
		name  string
		value any
	}{{"TEXTS", texts}, {"CSS_TEXT", string(css)}} {
		js, err := json.Marshal(c.value)
		if err != nil {
			return bundle{}, err
		}
		fmt.Fprintf(&out, "const %s = %s;\n", c.name, js)
	}
	names, err := fs.Glob(files, "src/*.js")
	if err != nil {
		return bundle{}, err
	}
	sort.Strings(names)
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return bundle{}, err
		}
		fmt.Fprintf(&out, "\n// ---- %s\n", path.Base(name))
		out.Write(src)
	}
	out.WriteString("})();\n")
	return pack(out.Bytes())
}

func pack(plain []byte) (bundle, error) {
	var zipped bytes.Buffer
	zw, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return bundle{}, err
	}
	if _, err := zw.Write(plain); err != nil {
		return bundle{}, err
	}
	if err := zw.Close(); err != nil {
		return bundle{}, err
	}
	sum := sha256.Sum256(plain)
	return bundle{plain: plain, zipped: zipped.Bytes(), etag: hex.EncodeToString(sum[:12])}, nil
}

func readTexts(files fs.FS) (map[string]map[string]string, error) {
	names, err := fs.Glob(files, "texts/*.json")
	if err != nil {
		return nil, err
	}
	all := make(map[string]map[string]string, len(names))
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("widget: %s: %w", name, err)
		}
		all[strings.TrimSuffix(path.Base(name), ".json")] = texts
	}
	return all, nil
}
