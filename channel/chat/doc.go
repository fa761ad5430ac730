// Package chat is the web chat: the end users' HTTP API, which serves mobile apps
// just as well, its stream, and the script tag's widget.
//
// [New] makes an http.Handler; mount it under a prefix of the host's choice:
//
//	mux.Handle("/support/", http.StripPrefix("/support", desk.Handler()))
//
// and put the widget on a page:
//
//	<script async src="/support/widget.js" data-app="default"></script>
//
// # The API
//
// A client begins with POST chat/v1/session: the secret that it made for its
// device, perhaps a signed login. It gets a bearer token for everything else, and
// its settings. 401 means that it has to begin another session, as after a login
// in another tab.
//
//	POST chat/v1/logout                       the device is nobody's again
//	POST chat/v1/logout/everywhere            on all devices; {devices}: how many
//	GET  chat/v1/conversations?after=
//	GET  chat/v1/conversations/{id}
//	GET  chat/v1/conversations/{id}/messages?after=|before=&limit=
//	POST chat/v1/conversations/{id}/read      {seq}
//	POST chat/v1/conversations/{id}/typing    {typing}
//	POST chat/v1/conversations/{id}/solved    {solved}
//	POST chat/v1/conversations/{id}/rating    {score, comment}
//	POST chat/v1/messages                     {client_id, text, conversation, …}
//	POST chat/v1/attachments                  a form with a file
//	GET  chat/v1/stream                       server-sent events
//	GET  chat/v1/faq?after=                   sections with their first articles
//	GET  chat/v1/faq/sections/{id}?after=     all articles of a section
//	GET  chat/v1/faq/articles/{id}            one, as harmless HTML
//	GET  chat/v1/faq/search?q=&typing=&after= what answers a question, the best first
//	POST chat/v1/faq/articles/{id}/view       {search}: he has opened it
//	POST chat/v1/faq/articles/{id}/vote       {helpful, comment, search}
//
// A session's settings have the questions to ask before a conversation begins ("prechat":
// key, label, kind, required, options, option_labels), in the client's language and without
// what is known: kind is text, email, number, date, yes_no (true or false) or choice. The
// answers go with the first message ("prechat", by key): name, email and phone become
// claims of the end user, others custom fields of the ticket. One that can't be taken is
// left out with a warning.
//
// A conversation that was resolved says what there is to answer ("resolved"): whether it
// is solved, and then how satisfied the end user is. Where a bot asks about that in
// messages ("asks"), what is written there answers it, and reopens nothing. One that was
// merged into another isn't listed any more; asked for by its id, it says which one has
// its messages now ("merged_into").
//
// A message may offer answers to pick ("choices", at most ten). While it is the newest
// one a client shows them as buttons; who picks one sends it as a message of his own, and
// may write something else instead.
//
// A bot's message says which kind of answer it asks for, and which articles it shows
// ("form": kind, min, max, skip, lead, articles), so that a client can offer the right
// input, and cards:
//
//	{"kind": "date", "min": "2026-01-01", "skip": "I don't know"}
//	{"lead": "These may answer it:", "articles": [{"id", "title", "snippet"}]}
//
// kind is text, email, number, date (YYYY-MM-DD), choice, yes_no or attachment; min and max
// bound a number or a date; skip is the one of the choices that doesn't answer. lead is the
// text without the list of articles. Whatever the kind, the answer is a message, and text
// says all that the form does: a client that doesn't know a kind takes a text.
//
// One that waits in line says at which place, and about how long, where the desk can
// tell ("estimate": position, wait_seconds, at_least). The stream says it again when it
// has changed, about once a minute.
//
// Errors are application/problem+json with a code for programs. Who is banned gets
// 403 and "banned" when he sends something, or opens a stream: no ticket has what he
// sends, and staff may read it.
// Who does something too often gets 429, "rate_limited" and Retry-After ([Limits]); he
// sends it again then.
//
// # The FAQ
//
// End users get the articles that they may see on their platform, in the language that
// ?language= asks for, else in their own, else in the nearest there is. A client that
// searches while somebody types says so (typing=1); once he has finished it searches
// without that, and the answer has the search's id: it goes with the views and votes that
// come of it, so that it is known which article answered which question, and what was
// searched for in vain. Each hit has a confidence, from 0 to 1, by which a client decides
// whether to offer it unasked.
//
// # Who may write
//
// A platform may want end users to look at the FAQ before they write ([ticket.ContactUs]).
// A session's settings, and every answer about the FAQ that may change it, say whether a
// conversation can begin now: "contact" is open, after_faqs, after_unhelpful or never. With
// after_faqs it can for a day after he has opened an article, or after a finished search
// that no article fitted; with after_unhelpful for a day after he said of an article that it
// didn't help; and who sees no articles at all may write. The desk keeps to that whatever the client does: a message that would begin
// a conversation gets 403 and "contact_closed". One that is open goes on, and one that may
// be reopened is.
//
// # Full privacy
//
// A session that says so ("private"), and every one in an app of which that is set,
// puts its end user under full privacy: who he is isn't asked and isn't taken, nor are
// files, which get 422 and "private". He stays so until staff ends it.
//
// # Nothing lost, nothing twice
//
// A message has a client id: sent again, it is there once. The stream gives a
// cursor with what it tells; a client that comes back with it gets what it
// missed, and nothing else. Where that can't be, it is told so ("reset").
//
// # Many streams
//
// While [Chat.Run] runs (desk.Run does that), a stream on HTTP/1.1 takes its connection
// over from the server, which then has no goroutine, no buffers and no deadlines for it:
// ten thousand who wait cost little. A few workers write to those that have something to
// hear; who takes nothing for twenty seconds is hung up on, and gets the rest when he
// comes back. Each stream looks every fifteen seconds whether its session still lives.
// Server-wide settings of the host's http.Server don't reach such a stream any more, nor
// does its Shutdown wait for it: call [Chat.Close], or end Run. On HTTP/2, and where a
// middleware's ResponseWriter can neither be hijacked nor unwrapped, each stream is an
// ordinary handler with a goroutine.
//
// # Business hours
//
// A session says whether the desk is open on the platform, by the calendar of the
// platform or else of the desk, and when that changes next ("hours": now, open,
// changes): each change opens a desk that was closed, and closes one that was open.
// A client needs no more than a timer, and tells its end user when the desk opens, in
// his own time zone. The stream says it again when it begins, when staff changes the
// calendar or the platform, and before a client runs out of changes. What to say
// outside of the hours is in "away_notice"; where it isn't set, the widget says it in
// its own words.
//
// # Unread messages
//
// What an agent writes and the end user doesn't read goes to his devices by the
// [Pusher], at once where he isn't there, after ten minutes where he is: what is
// unread at that time comes in one notification, and once.
//
// # Caveats
//
// On which platform a session is, its client says. What contact-us visibility has to keep
// from everybody, set it on all platforms of the app.
//
// A stream follows the end user's open conversations and the newest others, fifty
// in all; older ones are loaded when they are opened.
//
// Where several processes share a store, presence and typing reach the readers of
// the others about a second later: who has opened his stream this very second may be
// taken for absent, and notified at once, by another process.
package chat
