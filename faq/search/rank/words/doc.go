// Package words takes texts apart into the words that a search compares, in any
// language.
//
//	l := words.For("de-AT")
//	for _, t := range l.Tokens("Wie ändere ich mein Passwort?") {
//		fmt.Println(t.Term, t.Start, t.End)
//	}
//
// How a run of letters is taken apart follows its script, and the language where a
// script serves several. Words between spaces are put in lower case, cut to their stem
// as their language has it, and lose their accents. Japanese is taken apart by a
// dictionary (kagome with IPA), which gives base forms and drops particles and
// punctuation. Chinese and Korean become pairs of letters, with single ones for Chinese;
// Thai, Lao, Khmer and Burmese become pairs and triples of what is written over one
// another. No word is dropped for being frequent: what, how and when tell questions
// apart.
//
// # Caveats
//
// The Japanese dictionary is read when the first Japanese text is: that takes half a
// second and 150 MB, once in a process. A process without Japanese texts pays nothing.
package words
