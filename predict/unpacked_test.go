package predict

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestUnpackedLimit: what is packed small isn't read without end, be it in one file or in
// several, in many rows or in one that never ends.
func TestUnpackedLimit(t *testing.T) {
	t.Parallel()
	const most = 10_000
	half := strings.Repeat("where is my parcel,delivery\n", most/2/28)
	for name, c := range map[string]struct {
		files []string
		ok    bool
	}{
		"below":        {[]string{half, half}, true},
		"rows":         {[]string{half + half + half}, false},
		"files":        {[]string{half, half, half}, false},
		"one long row": {[]string{"\"" + strings.Repeat("x", most) + "\",a\n"}, false},
		"no end":       {[]string{"\"" + half + half + half}, false},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for i, text := range c.files {
			f, err := w.Create(strings.Repeat("a", i+1) + ".csv")
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		in := &rowReader{most: most}
		for _, f := range z.File {
			if err = in.packed(f); err != nil {
				break
			}
		}
		bad, large := errors.AsType[*FileError](err)
		if c.ok != (err == nil) || !c.ok && (!large || !strings.Contains(bad.Reason, "has more than")) || in.bytes > most+1 {
			t.Errorf("%s: %v after %d bytes", name, err, in.bytes)
		}
	}
}
