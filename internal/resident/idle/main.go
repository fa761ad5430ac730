// Idle opens the desk in a file, runs it, waits until it has nothing to do, and tells in
// one line of JSON how long opening took, what is resident then, and what of it an idle
// desk uses. It is a process of
// its own for benchmarks, with nothing in it that a host wouldn't have.
//
//	idle FILE
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/internal/resident"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: idle FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

// result is what is told; sizes are in bytes.
type result struct {
	Linked  resident.Memory `json:"linked"` // before anything is done: what any program holds that links the desk
	Open    time.Duration   `json:"open"`
	Opened  resident.Memory `json:"opened"` // right after opening
	Idle    resident.Memory `json:"idle"`
	Touched int64           `json:"touched"` // what it uses of that in looking
	Freed   resident.Memory `json:"freed"`   // what is left when the runtime returns all that it doesn't use
	Heap    uint64          `json:"heap"`
	Threads int             `json:"goroutines"`
}

// settling is how long a desk takes to look at everything once and have nothing to do;
// looking, for how long it is then looked at what it uses.
const settling, looking = 3 * time.Second, 10 * time.Second

func run(file string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var r result
	var err error
	if r.Linked, err = resident.Self(); err != nil {
		return err
	}
	began := time.Now()
	d, err := frontdesk.Open(ctx, frontdesk.Config{Path: file})
	if err != nil {
		return err
	}
	r.Open = time.Since(began)
	if r.Opened, err = resident.Self(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-time.After(settling):
	}
	if r.Idle, err = resident.Self(); err != nil {
		return err
	}
	if err = resident.Untouch(); err != nil {
		return err
	}
	time.Sleep(looking)
	if r.Touched, err = resident.Touched(); err != nil {
		return err
	}
	debug.FreeOSMemory()
	if r.Freed, err = resident.Self(); err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Heap, r.Threads = m.HeapAlloc, runtime.NumGoroutine()
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return err
	}
	stop()
	<-ended
	return d.Close()
}
