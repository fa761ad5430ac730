package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func titles(all []*ticket.QuickReplyInfo) string {
	var names []string
	for _, i := range all {
		names = append(names, i.Title)
	}
	return strings.Join(names, " ")
}

func (d *desk) suggested(t testing.TB, who event.Actor, typed string) string {
	t.Helper()
	all, err := d.tickets.SuggestQuickReplies(t.Context(), who, typed, 10)
	must(t, err)
	return titles(all)
}

// use sends a quick reply so many times, and counts.
func (d *desk) use(t testing.TB, who event.Actor, q *ticket.QuickReply, times int) {
	t.Helper()
	tk := d.ask(t)
	for range times {
		_, _, err := d.tickets.SendQuickReply(t.Context(), who, tk.ID, q.ID, ticket.Draft{})
		must(t, err)
	}
	d.step(t)
}

func TestSuggestQuickReplies(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.quick(t, admin, quick("Refunds", "/refund", "Your money is on its way."))
		d.quick(t, admin, quick("Refund-EU", "/refund_eu", "Within 14 days."))
		d.quick(t, admin, quick("Delay", "/late", "We are sorry; a refund is possible."))
		d.quick(t, admin, quick("返金", "/返金", "返金についてご案内します。"))
		mine := quick("Mine", "/refund", "Cheers, money comes.")
		mine.Owner = "ann"
		d.quick(t, ann, mine)
		other := quick("Other", "/refund", "Of bob.")
		other.Owner = "bob"
		d.quick(t, bob, other)
		gone := quick("Gone", "/refund_old", "Refund of old.")
		gone.Archived = true
		d.quick(t, admin, gone)
		for typed, want := range map[string]string{
			"/ref":             "Mine Refund-EU Refunds",
			"/refund":          "Mine Refunds Refund-EU",
			"/REFUND_EU":       "Refund-EU",
			"/refunds":         "",
			"refund":           "Mine Refund-EU Refunds Delay", // by shortcut, by text
			"ref pos":          "Delay",
			"money":            "Mine Refunds",
			"money CHEERS":     "Mine",
			"money nothing":    "",
			"14":               "Refund-EU",
			"  delay ":         "Delay",
			"返金":               "返金",
			"返":                "返金",
			"金":                "返金",
			"ご案内":              "返金",
			"ご案外":              "",
			"/返":               "返金",
			"old":              "",
			"\xff\x00 refund!": "Mine Refund-EU Refunds Delay",
		} {
			if got := d.suggested(t, ann, typed); got != want {
				t.Errorf("%q gives %q, want %q", typed, got, want)
			}
		}
		if got := d.suggested(t, bot, "/refund"); got != "Refunds Refund-EU" {
			t.Errorf("a bot gets %q", got)
		}
		if all, err := d.tickets.SuggestQuickReplies(t.Context(), ann, "refund", 2); err != nil || len(all) != 2 {
			t.Errorf("%d of at most 2, %v", len(all), err)
		}
	})
}

func TestMostUsedQuickRepliesComeFirst(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.quick(t, admin, quick("a", "/aa", "word"))
		b, c := d.quick(t, admin, quick("b", "/ab", "word")), d.quick(t, admin, quick("c", "/ac", "word"))
		mine := quick("mine", "/am", "word")
		mine.Owner = "ann"
		d.quick(t, ann, mine)
		d.use(t, ann, c, 3)
		d.use(t, ann, b, 2)
		d.use(t, ann, mine, 2)
		for _, typed := range []string{"", "/", " ", "word", "/a", "wo"} {
			if got := d.suggested(t, ann, typed); got != "c mine b a" {
				t.Errorf("%q gives %q", typed, got)
			}
		}
		all, err := d.tickets.SuggestQuickReplies(t.Context(), ann, "", 1)
		if must(t, err); len(all) != 1 || all[0].ID != c.ID || all[0].Uses != 3 || !all[0].LastUsed.Equal(start) {
			t.Errorf("first %+v", all[0])
		}
		must(t, d.tickets.DeleteQuickReply(t.Context(), admin, c.ID))
		if got := d.suggested(t, ann, ""); got != "mine b a" {
			t.Errorf("after one is deleted, and before that is counted out: %q", got)
		}
		d.step(t)
		if got := d.suggested(t, ann, ""); got != "mine b a" {
			t.Errorf("after one is deleted: %q", got)
		}
		b.Archived = true
		d.quick(t, admin, b)
		if got := d.suggested(t, ann, ""); got != "mine a" {
			t.Errorf("after one is archived: %q", got)
		}
		d.quick(t, admin, quick("e", "", "x"))
		first, err := d.tickets.SuggestQuickReplies(t.Context(), bob, "", 1) // one is listed, and the most used ones are looked at
		if must(t, err); titles(first) != "a" {
			t.Errorf("the first one is %q", titles(first))
		}
	})
}

// Where far more begin alike than are looked at, the most used ones are among them.
func TestSuggestAmongMany(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.fillShelf(t, admin, "", 450, func(i int) *ticket.QuickReply { return quick(fmt.Sprintf("alike%03d", i), "", "the same text") })
		last := d.quick(t, admin, quick("alike999", "", "the same text, nearly"))
		d.use(t, ann, last, 1)
		if got := d.suggested(t, ann, "a"); !strings.HasPrefix(got, "alike999 alike000 ") {
			t.Errorf("a letter gives %q", got)
		}
		if got := d.suggested(t, ann, "the same nearly"); got != "alike999" {
			t.Errorf("a rare word among frequent ones gives %q", got)
		}
	})
}

// Each of many languages is found, by its first words at least.
func TestSuggestInEachLanguage(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	q := quick("a", "", "x")
	q.Texts = nil
	for i := range ticket.MaxReplyLanguages {
		var body strings.Builder
		for n := range 500 {
			fmt.Fprintf(&body, "l%dw%d ", i, n)
		}
		q.Texts = append(q.Texts, ticket.ReplyText{Language: fmt.Sprintf("%c%c", 'a'+i/26, 'a'+i%26), Text: body.String()})
	}
	d.quick(t, admin, q)
	for typed, want := range map[string]string{"l0w39": "a", "l49w39": "a", "l49w40": ""} {
		if got := d.suggested(t, ann, typed); got != want {
			t.Errorf("%s gives %q, want %q", typed, got, want)
		}
	}
	q.Texts = q.Texts[:1]
	d.quick(t, admin, q)
	for typed, want := range map[string]string{"l0w399": "a", "l0w400": "", "l49w0": ""} {
		if got := d.suggested(t, ann, typed); got != want {
			t.Errorf("of one language %s gives %q, want %q", typed, got, want)
		}
	}
}

func TestListQuickReplies(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		long := strings.Repeat("ü", 200)
		for _, c := range []struct{ folder, title string }{{"b", "x"}, {"A", "y"}, {"a", "X"}, {"", "z"}, {long + "1", "p"}, {long + "2", "q"}} {
			q := quick(c.title, "", "Hello {{user.name}}, "+long)
			q.Folder = c.folder
			d.quick(t, admin, q)
		}
		archived := quick("old", "", "x")
		archived.Archived = true
		d.quick(t, admin, archived)
		var got []string
		for after := ""; ; {
			page, next, err := d.tickets.QuickReplies(t.Context(), ann, ticket.QuickReplyFilter{}, after, 4)
			must(t, err)
			for _, i := range page {
				got = append(got, i.Title)
			}
			if after = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"z", "X", "y", "x", "p", "q"}, got); diff != "" {
			t.Error(diff)
		}
		for want, f := range map[string]ticket.QuickReplyFilter{"X y": {Folder: "a"}, "q": {Folder: long + "2"}, "old": {Archived: true}, "": {Folder: "none"}} {
			all, _, err := d.tickets.QuickReplies(t.Context(), ann, f, "", 10)
			if must(t, err); titles(all) != want {
				t.Errorf("%.10q: %q, want %q", f.Folder, titles(all), want)
			}
		}
		_, _, err := d.tickets.QuickReplies(t.Context(), ann, ticket.QuickReplyFilter{}, "nonsense", 10)
		is(t, err, store.ErrCursor)
		all, _, err := d.tickets.QuickReplies(t.Context(), ann, ticket.QuickReplyFilter{Folder: "b"}, "", 1)
		must(t, err)
		if i := all[0]; len([]rune(i.Preview)) != 140 || !strings.HasPrefix(i.Preview, "Hello {{user.name}}, ü") || len(i.Languages) != 1 {
			t.Errorf("row %+v", i)
		}
	})
}

// TestSuggestFindsWhatIsThere compares with looking through all of them.
func TestSuggestFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	vocabulary := []string{"refund", "refuse", "late", "Later", "parcel", "返金", "返品", "eu", "e"}
	word := rapid.SampledFrom(vocabulary)
	type reply struct{ title, body string }
	var saved []reply
	rapid.Check(t, func(rt *rapid.T) {
		if len(saved) < 150 {
			r := reply{fmt.Sprint(word.Draw(rt, "title"), " n", len(saved)), word.Draw(rt, "body") + " " + word.Draw(rt, "body")}
			saved = append(saved, r)
			d.quick(t, admin, quick(r.title, "", r.body))
		}
		typed := []string{word.Draw(rt, "typed"), word.Draw(rt, "typed")}
		for i, w := range typed {
			typed[i] = string([]rune(w)[:rapid.IntRange(1, len([]rune(w))).Draw(rt, "characters")])
		}
		want := 0
		for _, r := range saved {
			has := func(w string) bool {
				return slices.ContainsFunc(strings.Fields(strings.ToLower(r.title+" "+r.body)), func(have string) bool {
					return strings.HasPrefix(have, strings.ToLower(w))
				})
			}
			if has(typed[0]) && has(typed[1]) {
				want++
			}
		}
		got, err := d.tickets.SuggestQuickReplies(rt.Context(), ann, strings.Join(typed, " "), 50)
		if err != nil || len(got) < min(want, 1) || want < 50 && len(got) > want {
			rt.Fatalf("%q: %d of %d, %v", typed, len(got), want, err)
		}
		if len(saved) < 60 && len(got) != min(want, 50) { // while no word has more entries than are walked
			rt.Fatalf("%q: %d of %d", typed, len(got), want)
		}
	})
}
