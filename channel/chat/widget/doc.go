// Package widget holds the browser side of the web chat: one script that a host
// puts on its pages with a single tag.
//
//	<script async src="/support/widget.js" data-app="default"></script>
//
// The script, its style sheet and its texts are embedded in the program and
// joined when the program starts, so there is no build step and nothing else to
// deploy. It finds the desk by its own address: what is served at
// /support/widget.js talks to /support/chat/v1.
//
// # Settings on the tag
//
// data-app and data-platform choose the app and name the platform. data-language
// overrides the page's language. data-user carries the signed-in visitor as JSON.
// data-private puts the visitor under full privacy: he is a child, say.
// data-color, data-dark (auto, light, dark) and data-launcher (right, left)
// override the theme of the app. data-base gives the desk's prefix when the
// script itself is served from elsewhere.
//
// # In the page
//
// window.Frontdesk offers open, close, toggle, login, logout, setFields, setTags,
// setMetadata, on and unreadCount. The events are ready, open, close, message,
// unread and login_refused.
//
// # Articles
//
// Where the desk has a FAQ, who has asked nothing yet sees it first, with its search. While
// he writes his first message at most three articles are offered that are likely to answer
// it. Under an article he says whether it helped, and, as far as the platform's contact-us
// visibility lets him, writes to the desk. Bodies are copied into a shadow tree of their
// own, element by element: nothing in them runs, and links open in a page of their own.
// Pictures of articles need img-src for where they come from.
//
// # What bots ask
//
// The newest question has what answers it best: buttons for choices, inputs with their
// bounds for numbers, dates and addresses, a button for a file, and one that skips it.
// Articles that a bot shows are cards that open in the chat. The field for messages stays:
// whoever wants to say something else, or doesn't know what to do with a kind of answer,
// writes.
//
// # After the answer
//
// A conversation that was resolved ends with a card: whether it is solved, where
// the platform asks that, and five stars with a comment. The answer is kept until
// the desk has it, as messages are; all tabs show it. A conversation that is merged
// while it is open leads to the other one, with what was being written.
//
// # Tabs
//
// Browsers have six connections to a host that speaks HTTP/1.1, for all of its tabs
// together. So the tabs of one app share one stream: one holds it, and tells the others;
// where it is closed, another goes on where it was. A page on plain HTTP, or in a frame
// without an origin, can't know of the others: it has a stream while it has the focus, and
// asks for news every 20 seconds while it hasn't.
//
// # Content security policy
//
// The page needs script-src and connect-src for the desk's origin, and img-src
// for that origin and blob: (previews of pictures before they are sent). Styles
// are constructed style sheets and need no exception.
package widget
