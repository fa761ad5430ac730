package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// run is a bot's conversation on a ticket. It is there as long as the bot has the ticket.
type run struct {
	ID      string     `json:"id"`
	Ticket  string     `json:"ticket"`
	EndUser string     `json:"end_user"`
	Bot     string     `json:"bot"`
	Version int        `json:"version"`
	State   flow.State `json:"state"`
	Turn    int        `json:"turn"`           // how often it went on
	Seen    int64      `json:"seen"`           // sequence number of the last message that was taken
	Hops    int        `json:"hops,omitempty"` // bots before it that nobody said anything to
	// Feedback: it is about a resolution, and ends without anybody getting the ticket.
	Feedback bool      `json:"feedback,omitempty"`
	Until    time.Time `json:"until,omitzero"` // so long an answer is waited for
	// Wakes is when the timer of that goes off, which may be before: it is moved on then, and
	// not with each message.
	Wakes time.Time `json:"wakes,omitzero"`
	Began time.Time `json:"began"`
	Rev   store.Rev `json:"-"`
}

var runs = &store.Collection[run]{
	Name:     "bot_run",
	Key:      func(r *run) string { return r.Ticket },
	Rev:      func(r *run) *store.Rev { return &r.Rev },
	Columns:  []store.Column[run]{{Name: "bot", Kind: store.Text, Of: func(r *run) any { return r.Bot }}, {Name: "end_user", Kind: store.Text, Of: func(r *run) any { return r.EndUser }}},
	Indexes:  []store.Index{{Name: "bot", On: []string{"bot"}}, {Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(r *run) []string { return []string{r.EndUser} },
	Erase:    func(*run, string) bool { return false },
	Found:    []store.Way{store.InIndex("end_user")},
}

// maxHops is how many bots hand a ticket on to each other before a person gets it.
const maxHops = 5

// Hook ends a bot's conversation in the transaction in which somebody takes its ticket
// away or closes it. Give it to ticket.Open; its name belongs in store.Options.Hooks.
func Hook() ticket.Hook { return ticket.Hook{Name: "bots", Do: leave} }

func leave(ctx context.Context, tx *store.Tx, c *ticket.Change) error {
	if c.Before == nil || talker(c.Before) == "" {
		return nil
	}
	stays := talker(c.Before) == talker(c.After) && c.Before.Status.Open() == c.After.Status.Open()
	if stays && !forgets(c) {
		return nil
	}
	r, err := runs.Get(ctx, tx, c.After.ID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if stays {
		r.State.Written, r.State.Answers, r.State.Responses = "", nil, nil
		return runs.Put(ctx, tx, r)
	}
	return runs.Delete(ctx, tx, r)
}

// forgets says whether something that the end user wrote was taken out: the conversation
// says it no more, and hands off where it would.
func forgets(c *ticket.Change) bool {
	return slices.Contains(c.Events(), ticket.Redacted) && slices.ContainsFunc(c.Messages, func(m *ticket.Message) bool { return m.Author.Kind == event.EndUser })
}

// talker is the bot that talks on a ticket, or does once its intake is over: the one that
// has it, or asks about its resolution. "" is none.
func talker(t *ticket.Ticket) string {
	switch {
	case !t.Status.Open():
		return t.FeedbackBot()
	case t.BotHasIt() && t.Merged == nil && !t.Erased:
		return t.Assignee.ID
	}
	return ""
}

func actorOf(bot string) event.Actor { return event.Actor{Kind: event.Bot, ID: bot} }

// held is a ticket that is locked, if a bot talks on it now.
func held(ctx context.Context, tx *store.Tx, id string) (*ticket.Ticket, error) {
	t, err := ticket.Hold(ctx, tx, id)
	if missing(err) || err == nil && (talker(t) == "" || t.Intake != "") {
		return nil, nil
	}
	return t, err
}

// begin makes a conversation of a bot's on a ticket that it was given, or whose resolution
// it asks about. One that isn't at work hands off.
func (s *Service) begin(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (*run, error) {
	id, use := talker(t), flow.Conversation
	if !t.Status.Open() {
		use = flow.Feedback
	}
	b, err := bots.Lock(ctx, tx, id, store.Share)
	if err != nil && !missing(err) {
		return nil, err
	}
	if missing(err) || b.State != Published || b.Use != use {
		s.log.WarnContext(ctx, "a ticket was given to a bot that isn't at work", "ticket", t.ID, "bot", id)
		return nil, s.giveUp(ctx, tx, t, "bot "+id+" isn't at work")
	}
	r := &run{ID: s.Events.IDs().New(), Ticket: t.ID, EndUser: t.EndUser, Bot: b.ID, Version: b.Version, Began: s.now()}
	if use == flow.Feedback {
		r.Feedback, r.Seen = true, t.Resolution.From
	}
	return r, nil
}

// giveUp gives a ticket to the default queue; one that is resolved stays so, and nobody
// asks about it any more.
func (s *Service) giveUp(ctx context.Context, tx *store.Tx, t *ticket.Ticket, why string) (err error) {
	ctx = event.Because(ctx, event.Cause{Depth: 1, Reason: why})
	if t.Status.Open() {
		_, err = s.Tickets.In(tx).UnassignDefault(ctx, system(), t.ID)
	} else {
		_, err = s.Tickets.In(tx).EndFeedback(ctx, system(), t.ID)
	}
	return err
}

// advance goes on with a conversation, in the transaction that holds its ticket, and keeps
// where it is then.
func (s *Service) advance(ctx context.Context, tx *store.Tx, t *ticket.Ticket, r *run, in flow.Input) error {
	p, err := s.player(ctx, tx, r.Bot, r.Version)
	if _, ok := failure(err); ok || missing(err) {
		s.log.ErrorContext(ctx, "a bot can't talk", "bot", r.Bot, "version", r.Version, "error", err)
		return s.giveUp(ctx, tx, t, fmt.Sprintf("bot %s can't talk: %v", r.Bot, err))
	}
	if err != nil {
		return err
	}
	r.Turn++
	r.EndUser = t.EndUser
	w := s.newWorld(ctx, tx, t, r, p)
	r.State.Languages = w.languages()
	if err := p.machine.Advance(ctx, &r.State, in, w); err != nil {
		return err
	}
	if w.about.err != nil {
		return w.about.err
	}
	if err := s.told(ctx, tx, r); err != nil {
		return err
	}
	if r.State.Waits == flow.Over {
		return s.over(ctx, tx, r)
	}
	if err := s.wait(ctx, tx, r, p); err != nil {
		return err
	}
	return runs.Put(ctx, tx, r)
}

// over takes away what is left of a conversation: the hook has taken the rest.
func (s *Service) over(ctx context.Context, tx *store.Tx, r *run) error {
	left, err := runs.Get(ctx, tx, r.Ticket)
	if err == nil && left.ID == r.ID {
		err = runs.Delete(ctx, tx, left)
	}
	if err == nil || missing(err) {
		err = s.Jobs.Cancel(ctx, tx, patienceKind+"/"+r.ID)
	}
	if missing(err) {
		return nil
	}
	return err
}

const (
	errandKind   = "bot.errand"
	patienceKind = "bot.patience"
)

// timer is the payload of jobs about a conversation.
type timer struct {
	Ticket string `json:"ticket"`
	Run    string `json:"run"`
	Step   int    `json:"step,omitempty"` // how many steps were taken then
}

// errandPatience is how long what is asked outside may take, with all that is tried again.
const errandPatience = time.Hour

// errNoResult is what a flow hears of an errand whose job is dead.
var errNoResult = errors.New("nothing has come back")

// wait sets what wakes a conversation that waits. The timer is there as long as the
// conversation is: whatever it waits for may never come.
func (s *Service) wait(ctx context.Context, tx *store.Tx, r *run, p *player) error {
	first, patience := r.Until.IsZero(), p.patience(r.State.Step)
	if r.State.Waits == flow.ForResult {
		patience = errandPatience
		data, err := event.JSON(timer{r.Ticket, r.ID, r.State.Executed})
		if err != nil {
			return err
		}
		if err := s.Jobs.Enqueue(ctx, tx, job.Spec{ID: fmt.Sprintf("%s/%s/%d", errandKind, r.ID, r.State.Executed), Kind: errandKind, Data: data}); err != nil {
			return err
		}
	}
	data, err := event.JSON(timer{Ticket: r.Ticket, Run: r.ID})
	if err != nil {
		return err
	}
	r.Until = s.now().Add(patience)
	id := patienceKind + "/" + r.ID
	switch {
	case first:
		r.Wakes = r.Until
		return s.Jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: patienceKind, Data: data, RunAt: r.Until})
	case !r.Wakes.IsZero() && !r.Until.Before(r.Wakes):
		return nil
	}
	r.Wakes = r.Until
	return s.Jobs.Reschedule(ctx, tx, id, r.Until)
}

// wake moves a conversation's timer.
func (s *Service) wake(ctx context.Context, tx *store.Tx, r *run, at time.Time) error {
	r.Wakes = at
	if err := runs.Put(ctx, tx, r); err != nil {
		return err
	}
	return s.Jobs.Reschedule(ctx, tx, patienceKind+"/"+r.ID, at)
}

// patience is how long a step waits for an answer.
func (p *player) patience(step string) time.Duration {
	for i := range p.flow.Steps {
		if s := &p.flow.Steps[i]; s.ID == step && s.Confirm != nil && s.Confirm.Expires > 0 {
			return time.Duration(s.Confirm.Expires)
		}
	}
	if p.flow.Patience > 0 {
		return time.Duration(p.flow.Patience)
	}
	return time.Duration(flow.DefaultPatience)
}

// late is the timer of a conversation in which nobody answers.
func (s *Service) late(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var on timer
	if err := j.Payload(&on); err != nil {
		return job.Permanent(err)
	}
	t, r, err := s.talking(ctx, tx, on)
	if r == nil || err != nil {
		return err
	}
	if s.now().Before(r.Until) {
		return s.wake(ctx, tx, r, r.Until)
	}
	// A message that came before this, and isn't taken yet, is an answer.
	if err := s.catchUp(ctx, tx, t, r); err != nil {
		return err
	}
	if _, r, err = s.talking(ctx, tx, on); r == nil || err != nil {
		return err
	}
	if s.now().Before(r.Until) {
		return s.wake(ctx, tx, r, r.Until)
	}
	in := flow.Input{Late: true}
	if r.State.Waits == flow.ForResult {
		in = flow.Input{Result: &flow.Result{Err: errNoResult}}
	}
	// Whatever comes next, an errand too, the timer goes on as long as the conversation does:
	// one that has gone off for good can't be set any more.
	if err := s.wake(ctx, tx, r, s.now().Add(time.Minute)); err != nil {
		return err
	}
	return s.advance(ctx, tx, t, r, in)
}

// talking is the conversation that a job is about, and its ticket, which is locked; nil if
// it is over.
func (s *Service) talking(ctx context.Context, tx *store.Tx, on timer) (*ticket.Ticket, *run, error) {
	t, err := held(ctx, tx, on.Ticket)
	if t == nil || err != nil {
		return nil, nil, err
	}
	r, err := runs.Get(ctx, tx, on.Ticket)
	if missing(err) || err == nil && r.ID != on.Run {
		return nil, nil, nil
	}
	return t, r, err
}
