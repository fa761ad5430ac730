package ticket

import (
	"slices"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/mask"
)

// scrubber takes what patterns find out of what people wrote, and counts the pieces.
// It replaces slices, and changes none in place.
type scrubber struct {
	patterns []*mask.Pattern
	n        int
}

// text is a text without those pieces, of at most limit characters.
func (x *scrubber) text(text string, limit int) string {
	for _, p := range x.patterns {
		clean, n := p.Text(text, limit)
		text, x.n = clean, x.n+n
	}
	return text
}

// value is text of one of many values, which together don't grow much.
func (x *scrubber) value(text string, limit int) string {
	const room = 200
	return x.text(text, min(limit, utf8.RuneCountInString(text)+room))
}

func (x *scrubber) html(html string) string {
	for _, p := range x.patterns {
		clean, n := p.HTML(html, MaxBody)
		html, x.n = clean, x.n+n
	}
	return html
}

// lines are texts of a list, which stays as it is where nothing is found.
func (x *scrubber) lines(list []string, limit int) []string {
	list = slices.Clone(list)
	for i := range list {
		list[i] = x.value(list[i], limit)
	}
	return list
}

// message is about all that a message says, and tells how many pieces were in it. Of
// what HTML and text say both count as one.
func (x *scrubber) message(m *Message) (n int) {
	before := x.n
	m.Text = x.text(m.Text, MaxBody)
	inText := x.n - before
	x.n = before
	m.HTML = x.html(m.HTML)
	x.n = before + max(inText, x.n-before)
	m.Quoted = x.text(m.Quoted, MaxBody)
	x.form(m)
	if m.Page != nil {
		m.Page = &Page{x.text(m.Page.URL, maxPage), x.text(m.Page.Title, MaxTitle)}
	}
	if m.Failure != "" {
		m.Failure = x.text(m.Failure, 1000)
	}
	if len(m.Text)+len(m.HTML)+len(m.Quoted) > maxMessage {
		m.HTML = ""
	}
	m.Attachments = slices.Clone(m.Attachments)
	for i := range m.Attachments {
		m.Attachments[i].Name = x.text(m.Attachments[i].Name, MaxTitle)
	}
	return x.n - before
}

// form is about what a message offers, asks for and shows. What its text or its choices
// have said already is counted there.
func (x *scrubber) form(m *Message) {
	m.Choices = x.lines(m.Choices, MaxChoice)
	if m.Form == nil {
		return
	}
	f := *m.Form
	f.Articles = slices.Clone(f.Articles)
	for i := range f.Articles {
		f.Articles[i].Snippet = x.value(f.Articles[i].Snippet, maxSnippet)
	}
	n := x.n
	f.Lead, f.Skip = x.text(f.Lead, MaxBody), x.value(f.Skip, MaxChoice)
	for i := range f.Articles {
		f.Articles[i].Title = x.value(f.Articles[i].Title, MaxTitle)
	}
	m.Form, x.n = &f, n
}

// fields are a ticket's values. A number in which something is found goes whole.
func (x *scrubber) fields(values []Value) []Value {
	var out []Value
	for _, v := range values {
		switch v.Type {
		case SingleLine:
			v.Text = x.value(v.Text, MaxSingleLine)
		case MultiLine:
			v.Text = x.value(v.Text, MaxMultiLine)
		case Number:
			if x.finds(v.String()) {
				x.n++
				continue
			}
		}
		out = append(out, v)
	}
	return out
}

func (x *scrubber) finds(text string) bool {
	return slices.ContainsFunc(x.patterns, func(p *mask.Pattern) bool { return p.Has(text) })
}

func (x *scrubber) device(d Device) Device {
	d.Metadata, d.Breadcrumbs = slices.Clone(d.Metadata), slices.Clone(d.Breadcrumbs)
	for i := range d.Metadata {
		d.Metadata[i].Value = x.value(d.Metadata[i].Value, MaxMetadata)
	}
	for i := range d.Breadcrumbs {
		d.Breadcrumbs[i].Text = x.value(d.Breadcrumbs[i].Text, MaxTitle)
	}
	d.DebugLog = x.lines(d.DebugLog, maxLine)
	return d
}

// ticket is about all that people wrote on a ticket itself, and tells how many pieces
// were there.
func (x *scrubber) ticket(t *Ticket) (n int) {
	before := x.n
	t.Title = x.text(t.Title, MaxTitle)
	t.Fields = x.fields(t.Fields)
	t.Device = x.device(t.Device)
	t.Warnings = slices.Clone(t.Warnings)
	for i := range t.Warnings {
		t.Warnings[i] = identity.Warning{Field: x.text(t.Warnings[i].Field, MaxTitle), Detail: x.text(t.Warnings[i].Detail, MaxBody)}
	}
	t.Snoozed = x.sleep(t.Snoozed)
	if t.Merged != nil && t.Merged.Snoozed != nil {
		m := *t.Merged
		m.Snoozed = x.sleep(m.Snoozed)
		t.Merged = &m
	}
	if t.Resolution != nil {
		r := *t.Resolution
		r.Survey.Comment = x.text(r.Survey.Comment, MaxComment)
		t.Resolution = &r
	}
	n = x.n - before
	t.Preview.Text = x.text(t.Preview.Text, preview) // a message's, counted there
	x.n = before + n
	return n
}

func (x *scrubber) sleep(z *Snooze) *Snooze {
	if z == nil || z.Reason == "" {
		return z
	}
	clean := *z
	clean.Reason = x.text(z.Reason, MaxTitle)
	return &clean
}

// said is about what an event holds of what people wrote, and says whether there was
// something to take out.
func (x *scrubber) said(p *said) bool {
	was := said{Altered: slices.Clone(p.Altered), Reason: p.Reason, Comment: p.Comment}
	for i := range p.Altered {
		a := &p.Altered[i]
		a.From, a.To = x.cutOff(a.From), x.cutOff(a.To)
		if a.From != was.Altered[i].From || a.To != was.Altered[i].To || slices.ContainsFunc(slices.Concat(a.FromTags, a.ToTags), x.meets) {
			a.FromTags, a.ToTags = nil, nil
		}
	}
	p.Reason, p.Comment = x.text(p.Reason, MaxTitle), x.text(p.Comment, MaxComment)
	same := func(a, b alteration) bool {
		return a.From == b.From && a.To == b.To && len(a.FromTags)+len(a.ToTags) == len(b.FromTags)+len(b.ToTags)
	}
	return p.Reason != was.Reason || p.Comment != was.Comment || !slices.EqualFunc(p.Altered, was.Altered, same)
}

// meets says whether there is something to take out of a tag.
func (x *scrubber) meets(tag string) bool { return x.text(tag, MaxBody) != tag }

// cutOff is about a value of which the history may have kept the beginning only: what
// is left of a card's number at its end goes, too.
func (x *scrubber) cutOff(value string) string {
	whole := utf8.RuneCountInString(value) < maxAltered
	value = x.text(value, MaxBody)
	if whole || !slices.ContainsFunc(x.patterns, (*mask.Pattern).ForCards) {
		return value
	}
	return mask.Tail(value)
}
