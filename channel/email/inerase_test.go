package email

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Whoever is first, an erasure or a mail that is being processed: nothing of who was
// erased is left, and the mail is either his, and gone, or somebody's who is new.
func TestErasedWhileMailsComeIn(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		r := openRoom(t, d, Options{PerSender: -1})
		for i := range 8 {
			first := r.gets(letter("The first one.", from("eve@mail.example", fmt.Sprint("first ", i), "s")...), Envelope{})
			answer, err := r.Receive(t.Context(), Envelope{Source: "raw"}, strings.NewReader(letter("--b\r\n\r\nAnswer.\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n--b--",
				from("eve@mail.example", fmt.Sprint("answer ", i), "s", fmt.Sprintf("In-Reply-To: <first %d>", i), "Content-Type: multipart/mixed; boundary=b")...)))
			must(t, err)
			var both sync.WaitGroup
			both.Go(func() {
				if _, err := r.Jobs.Step(t.Context()); err != nil {
					t.Error(err)
				}
			})
			both.Go(func() {
				if _, err := r.People.Erase(t.Context(), host, first.EndUser); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			for range 3 {
				r.clock.forward(1 << 42) // pauses between attempts are over
				r.work()
			}
			for _, coll := range r.DB.PersonalCollections() {
				for doc, err := range r.DB.Personal(t.Context(), coll, first.EndUser) {
					must(t, err)
					if text := fmt.Sprintf("%+v", doc.Shown); strings.Contains(text, "eve@mail.example") || strings.Contains(text, "Answer.") {
						t.Errorf("left in %s: %s", coll, text)
					}
				}
			}
			switch answer, err = r.received(t.Context(), answer.ID); {
			case err != nil || answer.State != StateErased && answer.State != StateDone:
				t.Errorf("the answer is %+v, %v", answer, err)
			case answer.State == StateDone && (answer.EndUser == first.EndUser || r.talk(answer.Ticket) != "end_user: Answer. [a.txt]\n"):
				t.Errorf("the answer is on %s", r.talk(answer.Ticket))
			}
		}
	})
}
