package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	maxEarlier  = 10   // messages of the history
	maxRecalled = 2000 // characters of one of them
	lookedAt    = 50   // entries of a ticket among which the history is looked for
	plainColour = "#3b5bdb"
)

// scene is what a mail is made of.
type scene struct {
	app      *ticket.App
	settings *Settings
	words    wording
	ticket   *ticket.Ticket
	said     []*ticket.Message
	earlier  []*ticket.Message // newest first
	unread   bool              // said was written elsewhere, and wasn't read there
	people   map[event.Actor]person
	left     map[string]bool // ids of attachments that are too large to go with it
}

// person is somebody as mails name him.
type person struct{ name, picture string }

// scene looks up what a mail about messages of a ticket says, oldest first.
func (s *Service) scene(ctx context.Context, t *ticket.Ticket, said []*ticket.Message) (*scene, error) {
	c := &scene{ticket: t, said: said, people: map[event.Actor]person{}, left: map[string]bool{}}
	var err error
	if c.app, err = s.Tickets.App(ctx, t.App); err != nil {
		return nil, err
	}
	if c.settings, err = s.SettingsOf(ctx, t.App); err != nil {
		return nil, err
	}
	c.words = c.settings.wording(t.Language, c.app.Language)
	ms, _, err := s.Tickets.Messages(ctx, system(), t.ID, 0, said[0].Seq, lookedAt)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if m.Kind == ticket.Public && !withdrawn(m) {
			c.earlier = append(c.earlier, m)
		}
	}
	slices.SortStableFunc(c.earlier, func(a, b *ticket.Message) int { return b.Time.Compare(a.Time) })
	c.earlier = c.earlier[:min(len(c.earlier), maxEarlier)]
	for _, m := range slices.Concat(c.said, c.earlier) {
		if _, known := c.people[m.Author]; known {
			continue
		}
		if c.people[m.Author], err = s.person(ctx, c, m.Author); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// withdrawn says whether nothing is left of a message.
func withdrawn(m *ticket.Message) bool {
	return m.Redacted != nil && m.Redacted.Whole || strings.TrimSpace(m.Text) == "" && m.HTML == "" && len(m.Attachments) == 0
}

// brand is the name that stands above the app's mails.
func (c *scene) brand() string {
	return cmp.Or(oneLine(c.settings.Brand), oneLine(c.app.Name), "Support")
}

// person is how somebody is named in the app's mails: staff by the brand where the app
// keeps agents private, and what programs write always.
func (s *Service) person(ctx context.Context, c *scene, who event.Actor) (person, error) {
	switch {
	case who.Kind == event.EndUser:
		u, err := s.People.EndUser(ctx, who.ID)
		if errors.Is(err, store.ErrNotFound) {
			return person{name: c.words.say("customer")}, nil
		}
		if err != nil {
			return person{}, err
		}
		return person{name: cmp.Or(oneLine(u.Name), u.Email.Value, c.words.say("customer"))}, nil
	case who.Kind == event.Agent && !c.app.Private:
		a, err := s.People.Agent(ctx, who.ID)
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			return person{}, err
		}
		p := person{name: cmp.Or(oneLine(a.Name), c.brand())}
		if strings.HasPrefix(a.Picture, "https://") {
			p.picture = a.Picture
		}
		return p, nil
	}
	return person{name: c.brand()}, nil
}

// page is what the templates get.
func (c *scene) page() *Page {
	p := &Page{Language: cmp.Or(c.words.language, "en"), Direction: c.words.direction(), Delimiter: c.words.say("delimiter"),
		Brand: c.brand(), Logo: c.settings.Logo, Colour: cmp.Or(c.settings.Colour, plainColour),
		Number: "#" + strconv.FormatInt(c.ticket.Number, 10), Title: oneLine(c.ticket.Title),
		Footer: c.app.For(c.words.language, c.settings.Footer), Texts: c.words.texts}
	p.Ink = ink(p.Colour)
	if c.unread {
		p.Unread = c.words.say("unread", "{brand}", p.Brand)
	}
	for _, m := range c.said {
		p.Said = append(p.Said, c.shown(m))
	}
	for _, m := range c.earlier {
		said := c.shown(m)
		said.Choices = nil
		said.Text = cut(said.Text, maxRecalled)
		said.HTML = htmlOf(said.Text) // without pictures and tables: it is there to be looked up
		p.Earlier = append(p.Earlier, said)
	}
	return p
}

func (c *scene) shown(m *ticket.Message) Said {
	who := c.people[m.Author]
	r, _ := utf8.DecodeRuneInString(who.name)
	said := Said{Author: who.name, Initial: string(unicode.ToUpper(r)), Picture: who.picture, Staff: m.Author.Kind != event.EndUser,
		Time: m.Time.UTC().Format("2006-01-02 15:04 UTC"), Text: strings.TrimSpace(m.Text), Choices: m.Choices}
	if said.Text == "" {
		said.Text = textOf(m.HTML)
	}
	said.HTML = template.HTML(m.HTML) // the ticket's sanitiser has been over it
	if m.HTML == "" {
		said.HTML = htmlOf(said.Text)
	}
	for _, a := range m.Attachments {
		switch {
		case a.Redacted:
		case c.left[a.ID]:
			said.Left = append(said.Left, c.words.say("left", "{name}", a.Name, "{size}", c.words.size(a.Size)))
		default:
			said.Files = append(said.Files, a.Name)
		}
	}
	return said
}

// size is a number of bytes for people, kept together where the text goes the other way.
func (w wording) size(n int64) string {
	s := fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	if w.direction() == "rtl" {
		return "\u2066" + s + "\u2069"
	}
	return s
}

// ink is white or dark, whichever is read better on a colour as #0a7f5a.
func ink(colour string) string {
	v, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || 299*(v>>16&0xff)+587*(v>>8&0xff)+114*(v&0xff) < 150_000 {
		return "#ffffff"
	}
	return "#1c2430"
}

// oneLine has a space for each run of white space and control characters, so that a name
// or a title can't begin a line of its own, and none of the marks that turn text around.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError:
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens a text after so many characters, and says so by three dots.
func cut(s string, characters int) string {
	for i := range s {
		if characters == 0 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…"
		}
		characters--
	}
	return s
}

var (
	paragraphs = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*)+`)
	links      = regexp.MustCompile(`https?://[^\s<>"'` + "`" + `，。、）」』】；：！？]+`)
)

// htmlOf makes paragraphs of a text, and of the addresses in it links.
func htmlOf(text string) template.HTML {
	var b strings.Builder
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	for _, p := range paragraphs.Split(text, -1) {
		if strings.TrimSpace(p) == "" {
			continue
		}
		b.WriteString("<p>")
		for i, line := range strings.Split(p, "\n") {
			if i > 0 {
				b.WriteString("<br>\n")
			}
			linked(&b, line)
		}
		b.WriteString("</p>\n")
	}
	return template.HTML(b.String())
}

func linked(b *strings.Builder, line string) {
	at := 0
	for _, l := range links.FindAllStringIndex(line, -1) {
		to := strings.TrimRight(line[l[0]:l[1]], ".,;:!?*_~")
		if strings.HasSuffix(to, ")") && !strings.Contains(to, "(") {
			to = strings.TrimRight(to, ").,;:!?")
		}
		b.WriteString(html.EscapeString(line[at:l[0]]))
		escaped := html.EscapeString(to)
		b.WriteString(`<a href="` + escaped + `">` + escaped + `</a>`)
		at = l[0] + len(to)
	}
	b.WriteString(html.EscapeString(line[at:]))
}

// textOf is what is written in HTML, for messages that have nothing else.
func textOf(source string) string {
	var b strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			lines := strings.Split(b.String(), "\n")
			for i := range lines {
				lines[i] = strings.Join(strings.Fields(lines[i]), " ")
			}
			return strings.TrimSpace(paragraphs.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
		case nethtml.TextToken:
			b.WriteString(strings.Join(strings.FieldsFunc(string(z.Text()), func(r rune) bool { return r == '\n' || r == '\r' }), " "))
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "br":
				b.WriteString("\n")
			case "p", "div", "tr", "blockquote", "pre", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteString("\n\n")
			case "li":
				b.WriteString("\n• ")
			case "td", "th":
				b.WriteString(" ")
			}
		}
	}
}

// samplePage is a conversation that has everything a mail may show.
func samplePage(s *Settings) *Page {
	return sampleScene(&ticket.App{ID: s.App, Name: "Support"}, s, "").page()
}

func sampleScene(app *ticket.App, s *Settings, language string) *scene {
	agent, eve := event.Actor{Kind: event.Agent, ID: "sample"}, event.Actor{Kind: event.EndUser, ID: "sample"}
	at := time.Date(2026, 11, 26, 10, 20, 0, 0, time.UTC)
	c := &scene{app: app, settings: s, ticket: &ticket.Ticket{Number: 1042, Title: "Where is my order?", App: s.App, Language: language},
		words: s.wording(language, app.Language), people: map[event.Actor]person{eve: {name: "Eve Adams"}}, left: map[string]bool{"2": true}}
	c.people[agent] = person{name: "Ann Baker"}
	if app.Private {
		c.people[agent] = person{name: c.brand()}
	}
	files := []ticket.Attachment{{ID: "1", Name: "label.pdf", Size: 48 << 10}, {ID: "2", Name: "video.mp4", Size: 24 << 20}}
	c.said = []*ticket.Message{{Seq: 3, Author: agent, Time: at, Choices: []string{"Yes, please", "No, thanks"}, Attachments: files,
		Text: "Hi Eve,\n\nyour order left our house this morning. You can follow it at https://shop.example/orders/7731.\n\nShall we tell you when it is there?"}}
	c.earlier = []*ticket.Message{
		{Seq: 2, Author: agent, Time: at.Add(-20 * time.Minute), Text: "I'm looking it up."},
		{Seq: 1, Author: eve, Time: at.Add(-time.Hour), Text: "Hello,\n\nwhere is my order 7731? I've been waiting for a week."},
	}
	return c
}
