package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

// articleLine is an article in one language, a line of a file.
type articleLine struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	Title string `json:"title"`
	Body  string `json:"body"`
}

// foundLine is what a query has found.
type foundLine struct {
	Query string    `json:"query"`
	Hits  []hitLine `json:"hits"` // best first
}

type hitLine struct {
	ID    string  `json:"id"`
	Score float64 `json:"score"`
}

// maxLine is how many bytes a line of a file of articles, or a query, may have.
const maxLine = 16 << 20

func searchFAQ(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
	articles := f.String("articles", "", "the articles, as one JSON object a line, of this `file`")
	lang := f.String("lang", "", "search in this `language` (BCP 47) only; articles that say none are taken to be in it")
	limit := f.Int("limit", 10, "find this `number` of articles at most")
	if err := parseWith(f, args, nil, "articles"); err != nil {
		return err
	}
	switch {
	case *articles == "":
		return &usageError{"-articles is missing"}
	case *limit < 1 || *limit > faq.MaxHits:
		return &usageError{fmt.Sprintf("-limit is from 1 to %d", faq.MaxHits)}
	}
	docs, err := readArticles(*articles, *lang)
	if err != nil {
		return err
	}
	s.progress("%d articles", len(docs))
	engine := rank.New(nil)
	engine.Put(docs...)
	engine.Learn()
	s.progress("")
	q := rank.Query{Limit: *limit}
	if *lang != "" {
		q.Languages = []string{*lang}
	}
	return eachLine(s.in, func(text string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		q.Text = text
		line := foundLine{Query: text, Hits: []hitLine{}}
		for _, h := range engine.Search(q) {
			line.Hits = append(line.Hits, hitLine{h.ID, h.Score})
		}
		return s.tell(line)
	})
}

// readArticles reads a file of articles.
func readArticles(name, lang string) (docs []rank.Document, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	n := 0
	err = eachLine(file, func(text string) error {
		n++
		if strings.TrimSpace(text) == "" {
			return nil
		}
		a := articleLine{Lang: lang}
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
		if a.ID == "" {
			return fmt.Errorf("%s, line %d: the article has no id", name, n)
		}
		docs = append(docs, rank.Document{ID: a.ID, Language: a.Lang, Title: a.Title, Body: a.Body})
		return nil
	})
	return docs, err
}

var errLine = errors.New("a line is longer than 16 MB")

// eachLine calls do for every line, without its end. What isn't UTF-8 is replaced.
func eachLine(r io.Reader, do func(text string) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	for in.Scan() {
		text := in.Text()
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "\uFFFD")
		}
		if err := do(text); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return errLine
	}
	return in.Err()
}
