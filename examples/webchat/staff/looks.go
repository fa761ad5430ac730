package staff

import (
	"net/http"
	"sync"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// looks says which ticket each open page has before it. A page counts for as long as
// its stream is open.
type looks struct {
	mu   sync.Mutex
	tabs map[string]*look // by agent and tab
}

type look struct {
	ticket string
	leave  func()
}

// open begins a page; close ends what it looked at.
func (l *looks) open(tab string) (close func()) {
	mine := &look{leave: func() {}}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before := l.tabs[tab]; before != nil {
		before.leave() // its stream is about to find out that it is dead
	}
	l.tabs[tab] = mine
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		mine.leave()
		if l.tabs[tab] == mine {
			delete(l.tabs, tab)
		}
	}
}

// at says what a page looks at now; nothing where t is nil.
func (l *looks) at(tab string, t *ticket.Ticket, enter func() (leave func())) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.tabs[tab]
	if mine == nil || t != nil && mine.ticket == t.ID {
		return
	}
	mine.leave()
	mine.ticket, mine.leave = "", func() {}
	if t != nil {
		mine.ticket, mine.leave = t.ID, enter()
	}
}

// viewing takes which ticket a page has before it.
func (p *Page) viewing(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Tab    string `json:"tab"`
		Ticket string `json:"ticket"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	var t *ticket.Ticket
	if in.Ticket != "" {
		var err error
		if t, err = p.desk.Tickets.Get(r.Context(), me.Actor(), in.Ticket); err != nil {
			return err
		}
	}
	p.looks.at(me.ID+"/"+in.Tab, t, func() func() { return p.desk.Presence.View(t, me.Actor()) })
	w.WriteHeader(http.StatusNoContent)
	return nil
}
