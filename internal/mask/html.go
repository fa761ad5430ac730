package mask

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// page is the text of HTML as people read it, and where each letter of it stands.
type page struct {
	source string
	runes  []rune
	at     []span // of each rune in source, in bytes; empty for what isn't there
	tags   []span // of everything that isn't text
}

// HTML takes what the pattern finds out of HTML that a sanitiser has made: out of
// its text as people read it, whatever entities it is written with and whatever tags
// stand between. Tags stay, but one with an attribute in which the pattern finds
// something loses its attributes, and comments of that kind go. limit is as of Text.
func (p *Pattern) HTML(source string, limit int) (string, int) {
	if p.re == nil && !mayHold(source) {
		return source, 0
	}
	g := read(source)
	edits, n := p.edits(g)
	bare, tags := p.bare(g)
	if n+tags == 0 {
		return source, 0
	}
	out := g.write(edits, bare)
	if utf8.RuneCountInString(out) > limit {
		for i, by := range edits {
			if by == Removed {
				edits[i] = string(bullet)
			}
		}
		out = g.write(edits, bare)
	}
	return out, n + tags
}

// edits says what stands for letters, by their place, and how many pieces they are.
func (p *Pattern) edits(g *page) (by map[int]string, n int) {
	by = map[int]string{}
	if p.re == nil {
		at, n := hide(g.runes)
		for _, i := range at {
			by[i] = string(bullet)
		}
		return by, n
	}
	found := p.find(g.runes)
	for _, s := range found {
		stands := Removed
		for i := s.from; i < s.to; i++ {
			if g.at[i].from < g.at[i].to { // and isn't the end of a paragraph
				by[i], stands = stands, ""
			}
		}
	}
	return by, len(found)
}

// write puts the HTML together again.
func (g *page) write(edits map[int]string, bare map[int]string) string {
	var b strings.Builder
	done := 0
	put := func(at span, by string) {
		b.WriteString(g.source[done:at.from])
		b.WriteString(by)
		done = at.to
	}
	tag := 0
	for i := range g.runes {
		for ; tag < len(g.tags) && g.tags[tag].from <= g.at[i].from; tag++ {
			if by, ok := bare[tag]; ok {
				put(g.tags[tag], by)
			}
		}
		if by, ok := edits[i]; ok {
			put(g.at[i], by)
		}
	}
	for ; tag < len(g.tags); tag++ {
		if by, ok := bare[tag]; ok {
			put(g.tags[tag], by)
		}
	}
	b.WriteString(g.source[done:])
	return b.String()
}

var (
	tagName   = regexp.MustCompile(`^</?([A-Za-z][A-Za-z0-9]*)`)
	attribute = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_:-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)`)
	entity    = regexp.MustCompile(`^&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?`)
)

// bare says what stands for tags in whose attributes the pattern finds something.
func (p *Pattern) bare(g *page) (by map[int]string, n int) {
	by = map[int]string{}
	for i, at := range g.tags {
		tag := g.source[at.from:at.to]
		name := tagName.FindStringSubmatch(tag)
		switch {
		case name == nil:
			if p.Has(tag) {
				by[i] = ""
				n++
			}
		case p.inAttribute(tag):
			by[i] = "<" + name[1] + ">"
			n++
		}
	}
	return by, n
}

func (p *Pattern) inAttribute(tag string) bool {
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		switch strings.ToLower(m[1]) {
		case "rel", "target", "dir", "class":
			continue // the sanitiser's own words
		}
		value := html.UnescapeString(strings.Trim(m[2], `"'`))
		if p.Has(value) {
			return true
		}
		if plain, err := url.PathUnescape(value); err == nil && plain != value && p.Has(plain) {
			return true
		}
	}
	return false
}

// inline are the tags within which a line goes on.
var inline = regexp.MustCompile(`^(?i:a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|tt|u|var|wbr)$`)

// read takes HTML apart.
func read(source string) *page {
	g := &page{source: source}
	for i := 0; i < len(source); {
		switch {
		case opens(source[i:]):
			end := i + tagEnd(source[i:])
			g.tags = append(g.tags, span{i, end})
			name := tagName.FindStringSubmatch(source[i:end])
			if name != nil && !inline.MatchString(name[1]) {
				g.runes, g.at = append(g.runes, '\n'), append(g.at, span{i, i})
			}
			i = end
		case source[i] == '&':
			i = g.entity(i)
		default:
			r, size := utf8.DecodeRuneInString(source[i:])
			if r == '\n' || r == '\r' || r == '\f' {
				r = ' ' // as browsers show it
			}
			g.runes, g.at = append(g.runes, r), append(g.at, span{i, i + size})
			i += size
		}
	}
	return g
}

// entity reads what begins with an ampersand, and returns where it ends.
func (g *page) entity(i int) int {
	text := entity.FindString(g.source[i:])
	decoded := html.UnescapeString(text)
	if text == "" || decoded == text {
		g.runes, g.at = append(g.runes, '&'), append(g.at, span{i, i + 1})
		return i + 1
	}
	// One without a semicolon may be shorter than it looks: &amp4 is & and 4.
	for text[len(text)-1] != ';' && len(text) > 2 && html.UnescapeString(text[:len(text)-1])+text[len(text)-1:] == decoded {
		text = text[:len(text)-1]
		decoded = html.UnescapeString(text)
	}
	at := span{i, i + len(text)}
	for _, r := range decoded {
		g.runes, g.at = append(g.runes, r), append(g.at, at)
		at.from = at.to // the rest of the letters stand nowhere
	}
	return i + len(text)
}

// opens says whether a tag, an end tag or a comment begins here.
func opens(s string) bool {
	if len(s) < 2 || s[0] != '<' {
		return false
	}
	c := s[1] | 0x20
	return c >= 'a' && c <= 'z' || s[1] == '/' || s[1] == '!' || s[1] == '?'
}

// tagEnd is where the tag that begins here ends. What is never closed goes to the end.
func tagEnd(s string) int {
	if strings.HasPrefix(s, "<!--") {
		if end := strings.Index(s, "-->"); end >= 0 {
			return end + 3
		}
		return len(s)
	}
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(s)
}
