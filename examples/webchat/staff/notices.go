package staff

import (
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
)

// What an agent is told, and of what he wants to be told.

type noticeForm struct {
	ID     string              `json:"id"`
	Kind   identity.NoticeKind `json:"kind"`
	Ticket refForm             `json:"ticket"`
	By     personForm          `json:"by"`
	Time   time.Time           `json:"time"`
	Read   bool                `json:"read"`
}

func (p *Page) notices(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	ns, _, err := p.desk.Tickets.Notices(ctx, me.Actor(), me.ID, "", 30)
	if err != nil {
		return err
	}
	unread, err := p.desk.Tickets.UnreadNotices(ctx, me.Actor(), me.ID)
	if err != nil {
		return err
	}
	list := []noticeForm{}
	for _, n := range ns {
		f := noticeForm{ID: n.ID, Kind: n.Kind, Time: n.Time, Read: n.Read}
		if f.Ticket, err = p.ref(ctx, me, n.Ticket); err != nil {
			return err
		}
		if f.Ticket.Number == 0 {
			continue // he doesn't see it any more
		}
		if f.By, err = p.person(ctx, n.By); err != nil {
			return err
		}
		list = append(list, f)
	}
	return write(w, map[string]any{"notices": list, "unread": unread, "muted": me.Muted})
}

func (p *Page) readNotices(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if _, err := p.desk.Tickets.MarkNoticesRead(r.Context(), me.Actor(), me.ID, ""); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *Page) mute(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Muted []identity.NoticeKind `json:"muted"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if _, err := p.desk.People.Mute(r.Context(), me.Actor(), me.ID, in.Muted); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
