package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	out := `goos: linux
pkg: github.com/frontdesk-go/frontdesk/store/boltstore
cpu: A Processor
BenchmarkCreate/64-2      	   10000	     41700 ns/op	    12.0 lag-p99-ms	    8000 B/op	     120 allocs/op
BenchmarkCreateRaw/64-2   	   10000	     83400 ns/op	    5000 B/op	      60 allocs/op
BenchmarkCreateRawBatch/64-2  	   10000	    125100 ns/op	    5000 B/op	      60 allocs/op
BenchmarkRead/bbolt-2     	   10000	       400 ns/op	       0 B/op	       0 allocs/op
BenchmarkReadRaw-2        	   10000	       100 ns/op	       0 B/op	       0 allocs/op
PASS
`
	cpu, results := read(strings.NewReader(out))
	var table strings.Builder
	if err := report(&table, cpu, results); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(table.String(), "\n")
	if !strings.HasPrefix(lines[0], "A Processor, ") {
		t.Errorf("machine: %s", lines[0])
	}
	if got := strings.Fields(lines[3]); strings.Join(got, " ") != "store/boltstore Create/64 41.7µs 8000 120 CreateRaw/64 2.00 12.0 lag-p99-ms 3.00 of CreateRawBatch" {
		t.Errorf("row: %q", got)
	}
	if got := strings.Fields(lines[4]); len(got) != 5 {
		t.Errorf("baseline: %q", got)
	}
	if got := strings.Fields(lines[6]); strings.Join(got, " ") != "store/boltstore Read/bbolt 400ns 0 0 ReadRaw 0.25" {
		t.Errorf("a baseline for all stores: %q", got)
	}
}
