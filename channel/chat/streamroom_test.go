package chat

import (
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket"
)

// However many people type on however many tickets, a stream that isn't read keeps few of
// their signs, and of each person and ticket the newest.
func TestSignsAreFew(t *testing.T) {
	t.Parallel()
	var s stream
	for i := range 10 * maxTyping {
		s.hear(ticket.Live{Ticket: fmt.Sprint(i)})
	}
	if len(s.typing) != maxTyping {
		t.Errorf("%d signs are kept", len(s.typing))
	}
	s.hear(ticket.Live{Ticket: "0", Typing: true})
	if last := s.typing[len(s.typing)-1]; len(s.typing) != maxTyping || last.Ticket != "0" || !last.Typing {
		t.Errorf("%d signs are kept, the last one is %+v", len(s.typing), last)
	}
}
