package language

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"fmt"
	"io"
)

// hanFile has a byte for each letter of the block of unified ideographs: which of
// the national character sets have it.
//
//go:embed han.bin
var hanFile []byte

// The character sets, each of which has what its country writes with.
const (
	inSimplified  = 1 << iota // GB 2312
	inTraditional             // Big5, first level
	inJapanese                // JIS X 0208
)

const firstHan, lastHan = '\u4e00', '\u9fff'

// han tells the languages apart that are written with Han letters.
type han []byte

func newHan() (han, error) {
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(hanFile)))
	if err != nil || len(b) != lastHan-firstHan+1 {
		return nil, fmt.Errorf("table of Han letters: %d bytes: %w", len(b), err)
	}
	return b, nil
}

// chinese are letters that Chinese can't do without, and Japanese does.
var chinese = map[rune]bool{'的': true, '了': true, '是': true, '我': true, '你': true, '您': true, '们': true, '們': true, '这': true,
	'這': true, '吗': true, '嗎': true, '在': true, '他': true, '她': true, '没': true, '沒': true, '么': true, '麼': true, '请': true, '請': true}

// which tells Japanese, which can't do without kana, from the two ways of writing
// Chinese.
func (h han) which(t *text) (string, float64) {
	kana, letters := t.letters[scriptKana], t.letters[scriptHan]
	if kana+letters < minCharacters {
		return "", 0
	}
	if kana*8 >= letters && kana >= 2 {
		return t.sure("ja")
	}
	var simplified, traditional, japanese, sure int
	for _, word := range t.words[scriptHan] {
		for _, r := range word {
			if chinese[r] {
				sure++
			}
			if r < firstHan || r > lastHan {
				continue
			}
			in := h[r-firstHan]
			simplified += int(in & inSimplified)
			traditional += int(in & inTraditional >> 1)
			japanese += int(in & inJapanese >> 2)
		}
	}
	switch {
	case kana > 0 && kana*20 >= letters, sure == 0 && japanese >= max(simplified, traditional):
		return "", 0 // a Japanese title, or a Chinese one
	case simplified > traditional:
		return t.sure("zh-Hans")
	case traditional > simplified:
		return t.sure("zh-Hant")
	}
	return t.sure("zh")
}
