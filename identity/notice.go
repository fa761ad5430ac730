package identity

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// NoticeKind is what an agent is told of.
type NoticeKind string

// The kinds of notice.
const (
	NoticeAssigned  NoticeKind = "assigned"  // he was given a ticket
	NoticeMentioned NoticeKind = "mentioned" // in a note
	NoticeReplied   NoticeKind = "replied"   // the end user wrote on a ticket that he has or follows
	NoticeBreach    NoticeKind = "breach"    // a service target of a ticket that he has or follows was missed
	NoticeRule      NoticeKind = "rule"      // a rule says so
)

// NoticeKinds are all there are, in order.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{NoticeAssigned, NoticeBreach, NoticeMentioned, NoticeReplied, NoticeRule}
}

func validMuted(kinds []NoticeKind) error {
	for _, k := range kinds {
		if !slices.Contains(NoticeKinds(), k) {
			return &store.FieldError{Field: "agent.muted", Reason: "are assigned, breach, mentioned, replied and rule"}
		}
	}
	return nil
}

// Mute says of what an agent isn't told, in place of what he said before; none is
// everything. He says so himself, or who has the permission Configure. An unknown kind
// is a *store.FieldError, an agent who isn't there store.ErrNotFound.
func (s *Service) Mute(ctx context.Context, actor event.Actor, agent string, kinds []NoticeKind) (*Agent, error) {
	if err := validMuted(kinds); err != nil {
		return nil, err
	}
	return s.changeAgent(ctx, actor, agent, ownOr(actor, agent), func(_ context.Context, _ *store.Tx, a *Agent) error {
		a.Muted = slices.Compact(slices.Sorted(slices.Values(kinds)))
		return nil
	})
}

// ownOr is what somebody needs for what is an agent's own: of himself, to be staff.
func ownOr(actor event.Actor, agent string) Permission {
	if actor == (event.Actor{Kind: event.Agent, ID: agent}) {
		return Converse
	}
	return Configure
}

// AuthorizeOwn is Authorize for what is an agent's own affair: he may, and so may
// who has the permission Configure.
func (s *Service) AuthorizeOwn(ctx context.Context, tx *store.Tx, actor event.Actor, agent string, read bool) error {
	return s.Authorize(ctx, tx, actor, ownOr(actor, agent), On{Subject: "agent:" + agent, Read: read})
}

// Told returns an agent who is to be told of something about a ticket, or nil: he isn't
// active, has muted it, or doesn't see the ticket. Nobody asked for it, so the audit
// log has nothing of it.
func (s *Service) Told(ctx context.Context, tx *store.Tx, agent string, k NoticeKind, c *Case) (*Agent, error) {
	a, err := s.Member(ctx, tx, agent)
	if errors.Is(err, store.ErrNotFound) || err == nil && slices.Contains(a.Muted, k) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sight, err := s.decide(ctx, tx, a.Actor(), Converse, On{})
	if err != nil || !sight.Sees(c) {
		return nil, err
	}
	return a, nil
}
