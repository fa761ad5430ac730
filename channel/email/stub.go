package email

import (
	"context"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/store"
)

// appOf is which app's address this is, in lower case and without a tag.
func (s *Service) appOf(ctx context.Context, tx *store.Tx, address string) (app string, ok bool, err error) {
	for c, err := range settings.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return "", false, err
		}
		if slices.ContainsFunc(append([]string{c.From, c.Replies}, c.Addresses...), func(a string) bool { return a != "" && strings.EqualFold(a, address) }) {
			return c.App, true, nil
		}
	}
	return "", false, nil
}

// returned takes note of what became of a message.
func (s *Service) returned(_ context.Context, _ *store.Tx, _ report) error { return nil }

// visible says what the desk's own mails look like.
func (s *Service) visible() *mail.VisibleOptions { return nil }
