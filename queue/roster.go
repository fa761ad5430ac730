package queue

import (
	"cmp"
	"maps"
	"slices"
)

// seat returns an agent's place, which is an unavailable one's if nothing is known of
// him.
func (b *board) seat(id string) *seat {
	a := b.seats[id]
	if a == nil {
		a = &seat{post: post{id: id}, fans: map[*row]bool{}, offers: map[*row]bool{}}
		a.set, _ = b.talents.setOf(nil)
		b.seats[id] = a
		b.join(a)
	}
	return a
}

// post takes over what an agent is now.
func (b *board) post(p post) {
	a := b.seat(p.id)
	was := a.post
	b.withdraw(a)
	a.post = p
	set, fresh := b.talents.setOf(p.skills)
	a.set = set
	b.join(a)
	if p.available && !was.available {
		a.pass = max(a.pass, b.pass)
		a.idle = max(a.idle, p.since)
	}
	b.enter(a)
	if fresh {
		for _, r := range b.inOrder(func(r *row) bool { return r.lane != nil && r.lane.needs.hopeless() }) {
			b.lift(r)
			b.place(r, false)
		}
	}
	// What waits for him may not wait any more, and what doesn't may.
	for _, r := range sorted(a.fans) {
		b.lift(r)
		b.place(r, false)
	}
	for _, r := range sorted(a.offers) {
		if !b.stillHis(r) {
			b.owe(r, withdraw)
		}
	}
	b.free(a)
}

func sorted(rows map[*row]bool) []*row {
	return slices.SortedFunc(maps.Keys(rows), func(r, o *row) int { return cmp.Compare(r.id, o.id) })
}

// join makes an agent a member of his groups, and of no others.
func (b *board) join(a *seat) {
	crews := make([]*crew, 0, len(a.groups)+1)
	for _, g := range a.groups {
		crews = append(crews, b.crew(g))
	}
	if b.everyone != nil {
		crews = append(crews, b.everyone)
	}
	a.crews, a.serves = make([]member, 0, len(crews)), nil
	for _, c := range crews {
		a.crews = append(a.crews, member{c, c.shelf(a.set, len(b.weights))})
		for _, s := range c.lines {
			i := slices.IndexFunc(a.serves, func(have served) bool { return have.line == s.line })
			if i < 0 {
				a.serves = append(a.serves, s)
			} else {
				a.serves[i].tier = min(a.serves[i].tier, s.tier)
			}
		}
	}
	slices.SortFunc(a.serves, func(x, y served) int { return cmp.Compare(x.line.rank, y.line.rank) })
}

// worked notes that an agent did something with a ticket.
func (b *board) worked(id string, at int64) {
	if a := b.seats[id]; a != nil && at > a.idle {
		b.withdraw(a)
		a.idle = at
		b.enter(a)
	}
}

// free notes that an agent may get something that he couldn't before.
func (b *board) free(a *seat) {
	if a.available && !a.dirty {
		a.dirty = true
		b.dirty = append(b.dirty, a)
	}
}

// freeAll notes that everybody may: so it asks who takes the first tickets of all lanes,
// rather than what everybody could take, which for most is the same.
func (b *board) freeAll() {
	for _, l := range b.ranked {
		b.askAll(l)
	}
	for _, a := range b.dirty {
		b.enter(a)
		a.dirty = false
	}
	b.dirty = b.dirty[:0]
}
