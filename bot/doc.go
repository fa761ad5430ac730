// Package bot lets bots talk with end users on tickets: they ask, look things up, change
// the ticket, suggest articles, and hand off to people.
//
//	err = bots.Save(ctx, admin, &bot.Bot{ID: "shop", Name: "Shop bot", Draft: f}) // a flow.Flow
//	_, err = bots.Publish(ctx, admin, "shop")
//	_, err = tickets.AssignBot(ctx, host, id, "shop") // as rules do, too
//
// What a bot says is a flow (package flow). Publishing checks it against the desk, and
// makes a version of it; a ticket ends with the version that it began with. Conversations
// begin when a bot is given a ticket, by its platform ([Step]), a rule, another bot or by
// hand, once that has left intake, and are advanced by the
// log's reactor: each step of one in one transaction, with what it says. What is asked
// outside of the desk, as an HTTP call, is a job's, which goes on with the answer.
//
// # What conditions and placeholders know
//
// Conditions of a flow have the names of [ticket.Vars] (ticket.priority, field.order) and of
// [identity.Vars] (user.known, attribute.plan), the flow's own ([flow.Vars]), and of the
// moment, on the clock of the calendar that counts for the ticket: time.business,
// time.hour, time.weekday, and time.opens, which is set while the desk is closed.
// Placeholders have ticket.number, ticket.title, field.KEY, user.name, user.email,
// attribute.KEY, app.name, time.opens, answer.NAME and response.NAME.
//
// # Answers in words
//
// An answer step asks the host's [Answerer], a language model say, with the conversation
// and the articles found. What it says is shown with the articles that it comes from, if it
// is sure enough; otherwise the flow goes on as where no article fits. Without an Answerer
// such a step suggests the articles.
//
// # Nobody is left alone
//
// A bot hands off when its flow says so or ends, and when a guard stops it (package flow);
// if where it should go isn't there any more, to the default queue. So does one that isn't
// at work. The wait of the end user stands still while a bot has his ticket.
//
// Who takes the ticket, replies, resolves or rejects it ends the conversation in the same
// transaction: [Hook] does that. The bot says nothing more then.
//
// # Feedback
//
// A bot whose flow is for feedback talks after resolutions, on platforms that name it
// (ticket.Platform.FeedbackBot), in place of their survey, and after the question whether it
// is solved. What the end user writes to it is an answer: the ticket stays resolved, and
// nobody waits. A rating that it takes is the ticket's. It ends when an agent writes or
// reopens, when the end user begins anew, and by itself; what he writes then reopens as
// ever. [flow.CSAT] is such a flow.
//
// # Caveats
//
// What a host's functions
// do may happen twice if the process dies meanwhile: [Call] has an id by which to tell.
// What an end user writes while something is asked outside is no answer to what follows.
package bot
