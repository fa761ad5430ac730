package staff

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// What staff keeps of an end user, who is kept out, and what is known of somebody.

type noteForm struct {
	ID      string     `json:"id"`
	Text    string     `json:"text"`
	By      personForm `json:"by"`
	Created time.Time  `json:"created"`
}

func (p *Page) notes(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx, user := r.Context(), r.PathValue("user")
	ns, err := p.desk.People.Notes(ctx, me.Actor(), user)
	if err != nil {
		return err
	}
	list := make([]noteForm, len(ns))
	for i, n := range ns {
		list[i] = noteForm{ID: n.ID, Text: n.Text, Created: n.Created}
		if list[i].By, err = p.person(ctx, n.By); err != nil {
			return err
		}
	}
	ban, err := p.banOf(ctx, me, user)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"notes": list, "ban": ban})
}

func (p *Page) addNote(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Text string `json:"text"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	n, err := p.desk.People.AddNote(r.Context(), me.Actor(), r.PathValue("user"), in.Text)
	if err != nil {
		return err
	}
	return write(w, map[string]string{"id": n.ID})
}

func (p *Page) deleteNote(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.People.DeleteNote(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type banForm struct {
	ID      string           `json:"id"`
	Kind    identity.BanKind `json:"kind"`
	Value   string           `json:"value"`
	Who     string           `json:"who,omitempty"` // the end user's name
	Reason  string           `json:"reason"`
	By      personForm       `json:"by"`
	Created time.Time        `json:"created"`
	Until   *time.Time       `json:"until,omitempty"`
}

func (p *Page) banFormOf(ctx context.Context, b *identity.Ban) (f banForm, err error) {
	f = banForm{ID: b.ID, Kind: b.Kind, Value: b.Value, Reason: b.Reason, Created: b.Created}
	if !b.Until.IsZero() {
		f.Until = &b.Until
	}
	if b.EndUser != "" {
		u, err := p.desk.People.EndUser(ctx, b.EndUser)
		if err == nil {
			f.Who = u.Display()
		} else if !errors.Is(err, store.ErrNotFound) {
			return f, err
		}
	}
	f.By, err = p.person(ctx, b.By)
	return f, err
}

// banOf is the ban that keeps an end user out, or nil.
func (p *Page) banOf(ctx context.Context, me *identity.Agent, user string) (*banForm, error) {
	b, err := p.desk.People.BanOf(ctx, me.Actor(), user, netip.Addr{})
	if b == nil || err != nil {
		return nil, err
	}
	f, err := p.banFormOf(ctx, b)
	return &f, err
}

func (p *Page) bans(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	bs, next, err := p.desk.People.Bans(ctx, me.Actor(), r.FormValue("after"), 100)
	if err != nil {
		return err
	}
	list := make([]banForm, len(bs))
	for i, b := range bs {
		if list[i], err = p.banFormOf(ctx, b); err != nil {
			return err
		}
	}
	ws, _, err := p.desk.People.Withheld(ctx, me.Actor(), "", 50)
	if err != nil {
		return err
	}
	type withheldForm struct {
		ID   string     `json:"id"`
		Who  personForm `json:"who"`
		Text string     `json:"text"`
		Time time.Time  `json:"time"`
	}
	kept := make([]withheldForm, len(ws))
	for i, wh := range ws {
		kept[i] = withheldForm{ID: wh.ID, Text: wh.Text, Time: wh.Time}
		if kept[i].Who, err = p.person(ctx, event.Actor{Kind: event.EndUser, ID: wh.EndUser}); err != nil {
			return err
		}
	}
	return write(w, map[string]any{"bans": list, "next": next, "withheld": kept})
}

func (p *Page) ban(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Kind   identity.BanKind `json:"kind"`
		Value  string           `json:"value"`
		Reason string           `json:"reason"`
		Days   int              `json:"days"` // 0: without an end
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	b := identity.Ban{Kind: in.Kind, Value: in.Value, Reason: in.Reason}
	if in.Days > 0 {
		b.Until = time.Now().AddDate(0, 0, in.Days)
	}
	made, err := p.desk.People.Ban(r.Context(), me.Actor(), b)
	if err != nil {
		return err
	}
	return write(w, map[string]string{"id": made.ID})
}

func (p *Page) lift(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.People.Lift(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// erase forgets an end user.
func (p *Page) erase(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if _, err := p.desk.People.Erase(r.Context(), me.Actor(), r.PathValue("user")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// export is all that is known of an end user, with his files. What goes wrong once it
// has begun breaks the download off: half of it must not pass for all.
func (p *Page) export(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	begun := &begun{ResponseWriter: w}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="person.zip"`)
	w.Header().Set("Cache-Control", "no-store")
	err := p.desk.People.Archive(r.Context(), me.Actor(), r.PathValue("user"), begun)
	if err != nil && begun.wrote {
		p.log.WarnContext(r.Context(), "export broke off", "end_user", r.PathValue("user"), "error", err)
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		w.Header().Del("Content-Disposition")
	}
	return err
}

// begun knows whether something was written.
type begun struct {
	http.ResponseWriter
	wrote bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.wrote = true
	return b.ResponseWriter.Write(p)
}

// logOut ends an end user's sessions on all of his devices.
func (p *Page) logOut(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	n, err := p.desk.People.LogoutEverywhere(r.Context(), me.Actor(), r.PathValue("user"))
	if err != nil {
		return err
	}
	return write(w, map[string]int{"devices": n})
}
