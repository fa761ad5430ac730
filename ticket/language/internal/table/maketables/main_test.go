package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The tables that are in the repository are those that the program makes. It needs
// the models: LANGUAGE_MODELS is their directory.
func TestTablesAreThoseOfTheModels(t *testing.T) {
	models := os.Getenv("LANGUAGE_MODELS")
	if models == "" {
		t.Skip("LANGUAGE_MODELS isn't set")
	}
	dir := t.TempDir()
	if err := run(models, filepath.Join(dir, "tables.bin"), 6000); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tables.bin", "han.bin"} {
		made, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(filepath.Join("..", "..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, kept) {
			t.Errorf("%s differs", name)
		}
	}
}
