package live

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
)

// Warned are the ids of the queues of which something was said.
func (s *Service) Warned(ctx context.Context) (ids []string, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for w, err := range warnings.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			ids = append(ids, w.ID)
		}
		return nil
	})
	return ids, err
}

// Say says a queue's colour as of a position of the log, as a process does that has read so
// far, and doesn't know what others have said since.
func (s *Service) Say(ctx context.Context, id string, was, colour queue.Colour, head int64) error {
	return s.say(ctx, &warned{ID: id, Colour: was}, &warned{ID: id, Colour: colour, Head: head}, &Tickets{}, time.Time{})
}
