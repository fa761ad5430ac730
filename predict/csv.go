package predict

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of files of rows.
const (
	MaxCSV     = 1 << 30   // bytes of a file, or of all files of an archive unpacked
	MaxCSVRows = 2_000_000 // of a file, or of an archive
)

// FileError says what is wrong with a file of rows, and where.
type FileError struct {
	File   string // in the archive; "" where it is no archive
	Line   int    // where the row begins, from 1; 0: it is the file as a whole
	Reason string
}

func (e *FileError) Error() string {
	var at []string
	if e.File != "" {
		at = append(at, e.File)
	}
	if e.Line > 0 {
		at = append(at, fmt.Sprintf("line %d", e.Line))
	}
	if len(at) == 0 {
		return "the file " + e.Reason
	}
	return strings.Join(at, ", ") + ": " + e.Reason
}

// ReadCSV reads rows of a text and its label, as RFC 4180 says: a comma between them,
// quotes around what holds commas, quotes or ends of lines. It is UTF-8, with or without
// a byte order mark. The first row is a header if it names the columns text and label, in
// whatever order and case; further columns are allowed then, and one that is named group
// is [Row.Group]. Spaces around a label aren't part of it; an empty one is text that no
// label fits. Empty lines are passed over. A label with a control character, and what can't be
// read, or is above the limits, is a *FileError.
func ReadCSV(r io.Reader) ([]Row, error) {
	in := &rowReader{most: MaxCSV}
	if err := in.read(r, ""); err != nil {
		return nil, err
	}
	return in.rows, nil
}

// ReadRows reads a file of size bytes: CSV, as [ReadCSV] does, or a .zip archive of files
// whose names end in .csv, in the order of their names.
func ReadRows(r io.ReaderAt, size int64) ([]Row, error) {
	if size > MaxCSV {
		return nil, tooLarge("")
	}
	head := make([]byte, 4)
	if n, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	} else if !bytes.HasPrefix(head[:n], []byte("PK\x03\x04")) && !bytes.HasPrefix(head[:n], []byte("PK\x05\x06")) {
		return ReadCSV(io.NewSectionReader(r, 0, size))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &FileError{Reason: "is a damaged archive: " + err.Error()}
	}
	files := slices.DeleteFunc(slices.Clone(z.File), func(f *zip.File) bool {
		hidden := strings.HasPrefix(path.Base(f.Name), ".") || strings.HasPrefix(f.Name, "__MACOSX/")
		return hidden || !strings.EqualFold(path.Ext(f.Name), ".csv") || f.FileInfo().IsDir()
	})
	if len(files) == 0 {
		return nil, &FileError{Reason: "is an archive without any file whose name ends in .csv"}
	}
	slices.SortStableFunc(files, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	in := &rowReader{most: MaxCSV}
	for _, f := range files {
		if err := in.packed(f); err != nil {
			return nil, err
		}
	}
	return in.rows, nil
}

// rowReader gathers the rows of one or more files.
type rowReader struct {
	rows  []Row
	bytes int64 // that were read, unpacked
	most  int64 // that may be
}

func (in *rowReader) packed(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return &FileError{File: f.Name, Reason: "can't be unpacked: " + err.Error()}
	}
	defer r.Close()
	return in.read(r, f.Name)
}

func tooLarge(name string) error {
	return &FileError{File: name, Reason: fmt.Sprintf("has more than %d MB", MaxCSV>>20)}
}

// read adds the rows of a file.
func (in *rowReader) read(r io.Reader, name string) error {
	counted := &counter{r: io.LimitReader(r, in.most-in.bytes+1)}
	buffered := bufio.NewReader(counted)
	head, err := buffered.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return unreadable(name, err)
	}
	switch {
	case bytes.Equal(head, []byte("\xEF\xBB\xBF")):
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return &FileError{File: name, Line: 1, Reason: "it is UTF-16: save it as UTF-8"}
	}
	c := csv.NewReader(buffered)
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	err = in.records(c, name)
	in.bytes += counted.n
	if in.bytes > in.most { // what came of the rest, which wasn't read, doesn't matter
		return tooLarge(name)
	}
	return err
}

func (in *rowReader) records(c *csv.Reader, name string) error {
	layout := columns{text: 0, label: 1, group: -1, n: 2}
	for first := true; ; first = false {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(name, err)
		}
		line, _ := c.FieldPos(0)
		if first {
			if named, ok := header(record); ok {
				layout = named
				continue
			}
		}
		row, reason := layout.row(record)
		switch {
		case reason != "":
		case len(in.rows) == MaxCSVRows:
			reason = fmt.Sprintf("there are more than %d rows", MaxCSVRows)
		}
		if reason != "" {
			return &FileError{File: name, Line: line, Reason: reason}
		}
		in.rows = append(in.rows, row)
	}
}

// unreadable is the error of a file that isn't CSV, or of whoever reads it.
func unreadable(name string, err error) error {
	bad, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return err
	}
	reason := "isn't CSV: " + bad.Err.Error()
	switch {
	case errors.Is(bad.Err, csv.ErrQuote):
		reason = "a quoted text doesn't end before the next comma: quotes inside of it are doubled"
	case errors.Is(bad.Err, csv.ErrBareQuote):
		reason = "a text holds quotes, and isn't quoted itself"
	}
	return &FileError{File: name, Line: bad.StartLine, Reason: reason}
}

// columns say where a record has what.
type columns struct{ text, label, group, n int }

// header reads a record as the names of columns.
func header(record []string) (columns, bool) {
	at := func(name string) int {
		return slices.IndexFunc(record, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
	}
	c := columns{text: at("text"), label: at("label"), group: at("group"), n: len(record)}
	return c, c.text >= 0 && c.label >= 0
}

// row reads a record, or says what is wrong with it. The record's memory is the reader's.
func (c columns) row(record []string) (row Row, reason string) {
	if len(record) != c.n {
		return row, fmt.Sprintf("it has %d columns where there are %d: a text with commas has quotes around it", len(record), c.n)
	}
	row.Text, row.Label = strings.Clone(record[c.text]), strings.Clone(strings.TrimSpace(record[c.label]))
	if c.group >= 0 {
		row.Group = strings.Clone(record[c.group])
	}
	switch {
	case !utf8.ValidString(row.Text) || !utf8.ValidString(row.Label) || !utf8.ValidString(row.Group):
		return row, "it isn't UTF-8: save the file as that"
	case len(row.Label) > MaxLabel:
		return row, fmt.Sprintf("its label has more than %d bytes", MaxLabel)
	case strings.ContainsFunc(row.Label, unicode.IsControl):
		return row, fmt.Sprintf("its label holds a tab, the end of a line or the like: %.40q", row.Label)
	}
	return row, ""
}

// counter counts what was read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
