// Package language tells in which language a message is written, and says so only
// when it is sure.
//
//	detector, err := language.New()
//	tag, confidence := detector.Detect("Ich habe mein Paket nicht bekommen")
//
// Scripts that one language has for itself decide alone. Among languages that share
// a script, n-grams do: how often up to five letters in a row, edges of words
// included, are met in each of them. Addresses, numbers and what isn't made of
// letters is left out first.
//
// # Unknown
//
// "" is the answer for a text that is too short, that is made of two languages or
// scripts, that is as likely to be in one language as in another, or whose letters
// look like no language that is known here: names, codes, a pressed keyboard. A
// wrong language costs more than none, because the ticket has others to fall back
// on.
//
// # Cost
//
// A detector takes some 30 ms to make and 4 MB of memory, and adds 2.4 MB to a program.
// A message of 100 characters takes about 30 µs.
//
// # Caveats
//
// Serbian is known in Cyrillic letters only; in Latin letters it is taken for hr, and
// so is Bosnian. Norwegian is nb or nn. Indonesian and Malay, Danish and Norwegian are
// so close that short texts are unknown more often than in other languages, and a text
// in a language that isn't known here is now and then taken for its neighbour: Galician
// for Portuguese, Xhosa for Zulu. Han letters with neither kana nor
// a form of their own in one of the two Chinese ways of writing are Chinese, which
// a Japanese title of a few words may be, too; it is unknown then.
//
// tables.bin comes from internal/table/maketables, which says what it is made of and under
// which licence; internal/langeval measures how often the answer is right.
package language
