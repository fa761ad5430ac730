package frontdesk_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
)

// readme is the README's first screen. It isn't run, because it serves for ever.
func readme() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{Path: "support.db"})
	if err != nil {
		log.Fatal(err)
	}
	defer desk.Close()
	go desk.Run(ctx)

	http.Handle("/support/", http.StripPrefix("/support", desk.Handler()))
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`<h1>My shop</h1><script async src="/support/widget.js"></script>`))
	})
	log.Fatal(http.ListenAndServe("localhost:8080", nil))
}

// What the README shows is compiled: it is the function above.
func TestReadmeIsTrue(t *testing.T) {
	t.Parallel()
	_ = readme
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "```go\n")
	block, _, closed := strings.Cut(block, "```")
	if !ok || !closed {
		t.Fatal("the README shows no Go")
	}
	body := "\t" + strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n\t")
	if !strings.Contains(string(source), strings.ReplaceAll(body, "\n\t\n", "\n\n")) {
		t.Errorf("the README's code isn't that of readme_test.go:\n%s", body)
	}
	for _, command := range []string{"go run ./examples/webchat", "go test ./..."} {
		if !strings.Contains(string(text), command) {
			t.Errorf("the README doesn't say %q", command)
		}
	}
}
