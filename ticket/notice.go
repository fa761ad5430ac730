package ticket

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Notified is the type of the event of a notice to an agent.
const Notified = "agent.notified"

const (
	// KeepNotices is for how long notices are kept.
	KeepNotices = 30 * 24 * time.Hour
	// lateNotice is the age at which what happened is news no more, as of a desk that
	// was away for long.
	lateNotice = 24 * time.Hour
	// maxUnread is how far unread notices are counted.
	maxUnread = 100

	noticeParts = 4
	noticePage  = 200
)

// Notice tells an agent that something happened that is his business. It says which
// ticket, and nothing of what people wrote on it.
type Notice struct {
	ID     string              `json:"id"` // in order of time
	Agent  string              `json:"agent"`
	Kind   identity.NoticeKind `json:"kind"`
	Ticket string              `json:"ticket"`
	Seq    int64               `json:"seq,omitempty"`  // of the message
	By     event.Actor         `json:"by"`             // who did it
	Event  string              `json:"event"`          // id of what happened
	Text   string              `json:"text,omitempty"` // what a rule says
	Time   time.Time           `json:"time"`
	Read   bool                `json:"read,omitempty"`
	Rev    store.Rev           `json:"-"`
}

var notices = &store.Collection[Notice]{
	Name: "notice",
	Key:  func(n *Notice) string { return n.ID },
	Rev:  func(n *Notice) *store.Rev { return &n.Rev },
	Columns: []store.Column[Notice]{
		{Name: "agent", Kind: store.Text, Of: func(n *Notice) any { return n.Agent }},
		{Name: "unread", Kind: store.Text, Of: func(n *Notice) any {
			if n.Read {
				return nil
			}
			return n.Agent
		}},
		{Name: "time", Kind: store.Time, Of: func(n *Notice) any { return n.Time }},
	},
	Indexes: []store.Index{
		{Name: "agent", On: []string{"agent"}},
		{Name: "unread", On: []string{"unread"}},
		{Name: "time", On: []string{"time"}},
	},
	Impersonal: "holds ids of agents and tickets, and who did something",
}

// reader is somebody who may have to be told.
type reader struct {
	agent string
	kind  identity.NoticeKind
}

// notify is the reactor that tells agents what is their business: not what they did
// themselves, nor of tickets that they don't see.
func (s *Service) notify(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	told := map[string]int64{} // agents, and of which revision
	for _, e := range es {
		if s.now().Sub(e.Time) > lateNotice {
			continue
		}
		var f Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		if !f.tells(e.Type) {
			continue
		}
		t, err := tickets.Get(ctx, tx, e.Subject)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		rs, err := s.readers(ctx, tx, t, e, &f)
		if err != nil {
			return err
		}
		for _, r := range rs {
			if e.Actor == (event.Actor{Kind: event.Agent, ID: r.agent}) || told[r.agent] == e.Revision {
				continue
			}
			told[r.agent] = e.Revision
			if err := s.tell(ctx, tx, t, e, r, f.Seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// tells says whether an event can be anybody's business. A ticket that opens with a
// message is nobody's yet.
func (f *Facts) tells(what string) bool {
	switch what {
	case Offered:
		return true
	case Assigned:
		return f.To.Kind == event.Agent && f.To != f.From
	case MessageAdded:
		return f.Message == Note || f.Message == Public && f.Author.Kind == event.EndUser
	case Breached:
		return true
	}
	return false
}

// readers are whose business an event is: of a reply and of a missed target, who has the
// ticket now, and who follows it.
func (s *Service) readers(ctx context.Context, tx *store.Tx, t *Ticket, e *event.Event, f *Facts) (rs []reader, err error) {
	switch {
	case e.Type == Assigned || e.Type == Offered:
		return []reader{{f.To.ID, identity.NoticeAssigned}}, nil
	case f.Message == Note:
		m, err := s.message(ctx, tx, e.Subject, f.Seq)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil // it has moved
		}
		if err != nil {
			return nil, err
		}
		for _, agent := range m.Mentions {
			rs = append(rs, reader{agent, identity.NoticeMentioned})
		}
	default:
		kind := identity.NoticeReplied
		if e.Type == Breached {
			kind = identity.NoticeBreach
		}
		if t.Assignee.Kind == event.Agent {
			rs = append(rs, reader{t.Assignee.ID, kind})
		}
		for _, agent := range t.Followers {
			rs = append(rs, reader{agent, kind})
		}
	}
	return rs, nil
}

// tell makes a notice for one who is to be told. Its id comes from the event, and so
// does the one under which the outside world is called.
func (s *Service) tell(ctx context.Context, tx *store.Tx, t *Ticket, e *event.Event, r reader, seq int64) error {
	return s.give(ctx, tx, t, r, &Notice{Seq: seq, By: e.Actor, Event: e.ID, Time: e.Time})
}

// MaxNotice is how many characters a rule can tell.
const MaxNotice = 1000

// Tell tells agents of a ticket in a rule's name, those who are active, haven't muted
// rules, and see it. cause is what the notices' ids are made of: who was told with the
// same one before is not told again. It is for package automation.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, by event.Actor, t *Ticket, agents []string, cause, text string) error {
	for _, agent := range agents {
		_, err := notices.Get(ctx, tx, cause+"."+agent)
		if errors.Is(err, store.ErrNotFound) {
			err = s.give(ctx, tx, t, reader{agent, identity.NoticeRule}, &Notice{By: by, Event: cause, Time: s.now(), Text: text})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// give puts a notice for somebody, if he is to be told.
func (s *Service) give(ctx context.Context, tx *store.Tx, t *Ticket, r reader, n *Notice) error {
	a, err := s.people.Told(ctx, tx, r.agent, r.kind, t.seenBy())
	if a == nil || err != nil {
		return err
	}
	n.ID, n.Agent, n.Kind, n.Ticket = n.Event+"."+r.agent, r.agent, r.kind, t.ID
	if err := notices.Put(ctx, tx, n); err != nil {
		return err
	}
	facts, err := event.JSON(struct {
		Agent  string              `json:"agent"`
		Kind   identity.NoticeKind `json:"kind"`
		Ticket string              `json:"ticket"`
		Seq    int64               `json:"seq,omitempty"`
	}{n.Agent, n.Kind, n.Ticket, n.Seq})
	if err != nil {
		return err
	}
	done := &event.Event{Type: Notified, Subject: "notice:" + n.ID, Revision: int64(n.Rev), Actor: event.Actor{Kind: event.System}, Facts: facts}
	if err := s.events.Append(ctx, tx, done); err != nil || s.notifier == nil {
		return err
	}
	data, err := event.JSON(n.ID)
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: noticeKind + "/" + n.ID, Kind: noticeKind, Data: data})
}

// Notices returns at most limit notices of an agent, and no more than 200, the newest
// first, and the cursor of the next page. They are his own affair: he may, and who has
// the permission Configure.
func (s *Service) Notices(ctx context.Context, actor event.Actor, agent, after string, limit int) (ns []*Notice, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.AuthorizeOwn(ctx, tx, actor, agent, true); err != nil {
			return err
		}
		ns, next, err = notices.Page(ctx, tx, store.By("agent", agent).Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return ns, next, err
}

// UnreadNotices counts the notices that an agent hasn't read, up to 100, which means
// at least. Who may, is as with Notices.
func (s *Service) UnreadNotices(ctx context.Context, actor event.Actor, agent string) (n int, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.AuthorizeOwn(ctx, tx, actor, agent, true); err != nil {
			return err
		}
		n, err = notices.Count(ctx, tx, store.By("unread", agent).Limit(maxUnread))
		return err
	})
	return n, err
}

// MarkNoticesRead marks an agent's notices as read, up to the one of this id, or all
// with "", and says how many they were. Newer ones stay unread. Who may, is as with
// Notices.
func (s *Service) MarkNoticesRead(ctx context.Context, actor event.Actor, agent, upTo string) (n int, err error) {
	for more := true; more; {
		read := 0
		err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			read, more = 0, false
			if err := s.people.AuthorizeOwn(ctx, tx, actor, agent, false); err != nil {
				return err
			}
			page, _, err := notices.Page(ctx, tx, store.By("unread", agent).Limit(noticePage))
			if err != nil {
				return err
			}
			page = slices.DeleteFunc(page, func(n *Notice) bool { return upTo != "" && n.ID > upTo })
			for _, n := range page {
				n.Read = true
				if err := notices.Put(ctx, tx, n); err != nil {
					return err
				}
			}
			read, more = len(page), len(page) == noticePage
			return nil
		})
		if err != nil {
			return n, err
		}
		n += read
	}
	return n, nil
}

// SweepNotices forgets notices of before a moment, and says how many. It is run by
// the desk's housekeeping.
func (s *Service) SweepNotices(ctx context.Context, before time.Time) (n int, err error) {
	return notices.Sweep(ctx, s.db, store.By("time").To(before))
}
