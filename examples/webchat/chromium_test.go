package main

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestMain takes away what tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	chromium().end()
	if dir, err := scratch(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// scratch is a folder for what tests share.
var scratch = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "webchat") })

// elsewhere is a host that the browser finds where it finds 127.0.0.1, and trusts less.
const elsewhere = "shop.test"

// headless is the browser of all tests: to start one takes seconds of a processor.
type headless struct {
	ctx   context.Context // of its first tab, which stays empty
	start func() error
	end   func()
}

// chromium is the one of this process, which the first test that needs it starts.
var chromium = sync.OnceValue(func() headless {
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(program()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1360, 850),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP "+elsewhere+" 127.0.0.1"))...)
	ctx, end := chromedp.NewContext(alloc)
	return headless{
		ctx:   ctx,
		start: sync.OnceValue(func() error { return chromedp.Do(ctx) }),
		end:   func() { end(); stop() },
	}
})

// program is where Chromium is, or empty.
func program() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

// browser is a headless Chromium with a profile of the test's own: tabs of one profile
// share what pages keep, and nothing with those of another. It skips the test where there
// is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	if program() == "" {
		t.Skip("needs Chromium on the PATH")
	}
	c := chromium()
	if err := c.start(); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	ctx, end := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	return ctx
}
