package predict_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
)

func ExampleReadCSV() {
	rows, err := predict.ReadCSV(strings.NewReader("text,label\n\"Hello, where is it?\",parcel\nnice weather,\n"))
	fmt.Printf("%q %v\n", rows[0], err)
	// Output: {"Hello, where is it?" "parcel" ""} <nil>
}

func TestReadCSV(t *testing.T) {
	want := []predict.Row{{Text: "where is it", Label: "parcel"}, {Text: "a, \"b\"\nc", Label: ""}}
	for name, file := range map[string]string{
		"plain":          "where is it,parcel\n\"a, \"\"b\"\"\nc\",\n",
		"header":         "text,label\nwhere is it,parcel\n\"a, \"\"b\"\"\nc\",",
		"mark":           "\xEF\xBB\xBFtext,label\r\nwhere is it,parcel\r\n\"a, \"\"b\"\"\r\nc\",\r\n",
		"mark, no head":  "\xEF\xBB\xBFwhere is it,parcel\n\n\n\"a, \"\"b\"\"\nc\",\n",
		"turned round":   "Label, TEXT \nparcel,where is it\n,\"a, \"\"b\"\"\nc\"\n",
		"spaces":         "text, label\nwhere is it, parcel \n\"a, \"\"b\"\"\nc\", \n",
		"further column": "id,text,label\n1,where is it,parcel\n2,\"a, \"\"b\"\"\nc\",\n",
	} {
		if rows, err := predict.ReadCSV(strings.NewReader(file)); err != nil || !slices.Equal(rows, want) {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
	}
	grouped, err := predict.ReadCSV(strings.NewReader("text,label,group\nx,y,eve\n"))
	if err != nil || grouped[0].Group != "eve" {
		t.Errorf("%q, %v", grouped, err)
	}
	for _, file := range []string{"", "\xEF\xBB\xBF", "text,label", "\n\n"} {
		if rows, err := predict.ReadCSV(strings.NewReader(file)); err != nil || len(rows) != 0 {
			t.Errorf("%q: %q, %v", file, rows, err)
		}
	}
}

func TestReadCSVSaysWhere(t *testing.T) {
	for _, c := range []struct {
		file string
		line int
		says string
	}{
		{"text,label\na,b\nc\n", 3, "1 columns where there are 2"},
		{"a,b\nc,d,e\n", 2, "3 columns"},
		{"a,b\n\"c\nd\" x,e\n", 2, "doesn't end"},
		{"a,b\nc \"d\",e\n", 2, "isn't quoted itself"},
		{"a,b\n\"c,d\n", 2, "doesn't end"},
		{"\"a\nb\",c\n\xff,d\n", 3, "UTF-8"},
		{"a,\xe9t\xe9\n", 1, "UTF-8"},
		{"\xFF\xFEt\x00", 1, "UTF-16"},
		{"a," + strings.Repeat("x", predict.MaxLabel+1), 1, "250 bytes"},
		{"a,b\nc,\"d\te\"\n", 2, "a tab"},
		{"a,b\n\"c\nc\",d\ne,\"f\ng\"\n", 4, "end of a line"},
		{"text;label\na;b", 1, "1 columns"},
	} {
		_, err := predict.ReadCSV(strings.NewReader(c.file))
		bad, ok := errors.AsType[*predict.FileError](err)
		if !ok || bad.Line != c.line || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.40q: %v", c.file, err)
		}
	}
	if _, err := predict.ReadCSV(strings.NewReader("a," + strings.Repeat("x", predict.MaxLabel))); err != nil {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := predict.ReadCSV(io.MultiReader(strings.NewReader("a,b\n"), errorReader{broken})); !errors.Is(err, broken) {
		t.Errorf("a reader's own error: %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// endless is a file of equal rows.
type endless struct {
	row  string
	left int
	part string
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if e.part == "" {
			if e.left == 0 {
				return n, io.EOF
			}
			e.part, e.left = e.row, e.left-1
		}
		k := copy(p[n:], e.part)
		n, e.part = n+k, e.part[k:]
	}
	return n, nil
}

func TestReadCSVLimits(t *testing.T) {
	_, err := predict.ReadCSV(&endless{row: ",\n", left: predict.MaxCSVRows + 1})
	if bad, ok := errors.AsType[*predict.FileError](err); !ok || bad.Line != predict.MaxCSVRows+1 {
		t.Errorf("above the limit: %v", err)
	}
	if _, err := predict.ReadRows(bytes.NewReader(nil), predict.MaxCSV+1); err == nil || !strings.Contains(err.Error(), "1024 MB") {
		t.Errorf("a large file: %v", err)
	}
}

func archive(t *testing.T, files ...string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func TestReadRows(t *testing.T) {
	z := archive(t, "b.csv", "text,label\nx,y\n", "a.CSV", "1,2\n", "notes.txt", "…", "__MACOSX/._a.csv", "\x00", "dir/.c.csv", "\"")
	rows, err := predict.ReadRows(z, z.Size())
	if err != nil || !slices.Equal(rows, []predict.Row{{Text: "1", Label: "2"}, {Text: "x", Label: "y"}}) {
		t.Errorf("%q, %v", rows, err)
	}
	plain := strings.NewReader("a,b")
	if rows, err := predict.ReadRows(plain, plain.Size()); err != nil || len(rows) != 1 {
		t.Errorf("%q, %v", rows, err)
	}
	bad := archive(t, "a.csv", "a,b\n", "b.csv", "a,b\nc\n")
	if _, err := predict.ReadRows(bad, bad.Size()); err == nil || !strings.HasPrefix(err.Error(), "b.csv, line 2: ") {
		t.Errorf("%v", err)
	}
	for name, file := range map[string]*bytes.Reader{"without": archive(t, "a.txt", ""), "empty": archive(t), "damaged": bytes.NewReader([]byte("PK\x03\x04 and so on"))} {
		if _, err := predict.ReadRows(file, file.Size()); err == nil || !strings.Contains(err.Error(), "archive") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is read is what encoding/csv writes, and nothing panics.
func FuzzReadCSV(f *testing.F) {
	for _, s := range []string{"text,label\na,b\n", "\"a\nb\",\n", "\xEF\xBB\xBFa,b", "a;b", "label,group,text\n1,2,3", "\"", "PK\x03\x04"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = predict.ReadRows(bytes.NewReader(b), int64(len(b)))
		rows, err := predict.ReadCSV(bytes.NewReader(b))
		if err != nil {
			if len(rows) > 0 {
				t.Error("rows and an error")
			}
			return
		}
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		_ = w.Write([]string{"text", "label", "group"})
		for _, r := range rows {
			_ = w.Write([]string{r.Text, r.Label, r.Group})
		}
		w.Flush()
		again, err := predict.ReadCSV(&out)
		if err != nil || !slices.Equal(again, rows) {
			t.Errorf("%q, then %q, %v", rows, again, err)
		}
	})
}
