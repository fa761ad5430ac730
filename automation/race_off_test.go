//go:build !race

package automation_test

// crashTickets is how many tickets processes are killed over.
const crashTickets = 2000
