// Package faq keeps the articles with which a desk answers before anybody asks: apps
// have sections, sections have articles, and articles have a translation for each
// language, of which readers see what was published.
package faq
