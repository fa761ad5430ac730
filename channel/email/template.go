package email

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync"
	texttemplate "text/template"
	"text/template/parse"

	"github.com/frontdesk-go/frontdesk/store"
)

// Page is what a mail says, for the templates of Settings: Text is a text/template over
// it, and HTML an html/template. They may use its fields, conditions, and range over its
// lists, at most two within each other; not printf and the like, nor other templates.
// What they write has to have the Delimiter above what was said before, so that answers
// are told from it.
type Page struct {
	Language  string // as in pt-BR
	Direction string // ltr or rtl
	Delimiter string // the line above which people answer
	Brand     string
	Logo      string // https address of a picture, or ""
	Colour    string // as in #0a7f5a
	Ink       string // the colour of text on Colour
	Number    string // of the ticket, as in #1042
	Title     string // of the ticket, or ""
	// Unread says that the messages were written elsewhere and weren't read there, in
	// words; "" of all other mails.
	Unread  string
	Said    []Said // what the mail is about: one message, or several unread ones
	Earlier []Said // what was said before, newest first, at most 10
	Footer  string // the app's, or ""
	// Texts are the other ones of the mail's language, by the keys of [Texts].
	Texts map[string]string
}

// Said is a message as mails show it.
type Said struct {
	Author  string // a name
	Initial string // its first letter
	Picture string // https address, or ""
	Staff   bool   // the desk's, and not the end user's
	Time    string // as in 2026-11-26 10:20 UTC
	Text    string
	HTML    template.HTML // the same, harmless
	Choices []string      // answers to pick
	Files   []string      // names of what is attached to the mail
	Left    []string      // what to say of files that are too large for that
}

// maxPart is how long a rendered part of a mail is in bytes.
const maxPart = 2 << 20

//go:embed templates/mail.txt
var builtInText string

//go:embed templates/mail.html
var builtInHTML string

// builtIn are the templates where settings have none.
var builtIn = sync.OnceValues(func() (*looks, error) { return newLooks(&Settings{}, builtInText, builtInHTML) })

// looks are an app's templates.
type looks struct {
	text *texttemplate.Template
	html *template.Template
}

// looks are the templates of settings, and the built-in ones in their place.
func (s *Settings) looks() (*looks, error) {
	own, err := builtIn()
	if err != nil || s.Text == "" && s.HTML == "" {
		return own, err
	}
	l, err := newLooks(s, s.Text, s.HTML)
	if err != nil {
		return nil, err
	}
	if s.Text == "" {
		l.text = own.text
	}
	if s.HTML == "" {
		l.html = own.html
	}
	return l, nil
}

func newLooks(s *Settings, text, html string) (l *looks, err error) {
	l = &looks{}
	refuse := func(field string, err error) error {
		return &store.FieldError{Field: "settings." + field, Reason: err.Error()}
	}
	if l.text, err = texttemplate.New("text").Option("missingkey=zero").Parse(text); err != nil {
		return nil, refuse("text", err)
	}
	if l.html, err = template.New("html").Option("missingkey=zero").Parse(html); err != nil {
		return nil, refuse("html", err)
	}
	if err := tame(len(l.text.Templates()), l.text.Tree); err != nil {
		return nil, refuse("text", err)
	}
	if err := tame(len(l.html.Templates()), l.html.Tree); err != nil {
		return nil, refuse("html", err)
	}
	return l, nil
}

// render writes both parts of a mail.
func (l *looks) render(p *Page) (text, html string, err error) {
	if text, err = bounded(func(w io.Writer) error { return l.text.Execute(w, p) }); err != nil {
		return "", "", &store.FieldError{Field: "settings.text", Reason: err.Error()}
	}
	if html, err = bounded(func(w io.Writer) error { return l.html.Execute(w, p) }); err != nil {
		return "", "", &store.FieldError{Field: "settings.html", Reason: err.Error()}
	}
	return text, html, nil
}

// try renders a conversation that has everything by the app's templates.
func (s *Settings) try() error {
	l, err := s.looks()
	if err != nil {
		return err
	}
	_, _, err = l.render(samplePage(s))
	return err
}

var errLong = fmt.Errorf("the template makes more than %d bytes", maxPart)

func bounded(write func(io.Writer) error) (string, error) {
	b := &part{}
	if err := write(b); err != nil {
		if b.full {
			err = errLong
		}
		return "", err
	}
	return b.String(), nil
}

// part is a buffer that takes so much and no more.
type part struct {
	bytes.Buffer
	full bool
}

func (p *part) Write(b []byte) (int, error) {
	if p.full = p.full || p.Len()+len(b) > maxPart; p.full {
		return 0, errLong
	}
	return p.Buffer.Write(b)
}

// functions are those that templates may use: none that makes much of little, or that
// calls something.
var functions = []string{"and", "or", "not", "len", "index", "slice", "eq", "ne", "lt", "le", "gt", "ge", "html", "urlquery"}

// maxRanges is how deep ranges stand within each other.
const maxRanges = 2

// tame refuses a template that might work without end: only lists of the page are walked,
// and not one within the other again and again.
func tame(templates int, t *parse.Tree) error {
	if t == nil || t.Root == nil {
		return nil
	}
	if templates > 1 {
		return errors.New("a template defines no others")
	}
	return tameNode(t.Root, 0)
}

func tameNode(n parse.Node, ranges int) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			if err := tameNode(c, ranges); err != nil {
				return err
			}
		}
	case *parse.ActionNode:
		return tamePipe(n.Pipe)
	case *parse.IfNode:
		return tameBranch(&n.BranchNode, ranges)
	case *parse.WithNode:
		return tameBranch(&n.BranchNode, ranges)
	case *parse.RangeNode:
		if ranges++; ranges > maxRanges {
			return fmt.Errorf("line %d: at most %d ranges within each other", n.Line, maxRanges)
		}
		if !walks(n.Pipe) {
			return fmt.Errorf("line %d: a range walks over a field of the page, as .Earlier", n.Line)
		}
		return tameBranch(&n.BranchNode, ranges)
	case *parse.TemplateNode:
		return fmt.Errorf("line %d: a template uses no others", n.Line)
	}
	return nil
}

func tameBranch(b *parse.BranchNode, ranges int) error {
	return errors.Join(tamePipe(b.Pipe), tameNode(b.List, ranges), tameNode(b.ElseList, ranges))
}

// walks says whether a range is over one field of the page or of what is walked over:
// none of these is a number.
func walks(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return false
	}
	switch n := p.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		return true
	case *parse.VariableNode:
		return len(n.Ident) > 1 && n.Ident[0] == "$"
	}
	return false
}

func tamePipe(p *parse.PipeNode) error {
	if p == nil {
		return nil
	}
	for _, c := range p.Cmds {
		for _, arg := range c.Args {
			switch n := arg.(type) {
			case *parse.IdentifierNode:
				if !slices.Contains(functions, n.Ident) {
					return fmt.Errorf("line %d: templates may not use %s", p.Line, n.Ident)
				}
			case *parse.PipeNode:
				if err := tamePipe(n); err != nil {
					return err
				}
			case *parse.ChainNode:
				if inner, ok := n.Node.(*parse.PipeNode); ok {
					if err := tamePipe(inner); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
