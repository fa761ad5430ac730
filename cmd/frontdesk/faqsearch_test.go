package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shopArticles = `{"id":"returns","lang":"en","title":"How do I send something back?","body":"Within 30 days, with the label that lies in the parcel."}
{"id":"password","lang":"en","title":"I can't log in","body":"Ask for a new password on the page where you log in."}
{"id":"invoice","lang":"en","title":"Where is my invoice?","body":"Under Orders, behind each of them."}

{"id":"password","lang":"ja","title":"ログインできません","body":"ログイン画面でパスワードを再設定してください。"}
{"id":"returns","lang":"ja","title":"商品を返品したい","body":"到着から30日以内に、同梱のラベルを貼ってお送りください。"}
{"id":"shipping","title":"配送にはどのくらいかかりますか","body":"ご注文から2日から4日です。"}
`

func articlesFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "articles.jsonl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// first are the best hits of each query, "-" where there is none.
func first(t *testing.T, in string, args ...string) string {
	t.Helper()
	status, out, errs := frontdeskAsked(t, in, append([]string{"faq", "search"}, args...)...)
	if status != done || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	var ids []string
	for text := range strings.Lines(out) {
		var line foundLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		id := "-"
		for i, h := range line.Hits {
			if i == 0 {
				id = h.ID
			} else if h.Score > line.Hits[i-1].Score {
				t.Errorf("%q: hits aren't best first: %+v", line.Query, line.Hits)
			}
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func TestSearchFAQ(t *testing.T) {
	file := articlesFile(t, shopArticles)
	for _, c := range []struct{ lang, queries, want string }{
		{"en", "how can I return my shoes, I want to send them back\nI forgot my password\ninvoice", "returns password invoice"},
		{"en", "send it back\n\n\xff\npasword\n", "returns - - password"},
		{"ja", "ログインパスワードを忘れました\n靴を返品する\n配送は何日かかりますか", "password returns shipping"},
		{"ja-JP", "返品\n", "returns"},
		{"", "返品\ninvoices\n", "returns invoice"},
	} {
		if got := first(t, c.queries, "-articles", file, "-lang", c.lang); got != c.want {
			t.Errorf("%s: %q finds %s, want %s", c.lang, c.queries, got, c.want)
		}
	}
	_, out, _ := frontdeskAsked(t, "back", "faq", "search", "-articles", file, "-lang", "en", "-limit", "1")
	if !strings.HasPrefix(out, `{"query":"back","hits":[{"id":"returns","score":`) || strings.Count(out, `"id"`) != 1 {
		t.Error(out)
	}
	if _, out, _ := frontdeskAsked(t, "zzzzzz", "faq", "search", "-articles", file); out != `{"query":"zzzzzz","hits":[]}`+"\n" {
		t.Error(out)
	}
}

func TestSearchFAQIsMisled(t *testing.T) {
	file := articlesFile(t, shopArticles)
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"faq", misled, "say what"},
		{"faq find", misled, `there is no "find"`},
		{"faq search", misled, "-articles is missing"},
		{"faq search -articles " + file + " -limit 0", misled, "from 1 to 50"},
		{"faq search -articles " + file + " -limit 51", misled, "from 1 to 50"},
		{"faq search -articles " + file + " more", misled, "unexpected"},
		{"faq search -articles " + file + ".gone", failed, "no such file"},
		{"faq search -articles " + articlesFile(t, shopArticles+"{]"), failed, "line 8: "},
		{"faq search -articles " + articlesFile(t, `{"title":"x"}`), failed, "line 1: the article has no id"},
		{"faq search -articles " + articlesFile(t, strings.Repeat("x", maxLine+1)), failed, "longer than 16 MB"},
		{"faq -h", done, ""},
	} {
		status, _, errs := frontdeskAsked(t, "x\n", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d, %s", c.args, status, errs)
		}
	}
}
