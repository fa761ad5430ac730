// Package deflect is where the FAQ and tickets meet: articles that may answer a ticket
// ([Service.Suggest], [Service.Send]), the memory of which article answered which question,
// and how many of those who read an article wrote no ticket ([Service.Report]).
//
//	d := deflect.Open(deflect.Parts{DB: db, …}, nil)
//	s, err := d.Suggest(ctx, agent, ticketID, 3)
//	if s.Fits {
//		d.Send(ctx, agent, ticketID, s.Articles[0].Article.ID, ticket.Draft{Text: "This may help:"})
//	}
//
// # Deflection
//
// A view of an article is deflected if no ticket of the same end user follows within
// [Window]: not one that he wrote on any of the desk's apps. Tickets that an agent, a bot or
// a rule began don't count as his. A minute after that it is settled, once, by what the store
// holds then ([Settled]), so that neither a late ticket nor a restart changes a figure that
// is there. Views of readers of whom nobody knows who they are aren't counted: no ticket
// could follow them.
//
// # What is remembered
//
// Searches learn from questions with known answers ([faq.Answer]). One comes of a search
// whose reader opened an article as the last one and went away content: no ticket, no message
// of his, no vote against it. One comes of an article that an agent sent on a ticket that was
// resolved: then it is what the end user wrote first. What he said himself ([faq.Vote]) the
// FAQ remembers on its own.
//
// It goes with its end user, with its article, and, where it is what a message said, as far as
// that is redacted: what is left of the message is remembered in its place.
package deflect
