package bot

import (
	"context"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Mention is something of the desk that names a bot, and gives it tickets.
type Mention struct {
	Kind MentionKind `json:"kind"`
	ID   string      `json:"id"`   // of the rule, the other bot, or the app; "app/platform"
	Name string      `json:"name"` // for people
}

// MentionKind is what names a bot.
type MentionKind string

// The kinds of what names a bot.
const (
	ByRule     MentionKind = "rule"
	ByPlatform MentionKind = "platform" // as its first bot, or for feedback
	ByApp      MentionKind = "app"      // for what is reopened
	ByBot      MentionKind = "bot"      // whose flow hands off to it
)

// NamedBy tells what gives tickets to a bot: what to change before it is disabled. Rules
// and bots that are off, and archived apps, aren't told.
func (s *Service) NamedBy(ctx context.Context, actor event.Actor, id string) (all []Mention, err error) {
	err = s.look(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		all = nil
		if s.rules != nil {
			if all, err = s.rules(ctx, tx, actor, id); err != nil {
				return err
			}
		}
		if err := s.namedByApps(ctx, tx, id, &all); err != nil {
			return err
		}
		return s.namedByBots(ctx, tx, id, &all)
	})
	return all, err
}

func (s *Service) namedByApps(ctx context.Context, tx *store.Tx, id string, all *[]Mention) error {
	for cursor := ""; ; {
		apps, next, err := s.Tickets.In(tx).Apps(ctx, cursor, maxPage)
		if err != nil {
			return err
		}
		for _, a := range apps {
			if a.Archived {
				continue
			}
			if a.Reopen.To == ticket.ToBot && a.Reopen.Bot == id {
				*all = append(*all, Mention{ByApp, a.ID, a.Name})
			}
			for _, p := range a.Platforms {
				if p.FirstBot == id || p.FeedbackBot == id {
					*all = append(*all, Mention{ByPlatform, a.ID + "/" + p.Name, a.Name + ", " + p.Name})
				}
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

func (s *Service) namedByBots(ctx context.Context, tx *store.Tx, id string, all *[]Mention) error {
	for b, err := range bots.Scan(ctx, tx, store.ByKey().Limit(MaxBots)) {
		if err != nil {
			return err
		}
		if b.ID == id || b.State != Published {
			continue
		}
		e, err := editions.Get(ctx, tx, editionKey(b.ID, b.Version))
		if err != nil {
			return err
		}
		if leadsTo(e.Flow, id) {
			*all = append(*all, Mention{ByBot, b.ID, b.Name})
		}
	}
	return nil
}

// leadsTo says whether a flow hands off to a bot.
func leadsTo(f *flow.Flow, id string) bool {
	for i := range f.Steps {
		if h := f.Steps[i].HandOff; h != nil && h.Bot == id {
			return true
		}
		if r := f.Steps[i].Reopen; r != nil && r.Bot == id {
			return true
		}
	}
	return false
}
