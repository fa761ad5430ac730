package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// soak is one run.
type soak struct {
	plan
	out   io.Writer
	base  string
	addr  string
	exe   string
	began time.Time

	client   *http.Client
	count    tally
	process  *process
	visitors []*visitor
	samples  []sample
	lives    int // processes that there were
	faults   []string
}

// sample is what a desk said of itself, in its how-manieth life.
type sample struct {
	figures
	life     int
	visitors int64
}

// errFaults: the soak found what must not be.
var errFaults = errors.New("the desk didn't stay whole")

// run soaks a desk, and tells what came of it. It is errFaults where something was lost,
// doubled, out of order, behind or growing.
func run(ctx context.Context, p plan, out io.Writer) error {
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "soak")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		p.dir = dir
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close() // each process of the desk listens there
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	s := &soak{plan: p, out: out, exe: exe, addr: addr, base: "http://" + addr, began: time.Now(), client: &http.Client{Transport: transport}}
	defer func() { s.process.kill() }()
	if err := s.load(ctx); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.verdict()
}

// load has end users come and go, and kills the desk now and then.
func (s *soak) load(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	var guests sync.WaitGroup
	defer guests.Wait()
	coming := time.NewTicker(s.arrival)
	defer coming.Stop()
	looking := time.NewTicker(min(5*time.Second, s.life/8))
	defer looking.Stop()
	telling := time.NewTicker(time.Minute)
	defer telling.Stop()
	killing := time.NewTicker(s.life)
	defer killing.Stop()
	over := time.NewTimer(s.last)
	defer over.Stop()
	kills := int((s.last - s.life/2) / s.life) // the last one sees the end
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-over.C:
			if s.lives > kills {
				return nil
			}
			over.Reset(s.life) // on a slow machine they have begun late
		case <-coming.C:
			v := &visitor{base: s.base, number: len(s.visitors), client: s.client, count: &s.count}
			s.visitors = append(s.visitors, v)
			guests.Go(func() { v.visit(ctx, s.plan) })
		case <-looking.C:
			s.look(ctx)
		case <-telling.C:
			s.progress()
		case <-killing.C:
			if s.lives > kills {
				continue
			}
			s.look(ctx)
			s.process.kill()
			if err := s.start(ctx); err != nil {
				return err
			}
			killing.Reset(s.life)
		}
	}
}

// process is a desk at work.
type process struct {
	cmd *exec.Cmd
	in  io.Closer
}

// kill ends it as a power failure would.
func (p *process) kill() {
	if p != nil && p.cmd.ProcessState == nil {
		p.cmd.Process.Kill() // SIGKILL
		p.in.Close()
		p.cmd.Wait()
	}
}

// start starts the desk, and waits until it answers.
func (s *soak) start(ctx context.Context) error {
	cmd := exec.Command(s.exe)
	cmd.Env = append(os.Environ(), deskFile+"="+filepath.Join(s.dir, "soak.db"), deskAddr+"="+s.addr)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process = &process{cmd, in}
	s.lives++
	late, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var f figures
		err := s.get(late, "/figures", &f)
		if err == nil {
			return nil
		}
		if wait(late, 20*time.Millisecond) != nil {
			return fmt.Errorf("process %d doesn't answer: %w", s.lives, err)
		}
	}
}

func (s *soak) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return err
	}
	return decoded(s.client, r, into)
}

// look takes a sample.
func (s *soak) look(ctx context.Context) {
	var f figures
	if err := s.get(ctx, "/figures", &f); err != nil {
		if ctx.Err() == nil {
			s.faults = append(s.faults, fmt.Sprintf("process %d: figures: %v", s.lives, err))
		}
		return
	}
	s.samples = append(s.samples, sample{f, s.lives, s.count.live.Load()})
}

func (s *soak) progress() {
	if len(s.samples) == 0 {
		return
	}
	f := s.samples[len(s.samples)-1]
	fmt.Fprintf(s.out, "%s: process %d, %d visitors (%d here), %d messages acknowledged, %d streams, heap %s, resident %s + %s of files, %d goroutines, %d events behind, file %s\n",
		time.Since(s.began).Round(time.Second), s.lives, s.count.visitors.Load(), f.visitors, s.count.acknowledged.Load(), s.count.streams.Load(),
		mb(f.Heap), mb(f.Resident.Anon), mb(f.Resident.File), f.Goroutines, f.Lag, mb(f.File))
}

func mb[N int64 | uint64](n N) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

// settle waits until the consumers have caught up, and compares what is stored with what
// was acknowledged.
func (s *soak) settle(ctx context.Context) error {
	late, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var f figures
		if err := s.get(ctx, "/figures", &f); err != nil {
			return err
		}
		if f.Lag == 0 {
			break
		}
		if wait(late, 100*time.Millisecond) != nil {
			s.faults = append(s.faults, fmt.Sprintf("consumers are %v events behind, a minute after the last one", f.Behind))
			break
		}
	}
	for _, v := range s.visitors {
		s.faults = append(s.faults, v.faults...)
		if len(v.said) == 0 {
			continue
		}
		var stored []line
		if err := s.get(ctx, "/talk?id="+url.QueryEscape(v.said[0].Conversation), &stored); err != nil {
			return err
		}
		if !slices.Equal(stored, v.said) {
			s.faults = append(s.faults, fmt.Sprintf("visitor %d: stored is %v, acknowledged was %v", v.number, stored, v.said))
		}
		for i, m := range stored {
			if m.Seq != int64(i)+1 {
				s.faults = append(s.faults, fmt.Sprintf("visitor %d: message %d has number %d", v.number, i+1, m.Seq))
			}
		}
	}
	return nil
}
