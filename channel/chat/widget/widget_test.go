package widget

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func get(t *testing.T, method string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/support/widget.js", nil)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerHeaders(t *testing.T) {
	res := get(t, "GET", nil)
	for name, want := range map[string]string{
		"Content-Type":  "text/javascript; charset=utf-8",
		"Cache-Control": "no-cache",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	body, _ := io.ReadAll(res.Body)
	if !strings.Contains(string(body), "window.Frontdesk = {") {
		t.Error("the script does not set window.Frontdesk")
	}
}

func TestHandlerConditional(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		header := http.Header{"Accept-Encoding": {encoding}}
		tag := get(t, "GET", header).Header.Get("ETag")
		if tag == "" {
			t.Fatal("no ETag")
		}
		header.Set("If-None-Match", `"other", W/`+tag)
		if got := get(t, "GET", header).StatusCode; got != http.StatusNotModified {
			t.Errorf("encoding %q: status %d, want 304", encoding, got)
		}
	}
}

func TestHandlerGzip(t *testing.T) {
	plain, _ := io.ReadAll(get(t, "GET", nil).Body)
	res := get(t, "GET", http.Header{"Accept-Encoding": {"br, gzip;q=0.8"}})
	zr, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(zr)
	if err != nil || string(unzipped) != string(plain) {
		t.Errorf("the two forms differ (%v)", err)
	}
	res = get(t, "GET", http.Header{"Accept-Encoding": {"gzip;q=0"}})
	if got := res.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("gzip was refused, got encoding %q", got)
	}
}

func TestHandlerMethods(t *testing.T) {
	if got := get(t, "POST", nil).StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", got)
	}
	res := get(t, "HEAD", nil)
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 200 || len(body) != 0 {
		t.Errorf("HEAD: status %d, %d bytes", res.StatusCode, len(body))
	}
}

func TestTextsComplete(t *testing.T) {
	all, err := readTexts(files)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(maps.Keys(all["en"]))
	holes := regexp.MustCompile(`\{\w+\}`)
	for lang, texts := range all {
		if got := slices.Sorted(maps.Keys(texts)); !slices.Equal(got, want) {
			t.Errorf("%s: keys differ from en", lang)
		}
		for key, text := range texts {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
			a, b := holes.FindAllString(text, -1), holes.FindAllString(all["en"][key], -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s: %s has the places %v, en has %v", lang, key, a, b)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	want := []string{"ar", "de", "en", "es", "fr", "it", "ja", "ko", "pt-BR", "ru", "zh-Hans", "zh-Hant"}
	if got := Languages(); !slices.Equal(got, want) {
		t.Errorf("Languages() = %v", got)
	}
}

// Every text the sources ask for by a literal key must exist.
func TestTextsUsed(t *testing.T) {
	all, err := readTexts(files)
	if err != nil {
		t.Fatal(err)
	}
	names, _ := files.ReadDir("src")
	call := regexp.MustCompile(`\bt\("(\w+)"`)
	for _, entry := range names {
		src, _ := files.ReadFile(path.Join("src", entry.Name()))
		for _, m := range call.FindAllStringSubmatch(string(src), -1) {
			if _, ok := all["en"][m[1]]; !ok {
				t.Errorf("%s asks for the text %q", entry.Name(), m[1])
			}
		}
	}
}

// Every text is asked for somewhere: one that isn't is a mistake, in its name perhaps.
func TestTextsNeeded(t *testing.T) {
	all, err := readTexts(files)
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(load().plain), "// ---- ")
	for key := range all["en"] {
		if !strings.Contains(script, `"`+key+`"`) && !strings.HasPrefix(key, "score_") && !strings.HasPrefix(key, "status_") {
			t.Errorf("nothing says the text %q", key)
		}
	}
}

// Visitors' text must never be read as HTML or code.
func TestNoHTMLSinks(t *testing.T) {
	bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`)
	if m := bad.Find(load().plain); m != nil {
		t.Errorf("the script uses %s", m)
	}
}
