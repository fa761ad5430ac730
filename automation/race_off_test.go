//go:build !race

package automation_test

const (
	// crashTickets is how many tickets processes are killed over.
	crashTickets = 2000
	// raced says that the race detector is at work, which makes tests ten times as slow.
	raced = false
)
