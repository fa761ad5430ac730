package faq

import "github.com/frontdesk-go/frontdesk/store/driver"

// What a store over SQL shows of the FAQ to those who read the database itself. Who read
// what, and what was searched for, isn't there.
var (
	articleView = driver.SQLView{
		Name: "articles",
		Doc:  "One row for each article of the FAQ, drafts and archived ones included.",
		Columns: []driver.SQLColumn{
			{Name: "id", Doc: "UUIDv7."},
			{Name: "app", Path: "app", Doc: "The product or brand."},
			{Name: "section", Path: "section", Doc: "Id of the section that it stands in."},
			{Name: "external", Path: "external", Doc: "Its id where it came from; null is none."},
			{Name: "tags", Path: "tags", Kind: driver.SQLJSON, Doc: "List of tags; null is none."},
			{Name: "platforms", Path: "platforms", Kind: driver.SQLJSON, Doc: "List of platforms on which it is shown; null is all."},
			{Name: "audience", Path: "audience", Doc: "signed_in, matching or staff; null is everybody."},
			{Name: "translations", Path: "translations", Kind: driver.SQLJSON, Doc: "List of languages, each with title, version (0 or absent: it isn't published) and since when."},
			{Name: "archived", Path: "archived", Kind: driver.SQLBool, Doc: "Whether nobody is shown it any more."},
			{Name: "created", Path: "created", Kind: driver.SQLTime, Doc: "When it was made."},
			{Name: "updated", Path: "updated", Kind: driver.SQLTime, Doc: "When anything about it last changed."},
		},
	}
	figureView = driver.SQLView{
		Name: "article_figures",
		Doc:  "One row for each article, with what readers did with it, as far as is counted.",
		Columns: []driver.SQLColumn{
			{Name: "article", Doc: "Id of the article."},
			{Name: "app", Path: "app", Doc: "The product or brand."},
			{Name: "views", Path: "views", Kind: driver.SQLInt, Doc: "How often it was read; again within half an hour is once."},
			{Name: "helpful", Path: "helpful", Kind: driver.SQLInt, Doc: "Readers who found it helpful."},
			{Name: "unhelpful", Path: "unhelpful", Kind: driver.SQLInt, Doc: "Readers who found it unhelpful."},
			{Name: "last_view", Path: "last", Kind: driver.SQLTime, Doc: "When it was read last; null is never."},
		},
	}
)
