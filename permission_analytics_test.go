package frontdesk_test

import (
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// reportsOf are the reports of a desk, which ask analytics.
func reportsOf(d *frontdesk.Desk) *report.Service {
	return report.New(report.Parts{Analytics: d.Analytics, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Bots: d.Bots}, nil)
}

func lastHour(name string) report.Ask {
	now := time.Now()
	return report.Ask{Report: name, Period: report.Period{From: now.Add(-time.Hour), To: now}}
}

func analyticsActs() map[string]deed {
	return map[string]deed{
		"analytics.Service.Query": {may: identity.SeeAnalytics, do: func(w *office, who event.Actor) error {
			now := time.Now()
			return only(w.desk.Analytics.Query(w.t.Context(), who, analytics.Query{From: now.Add(-time.Hour), To: now}))
		}},
		"report.Service.Run": {may: identity.SeeAnalytics, do: func(w *office, who event.Actor) error {
			return only(reportsOf(w.desk).Run(w.t.Context(), who, lastHour("labels")))
		}},
		"report.Service.Sheets": {may: identity.SeeAnalytics, do: func(w *office, who event.Actor) error {
			return only(reportsOf(w.desk).Sheets(w.t.Context(), who, lastHour("")))
		}},
		"analytics.Service.Rebuild": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Analytics.Rebuild(w.t.Context(), who)
		}},
		"live.Service.Now": {may: identity.SeeRealTime, do: func(w *office, who event.Actor) error {
			return only(w.desk.Live.Now(w.t.Context(), who))
		}},
		"live.Service.Watch": {may: identity.SeeRealTime, do: func(w *office, who event.Actor) error {
			for _, err := range w.desk.Live.Watch(w.t.Context(), who) {
				return err
			}
			return nil
		}},
	}
}
