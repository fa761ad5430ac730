package identity

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// How long an invitation is good.
const (
	InvitationTime    = 7 * 24 * time.Hour // if it doesn't say
	MaxInvitationTime = 30 * 24 * time.Hour
	// KeepInvitations is for how long one that has ended is listed.
	KeepInvitations = 90 * 24 * time.Hour
)

// Invitation lets somebody become an agent.
type Invitation struct {
	ID      string        `json:"id"`    // UUIDv7
	Email   string        `json:"email"` // which the agent gets
	Name    string        `json:"name,omitempty"`
	Groups  []string      `json:"groups,omitempty"`
	Team    string        `json:"team,omitempty"`
	Valid   time.Duration `json:"valid"` // from when it was made; 0 is InvitationTime
	By      event.Actor   `json:"by"`
	Created time.Time     `json:"created"`
	Expires time.Time     `json:"expires"`
	Used    time.Time     `json:"used"`
	Agent   string        `json:"agent,omitempty"` // id of who accepted
	Revoked time.Time     `json:"revoked"`
	Rev     store.Rev     `json:"-"`
}

// ended says whether it was used or revoked.
func (i *Invitation) ended() bool { return !i.Used.IsZero() || !i.Revoked.IsZero() }

var invitations = &store.Collection[Invitation]{
	Name: "invitation",
	Key:  func(i *Invitation) string { return i.ID },
	Rev:  func(i *Invitation) *store.Rev { return &i.Rev },
	Columns: []store.Column[Invitation]{
		{Name: "open", Kind: store.Text, Of: func(i *Invitation) any {
			if i.ended() {
				return nil
			}
			return i.Email
		}},
		{Name: "expires", Kind: store.Time, Of: func(i *Invitation) any { return i.Expires }},
	},
	Indexes:    []store.Index{{Name: "open", On: []string{"open"}, Unique: true}, {Name: "expires", On: []string{"expires"}}},
	Impersonal: "staff are no end users",
}

// InvitationReason says why an invitation isn't taken.
type InvitationReason string

// The reasons.
const (
	InvitationBad     InvitationReason = "bad" // its token is damaged, or it is forgotten
	InvitationExpired InvitationReason = "expired"
	InvitationUsed    InvitationReason = "used"
	InvitationRevoked InvitationReason = "revoked" // or who invited may do so no more
)

// InvitationError says that an invitation isn't taken.
type InvitationError struct{ Reason InvitationReason }

func (e *InvitationError) Error() string { return "invitation refused: " + string(e.Reason) }

const invitationPurpose = "invitation"

func (i *Invitation) valid() error {
	i.Name = strings.TrimSpace(strings.Map(visible, store.CleanText(i.Name)))
	i.Email = lower(strings.TrimSpace(i.Email))
	a, err := mail.ParseAddress(i.Email)
	switch {
	case err != nil || a.Address != i.Email || len(i.Email) > MaxEmail:
		return &store.FieldError{Field: "invitation.email", Reason: "is an email address of at most 254 characters", Limit: MaxEmail}
	case utf8.RuneCountInString(i.Name) > MaxName:
		return store.TooLong("invitation.name", MaxName)
	case len(i.Groups) > maxAgentGroups:
		return &store.FieldError{Field: "invitation.groups", Reason: "at most 200 groups", Limit: maxAgentGroups}
	case i.Valid < 0 || i.Valid > MaxInvitationTime:
		return &store.FieldError{Field: "invitation.valid", Reason: "is at most 30 days", Limit: int(MaxInvitationTime / time.Hour / 24)}
	}
	if i.Valid == 0 {
		i.Valid = InvitationTime
	}
	return nil
}

// Invite invites somebody to become an agent: i says who by email, and into which
// groups and team. The token is for the mail that the host sends; it lets whoever
// has it in, once. Another invitation of this email that is still open is
// store.ErrExists until it is revoked; an active agent of this email, a group or team
// that isn't there and any other bad value is a *store.FieldError. It needs the
// permission Configure.
func (s *Service) Invite(ctx context.Context, actor event.Actor, i Invitation) (_ *Invitation, token string, err error) {
	if err := i.valid(); err != nil {
		return nil, "", err
	}
	given := i
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		i = given
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "invitation"}); err != nil {
			return err
		}
		if err := s.invitable(ctx, tx, &i); err != nil {
			return err
		}
		now := s.now()
		for old, err := range invitations.Scan(ctx, tx, store.By("open", i.Email).Limit(1)) {
			if err != nil {
				return err
			}
			if now.Before(old.Expires) {
				return &store.Error{Op: "invite", Collection: invitations.Name, Key: old.ID, Err: store.ErrExists}
			}
			if err := s.endInvitation(ctx, tx, actor, old); err != nil {
				return err
			}
		}
		i.ID, i.By, i.Created, i.Expires, i.Rev = s.log.IDs().New(), actor, now, now.Add(i.Valid), 0
		i.Used, i.Revoked, i.Agent = time.Time{}, time.Time{}, ""
		if err := invitations.Put(ctx, tx, &i); err != nil {
			return err
		}
		return s.invitationEvent(ctx, tx, actor, &i, "invitation.created")
	})
	if err != nil {
		return nil, "", err
	}
	return &i, i.ID + "." + s.Sign(invitationPurpose, i.ID), nil
}

func (s *Service) invitable(ctx context.Context, tx *store.Tx, i *Invitation) error {
	if err := s.usableGroups(ctx, tx, i.Groups, nil); err != nil {
		return err
	}
	if err := s.usableTeam(ctx, tx, "invitation.team", i.Team); err != nil {
		return err
	}
	return s.unknownEmail(ctx, tx, i.Email)
}

// unknownEmail refuses the email of an active agent.
func (s *Service) unknownEmail(ctx context.Context, tx *store.Tx, email string) error {
	for a, err := range agents.All(ctx, tx, store.By("email", email)) {
		if err != nil {
			return err
		}
		if !a.Inactive {
			return &store.FieldError{Field: "invitation.email", Reason: "is that of an active agent"}
		}
	}
	return nil
}

func (s *Service) invitationEvent(ctx context.Context, tx *store.Tx, actor event.Actor, i *Invitation, what string) error {
	facts := struct {
		Team   string   `json:"team,omitempty"`
		Groups []string `json:"groups,omitempty"`
		Agent  string   `json:"agent,omitempty"`
	}{i.Team, i.Groups, i.Agent}
	return s.record(ctx, tx, &event.Event{Type: what, Subject: "invitation:" + i.ID, Revision: int64(i.Rev), Actor: actor}, facts, nil)
}

func (s *Service) endInvitation(ctx context.Context, tx *store.Tx, actor event.Actor, i *Invitation) error {
	i.Revoked = s.now()
	if err := invitations.Put(ctx, tx, i); err != nil {
		return err
	}
	return s.invitationEvent(ctx, tx, actor, i, "invitation.revoked")
}

// RevokeInvitation ends an invitation that wasn't used. Of one that was, the error is
// an *InvitationError; one that was revoked stays so, and one that isn't there is
// store.ErrNotFound.
func (s *Service) RevokeInvitation(ctx context.Context, actor event.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "invitation:" + id}); err != nil {
			return err
		}
		i, err := invitations.Lock(ctx, tx, id, store.ForUpdate)
		switch {
		case err != nil:
			return err
		case !i.Used.IsZero():
			return &InvitationError{InvitationUsed}
		case !i.Revoked.IsZero():
			return nil
		}
		return s.endInvitation(ctx, tx, actor, i)
	})
}

// Invitations returns at most limit invitations, and no more than 200, the newest
// first, and the cursor of the next page. Those that have ended are listed for
// KeepInvitations. It needs the permission Configure.
func (s *Service) Invitations(ctx context.Context, actor event.Actor, after string, limit int) (is []*Invitation, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "invitations", Read: true}); err != nil {
			return err
		}
		is, next, err = invitations.Page(ctx, tx, store.ByKey().Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return is, next, err
}

// Newcomer is who accepts an invitation, as he or the host's sign-in says.
type Newcomer struct {
	ID      string // the host's own id of him; "" gets one
	Name    string // "" is that of the invitation, else his address
	Picture string // URL
}

// AcceptInvitation makes an agent of whoever has an invitation's token: of role agent,
// with the email, groups and team of the invitation; a group or team that was archived
// meanwhile is left out. A token that isn't taken is an *InvitationError with the
// reason; also of one whose sender may no longer invite. A bad value, or an email that
// an active agent has by now, is a *store.FieldError, and an id that is taken
// store.ErrExists: the invitation stays open then.
func (s *Service) AcceptInvitation(ctx context.Context, token string, n Newcomer) (a *Agent, err error) {
	id, signature, _ := strings.Cut(token, ".")
	if !s.Verify(signature, invitationPurpose, id) {
		return nil, &InvitationError{InvitationBad}
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		i, err := invitations.Lock(ctx, tx, id, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			return &InvitationError{InvitationBad}
		}
		if err == nil {
			err = s.open(ctx, tx, i)
		}
		if err != nil {
			return err
		}
		a, err = s.welcome(ctx, tx, i, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// open says whether an invitation can be accepted. It is as good as who sent it.
func (s *Service) open(ctx context.Context, tx *store.Tx, i *Invitation) error {
	switch {
	case !i.Used.IsZero():
		return &InvitationError{InvitationUsed}
	case !i.Revoked.IsZero():
		return &InvitationError{InvitationRevoked}
	case !s.now().Before(i.Expires):
		return &InvitationError{InvitationExpired}
	}
	_, err := s.decide(ctx, tx, i.By, Configure, On{})
	if _, refused := errors.AsType[*PermissionError](err); refused {
		return &InvitationError{InvitationRevoked}
	}
	return err
}

// welcome makes the agent, and closes the invitation.
func (s *Service) welcome(ctx context.Context, tx *store.Tx, i *Invitation, n Newcomer) (*Agent, error) {
	if err := s.unknownEmail(ctx, tx, i.Email); err != nil {
		return nil, err
	}
	a := &Agent{ID: n.ID, Name: pick(strings.TrimSpace(n.Name), pick(i.Name, i.Email)), Email: i.Email, Picture: n.Picture, Role: AgentRole}
	if err := a.valid(); err != nil {
		return nil, err
	}
	if a.ID == "" {
		a.ID = s.log.IDs().New()
	}
	for _, g := range i.Groups {
		if _, err := s.Staffed(ctx, tx, g); err == nil {
			a.Groups = append(a.Groups, g)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	a.Groups = slices.Compact(slices.Sorted(slices.Values(a.Groups)))
	if err := s.usableTeam(ctx, tx, "team", i.Team); err == nil {
		a.Team = i.Team
	} else if _, gone := errors.AsType[*store.FieldError](err); !gone {
		return nil, err
	}
	if err := s.putAgent(ctx, tx, a.Actor(), a, Handover{}); err != nil {
		return nil, err
	}
	i.Used, i.Agent = s.now(), a.ID
	if err := invitations.Put(ctx, tx, i); err != nil {
		return nil, err
	}
	return a, s.invitationEvent(ctx, tx, a.Actor(), i, "invitation.accepted")
}

// SweepInvitations forgets invitations that ended more than KeepInvitations before
// now, and says how many. It is run by the desk's housekeeping.
func (s *Service) SweepInvitations(ctx context.Context, now time.Time) (n int, err error) {
	return invitations.Sweep(ctx, s.db, store.By("expires").To(now.Add(-KeepInvitations)))
}
