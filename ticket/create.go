package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// New describes a ticket to be created.
type New struct {
	Actor    event.Actor // who creates it; zero: the end user himself
	EndUser  string      // id, required
	App      string      // default: DefaultApp
	Platform string      // default: api
	Channel  string      // chat, email, …; default: the platform's name
	Language string
	Title    string
	Priority Priority
	Tags     []string
	Fields   map[string]any // string, number, bool, time; by key
	Group    string
	Queue    string
	Device   Device
	Links    []Link
	Message  *Draft // the first message; required where an agent creates

	// Key makes the creation idempotent for its actor: the same key and content
	// gives the first result, for 7 days.
	Key string

	goesOn bool  // it follows up on a ticket of the same app
	heard  heard // before the transaction
}

var languagePattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// isName says whether s has 1 to 32 of a-z, 0-9 and _, and begins with a letter. Each
// new ticket is asked, and a regular expression takes as long as the rest of check.
func isName(s string) bool {
	for i, c := range []byte(s) {
		if letter := 'a' <= c && c <= 'z'; !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return 1 <= len(s) && len(s) <= 32
}

func (n *New) check() error {
	n.App, n.Platform = cmp.Or(n.App, DefaultApp), cmp.Or(n.Platform, "api")
	n.Channel = cmp.Or(n.Channel, n.Platform)
	if n.Actor == (event.Actor{}) {
		n.Actor = event.Actor{Kind: event.EndUser, ID: n.EndUser}
	}
	switch {
	case n.EndUser == "":
		return &store.FieldError{Field: "end_user", Reason: "is missing"}
	case n.Actor.Kind == event.EndUser && n.Actor.ID != n.EndUser:
		return &store.FieldError{Field: "end_user", Reason: "isn't who creates the ticket"}
	case !isName(n.Channel):
		return &store.FieldError{Field: "channel", Reason: "has 1 to 32 of a-z, 0-9 and _, and begins with a letter", Limit: 32}
	case utf8.RuneCountInString(n.Title) > MaxTitle:
		return store.TooLong("title", MaxTitle)
	case n.Actor.Kind != event.EndUser && n.Language != "" && !languagePattern.MatchString(n.Language):
		return &store.FieldError{Field: "language", Reason: "isn't a language tag, as in pt-BR"}
	case len(n.Queue) > maxRef:
		return store.TooLong("queue", maxRef)
	case !n.Priority.valid():
		return &store.FieldError{Field: "priority", Reason: "is empty, low, normal, high or urgent"}
	case utf8.RuneCountInString(n.Key) > store.MaxRequestKey:
		return store.TooLong("key", store.MaxRequestKey)
	case len(n.Links) > MaxLinks:
		return &store.FieldError{Field: "links", Reason: "at most 50 links", Limit: MaxLinks}
	case n.Actor.Kind == event.Agent && n.Message == nil:
		return &store.FieldError{Field: "message", Reason: "is missing: an agent creates a ticket by writing to the end user"}
	case n.Message != nil:
		return n.Message.check(MaxBody)
	}
	return nil
}

// Create creates a ticket, with its first message if there is one. What can't be
// taken of an end user's fields, tags and device is left out, and stands in the
// ticket's warnings; from anybody else it is a *store.FieldError. A banned end user
// is an *identity.BannedError; others may create tickets for him.
func (s *Service) Create(ctx context.Context, n New) (t *Ticket, err error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	n.heard = s.hear(&n)
	err = s.db.Prepare(ctx, func(ctx context.Context, tx *store.Tx) error {
		if tx.Shared() { // a file is read so fast that to say what would take longer
			if err := tx.Ahead(ctx, s.wants(&n)...); err != nil {
				return err
			}
		}
		t, _, err = s.once(ctx, tx, &n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// MaxMany is how many tickets CreateMany takes.
const MaxMany = 500

// CreateMany creates tickets as Create does, all of them or none, in one
// transaction: what comes from elsewhere in numbers, an import say, is stored many
// times faster so. The error names the first that can't be created by its place,
// from 0.
func (s *Service) CreateMany(ctx context.Context, ns []New) (ts []*Ticket, err error) {
	if len(ns) > MaxMany {
		return nil, &store.FieldError{Field: "tickets", Reason: "at most 500 at a time", Limit: MaxMany}
	}
	ns = slices.Clone(ns)
	for i := range ns {
		if err := ns[i].check(); err != nil {
			return nil, fmt.Errorf("ticket %d: %w", i, err)
		}
		ns[i].heard = s.hear(&ns[i])
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		ts = nil
		var wants []store.Want
		for i := range ns {
			wants = append(wants, s.wants(&ns[i])...)
		}
		if err := tx.Ahead(ctx, wants...); err != nil {
			return err
		}
		for i := range ns {
			t, _, err := s.once(ctx, tx, &ns[i])
			if err != nil {
				return fmt.Errorf("ticket %d: %w", i, err)
			}
			ts = append(ts, t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ts, nil
}

// wants is what a creation is going to read.
func (s *Service) wants(n *New) []store.Want {
	writer := event.Actor{Kind: event.EndUser, ID: n.EndUser}
	ws := append(s.people.Wants(n.Actor), s.people.Wants(writer)...)
	return append(ws, n.request().Want(), apps.Want(n.App, 0), s.people.WantBans(), wantPolicies(), store.WantNumber("ticket"))
}

func (n *New) request() store.Request {
	return store.Request{Actor: n.Actor.String(), Method: "ticket.create", Key: n.Key}
}

// content is what the same request has again; without a key nobody asks.
func (n *New) content() any {
	if n.Key == "" {
		return nil
	}
	content := *n
	content.Key = ""
	return content
}

// once creates the ticket unless the same request did before; made is nil then.
func (s *Service) once(ctx context.Context, tx *store.Tx, n *New) (t *Ticket, made *Change, err error) {
	id, again, err := tx.Once(ctx, n.request(), n.content(), s.now(), func() (string, error) {
		if made, err = s.create(ctx, tx, n); err != nil {
			return "", err
		}
		return made.After.ID, nil
	})
	if err != nil {
		return nil, nil, err
	}
	if again {
		if t, err = tickets.Get(ctx, tx, id); err == nil {
			t, err = s.seen(ctx, tx, n.Actor, t)
		}
		return t, nil, err
	}
	return made.After, made, nil
}

func (s *Service) create(ctx context.Context, tx *store.Tx, n *New) (*Change, error) {
	g, err := s.sight(ctx, tx, n.Actor, identity.On{Subject: "tickets", Owner: n.EndUser})
	if err != nil {
		return nil, err
	}
	if g.Sight != nil && !g.InApp(n.App) {
		return nil, &store.FieldError{Field: "app", Reason: "isn't one of those whose tickets the actor sees"}
	}
	app, err := s.app(ctx, tx, n.App)
	if n.goesOn {
		app, err = apps.Shared(ctx, tx, n.App) // archived or not: no message is lost for it
	}
	if err != nil {
		return nil, err
	}
	if _, err := app.Platform(n.Platform); err != nil {
		return nil, err
	}
	who, err := s.writer(ctx, tx, n)
	if err != nil {
		return nil, err
	}
	if n.Group != "" {
		if _, err := s.people.Staffed(ctx, tx, n.Group); errors.Is(err, store.ErrNotFound) {
			return nil, &store.FieldError{Field: "group", Reason: "there is no group " + n.Group}
		} else if err != nil {
			return nil, err
		}
	}
	for _, l := range n.Links {
		if n.goesOn {
			break // it leads where the message was to go
		}
		if err := s.checkLink(ctx, tx, n.Actor, l, ""); err != nil {
			return nil, err
		}
	}
	actor := n.Actor
	if actor.Kind == event.EndUser {
		actor.ID = who.ID // another one's if he was merged
	}
	c := &Change{Actor: actor, Time: s.now(), After: &Ticket{
		ID: s.events.IDs().New(), App: n.App, Platform: n.Platform, Channel: n.Channel, EndUser: who.ID,
		Title: n.Title, Priority: n.Priority, Status: StatusNew, Group: n.Group, Queue: n.Queue, FirstQueue: n.Queue, Links: n.Links,
	}}
	t := c.After
	t.Times.Created = c.Time
	if c.scrub, err = s.masking(actor, app); err != nil {
		return nil, err
	}
	c.mask("title", func(x *scrubber) { t.Title = x.text(t.Title, MaxTitle) })
	t.speak(n.Language, who.Language, app.Language, n.text())
	t.Intake = s.firstStep()
	s.learn(t, n.heard)
	if err := s.fill(ctx, tx, c, n.Fields, n.Tags, n.Device); err != nil {
		return nil, err
	}
	if t.Number, err = tx.Next(ctx, "ticket"); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, tx, c, n); err != nil {
		return nil, err
	}
	return c, s.commit(ctx, tx, c)
}

// writer is the end user of a new ticket. One who is banned creates none himself;
// staff and the host may write to him.
func (s *Service) writer(ctx context.Context, tx *store.Tx, n *New) (*identity.EndUser, error) {
	if n.Actor.Kind == event.EndUser {
		return s.people.Sender(ctx, tx, n.EndUser, netip.Addr{})
	}
	return s.people.Writer(ctx, tx, n.EndUser)
}

// begin adds the first message, and records the creation.
func (s *Service) begin(ctx context.Context, tx *store.Tx, c *Change, n *New) error {
	t := c.After
	f := &Facts{Author: c.Actor, Group: t.Group, Queue: t.Queue, FollowUpOf: t.FollowUpOf()}
	if n.Message != nil {
		m, err := s.add(ctx, tx, c, Public, *n.Message)
		if err != nil {
			return err
		}
		f.Seq, f.Message = m.Seq, m.Kind
	}
	c.Record(Created, f)
	if c.Actor.Kind == event.Agent {
		t.Status, t.Assignee, t.LastAgent = StatusAgentReplied, c.Actor, c.Actor.ID
		t.Times.FirstAssigned = c.Time
		c.Record(Assigned, &Facts{To: t.Assignee, Group: t.Group, Queue: t.Queue, Move: MoveTaken, Forced: true})
	}
	return nil
}

// fill takes over what a device or a host says about the ticket.
func (s *Service) fill(ctx context.Context, tx *store.Tx, c *Change, values map[string]any, add []string, d Device) error {
	named, ws, err := s.setFields(ctx, tx, c.After, c.Actor, values)
	if err != nil {
		return err
	}
	tagged, more, err := s.setTags(ctx, tx, c.After, c.Actor, add, nil)
	if err != nil {
		return err
	}
	ws = append(ws, more...)
	c.maskFields(named)
	c.mask("device", func(x *scrubber) { d = x.device(d) })
	told, more := c.After.Device.with(d)
	ws = append(ws, more...)
	if len(more) > 0 && c.Actor.Kind != event.EndUser {
		return &store.FieldError{Field: more[0].Field, Reason: more[0].Detail}
	}
	c.After.Device = told
	c.warn(ws)
	if c.Before != nil && len(named)+len(tagged) > 0 {
		c.Record(Changed, &Facts{What: names(named, tagged)})
	}
	return nil
}

func names(fields, tags []string) []string {
	var what []string
	for _, key := range fields {
		what = append(what, "fields."+key)
	}
	if len(tags) > 0 {
		what = append(what, "tags")
	}
	return what
}

// with adds what a device tells now: metadata by key, the rest at the end. What
// is above the limits is left out, the oldest first where there is an order.
func (d Device) with(more Device) (Device, []identity.Warning) {
	var ws []identity.Warning
	values, size := map[string]string{}, 0
	if extra := len(more.Metadata) - maxPairs; extra > 0 {
		more.Metadata = more.Metadata[:maxPairs]
		ws = append(ws, identity.Warning{Field: "metadata", Detail: fmt.Sprintf("%d entries left out: at most %d", extra, maxPairs)})
	}
	for _, p := range slices.Concat(d.Metadata, more.Metadata) {
		p = Pair{store.CleanText(p.Key), store.CleanText(p.Value)} // its size is that of what is stored
		grown := size + len(p.Key) + len(p.Value)
		if old, ok := values[p.Key]; ok {
			grown -= len(p.Key) + len(old)
		}
		if p.Key == "" {
			ws = append(ws, identity.Warning{Field: "metadata.", Detail: "left out: it has no key"})
			continue
		}
		if grown > MaxMetadata {
			ws = append(ws, identity.Warning{Field: "metadata." + shorten(p.Key, 64), Detail: "left out: metadata has at most 64 KB"})
			continue
		}
		values[p.Key], size = p.Value, grown
	}
	out := Device{Breadcrumbs: slices.Concat(d.Breadcrumbs, more.Breadcrumbs), DebugLog: slices.Concat(d.DebugLog, more.DebugLog)}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		out.Metadata = append(out.Metadata, Pair{key, values[key]})
	}
	out.Breadcrumbs = slices.Clone(out.Breadcrumbs[max(0, len(out.Breadcrumbs)-MaxTrail):])
	out.DebugLog = slices.Clone(out.DebugLog[max(0, len(out.DebugLog)-MaxTrail):])
	for i := range out.Breadcrumbs {
		out.Breadcrumbs[i].Text = shorten(out.Breadcrumbs[i].Text, MaxTitle)
	}
	for i := range out.DebugLog {
		out.DebugLog[i] = shorten(out.DebugLog[i], maxLine)
	}
	return out, ws
}
