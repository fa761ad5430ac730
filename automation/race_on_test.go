//go:build race

package automation_test

// crashTickets is how many tickets processes are killed over. The race detector makes
// them slow.
const crashTickets = 500
