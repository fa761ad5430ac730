package boltstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
)

// A file belongs to one process at a time.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "support.db")
	first, err := boltstore.Open(path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer first.Close()
	_, err = boltstore.Open(path, &boltstore.Options{Wait: 10 * time.Millisecond})
	fmt.Println(errors.Is(err, store.ErrInUse))
	// Output: true
}
