// Package hours keeps business hours: when somebody is there, how much open time
// lies between two moments, and when a given amount of it is over. It needs the
// standard library only.
//
//	c, err := hours.New(hours.Plan{
//		Zone: "Europe/Berlin",
//		Week: hours.Weekdays(hours.Interval{From: "09:00", To: "17:30"}),
//		Holidays: []hours.Holiday{{Name: "Christmas", Date: "12-25"}},
//	})
//	due, ok := c.Add(asked, 4*time.Hour) // four hours of work later
//
// A [Plan] is what somebody writes down and what is stored. A [Calendar] is a plan
// that was checked and compiled: it never changes, any number of goroutines may use
// it, and its answers take well below a microsecond and no memory, over hours and over
// years alike. A nil *Calendar is open at any time, as [Always] is.
//
// # What counts
//
// A calendar is open when the clock on the wall says so, in its time zone. All that
// follows is counted in real elapsed time, so a day of 24 hours has 23 or 25 when
// summer time begins or ends:
//
//   - What lies in the hour that is left out doesn't happen: an interval that begins or
//     ends in it begins or ends at the change.
//   - What lies in the hour that is repeated happens twice: 02:00 to 02:30 is open for
//     half an hour, closed for half an hour, and open again.
//
// An interval that goes over midnight belongs to the day on which it begins. So a
// holiday of a whole day, or an exception, takes the night that follows it, and leaves
// what is left of the night before. The closed intervals of a part holiday are the
// clock's, whichever day the open interval belongs to. An exception replaces what the
// week and the holidays say of its dates.
//
// # Caveats
//
// Zones come from the zone database of the host's machine. Where it may have none, as
// in a container with nothing but the program, the program imports time/tzdata;
// otherwise [New] refuses the zone. Changes of summer time and holidays that come every
// year are known for the years [FirstYear] to [LastYear]; what a government decides
// later needs a newer database, and a restart. Moments before the year 1 and after the
// year 9999 count as the first and last of these.
package hours
