// Package search finds the articles of a FAQ that answer what somebody asks, in
// whatever language.
//
//	ix := search.New(search.Parts{DB: db, Events: events, FAQ: faqs}, &search.Options{Dir: "support.faqsearch"})
//	defer ix.Close()
//	go ix.Run(ctx)
//	found, err := ix.Find(ctx, viewer, faq.Search{Text: "how do I get my money back?"})
//
// What fits best is decided by package rank, which learns from what answered before.
//
// # The index
//
// The index is a cache: nothing in the store depends on it, each process has its own,
// and it may be deleted at any time. It knows the position in the log up to which it
// has read, and goes on from there; where the log, the form or the files don't fit, it
// is built anew from the articles. A process that is killed leaves an index that was
// true at an earlier moment, and goes on from that, also in the middle of building.
//
// Its files are bleve's (scorch), which holds articles taken apart, as rank packs them,
// and resolved queries; a start reads them and not the store. bleve doesn't search:
// postings in memory give the candidates in a fraction of the time that it takes for
// them, as the benchmarks show, and ranking needs them in memory anyway.
//
// # Who sees what
//
// What a viewer may not see is left out before anything is ranked, by facets of the
// articles that are compared with what [faq.Sight] says, and changes no score: articles
// that not everybody sees aren't counted in statistics. What is found is read again
// from the store, so that lag makes an article late and never wrong.
//
// An article comes once, in the language that serves the viewer best, whichever of its
// languages fits what he typed.
//
// # Confidence
//
// [faq.Found] says how likely the first article answers. Below a threshold of the
// caller's none does; ACCURACY.md of package rank says how far that can be trusted.
//
// # Meaning
//
// An [Embedder] of the host's adds likeness of meaning to the features that are
// weighed. Articles get their vectors when they are indexed; those on which it fails are
// tried again, after 5 seconds at first and every 10 minutes at last, fewer at a time the
// oftener it fails. Where it fails on a search or takes too long, that goes by words alone.
// Another embedder's vectors don't fit: [Index.Reset] has all made anew.
//
// # Pages
//
// A cursor goes on after so many articles, up to 100: if articles change meanwhile, one
// may be seen twice or left out.
//
// # Caveats
//
// All words are in memory: some 140 MB for 100,000 articles of 100 words. Of a body the
// first 64 KB are searched. pt-BR and pt-PT are searched as one language, by the first
// of the two that an article has. bleve keeps a few goroutines for its files. They begin
// with the first Run, Step or Find, not before, and end with Close. The text of resolved
// queries is in the files; what is erased is gone from them when Step has read of it.
package search
