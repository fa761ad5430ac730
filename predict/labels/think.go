package labels

import (
	"context"
	"errors"
	"strings"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// opinion is what models say about a ticket.
type opinion struct {
	Version string // "": no model is for it
	Said    string // "": it abstains
	Best    predict.Scored

	Shadow     string // version
	ShadowSaid string
}

// errCold: a model isn't in memory, and may be loaded outside of transactions only.
var errCold = errors.New("a model has to be loaded first")

// chosen are the versions that a ticket is given to; nil where there is none.
type chosen struct{ active, shadow *Version }

func choose(ctx context.Context, tx *store.Tx, app, language string) (c chosen, err error) {
	r, err := current(ctx, tx)
	if err != nil {
		return c, err
	}
	if m := r.serves(app, language, active); m != nil {
		if c.active, err = versions.Shared(ctx, tx, m.Active); err != nil {
			return c, err
		}
	}
	if m := r.serves(app, language, shadow); m != nil {
		c.shadow, err = versions.Shared(ctx, tx, m.Shadow)
	}
	return c, err
}

// think asks the versions, whose models get gives. A shadow whose model can't be read says
// nothing: it must do the active version no harm.
func (s *Service) think(ctx context.Context, c chosen, text string, get func(version string) (*predict.Model, error)) (*opinion, error) {
	o := &opinion{}
	if c.active != nil {
		m, err := get(c.active.ID)
		if err != nil {
			return nil, err
		}
		o.Version = c.active.ID
		o.Said, o.Best = c.active.label(m, text)
	}
	if c.shadow != nil {
		m, err := get(c.shadow.ID)
		if unreadable(err) {
			s.log.WarnContext(ctx, "a model in the shadow says nothing", "version", c.shadow.ID, "error", err)
			return o, nil
		}
		if err != nil {
			return nil, err
		}
		o.Shadow = c.shadow.ID
		o.ShadowSaid, _ = c.shadow.label(m, text)
	}
	return o, nil
}

// unreadable says whether a model can't be read, and never will be: by another version of
// the program it may be.
func unreadable(err error) bool {
	return missing(err) || errors.Is(err, predict.ErrOlder) || errors.Is(err, predict.ErrNewer) || errors.Is(err, predict.ErrDamaged)
}

// label is what a version says of a text, by its own thresholds.
func (v *Version) label(m *predict.Model, text string) (said string, best predict.Scored) {
	best = m.Predict(text).Best
	if best.Confidence >= v.least(best.Label, m) {
		said = best.Label
	}
	return said, best
}

// atHand gives models that are in memory.
func (s *Service) atHand(version string) (*predict.Model, error) {
	if m := s.cache.get(version); m != nil {
		return m, nil
	}
	return nil, errCold
}

// ask finds out what models say of a text, the host's one included. No transaction is open.
func (s *Service) ask(ctx context.Context, q Question) (*opinion, error) {
	var c chosen
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = choose(ctx, tx, q.App, q.Language)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.host != nil {
		c.active = nil
	}
	o, err := s.think(ctx, c, q.Text, func(version string) (*predict.Model, error) { return s.cache.load(ctx, s.db, version) })
	if err != nil || s.host == nil {
		return o, err
	}
	p, err := s.host.Classify(ctx, q)
	if err != nil {
		return nil, err
	}
	o.Version, o.Best = HostModel, p.Best
	o.Best.Label = cut(strings.TrimSpace(store.CleanText(o.Best.Label)), ticket.MaxTag)
	o.Said = cut(strings.TrimSpace(store.CleanText(p.Label)), ticket.MaxTag)
	if o.Best.Label == "" {
		o.Best.Label = o.Said
	}
	if !(o.Best.Confidence >= 0 && o.Best.Confidence <= 1) { // nor NaN
		o.Best.Confidence = 0
	}
	return o, nil
}

// firstLook is how many messages are searched for the first text.
const firstLook = 20

// question is a ticket's title and the first text of its end user's; nil if there is no
// text yet. seq is that of its message.
func (s *Service) question(ctx context.Context, tickets *ticket.Service, t *ticket.Ticket) (q *Question, seq int64, err error) {
	ms, _, err := tickets.Messages(ctx, system(), t.ID, 0, 0, firstLook)
	if err != nil {
		return nil, 0, err
	}
	for _, m := range ms {
		text := strings.TrimSpace(m.Text)
		if m.Kind != ticket.Public || m.Author.Kind != event.EndUser || text == "" {
			continue
		}
		if title := strings.TrimSpace(t.Title); title != "" && !strings.HasPrefix(text, strings.TrimRight(title, " ….")) {
			text = title + "\n" + text
		}
		return &Question{Ticket: t.ID, App: t.App, Language: t.Language, Text: cut(text, predict.MaxText)}, m.Seq, nil
	}
	return nil, 0, nil
}
