// Soak has a desk work for a long time under steady load, kills it every minute, and
// says whether it stayed whole and no larger:
//
//	go run ./internal/soak -for 20m
//
// A child process is the desk, on bbolt and loopback. End users come, some with a login,
// write and are answered while they listen to their streams, which break off and resume
// all the time, and go. At the end every message that was acknowledged has to be in its
// conversation once, in its order; every stream has to have told every message once, in
// order and without a gap; no consumer may be behind; and memory and goroutines may not
// have grown. The exit status is 1 where that isn't so.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	if file := os.Getenv(deskFile); file != "" {
		if err := desk(file, os.Getenv(deskAddr)); err != nil {
			fmt.Fprintln(os.Stderr, "soak: the desk:", err)
			os.Exit(1)
		}
		return
	}
	p := plan{}
	flag.DurationVar(&p.last, "for", 20*time.Minute, "how long to go on")
	flag.DurationVar(&p.life, "kill", time.Minute, "how long a process lives before it is killed")
	flag.DurationVar(&p.arrival, "every", 250*time.Millisecond, "after what time the next end user comes")
	flag.DurationVar(&p.pause, "pause", 3*time.Second, "between what an end user writes and the next, at most")
	flag.IntVar(&p.lines, "lines", 4, "how many messages each end user writes, and gets")
	flag.StringVar(&p.dir, "dir", "", "directory for the desk's files; default: one that is removed afterwards")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, p, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// plan is what is to be done.
type plan struct {
	last, life     time.Duration
	arrival, pause time.Duration
	lines          int
	dir            string
}
