package search

import (
	"fmt"
	"slices"
)

// Kept is the position of the log that the files hold.
func (x *Index) Kept() (int64, error) {
	m, err := x.progress()
	if err != nil || m == nil {
		return 0, err
	}
	return m.kept, nil
}

// Dump returns all that the files hold.
func (x *Index) Dump() (entries []string, err error) {
	if err := x.open(); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	r, err := x.files.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	ids, err := r.DocIDReaderAll()
	if err != nil {
		return nil, err
	}
	defer ids.Close()
	for id, err := ids.Next(); id != nil || err != nil; id, err = ids.Next() {
		if err != nil {
			return nil, err
		}
		key, value, err := holds(r, id)
		if err != nil {
			return nil, err
		}
		entries = append(entries, fmt.Sprintf("%s %q", key, value))
	}
	slices.Sort(entries)
	return entries, nil
}

// WriteForm makes the index one of another version.
func (x *Index) WriteForm(form string) error {
	return x.files.SetInternal([]byte("form"), []byte(form))
}

// Files is where the files are in the directory, Marker the file that makes a directory
// one of an index.
const (
	Files  = "files"
	Marker = marker
)
