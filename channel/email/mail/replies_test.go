package mail_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

// The mails of a collection that isn't part of the module: it is beside it where the
// engine is made, and the test is skipped where it isn't.
func TestRepliesOfACollection(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "replies", "replies.jsonl"))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	right, all := 0, 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var c struct{ ID, Input, Visible string }
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all++
		got, _ := mail.Visible(c.Input, nil)
		if strings.TrimSpace(got) == strings.TrimSpace(c.Visible) {
			right++
			continue
		}
		t.Errorf("%s:\n%q\nwant\n%q", c.ID, tail(got), tail(c.Visible))
	}
	t.Logf("%d of %d", right, all)
}

func tail(s string) string { return s[max(0, len(s)-200):] }
