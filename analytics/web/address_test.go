package web

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/google/go-cmp/cmp"
)

// berlin is a handler that knows the time, and nothing else.
func berlin(t interface {
	Helper()
	Fatal(...any)
}) *Handler {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return &Handler{o: Options{Zone: zone, Now: func() time.Time { return time.Date(2026, 11, 26, 23, 30, 0, 0, time.UTC) }}} // the 27th in Berlin
}

func TestTimesOfAddresses(t *testing.T) {
	t.Parallel()
	h := berlin(t)
	for query, want := range map[string][2]string{
		"":                              {"2026-10-31 00:00", "2026-11-28 00:00"},
		"range=28d":                     {"2026-10-31 00:00", "2026-11-28 00:00"},
		"range=today":                   {"2026-11-27 00:00", "2026-11-28 00:00"},
		"range=today&zone=UTC":          {"2026-11-26 00:00", "2026-11-27 00:00"},
		"range=yesterday":               {"2026-11-26 00:00", "2026-11-27 00:00"},
		"range=7d":                      {"2026-11-21 00:00", "2026-11-28 00:00"},
		"range=month":                   {"2026-11-01 00:00", "2026-11-28 00:00"},
		"range=last_month":              {"2026-10-01 00:00", "2026-11-01 00:00"},
		"range=12m":                     {"2025-11-28 00:00", "2026-11-28 00:00"},
		"range=90d":                     {"2026-08-30 00:00", "2026-11-28 00:00"},
		"from=2026-10-25&to=2026-10-25": {"2026-10-25 00:00", "2026-10-26 00:00"}, // 25 hours
		"from=2026-11-20":               {"2026-11-20 00:00", "2026-11-28 00:00"},
		"from=2026-11-20T08:00:00%2B01:00&to=2026-11-20T09:30:00Z": {"2026-11-20 08:00", "2026-11-20 10:30"},
	} {
		a, err := h.parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		from, to := a.Ask.From.In(a.Ask.Zone).Format("2006-01-02 15:04"), a.Ask.To.In(a.Ask.Zone).Format("2006-01-02 15:04")
		if [2]string{from, to} != want {
			t.Errorf("%s is %s to %s, want %v", query, from, to, want)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	h := berlin(t)
	for query, field := range map[string]string{
		"range=ever": "range", "zone=Mars/Olympus": "zone", "zone=Local": "zone", "zone=../../etc/passwd": "zone", "grain=week": "grain",
		"from=yesterday": "from", "from=2026-02-30": "from", "from=2026-11-02&to=2026-11-01": "to", "from=0001-01-01": "from", "to=2026-11-01": "from",
		"compare=2": "compare", "hours=7": "hours", "a=%zz": "query", "from=2026-11-02&to=9999-12-31": "to",
	} {
		_, err := h.parse(query)
		if f, ok := errors.AsType[*store.FieldError](err); !ok || f.Field != field {
			t.Errorf("%s: %v, want %s refused", query, err, field)
		}
	}
	a, err := h.parse("limit=many")
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.query()
	if f, ok := errors.AsType[*store.FieldError](err); !ok || f.Field != "limit" {
		t.Errorf("limit=many: %v", err)
	}
}

// Every dimension is a parameter; forms send empty ones for what isn't chosen.
func TestFiltersOfAddresses(t *testing.T) {
	t.Parallel()
	a, err := berlin(t).parse("queue=vip&queue=orders&agent=&tag=(none)&by=agent,queue&metrics=created&metrics=resolved,csat&compare=0&compare=1&hours=business&limit=7&after=x&label=a%26b")
	if err != nil {
		t.Fatal(err)
	}
	q, err := a.query()
	if err != nil {
		t.Fatal(err)
	}
	where := []analytics.Filter{{By: analytics.Queue, Values: []string{"vip", "orders"}}, {By: analytics.Label, Values: []string{"a&b"}}, {By: analytics.Tag, Values: []string{""}}}
	if d := cmp.Diff(where, q.Where); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]analytics.Metric{"created", "resolved", "csat"}, q.Metrics); d != "" {
		t.Error(d)
	}
	if !slices.Equal(q.By, []analytics.Dimension{"agent", "queue"}) || q.Limit != 7 || q.After != "x" || !a.Ask.Compare || !a.Ask.Business {
		t.Errorf("%+v, %+v", q, a.Ask)
	}
	if got, want := a.without(analytics.Tag, ""), "?after=x&by=agent%2Cqueue&compare=1&hours=business&label=a%26b&limit=7&metrics=created&metrics=resolved%2Ccsat&queue=vip&queue=orders"; got != want {
		t.Errorf("without the tag: %s, want %s", got, want)
	}
	if got, want := a.with("queue", "", "after", "", "limit", "", "metrics", "", "by", "", "label", "", "range", "7d"), "?compare=1&hours=business&range=7d&tag=%28none%29"; got != want {
		t.Errorf("with others: %s, want %s", got, want)
	}
}

// Whatever an address is, it says a time or is refused by a field, and what a page makes of
// it is read again to the same.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"", "range=7d&queue=vip", "from=2026-11-01&to=2026-11-02&zone=Asia/Kathmandu", "queue=%00&tag=(none)", "by=agent,,queue&metrics=", "compare=0&compare=1", "zone=%2e%2e", "from=9000-12-31"} {
		f.Add(s)
	}
	h := berlin(f)
	f.Fuzz(func(t *testing.T, query string) {
		a, err := h.parse(query)
		if err != nil {
			if f, ok := errors.AsType[*store.FieldError](err); !ok || f.Field == "" {
				t.Errorf("%q: %v", query, err)
			}
			return
		}
		if !a.Ask.From.Before(a.Ask.To) || a.Ask.Zone == nil {
			t.Errorf("%q is %v to %v", query, a.Ask.From, a.Ask.To)
		}
		again, err := h.parse(a.with()[1:])
		if err != nil {
			t.Fatalf("%q became %q: %v", query, a.with(), err)
		}
		if !again.Ask.From.Equal(a.Ask.From) || !again.Ask.To.Equal(a.Ask.To) || !cmp.Equal(again.Ask.Where, a.Ask.Where) || again.Ask.Compare != a.Ask.Compare {
			t.Errorf("%q became %q", query, a.with())
		}
		if _, err := url.ParseQuery(a.with("report", "x")[1:]); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	})
}
