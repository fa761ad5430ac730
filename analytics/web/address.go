package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/store"
)

// address is what the parameters of a request say.
type address struct {
	url.Values
	Range string // as asked for; "" if from and to were
	Ask   report.Ask
}

// none is how "" is written, as forms send empty values for what isn't chosen.
const none = "(none)"

// defaultRange is the time of a page that is opened without more.
const defaultRange = "28d"

// parse reads the parameters, or says which one is wrong. What it returns has a time.
func (h *Handler) parse(query string) (a *address, err error) {
	a = &address{}
	if a.Values, err = url.ParseQuery(query); err != nil {
		return nil, &store.FieldError{Field: "query", Reason: "can't be read"}
	}
	zone, err := h.zone(a.Get("zone"))
	if err != nil {
		return nil, err
	}
	period, err := a.period(zone, h.o.Now().In(zone))
	if err != nil {
		return nil, err
	}
	if period.Grain, err = a.grain(); err != nil {
		return nil, err
	}
	a.Ask = report.Ask{Report: a.Get("report"), Period: period, Where: a.where()}
	if by := a.by(); len(by) > 0 {
		a.Ask.By = by[0]
	}
	if a.Ask.Compare, err = a.choice("compare", "1", "0"); err != nil {
		return nil, err
	}
	if a.Ask.Business, err = a.choice("hours", "business", "wall"); err != nil {
		return nil, err
	}
	return a, nil
}

// choice is one of two; what isn't given is the second. A checkbox has a hidden field
// before it, so that the last value counts.
func (a *address) choice(name, yes, no string) (bool, error) {
	vs := a.Values[name]
	if len(vs) == 0 || vs[len(vs)-1] == "" || vs[len(vs)-1] == no {
		return false, nil
	}
	if vs[len(vs)-1] != yes {
		return false, &store.FieldError{Field: name, Reason: "is " + yes + " or " + no}
	}
	return true, nil
}

// zone finds a time zone by name.
func (h *Handler) zone(name string) (*time.Location, error) {
	switch {
	case name == "":
		return h.o.Zone, nil
	case len(name) > 64 || name == "Local": // which would be the server's
		return nil, &store.FieldError{Field: "zone", Reason: "is a time zone, as Europe/Berlin"}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, &store.FieldError{Field: "zone", Reason: "is a time zone, as Europe/Berlin"}
	}
	return zone, nil
}

func (a *address) grain() (analytics.Grain, error) {
	g := analytics.Grain(a.Get("grain"))
	if !slices.Contains([]analytics.Grain{"", analytics.Minute, analytics.Hour, analytics.Day}, g) {
		return "", &store.FieldError{Field: "grain", Reason: "is minute, hour or day"}
	}
	return g, nil
}

// period is the time. Days begin at midnight of the zone that now is in.
func (a *address) period(zone *time.Location, now time.Time) (report.Period, error) {
	p := report.Period{Zone: zone}
	day := func(n int) time.Time { return report.Midnight(now, n) }
	from, to := a.Get("from"), a.Get("to")
	if a.Range = a.Get("range"); a.Range == "" && from == "" && to == "" {
		a.Range = defaultRange
	}
	switch a.Range {
	case "":
		var err error
		if p.From, err = moment("from", from, zone, 0); err != nil {
			return p, err
		}
		if to == "" {
			p.To = day(1)
		} else if p.To, err = moment("to", to, zone, 1); err != nil {
			return p, err
		}
		if !p.From.Before(p.To) {
			return p, &store.FieldError{Field: "to", Reason: "isn't after from"}
		}
	case "today":
		p.From, p.To = day(0), day(1)
	case "yesterday":
		p.From, p.To = day(-1), day(0)
	case "7d":
		p.From, p.To = day(-6), day(1)
	case "28d":
		p.From, p.To = day(-27), day(1)
	case "90d":
		p.From, p.To = day(-89), day(1)
	case "month":
		p.From, p.To = day(1-now.Day()), day(1)
	case "last_month":
		p.To = day(1 - now.Day())
		p.From = report.Midnight(p.To, -1)
		p.From = report.Midnight(p.From, 1-p.From.Day())
	case "12m":
		p.From, p.To = day(-364), day(1)
	default:
		return p, &store.FieldError{Field: "range", Reason: "is today, yesterday, 7d, 28d, 90d, month, last_month or 12m"}
	}
	return p, nil
}

// moment reads a moment, or a day, of which it is the beginning, so many days later.
func moment(field, s string, zone *time.Location, days int) (time.Time, error) {
	wrong := &store.FieldError{Field: field, Reason: "is a day as 2026-11-26, or a moment as 2026-11-26T09:00:00+01:00"}
	if len(s) > 40 {
		return time.Time{}, wrong
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		// By noon, as there are days that have no midnight.
		if t, err = time.ParseInLocation("2006-01-02 15", s+" 12", zone); err != nil {
			return time.Time{}, wrong
		}
		t = report.Midnight(t, days)
	}
	if t.Year() < 1970 || t.Year() > 9000 {
		return time.Time{}, wrong
	}
	return t, nil
}

// where are the filters: a dimension is a parameter. Empty values say nothing.
func (a *address) where() (fs []analytics.Filter) {
	for _, d := range analytics.Dimensions() {
		f := analytics.Filter{By: d}
		for _, v := range a.Values[string(d)] {
			if v == none {
				f.Values = append(f.Values, "")
			} else if v != "" {
				f.Values = append(f.Values, v)
			}
		}
		if len(f.Values) > 0 {
			fs = append(fs, f)
		}
	}
	return fs
}

// by are the dimensions to break down by, as several parameters or with commas.
func (a *address) by() (ds []analytics.Dimension) {
	for _, name := range a.list("by") {
		ds = append(ds, analytics.Dimension(name))
	}
	return ds
}

// list is what a parameter lists, given several times or with commas.
func (a *address) list(name string) (all []string) {
	for _, v := range a.Values[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// query is what rows are asked for.
func (a *address) query() (q analytics.Query, err error) {
	q = analytics.Query{From: a.Ask.From, To: a.Ask.To, Zone: a.Ask.Zone, Grain: a.Ask.Grain, Where: a.Ask.Where, By: a.by(), After: a.Get("after")}
	for _, m := range a.list("metrics") {
		q.Metrics = append(q.Metrics, analytics.Metric(m))
	}
	if limit := a.Get("limit"); limit != "" {
		if q.Limit, err = strconv.Atoi(limit); err != nil {
			return q, &store.FieldError{Field: "limit", Reason: "is a number"}
		}
	}
	return q, nil
}

// with is the address with something else: names and values by turns. "" drops a
// parameter. What a page links to has no cursor.
func (a *address) with(pairs ...string) string {
	next := url.Values{}
	for name, vs := range a.Values {
		if vs = slices.DeleteFunc(slices.Clone(vs), func(v string) bool { return v == "" }); len(vs) > 0 {
			next[name] = vs
		}
	}
	if vs := next["compare"]; len(vs) > 1 {
		next["compare"] = vs[len(vs)-1:]
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			next.Del(pairs[i])
		} else {
			next.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + next.Encode()
}

// without is the address without a value of a filter.
func (a *address) without(d analytics.Dimension, key string) string {
	b := *a
	b.Values = url.Values{}
	for name, vs := range a.Values {
		b.Values[name] = vs
	}
	value := key
	if key == "" {
		value = none
	}
	b.Values[string(d)] = slices.DeleteFunc(slices.Clone(a.Values[string(d)]), func(v string) bool { return v == value })
	return b.with()
}
