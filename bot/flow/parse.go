package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxFile is how many bytes Parse reads at most.
const MaxFile = 1 << 20

// ParseError says why something isn't a flow, and where: "steps[2].ask.retries", or ""
// with the line in the reason.
type ParseError struct {
	Path   string
	Reason string
}

func (e *ParseError) Error() string {
	if e.Path == "" {
		return "flow: " + e.Reason
	}
	return fmt.Sprintf("flow: %s: %s", e.Path, e.Reason)
}

// Parse reads a flow that is written in JSON or YAML, as [Schema] tells. A name that no
// flow has is refused, so that nothing is lost silently. What it returns can still be
// wrong: see [Flow.Check]. Errors are *ParseError.
func Parse(b []byte) (*Flow, error) {
	if len(b) > MaxFile {
		return nil, &ParseError{Reason: fmt.Sprintf("at most %d bytes", MaxFile)}
	}
	v, err := tree(b)
	if err != nil {
		return nil, err
	}
	if err := known("", v, reflect.TypeFor[Flow]()); err != nil {
		return nil, err
	}
	whole, err := json.Marshal(v)
	if err != nil {
		return nil, &ParseError{Reason: err.Error()}
	}
	f := &Flow{}
	if err := json.Unmarshal(whole, f); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, &ParseError{Path: e.Field, Reason: fmt.Sprintf("can't be a %s", e.Value)}
		}
		return nil, &ParseError{Reason: err.Error()}
	}
	return f, nil
}

// Format writes a flow as indented JSON, which Parse reads as the same flow.
func (f *Flow) Format() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(f)
	return b.Bytes(), err
}

// tree reads JSON or YAML as lists, maps by text, and values. Braces begin both.
func tree(b []byte) (v any, err error) {
	b = bytes.TrimLeft(b, " \t\r\n\ufeff")
	wrong := asJSON(b, &v)
	if wrong == nil {
		return v, nil
	}
	if v != nil { // JSON, and more
		return nil, &ParseError{Reason: wrong.Error()}
	}
	var n, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	if err = d.Decode(&n); err == nil {
		if err = d.Decode(&more); err == nil {
			err = errors.New("there is more than one document")
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		if bytes.HasPrefix(b, []byte("{\n")) || bytes.HasPrefix(b, []byte(`{"`)) {
			err = wrong
		}
		return nil, &ParseError{Reason: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if n.Kind == 0 {
		return nil, &ParseError{Reason: "is empty"}
	}
	return value(n.Content[0])
}

func asJSON(b []byte, v *any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("something stands behind the flow")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		err = fmt.Errorf("line %d: %w", 1+bytes.Count(b[:min(int(e.Offset), len(b))], []byte("\n")), e)
	}
	return err
}

// value turns a part of YAML into what JSON would have.
func value(n *yaml.Node) (any, error) {
	refuse := func(reason string) error { return &ParseError{Reason: fmt.Sprintf("line %d: %s", n.Line, reason)} }
	switch {
	case n.Anchor != "" || n.Kind == yaml.AliasNode:
		return nil, refuse("anchors and aliases aren't taken")
	case n.Kind == yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, part := range n.Content {
			var err error
			if list[i], err = value(part); err != nil {
				return nil, err
			}
		}
		return list, nil
	case n.Kind == yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				return nil, refuse("a name has to be a text")
			}
			if _, twice := m[key.Value]; twice {
				return nil, &ParseError{Reason: fmt.Sprintf("line %d: %q stands there twice", key.Line, key.Value)}
			}
			v, err := value(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key.Value] = v
		}
		return m, nil
	}
	return scalar(n, refuse)
}

// scalar reads one value. A date stays the text that it is.
func scalar(n *yaml.Node, refuse func(string) error) (v any, err error) {
	switch n.Tag {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "!!null", "!!bool", "!!int", "!!float":
		if err := n.Decode(&v); err != nil {
			return nil, refuse(err.Error())
		}
		if _, err := json.Marshal(v); err != nil {
			return nil, refuse(fmt.Sprintf("%s isn't taken", n.Value))
		}
		return v, nil
	}
	return nil, refuse(fmt.Sprintf("values of the kind %s aren't taken", n.Tag))
}

// known refuses names that a type hasn't.
func known(path string, v any, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[Text]() {
		return nil
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() != reflect.Slice {
			break // the decoder says what it has to be
		}
		for i, part := range v {
			if err := known(fmt.Sprintf("%s[%d]", path, i), part, t.Elem()); err != nil {
				return err
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			break
		}
		names := map[string]reflect.Type{}
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				names[name] = f.Type
			}
		}
		for name, part := range v {
			at := strings.TrimPrefix(path+"."+name, ".")
			if names[name] == nil {
				return &ParseError{Path: at, Reason: "isn't known there"}
			}
			if err := known(at, part, names[name]); err != nil {
				return err
			}
		}
	}
	return nil
}
