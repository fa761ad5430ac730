package bot

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Advanced is the type of the event by which a bot went on with a conversation.
const Advanced = "bot.advanced"

// Facts are the payload of it. They hold nothing personal.
type Facts struct {
	Bot     string     `json:"bot"`
	Version int        `json:"version"`
	Ticket  string     `json:"ticket"`
	Took    []string   `json:"took,omitempty"` // steps, in order
	Begins  bool       `json:"begins,omitempty"`
	Step    string     `json:"step,omitempty"` // where it is
	Waits   flow.Wait  `json:"waits,omitempty"`
	Why     flow.Guard `json:"why,omitempty"` // a guard that ended it
	// Feedback: it is about a resolution.
	Feedback bool `json:"feedback,omitempty"`
}

// told appends the event of an advance.
func (s *Service) told(ctx context.Context, tx *store.Tx, r *run) error {
	f := Facts{Bot: r.Bot, Version: r.Version, Ticket: r.Ticket, Took: r.State.Took, Begins: r.Turn == 1, Step: r.State.Step, Waits: r.State.Waits, Feedback: r.Feedback}
	if r.State.Waits == flow.Over {
		f.Why = r.State.Why
	}
	e := &event.Event{Type: Advanced, Subject: "bot_run:" + r.ID, Revision: int64(r.Turn), Actor: actorOf(r.Bot)}
	var err error
	if e.Facts, err = event.JSON(f); err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, e)
}

// tally counts a version's conversations.
type tally struct {
	Bot     string       `json:"bot"`
	Version int          `json:"version"`
	Begun   int          `json:"begun"`
	Ended   int          `json:"ended"` // by the bot: the others were taken by somebody, or wait
	Guards  []GuardTally `json:"guards,omitempty"`
	Steps   []StepTally  `json:"steps,omitempty"`
	Rev     store.Rev    `json:"-"`
}

// StepTally is how often a step was taken, and how many conversations ended with it.
type StepTally struct {
	Step  string `json:"step"`
	Taken int    `json:"taken"`
	Ended int    `json:"ended"` // here, by the flow or by a guard
}

// GuardTally is how often a guard ended a conversation.
type GuardTally struct {
	Guard flow.Guard `json:"guard"`
	Ended int        `json:"ended"`
}

var tallies = &store.Collection[tally]{
	Name:       "bot_figures",
	Key:        func(t *tally) string { return editionKey(t.Bot, t.Version) },
	Rev:        func(t *tally) *store.Rev { return &t.Rev },
	Impersonal: "holds numbers",
}

// count is the projection.
func count(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	changed := map[string]*tally{}
	for _, e := range es {
		var f Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		key := editionKey(f.Bot, f.Version)
		t := changed[key]
		if t == nil {
			var err error
			if t, err = tallies.Lock(ctx, tx, key, store.ForUpdate); missing(err) {
				t, err = &tally{Bot: f.Bot, Version: f.Version}, nil
			}
			if err != nil {
				return err
			}
			t.Steps, t.Guards = slices.Clone(t.Steps), slices.Clone(t.Guards)
			changed[key] = t
		}
		t.add(&f)
	}
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		if err := tallies.Put(ctx, tx, changed[key]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) add(f *Facts) {
	if f.Begins {
		t.Begun++
	}
	for _, id := range f.Took {
		t.step(id).Taken++
	}
	if f.Waits != flow.Over {
		return
	}
	t.Ended++
	if f.Step != "" {
		t.step(f.Step).Ended++
	}
	if f.Why != "" {
		i, there := slices.BinarySearchFunc(t.Guards, f.Why, func(g GuardTally, why flow.Guard) int { return cmp.Compare(g.Guard, why) })
		if !there {
			t.Guards = slices.Insert(t.Guards, i, GuardTally{Guard: f.Why})
		}
		t.Guards[i].Ended++
	}
}

func (t *tally) step(id string) *StepTally {
	i, there := slices.BinarySearchFunc(t.Steps, id, func(s StepTally, id string) int { return cmp.Compare(s.Step, id) })
	if !there {
		t.Steps = slices.Insert(t.Steps, i, StepTally{Step: id})
	}
	return &t.Steps[i]
}

// Report is where conversations of a version went, and where they ended.
type Report struct {
	Begun  int
	Ended  int          // by the bot itself; the others were taken or closed by somebody, or go on
	Guards []GuardTally // why, where it wasn't the flow that ended them
	Steps  []StepTally  // in the order of the flow; steps that nobody came to have zeros
}

// Report tells how far the conversations of a version get. It is some milliseconds behind.
// store.ErrNotFound if the bot has no such version.
func (s *Service) Report(ctx context.Context, actor event.Actor, id string, version int) (r *Report, err error) {
	err = s.look(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		e, err := editions.Get(ctx, tx, editionKey(id, version))
		if err != nil {
			return err
		}
		t, err := tallies.Get(ctx, tx, editionKey(id, version))
		if missing(err) {
			t, err = &tally{}, nil
		}
		if err != nil {
			return err
		}
		r = &Report{Begun: t.Begun, Ended: t.Ended, Guards: t.Guards}
		for i := range e.Flow.Steps {
			r.Steps = append(r.Steps, *t.step(e.Flow.Steps[i].ID))
		}
		return nil
	})
	return r, err
}
