package richtext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket/richtext"
)

func Example() {
	fmt.Println(richtext.Clean(`<p onclick="steal()">See <a href="javascript:alert(1)">this</a> and <b>that</b><script>steal()</script></p>`))
	// Output: <p>See this and <b>that</b></p>
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"<script>", "<img src=x onerror=alert(1)>", "<a href='java\nscript:x'>", "<svg/onload=x>", "<p style='x:expression(1)'>", "<<b>b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := richtext.Clean(in)
		for _, bad := range []string{"<script", "<img", "<svg", "<style", "<iframe", "<form"} {
			if strings.Contains(strings.ToLower(out), bad) {
				t.Errorf("%q leaves %q", in, out)
			}
		}
		if again := richtext.Clean(out); again != out {
			t.Errorf("%q: cleaned once %q, twice %q", in, out, again)
		}
	})
}
