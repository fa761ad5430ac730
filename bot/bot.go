package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// The limits of bots.
const (
	MaxBots = 200
	MaxID   = 60 // bytes
	MaxName = 100
)

// State says whether a bot is at work.
type State string

// The states.
const (
	Draft     State = "draft" // it was never published
	Published State = "published"
	Disabled  State = "disabled"
)

// Bot is one that tickets can be given to, as ticket.Service.AssignBot does.
type Bot struct {
	ID      string     `json:"id"` // a-z, 0-9, - and _; chosen by who makes it
	Name    string     `json:"name"`
	State   State      `json:"state"`
	Draft   *flow.Flow `json:"draft"`             // what Publish publishes
	Version int        `json:"version,omitempty"` // that new tickets begin with; 0: none
	Use     flow.Use   `json:"use,omitempty"`     // of that version
	Created time.Time  `json:"created"`
	Rev     store.Rev  `json:"-"`
}

var bots = &store.Collection[Bot]{
	Name:       "bot",
	Key:        func(b *Bot) string { return b.ID },
	Rev:        func(b *Bot) *store.Rev { return &b.Rev },
	Impersonal: "holds what bots say",
}

// edition is a version of a bot. Tickets end with the one that they began with.
type edition struct {
	Bot       string      `json:"bot"`
	Number    int         `json:"number"`
	Flow      *flow.Flow  `json:"flow"`
	Published time.Time   `json:"published"`
	By        event.Actor `json:"by"`
	Rev       store.Rev   `json:"-"`
}

var editions = &store.Collection[edition]{
	Name:       "bot_version",
	Key:        func(e *edition) string { return editionKey(e.Bot, e.Number) },
	Rev:        func(e *edition) *store.Rev { return &e.Rev },
	Impersonal: "holds what bots say",
}

func editionKey(bot string, number int) string { return fmt.Sprintf("%s/%06d", bot, number) }

var botPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func (b *Bot) valid() error {
	switch {
	case !botPattern.MatchString(b.ID):
		return &store.FieldError{Field: "bot.id", Reason: "is made of a-z, 0-9, - and _"}
	case len(b.ID) > MaxID:
		return store.TooLong("bot.id", MaxID)
	case strings.TrimSpace(b.Name) == "":
		return &store.FieldError{Field: "bot.name", Reason: "is missing"}
	case utf8.RuneCountInString(b.Name) > MaxName:
		return store.TooLong("bot.name", MaxName)
	case b.Draft == nil:
		return &store.FieldError{Field: "bot.draft", Reason: "is missing"}
	case len(b.Draft.Steps) > flow.MaxSteps:
		return &store.FieldError{Field: "bot.draft", Reason: "has at most 500 steps", Limit: flow.MaxSteps}
	}
	return nil
}

// Save creates a bot (revision 0), or changes name and draft of the one that was read
// before; state and version stay. The draft may be wrong: Publish says so. It is for who
// may configure. Errors: *store.FieldError, store.ErrExists, store.ErrStale.
func (s *Service) Save(ctx context.Context, actor event.Actor, b *Bot) error {
	if err := b.valid(); err != nil {
		return err
	}
	asked := *b
	return s.configure(ctx, actor, b.ID, func(ctx context.Context, tx *store.Tx) (string, store.Rev, error) {
		*b = asked
		if b.Rev == 0 {
			n, err := bots.Count(ctx, tx, store.ByKey().Limit(MaxBots))
			if err != nil {
				return "", 0, err
			}
			if n >= MaxBots {
				return "", 0, &store.FieldError{Field: "bot", Reason: "a desk has at most 200", Limit: MaxBots}
			}
			b.State, b.Version, b.Use, b.Created = Draft, 0, "", s.now()
			err = bots.Put(ctx, tx, b)
			return "bot.created", b.Rev, err
		}
		was, err := bots.Get(ctx, tx, b.ID)
		if err != nil {
			return "", 0, err
		}
		b.State, b.Version, b.Use, b.Created = was.State, was.Version, was.Use, was.Created
		err = bots.Put(ctx, tx, b)
		return "bot.changed", b.Rev, err
	})
}

// ProblemsError says why a bot can't be published.
type ProblemsError struct{ Problems []flow.Problem }

func (e *ProblemsError) Error() string { return (&flow.CheckError{Problems: e.Problems}).Error() }

// Publish makes a bot's draft the version that new tickets begin with, and has it work, if
// it was disabled. Tickets that it has go on with theirs. A draft that has problems beside
// warnings is a *ProblemsError.
func (s *Service) Publish(ctx context.Context, actor event.Actor, id string) (b *Bot, err error) {
	err = s.configure(ctx, actor, id, func(ctx context.Context, tx *store.Tx) (string, store.Rev, error) {
		if b, err = bots.Lock(ctx, tx, id, store.ForUpdate); err != nil {
			return "", 0, err
		}
		ps, err := s.problems(ctx, tx, b.Draft)
		if err != nil {
			return "", 0, err
		}
		if ps = slices.DeleteFunc(ps, func(p flow.Problem) bool { return p.Warning }); len(ps) > 0 {
			return "", 0, &ProblemsError{ps}
		}
		last, err := s.lastEdition(ctx, tx, id)
		if err != nil {
			return "", 0, err
		}
		e := &edition{Bot: id, Number: last + 1, Flow: b.Draft, Published: s.now(), By: actor}
		if err := editions.Put(ctx, tx, e); err != nil {
			return "", 0, err
		}
		b.State, b.Version, b.Use = Published, e.Number, e.Flow.Use
		err = bots.Put(ctx, tx, b)
		return "bot.published", b.Rev, err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (s *Service) lastEdition(ctx context.Context, tx *store.Tx, id string) (number int, err error) {
	for e, err := range editions.Scan(ctx, tx, store.ByKey().From(id+"/").To(id+"0").Desc().Limit(1)) {
		if err != nil {
			return 0, err
		}
		number = e.Number
	}
	return number, nil
}

// RollBack has new tickets begin with an earlier version; store.ErrNotFound if there is
// none of this number.
func (s *Service) RollBack(ctx context.Context, actor event.Actor, id string, version int) error {
	return s.configure(ctx, actor, id, func(ctx context.Context, tx *store.Tx) (string, store.Rev, error) {
		b, err := bots.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return "", 0, err
		}
		e, err := editions.Get(ctx, tx, editionKey(id, version))
		if err != nil || b.Version == version {
			return "", 0, err
		}
		b.Version, b.Use = version, e.Flow.Use
		err = bots.Put(ctx, tx, b)
		return "bot.published", b.Rev, err
	})
}

const emptyKind = "bot.empty"

// Disable takes a bot from work: it begins with no ticket any more, and those that it has
// are handed off to where its flow does, in the background. What goes on naming it NamedBy
// tells, and rules that do automation's Lint.
func (s *Service) Disable(ctx context.Context, actor event.Actor, id string) error {
	return s.configure(ctx, actor, id, func(ctx context.Context, tx *store.Tx) (string, store.Rev, error) {
		b, err := bots.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil || b.State == Disabled {
			return "", 0, err
		}
		b.State = Disabled
		if err := bots.Put(ctx, tx, b); err != nil {
			return "", 0, err
		}
		data, err := event.JSON(id)
		if err != nil {
			return "", 0, err
		}
		err = s.Jobs.Enqueue(ctx, tx, job.Spec{ID: fmt.Sprintf("%s/%s/%d", emptyKind, id, b.Rev), Kind: emptyKind, Data: data})
		return "bot.disabled", b.Rev, err
	})
}

// Bot returns a bot, or store.ErrNotFound.
func (s *Service) Bot(ctx context.Context, actor event.Actor, id string) (b *Bot, err error) {
	err = s.look(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		b, err = bots.Get(ctx, tx, id)
		return err
	})
	return b, err
}

// Bots returns at most limit bots, and no more than 200, by id, and the cursor of the next
// page, "" when this is the last.
func (s *Service) Bots(ctx context.Context, actor event.Actor, after string, limit int) (bs []*Bot, next string, err error) {
	err = s.look(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		bs, next, err = bots.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return bs, next, err
}

// AtWork says whether a bot takes tickets now: open ones, or those that were resolved. It
// stays so until the transaction, which may write, ends.
func AtWork(ctx context.Context, tx *store.Tx, id string, use flow.Use) (bool, error) {
	b, err := bots.Lock(ctx, tx, id, store.Share)
	if missing(err) {
		return false, nil
	}
	return err == nil && b.State == Published && b.Use == use, err
}

// Flow returns a version of a bot as it was published, or store.ErrNotFound.
func (s *Service) Flow(ctx context.Context, actor event.Actor, id string, version int) (f *flow.Flow, err error) {
	err = s.look(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		e, err := editions.Get(ctx, tx, editionKey(id, version))
		if err == nil {
			f = e.Flow
		}
		return err
	})
	return f, err
}
