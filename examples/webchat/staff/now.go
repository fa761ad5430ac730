package staff

import (
	"net/http"

	"github.com/frontdesk-go/frontdesk/store/event"
)

// now serves how the desk stands.
func (p *Page) now() http.Handler {
	return http.StripPrefix("/api/now", p.desk.Live.Handler(p.actor))
}

// actor is whom the cookie names.
func (p *Page) actor(r *http.Request) (event.Actor, error) {
	me, err := p.who(r)
	if err != nil {
		return event.Actor{}, err
	}
	return me.Actor(), nil
}
