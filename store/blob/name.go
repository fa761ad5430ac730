package blob

import (
	"path"
	"strings"
	"unicode"
)

// Inline says whether a browser may show content of this type as part of the
// host's own pages: raster images only. Everything else, SVG and PDF included,
// can carry script and has to be downloaded.
func Inline(mimeType string) bool {
	mimeType, _, _ = strings.Cut(mimeType, ";")
	switch strings.ToLower(strings.TrimSpace(mimeType)) {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif":
		return true
	}
	return false
}

// maxName is the length of a name in characters, as of most file systems.
const maxName = 255

// maxExt is how long an extension may be to be kept when a name is cut.
const maxExt = 16

// CleanName turns the name that a client gave to a file into one that is safe to
// show and to save under: the last element of a path, without separators,
// control characters and marks that change the direction of text (which make
// "gpj.exe" read "exe.jpg"), at most 255 characters of valid UTF-8. What is cut
// keeps its extension. Nothing left, "." and ".." give "file".
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = strings.TrimRight(name, `/\`)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(harmless, name))
	if runes := []rune(name); len(runes) > maxName {
		ext := []rune(path.Ext(name))
		if len(ext) > maxExt {
			ext = nil
		}
		name = strings.TrimSpace(string(runes[:maxName-len(ext)]) + string(ext))
	}
	if name == "" || name == "." || name == ".." {
		return "file"
	}
	return name
}

// harmless drops a character by returning -1.
func harmless(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return -1
	}
	return r
}
