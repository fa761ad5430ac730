package mail

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// maxWord is how long a word in an encoding is at most; RFC 2047 says 75, and programs
// don't keep to it.
const maxWord = 2000

// decodeWords reads the words in an encoding (RFC 2047) that are in a text. Those that
// follow each other in one character set are put together before that is read, as many
// programs break them within a character.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var b strings.Builder
	var raw []byte
	charset := ""
	flush := func() {
		if len(raw) > 0 {
			text, _ := decodeCharset(charset, raw)
			b.WriteString(text)
			raw = raw[:0]
		}
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		set, word, length, ok := encodedWord(s[i:])
		if !ok {
			flush()
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		if between := s[:i]; strings.TrimSpace(between) != "" || len(raw) == 0 {
			flush()
			b.WriteString(between)
		}
		if !strings.EqualFold(set, charset) {
			flush()
		}
		charset, raw = set, append(raw, word...)
		s = s[i+length:]
	}
	flush()
	b.WriteString(s)
	return oneLine(b.String())
}

// encodedWord reads the word that s begins with.
func encodedWord(s string) (charset string, raw []byte, length int, ok bool) {
	if len(s) > maxWord {
		s = s[:maxWord]
	}
	parts := strings.SplitN(s[2:], "?", 3)
	if len(parts) < 3 || len(parts[1]) != 1 || len(parts[0]) > 60 {
		return "", nil, 0, false
	}
	text, _, ok := strings.Cut(parts[2], "?=")
	if !ok {
		return "", nil, 0, false
	}
	length = 2 + len(parts[0]) + 3 + len(text) + 2
	charset, _, _ = strings.Cut(parts[0], "*") // RFC 2231 may add a language
	switch parts[1] {
	case "b", "B":
		raw = decodeBase64(text)
	case "q", "Q":
		raw = decodeQ(text)
	default:
		return "", nil, 0, false
	}
	return charset, raw, length, true
}

func decodeBase64(s string) []byte {
	s = strings.TrimRight(strings.Join(strings.Fields(s), ""), "=")
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err == nil {
		return raw
	}
	d := base64Decoder{do: func(b []byte) error { raw = append(raw, b...); return nil }}
	raw = nil
	_, _ = d.write([]byte(s)), d.close()
	return raw
}

func decodeQ(s string) []byte {
	raw := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			raw = append(raw, ' ')
		case c == '=' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0:
			raw = append(raw, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
		default:
			raw = append(raw, c)
		}
	}
	return raw
}

// oneLine is a text without the ends of lines that an encoding has hidden.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n\x00") {
		s = lineEnds.Replace(s)
	}
	return strings.TrimSpace(s)
}

var lineEnds = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\x00", "")

const maxParams = 100

// parseParams reads a value with parameters, such as a Content-Type, with those that are
// broken into pieces or in a character set (RFC 2231), and what is wrong left out. The
// first of two counts.
func parseParams(s string) (value string, params map[string]string) {
	fields := splitOutside(s, ';', maxParams)
	params = map[string]string{}
	pieces := map[string][]string{}
	for i, f := range fields {
		if i == 0 {
			value = strings.ToLower(strings.TrimSpace(f))
			value, _, _ = strings.Cut(value, " ")
			continue
		}
		k, v, ok := strings.Cut(f, "=")
		k = strings.ToLower(strings.TrimSpace(k))
		if !ok || k == "" {
			continue
		}
		name, _, piece := strings.Cut(k, "*")
		v = unquote(v)
		switch {
		case piece:
			pieces[name] = append(pieces[name], k+"="+v)
		case params[k] == "":
			params[k] = v
		}
	}
	for name, list := range pieces {
		if v := together(name, list); v != "" {
			params[name] = v
		}
	}
	return value, params
}

// together puts the pieces of a parameter together by their numbers.
func together(name string, list []string) string {
	byNumber, encoded := map[int]string{}, map[int]bool{}
	for _, kv := range list {
		k, v, _ := strings.Cut(kv, "=")
		number := strings.TrimPrefix(k, name+"*")
		number, enc := strings.CutSuffix(number, "*")
		n := 0
		if number == "" {
			enc = true
		} else if i, err := strconv.Atoi(number); err == nil && i >= 0 && i <= maxParams {
			n = i
		} else {
			continue
		}
		byNumber[n], encoded[n] = v, enc
	}
	charset := ""
	var raw []byte
	for n := range len(byNumber) {
		v := byNumber[n]
		if encoded[n] {
			if n == 0 {
				if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
					charset, v = parts[0], parts[2]
				}
			}
			if u, err := url.PathUnescape(v); err == nil {
				v = u
			}
		}
		raw = append(raw, v...)
	}
	text, _ := decodeCharset(charset, raw)
	return text
}

// unquote is a text without the quotation marks around it, or the one before it.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, `"`) {
		return strings.Trim(s, "'")
	}
	s = strings.TrimSuffix(s[1:], `"`)
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitOutside splits at a sign where it is outside quotation marks, brackets and
// comments, into so many at most.
func splitOutside(s string, sign byte, most int) (parts []string) {
	start, quoted, depth, angle := 0, false, 0, false
	for i := 0; i < len(s) && len(parts) < most; i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == sign && !angle:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
