package identity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Team is agents with a supervisor. An agent is in one team at most. Groups, tags
// and bans may belong to a team: then its supervisor looks after them, besides
// admins.
type Team struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Supervisor string       `json:"supervisor"`     // id of the agent who leads it
	Off        []Permission `json:"off,omitempty"`  // that its members don't have, whatever their role has
	Sees       Visibility   `json:"sees,omitempty"` // at most; "" is what the role sees
	Archived   bool         `json:"archived,omitempty"`
	Created    time.Time    `json:"created"`
	Updated    time.Time    `json:"updated"`
	Rev        store.Rev    `json:"-"`
}

var teams = &store.Collection[Team]{
	Name: "team",
	Key:  func(t *Team) string { return t.ID },
	Rev:  func(t *Team) *store.Rev { return &t.Rev },
	Columns: []store.Column[Team]{
		{Name: "name", Kind: store.Text, Of: func(t *Team) any { return indexed(strings.ToLower(t.Name)) }},
		{Name: "supervisor", Kind: store.Text, Of: func(t *Team) any {
			if t.Archived {
				return nil
			}
			return t.Supervisor
		}},
	},
	Indexes:    []store.Index{{Name: "name", On: []string{"name"}, Unique: true}, {Name: "supervisor", On: []string{"supervisor"}}},
	Impersonal: "holds names of teams of staff",
}

// SaveTeam creates a team (revision 0; an empty id gets one), or changes the one that
// was read before. Its supervisor has to be an active supervisor or admin. Names are
// unique whatever their case: store.ErrExists. A bad value is a *store.FieldError, a
// team that was changed meanwhile store.ErrStale.
func (s *Service) SaveTeam(ctx context.Context, actor event.Actor, t *Team) error {
	if err := t.valid(); err != nil {
		return err
	}
	if t.ID == "" {
		t.ID = s.log.IDs().New()
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "team:" + t.ID}); err != nil {
			return err
		}
		lead, err := s.Member(ctx, tx, t.Supervisor)
		if errors.Is(err, store.ErrNotFound) || err == nil && lead.Role == AgentRole {
			return &store.FieldError{Field: "team.supervisor", Reason: "has to be an active supervisor or admin"}
		}
		if err != nil {
			return err
		}
		what := "team.changed"
		t.Updated = s.now()
		if t.Rev == 0 {
			what, t.Created = "team.created", t.Updated
		}
		if err := teams.Put(ctx, tx, t); err != nil {
			return err
		}
		return s.record(ctx, tx, &event.Event{Type: what, Subject: "team:" + t.ID, Revision: int64(t.Rev), Actor: actor}, t, nil)
	})
}

func (t *Team) valid() error {
	t.Name = strings.TrimSpace(t.Name)
	switch n := utf8.RuneCountInString(t.Name); {
	case n == 0 || n > MaxName:
		return &store.FieldError{Field: "team.name", Reason: "has 1 to 255 characters", Limit: MaxName}
	case len(t.ID) > maxID || strings.ContainsAny(t.ID, "/ \n"):
		return &store.FieldError{Field: "team.id", Reason: "has at most 100 characters, without spaces and slashes", Limit: maxID}
	case t.Sees != "" && !slices.Contains(visibilities, t.Sees):
		return &store.FieldError{Field: "team.sees", Reason: "is all, groups or own"}
	}
	return cleanToggles("team.off", &t.Off, AgentRole, Supervisor)
}

// Team returns the team with this id, archived or not, or store.ErrNotFound.
func (s *Service) Team(ctx context.Context, id string) (t *Team, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err = teams.Get(ctx, tx, id)
		return err
	})
	return t, err
}

// Teams returns at most limit teams, and no more than 200, in order of name, and the
// cursor of the next page.
func (s *Service) Teams(ctx context.Context, after string, limit int) (ts []*Team, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ts, next, err = teams.Page(ctx, tx, store.By("name").Limit(pageSize(limit)).After(after))
		return err
	})
	return ts, next, err
}

// TeamFor says to which team something belongs that an actor makes, where he says
// nothing: to that of a supervisor who leads one only, else to the desk.
func (s *Service) TeamFor(ctx context.Context, tx *store.Tx, actor event.Actor, given string) (string, error) {
	if given != "" || actor.Kind != event.Agent {
		return given, nil
	}
	a, err := lockAgent(ctx, tx, actor.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && a.Role != Supervisor {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	led, _, err := teams.Page(ctx, tx, store.By("supervisor", a.ID).Limit(2))
	if err != nil || len(led) != 1 {
		return "", err
	}
	return led[0].ID, nil
}

// Organises says whether an actor may make something that is to belong to a team, or
// change it: for that he needs the permission Organise for the team that it belongs
// to, and for the one to which it goes. The team to which it goes has to be there: a
// *store.FieldError.
func (s *Service) Organises(ctx context.Context, tx *store.Tx, actor event.Actor, subject, was, to string) error {
	for _, team := range slices.Compact([]string{was, to}) {
		if err := s.Authorize(ctx, tx, actor, Organise, On{Subject: subject, Team: team}); err != nil {
			return err
		}
	}
	if was == to && was == "" {
		return nil
	}
	kind, _, _ := strings.Cut(subject, ":")
	return s.usableTeam(ctx, tx, kind+".team", to)
}

// teamOfActor is the team that an agent is in, "" of anybody else.
func (s *Service) teamOfActor(ctx context.Context, tx *store.Tx, who event.Actor) (string, error) {
	if who.Kind != event.Agent {
		return "", nil
	}
	a, err := lockAgent(ctx, tx, who.ID)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return a.Team, nil
}

// usableTeam refuses a team to which nothing can be added.
func (s *Service) usableTeam(ctx context.Context, tx *store.Tx, field, id string) error {
	if id == "" {
		return nil
	}
	t, err := teams.Lock(ctx, tx, id, store.Share)
	if errors.Is(err, store.ErrNotFound) {
		return &store.FieldError{Field: field, Reason: "there is no team " + id}
	}
	if err == nil && t.Archived {
		return &store.FieldError{Field: field, Reason: "team " + t.Name + " is archived"}
	}
	return err
}
