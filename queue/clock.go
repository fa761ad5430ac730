package queue

import (
	"slices"
	"time"
)

// timer is a moment at which something of a ticket may change, unless it has by then.
type timer struct {
	at  int64
	row *row
	gen int32
}

// mark is a moment at which a queue opens or closes, or an agent becomes inactive.
type mark struct {
	at   int64
	line *line
	seat *seat
}

// spare is how many timers there may be beyond twice the tickets.
const spare = 1000

// remind sets a ticket's timer. Those of tickets that have changed since, or are gone,
// are dropped when they are the most of all. unsorted leaves their order to be made
// later.
func (b *board) remind(r *row, at int64, unsorted bool) {
	t := timer{at: at, row: r, gen: r.gen}
	if unsorted {
		b.timers.items = append(b.timers.items, t)
		return
	}
	b.timers.push(t)
	if len(b.timers.items) > 2*b.rows.n+spare {
		b.timers.items = slices.DeleteFunc(b.timers.items, func(t timer) bool { return t.row.gen != t.gen })
		b.timers.sort()
	}
}

// dutyKind is something that the board alone can't do.
type dutyKind string

const (
	escalate dutyKind = "escalate" // a ticket, to its queue's escalation
	expire   dutyKind = "expire"   // an offer
	withdraw dutyKind = "withdraw" // an offer to an agent who is away
	idle     dutyKind = "idle"     // an agent has done nothing for long
)

// duty is something that has to be done in the store.
type duty struct {
	kind dutyKind
	row  *row
	gen  int32
	seat *seat
}

// again has a duty looked at once more, if its ticket is then what it was: it couldn't
// be done, or changed nothing, as where clocks differ.
func (b *board) again(d duty, after time.Duration) {
	if d.row != nil && d.row.gen == d.gen {
		d.row.owed = false
		b.remind(d.row, b.now+after.Microseconds(), false)
	}
}

// advance moves the board's clock, and does what is due.
func (b *board) advance(now int64) {
	b.now = max(b.now, now)
	for len(b.marks.items) > 0 && b.marks.items[0].at <= b.now {
		if m := b.marks.pop(); m.line != nil {
			b.hours(m.line)
		} else {
			m.seat.watched = false
			b.watch(m.seat)
		}
	}
	for len(b.timers.items) > 0 && b.timers.items[0].at <= b.now {
		if t := b.timers.pop(); t.row.gen == t.gen {
			b.due(t.row)
		}
	}
}

// nextMoment is when the board has to be advanced again, 0 for never.
func (b *board) nextMoment() int64 {
	next := int64(0)
	if len(b.timers.items) > 0 {
		next = b.timers.items[0].at
	}
	if len(b.marks.items) > 0 {
		next = sooner(next, b.marks.items[0].at)
	}
	return next
}

// due is a ticket's moment.
func (b *board) due(r *row) {
	if r.seat != nil {
		kind := expire
		if !b.stillHis(r) {
			kind = withdraw
		}
		b.owe(r, kind)
		return
	}
	b.lift(r)
	b.place(r, false)
}

// owe notes a duty, once.
func (b *board) owe(r *row, kind dutyKind) {
	if !r.owed {
		r.owed = true
		b.duties = append(b.duties, duty{kind: kind, row: r, gen: r.gen})
	}
}

// escalation is when a ticket has to be escalated, 0 for never. Where that has come it
// is a duty.
func (b *board) escalation(r *row) int64 {
	e := r.line.q.Escalate
	if e.To == "" || r.escalated || r.owed || r.group != "" {
		return 0
	}
	at := r.line.after(r.joined, e.After.Microseconds())
	if at > 0 && at <= b.now {
		b.owe(r, escalate)
		return 0
	}
	return at
}

// after is when a queue has been open for so long since a moment, 0 for never.
func (l *line) after(start, d int64) int64 {
	if l.calendar == nil || d == 0 {
		return start + d
	}
	t, ok := l.calendar.Add(time.UnixMicro(start), time.Duration(d)*time.Microsecond)
	if !ok {
		return 0
	}
	return t.UnixMicro()
}

// hours opens or closes a queue, and sets a timer for the next time.
func (b *board) hours(l *line) {
	now := time.UnixMicro(b.now)
	was := l.open
	l.open = l.calendar.IsOpen(now)
	next, ok := l.calendar.NextOpen(now)
	if l.open {
		next, ok = l.calendar.NextClose(now)
	}
	if ok {
		b.marks.push(mark{at: next.UnixMicro(), line: l})
	}
	if l.open && !was {
		b.askAll(l)
	}
}

// inactive says whether an agent has done nothing for so long that he counts as inactive.
func (b *board) inactive(a *seat) bool {
	limit := b.set.Inactivity.Microseconds()
	return limit > 0 && a.available && max(a.idle, a.since)+limit <= b.now
}

// watch sets a timer for the moment from which on an available agent counts as
// inactive. Where that has come it is a duty.
func (b *board) watch(a *seat) {
	limit := b.set.Inactivity.Microseconds()
	if limit == 0 || !a.available || a.watched {
		return
	}
	at := max(a.idle, a.since) + limit
	if b.inactive(a) {
		if !slices.ContainsFunc(b.duties, func(d duty) bool { return d.seat == a }) {
			b.duties = append(b.duties, duty{kind: idle, seat: a})
		}
		at = b.now + limit // should that fail
	}
	a.watched = true
	b.marks.push(mark{at: at, seat: a})
}
