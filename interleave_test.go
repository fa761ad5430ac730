package frontdesk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// table is a desk on PostgreSQL at which two transactions sit.
type table struct {
	*frontdesk.Desk
	t      *testing.T
	pool   *pgxpool.Pool
	schema string
	pg     *pgstore.Store
	eve    string            // id of an end user
	ticket string            // id of his ticket
	other  string            // id of another one, where a row has one
	kept   map[string]string // ids that a row made before
}

// jonas is an agent in group tea; mira is an admin.
var jonas = event.Actor{Kind: event.Agent, ID: "jonas"}

func newTable(t *testing.T) *table {
	t.Helper()
	pool, schema := pgtest.Emptied(t)
	x := &table{t: t, pool: pool, schema: schema, pg: pgstore.New(pool, &pgstore.Options{Schema: schema})}
	var err error
	x.Desk, err = frontdesk.Open(t.Context(), frontdesk.Config{Store: x.pg})
	x.must(err)
	t.Cleanup(func() { x.Close() })
	ctx, host := t.Context(), frontdesk.Host()
	x.must(x.People.SaveGroup(ctx, host, &identity.Group{ID: "tea", Name: "Tea"}))
	x.must(x.People.SaveAgent(ctx, host, &identity.Agent{ID: "mira", Name: "Mira", Role: identity.Admin}))
	x.must(x.People.SaveAgent(ctx, host, &identity.Agent{ID: "jonas", Name: "Jonas", Groups: []string{"tea"}}))
	x.must(x.Tickets.SaveTag(ctx, host, &ticket.Tag{Name: "vip"}))
	x.must(x.Tickets.SaveField(ctx, host, &ticket.Field{Key: "size", Type: ticket.Dropdown, Options: []ticket.Option{{Name: "L"}, {Name: "M"}}}))
	x.must(x.Tickets.SaveQuickReply(ctx, host, &ticket.QuickReply{ID: "bye", Title: "Bye", Texts: []ticket.ReplyText{{Text: "Good bye."}}}))
	eve, err := x.People.Save(ctx, host, identity.Profile{UserID: "eve"})
	x.must(err)
	tk, err := x.Tickets.Create(ctx, ticket.New{EndUser: eve.ID, Platform: "webchat", Message: &ticket.Draft{Text: "hello"}})
	x.must(err)
	x.eve, x.ticket = eve.ID, tk.ID
	return x
}

func (x *table) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// act is what one of the two transactions does. r is the transaction, or the
// database, that the desk is bound to.
type act func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error

// race is an invariant, what relies on its root, and what ends that reliance. The
// first transaction has acted and not committed when the second one acts.
type race struct {
	name          string
	before        func(x *table)
	first, second act
	host          func(ctx context.Context, x *table, tx pgx.Tx) error // the first one's act, in SQL
	// What the second one must hear after the first has committed; it must hear
	// nothing of one that was rolled back.
	then func(err error) bool
	// Whether it doesn't depend on the first one, so that it may not wait.
	free bool
	ends func(x *table) // looks at the end, after the first has committed
}

func fine(err error) bool { return err == nil }

func isErr(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func field(name string) func(error) bool {
	return func(err error) bool {
		bad, ok := errors.AsType[*store.FieldError](err)
		return ok && bad.Field == name
	}
}

func denied(err error) bool {
	_, ok := errors.AsType[*identity.PermissionError](err)
	return ok
}

func newTicket(change func(n *ticket.New)) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		n := ticket.New{Actor: frontdesk.Host(), EndUser: x.eve}
		change(&n)
		_, err := d.Tickets.Create(ctx, n)
		return err
	}
}

func withTag(n *ticket.New)   { n.Tags = []string{"vip"} }
func withField(n *ticket.New) { n.Fields = map[string]any{"size": "L"} }

func archiveTag(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	ts, _, err := d.Tickets.Tags(ctx, "", 1)
	if err != nil {
		return err
	}
	ts[0].Archived = true
	return d.Tickets.SaveTag(ctx, frontdesk.Host(), ts[0])
}

func changeField(change func(f *ticket.Field)) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		fs, err := d.Tickets.Fields(ctx)
		if err != nil {
			return err
		}
		change(fs[0])
		return d.Tickets.SaveField(ctx, frontdesk.Host(), fs[0])
	}
}

func archiveField(f *ticket.Field)  { f.Archived = true }
func archiveOption(f *ticket.Field) { f.Options[0].Archived = true }

// erase is what the erasure of an end user does to the document that is the root.
func erase(ctx context.Context, x *table, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `update `+x.schema+`.end_user set _rev = _rev + 1, _doc = jsonb_build_object('id', _key, 'erased', true) where _key = $1`, x.eve)
	return err
}

// ban bans eve, or a network where she isn't.
func ban(kind identity.BanKind) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		value := map[identity.BanKind]string{identity.BanEndUser: x.eve, identity.BanUserID: "eve", identity.BanIP: "203.0.113.0/24"}[kind]
		_, err := d.People.Ban(ctx, frontdesk.Host(), identity.Ban{Kind: kind, Value: value})
		return err
	}
}

func banned(err error) bool {
	_, ok := errors.AsType[*identity.BannedError](err)
	return ok
}

func reply(who event.Actor) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, _, err := d.Tickets.Reply(ctx, who, x.ticket, ticket.Draft{Text: "an answer"})
		return err
	}
}

func write(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Write(ctx, ticket.Inbound{EndUser: x.eve, Ticket: x.ticket, Draft: ticket.Draft{Text: "one more"}})
	return err
}

func revoke(who string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		a, err := d.People.Agent(ctx, who)
		if err != nil {
			return err
		}
		a.Role, a.Inactive = identity.AgentRole, true
		return d.People.SaveAgent(ctx, frontdesk.Host(), a)
	}
}

func archiveGroup(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	gs, _, err := d.People.Groups(ctx, "", 1)
	if err != nil {
		return err
	}
	gs[0].Archived = true
	return d.People.SaveGroup(ctx, frontdesk.Host(), gs[0])
}

func assign(who string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.Tickets.Assign(ctx, frontdesk.Host(), x.ticket, who)
		return err
	}
}

func profile(p identity.Profile) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.People.Save(ctx, frontdesk.Host(), p)
		return err
	}
}

// enqueue adds a job of a key.
func enqueue(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Jobs.Enqueue(ctx, r, job.Spec{ID: id, Kind: "call", Key: "shop"})
	}
}

func (x *table) message(seq int64) *ticket.Message {
	x.t.Helper()
	ms, _, err := x.Tickets.Messages(x.t.Context(), frontdesk.Host(), x.ticket, seq-1, 0, 1)
	x.must(err)
	if len(ms) == 0 {
		return &ticket.Message{}
	}
	return ms[0]
}

// races are the rows of the design's table of invariants, for what there is.
func races() []race {
	noEndUser := isErr(store.ErrNotFound)
	twoSeqs := func(x *table) {
		if x.message(2).Seq != 2 || x.message(3).Seq != 3 || x.message(4).Seq != 0 {
			x.t.Error("the messages aren't numbered 1, 2, 3")
		}
	}
	return []race{
		{name: "a tag in use isn't archived", first: archiveTag, second: newTicket(withTag), then: field("tags.vip")},
		{name: "a tag is archived after its use", first: newTicket(withTag), second: archiveTag, then: fine},
		{name: "a field in use isn't archived", first: changeField(archiveField), second: newTicket(withField), then: field("fields.size")},
		{name: "a field is archived after its use", first: newTicket(withField), second: changeField(archiveField), then: fine},
		{name: "an option in use isn't archived", first: changeField(archiveOption), second: newTicket(withField), then: field("fields.size")},
		{name: "no ticket from an erased end user", host: erase, second: newTicket(func(*ticket.New) {}), then: noEndUser},
		{name: "no message from an erased end user", host: erase, second: write, then: noEndUser},
		{name: "no message from an end user who is banned", first: ban(identity.BanEndUser), second: write, then: banned},
		{name: "no ticket from a user id that is banned", first: ban(identity.BanUserID), second: newTicket(func(n *ticket.New) { n.Actor = event.Actor{} }), then: banned},
		{name: "a message before its end user is banned", first: write, second: ban(identity.BanEndUser), then: fine},
		{name: "the first two bans", first: ban(identity.BanIP), second: ban(identity.BanEndUser), then: fine, ends: func(x *table) {
			bs, _, err := x.People.Bans(x.t.Context(), frontdesk.Host(), "", 10)
			x.must(err)
			if len(bs) != 2 {
				x.t.Errorf("%d bans", len(bs))
			}
			if err := write(x.t.Context(), x, x.Desk, x.DB); !banned(err) {
				x.t.Errorf("written in spite of the second ban: %v", err)
			}
		}},
		{name: "no message to an erased end user", host: erase, second: reply(jonas), then: noEndUser},
		{name: "a permission at the moment of the act", first: revoke("jonas"), second: reply(jonas), then: denied},
		{name: "a permission is revoked after the act", first: reply(jonas), second: revoke("jonas"), then: fine},
		{name: "the last admin stays", first: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			return d.People.SaveAgent(ctx, frontdesk.Host(), &identity.Agent{ID: "yuki", Name: "Yuki", Role: identity.Admin})
		}, second: revoke("mira"), then: isErr(identity.ErrLastAdmin), free: true},
		{name: "a group in use isn't archived", first: archiveGroup, second: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			_, err := d.Tickets.AssignGroup(ctx, frontdesk.Host(), x.ticket, "tea")
			return err
		}, then: field("group")},
		{name: "one agent per ticket", first: assign("mira"), second: assign("jonas"), then: fine, ends: func(x *table) {
			tk, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
			x.must(err)
			es, _, err := x.Events.History(x.t.Context(), x.DB, x.ticket, "", 10)
			x.must(err)
			if tk.Assignee != jonas || len(es) != 3 || !strings.Contains(string(es[2].Facts), `"from":{"kind":"agent","id":"mira"}`) {
				x.t.Errorf("the ticket is %v's, after %d events", tk.Assignee, len(es))
			}
		}},
		{name: "a message's place in its ticket", first: reply(jonas), second: write, then: fine, ends: twoSeqs},
		{name: "a message's place, two end users' devices", first: write, second: write, then: fine, ends: twoSeqs},
		{name: "one end user for a user id", first: profile(identity.Profile{UserID: "ann", Name: "Ann"}), second: profile(identity.Profile{UserID: "ann", Phone: "+4912345"}),
			then: fine, ends: func(x *table) {
				u, err := x.People.ByUserID(x.t.Context(), "ann")
				x.must(err)
				if u.Name != "Ann" || u.Phone.Value != "+4912345" {
					x.t.Errorf("ann is %+v", u)
				}
			}},
		{name: "one end user for an email", first: profile(identity.Profile{Email: "ann@example.com", Name: "Ann"}), second: profile(identity.Profile{Email: "ann@example.com"}), then: fine},
		{name: "a group's name is unique", first: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			return d.People.SaveGroup(ctx, frontdesk.Host(), &identity.Group{ID: "one", Name: "Parcels"})
		}, second: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			return d.People.SaveGroup(ctx, frontdesk.Host(), &identity.Group{ID: "two", Name: "PARCELS"})
		}, then: isErr(store.ErrExists)},
		{name: "a quick reply's shortcut is unique", first: quickReply("/refund"), second: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			q, err := d.Tickets.QuickReply(ctx, frontdesk.Host(), "bye")
			if err != nil {
				return err
			}
			q.Shortcut = "/REFUND"
			return d.Tickets.SaveQuickReply(ctx, frontdesk.Host(), q)
		}, then: isErr(store.ErrExists)},
		{name: "an agent's first two quick replies", first: ownReply("/one"), second: ownReply("/two"), then: fine},
		{name: "a quick reply is deleted before it is used", first: deleteReply, second: sendReply, then: isErr(store.ErrNotFound)},
		{name: "a quick reply is used before it is deleted", first: sendReply, second: deleteReply, then: fine, ends: func(x *table) {
			if m := x.message(2); m.QuickReply != "bye" {
				x.t.Errorf("message %+v", m)
			}
		}},
		{name: "one shelf counts what two save", first: quickReply("/one"), second: quickReply("/two"), then: fine, ends: func(x *table) {
			var n int
			x.must(x.pool.QueryRow(x.t.Context(), "select (_doc->>'count')::int from "+x.schema+".quick_reply_shelf").Scan(&n))
			if n != 3 {
				x.t.Errorf("%d on the shelf, want 3", n)
			}
		}},
		{name: "jobs of a key in order", first: enqueue("one"), second: enqueue("two"), then: fine, ends: func(x *table) {
			var ran []string
			x.Jobs.Handle("call", job.Handler{Do: func(_ context.Context, j *job.Job) error { ran = append(ran, j.ID); return nil }})
			_, err := x.Drain(x.t.Context())
			x.must(err)
			if fmt.Sprint(ran) != "[one two]" {
				x.t.Errorf("ran %v", ran)
			}
		}},
		{name: "a job is enqueued once", first: enqueue("one"), second: enqueue("one"), then: fine},
		{name: "a push address belongs to one device", first: visit("a"), second: visit("b"), then: fine, ends: func(x *table) {
			var n int
			x.must(x.pool.QueryRow(x.t.Context(), "select count(*) from "+x.schema+".device where push = 'phone'").Scan(&n))
			if n != 1 {
				x.t.Errorf("%d devices have the address", n)
			}
		}},
		{name: "one result for an idempotency key", first: keyed("k"), second: keyed("k"), then: fine, ends: func(x *table) {
			ts, _, err := x.Tickets.OfEndUser(x.t.Context(), frontdesk.Host(), x.eve, "", 10)
			x.must(err)
			if len(ts) != 2 {
				x.t.Errorf("%d tickets, want 2", len(ts))
			}
		}},
	}
}

func quickReply(shortcut string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Tickets.SaveQuickReply(ctx, frontdesk.Host(), &ticket.QuickReply{Title: "Refund", Shortcut: shortcut, Texts: []ticket.ReplyText{{Text: "x"}}})
	}
}

func ownReply(shortcut string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Tickets.SaveQuickReply(ctx, jonas, &ticket.QuickReply{Owner: "jonas", Title: "Mine", Shortcut: shortcut, Texts: []ticket.ReplyText{{Text: "x"}}})
	}
}

func deleteReply(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	return d.Tickets.DeleteQuickReply(ctx, frontdesk.Host(), "bye")
}

func sendReply(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, _, err := d.Tickets.SendQuickReply(ctx, jonas, x.ticket, "bye", ticket.Draft{})
	return err
}

func keyed(key string) act {
	return newTicket(func(n *ticket.New) { n.Key = key })
}

func visit(device string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.People.Begin(ctx, identity.Visit{App: ticket.DefaultApp, Platform: "ios", Device: strings.Repeat(device, 32), Push: "phone"})
		return err
	}
}

// TestInterleaving lets two transactions meet at the root of each invariant: the
// second one waits for the first, and then goes by what became of it.
func TestInterleaving(t *testing.T) {
	t.Parallel()
	for _, r := range slices.Concat(races(), peopleRaces(), ticketRaces(), redactRaces(), viewRaces(), staffRaces(), eraseRaces(), queueRaces(), policyRaces(), ruleRaces(), faqRaces(), labelRaces(), emailRaces(), figureRaces(), botRaces()) {
		for _, commit := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/commit=%v", r.name, commit), func(t *testing.T) {
				t.Parallel()
				r.run(newTable(t), commit)
			})
		}
	}
}

func (r *race) run(x *table, commit bool) {
	t := x.t
	if r.before != nil {
		r.before(x)
	}
	tx, err := x.pool.Begin(t.Context())
	x.must(err)
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if r.host != nil {
		x.must(r.host(t.Context(), x, tx))
	} else {
		joined := x.DB.Join(x.pg.In(tx))
		x.must(r.first(t.Context(), x, x.In(joined), joined))
	}
	heard := make(chan error, 1)
	go func() { heard <- r.second(t.Context(), x, x.Desk, x.DB) }()
	if !r.free {
		x.waits(heard)
	} else if err := <-heard; !r.then(err) {
		t.Errorf("the second transaction hears %v", err)
	}
	if commit {
		x.must(tx.Commit(t.Context()))
	} else {
		x.must(tx.Rollback(t.Context()))
	}
	if r.free {
		if commit && r.ends != nil {
			r.ends(x)
		}
		return
	}
	switch err := <-heard; {
	case commit && !r.then(err):
		t.Errorf("after a commit the second transaction hears %v", err)
	case !commit && err != nil:
		t.Errorf("after a rollback the second transaction hears %v", err)
	}
	if commit && r.ends != nil {
		r.ends(x)
	}
}

// waits returns when the second transaction waits for a lock; it must not end
// before.
func (x *table) waits(heard <-chan error) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), 5*time.Minute)
	defer cancel()
	for {
		var waiting bool
		x.must(x.pool.QueryRow(ctx, "select exists (select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock')", x.schema).Scan(&waiting))
		if waiting {
			return
		}
		select {
		case err := <-heard:
			x.t.Fatalf("the second transaction doesn't wait for the first: %v", err)
		case <-ctx.Done():
			x.t.Fatal("the second transaction neither waits nor ends")
		case <-time.After(2 * time.Millisecond):
		}
	}
}
