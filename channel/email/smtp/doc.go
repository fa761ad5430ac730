// Package smtp takes a desk's mails from other servers, by SMTP or LMTP, and sends its
// own through one.
//
//	server := smtp.NewServer(desk.Email, desk.Email.Accepts, &smtp.ServerOptions{Name: "mx.shop.example", TLS: tlsConfig})
//	l, err := net.Listen("tcp", ":25")
//	err = server.Serve(ctx, l) // until ctx ends
//
//	client := smtp.NewClient("mail.shop.example:587", &smtp.ClientOptions{User: "help", Password: secret})
//	defer client.Close()
//	config.Mail.Sender = client // of the frontdesk.Config that the desk is opened with
//
// # What is promised to the other side
//
// A mail is answered with 250 only after the desk has kept it. Whatever goes wrong before,
// from a full disk to a connection that breaks in the middle, is a temporary failure, so
// that the other server keeps the mail and tries again. Refused for good are recipients
// that the desk doesn't have, mails above the limit of size, and what isn't SMTP. Nothing
// is passed on to anybody else.
//
// A Client gives an error for every recipient whose server didn't say yes, and says who
// gets the mail all the same.
//
// # Caveats
//
// The server checks no SPF, DKIM or list of bad hosts, and offers no logins. Where it
// stands in the open, senders can be forged: let the host's own mail server stand before
// it and deliver by LMTP, and believe that one's verdict (email.Options.Verifier).
//
// A connection that breaks after the last line of a mail and before the answer leaves open
// whether it was taken. Client.Send gives an error then, and the same mail sent again may
// arrive twice, with the same Message-ID.
//
// A mail with BDAT whose sender ends TLS in good form in the middle of a chunk, and no
// longer speaks, can't be told from a whole one.
//
// Lines of up to 512 KB are taken, where the standard ends at 1,000 bytes. A mail of
// exactly the limit of size may be refused.
package smtp
