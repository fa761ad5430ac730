package chat

import "slices"

// maxStreams is how many streams an end user may have open: tabs of one browser
// share one.
const maxStreams = 20

// seat gives a stream its place among the end user's. Where there are too many,
// the oldest is told to go.
func (c *Chat) seat(endUser string) (kicked <-chan struct{}, leave func()) {
	mine := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seats[endUser] = append(c.seats[endUser], mine)
	if all := c.seats[endUser]; len(all) > maxStreams {
		all[0] <- struct{}{}
		c.seats[endUser] = slices.Clone(all[1:])
	}
	return mine, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		left := slices.DeleteFunc(c.seats[endUser], func(s chan struct{}) bool { return s == mine })
		if c.seats[endUser] = left; len(left) == 0 {
			delete(c.seats, endUser)
		}
	}
}
