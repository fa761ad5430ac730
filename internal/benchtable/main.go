// Benchtable runs the benchmarks and prints them as one table, each beside its
// baseline: BenchmarkXRaw is what the raw dependency takes for the same work as
// BenchmarkX, in the same package. BenchmarkXRawY is another baseline.
//
//	go run ./internal/benchtable                      all packages
//	go run ./internal/benchtable ./ticket             some
//	go run ./internal/benchtable -bench Get ./ticket  some of their benchmarks
//
// Those on desks with a million tickets take minutes to begin; -short leaves them out.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	which := flag.String("bench", ".", "regular expression of the benchmarks to run")
	short := flag.Bool("short", false, "leave out what takes minutes")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	args := []string{"test", "-run", "^$", "-bench", *which, "-benchmem", "-p", "1", "-timeout", "2h"}
	if *short {
		args = append(args, "-short")
	}
	if err := run(append(args, packages...), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	cmd := exec.Command("go", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	failed := cmd.Run()
	cpu, results := read(&out)
	if len(results) == 0 {
		return errors.Join(errors.New("no benchmark ran"), failed)
	}
	if err := report(w, cpu, results); err != nil {
		return err
	}
	return failed
}

// result is one line of go test's output.
type result struct {
	pkg, name string
	ns        float64
	bytes     string
	allocs    string
	more      string // what the benchmark measured besides
}

// processors is what go test adds to names.
var processors = regexp.MustCompile(`-\d+$`)

func read(r io.Reader) (cpu string, results []result) {
	pkg := ""
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		line := scan.Text()
		if v, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = v[strings.LastIndex(v, "/frontdesk")+len("/frontdesk"):]
		}
		if v, ok := strings.CutPrefix(line, "cpu: "); ok {
			cpu = v
		}
		if one, ok := parse(line); ok {
			one.pkg = strings.TrimPrefix(pkg, "/")
			results = append(results, one)
		}
	}
	return cpu, results
}

func parse(line string) (r result, ok bool) {
	f := strings.Fields(line)
	if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
		return r, false
	}
	r.name = strings.TrimPrefix(processors.ReplaceAllString(f[0], ""), "Benchmark")
	for i := 2; i+1 < len(f); i += 2 {
		switch f[i+1] {
		case "ns/op":
			n, err := strconv.ParseFloat(f[i], 64)
			r.ns, ok = n, err == nil
		case "B/op":
			r.bytes = f[i]
		case "allocs/op":
			r.allocs = f[i]
		default:
			r.more += fmt.Sprintf("  %s %s", f[i], f[i+1])
		}
	}
	return r, ok
}

// baseline is the name of a benchmark's baseline.
func baseline(name string) string {
	head, rest, found := strings.Cut(name, "/")
	if found {
		return head + "Raw/" + rest
	}
	return head + "Raw"
}

func report(w io.Writer, cpu string, results []result) error {
	raw := map[string]float64{}
	for _, r := range results {
		raw[r.pkg+" "+r.name] = r.ns
	}
	fmt.Fprintf(w, "%s, %d cores, %s/%s, %s. Speed: the baseline's time by ours; 1.00 is as fast as raw.\n\n",
		strings.TrimSpace(cpu), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "package\tbenchmark\ttime\tbytes\tallocs\tbaseline\tspeed\t")
	for _, r := range results {
		base := baseline(r.name)
		ns, ok := raw[r.pkg+" "+base]
		if head, _, several := strings.Cut(base, "/"); !ok && several { // one baseline for all stores
			base = head
			ns, ok = raw[r.pkg+" "+base]
		}
		speed := ""
		if !ok {
			base = ""
		} else {
			speed = fmt.Sprintf("%.2f", ns/r.ns)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.pkg, r.name, shown(r.ns), r.bytes, r.allocs, base, speed, r.more+others(r, results))
	}
	return t.Flush()
}

// others are how a benchmark stands to its further baselines.
func others(r result, results []result) (text string) {
	head, sub, _ := strings.Cut(r.name, "/")
	for _, o := range results {
		name, of, _ := strings.Cut(o.name, "/")
		if o.pkg == r.pkg && of == sub && name != head+"Raw" && strings.HasPrefix(name, head+"Raw") {
			text += fmt.Sprintf("  %.2f of %s", o.ns/r.ns, name)
		}
	}
	return text
}

// shown is a time with three digits that count.
func shown(ns float64) string {
	d := time.Duration(ns)
	unit := time.Nanosecond
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}
