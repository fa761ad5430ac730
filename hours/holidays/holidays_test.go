package holidays_test

import (
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/hours/holidays"
)

// Looked up in the regions' own calendars.
func TestDatesAreTheRegionsOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region string
		year   int
		dates  string
	}{
		{"DE-BY", 2026, "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 10-03 11-01 12-25 12-26"},
		{"FR", 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		// Saturdays are made up for on Fridays, the next year's New Year on New Year's Eve.
		{"US", 2021, "01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31"},
		{"GB", 2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-25 12-26 12-27 12-28"},
	} {
		hs, err := holidays.Of(c.region, c.year, c.year)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range hs {
			got = append(got, strings.TrimPrefix(h.Date, fmt.Sprint(c.year, "-")))
		}
		if diff := cmp.Diff(strings.Fields(c.dates), slices.Compact(got)); diff != "" {
			t.Errorf("%s %d: %s", c.region, c.year, diff)
		}
	}
}

func TestEveryRegionFitsIntoAPlan(t *testing.T) {
	t.Parallel()
	all := holidays.Regions()
	if len(all) < 80 || !slices.IsSorted(all) {
		t.Errorf("%d regions: %s", len(all), all)
	}
	for _, region := range all {
		hs, err := holidays.Of(region, 2020, 2035)
		if err != nil || len(hs) < 16*5 {
			t.Errorf("%s: %d holidays, %v", region, len(hs), err)
		}
		if _, err := hours.New(hours.Plan{Holidays: hs}); err != nil {
			t.Errorf("%s: %v", region, err)
		}
		for _, h := range hs {
			if h.Name == "" || h.Date < "2020" || h.Date > "2036" {
				t.Errorf("%s: %+v", region, h)
			}
		}
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		region      string
		first, last int
		field       string
	}{
		{"XX", 2026, 2026, "region"}, {"", 2026, 2026, "region"}, {"de", 2026, 2026, "region"},
		{"DE", hours.FirstYear, hours.LastYear, ""}, {"DE", hours.FirstYear - 1, 2026, "years"}, {"DE", 2026, hours.LastYear + 1, "years"}, {"DE", 2027, 2026, "years"},
	} {
		_, err := holidays.Of(c.region, c.first, c.last)
		bad, _ := errors.AsType[*hours.PlanError](err)
		if c.field == "" && err != nil || c.field != "" && (bad == nil || bad.Field != c.field) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func ExampleOf() {
	hs, err := holidays.Of("JP", 2026, 2027)
	if err != nil {
		log.Fatal(err)
	}
	c, err := hours.New(hours.Plan{Zone: "Asia/Tokyo", Week: hours.Weekdays(hours.Interval{From: "10:00", To: "19:00"}), Holidays: hs})
	if err != nil {
		log.Fatal(err)
	}
	friday := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	opens, _ := c.NextOpen(friday)
	fmt.Println(hs[0].Date, hs[0].Name, opens.Format(time.DateTime)) // after Golden Week
	// Output: 2026-01-01 New Year's Day 2026-05-07 01:00:00
}
