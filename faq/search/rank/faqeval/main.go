// Faqeval measures how well package rank finds articles, on sets of articles, queries
// and which articles answer them.
//
//	go run ./faq/search/rank/faqeval -data DIR           each folder of DIR that has articles.jsonl
//	go run ./faq/search/rank/faqeval -data DIR -parts    and what each part brings
//
// A folder has articles.jsonl ({"id","lang","title","body"} a line), queries.tsv (query
// id, text) and qrels.tsv (query id, article id, grade). Printed is nDCG@10, without
// feedback, and with: then four fifths of the queries are remembered with the articles
// that answered them, and the others are asked, five times.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

func main() {
	data := flag.String("data", "", "folder of folders with sets")
	parts := flag.Bool("parts", false, "measure what each part brings, too")
	foreign := flag.String("foreign", "", "CSV of queries that the sets don't answer, the text first; by default those of another set")
	only := flag.String("set", "", "folder of one set")
	flag.Parse()
	if *data == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, *data, *only, *foreign, *parts); err != nil {
		fmt.Fprintln(os.Stderr, "faqeval:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, data, only, foreign string, parts bool) error {
	names, err := filepath.Glob(filepath.Join(data, "*", "articles.jsonl"))
	if err != nil {
		return err
	}
	var sets []*set
	for _, name := range names {
		dir := filepath.Dir(name)
		if only != "" && filepath.Base(dir) != only {
			continue
		}
		s, err := load(dir)
		if err != nil {
			return err
		}
		sets = append(sets, s)
	}
	if len(sets) == 0 {
		return fmt.Errorf("%s has no folder with articles.jsonl", data)
	}
	for i, s := range sets {
		plain, taught := s.plain(nil), s.taught(nil)
		fmt.Fprintf(w, "%s: %d articles, %d queries\n", s.name, len(s.articles), len(s.queries))
		fmt.Fprintf(w, "  without feedback     nDCG@10 %.4f  right first %.3f\n", plain.ndcg(), plain.first())
		fmt.Fprintf(w, "  with feedback, 5-fold nDCG@10 %.4f  right first %.3f\n", taught.ndcg(), taught.first())
		unanswered, err := others(foreign, sets[(i+1)%len(sets)])
		if err != nil {
			return err
		}
		s.confidence(w, unanswered)
		if parts {
			s.sampled().parts(w)
		}
	}
	return nil
}

// maxParts is how many queries the parts are measured with.
const maxParts = 1300

// sampled is the set with so many of its queries.
func (s *set) sampled() *set {
	t := *s
	t.queries = nil
	step := (len(s.queries) + maxParts - 1) / maxParts
	for i := 0; i < len(s.queries); i += step {
		t.queries = append(t.queries, s.queries[i])
	}
	return &t
}

// parts prints what is lost without each part.
func (s *set) parts(w io.Writer) {
	plain, taught := s.plain(nil).ndcg(), s.taught(nil).ndcg()
	fmt.Fprintf(w, "  with %d queries %.4f, with feedback %.4f; without a part, in points:\n", len(s.queries), plain, taught)
	for _, part := range rank.Parts {
		without := []string{part}
		fmt.Fprintf(w, "    %-18s %+6.2f %+6.2f\n", part, 100*(s.plain(without).ndcg()-plain), 100*(s.taught(without).ndcg()-taught))
	}
	base := []string{"both", "cover", "title cover", "title used", "characters", "translation", "thesaurus", "spelling"}
	fmt.Fprintf(w, "    BM25 of title and body alone (without %s): %.4f\n", strings.Join(base, ", "), s.plain(base).ndcg())
}
