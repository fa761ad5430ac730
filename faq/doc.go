// Package faq keeps the articles with which a desk answers before anybody asks.
//
// An app has sections, a section has articles, and an article has a translation for each
// language. Staff writes a draft and publishes it:
//
//	articles, err := faq.Open(db, events, jobs, people, &faq.Options{Render: markdown.New(nil)})
//	section := &faq.Section{App: "shop", Names: []faq.Localised{{Language: "en", Text: "Paying"}}}
//	err = articles.SaveSection(ctx, agent, section)
//	a := &faq.Article{Section: section.ID}
//	err = articles.SaveArticle(ctx, agent, a)
//	_, err = articles.SaveDraft(ctx, agent, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "Refunds", Body: "…"}})
//	_, err = articles.Publish(ctx, agent, a.ID, "en")
//
// Readers get [Service.Home], [Service.List] and [Service.Read], and what they do is taken
// by [Service.View], [Service.Vote] and [Service.Searched].
//
// # Drafts and versions
//
// Each translation is a draft, and published or not. Changing the draft of a published one
// changes nothing for readers until it is published; that makes the next [Version], of
// which the last 50 are kept and can be restored. [Service.Schedule] publishes, and takes
// away, at a moment.
//
// # Who sees what
//
// [Sight] decides, and all that shows articles asks it: an article is seen by who is in its
// audience, on its platforms, in its app, if neither it nor its section is archived, and if
// a translation is published that serves him. Whatever isn't seen is store.ErrNotFound. That
// serves which is in a language that he wants, in a more general form of it (pt for pt-BR,
// as CLDR has it) or in that of another country, else in the app's own language.
//
// Drafts are for those with the permission EditFAQs alone. Staff sees all that is published,
// except where it looks for an end user ([Viewer.For]).
//
// # Figures
//
// Views and opinions are counted by a projection of the log, so that readers don't wait for
// each other: figures are behind by as much as the log's consumers are. An article that is
// read again within half an hour is one view. What staff reads and says doesn't count.
//
// # What is known of readers
//
// Who read what is kept for 30 days, what was searched for 90, opinions and [Answer] as long
// as their article. All of it is found and erased with its end user, and figures stay. Of
// anonymous readers a hash of their session is kept.
//
// # Searching
//
// [Searcher] is what finds articles; package faq/search has one. It builds its index from
// [Service.All] and [Service.Answers], follows the events of this package, and shows what it
// has found by [Service.Show].
//
// # Caveats
//
// A condition of an audience that asks for an attribute is false of anonymous readers,
// whatever it says: nothing is known of them.
//
// A page of a list may hold fewer articles than were asked for, although there is a next
// one: where a reader sees few of many, no page looks at more than 1,000.
package faq
