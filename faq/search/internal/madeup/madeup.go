// Package madeup writes texts for benchmarks: words that nobody speaks, as frequent as
// the words of a language are, and spelled so that as few of them are alike.
package madeup

import (
	"math/rand/v2"
	"strings"
)

const (
	vocabulary = 40_000
	consonants = "bdfgklmnprstvz"
	vowels     = "aeiou"
	syllables  = len(consonants) * len(vowels)
)

// Prose is n words.
func Prose(r *rand.Rand, n int) string {
	zipf := rand.NewZipf(r, 1.1, 5, vocabulary)
	words := make([]string, n)
	for i := range words {
		words[i] = word(zipf.Uint64())
	}
	return strings.Join(words, " ")
}

// word is one of the vocabulary; the frequent ones aren't alike either.
func word(number uint64) string {
	const prime = 2654435761
	n := int(number * prime % uint64(syllables*syllables*syllables))
	var b strings.Builder
	for range 3 {
		b.WriteByte(consonants[n%len(consonants)])
		n /= len(consonants)
		b.WriteByte(vowels[n%len(vowels)])
		n /= len(vowels)
	}
	b.WriteByte(consonants[number%uint64(len(consonants))])
	return b.String()
}

// Typed is a text with its last letter not yet typed.
func Typed(text string) string { return text[:max(len(text)-1, 1)] }

// Article is a title and a body.
type Article struct{ Title, Body string }

// Library is n articles with titles of 8 words and bodies of 100, the same each time.
func Library(n int) []Article {
	r := rand.New(rand.NewPCG(1, 2))
	as := make([]Article, n)
	for i := range as {
		as[i] = Article{Prose(r, 8), Prose(r, 100)}
	}
	return as
}

// Asked gives what people type, one after the other, the same each time.
func Asked(words int, typing bool) func() string {
	r := rand.New(rand.NewPCG(3, 4))
	return func() string {
		if typing {
			return Typed(Prose(r, words))
		}
		return Prose(r, words)
	}
}
