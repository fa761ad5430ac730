package analytics

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// setting is what figures need to know of a calendar, a queue or an agent, as the log has
// told it so far: a rebuild finds it as it was at each event.
type setting struct {
	ID       string      `json:"id"`             // generation and the event's subject: queue:billing
	Plan     *hours.Plan `json:"plan,omitempty"` // of a calendar
	Calendar string      `json:"calendar,omitempty"`
	Team     string      `json:"team,omitempty"`
	Rev      store.Rev   `json:"-"`
}

var settings = &store.Collection[setting]{
	Name:       "analytics_setting",
	Key:        func(s *setting) string { return s.ID },
	Rev:        func(s *setting) *store.Rev { return &s.Rev },
	Impersonal: "holds settings",
}

// setting is what is known of a subject: the zero value of who was never heard of.
func (b *book) setting(ctx context.Context, subject string) (*setting, error) {
	if s := b.settings[subject]; s != nil {
		return s, nil
	}
	s, err := settings.Shared(ctx, b.tx, string(b.gen)+"/"+subject)
	if errors.Is(err, store.ErrNotFound) {
		s, err = &setting{}, nil
	}
	if err == nil {
		b.settings[subject] = s
	}
	return s, err
}

// learn keeps what an event says of a calendar, a queue or an agent.
func (b *book) learn(ctx context.Context, e *event.Event) error {
	var said struct {
		Hours    *hours.Plan `json:"hours"`
		Calendar string      `json:"calendar"`
		Team     string      `json:"team"`
	}
	if len(e.Facts) > 0 {
		if err := json.Unmarshal(e.Facts, &said); err != nil {
			return err
		}
	}
	s := &setting{ID: string(b.gen) + "/" + e.Subject, Plan: said.Hours, Calendar: said.Calendar, Team: said.Team}
	old, err := settings.Lock(ctx, b.tx, s.ID, store.ForUpdate)
	switch {
	case err == nil:
		s.Rev = old.Rev
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if err := settings.Put(ctx, b.tx, s); err != nil {
		return err
	}
	b.settings[e.Subject] = s
	if agent, ok := strings.CutPrefix(e.Subject, "agent:"); ok && (old == nil || old.Team != s.Team) {
		return b.settle(ctx, agent, e.Time) // his time so far is that of the team before
	}
	return nil
}

// team is the team that an agent is in now; "" is none.
func (b *book) team(ctx context.Context, agent string) (string, error) {
	if agent == "" {
		return "", nil
	}
	s, err := b.setting(ctx, "agent:"+agent)
	if err != nil {
		return "", err
	}
	return s.Team, nil
}

// hours are the business hours of a queue: those of its calendar, or else of the desk; nil
// is always.
func (b *book) hours(ctx context.Context, queue string) (*hours.Calendar, error) {
	id := ""
	if queue != "" {
		q, err := b.setting(ctx, "queue:"+queue)
		if err != nil {
			return nil, err
		}
		id = q.Calendar
	}
	for _, id := range []string{id, ticket.DeskCalendar} {
		if id == "" {
			continue
		}
		s, err := b.setting(ctx, "calendar:"+id)
		if err != nil {
			return nil, err
		}
		if s.Plan == nil {
			continue
		}
		if c := b.clocks.of(id, s.Plan); c != nil {
			return c, nil
		}
	}
	return nil, nil
}

// clocks are the calendars that were compiled last, by id. What they were made of tells
// whether they still are what is asked for.
type clocks struct {
	mu    sync.Mutex
	known map[string]clock
}

type clock struct {
	plan     *hours.Plan
	calendar *hours.Calendar // nil: it can't be used here
}

func (cs *clocks) of(id string, plan *hours.Plan) *hours.Calendar {
	const most = 1000
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if k, ok := cs.known[id]; ok && (k.plan == plan || reflect.DeepEqual(k.plan, plan)) {
		return k.calendar
	}
	made, err := hours.New(*plan)
	if err != nil {
		made = nil
	}
	if cs.known == nil || len(cs.known) >= most {
		cs.known = map[string]clock{}
	}
	cs.known[id] = clock{plan, made}
	return made
}
