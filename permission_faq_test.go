package frontdesk_test

import (
	"errors"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func faqActs() map[string]deed {
	over := func(do func(w *office, s *faq.Service, who event.Actor) error) deed {
		return deed{may: identity.EditFAQs, do: func(w *office, who event.Actor) error { return do(w, w.desk.FAQ, who) }}
	}
	return map[string]deed{
		"faq.Service.All": over(func(w *office, s *faq.Service, who event.Actor) error {
			_, _, err := s.All(w.t.Context(), who, "", 1)
			return err
		}),
		"faq.Service.Whole": over(func(w *office, s *faq.Service, who event.Actor) error {
			_, err := s.Whole(w.t.Context(), who, "none")
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			return err
		}),
	}
}
