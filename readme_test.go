package frontdesk_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// readme is the README's first screen. It isn't run, because it serves for ever.
func readme(ctx context.Context) error {
	desk, err := frontdesk.Open(ctx, frontdesk.Config{Path: "support.db"})
	if err != nil {
		return err
	}
	defer desk.Close()
	go func() { log.Print(desk.Run(ctx)) }() // all background work

	mux := http.NewServeMux()
	mux.Handle("/support/", http.StripPrefix("/support", desk.Handler()))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<h1>My shop</h1><script async src="/support/widget.js"></script>`)
	})
	server := &http.Server{Addr: "localhost:8080", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// postgres is how the README opens a desk in a database.
func postgres(ctx context.Context) error {
	pool, err := pgstore.Connect(ctx, "postgres://user:password@host/shop")
	if err != nil {
		return err
	}
	desk, err := frontdesk.Open(ctx, frontdesk.Config{Store: pgstore.New(pool, nil)})
	if err != nil {
		return err
	}
	return desk.Close()
}

// What the README shows is compiled: it is the functions above.
func TestReadmeIsTrue(t *testing.T) {
	t.Parallel()
	_, _ = readme, postgres
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the README shows no Go")
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		body := "\t" + strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n\t")
		if !strings.Contains(string(source), strings.ReplaceAll(body, "\n\t\n", "\n\n")) {
			t.Errorf("the README's code isn't that of readme_test.go:\n%s", body)
		}
	}
	for _, command := range []string{"go run ./examples/webchat", "go test ./..."} {
		if !strings.Contains(string(text), command) {
			t.Errorf("the README doesn't say %q", command)
		}
	}
}
