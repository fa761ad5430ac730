package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(deskFile) != "" {
		main() // this process is the desk
		return
	}
	os.Exit(m.Run())
}

// A short soak: the desk is killed twice, and stays whole.
func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := plan{last: 6 * time.Second, life: 2 * time.Second, arrival: 150 * time.Millisecond, pause: 300 * time.Millisecond, lines: 3, dir: t.TempDir()}
	if err := run(t.Context(), p, &out); err != nil {
		t.Errorf("%v:\n%s", err, &out)
	}
	if !strings.Contains(out.String(), "2 of them killed") {
		t.Errorf("it says:\n%s", &out)
	}
	t.Log(out.String())
}
