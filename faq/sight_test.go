package faq_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store/event"
	"pgregory.net/rapid"
)

// wish is what a test knows of an article, written down once more.
type wish struct {
	a         *faq.Article
	archived  bool
	closed    bool
	platforms []string
	audience  faq.Audience
	plan      string // of a matching audience
	live      map[string]string
}

// library is a shop with articles of all kinds.
type library struct {
	*desk
	sections []*faq.Section
	wishes   []*wish
}

func (l *library) add(rt *rapid.T, n int) {
	one := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, name) }
	w := &wish{live: map[string]string{}, audience: rapid.SampledFrom([]faq.Audience{faq.Everybody, faq.Everybody, faq.SignedIn, faq.Matching, faq.StaffOnly}).Draw(rt, "audience"),
		archived: rapid.IntRange(0, 5).Draw(rt, "archived") == 0}
	if rapid.Bool().Draw(rt, "narrow") {
		w.platforms = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ios", "web", "email"}), 1, 2, rapid.ID).Draw(rt, "platforms")
	}
	c := rapid.SampledFrom(l.sections).Draw(rt, "section")
	w.closed = c.Archived
	w.a = l.article(c, func(a *faq.Article) {
		a.Audience, a.Platforms, a.Archived = w.audience, w.platforms, w.archived
		if w.audience == faq.Matching {
			w.plan = one("plan", "gold", "iron")
			a.Condition = fmt.Sprintf("attribute.plan == %q", w.plan)
		}
	})
	for _, language := range []string{"en", "de", "pt", "pt-BR", "zh-Hant"} {
		title := fmt.Sprint(language, " ", n)
		switch one(language, "none", "none", "draft", "live", "ended") {
		case "draft":
			l.write(w.a, language, title, "")
		case "live":
			l.publish(w.a, language, title, "")
			w.live[language] = title
		case "ended": // though nobody has noted it yet
			l.publish(w.a, language, title, "")
			_, err := l.faq.Schedule(l.t.Context(), lea, w.a.ID, language, time.Time{}, l.clock.now().Add(time.Microsecond))
			must(l.t, err)
			l.clock.forward(time.Microsecond)
		}
	}
	l.wishes = append(l.wishes, w)
}

// ups are the languages in which somebody reads who wants one.
var ups = map[string][]string{"en": {"en"}, "de": {"de"}, "de-CH": {"de"}, "pt": {"pt", "pt-BR"}, "pt-BR": {"pt-BR", "pt"}, "zh-TW": {"zh-Hant"}, "fr": nil}

// should is what a viewer should read of an article, or "".
func (w *wish) should(v faq.Viewer, plan string) string {
	staff := v.For == "" && (v.Actor.Kind == event.Agent || v.Actor.Kind == event.System)
	if w.archived || w.closed || v.App != "shop" {
		return ""
	}
	if len(w.platforms) > 0 && !slices.Contains(w.platforms, v.Platform) && !(staff && v.Platform == "") {
		return ""
	}
	switch w.audience {
	case faq.SignedIn:
		if !staff && plan == "" {
			return ""
		}
	case faq.Matching:
		if !staff && plan != w.plan {
			return ""
		}
	case faq.StaffOnly:
		if !staff {
			return ""
		}
	}
	for _, wanted := range append(slices.Clone(v.Languages), "en") {
		for _, language := range ups[wanted] {
			if title := w.live[language]; title != "" {
				return title
			}
		}
	}
	return ""
}

// Whoever reads by whatever way reads what one plain rule lets him, and nothing else.
func TestVisibility(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		iron := d.endUser("ian", "iron")
		stranger := event.Actor{Kind: event.EndUser, ID: "0198f0aa-0000-7000-8000-000000000000"} // who isn't stored
		plans := map[event.Actor]string{d.eve: "gold", iron: "iron"}
		rounds := 0
		rapid.Check(t, func(rt *rapid.T) {
			if rounds++; rounds > 12 { // each is a world of its own, which costs
				return
			}
			l := &library{desk: d}
			for i := range 3 {
				c := d.section("shop", fmt.Sprint("s", i))
				if i == 2 {
					c.Archived = true
					must(t, d.faq.SaveSection(t.Context(), lea, c))
				}
				l.sections = append(l.sections, c)
			}
			for n := range 6 {
				l.add(rt, n)
			}
			for _, v := range viewers(rt, d.eve, iron, stranger) {
				plan := plans[v.Actor]
				if v.For != "" {
					plan = plans[event.Actor{Kind: event.EndUser, ID: v.For}]
				}
				l.check(rt, v, plan)
			}
		})
	})
}

// viewers are some of those there can be.
func viewers(rt *rapid.T, users ...event.Actor) (vs []faq.Viewer) {
	actors := append([]event.Actor{{}, ann, lea, host, greet, {Kind: event.Automation, ID: "r"}}, users...)
	for range 12 {
		v := faq.Viewer{Actor: rapid.SampledFrom(actors).Draw(rt, "actor"), App: rapid.SampledFrom([]string{"shop", "shop", "shop", "club"}).Draw(rt, "app"),
			Platform:  rapid.SampledFrom([]string{"", "ios", "web", "api"}).Draw(rt, "platform"),
			Languages: rapid.SliceOfN(rapid.SampledFrom([]string{"en", "de", "de-CH", "pt", "pt-BR", "zh-TW", "fr"}), 0, 2).Draw(rt, "languages")}
		if k := v.Actor.Kind; k != "" && k != event.EndUser && rapid.Bool().Draw(rt, "for") {
			v.For = rapid.SampledFrom(users).Draw(rt, "for whom").ID
		}
		vs = append(vs, v)
	}
	return vs
}

func (l *library) check(rt *rapid.T, v faq.Viewer, plan string) {
	ctx := l.t.Context()
	var ids []string
	want := map[string]string{} // in their order in section and rank
	for _, w := range l.wishes {
		should := w.should(v, plan)
		if v.App == "club" {
			should = ""
		}
		ids = append(ids, w.a.ID)
		if should != "" {
			want[w.a.ID] = should
		}
		p, err := l.faq.Read(ctx, v, w.a.ID)
		got := ""
		if err == nil {
			got = p.Title
			for _, tr := range p.Article.Translations {
				if v.For != "" && w.live[tr.Language] == "" {
					rt.Fatalf("%+v is shown %+v", v, tr)
				}
			}
		}
		if got != should {
			rt.Fatalf("%+v reads %q of %+v, should %q (%v)", v, got, w.a, should, err)
		}
	}
	shown, err := l.faq.Show(ctx, v, append(ids, "none"))
	must(l.t, err)
	got := map[string]string{}
	for _, p := range shown {
		got[p.Article.ID] = p.Title
	}
	listed := map[string]string{}
	for _, c := range l.sections {
		for after := ""; ; {
			items, next, err := l.faq.List(ctx, v, c.ID, after, 2)
			must(l.t, err)
			for _, i := range items {
				if listed[i.Article.ID] != "" {
					rt.Fatalf("%+v is shown %s twice", v, i.Title)
				}
				listed[i.Article.ID] = i.Title
			}
			if after = next; next == "" {
				break
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || v.App == "shop" && fmt.Sprint(listed) != fmt.Sprint(want) || v.App != "shop" && len(listed) > 0 {
		rt.Fatalf("%+v is shown %v, lists %v, should %v", v, got, listed, want)
	}
}

// The pages of a section hold each article that is seen once, in order, whatever their
// size, and pages of others' cursors are refused.
func TestPages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c, other := d.section("shop", "Paying"), d.section("shop", "Other")
		want := []string{}
		for i := range 23 {
			title := fmt.Sprintf("a%02d", i)
			if i%3 == 1 {
				d.published(c, title, func(a *faq.Article) { a.Audience = faq.StaffOnly })
				continue
			}
			d.published(c, title)
			want = append(want, title)
		}
		for _, size := range []int{1, 2, 7, 100} {
			got := []string{}
			for after := ""; ; {
				items, next, err := d.faq.List(t.Context(), anybody(), c.ID, after, size)
				must(t, err)
				if len(items) > size {
					t.Errorf("a page of %d has %d", size, len(items))
				}
				for _, i := range items {
					got = append(got, i.Title)
				}
				if after = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("pages of %d: %v", size, got)
			}
		}
		_, next, err := d.faq.List(t.Context(), anybody(), c.ID, "", 2)
		must(t, err)
		for _, bad := range []string{"x", other.ID + strings.TrimPrefix(next, c.ID), c.ID + " \xff x", strings.Repeat("x", 2000)} {
			if _, _, err := d.faq.List(t.Context(), anybody(), c.ID, bad, 2); err == nil {
				t.Errorf("cursor %q is taken", bad)
			}
		}
		if items, next, err := d.faq.List(t.Context(), anybody(), "none", "", 2); err != nil || len(items) > 0 || next != "" {
			t.Errorf("a section that isn't there: %v %q %v", items, next, err)
		}
		shelves, next, err := d.faq.Home(t.Context(), anybody(), 3, "", 1)
		must(t, err)
		if len(shelves) != 1 || len(shelves[0].Items) != 3 || shelves[0].More == "" || next == "" {
			t.Errorf("home is %+v, %q", shelves, next)
		}
		items, _, err := d.faq.List(t.Context(), anybody(), c.ID, shelves[0].More, 1)
		must(t, err)
		if len(items) != 1 || items[0].Title != "a05" {
			t.Errorf("behind the shelf comes %+v", items)
		}
		if shelves, next, err = d.faq.Home(t.Context(), anybody(), 3, next, 1); err != nil || len(shelves) != 0 || next != "" {
			t.Errorf("an empty section is shown: %+v, %q, %v", shelves, next, err)
		}
	})
}

func TestSectionNames(t *testing.T) {
	c := &faq.Section{Names: []faq.Localised{{Language: "", Text: "any"}, {Language: "de", Text: "deutsch"}, {Language: "fr", Text: "français"}}}
	for _, want := range [][3]string{{"de-AT", "fr", "deutsch"}, {"ja", "fr", "français"}, {"ja", "es", "any"}, {"", "", "any"}} {
		if got := c.Name([]string{want[0]}, want[1]); got != want[2] {
			t.Errorf("%v: %s", want, got)
		}
	}
	alone := &faq.Section{Names: []faq.Localised{{Language: "de", Text: "deutsch"}}}
	if got := alone.Name(nil, "en"); got != "deutsch" {
		t.Errorf("the only name is %s", got)
	}
}
