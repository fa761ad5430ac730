package event

import (
	"bytes"
	"context"

	"github.com/frontdesk-go/frontdesk/store"
)

// Reword changes what at most limit events of a subject hold of what people wrote, in
// the order of its revisions, and returns the cursor of the next page, "" after the
// last one. change returns the personal part as it is to be; events that have none
// aren't shown to it. Facts, order and number of the events stay.
func (l *Log) Reword(ctx context.Context, tx *store.Tx, subject, cursor string, limit int, change func(*Event) (personal []byte, err error)) (next string, err error) {
	es, next, err := l.History(ctx, tx, subject, cursor, limit)
	if err != nil {
		return "", err
	}
	for _, e := range es {
		if len(e.Personal) == 0 {
			continue
		}
		personal, err := change(e)
		if err != nil {
			return "", err
		}
		if bytes.Equal(personal, e.Personal) {
			continue
		}
		if e.Personal = personal; len(personal) > maxPayload-len(e.Facts)-len(e.Reason) {
			e.Personal = nil // what can't be kept is forgotten
		}
		if err := events.Put(ctx, tx, e); err != nil {
			return "", err
		}
	}
	return next, nil
}
