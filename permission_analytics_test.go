package frontdesk_test

import (
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func analyticsActs() map[string]deed {
	return map[string]deed{
		"analytics.Service.Query": {may: identity.SeeAnalytics, do: func(w *office, who event.Actor) error {
			now := time.Now()
			return only(w.desk.Analytics.Query(w.t.Context(), who, analytics.Query{From: now.Add(-time.Hour), To: now}))
		}},
		"analytics.Service.Rebuild": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Analytics.Rebuild(w.t.Context(), who)
		}},
	}
}
