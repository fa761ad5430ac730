package main

import (
	"context"
	"flag"
	"fmt"
)

func faqCommand() command {
	return command{
		name:  "faq",
		short: "searches articles in a file, or imports them into a desk",
		help: `
  frontdesk faq search -articles articles.jsonl -lang ja -limit 10 < queries.txt
  frontdesk faq import -to support.db -app default -dry-run articles/
  frontdesk faq import -to postgres://desk@localhost/shop -format zendesk articles.json

search reads the articles, one JSON object a line: {"id", "lang", "title", "body"}, and
then queries from standard input, one a line. For each it writes a line {"query",
"hits": [{"id", "score"}]}, best first.

import takes a directory of Markdown files with front matter, or one file of those, of
CSV or of JSON, also in the shape of other help desks; "-" is standard input. An article
that is there already is changed where the file says something else. It writes a line
for each article and a last one with the counts; one that is wrong is refused, and the
others are taken. The status is 1 then. A desk on PostgreSQL may be in use, a file may
not: its own process imports while it runs (package faq/exchange).`,
		run: func(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
			if len(args) == 0 {
				return &usageError{"say what: search or import"}
			}
			switch args[0] {
			case "-h", "-help", "--help", "help":
				return flag.ErrHelp
			case "search":
				return searchFAQ(ctx, s, f, args[1:])
			case "import":
				return importFAQ(ctx, s, f, args[1:])
			}
			return &usageError{fmt.Sprintf("there is no %q: search and import there are", args[0])}
		},
	}
}
