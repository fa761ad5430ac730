// Package mail tells what is in a mail, and what of it its sender wrote.
//
// [Parse] reads a mail as it was received into a [Mail]: who wrote to whom, the text,
// the files, whether a program wrote it ([Auto]), and what a delivery report says
// ([Bounce]). Mails are broken in more ways than they are right, and a desk may not lose
// one: what is broken is read as far as it can be and told in [Mail.Problems], and only
// what has no header, or more of something than [Options] allow, is an error.
//
// [Visible] splits the text of a reply from the message that it quotes and from a
// signature, by the forms of many mail programs in some forty languages. It keeps text
// where it isn't sure. Parse uses it, with what programs mark in HTML where they do.
//
// # How mails are split
//
// Parse reads line by line, once, and compares each line that begins with "--" to the
// boundaries of all open parts. So a part that lacks its end is ended by that of the
// part around it, nesting costs nothing, and memory is that of the header and the text.
// Bytes are made text by the character set that is named, unless they can't be in it or
// are UTF-8; then the set is guessed.
//
// Of 39 broken mails with a text jhillyerd/enmime 2.3 gave 29 texts without an error, and
// emersion/go-message 0.18 gave 26; some of these were in the wrong character set. They
// fail where base64 has a list's footer below it, where the empty line below a header or
// a boundary is missing, and where a character set is named wrongly. Here all are read,
// with the standard library, golang.org/x/text and golang.org/x/net; enmime would bring
// some fifteen modules, among them ones that draw tables on terminals. A mail of 40 KB takes
// 0.19 ms with hashes and the visible reply; go-message takes 0.15 ms to decode it, enmime 1 ms.
//
// # Caveats
//
// Nothing here tells who sent a mail: all of it is the sender's claim. HTML is as it came
// and has to be sanitised before it is shown.
//
// A winmail.dat, an encrypted mail and an S/MIME envelope are attachments, which aren't
// opened; signatures aren't verified. Text in uuencode, UTF-7 or with lines that end with
// a carriage return alone stays as it is. Text above 1 MB is cut, so the mail as it was
// received has to be kept.
//
// A signature that neither a rule ("-- "), nor a phone's line, nor a closing such as
// "Kind regards" announces stays, and so does a lawyers' notice without a rule above it.
// Words of thanks with a name below are kept, as they may be the whole answer. What
// somebody writes into the lines that Outlook quotes, which have no mark, is taken as
// quoted.
package mail
