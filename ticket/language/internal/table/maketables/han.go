package main

import (
	"bytes"
	"compress/flate"
	"os"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// writeHan writes which Han letters are in which national character set. Of Big5
// the first level counts, which has the letters that are in use.
func writeHan(name string) error {
	sets := []struct {
		encoder *encoding.Encoder
		has     func([]byte) bool
	}{
		{simplifiedchinese.HZGB2312.NewEncoder(), func([]byte) bool { return true }},
		{traditionalchinese.Big5.NewEncoder(), func(b []byte) bool { return len(b) == 2 && b[0] >= 0xa4 && b[0] <= 0xc6 }},
		{japanese.ISO2022JP.NewEncoder(), func([]byte) bool { return true }},
	}
	var table []byte
	for r := '\u4e00'; r <= '\u9fff'; r++ {
		var in byte
		for i, s := range sets {
			s.encoder.Reset()
			if b, err := s.encoder.Bytes([]byte(string(r))); err == nil && s.has(b) {
				in |= 1 << i
			}
		}
		table = append(table, in)
	}
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(table); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
