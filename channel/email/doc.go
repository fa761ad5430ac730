// Package email is a desk's mail: what comes in becomes tickets and messages, and what is
// answered goes out.
//
// [Service.SaveSettings] says from which address an app writes, and to which people write
// to it. A desk with a [Sender] sends; [Directory] is one for development.
//
//	d, err := frontdesk.Open(ctx, frontdesk.Config{Mail: email.Options{Sender: email.Directory("mails")}})
//	err = d.Email.SaveSettings(ctx, actor, &email.Settings{App: "default", From: "help@shop.example"})
//
// # What is sent
//
// Each public message of an agent, a bot or an automation on a ticket of channel email is
// one mail to its end user, with the people in copy in Cc. It has the message as text and
// HTML, its files, and what was said before, in the ticket's language, by built-in
// templates or by the app's own (see [Page]; [Service.Preview] shows what comes of them).
// All mails of a ticket have one subject with its number, and refer to one another, so that
// they are one thread in every program. Answers go to an address that names the ticket and
// is signed.
//
// A mail that a server doesn't take yet is tried again for about a day, and later ones of
// the same ticket wait behind it. What is refused, or can't be sent, stands on the message
// ([ticket.Message].Failure) with its reason; so does what delivery reports say later.
// [Service.Resend] sends such a message again, to those who don't have it. Mails that no
// person wrote say so, and one address gets at most ten of them an hour.
//
// [Service.Unread] sends in one mail what somebody hasn't read elsewhere.
//
// # Caveats
//
// A mail may arrive twice, if the process dies after the server has taken it and before
// that is kept: SMTP has no way to ask. It is the same mail then, byte for byte but for what
// has been changed about the ticket, with the same Message-ID, and most mailboxes show it
// once. A process that is killed where several share a store leaves its mails to the others
// after five minutes.
//
// A message that is more than a day old when the desk comes to it isn't sent by itself: it
// has failed, and can be sent again.
//
// Files above 20 MB together are named in the mail, and not attached. Addresses with other
// than ASCII characters before their @ are refused, as few servers take them.
package email
