// Package mask takes payment card numbers, and whatever else a pattern finds, out
// of texts and out of HTML.
//
//	text, n := mask.Cards().Text("my card is 4111 1111 1111 1111")
//	// my card is •••• •••• •••• 1111
//
// # Cards
//
// A card number has 13 to 19 digits that pass Luhn's check and don't begin with 0;
// between groups of digits there may be spaces or dashes, three at most. Digits may
// be full-width or Arabic ones. A number inside a longer row of digits is none. All
// digits but the last four become bullets, one for one, so that a text stays as many
// characters long, and limits that it kept are kept.
//
// # Caveats
//
// Of other numbers of that length one in ten passes the check by chance, and all
// numbers of telephones' hardware (IMEI) do.
//
// Masking twice is masking once.
package mask
