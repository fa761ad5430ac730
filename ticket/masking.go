package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/mask"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// maxMasking is how many patterns an app masks.
const maxMasking = 10

// masks are the patterns of apps, compiled once.
type masks struct {
	mu    sync.Mutex
	known map[string][]*mask.Pattern
}

// of compiles an app's patterns.
func (c *masks) of(exprs []string) (ps []*mask.Pattern, err error) {
	const most = 100
	key := strings.Join(exprs, "\x00")
	c.mu.Lock()
	defer c.mu.Unlock()
	if ps, ok := c.known[key]; ok {
		return ps, nil
	}
	for _, expr := range exprs {
		p, err := mask.New("app.masking", expr)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	if c.known == nil || len(c.known) >= most {
		c.known = map[string][]*mask.Pattern{}
	}
	c.known[key] = ps
	return ps, nil
}

func validMasking(exprs []string) error {
	if len(exprs) > maxMasking {
		return &store.FieldError{Field: "app.masking", Reason: "at most 10 patterns", Limit: maxMasking}
	}
	for _, expr := range exprs {
		if expr == "" {
			return &store.FieldError{Field: "app.masking", Reason: "has an empty pattern: card numbers are " + Cards}
		}
		if _, err := mask.New("app.masking", expr); err != nil {
			return err
		}
	}
	return nil
}

// masking returns what masks the words of an actor in an app; nil is nothing.
func (s *Service) masking(actor event.Actor, app *App) (*scrubber, error) {
	if actor.Kind != event.EndUser || len(app.Masking) == 0 {
		return nil, nil
	}
	ps, err := s.masks.of(app.Masking)
	if err != nil {
		return nil, err
	}
	return &scrubber{patterns: ps}, nil
}

// mask takes out what the app doesn't let end users write, and warns of it.
func (c *Change) mask(field string, clean func(x *scrubber)) {
	if c.scrub == nil {
		return
	}
	before := c.scrub.n
	clean(c.scrub)
	if n := c.scrub.n - before; n > 0 {
		c.warn([]identity.Warning{{Field: field, Detail: fmt.Sprintf("masked in %d places", n)}})
	}
}

// maskMessage is mask for a message that comes in. Its attachments' names are those
// of uploads, which stay.
func (c *Change) maskMessage(m *Message) {
	c.mask("message.text", func(x *scrubber) {
		if n := x.message(m); n > 0 {
			m.redacted(c.Time, event.Actor{Kind: event.System}).Pieces = n
		}
	})
}

// maskFields is mask for fields that were filled in just now.
func (c *Change) maskFields(keys []string) {
	t := c.After
	for _, key := range keys {
		c.mask("fields."+key, func(x *scrubber) {
			at := slices.IndexFunc(t.Fields, func(v Value) bool { return v.Key == key })
			if at < 0 {
				return
			}
			t.Fields = slices.Concat(t.Fields[:at], x.fields(t.Fields[at:at+1]), t.Fields[at+1:])
		})
	}
}

// Mask is what an app keeps of a text that an end user wrote elsewhere than on a ticket,
// as a search or a comment: without what App.Masking takes out.
func (s *Service) Mask(ctx context.Context, app, text string) (string, error) {
	a, err := s.App(ctx, app)
	if errors.Is(err, store.ErrNotFound) {
		return text, nil
	}
	if err != nil {
		return "", err
	}
	x, err := s.masking(event.Actor{Kind: event.EndUser}, a)
	if x == nil || err != nil {
		return text, err
	}
	return x.text(text, MaxBody), nil
}
