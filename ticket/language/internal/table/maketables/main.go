// Command maketables writes the n-gram tables of package language.
//
//	go run ./ticket/language/internal/table/maketables -models DIR -out ticket/language/tables.bin
//
// DIR is the directory language-models of the module github.com/pemistahl/lingua-go
// v1.4.0 (Apache License 2.0), which counts the n-grams of up to five letters in 75
// languages, in the Wortschatz corpora of Leipzig University. The same directory gives
// the same file, to the byte. NOTICE.md of package language says whom to name.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/frontdesk-go/frontdesk/ticket/language/internal/table"
)

// scripts are those that several languages share.
var scripts = []struct {
	name      string
	languages []string
}{
	{"Latin", []string{"af", "az", "ca", "cs", "cy", "da", "de", "en", "eo", "es", "et", "eu", "fi", "fr", "ga", "hr", "hu",
		"id", "is", "it", "lt", "lv", "ms", "nb", "nl", "nn", "pl", "pt", "ro", "sk", "sl", "so", "sq", "sv", "sw", "tl", "tr",
		"vi", "yo", "zu"}},
	{"Cyrillic", []string{"be", "bg", "kk", "mk", "mn", "ru", "sr", "uk"}},
	{"Arabic", []string{"ar", "fa", "ur"}},
	{"Devanagari", []string{"hi", "mr"}},
}

func main() {
	models := flag.String("models", "", "directory of language models")
	out := flag.String("out", "", "file to write")
	most := flag.Int("most", 6000, "n-grams taken of each language")
	flag.Parse()
	if err := run(*models, *out, *most); err != nil {
		fmt.Fprintln(os.Stderr, "maketables:", err)
		os.Exit(1)
	}
}

func run(models, out string, most int) error {
	var tables []*table.Table
	for _, s := range scripts {
		counts := make([]*counts, len(s.languages))
		for i, l := range s.languages {
			c, err := readCounts(models, l, s.name)
			if err != nil {
				return err
			}
			counts[i] = c
		}
		tables = append(tables, build(s.name, s.languages, counts, most))
	}
	var b bytes.Buffer
	if err := table.Write(&b, tables); err != nil {
		return err
	}
	if err := writeHan(filepath.Join(filepath.Dir(out), "han.bin")); err != nil {
		return err
	}
	for _, t := range tables {
		fmt.Printf("%s: %d languages, %d n-grams\n", t.Script, len(t.Languages), t.Len())
	}
	fmt.Printf("%d bytes\n", b.Len())
	return os.WriteFile(out, b.Bytes(), 0o644)
}
