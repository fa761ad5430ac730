// Package rank finds the articles that answer a question, by what they say and by what
// was asked before. It keeps all in memory, and needs no store and no model that was
// trained elsewhere.
//
//	e := rank.New(nil)
//	e.Put(rank.Document{ID: "7", Language: "en", Title: "How do I delete my account?", Body: "…"})
//	e.Learn()
//	hits := e.Search(rank.Query{Text: "close my profile for good"})
//
// # How it ranks
//
// Of the documents that have any of the query's words, or of those that may stand for
// them, the hundred that fit best by BM25 are looked at closely, and those whose
// resolved queries are like it. Their features, which model.go weighs, are BM25 of title
// and body alone and together; the share of the query that is in the document and not
// by chance, and of the title that is in the query; likeness by characters; words that
// go with such bodies in titles (IBM's first translation model); the resolved query that
// is most alike, all resolved queries of the article together, and what single words
// say for and against it. ACCURACY.md says what each part brings.
//
// [Engine.Learn] first asks every title of the bodies alone, and moves the weights that
// are built in towards those by which titles find their own. Then it fits them to the
// resolved queries, each asked as if it hadn't been remembered; where there are few they
// stay near.
//
// # Who sees what
//
// [Document.Facets] and [Query.Needs] leave documents out before they are ranked. What
// stands aside ([Document.Aside]) isn't counted: those who don't see it get the same
// hits, scores and confidence as if it weren't there.
//
// # Caveats
//
// The engine is for one process. 100,000 articles of 100 words take some 140 MB. Learn
// looks at 20,000 articles and 2,000 resolved queries of a language at most.
package rank
