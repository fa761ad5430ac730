package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// DeskCalendar is the id of the desk's own calendar, which counts where nothing else
// is set. A desk needs none: it is always open then.
const DeskCalendar = "desk"

// CalendarSaved is the type of the event that says that a calendar was created or
// changed. Its subject is "calendar:" and the id, and its facts are the [Calendar].
const CalendarSaved = "calendar.saved"

// Calendar holds business hours, to which platforms, queues, policies and others
// refer by its id.
type Calendar struct {
	ID    string     `json:"id"`   // [a-z][a-z0-9_]{0,63}
	Name  string     `json:"name"` // 1 to 255 characters
	Hours hours.Plan `json:"hours"`
	// Archived calendars aren't offered any more. They go on working where they are
	// used, and none is deleted.
	Archived bool      `json:"archived,omitempty"`
	Updated  time.Time `json:"updated"`
	Rev      store.Rev `json:"-"`
}

var calendars = &store.Collection[Calendar]{
	Name:       "calendar",
	Key:        func(c *Calendar) string { return c.ID },
	Rev:        func(c *Calendar) *store.Rev { return &c.Rev },
	Impersonal: "holds settings",
}

func (c *Calendar) valid() error {
	if !keyPattern.MatchString(c.ID) {
		return &store.FieldError{Field: "calendar.id", Reason: "has 1 to 64 of a-z, 0-9 and _, and begins with a letter", Limit: 64}
	}
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > MaxTitle {
		return &store.FieldError{Field: "calendar.name", Reason: "has 1 to 255 characters", Limit: MaxTitle}
	}
	_, err := hours.New(c.Hours)
	if bad, ok := errors.AsType[*hours.PlanError](err); ok {
		return &store.FieldError{Field: "calendar.hours." + bad.Field, Reason: bad.Reason}
	}
	return err
}

// SaveCalendar creates a calendar (revision 0), or changes the one that was read
// before. A bad value is a *store.FieldError, an id that is taken store.ErrExists, and
// a calendar that was changed meanwhile store.ErrStale.
func (s *Service) SaveCalendar(ctx context.Context, actor event.Actor, c *Calendar) error {
	if err := c.valid(); err != nil {
		return err
	}
	return s.configure(ctx, actor, identity.Configure, "calendar:"+c.ID, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		c.Updated = s.now()
		err := calendars.Put(ctx, tx, c)
		if err == nil {
			err = s.movePolicies(ctx, tx)
		}
		if err != nil {
			return nil, err
		}
		facts, err := event.JSON(c)
		return &event.Event{Type: CalendarSaved, Subject: "calendar:" + c.ID, Revision: int64(c.Rev), Actor: actor, Facts: facts}, err
	})
}

// Calendar returns the calendar with this id, or store.ErrNotFound.
func (s *Service) Calendar(ctx context.Context, id string) (c *Calendar, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err = calendars.Get(ctx, tx, id)
		return err
	})
	return c, err
}

// Calendars returns at most limit calendars, archived ones too, and no more than 200,
// in order of id, and the cursor of the next page.
func (s *Service) Calendars(ctx context.Context, after string, limit int) (cs []*Calendar, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		cs, next, err = calendars.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return cs, next, err
}

// NeedCalendar refuses an id that no calendar has, with a *store.FieldError of the
// field that it is in. "" is none, and fine.
func (s *Service) NeedCalendar(ctx context.Context, tx *store.Tx, field, id string) error {
	if id == "" {
		return nil
	}
	_, err := calendars.Shared(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return &store.FieldError{Field: field, Reason: fmt.Sprintf("there is no calendar %q", id)}
	}
	return err
}

// Hours returns the calendar that counts: of the ids the first that isn't "", or else
// the desk's. nil is always open. An id that no calendar has counts as the desk's, and
// so does a calendar whose time zone this machine doesn't know; both are logged, the
// latter once.
func (s *Service) Hours(ctx context.Context, tx *store.Tx, ids ...string) (*hours.Calendar, error) {
	if id := cmp.Or(ids...); id != "" && id != DeskCalendar {
		c, err := s.hoursOf(ctx, tx, id)
		if !errors.Is(err, errNoHours) {
			return c, err
		}
		if errors.Is(err, store.ErrNotFound) {
			s.log.WarnContext(ctx, "there is no such calendar, and the desk's counts instead", slog.String("calendar", id))
		}
	}
	c, err := s.hoursOf(ctx, tx, DeskCalendar)
	if errors.Is(err, errNoHours) {
		return nil, nil
	}
	return c, err
}

// errNoHours says that a calendar isn't there, or can't be used here.
var errNoHours = errors.New("no business hours")

func (s *Service) hoursOf(ctx context.Context, tx *store.Tx, id string) (*hours.Calendar, error) {
	c, err := calendars.Shared(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", errNoHours, err)
	}
	if err != nil {
		return nil, err
	}
	made, first, err := s.clocks.of(c)
	if err != nil && first {
		s.log.ErrorContext(ctx, "a calendar can't be used, and the desk's counts instead, or it is always open", slog.String("calendar", id), slog.Any("error", err))
	}
	return made, err
}

// clocks are the calendars that were compiled last, by id. Each is known by what it was
// made of and not by its revision, which two transactions may give to two plans when
// the first is undone.
type clocks struct {
	mu    sync.Mutex
	known map[string]clock
}

type clock struct {
	of       *Calendar // nobody changes it
	calendar *hours.Calendar
	err      error
}

// of compiles a calendar, the first time that it is seen.
func (cs *clocks) of(c *Calendar) (made *hours.Calendar, first bool, err error) {
	const most = 1000
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if k, ok := cs.known[c.ID]; ok && (k.of == c || reflect.DeepEqual(k.of.Hours, c.Hours)) {
		cs.known[c.ID] = clock{c, k.calendar, k.err}
		return k.calendar, false, k.err
	}
	if made, err = hours.New(c.Hours); err != nil {
		err = fmt.Errorf("%w: %w", errNoHours, err)
	}
	if cs.known == nil || len(cs.known) >= most {
		cs.known = map[string]clock{}
	}
	cs.known[c.ID] = clock{c, made, err}
	return made, true, err
}
