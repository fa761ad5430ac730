// Package email is a desk's mail: what comes in becomes tickets and messages, and what is
// answered goes out.
//
// [Service.SaveSettings] says from which address an app writes, and to which people write
// to it. A desk with a [Sender] sends; [Directory] is one for development.
//
//	d, err := frontdesk.Open(ctx, frontdesk.Config{Mail: email.Options{Sender: email.Directory("mails")}})
//	s, err := d.Email.SettingsOf(ctx, ticket.DefaultApp) // also where a start before this one saved them
//	s.From = "help@shop.example"
//	err = d.Email.SaveSettings(ctx, frontdesk.Host(), s)
//
// # What is received
//
// [Service.Receive] takes a mail as bytes, from a server or a mailbox (packages smtp and
// imap below this one) or from the host. When it returns, the mail is durable; a job makes a
// message of it. However often the process is killed, each mail becomes one message, in the
// order in which its sender wrote.
//
// A mail joins the ticket that it names: by the signed address of answers, else by the
// mails that it answers, else by the number in its subject. Whichever comes first counts if
// its sender may write there: he is the ticket's end user, or his address is that one's, or
// he is in copy; and Options.Verifier didn't find that the mail is forged. Else it is a
// ticket of its own, linked to that one, with a note that says why. Other people whom the
// mail went to are in copy ([ticket.Ticket].Copied), unless it was a blind copy, or only a
// number led it there.
//
// What is said is what the sender wrote; what he quoted is apart from it, and
// [Service.Raw] and [Service.Whole] have the mail as it was received, until its message is
// redacted, or erased with its end user. A mail that comes twice, by whatever way, is one
// message: the same Message-ID with the same content, or, without one, the same date, or the
// same bytes within 7 days.
//
// What an agent sends on from his own mailbox is the mail of who wrote it, with what the
// agent wrote above as a private note. What anybody else sends on is a mail of his own.
// Agents answer at the desk: any other mail from an agent's address is taken as that of an
// end user, and joins no ticket of somebody else's unless the agent is in copy there.
//
// Mails of an address are one end user's, with the address as a claim (package identity):
// he has no other one's history by it. Staff may merge him into a known one. From says which
// address that is, and so where answers go; Reply-To says so only where From is an address
// of the desk's own. A form on a page has to write from such a one, or it gets the answers.
//
// Mails that the desk sent itself are passed over. Reports go to the message that they are
// about, automatic answers are private notes on their ticket. In quarantine is what is
// unreadable, what fails five times, automatic mails and reports that belong to nothing,
// what one address writes above Options.PerSender in an hour, and what a mailbox has that is
// too large ([Service.Missed]). It stays there until staff decides: [Service.Held] lists it,
// [Service.Retry] processes it again after a fix, [Service.LetIn] takes it as a person's, and
// [Service.Discard] deletes it. The event [MailHeld] tells of each, [Service.HeldCount] how
// many there are.
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
// [Service.Resend] sends such a message again, to those who don't have it. Where only people
// in copy don't get a mail, a note says so, and who is refused for good is in copy no longer.
// Mails that no person wrote say so and go to the end user alone, and one address gets at
// most ten of them an hour.
//
// [Service.Unread] sends in one mail what somebody hasn't read elsewhere.
//
// # Caveats
//
// Who a mail is from is what it says. Without a Verifier, whoever knows an end user's
// address, and the number of one of his tickets, can write there in his name, though not
// read there: a mail that only guessed its ticket puts nobody in copy. What a form on a page
// sends, from the desk's own address with its user's in Reply-To, is always a ticket of its
// own. Set Verifier to the name under which your own server writes
// Authentication-Results, and have that server remove those that come from outside.
//
// A delivery report is believed, whoever it is from, if it came to the address for reports
// of one of the desk's mails, or names its Message-ID: who has got such a mail can have its
// message look as not delivered. Only the signed address for reports, which servers see and
// those who got that mail, has others taken out of copy; a note tells staff.
//
// A mail in quarantine from an address that nobody is known by is no end user's: an
// erasure leaves it, and staff discards it. Where an app masks what end users write, mails
// in which something was masked aren't kept as they were received.
//
// Set PerSender to a negative number while a mailbox with old mails is taken over.
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
