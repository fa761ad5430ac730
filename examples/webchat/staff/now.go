package staff

import (
	"errors"
	"net/http"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// now serves how the desk stands, for whom the cookie names.
func (p *Page) now() http.Handler {
	return http.StripPrefix("/api/now", p.desk.Live.Handler(func(r *http.Request) (event.Actor, error) {
		me, err := p.desk.People.Agent(r.Context(), p.agentOf(r))
		if errors.Is(err, store.ErrNotFound) || err == nil && me.Inactive {
			return event.Actor{}, identity.ErrSession
		}
		if err != nil {
			return event.Actor{}, err
		}
		return me.Actor(), nil
	}))
}
