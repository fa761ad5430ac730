// Package mail tells what of a mail its sender wrote.
//
// [Visible] splits the text of a reply from the message that it quotes and from a
// signature, by the forms of many mail programs in some forty languages. It keeps text
// where it isn't sure.
//
// # Caveats
//
// A signature that neither a rule ("-- "), nor a phone's line, nor a closing such as
// "Kind regards" announces stays, and so does a lawyers' notice without a rule above it.
// Words of thanks with a name below are kept, as they may be the whole answer.
package mail
