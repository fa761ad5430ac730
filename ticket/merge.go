package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MergeUndo is for how long a merge can be undone.
const MergeUndo = 30 * 24 * time.Hour

// MaxMoved is how many messages move from one ticket to another at once.
const MaxMoved = 2000

// maxChain is how many merges lead from a ticket to where its messages go now.
const maxChain = 20

// Merge stands on a ticket that was merged into another one. What else it holds is
// for undoing that.
type Merge struct {
	Into   string      `json:"into"`
	Time   time.Time   `json:"time"`
	By     event.Actor `json:"by"`
	Abroad bool        `json:"abroad,omitempty"` // the other ticket is another end user's, or another app's

	Status   Status        `json:"status"`
	Resolved time.Time     `json:"resolved"`
	Waiting  time.Time     `json:"waiting"`
	Held     time.Time     `json:"held"`
	Snoozed  *Snooze       `json:"snoozed,omitempty"`
	OnHold   time.Duration `json:"on_hold,omitempty"`
	First    int64         `json:"first,omitempty"` // numbers of the messages there, from here
	Last     int64         `json:"last,omitempty"`  // to here
	Tags     []string      `json:"tags,omitempty"`  // that the other one got
	Wait     time.Time     `json:"wait"`            // the other one's own, which gave way to an earlier one
}

// MergedError says that a ticket went into another one, where what was meant for
// it is to be done.
type MergedError struct {
	ID, Into string
	Abroad   bool // into another end user's or app's: nothing goes there by itself
}

func (e *MergedError) Error() string {
	return fmt.Sprintf("ticket %s was merged into %s", e.ID, e.Into)
}

// Unwrap returns store.ErrValue.
func (e *MergedError) Unwrap() error { return store.ErrValue }

// gone is the error of what is tried on a ticket that was merged.
func (t *Ticket) gone() error { return &MergedError{t.ID, t.Merged.Into, t.Merged.Abroad} }

// arriving does something with a ticket that somebody sends to, or with the one
// that it went into.
func arriving(id string, do func(id string) error) error {
	for range maxChain {
		err := do(id)
		gone, ok := errors.AsType[*MergedError](err)
		if !ok || gone.ID != id || gone.Abroad {
			return err
		}
		id = gone.Into
	}
	return fmt.Errorf("ticket %s: more than %d merges in a row", id, maxChain)
}

// MergeOptions of Merge; nil means the defaults.
type MergeOptions struct {
	// Abroad lets a ticket of another end user, or of another app, be merged. Its
	// conversation becomes one private note on the target; its end user keeps it,
	// and sees that his ticket was closed.
	Abroad bool
}

// Merge puts a ticket's conversation into another one of the same end user and
// app, and returns both. Messages keep id, author and time, and get new numbers.
// Tags are united; otherwise what the target says counts; of two waits the earlier
// one. The source is resolved as a duplicate, with no question and no survey, and
// whatever comes for it later goes to the target. For 30 days [Service.Unmerge]
// undoes it. A *store.FieldError says what stands against it: at most 2,000
// messages move. Nothing moves of an end user who was erased: store.ErrNotFound.
func (s *Service) Merge(ctx context.Context, actor event.Actor, source, target string, o *MergeOptions) (from, to *Ticket, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	if source == target {
		return nil, nil, &store.FieldError{Field: "target", Reason: "is the ticket itself"}
	}
	return s.both(ctx, actor, source, target, func(ctx context.Context, tx *store.Tx, a, b *Change) error {
		if err := mergeable(a.After, b.After, o != nil && o.Abroad); err != nil {
			return err
		}
		from, to := a.After, b.After
		m := &Merge{Into: to.ID, Time: a.Time, By: actor, Abroad: from.EndUser != to.EndUser || from.App != to.App,
			Status: from.Status, Resolved: from.Times.Resolved, Waiting: from.WaitingSince, Held: from.Held, Snoozed: from.Snoozed, OnHold: from.OnHold}
		var err error
		if m.Abroad {
			err = s.quote(ctx, tx, b, from)
		} else {
			err = s.unite(ctx, tx, m, a, b)
		}
		if err != nil {
			return err
		}
		from.Merged = m
		from.Links = from.linked(Link{DuplicateOf, to.ID})
		if from.Status.Open() {
			from.shut(a, StatusResolved)
		}
		from.unsettle(a)
		from.Held = time.Time{}
		a.Record(Merged, &Facts{Into: to.ID, From: from.Assignee, To: from.Assignee, Group: from.Group, Queue: from.Queue})
		b.Record(Merged, &Facts{Other: from.ID, From: to.Assignee, To: to.Assignee, Group: to.Group, Queue: to.Queue})
		return nil
	})
}

func mergeable(from, to *Ticket, abroad bool) error {
	refuse := func(field, reason string) error { return &store.FieldError{Field: field, Reason: reason} }
	switch {
	case from.Merged != nil:
		return from.gone()
	case to.Merged != nil:
		return to.gone()
	case from.Erased:
		return from.erased("merge")
	case to.Erased:
		return to.erased("merge into")
	case from.Status == StatusRejected || to.Status == StatusRejected:
		return refuse("source", "can't be merged where one of the two is rejected")
	case from.Status.Open() && !to.Status.Open():
		return refuse("target", "is resolved: reopen it first, or merge the other way round")
	case (from.EndUser != to.EndUser || from.App != to.App) && !abroad:
		return refuse("target", "belongs to another end user or app")
	case len(from.Links) >= MaxLinks:
		return &store.FieldError{Field: "links", Reason: "at most 50 links", Limit: MaxLinks}
	}
	return nil
}

// unite moves the conversation, the tags and the wait.
func (s *Service) unite(ctx context.Context, tx *store.Tx, m *Merge, a, b *Change) error {
	from, to := a.After, b.After
	wasRead := to.Marks.EndUserRead >= to.Marks.Public
	wait := from.brings(m, to) // as long as its messages are there
	moved, err := s.move(ctx, tx, from, to, nil)
	if err != nil {
		return err
	}
	for _, tag := range from.Tags {
		if !to.HasTag(tag) && len(to.Tags) < MaxTags {
			to.Tags = slices.Sorted(slices.Values(append(slices.Clone(to.Tags), tag)))
			m.Tags = append(m.Tags, tag)
		}
	}
	if len(moved) > 0 {
		m.First, m.Last = moved[0].Seq, moved[len(moved)-1].Seq
	}
	if wasRead {
		to.readOn(from, moved)
	}
	to.Times.Touched = later(to.TouchedAt(), from.TouchedAt())
	if err := s.recount(ctx, tx, to); err != nil {
		return err
	}
	if err := s.recount(ctx, tx, from); err != nil {
		return err
	}
	return to.takeWait(m, wait)
}

// brings is since when the end user waits on a ticket that goes into another one.
func (t *Ticket) brings(m *Merge, to *Ticket) time.Time {
	switch {
	case !t.Status.Open() || !t.BotHasIt():
		return t.WaitingSince
	case t.Held.IsZero() && t.unanswered() && !to.BotHasIt():
		return m.Time // the bot hands it off by this
	}
	return t.Held
}

// takeWait gives the target the earlier of two waits.
func (t *Ticket) takeWait(m *Merge, wait time.Time) error {
	own := &t.WaitingSince
	if t.BotHasIt() || !t.Status.Open() {
		own = &t.Held
	}
	if wait.IsZero() || !own.IsZero() && !wait.Before(*own) {
		return nil
	}
	m.Wait, *own = *own, wait
	if t.Status == StatusAgentReplied && !t.BotHasIt() {
		to, err := t.Status.after(actWrite)
		if err != nil {
			return err
		}
		t.Status = to
	}
	return nil
}

// readOn moves the target's mark of reading over what was read at the source,
// where all of the target was read before.
func (t *Ticket) readOn(from *Ticket, moved []*Message) {
	for _, m := range moved {
		if seqOf(m.Trail[len(m.Trail)-1]) <= from.Marks.EndUserRead || m.Kind != Public || m.Author.Kind == event.EndUser {
			t.Marks.EndUserRead = m.Seq
		} else {
			break
		}
	}
	t.Marks.EndUserGot = max(t.Marks.EndUserGot, t.Marks.EndUserRead)
}

// quote puts a conversation into one note. Of one that is too long the beginning is
// left out, and so is what it quotes of a third end user: the source keeps it.
func (s *Service) quote(ctx context.Context, tx *store.Tx, c *Change, from *Ticket) error {
	var lines []string
	size := 0
	q := store.ByKey().From(messageKey(from.ID, 0)).To(messageKey(from.ID, from.Marks.Last+1)).Desc()
	head := fmt.Sprintf("Ticket %d was merged into this one.", from.Number)
	say := &teller{s: s.In(tx), known: map[string]string{}}
	for m, err := range messages.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		who, err := say.actor(ctx, m.Author)
		if err != nil {
			return err
		}
		said := m.said()
		if m.About != "" && m.About != from.EndUser {
			said = "[removed]" // somebody else's words: a note tells of one whom it quotes
		}
		line := fmt.Sprintf("%s%s:\n%s", m.quotedAt(), who, said)
		for _, file := range m.Attachments {
			line += "\n[" + file.Name + "]"
		}
		if size += len([]rune(line)) + 2; size > MaxBody-200 {
			head += " The beginning of its conversation is left out here."
			break
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	text := strings.Join(append([]string{head}, lines...), "\n\n")
	m, err := s.add(ctx, tx, c, Note, Draft{Text: text})
	if err == nil {
		m.About = from.EndUser
	}
	return err
}

// Unmerge undoes a merge that isn't older than 30 days: the messages go back with
// their old numbers, and the ticket is as it was. What came since stays with the
// target. One that wasn't merged, or too long ago, is a *store.FieldError.
func (s *Service) Unmerge(ctx context.Context, actor event.Actor, source string) (from, to *Ticket, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	before, err := s.Get(ctx, actor, source)
	if err != nil {
		return nil, nil, err
	}
	if before.Merged == nil {
		return nil, nil, &store.FieldError{Field: "source", Reason: "isn't merged into another ticket"}
	}
	return s.both(ctx, actor, source, before.Merged.Into, func(ctx context.Context, tx *store.Tx, a, b *Change) error {
		from, to := a.After, b.After
		m := from.Merged
		switch {
		case m == nil || m.Into != to.ID:
			return &store.FieldError{Field: "source", Reason: "isn't merged into that ticket any more"}
		case a.Time.Sub(m.Time) > MergeUndo:
			return &store.FieldError{Field: "source", Reason: "was merged more than 30 days ago"}
		case from.Erased || to.Erased:
			return from.erased("unmerge")
		case to.Merged != nil:
			return to.gone()
		}
		if !m.Abroad {
			if err := s.sever(ctx, tx, m, from, to); err != nil {
				return err
			}
		}
		from.Merged = nil
		from.Links = slices.DeleteFunc(slices.Clone(from.Links), func(l Link) bool { return l == Link{DuplicateOf, to.ID} })
		from.Status, from.Times.Resolved = m.Status, m.Resolved
		from.WaitingSince, from.Held, from.Snoozed, from.OnHold = m.Waiting, m.Held, m.Snoozed, m.OnHold
		if from.Assignee.Kind == event.Agent && from.Status.Open() {
			if who, err := s.takes(ctx, tx, from, from.Assignee.ID); err != nil {
				return err
			} else if who == nil {
				if from.Status, err = from.Status.after(actGive); err != nil {
					return err
				}
				from.Assignee = event.Actor{}
			}
		}
		a.Record(Unmerged, &Facts{Into: to.ID, From: a.Before.Assignee, To: from.Assignee, Group: from.Group, Queue: from.Queue})
		b.Record(Unmerged, &Facts{Other: from.ID, From: to.Assignee, To: to.Assignee, Group: to.Group, Queue: to.Queue})
		if err := s.remain(ctx, tx, from, nil); err != nil { // something may have been split off meanwhile
			return err
		}
		return s.setAlarm(ctx, tx, from, a.Time)
	})
}

// sever takes back what unite did.
func (s *Service) sever(ctx context.Context, tx *store.Tx, m *Merge, from, to *Ticket) error {
	if err := s.moveBack(ctx, tx, to, from, m.First, m.Last); err != nil {
		return err
	}
	to.Tags = slices.DeleteFunc(slices.Clone(to.Tags), func(tag string) bool { return slices.Contains(m.Tags, tag) })
	if err := s.recount(ctx, tx, to); err != nil {
		return err
	}
	own := &to.WaitingSince
	if to.BotHasIt() || !to.Status.Open() {
		own = &to.Held
	}
	if brought := !own.IsZero() && (own.Equal(m.Waiting) || own.Equal(m.Held) || own.Equal(m.Time)); brought {
		*own = m.Wait
	}
	if err := s.remain(ctx, tx, to, nil); err != nil {
		return err
	}
	return s.recount(ctx, tx, from)
}

// both runs fn on copies of two tickets that the actor may change, writes them, and
// returns them as he sees them.
// They are locked in order of id, so that two who do so don't wait in a circle.
func (s *Service) both(ctx context.Context, actor event.Actor, first, second string, fn func(ctx context.Context, tx *store.Tx, a, b *Change) error) (one, other *Ticket, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Ahead(ctx, append(s.people.Wants(actor), wantPolicies())...); err != nil {
			return err
		}
		var g sight
		got := map[string]*Change{}
		for _, id := range slices.Sorted(slices.Values([]string{first, second})) {
			t, seen, err := s.reached(ctx, tx, actor, id)
			if err != nil {
				return err
			}
			g = seen
			after := *t
			got[id] = &Change{Before: t, After: &after, Actor: actor, Time: s.now()}
		}
		a, b := got[first], got[second]
		// Nothing of who is erased moves meanwhile to where his erasure has been.
		for _, id := range slices.Compact(slices.Sorted(slices.Values([]string{a.After.EndUser, b.After.EndUser}))) {
			if _, err := s.people.Writer(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := fn(ctx, tx, a, b); err != nil {
			return err
		}
		if err := s.commit(ctx, tx, a); err != nil {
			return err
		}
		if err := s.commit(ctx, tx, b); err != nil {
			return err
		}
		one, other = g.show(a.After), g.show(b.After)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return one, other, nil
}

// follow returns the ticket where what comes for this one goes now. A conversation
// that another end user's ticket quotes isn't followed.
func (s *Service) follow(ctx context.Context, tx *store.Tx, t *Ticket) (now *Ticket, err error) {
	lock := store.ForUpdate
	if !tx.Writable() {
		lock = 0
	}
	for range maxChain {
		if t.Merged == nil || t.Merged.Abroad {
			return t, nil
		}
		if t, err = tickets.Lock(ctx, tx, t.Merged.Into, lock); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("ticket %s: more than %d merges in a row", t.ID, maxChain)
}
