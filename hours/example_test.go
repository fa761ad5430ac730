package hours_test

import (
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
)

func Example() {
	c, err := hours.New(hours.Plan{
		Zone: "Europe/Berlin",
		Week: hours.Weekdays(hours.Interval{From: "09:00", To: "12:00"}, hours.Interval{From: "13:00", To: "17:30"}),
		Holidays: []hours.Holiday{
			{Name: "Christmas", Date: "12-25"},
			{Name: "Christmas Eve", Date: "12-24", Closed: []hours.Interval{{From: "12:00", To: "24:00"}}},
		},
		Exceptions: []hours.Exception{{Name: "Stocktaking", From: "2026-12-28"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	asked := time.Date(2026, 12, 24, 9, 30, 0, 0, time.UTC) // a Thursday, 10:30 in Berlin
	due, _ := c.Add(asked, 4*time.Hour)
	fmt.Println(due.Format(time.DateTime), c.Elapsed(asked, due), c.IsOpen(due))
	closes, _ := c.NextClose(asked)
	opens, _ := c.NextOpen(closes)
	fmt.Println(closes.Format(time.DateTime), opens.Format(time.DateTime))
	// Output:
	// 2026-12-29 10:30:00 4h0m0s true
	// 2026-12-24 11:00:00 2026-12-29 08:00:00
}

// A night shift when summer time begins has an hour less.
func ExampleCalendar_Elapsed() {
	c, err := hours.New(hours.Plan{Zone: "Europe/Berlin", Week: hours.Daily(hours.Interval{From: "22:00", To: "06:00"})})
	if err != nil {
		log.Fatal(err)
	}
	noon := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	fmt.Println(c.Elapsed(noon, noon.Add(24*time.Hour)), c.Elapsed(noon.Add(24*time.Hour), noon.Add(48*time.Hour)))
	// Output: 7h0m0s 8h0m0s
}

func ExampleAlways() {
	b, err := json.Marshal(hours.Always())
	if err != nil {
		log.Fatal(err)
	}
	var c hours.Calendar
	if err := json.Unmarshal(b, &c); err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.IsOpen(time.Now()), c.Plan().Week.Sunday)
	// Output: true [{00:00 24:00}]
}

func ExamplePlanError() {
	_, err := hours.New(hours.Plan{Week: hours.Daily(hours.Interval{From: "09:00", To: "25:00"})})
	fmt.Println(err)
	// Output: week.monday[0].to: is a time from 00:00 to 24:00
}
