package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-go/frontdesk/faq"
)

// Markdown reads the files of a directory, and of those within it, whose names end in .md:
// a file is one translation. What its front matter doesn't say is taken from its place: the
// id is its path, the language what stands before .md, as in refunds.pt-BR.md, the section
// the directory that it is in, the title the first heading of the first level. Files and
// directories whose names begin with a dot are passed over.
func Markdown(files fs.FS) Entries {
	return func(yield func(Entry) bool) {
		err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				if !yield(unreadable(name, "readable", err)) {
					return fs.SkipAll
				}
				return nil
			case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case d.IsDir() || path.Ext(name) != ".md" || strings.HasPrefix(d.Name(), "."):
				return nil
			}
			b, err := readFile(files, name)
			e := Entry{At: name}
			if err != nil {
				e = unreadable(name, "readable", err)
			} else {
				e.Article, e.Err = ParseMarkdown(name, b)
			}
			if !yield(e) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(unreadable(".", "readable", err))
		}
	}
}

func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxEntry+1))
	if err == nil && len(b) > MaxEntry {
		err = errTooLarge
	}
	return b, err
}

var (
	inName   = regexp.MustCompile(`^(.+)\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3})$`)
	firstTop = regexp.MustCompile(`(?m)\A\s*# +(.+?)[ #]*$`)
)

// ParseMarkdown reads one file, whose path says what its front matter doesn't. An error is
// a *store.FieldError.
func ParseMarkdown(name string, file []byte) (*Article, error) {
	head, body, err := split(strings.TrimPrefix(string(file), "\ufeff"))
	if err != nil {
		return nil, err
	}
	f, err := readFront(head)
	if err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(name, ".md")
	if m := inName.FindStringSubmatch(stem); m != nil {
		stem = m[1]
		if f.Language == "" {
			f.Language = m[2]
		}
	}
	if f.ID == "" {
		f.ID = stem
	}
	if dir := path.Base(path.Dir(name)); f.Section == "" && f.SectionID == "" && dir != "." && dir != "/" {
		f.Section = dir
	}
	if f.Title == "" {
		m := firstTop.FindStringSubmatchIndex(body)
		if m == nil {
			return nil, bad("", "title", "is missing: neither the front matter nor a heading has one").Err
		}
		f.Title, body = body[m[2]:m[3]], strings.TrimLeft(body[m[1]:], "\n")
	}
	return &Article{ID: f.ID, Section: f.Section, SectionID: f.SectionID, Tags: f.Tags, Platforms: f.Platforms, Audience: f.Audience, Condition: f.Condition, Archived: f.Archived,
		Texts: []Text{{Language: f.Language, Content: faq.Content{Title: f.Title, Body: body, Format: f.Format, Keywords: f.Keywords}, Draft: f.Draft}}}, nil
}

const fence = "---\n"

// split takes the front matter from what follows. A file may have none.
func split(file string) (head, body string, err error) {
	file = strings.ReplaceAll(file, "\r\n", "\n")
	if !strings.HasPrefix(file, fence) {
		return "", file, nil
	}
	file = file[len(fence):]
	if strings.HasPrefix(file, fence) { // nothing in it
		return "", file[len(fence):], nil
	}
	head, body, ok := strings.Cut(file, "\n"+fence)
	if !ok {
		if head, ok = strings.CutSuffix(file, "\n---"); !ok {
			return "", "", bad("", "file", "has front matter that doesn't end").Err
		}
	}
	return head, body, nil
}

// WriteMarkdown writes articles into a directory as Markdown reads them: a file for each
// translation, in a directory for each section. What is there under the same name is
// replaced.
func WriteMarkdown(dir *os.Root, articles iter.Seq2[*Article, error]) error {
	for a, err := range articles {
		if err != nil {
			return err
		}
		folder := fileName(a.Section)
		if err := dir.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		for _, t := range a.Texts {
			b, err := formatMarkdown(a, t)
			if err != nil {
				return fmt.Errorf("article %s: %w", a.ID, err)
			}
			if err := dir.WriteFile(path.Join(folder, fileName(a.ID)+"."+t.Language+".md"), b, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func formatMarkdown(a *Article, t Text) ([]byte, error) {
	f := front{ID: a.ID, Title: t.Title, Language: t.Language, Section: a.Section, SectionID: a.SectionID, Keywords: t.Keywords, Tags: a.Tags, Platforms: a.Platforms,
		Audience: a.Audience, Condition: a.Condition, Archived: a.Archived, Draft: t.Draft}
	if t.Format != faq.Markdown {
		f.Format = t.Format
	}
	var b bytes.Buffer
	b.WriteString(fence)
	enc := yaml.NewEncoder(&b)
	if err := enc.Encode(f); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	b.WriteString(fence + t.Body)
	return b.Bytes(), nil
}

// fileName is a text as part of a path, which no system takes for anything else.
func fileName(s string) string {
	var b strings.Builder
	tail := ""
	if s != strings.ToLower(s) { // there are systems for which A is a
		tail = fmt.Sprintf("~%08x", sum(s))
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-' || r == '_', r > 0x7f:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "%%%02X", r)
		}
		if b.Len() > 150 {
			tail = fmt.Sprintf("~%08x", sum(s))
			break
		}
	}
	return b.String() + tail
}
