// Package imap fetches a desk's mails from a mailbox on another server.
//
//	f, err := imap.New("imap.shop.example:993", desk.Email, &imap.Options{User: "help@shop.example", Password: secret})
//	err = f.Run(ctx) // until ctx ends
//
// # How no mail is lost, and none comes twice
//
// The fetcher takes the mails one after the other by their numbers (UIDs) and remembers in
// the desk's store how far it is, after the desk has kept a mail. It never asks what is
// new or unread, so what came in an outage, or was read by somebody else, is fetched as
// well. A mail that the desk can't keep, because its store is away say, stops the fetcher:
// it comes again, with growing pauses, and Status says why. A mail that was kept just
// before the process died is offered again, and the desk knows it by Envelope.Copy.
//
// When the server numbers its mails anew (UIDVALIDITY), as after the move to another
// machine, all are offered from the beginning, and the desk recognises them by what they
// say. Mails that somebody moves or deletes before they are fetched are passed over.
//
// Several processes may fetch one mailbox.
//
// # Caveats
//
// Mails above Options.MaxBytes stay on the server. They are logged, counted in Status, and
// held by the desk (email.Service.Missed): look after them. After a start with a larger
// limit those that fit are fetched.
//
// By default the mailbox isn't changed at all. With AfterMove and AfterDelete the server
// needs MOVE or UIDPLUS; without these, what is removed can't be told from what others
// have marked.
//
// Logins are by user and password; servers that ask for OAuth need a password for
// programs.
//
// The library is a beta, emersion/go-imap v2.0.0-beta.8: the last release of its first
// version is of 2022, isn't developed any more, and holds each mail in memory. Nothing of
// it shows here.
package imap
