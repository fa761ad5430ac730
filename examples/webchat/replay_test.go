package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// secretOf reads what the running example shares with its desk.
func (s *server) secretOf() string {
	s.t.Helper()
	secret, err := shopSecret(filepath.Dir(s.file))
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// conversations opens the desk of a server that has ended, and returns the tickets
// in order of number, each as its lines.
func (s *server) conversations() (all [][]string) {
	s.t.Helper()
	config := frontdesk.Config{Path: s.file}
	if s.postgres != "" {
		pool, err := pgstore.Connect(s.t.Context(), s.postgres)
		if err != nil {
			s.t.Fatal(err)
		}
		defer pool.Close()
		config = frontdesk.Config{Store: pgstore.New(pool, nil)}
	}
	desk, err := frontdesk.Open(s.t.Context(), config)
	if err != nil {
		s.t.Fatal(err)
	}
	defer desk.Close()
	ctx, host := s.t.Context(), event.Actor{Kind: event.System}
	if _, err := desk.Drain(ctx); err != nil {
		s.t.Fatal(err)
	}
	byNumber := map[int64][]string{}
	var most int64
	for after := ""; ; {
		page, next, err := desk.Tickets.List(ctx, host, ticket.Filter{}, after, 200)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, t := range page {
			ms, more, err := desk.Tickets.Messages(ctx, host, t.ID, 0, 0, 200)
			if err != nil || more {
				s.t.Fatal(err, more)
			}
			for _, m := range ms {
				byNumber[t.Number] = append(byNumber[t.Number], m.Text)
			}
			most = max(most, t.Number)
		}
		if after = next; after == "" {
			break
		}
	}
	for n := range most + 1 {
		if lines := byNumber[n]; lines != nil {
			all = append(all, lines)
		}
	}
	return all
}

// fixture writes a CSV file.
func fixture(t *testing.T, name string, rows ...[]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	if err := errors.Join(w.WriteAll(rows), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// killedReplay replays a file: each time the server is killed and started again
// some rows further on, and the replay dies a little later. Then it is replayed
// twice in peace.
func killedReplay(t *testing.T, s *server, file string, kills, every int) {
	t.Helper()
	s.start("-replay", fixture(t, "none.csv", []string{"text"})) // no samples
	secret := s.secretOf()
	for i := range kills {
		ctx, cancel := context.WithCancel(t.Context())
		arrived, ended := make(chan int), make(chan error, 1)
		tell := func(rows int) {
			select {
			case arrived <- rows:
			case <-ctx.Done():
			}
		}
		go func() { ended <- replay(ctx, s.base()+"/support", secret, file, tell) }()
		until := func(rows int) {
			for {
				select {
				case n := <-arrived:
					if n >= rows {
						return
					}
				case err := <-ended:
					t.Fatalf("the replay ended before row %d: %v", rows, err)
				}
			}
		}
		until((i + 1) * every)
		s.kill()
		s.start()
		until((i+1)*every + every/2)
		cancel() // the replay dies, too
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := replay(t.Context(), s.base()+"/support", s.secretOf(), file, func(int) {}); err != nil {
			t.Fatal(err)
		}
	}
}

// Three thousand messages become three thousand tickets, in order, none twice,
// though the server and the replay die in the middle.
func TestReplayOfManyVisitors(t *testing.T) {
	file := filepath.Join("..", "..", "..", "shared", "data", "clinc150", "valid.csv")
	if _, err := os.Stat(file); err != nil || testing.Short() {
		rows := [][]string{{"text"}}
		for i := range 300 {
			rows = append(rows, []string{fmt.Sprint("question ", i)})
		}
		file = fixture(t, "visitors.csv", rows...)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readRows(content)
	if err != nil {
		t.Fatal(err)
	}
	eachServer(t, func(t *testing.T, s *server) {
		killedReplay(t, s, file, 3, len(rows)/5)
		s.kill()
		got := s.conversations()
		if len(got) != len(rows) {
			t.Fatalf("%d tickets, want %d", len(got), len(rows))
		}
		for i, r := range rows {
			if len(got[i]) != 1 || got[i][0] != r.text {
				t.Fatalf("ticket %d holds %q, want %q", i, got[i], r.text)
			}
		}
		t.Logf("%d rows, %d tickets, in order", len(rows), len(got))
	})
}

// Users who come again append where they must, also with a text that they have
// sent before, and from a second file.
func TestReplayOfKnownUsers(t *testing.T) {
	var first, second [][]string
	first, second = append(first, []string{"user", "text"}), append(second, []string{"text", "user"})
	want := map[string][]string{}
	for i := range 60 {
		user, text := fmt.Sprint("u", i%7), fmt.Sprint("text ", i%5)
		first = append(first, []string{user, text})
		want[user] = append(want[user], text)
	}
	for i := range 30 {
		user, text := fmt.Sprint("u", i%9), fmt.Sprint("text ", i%5)
		second = append(second, []string{text, user})
		want[user] = append(want[user], text)
	}
	eachServer(t, func(t *testing.T, s *server) {
		killedReplay(t, s, fixture(t, "first.csv", first...), 2, 20)
		again := fixture(t, "second.csv", second...)
		for range 2 {
			if err := replay(t.Context(), s.base()+"/support", s.secretOf(), again, func(int) {}); err != nil {
				t.Fatal(err)
			}
		}
		s.kill()
		got := map[string]int{}
		for _, lines := range s.conversations() {
			got[strings.Join(lines, "|")]++
		}
		for user, lines := range want {
			if got[strings.Join(lines, "|")] < 1 {
				t.Errorf("%s: no conversation holds %q", user, lines)
			}
		}
		if n := len(s.conversations()); n != len(want) {
			t.Errorf("%d conversations, want %d", n, len(want))
		}
	})
}

func TestReadRows(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"text\nhello\n":                 "[{ hello}]",
		"\xef\xbb\xbfText,User\nhi,u\n": "[{u hi}]",
		"user,text\nu,\"a\nb\"\n":       "[{u a\nb}]",
		"user\nu\n":                     "error",
		"text\n\"\"\n":                  "error",
		"text\n\"open\n":                "error",
		"":                              "error",
	} {
		rows, err := readRows([]byte(in))
		got := fmt.Sprint(rows)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s (%v)", in, got, want, err)
		}
	}
}
