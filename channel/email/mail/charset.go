package mail

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// decodeCharset makes UTF-8 of a text in the character set that is named, or in the one
// that it looks like where the name is wrong or missing; then it says so.
func decodeCharset(name string, b []byte) (text, problem string) {
	name = strings.ToLower(strings.Trim(name, ` "'`))
	if seven(b) {
		// Most text is; only these sets give it another meaning.
		if escapes := bytes.IndexByte(b, 0x1b) >= 0; !escapes && name != "utf-7" && name != "hz-gb-2312" && !strings.HasPrefix(name, "utf-16") {
			return string(b), ""
		}
		if name == "" || name == "us-ascii" || name == "utf-8" {
			if bytes.Contains(b, []byte("\x1b$")) || bytes.Contains(b, []byte("\x1b(")) {
				return decode(japanese.ISO2022JP, b), ""
			}
			return string(b), ""
		}
	}
	if utf8.Valid(b) && !strings.HasPrefix(name, "iso-2022") && !strings.HasPrefix(name, "utf-16") && name != "hz-gb-2312" {
		// Hardly any text of another set is UTF-8 by chance.
		if name != "" && name != "utf-8" && name != "utf8" {
			problem = "text that is UTF-8 and says that it is " + short(name)
		}
		return strings.TrimPrefix(string(b), "\uFEFF"), problem
	}
	enc := lookup(name)
	if enc == nil || name == "utf-8" || name == "utf8" || name == "us-ascii" || name == "ascii" {
		guessed, what := guess(b)
		if name == "" {
			return decode(guessed, b), "no character set, taken as " + what
		}
		return decode(guessed, b), "text that isn't " + short(name) + ", taken as " + what
	}
	text = decode(enc, b)
	if strings.ContainsRune(text, utf8.RuneError) {
		problem = "text with characters that " + short(name) + " hasn't"
	}
	return text, problem
}

func short(name string) string { return strings.ToValidUTF8(name[:min(len(name), 40)], "") }

func seven(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func decode(e encoding.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// lookup finds a set by its name, nil if it isn't known. Programs mean the supersets
// where they name GB 2312, ISO 8859-1 or KS C 5601, as browsers read these.
func lookup(name string) encoding.Encoding {
	switch {
	case name == "":
		return nil
	case name == "gb2312" || name == "gbk" || name == "cp936":
		return simplifiedchinese.GB18030
	case strings.HasPrefix(name, "iso-2022-jp"):
		return japanese.ISO2022JP
	}
	if e, err := htmlindex.Get(name); err == nil {
		if e == encoding.Replacement {
			return nil
		}
		return e
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e
	}
	if n, ok := strings.CutPrefix(name, "cp"); ok {
		if e, err := htmlindex.Get("windows-" + n); err == nil {
			return e
		}
	}
	return nil
}

// guessed is how much of a text is looked at to guess its set.
const guessed = 8 << 10

// guess says which set 8-bit text that isn't UTF-8 is in, by what it would say in each:
// a text in one language has mostly letters of one script.
func guess(b []byte) (encoding.Encoding, string) {
	if len(b) > guessed {
		b = b[:guessed]
	}
	for _, c := range []struct {
		name   string
		enc    encoding.Encoding
		common func(r rune) bool
		share  float64 // of the characters that aren't ASCII
		single bool    // a byte a letter, as in Western sets
	}{
		{"Shift_JIS", japanese.ShiftJIS, kana, 0.3, false},
		{"EUC-JP", japanese.EUCJP, kana, 0.3, false},
		{"EUC-KR", korean.EUCKR, hangul, 0.8, false},
		{"windows-1251", charmap.Windows1251, russian, 0.85, true},
		{"KOI8-R", charmap.KOI8R, russian, 0.85, true},
	} {
		if share(c.enc, b, c.common) >= c.share && (!c.single || foreignWords(b)) {
			return c.enc, c.name
		}
	}
	// Western text has single letters beyond ASCII among many others.
	if paired(b) {
		if levelOne(b) {
			return simplifiedchinese.GB18030, "GB 18030"
		}
		if share(traditionalchinese.Big5, b, han) > 0.7 {
			return traditionalchinese.Big5, "Big5"
		}
	}
	return charmap.Windows1252, "windows-1252"
}

// share is how much of what isn't ASCII is common in a set; 0 if the text isn't in it.
func share(e encoding.Encoding, b []byte, common func(rune) bool) float64 {
	text := decode(e, b)
	if len(b) == guessed {
		text = strings.TrimRight(text, "\uFFFD") // cut within a character
	}
	yes, all := 0, 0
	for _, r := range text {
		switch {
		case r == utf8.RuneError:
			return 0
		case r < 0x80:
			continue
		case common(r):
			yes++
		}
		all++
	}
	if all == 0 {
		return 0
	}
	return float64(yes) / float64(all)
}

// kana leaves out those of half width, which other sets' letters look like.
func kana(r rune) bool { return r >= 0x3041 && r <= 0x30ff }

func hangul(r rune) bool { return unicode.Is(unicode.Hangul, r) }

func han(r rune) bool { return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 }

// russian is the letters of small size: capitals alone are what the other Cyrillic set
// makes of them.
func russian(r rune) bool { return r >= 'а' && r <= 'я' || r == 'ё' || r == 'і' || r == 'ї' }

// foreignWords says whether the bytes beyond ASCII are words of their own, and not
// letters of words in Latin.
func foreignWords(b []byte) bool {
	high, runs, mixed := 0, 0, 0
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		high++
		if i == 0 || b[i-1] < 0x80 {
			runs++
		}
		if i > 0 && latin(b[i-1]) || i+1 < len(b) && latin(b[i+1]) {
			mixed++
		}
	}
	return 2*high >= 5*runs && 5*mixed <= high
}

func latin(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// paired says whether there are so many bytes beyond ASCII that a text hasn't a byte a
// letter, in a Western language.
func paired(b []byte) bool {
	high, all := 0, 0
	for _, c := range b {
		if c > ' ' {
			all++
		}
		if c >= 0x80 {
			high++
		}
	}
	return high >= 6 && high*10 >= all*3 // a short word may have two of them by chance
}

// levelOne says whether pairs are the characters of GB 2312 that are used most.
func levelOne(b []byte) bool {
	yes, all := 0, 0
	for i := 0; i+1 < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		all++
		if b[i+1] >= 0xa1 && (b[i] >= 0xb0 && b[i] <= 0xd7 || b[i] == 0xa3 || b[i] == 0xa1) {
			yes++
		}
		i++
	}
	return all > 0 && yes*10 >= all*8
}
