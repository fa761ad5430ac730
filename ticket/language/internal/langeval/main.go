// Command langeval says how often package language is right.
//
//	go run ./ticket/language/internal/langeval -data DIR
//
// DIR has a file for each language, named for its tag as in de.txt, with a text in
// each line, or folders of such files. Texts are cut between words, at 20 and at 100
// characters; lines that are shorter are left out. Files of languages that the
// detector doesn't know are listed apart: there, unknown is right.
package main

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/ticket/language"
)

func main() {
	data := flag.String("data", "", "directory of texts")
	most := flag.Int("most", 1000, "texts of a file and length")
	flag.Parse()
	if err := run(os.Stdout, *data, *most); err != nil {
		fmt.Fprintln(os.Stderr, "langeval:", err)
		os.Exit(1)
	}
}

// tally counts answers.
type tally struct {
	right, unknown, wrong int
	taken                 map[string]int // languages that were answered instead
}

func (c *tally) add(want, got string) {
	switch {
	case got == "":
		c.unknown++
	case got == want:
		c.right++
	default:
		c.wrong++
		if c.taken == nil {
			c.taken = map[string]int{}
		}
		c.taken[got]++
	}
}

func (c *tally) String() string {
	n := max(c.right+c.unknown+c.wrong, 1)
	share := func(part int) float64 { return 100 * float64(part) / float64(n) }
	return fmt.Sprintf("%6.1f %6.1f %6.1f", share(c.right), share(c.unknown), share(c.wrong))
}

// mostly names the languages that are answered most often instead.
func (c *tally) mostly() string {
	names := slices.SortedFunc(maps.Keys(c.taken), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.taken[b], c.taken[a]), cmp.Compare(a, b))
	})
	return strings.Join(names[:min(3, len(names))], " ")
}

func run(w io.Writer, dir string, most int) error {
	started := time.Now()
	detector, err := language.New()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "made ready in %v\n", time.Since(started).Round(time.Millisecond))
	sets := map[string][]string{}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".txt" {
			set := filepath.Dir(path)
			sets[set] = append(sets[set], path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		if err := evaluate(w, detector, filepath.Base(set), sets[set], most); err != nil {
			return err
		}
	}
	return nil
}

var lengths = []int{20, 100}

func evaluate(w io.Writer, detector *language.Detector, set string, files []string, most int) error {
	fmt.Fprintf(w, "\n%s (%%)\n%-8s %20s  %20s\n%-8s %s  %s  instead\n", set, "", "20 characters", "100 characters",
		"", " right unknown wrong", " right unknown wrong")
	var total [2]tally
	var took time.Duration
	texts := 0
	for _, file := range files {
		want := strings.TrimSuffix(filepath.Base(file), ".txt")
		lines, err := read(file)
		if err != nil {
			return err
		}
		var each [2]tally
		for i, n := range lengths {
			for _, text := range cut(lines, n, most) {
				started := time.Now()
				got, _ := detector.Detect(text)
				took += time.Since(started)
				texts++
				each[i].add(want, got)
				total[i].add(want, got)
			}
		}
		fmt.Fprintf(w, "%-8s %s  %s  %s\n", want, &each[0], &each[1], each[0].mostly())
	}
	fmt.Fprintf(w, "%-8s %s  %s\n", "all", &total[0], &total[1])
	fmt.Fprintf(w, "%d texts, %v each\n", texts, took/time.Duration(max(texts, 1)))
	return nil
}

func read(name string) (lines []string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines, s.Err()
}

// cut returns the beginnings of lines of at least n characters, at most most, taken
// evenly from all of them. A word that doesn't fit is left out.
func cut(lines []string, n, most int) (texts []string) {
	for _, line := range lines {
		if utf8.RuneCountInString(line) < n {
			continue
		}
		text := string([]rune(line)[:n])
		if len(text) < len(line) && line[len(text)] != ' ' {
			if space := strings.LastIndexByte(text, ' '); space > len(text)/2 {
				text = text[:space]
			}
		}
		texts = append(texts, text)
	}
	if len(texts) <= most {
		return texts
	}
	taken := make([]string, most)
	for i := range taken {
		taken[i] = texts[i*len(texts)/most]
	}
	return taken
}
