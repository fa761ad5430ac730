package ticket

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/frontdesk-go/frontdesk/store/event"
)

// Live is what passes and isn't stored: somebody types, comes or goes.
type Live struct {
	Ticket  string // of typing; "" of presence
	EndUser string // whose ticket it is, or who came or went; "" where it was an agent
	Actor   event.Actor
	Typing  bool
	Viewing bool // an agent has opened the ticket, or, if not Typing either, left it
	Online  bool // of presence
}

// Presence tells the live readers of this process who is there and who types. It
// holds nothing that matters: what gets lost is told anew.
type Presence struct {
	mu     sync.Mutex
	online map[event.Actor]int            // streams open
	ears   map[string]map[chan Live]bool  // by end user; "" hears all
	at     map[string]map[event.Actor]int // who looks at a ticket, in how many windows
}

// NewPresence returns a presence with nobody there.
func NewPresence() *Presence {
	return &Presence{online: map[event.Actor]int{}, ears: map[string]map[chan Live]bool{}, at: map[string]map[event.Actor]int{}}
}

// earSize is how many signs a slow reader may be behind; more are dropped.
const earSize = 16

// Listen gives what concerns an end user, or with "" everything, until stop is called.
func (p *Presence) Listen(endUser string) (c <-chan Live, stop func()) {
	ear := make(chan Live, earSize)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ears[endUser] == nil {
		p.ears[endUser] = map[chan Live]bool{}
	}
	p.ears[endUser][ear] = true
	return ear, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if delete(p.ears[endUser], ear); len(p.ears[endUser]) == 0 {
			delete(p.ears, endUser)
		}
	}
}

// tell reaches those whom it concerns: everybody hears of agents who come and go.
func (p *Presence) tell(l Live) {
	if l.EndUser == "" {
		for _, ears := range p.ears {
			tellEars(ears, l)
		}
		return
	}
	tellEars(p.ears[""], l)
	tellEars(p.ears[l.EndUser], l)
}

func tellEars(ears map[chan Live]bool, l Live) {
	for ear := range ears {
		select {
		case ear <- l:
		default: // he is behind, and will be told anew
		}
	}
}

// Typing says that somebody types on a ticket, or has stopped. It fades by itself
// at whoever hears it, six seconds later.
func (p *Presence) Typing(t *Ticket, who event.Actor, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(Live{Ticket: t.ID, EndUser: t.EndUser, Actor: who, Typing: on})
}

// Come says that somebody opened a stream; leave says that he closed it.
func (p *Presence) Come(who event.Actor) (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.online[who]++
	if p.online[who] == 1 {
		p.tell(Live{EndUser: endUserOf(who), Actor: who, Online: true})
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.online[who]--; p.online[who] == 0 {
			delete(p.online, who)
			p.tell(Live{EndUser: endUserOf(who), Actor: who})
		}
	})
}

// View says that an agent has opened a ticket; leave says that he closed it. Other
// agents are told, so that two don't answer at once; end users aren't.
func (p *Presence) View(t *Ticket, who event.Actor) (leave func()) {
	id := t.ID
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at[id] == nil {
		p.at[id] = map[event.Actor]int{}
	}
	if p.at[id][who]++; p.at[id][who] == 1 {
		tellEars(p.ears[""], Live{Ticket: id, Actor: who, Viewing: true})
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.at[id][who]--; p.at[id][who] > 0 {
			return
		}
		if delete(p.at[id], who); len(p.at[id]) == 0 {
			delete(p.at, id)
		}
		tellEars(p.ears[""], Live{Ticket: id, Actor: who})
	})
}

// Viewers are the agents who have a ticket open, in order.
func (p *Presence) Viewers(ticket string) []event.Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Keys(p.at[ticket]), func(a, b event.Actor) int { return strings.Compare(a.String(), b.String()) })
}

func endUserOf(who event.Actor) string {
	if who.Kind == event.EndUser {
		return who.ID
	}
	return ""
}

// Online says whether somebody has a stream open.
func (p *Presence) Online(who event.Actor) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.online[who] > 0
}

// Staffed says whether any agent has a stream open.
func (p *Presence) Staffed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for who := range p.online {
		if who.Kind == event.Agent {
			return true
		}
	}
	return false
}
