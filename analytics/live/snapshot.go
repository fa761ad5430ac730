package live

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
)

// Snapshot is a desk as it stands.
type Snapshot struct {
	At      time.Time
	Through int64 // position in the log up to which tickets are counted
	Queues  []Queue
	Agents  []Agent // those who aren't offline, and offline ones who have tickets; at most MaxAgents
	Total   Tickets
	Minutes [60]Minute // of the last hour, the oldest first
	Spike   *Spike     // more come than usual, on the whole desk; nil: no

	said    map[string]*warned // what was last said of queues, by id
	behind  bool               // events are there that aren't counted yet
	turns   time.Time          // when a colour gets worse although nothing happens; zero: never
	changes time.Time          // when anything is different, likewise
}

// MaxAgents is how many agents a snapshot holds.
const MaxAgents = 1000

// Tickets are how many there are now, and what became of them in the last 60 minutes.
type Tickets struct {
	Open    int
	Backlog int           // that wait for a person, and nobody has
	Wait    time.Duration // average wait of the backlog, by the clock on the wall
	Hour    Hour
}

// Hour is what happened in the last 60 minutes.
type Hour struct {
	Created, Assigned, FirstResponses, Resolved, Reopened int
	FirstResponse                                         analytics.Value // average, in seconds
}

// Minute is what happened in a minute.
type Minute struct {
	Created  int `json:"created"`
	Resolved int `json:"resolved"`
}

// Queue is a queue as it stands. The one with no id is of tickets that are in none.
type Queue struct {
	ID, Name string
	Tickets
	Front             queue.Front // its longest wait, and whether it is at work
	Available, Agents int         // who serve it: those that are available, and all
	// Capacity is what those that are available can still take, in tickets that weigh 1. nil:
	// one of them has no limit. Who serves several queues has it once, but is in all of them.
	Capacity *float64
	Spike    *Spike
}

// Agent is an agent as he stands.
type Agent struct {
	ID, Name, Team string
	State          queue.State
	Since          time.Time
	Reason         string
	Waiting        int // tickets of his whose end users wait for him
	queue.Load
}

// metrics are what is read of the last hour.
var metrics = []analytics.Metric{analytics.Created, analytics.Assigned, analytics.FirstResponses, analytics.Resolved, analytics.Reopened, analytics.FirstResponseTimeAvg}

// snapshot puts together what the board knows, and what is counted, if that is wanted.
func (s *Service) snapshot(ctx context.Context, tx *store.Tx, sight *identity.Sight, counted bool) (*Snapshot, error) {
	snap := &Snapshot{At: s.now()}
	for _, q := range s.board.queues {
		snap.Queues = append(snap.Queues, Queue{ID: q.ID, Name: q.Name})
	}
	if counted {
		if err := s.count(ctx, tx, sight, snap); err != nil {
			return nil, err
		}
	}
	for i := range snap.Queues {
		q := &snap.Queues[i]
		if q.ID == "" {
			continue
		}
		def := s.board.queues[i]
		var err error
		if q.Front, err = s.Queues.Front(ctx, tx, def); err != nil {
			return nil, err
		}
		q.Available, q.Agents, q.Capacity = s.board.serving(def)
		snap.until(&snap.turns, q.Front.Turns)
		snap.until(&snap.changes, q.Front.Until)
	}
	snap.until(&snap.changes, snap.turns)
	if err := s.said(ctx, tx, snap); err != nil || !counted {
		return snap, err
	}
	waiting, err := s.Figures.Levels(ctx, tx, analytics.Agent, sight)
	if err != nil {
		return nil, err
	}
	snap.Agents = s.board.present(waiting)
	head, err := s.Events.HeadIn(ctx, tx)
	snap.behind = head > snap.Through
	return snap, err
}

// until notes the first of the moments when something changes by itself.
func (n *Snapshot) until(first *time.Time, at time.Time) {
	if at.After(n.At) && (first.IsZero() || at.Before(*first)) {
		*first = at
	}
}

// count fills in how many tickets there are in each queue, and what happened in the hour.
func (s *Service) count(ctx context.Context, tx *store.Tx, sight *identity.Sight, snap *Snapshot) error {
	of := func(id string) *Tickets {
		i := slices.IndexFunc(snap.Queues, func(q Queue) bool { return q.ID == id })
		if i < 0 && id != "" {
			return &Tickets{} // of a queue that is gone
		}
		if i < 0 {
			i = len(snap.Queues)
			snap.Queues = append(snap.Queues, Queue{})
		}
		return &snap.Queues[i].Tickets
	}
	for _, by := range []analytics.Dimension{"", analytics.Queue} {
		levels, err := s.Figures.Levels(ctx, tx, by, sight)
		if err != nil {
			return err
		}
		for _, l := range levels {
			t := &snap.Total
			if by != "" {
				t = of(l.Value)
			}
			t.Open, t.Backlog, t.Wait = l.Open, l.Backlog, l.Wait
		}
	}
	// The hour ends with the minute that is under way.
	end := snap.At.Truncate(time.Minute).Add(time.Minute)
	q := analytics.Query{From: end.Add(-time.Hour), To: end, Grain: analytics.Minute, By: []analytics.Dimension{analytics.Queue}, Metrics: metrics, Limit: analytics.MaxRows}
	var all []analytics.Row
	rows := map[string][]analytics.Row{}
	for more := true; more; more = q.After != "" {
		t, err := s.Figures.Seen(ctx, tx, sight, q)
		if err != nil {
			return err
		}
		for _, r := range t.Rows {
			rows[r.Keys[0]] = append(rows[r.Keys[0]], r)
			m := &snap.Minutes[int(r.Start.Sub(q.From)/time.Minute)]
			m.Created += int(r.Values[0].Number)
			m.Resolved += int(r.Values[3].Number)
		}
		all = append(all, t.Rows...)
		q.After, snap.Through = t.Next, t.Through
	}
	if snap.Total.Hour = hourOf(all); snap.Total.Hour != (Hour{}) {
		snap.until(&snap.changes, end)
	}
	for id, rs := range rows {
		of(id).Hour = hourOf(rs)
	}
	return nil
}

// hourOf adds up minutes.
func hourOf(rows []analytics.Row) (h Hour) {
	seconds := 0.0
	for _, r := range rows {
		v := r.Values
		h.Created += int(v[0].Number)
		h.Assigned += int(v[1].Number)
		h.FirstResponses += int(v[2].Number)
		h.Resolved += int(v[3].Number)
		h.Reopened += int(v[4].Number)
		seconds += v[5].Number * v[2].Number
	}
	if h.FirstResponses > 0 {
		h.FirstResponse = analytics.Value{Number: seconds / float64(h.FirstResponses), Known: true}
	}
	return h
}

// serving counts who serves a queue, and what they can still take.
func (b *board) serving(q *queue.Queue) (available, agents int, capacity *float64) {
	left, unlimited := 0.0, false
	for _, a := range b.agents {
		if !q.Serves(a.Agent) {
			continue
		}
		agents++
		if a.State != queue.Available {
			continue
		}
		available++
		if a.load.Limit == 0 {
			unlimited = true
		}
		left += max(a.load.Limit-a.load.Weight, 0)
	}
	if unlimited {
		return available, agents, nil
	}
	return available, agents, &left
}

// present are the agents who are there, or have tickets: available ones first, then by name.
func (b *board) present(waiting []analytics.Level) (all []Agent) {
	for _, a := range b.agents {
		if a.State == queue.Offline && a.load.Tickets == 0 {
			continue
		}
		n := Agent{ID: a.ID, Name: a.Name, Team: a.Team, State: a.State, Since: a.Since, Reason: a.Reason, Load: a.load}
		if i, ok := slices.BinarySearchFunc(waiting, a.ID, func(l analytics.Level, id string) int { return cmp.Compare(l.Value, id) }); ok {
			n.Waiting = waiting[i].Waiting
		}
		all = append(all, n)
	}
	order := []queue.State{queue.Available, queue.Away, queue.Offline}
	slices.SortFunc(all, func(a, b Agent) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), MaxAgents)]
}
