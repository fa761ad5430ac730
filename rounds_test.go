package frontdesk

// GoRound has Drain go round at most n times.
func (d *Desk) GoRound(n int) { d.rounds = n }
