package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// crashDir is the environment variable that makes a test process the one that is
// going to be killed; it says where the store is.
const crashDir = "STORETEST_CRASH_DIR"

const (
	crashWriters = 4
	crashRounds  = 200
	crashSome    = 25 // with -short
)

// Crash kills processes while they write, and checks after each kill that every
// transaction which was acknowledged is there, and none by half. It runs the test
// that calls it in a process of its own, so it must be all that this test does.
func Crash(t *testing.T, open OpenDir) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(t, open, dir)
		return
	}
	tell(t, "When a process is killed, what it acknowledged is there, and no transaction is there by half.")
	rounds := crashRounds
	if testing.Short() {
		rounds = crashSome
	}
	dir, all := t.TempDir(), 0
	last := map[int]int64{} // the last transaction of each writer that is known to be there
	var number int64
	for round := 0; round < rounds && !t.Failed(); round++ {
		acked := crashRound(t, dir, round%2 == 0)
		all += acked.total
		for g, n := range acked.last {
			if n <= last[g] {
				t.Errorf("writer %d acknowledged transaction %d, after %d in an earlier life", g, n, last[g])
			}
			last[g] = n
		}
		number = crashCheck(t, open, dir, last, number)
	}
	if all < rounds/2 && !t.Failed() {
		t.Errorf("only %d transactions were acknowledged in %d rounds: nothing was tested", all, rounds)
	}
}

// acks is what a killed process said.
type acks struct {
	total int
	last  map[int]int64 // by writer
}

// crashRound starts a process, lets it write for a moment, and kills it. The moment
// begins with the process's first transaction if it is to write at all, however slow
// the machine is; else it may end before that.
func crashRound(t *testing.T, dir string, writes bool) acks {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	alive, err := cmd.StdinPipe() // ends with this process, and so does the child
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := acks{last: map[int]int64{}}
	killed := false
	killSoon := func() {
		killed = true
		time.AfterFunc(rand.N(40*time.Millisecond), func() { cmd.Process.Kill() })
	}
	var said []string
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil { // also half a line: nobody has heard that one
			break
		}
		var g int
		var n int64
		switch {
		case line == "ready\n":
			if !writes {
				killSoon()
			}
		case scanned(fmt.Sscanf(line, "ack %d %d\n", &g, &n)) == 2:
			a.total++
			a.last[g] = n
			if !killed {
				killSoon()
			}
		default:
			said = append(said, line)
		}
	}
	cmd.Wait()
	if !killed || len(said) > 0 {
		t.Fatalf("the process that should write said %q, %s", said, stderr.String())
	}
	return a
}

func scanned(n int, _ error) int { return n }

// A piece is a part of what one transaction writes: its pieces name the same
// transaction, or it is there by half.
type piece struct {
	ID     string
	Writer int64
	N      int64 // the writer's transactions, counted
	Number int64 // of the series
	Text   string
	Rev    store.Rev `json:"-"`
}

var pieces = &store.Collection[piece]{
	Name: "piece",
	Key:  func(p *piece) string { return p.ID },
	Rev:  func(p *piece) *store.Rev { return &p.Rev },
	Columns: []store.Column[piece]{
		{Name: "writer", Kind: store.Int, Of: func(p *piece) any { return p.Writer }},
		{Name: "number", Kind: store.Int, Of: func(p *piece) any { return p.Number }},
		{Name: "place", Kind: store.Text, Of: func(p *piece) any { return p.ID[:1] }},
	},
	Indexes: []store.Index{
		{Name: "writer", On: []string{"writer"}},
		{Name: "number", On: []string{"place", "number"}, Unique: true},
	},
}

// crashChild writes until it is killed.
func crashChild(t *testing.T, open OpenDir, dir string) {
	db := openDB(t, open(t, dir), pieces)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // nobody is left who would kill this process
	}()
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	say("ready")
	var wait sync.WaitGroup
	for g := range int64(crashWriters) {
		wait.Go(func() {
			for t.Context().Err() == nil {
				n, err := crashWrite(t.Context(), db, g)
				if err == nil {
					say("ack %d %d", g, n)
				} else if !errors.Is(err, errPurpose) {
					say("writer %d: %v", g, err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// crashWrite is one transaction: it changes two documents and creates a third,
// which another one in passing deletes.
func crashWrite(ctx context.Context, db *store.DB, g int64) (n int64, err error) {
	run := db.Update
	if g%2 == 1 {
		run = db.Prepare
	}
	err = run(ctx, func(ctx context.Context, tx *store.Tx) error {
		number, err := tx.Next(ctx, "piece")
		if err != nil {
			return err
		}
		for _, place := range []string{"left", "right"} {
			p, err := pieces.Get(ctx, tx, fmt.Sprint(place, g))
			if errors.Is(err, store.ErrNotFound) {
				p, err = &piece{ID: fmt.Sprint(place, g), Writer: g}, nil
			}
			if err != nil {
				return err
			}
			p.N++
			p.Number, p.Text = number, strings.Repeat(string('a'+rune(p.N%26)), int(p.N*37%3000))
			if n = p.N; n%7 == 0 && place == "right" && rand.IntN(2) == 0 {
				return errPurpose // half done, and rolled back
			}
			if err := pieces.Put(ctx, tx, p); err != nil {
				return err
			}
		}
		if old, err := pieces.Get(ctx, tx, trace(g, n-5)); err == nil {
			if err := pieces.Delete(ctx, tx, old); err != nil {
				return err
			}
		}
		return pieces.Put(ctx, tx, &piece{ID: trace(g, n), Writer: g, N: n, Number: number})
	})
	return n, err
}

func trace(g, n int64) string { return fmt.Sprintf("trace%d-%09d", g, n) }

// steadyPieces reads the documents by key and by each index, at one state: a server may
// yet be committing what it heard of a process before that was killed.
func steadyPieces(t *testing.T, db *store.DB, indexes ...string) (byKey map[string]piece, by map[string]map[string]piece) {
	t.Helper()
	for {
		byKey, by = readPieces(t, db, store.ByKey()), map[string]map[string]piece{}
		for _, index := range indexes {
			by[index] = readPieces(t, db, store.By(index))
		}
		if maps.Equal(byKey, readPieces(t, db, store.ByKey())) {
			return byKey, by
		}
	}
}

// crashCheck opens what a killed process left.
func crashCheck(t *testing.T, open OpenDir, dir string, last map[int]int64, number int64) int64 {
	t.Helper()
	db := openDB(t, open(t, dir), pieces)
	defer closeDB(t, db)
	byKey, by := steadyPieces(t, db, "writer", "number")
	for index, found := range by {
		if !maps.Equal(byKey, found) {
			t.Errorf("index %s and the documents differ", index)
		}
	}
	for g := range crashWriters {
		left, right := byKey[fmt.Sprint("left", g)], byKey[fmt.Sprint("right", g)]
		if left.N < last[g] {
			t.Errorf("writer %d acknowledged transaction %d, and %d is there", g, last[g], left.N)
		}
		if left.N != right.N || left.Number != right.Number || left.Text != right.Text {
			t.Errorf("writer %d: left is of transaction %d, right of %d", g, left.N, right.N)
		}
		last[g] = left.N
		number = max(number, left.Number)
		for n := range left.N + 2 {
			p, there := byKey[trace(int64(g), n)]
			wanted := n > 0 && n <= left.N && n > left.N-5
			if there != wanted || there && p.N != n {
				t.Errorf("writer %d: trace of transaction %d is there: %v, want %v; the last is %d", g, n, there, wanted, left.N)
			}
		}
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Next(ctx, "piece")
		if n <= number {
			t.Errorf("number %d was given again, the last one in use is %d", n, number)
		}
		return err
	})
	return number
}

func readPieces(t *testing.T, db *store.DB, q store.Query) map[string]piece {
	t.Helper()
	found := map[string]piece{}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		var numbers []int64
		for p, err := range pieces.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			if _, twice := found[p.ID]; twice {
				return fmt.Errorf("%s comes twice", p.ID)
			}
			found[p.ID] = *p
			numbers = append(numbers, p.Number)
		}
		if len(numbers) > 0 && slices.Min(numbers) < 1 {
			return fmt.Errorf("a piece has number %d", slices.Min(numbers))
		}
		return nil
	})
	return found
}
