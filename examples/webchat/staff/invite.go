package staff

import (
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
)

// How people come to work here and leave, and which programs do something for them.

type invitationForm struct {
	ID      string    `json:"id"`
	Email   string    `json:"email"`
	Team    string    `json:"team"`
	Groups  []string  `json:"groups"`
	Expires time.Time `json:"expires"`
	Link    string    `json:"link,omitempty"` // of a new one only: nobody can read it again
}

func (p *Page) invitations(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	is, _, err := p.desk.People.Invitations(r.Context(), me.Actor(), "", 100)
	if err != nil {
		return err
	}
	list := []invitationForm{}
	for _, i := range is {
		if i.Used.IsZero() && i.Revoked.IsZero() && time.Now().Before(i.Expires) {
			list = append(list, invitationForm{ID: i.ID, Email: i.Email, Team: i.Team, Groups: i.Groups, Expires: i.Expires})
		}
	}
	return write(w, map[string]any{"invitations": list})
}

// invite makes an invitation. The example shows its link; a host mails it.
func (p *Page) invite(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in invitationForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	i, token, err := p.desk.People.Invite(r.Context(), me.Actor(), identity.Invitation{Email: in.Email, Team: in.Team, Groups: in.Groups})
	if err != nil {
		return err
	}
	return write(w, invitationForm{ID: i.ID, Email: i.Email, Team: i.Team, Groups: i.Groups, Expires: i.Expires, Link: "#/join/" + token})
}

func (p *Page) uninvite(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.People.RevokeInvitation(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// join lets in who has an invitation, and signs him in.
func (p *Page) join(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Token string `json:"token"`
		Name  string `json:"name"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.AcceptInvitation(r.Context(), in.Token, identity.Newcomer{Name: in.Name})
	if err != nil {
		return err
	}
	p.welcome(w, r, a)
	return write(w, map[string]any{"agent": agentOf(a)})
}

func (p *Page) deactivate(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Agent string `json:"agent"`
		To    string `json:"to"` // who gets the open tickets; "": their groups and queues
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.Deactivate(r.Context(), me.Actor(), in.Agent, identity.Handover{To: in.To})
	if err != nil {
		return err
	}
	return write(w, agentOf(a))
}

func (p *Page) activate(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Agent string `json:"agent"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.Agent(r.Context(), in.Agent)
	if err != nil {
		return err
	}
	a.Inactive = false
	if err := p.desk.People.SaveAgent(r.Context(), me.Actor(), a); err != nil {
		return err
	}
	return write(w, agentOf(a))
}

type keyForm struct {
	ID      string                `json:"id"`
	Name    string                `json:"name"`
	May     []identity.Permission `json:"may"`
	Created time.Time             `json:"created"`
	Used    *time.Time            `json:"used,omitempty"`
	Secret  string                `json:"secret,omitempty"` // of a new one only
}

func (p *Page) keys(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ks, _, err := p.desk.People.Keys(r.Context(), me.Actor(), "", 200)
	if err != nil {
		return err
	}
	list := []keyForm{}
	for _, k := range ks {
		if !k.Revoked.IsZero() {
			continue
		}
		f := keyForm{ID: k.ID, Name: k.Name, May: k.May, Created: k.Created}
		if !k.Used.IsZero() {
			f.Used = &k.Used
		}
		list = append(list, f)
	}
	return write(w, map[string]any{"keys": list})
}

func (p *Page) addKey(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in keyForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	k, secret, err := p.desk.People.AddKey(r.Context(), me.Actor(), identity.Key{Name: in.Name, May: in.May})
	if err != nil {
		return err
	}
	return write(w, keyForm{ID: k.ID, Name: k.Name, May: k.May, Created: k.Created, Secret: secret})
}

func (p *Page) revokeKey(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.People.RevokeKey(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
