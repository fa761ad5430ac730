package staff

import (
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics/excel"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/analytics/web"
)

// figuresPage is the page of figures, for whom the cookie names. A host of its own mounts it in
// the same way.
func (p *Page) figuresPage() (http.Handler, error) {
	zone, err := time.LoadLocation("Europe/Berlin") // the shop's
	if err != nil {
		return nil, err
	}
	d := p.desk
	reports := report.New(report.Parts{Analytics: d.Analytics, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Bots: d.Bots}, nil)
	return web.New(reports, d.Analytics, web.Options{Excel: excel.Write, Home: "../#/office/people", Zone: zone, Log: p.log, Actor: p.actor})
}
