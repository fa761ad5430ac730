package ticket

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
)

// Live is what passes and isn't stored: somebody types, comes or goes.
type Live struct {
	Ticket  string // of typing and viewing; "" of presence
	EndUser string // whose ticket it is, or who came or went; "" where it was an agent
	Actor   event.Actor
	Typing  bool
	Viewing bool // an agent has opened the ticket, or, if not Typing either, left it
	Online  bool // of presence
}

// Presence tells live readers who is there, who looks at which ticket and who
// types. It holds nothing that matters: what gets lost is told anew. Where
// processes share a store, [Presence.Share] tells each of them of the others.
type Presence struct {
	mu     sync.Mutex
	online map[event.Actor]int           // streams open, of this process
	ears   map[string]map[chan Live]bool // by end user; "" hears all
	calls  map[*func(Live)]bool          // who is called with everything
	staff  int                           // agents' streams, here, and processes at which an agent is
	views  map[seat]int                  // windows in which somebody looks at a ticket, of this process
	types  map[seat]time.Time            // when somebody last said that he types, of this process
	faded  time.Time                     // when those who have stopped were last forgotten

	elsewhere map[event.Actor]int // processes besides this one where somebody is
	viewed    map[seat]int        // and where he looks at a ticket
	moved     chan struct{}       // rung when there is something to tell the others
	pace      pace
}

// seat is somebody at a ticket.
type seat struct {
	Ticket  string      `json:"ticket"`
	EndUser string      `json:"end_user"` // whose ticket it is
	Actor   event.Actor `json:"actor"`
}

// NewPresence returns a presence with nobody there.
func NewPresence() *Presence {
	return &Presence{
		online: map[event.Actor]int{}, ears: map[string]map[chan Live]bool{}, calls: map[*func(Live)]bool{}, views: map[seat]int{}, types: map[seat]time.Time{},
		elsewhere: map[event.Actor]int{}, viewed: map[seat]int{}, moved: make(chan struct{}, 1),
		pace: pace{look: time.Second, beat: 5 * time.Second, lost: 20 * time.Second, least: 200 * time.Millisecond},
	}
}

// earSize is how many signs a slow reader may be behind; more are dropped.
const earSize = 16

// typeTime is how long a sign of typing holds at whoever hears it.
const typeTime = 6 * time.Second

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

// OnLive has f called with everything, in order, until stop is called: it is for who
// serves many readers, and drops nothing. Everybody else waits for f, which mustn't ask
// the presence anything.
func (p *Presence) OnLive(f func(Live)) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[&f] = true
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.calls, &f)
	}
}

// tell reaches those whom it concerns: everybody hears of agents who come and go,
// and agents only of agents who look at a ticket.
func (p *Presence) tell(l Live) {
	for f := range p.calls {
		(*f)(l)
	}
	switch {
	case l.Ticket != "" && !l.Typing && l.EndUser == "":
		tellEars(p.ears[""], l)
	case l.EndUser == "":
		for _, ears := range p.ears {
			tellEars(ears, l)
		}
	default:
		tellEars(p.ears[""], l)
		tellEars(p.ears[l.EndUser], l)
	}
}

func tellEars(ears map[chan Live]bool, l Live) {
	for ear := range ears {
		select {
		case ear <- l:
		default: // he is behind, and will be told anew
		}
	}
}

// ring has the other processes told.
func (p *Presence) ring() {
	select {
	case p.moved <- struct{}{}:
	default:
	}
}

// Typing says that somebody types on a ticket, or has stopped. It fades by itself
// at whoever hears it, six seconds later.
func (p *Presence) Typing(t *Ticket, who event.Actor, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := seat{t.ID, t.EndUser, who}
	p.fade()
	if delete(p.types, at); on {
		p.types[at] = time.Now()
	}
	p.tell(at.typing(on))
	p.ring()
}

// fade forgets, now and then, who hasn't said for a while that he types.
func (p *Presence) fade() {
	now := time.Now()
	if now.Sub(p.faded) < typeTime {
		return
	}
	p.faded = now
	maps.DeleteFunc(p.types, func(_ seat, when time.Time) bool { return now.Sub(when) > typeTime })
}

func (s seat) typing(on bool) Live {
	return Live{Ticket: s.Ticket, EndUser: s.EndUser, Actor: s.Actor, Typing: on}
}

// Come says that somebody opened a stream; leave says that he closed it.
func (p *Presence) Come(who event.Actor) (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.online[who]++
	p.employ(who, 1)
	p.count(who, 1)
	left := false
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if left {
			return
		}
		left = true
		if p.online[who]--; p.online[who] == 0 {
			delete(p.online, who)
		}
		p.employ(who, -1)
		p.count(who, -1)
	}
}

// employ counts those of the staff, so that asking whether anybody is there looks at
// nobody: with each who comes or goes, every stream asks.
func (p *Presence) employ(who event.Actor, by int) {
	if who.Kind == event.Agent {
		p.staff += by
	}
}

// count tells of somebody of whom there is one stream more or less, here, if that
// makes a difference.
func (p *Presence) count(who event.Actor, by int) {
	if now := p.online[who]; now == 0 || now == by {
		p.ring()
		p.appear(who, now > 0)
	}
}

// appear tells that somebody came or went, unless he is elsewhere, too.
func (p *Presence) appear(who event.Actor, on bool) {
	if p.elsewhere[who] == 0 {
		p.tell(Live{EndUser: endUserOf(who), Actor: who, Online: on})
	}
}

// View says that an agent has opened a ticket; leave says that he closed it. Other
// agents are told, so that two don't answer at once; end users aren't.
func (p *Presence) View(t *Ticket, who event.Actor) (leave func()) {
	at := seat{Ticket: t.ID, Actor: who}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.views[at]++; p.views[at] == 1 {
		p.look(at, true)
		p.ring()
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.views[at]--; p.views[at] == 0 {
			delete(p.views, at)
			p.look(at, false)
			p.ring()
		}
	})
}

// look tells that somebody looks at a ticket, or doesn't, unless he does elsewhere,
// too.
func (p *Presence) look(at seat, on bool) {
	if p.viewed[at] == 0 {
		p.tell(Live{Ticket: at.Ticket, Actor: at.Actor, Viewing: on})
	}
}

// Viewers are the agents who have a ticket open, in order.
func (p *Presence) Viewers(ticket string) (who []event.Actor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, seats := range []map[seat]int{p.views, p.viewed} {
		for at := range maps.Keys(seats) {
			if at.Ticket == ticket {
				who = append(who, at.Actor)
			}
		}
	}
	slices.SortFunc(who, func(a, b event.Actor) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(who)
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
	return p.online[who] > 0 || p.elsewhere[who] > 0
}

// EndUsers are the ids of the end users who have a stream open, here or elsewhere, in no
// order.
func (p *Presence) EndUsers() (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for who, n := range p.online {
		if n > 0 && who.Kind == event.EndUser {
			ids = append(ids, who.ID)
		}
	}
	for who, n := range p.elsewhere {
		if n > 0 && who.Kind == event.EndUser && p.online[who] == 0 {
			ids = append(ids, who.ID)
		}
	}
	return ids
}

// Staffed says whether any agent has a stream open.
func (p *Presence) Staffed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.staff > 0
}
