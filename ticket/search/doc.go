// Package search finds tickets by what is written in them: number, title, messages
// and notes, name, addresses and ids of the end user.
//
//	ix, err := search.New(search.Parts{DB: db, Events: events, People: people, Tickets: tickets}, &search.Options{Dir: "support.search"})
//	defer ix.Close()
//	go ix.Run(ctx)
//	found, err := ix.Find(ctx, agent, ticket.Search{Text: "parcel refund", Typing: true})
//
// # The index
//
// The index is a cache: nothing in the store depends on it, each process has its own,
// and it may be deleted at any time. It knows the position in the log up to which it
// has read, and goes on from there; where the log, the form or the files don't fit, it
// is built anew from the tickets. A process that is killed leaves an index that was
// true at an earlier moment, and goes on from that, also in the middle of building.
//
// What is found is read again from the store: a ticket is shown as it is now, if the
// actor may see it, if the filter fits it now, and if the words are in it now. Lag
// makes a ticket late, never wrong. A ticket's number is looked up in the store
// itself.
//
// # What is found
//
// Words are found in any case, with or without accents, in singular and plural.
// Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are found by pairs of
// letters, whatever language the ticket is in. An address, or a code with digits and
// punctuation in it, is found as it is and not by its parts; an id likewise. "Words in
// quotes" stand in this order. Of up to three words, tickets that have all of them are
// found; if there are none, those that have most, then those that have one. More words
// are taken for a question: tickets that have some of them are found, those with most
// first; where the newest come first it is as with few. If nothing is found at all,
// words of four and more letters may have a wrong one. [ticket.Found] says with Loose
// that not all could be had.
//
// Of a ticket the first message and the newest ones are searched, 16 KB of a message
// and 64 KB in all. What a mail quotes isn't searched.
//
// # Pages
//
// A cursor names a place in the order of the index. Where the newest come first, pages
// stay stable while tickets are added. By relevance, which is the default, a page goes
// on after so many tickets, up to 1,000: if tickets change meanwhile, one may be seen
// twice or left out.
//
// # Caveats
//
// bleve keeps a few goroutines for its files. They begin with the first Run, Step or
// Find, not before, and end with Close. Without a directory the index is in memory,
// and is built whenever the process starts.
package search
