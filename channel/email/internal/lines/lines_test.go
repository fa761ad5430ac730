package lines_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/frontdesk-go/frontdesk/channel/email/internal/lines"
)

func TestCopy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "a": "a", "a\r\nb\r\n": "a\r\nb\r\n", "a\nb\n": "a\r\nb\r\n", "a\rb\r": "a\r\nb\r\n",
		"\r\r\n\n": "\r\n\r\n\r\n", "a\n\rb": "a\r\n\r\nb", "a\r\n.\r\n": "a\r\n.\r\n", "\x00\xff\r": "\x00\xff\r\n",
	} {
		var got strings.Builder
		if err := lines.Copy(&got, iotest.OneByteReader(strings.NewReader(text))); err != nil || got.String() != want {
			t.Errorf("%q became %q, %v; want %q", text, got.String(), err, want)
		}
	}
	broken := errors.New("broken")
	if err := lines.Copy(new(strings.Builder), iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}
