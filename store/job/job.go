package job

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Waiting State = "waiting" // for its time, for a worker, or behind others of its key
	Running State = "running" // somebody holds a lease on it
	Dead    State = "dead"    // given up; see Queue.Dead
	Done    State = "done"    // only the mark is left: no owner, data or error
)

// Job is one piece of work.
type Job struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Key      string    `json:"key,omitempty"`
	Owner    string    `json:"owner,omitempty"` // id of the end user whose data it holds
	Data     []byte    `json:"data,omitempty"`  // JSON
	State    State     `json:"state"`
	RunAt    time.Time `json:"runAt"`             // not before
	Attempt  int       `json:"attempt,omitempty"` // from 1 while it runs; how many there were when it doesn't
	Error    string    `json:"error,omitempty"`   // of the last attempt, at most 1000 bytes
	Enqueued time.Time `json:"enqueued"`
	Ended    time.Time `json:"ended,omitzero"` // when it became done or dead
}

// Payload reads Data into v.
func (j *Job) Payload(v any) error {
	if err := json.Unmarshal(j.Data, v); err != nil {
		return fmt.Errorf("data of job %s: %w", j.ID, err)
	}
	return nil
}

// entry is a job as it is stored.
type entry struct {
	Job
	Seq    int64     `json:"seq,omitempty"`    // place behind the head of its key; 0: not behind anything
	Lease  *lease    `json:"lease,omitempty"`  // while it runs
	Erased bool      `json:"erased,omitempty"` // to be removed when its turn comes
	Rev    store.Rev `json:"-"`

	spent bool // its last attempt never ended; not stored
}

// lease is the right to complete a job.
type lease struct {
	Token  string    `json:"token"`  // of one attempt
	Holder string    `json:"holder"` // the process
	Until  time.Time `json:"until"`
}

// atOnce is the due moment of what needn't wait.
var atOnce = time.Unix(1, 0)

// due is when somebody must look at the job: at its time, or when its lease is
// over. It is zero for what waits behind another, and for what has ended.
func (e *entry) due() time.Time {
	switch {
	case e.State == Dead || e.State == Done || e.Seq > 0:
		return time.Time{}
	case e.Lease != nil:
		return e.Lease.Until
	case e.Erased:
		return atOnce
	}
	return e.RunAt
}

// chained says whether the job has a place among those of its key.
func (e *entry) chained() bool { return e.Key != "" && (e.State == Waiting || e.State == Running) }

// behind is the place behind a head, nil for all others.
func (e *entry) behind() any {
	if e.Seq == 0 {
		return nil
	}
	return e.Seq
}

// ended is when the job came to rest in state s.
func (e *entry) ended(s State) any {
	if e.State != s {
		return nil
	}
	return e.Ended
}

// subjects names the owner.
func (e *entry) subjects() []string {
	if e.Owner == "" {
		return nil
	}
	return []string{e.Owner}
}

// erase empties the job. One with a place among those of its key keeps it until
// its turn comes: if it went at once, nobody would call the one behind it.
func (e *entry) erase(string) (keep bool) {
	e.Owner, e.Data, e.Error, e.Lease, e.Erased = "", nil, "", nil, true
	if keep = e.chained(); keep {
		e.State = Waiting
	}
	return keep
}

// jobs are found by kind and due moment (only what can be run next, or is being
// run), behind the head of a key, and by when they ended. The kind comes first
// so that a process passes over the kinds that it doesn't know in one step each.
var jobs = &store.Collection[entry]{
	Name: "job",
	Key:  func(e *entry) string { return e.ID },
	Rev:  func(e *entry) *store.Rev { return &e.Rev },
	Columns: []store.Column[entry]{
		{Name: "kind", Kind: store.Text, Of: func(e *entry) any { return e.Kind }},
		{Name: "due", Kind: store.Time, Of: func(e *entry) any { return e.due() }},
		{Name: "key", Kind: store.Text, Of: func(e *entry) any { return e.Key }},
		{Name: "seq", Kind: store.Int, Of: (*entry).behind},
		{Name: "dead", Kind: store.Time, Of: func(e *entry) any { return e.ended(Dead) }},
		{Name: "done", Kind: store.Time, Of: func(e *entry) any { return e.ended(Done) }},
		{Name: "owner", Kind: store.Text, Of: func(e *entry) any { return e.Owner }},
	},
	Indexes: []store.Index{
		{Name: "due", On: []string{"kind", "due"}},
		{Name: "behind", On: []string{"key", "seq"}},
		{Name: "dead", On: []string{"dead"}},
		{Name: "done", On: []string{"done"}},
		{Name: "owner", On: []string{"owner"}},
	},
	Subjects: (*entry).subjects,
	Erase:    (*entry).erase,
	Found:    []store.Way{store.InIndex("owner")},
	Show:     func(e *entry, _ []string) any { return e.shown() },
}

// shown is the job without what only workers need.
func (e *entry) shown() any {
	return struct {
		ID    string          `json:"id"`
		Kind  string          `json:"kind"`
		State State           `json:"state"`
		RunAt time.Time       `json:"runAt"`
		Data  json.RawMessage `json:"data,omitempty"`
		Error string          `json:"error,omitempty"`
	}{e.ID, e.Kind, e.State, e.RunAt, e.Data, e.Error}
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any { return []store.Any{jobs, chains} }
