// Package predict learns from texts and their labels which label a new text should get,
// and how sure one can be of it. It needs no model that was trained elsewhere, and
// imports nothing but the standard library.
//
//	model, trial, err := predict.Train(ctx, rows, nil)
//	p := model.Predict("where is my parcel?")
//	p.Label             // "delivery", or "" if the model abstains
//	p.Best.Confidence   // 0.93: of labels given with it, 93 in 100 are right
//
// # How it works
//
// A text is taken apart into words, pairs of words and pieces of words; where a script
// has no spaces, as Japanese and Chinese, into pieces of one to three characters, marks included. Scripts
// are told by their characters, so that no language has to be named. A linear support
// vector machine for each label scores the text, and small networks of one hidden layer:
// one of all of that, one of words, pairs and words two apart, one of pieces of words (where
// rows are few), and one whose units see a word at a time, and take from the word that moves
// them most. Where rows aren't many, what is said in the same surroundings begins alike in
// them. Networks learn each row twice: as it is, and as it would mislead them most; of many rows, those
// that they are sure of rest every other round. How much
// each learner counts is what fits rows best that they haven't seen, of which a few may be labelled wrong. The names of
// labels are learned from, too. ACCURACY.md says what each part brings.
//
// # How sure it is
//
// [Train] deals the rows into parts and judges each by a model that hasn't seen it. From
// that comes what scores mean as probabilities, and the [Trial] that it returns: the
// accuracy to be expected, and which rows look mislabelled, can be told from it.
//
// A label is given from a threshold on ([Model.WithThreshold]); otherwise the model
// abstains, which texts that are about something else should make it do.
//
// # What a model holds
//
// No text: neither rows nor words of them. A feature is a number of 22 bits that is
// counted from the text and the seed; known is about how rare it was and what it says for
// which label. Somebody who has the file can count the number of a word that he guesses, and
// see whether the model knows it or another of the same number; he can't read words from
// it. The words that [Model.Explain] names are those of the text that it is given.
//
// # Caveats
//
// The same rows in the same order, with the same seed, give the same file on any number
// of processors of one kind. Training takes memory for all rows at once. Of texts above
// [MaxText] characters the rest isn't read.
package predict
