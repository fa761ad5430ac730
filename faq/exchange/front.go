package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-go/frontdesk/faq"
)

// front is what stands before the text of a Markdown file, between lines of three
// hyphens.
type front struct {
	ID        string        `yaml:"id,omitempty"`
	Title     string        `yaml:"title,omitempty"`
	Language  string        `yaml:"language,omitempty"`
	Section   string        `yaml:"section,omitempty"`
	SectionID string        `yaml:"section_id,omitempty"`
	Keywords  []string      `yaml:"keywords,omitempty"`
	Tags      []string      `yaml:"tags,omitempty"`
	Platforms []string      `yaml:"platforms,omitempty"`
	Audience  *faq.Audience `yaml:"audience,omitempty"`
	Condition *string       `yaml:"condition,omitempty"`
	Archived  *bool         `yaml:"archived,omitempty"`
	Draft     bool          `yaml:"draft,omitempty"`
	Format    faq.Format    `yaml:"format,omitempty"`
}

// key is something that front matter may say.
type key struct {
	name, is string
	into     any
}

func (f *front) keys() []key {
	const text, texts, yesNo = "a text", "a list of texts", "true or false"
	return []key{
		{"id", text, &f.ID}, {"title", text, &f.Title}, {"language", text, &f.Language}, {"section", text, &f.Section}, {"section_id", text, &f.SectionID},
		{"keywords", texts, &f.Keywords}, {"tags", texts, &f.Tags}, {"platforms", texts, &f.Platforms},
		{"audience", text, &f.Audience}, {"condition", text, &f.Condition}, {"archived", yesNo, &f.Archived}, {"draft", yesNo, &f.Draft}, {"format", text, &f.Format},
	}
}

// readFront reads front matter. An error names the line of the file, whose first one is
// the fence.
func readFront(head string) (f front, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(head), &doc); err != nil {
		return f, badFront(0, "can't be read: "+ofFile(err.Error()))
	}
	if len(doc.Content) == 0 {
		return f, nil // nothing, or comments
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return f, badFront(top.Line, "isn't made of lines like title: Refunds")
	}
	keys, said := f.keys(), map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		name, value := top.Content[i], top.Content[i+1]
		k := known(keys, name.Value)
		switch {
		case k == nil:
			return f, badFront(name.Line, fmt.Sprintf("has %.50q, which isn't known: there are %s", name.Value, names(keys)))
		case said[k.name]:
			return f, badFront(name.Line, "has "+k.name+" twice")
		case value.Decode(k.into) != nil:
			return f, badFront(name.Line, k.name+" isn't "+k.is)
		}
		said[k.name] = true
	}
	return f, nil
}

func known(keys []key, name string) *key {
	for i := range keys {
		if keys[i].name == name {
			return &keys[i]
		}
	}
	return nil
}

func names(keys []key) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.name
	}
	return strings.Join(all, ", ")
}

// badFront says what is wrong in a line of the front matter; 0 is none.
func badFront(line int, what string) error {
	if line > 0 {
		what = fmt.Sprintf("line %d: %s", line+1, what)
	}
	return bad("", "front matter", what).Err
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// ofFile makes lines of the file of those that the parser counts.
func ofFile(message string) string {
	return yamlLine.ReplaceAllStringFunc(strings.TrimPrefix(message, "yaml: "), func(line string) string {
		n, err := strconv.Atoi(strings.TrimPrefix(line, "line "))
		if err != nil {
			return line
		}
		return fmt.Sprint("line ", n+1)
	})
}
