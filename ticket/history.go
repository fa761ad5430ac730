package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// alteration is one value that a change replaced. Events hold it in the part that
// an erasure empties: it may be anything that people wrote.
type alteration struct {
	What string `json:"what"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// The tags before and after, where From and To don't tell one from the other.
	FromTags []string `json:"from_tags,omitempty"`
	ToTags   []string `json:"to_tags,omitempty"`
}

// said is what events hold of what people wrote.
type said struct {
	Altered []alteration `json:"altered,omitempty"`
	Reason  string       `json:"reason,omitempty"` // of a sleep
	Comment string       `json:"comment,omitempty"`
}

// maxAltered is how many characters of a value the history shows.
const maxAltered = 500

// altered compares what a change names with what was there before.
func altered(before, after *Ticket, what []string) (as []alteration) {
	for _, name := range what {
		a := alteration{What: name, From: shorten(before.shown(name), maxAltered), To: shorten(after.shown(name), maxAltered)}
		if name == "tags" && !(slices.Equal(listed(a.From), before.Tags) && slices.Equal(listed(a.To), after.Tags)) {
			a.FromTags, a.ToTags = before.Tags, after.Tags
		}
		as = append(as, a)
	}
	return as
}

// shown is a value of the ticket as text, by its name in Facts.What.
func (t *Ticket) shown(what string) string {
	if key, ok := strings.CutPrefix(what, "fields."); ok {
		v, _ := t.Field(key)
		return v.String()
	}
	switch what {
	case "title":
		return t.Title
	case "priority":
		return string(t.Priority)
	case "language":
		return t.Language
	case "label":
		if t.Label != nil {
			return t.Label.Name
		}
	case "tags":
		return strings.Join(t.Tags, ", ")
	case "copied":
		return strings.Join(t.Copied, ", ")
	case "followers":
		return strings.Join(t.Followers, ", ")
	case "links":
		var links []string
		for _, l := range t.Links {
			links = append(links, string(l.Kind)+" "+l.Ticket)
		}
		return strings.Join(links, ", ")
	}
	return ""
}

// String is the value as text; "" where there is none.
func (v Value) String() string {
	switch v.Type {
	case Number:
		return strconv.FormatFloat(v.Number, 'f', -1, 64)
	case Checkbox:
		return strconv.FormatBool(v.Checked)
	}
	return v.Text
}

// Entry is a line of a ticket's history, as people read it: who changed what, from
// what, to what, and why.
type Entry struct {
	Time  time.Time
	Actor event.Actor
	Who   string // name of the actor
	What  string // created, message, note, status, assignee, group, queue, priority, fields.KEY, …
	From  string // as people read it; "" is nothing
	To    string
	Why   string // rule, model, bot step or queue behind an automatic decision; or what somebody gave as a reason
	Seq   int64  // of a message
	Event string // id of the event
	// Decision is why the queues' engine gave or offered the ticket; nil where it didn't.
	Decision *Decision
}

// String is the entry as a sentence in English.
func (e Entry) String() string {
	s := e.Who
	switch {
	case e.What == "created", e.What == "woken":
		s += " " + map[string]string{"created": "created the ticket", "woken": "woke the ticket"}[e.What]
	case e.What == "message", e.What == "note", e.What == "line":
		s += fmt.Sprintf(" wrote %s %d", e.What, e.Seq)
	case e.From == "" && e.To == "":
		s += ": " + e.What
	case e.From == "":
		s += fmt.Sprintf(" set %s to %s", e.What, e.To)
	case e.To == "":
		s += fmt.Sprintf(" cleared %s, which was %s", e.What, e.From)
	default:
		s += fmt.Sprintf(" changed %s from %s to %s", e.What, e.From, e.To)
	}
	if e.Why != "" {
		s += " (" + e.Why + ")"
	}
	return s
}

// History returns what happened to a ticket, oldest first, for staff: the entries
// of at most limit events, and no more than 200, and the cursor of the next page.
// What was erased is told without its values.
func (s *Service) History(ctx context.Context, actor event.Actor, id, after string, limit int) (entries []Entry, next string, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, "", err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		entries = nil
		t, g, err := s.reached(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		var es []*event.Event
		if es, next, err = s.events.History(ctx, tx, id, after, pageSize(limit)); err != nil {
			return err
		}
		say := &teller{s: s.In(tx), known: map[string]string{}}
		last := int64(0)
		for _, e := range es {
			if e = new(*e); t.Erased { // the erasure may not have come to it yet
				e.Personal = nil
			}
			told, err := say.entries(ctx, tx, e, e.Revision != last)
			if err != nil {
				return err
			}
			last = e.Revision
			if e.Type == Rated && !g.Ratings {
				continue
			}
			entries = append(entries, told...)
		}
		return nil
	})
	return entries, next, err
}

// teller finds what people call those whom events name by id.
type teller struct {
	s     *Service
	known map[string]string
}

func (n *teller) actor(ctx context.Context, a event.Actor) (string, error) {
	switch {
	case a == event.Actor{}:
		return "", nil
	case a.Kind == event.Agent:
		return n.find("agent "+a.ID, func() (string, error) {
			who, err := n.s.people.Agent(ctx, a.ID)
			if err != nil {
				return a.ID, err
			}
			return who.Name, nil
		})
	case a.Kind == event.EndUser:
		return n.find("user "+a.ID, func() (string, error) {
			who, err := n.s.people.EndUser(ctx, a.ID)
			if err != nil {
				return "end user", err
			}
			return who.Display(), nil
		})
	}
	return strings.TrimSpace(string(a.Kind) + " " + a.ID), nil
}

func (n *teller) group(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	return n.find("group "+id, func() (string, error) {
		g, err := n.s.people.Group(ctx, id)
		if err != nil {
			return id, err
		}
		return g.Name, nil
	})
}

func (n *teller) ticket(ctx context.Context, tx *store.Tx, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	return n.find("ticket "+id, func() (string, error) {
		t, err := tickets.Get(ctx, tx, id)
		if err != nil {
			return id, err
		}
		return "#" + strconv.FormatInt(t.Number, 10), nil
	})
}

// find remembers a name. Who is gone keeps his id.
func (n *teller) find(key string, look func() (string, error)) (string, error) {
	if name, ok := n.known[key]; ok {
		return name, nil
	}
	name, err := look()
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	n.known[key] = name
	return name, err
}

// entries tells an event. first says that it is its revision's first, which tells
// the status.
func (n *teller) entries(ctx context.Context, tx *store.Tx, e *event.Event, first bool) ([]Entry, error) {
	var f Facts
	var p said
	if err := errors.Join(e.Payload(&f), e.Payload(&p)); err != nil {
		return nil, err
	}
	who, err := n.actor(ctx, e.Actor)
	if err != nil {
		return nil, err
	}
	base := Entry{Time: e.Time, Actor: e.Actor, Who: who, Why: e.Reason, Event: e.ID}
	var out []Entry
	add := func(what, from, to string) {
		entry := base
		entry.What, entry.From, entry.To = what, from, to
		out = append(out, entry)
	}
	if err := n.tell(ctx, tx, e.Type, &f, &p, &base, add); err != nil {
		return nil, err
	}
	base.Decision = nil // it is told once, with who got the ticket
	if first && f.Was != "" && f.Was != f.Status {
		add("status", string(f.Was), string(f.Status))
	}
	return out, nil
}

func (n *teller) tell(ctx context.Context, tx *store.Tx, what string, f *Facts, p *said, base *Entry, add func(what, from, to string)) error {
	switch what {
	case Created:
		base.Seq = f.Seq
		add("created", "", "")
	case MessageAdded, MessageFailed, FeedbackGiven:
		base.Seq = f.Seq
		kind := map[Kind]string{Public: "message", Note: "note", System: "line"}[f.Message]
		switch what {
		case MessageFailed:
			kind = "delivery failed"
		case FeedbackGiven:
			kind = "feedback"
		}
		add(kind, "", "")
	case Assigned:
		base.Decision = f.Decision
		if base.Why == "" && (f.Move == MoveReturned || f.Move == MoveEscalated || f.Move == MoveCameBack) {
			base.Why = string(f.Move) // else it says no more than what changed
		}
		return n.assigned(ctx, f, add)
	case Offered, OfferDeclined, OfferExpired, OfferWithdrawn:
		base.Decision = f.Decision
		return n.offered(ctx, what, f, add)
	case Changed:
		for _, a := range p.Altered {
			if a.From != a.To {
				add(a.What, a.From, a.To)
			}
		}
		if len(p.Altered) == 0 { // from before values were kept, or erased
			for _, name := range f.What {
				add(name, "", "")
			}
		}
	case Snoozed:
		base.Why = p.Reason
		add("snoozed until", "", f.Until.Format("2006-01-02 15:04 UTC"))
	case Erased, Redacted:
		base.Seq = f.Seq
		add(strings.TrimPrefix(what, "ticket."), "", "")
	case AtRisk, Breached:
		add(strings.ReplaceAll(strings.TrimPrefix(what, "ticket."), "_", " "), "", strings.ReplaceAll(string(f.Target), "_", " "))
	case Woken:
		add("woken", "", "")
	case GivenOver:
		add("end user", f.WasEndUser, "")
	case Answered:
		add("answer", "", string(f.Answer))
	case Rated:
		base.Why = p.Comment
		add("rating", "", strconv.Itoa(f.Score))
	case RatingAsked, RatingVoid:
		add(map[string]string{RatingAsked: "rating asked", RatingVoid: "rating not asked any more"}[what], "", "")
	case Merged, Unmerged, Split:
		return n.other(ctx, tx, what, f, add)
	}
	return nil // resolving and so on is told by the status; reading and intake by nothing
}

func (n *teller) assigned(ctx context.Context, f *Facts, add func(what, from, to string)) error {
	from, err := n.actor(ctx, f.From)
	if err != nil {
		return err
	}
	to, err := n.actor(ctx, f.To)
	if err != nil {
		return err
	}
	if from != to {
		add("assignee", from, to)
	}
	if f.WasGroup != f.Group {
		if from, err = n.group(ctx, f.WasGroup); err != nil {
			return err
		}
		if to, err = n.group(ctx, f.Group); err != nil {
			return err
		}
		add("group", from, to)
	}
	if f.WasQueue != f.Queue {
		add("queue", f.WasQueue, f.Queue)
	}
	return nil
}

// offered tells what became of an offer.
func (n *teller) offered(ctx context.Context, what string, f *Facts, add func(what, from, to string)) error {
	from, err := n.actor(ctx, f.From)
	if err != nil {
		return err
	}
	to, err := n.actor(ctx, f.To)
	if err != nil {
		return err
	}
	switch what {
	case Offered:
		add("offered to", "", to)
	case OfferDeclined:
		add("declined by", "", from)
	case OfferWithdrawn:
		add("taken back from", "", from)
	default:
		add("not taken in time by", "", from)
	}
	return nil
}

func (n *teller) other(ctx context.Context, tx *store.Tx, what string, f *Facts, add func(what, from, to string)) error {
	into, err := n.ticket(ctx, tx, f.Into)
	if err != nil {
		return err
	}
	other, err := n.ticket(ctx, tx, f.Other)
	if err != nil {
		return err
	}
	switch {
	case what == Split:
		add("split off", "", other)
	case what == Merged && into != "":
		add("merged into", "", into)
	case what == Merged:
		add("took over", "", other)
	case into != "":
		add("merged into", into, "")
	default:
		add("took over", other, "")
	}
	return nil
}

// personal is what an event of this change keeps of what people wrote.
func (c *Change) personal(what string, f *Facts) (b []byte, err error) {
	var p said
	switch {
	case what == Changed && c.Before != nil:
		p.Altered = altered(c.Before, c.After, f.What)
	case what == Snoozed:
		p.Reason = c.After.Snoozed.Reason
	case what == Rated:
		p.Comment = c.After.Resolution.Survey.Comment
	}
	if len(p.Altered) == 0 && p.Reason == "" && p.Comment == "" {
		return nil, nil
	}
	return event.JSON(p)
}
