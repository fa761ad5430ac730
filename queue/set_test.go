package queue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
)

// names are the queues in order of rank, the default one with a star.
func (d *desk) names(t testing.TB) string {
	t.Helper()
	qs, def, err := d.queues.Queues(t.Context())
	must(t, err)
	var ids []string
	for _, q := range qs {
		if q.ID == def {
			q.ID += "*"
		}
		ids = append(ids, q.ID)
	}
	return strings.Join(ids, " ")
}

func TestSave(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.clock.forward(time.Hour)
		fast := d.queue(t, "fast")
		q := &queue.Queue{Name: " Billing ", Groups: []queue.Eligible{{Group: "billing"}, {Group: "tech", After: time.Minute}},
			Escalate: queue.Escalation{After: time.Hour, To: "fast"}, Needs: []string{"language"}, Strategy: queue.Sticky}
		must(t, d.queues.Save(ctx, admin, q))
		if q.ID == "" || q.Name != "Billing" || !q.Created.Equal(d.clock.now()) || q.Rev != 1 || d.names(t) != "default* fast "+q.ID {
			t.Errorf("%+v, all are %s", q, d.names(t))
		}
		d.clock.forward(time.Hour)
		q.Created, q.Red = time.Time{}, time.Minute
		must(t, d.queues.Save(ctx, admin, q))
		now := got[*queue.Queue](t)(d.queues.Queue(ctx, q.ID))
		if now.Rev != 2 || now.Red != time.Minute || !now.Created.Equal(start.Add(time.Hour)) || !now.Updated.Equal(start.Add(2*time.Hour)) {
			t.Errorf("%+v", now)
		}
		stale := *q
		stale.Rev = 1
		is(t, d.queues.Save(ctx, admin, &stale), store.ErrStale)
		is(t, d.queues.Save(ctx, admin, &queue.Queue{Name: "BILLING"}), store.ErrExists)
		is(t, d.queues.Save(ctx, admin, &queue.Queue{ID: "fast", Name: "Other"}), store.ErrExists)
		is(t, d.queues.Save(ctx, admin, &queue.Queue{ID: "gone", Name: "Gone", Rev: 3}), store.ErrStale)
		forbidden(t, d.queues.Save(ctx, ann, &queue.Queue{Name: "Mine"}))
		refuses(t, d.queues.Save(ctx, admin, &queue.Queue{Name: "A", Groups: []queue.Eligible{{Group: "gone"}}}), "queue.groups")
		refuses(t, d.queues.Save(ctx, admin, &queue.Queue{Name: "A", Escalate: queue.Escalation{After: 1, To: "gone"}}), "queue.escalate")
		refuses(t, d.queues.Save(ctx, admin, &queue.Queue{Name: " "}), "queue.name")
		if d.names(t) != "default* fast "+q.ID {
			t.Errorf("all are %s", d.names(t))
		}
		if es := d.happened(t, "queue:"+q.ID); len(es) != 2 || es[0].Type != queue.QueueCreated || es[1].Type != queue.QueueChanged || es[1].Actor != admin {
			t.Errorf("%d events", len(es))
		}
		if _, err := d.queues.Queue(ctx, "gone"); err == nil {
			t.Error("there is a queue that there isn't")
		}
		_ = fast
	})
}

// A group that was archived stays in the queues that it is in.
func TestArchivedGroupsStay(t *testing.T) {
	d := openMemory(t)
	q := d.queue(t, "a", func(q *queue.Queue) { q.Groups = []queue.Eligible{{Group: "tech"}} })
	g := got[*identity.Group](t)(d.people.Group(t.Context(), "tech"))
	g.Archived = true
	must(t, d.people.SaveGroup(t.Context(), host, g))
	q.Red = time.Hour
	must(t, d.queues.Save(t.Context(), host, q))
	refuses(t, d.queues.Save(t.Context(), host, &queue.Queue{Name: "New", Groups: q.Groups}), "queue.groups")
}

func TestQueueLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	groups := func(n int) (es []queue.Eligible) {
		for i := range n {
			id := fmt.Sprintf("g%d", i)
			if _, err := d.people.Group(t.Context(), id); err != nil {
				must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: id, Name: id}))
			}
			es = append(es, queue.Eligible{Group: id, After: time.Duration(i) * time.Minute})
		}
		return es
	}
	needs := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint("need", i))
		}
		return all
	}
	for _, c := range []struct {
		field string
		good  func(q *queue.Queue)
		bad   func(q *queue.Queue)
	}{
		{"queue.name", func(q *queue.Queue) { q.Name = strings.Repeat("ü", 255) }, func(q *queue.Queue) { q.Name = strings.Repeat("ü", 256) }},
		{"queue.id", func(q *queue.Queue) { q.ID = strings.Repeat("x", 100) }, func(q *queue.Queue) { q.ID = strings.Repeat("x", 101) }},
		{"queue.id", func(q *queue.Queue) { q.ID = "a-b" }, func(q *queue.Queue) { q.ID = "a/b" }},
		{"queue.groups", func(q *queue.Queue) { q.Groups = groups(20) }, func(q *queue.Queue) { q.Groups = groups(21) }},
		{"queue.groups", func(q *queue.Queue) { q.Groups = groups(2) }, func(q *queue.Queue) { q.Groups = groups(2); slices.Reverse(q.Groups) }},
		{"queue.groups", func(q *queue.Queue) { q.Groups = groups(1) }, func(q *queue.Queue) { q.Groups = append(groups(1), groups(1)...) }},
		{"queue.needs", func(q *queue.Queue) { q.Needs = needs(8) }, func(q *queue.Queue) { q.Needs = needs(9) }},
		{"queue.limit", func(q *queue.Queue) { q.Limit = 1000 }, func(q *queue.Queue) { q.Limit = 1000.5 }},
		{"queue.red", func(q *queue.Queue) { q.Amber, q.Red = 5, 5 }, func(q *queue.Queue) { q.Amber, q.Red = 5, 4 }},
		{"queue.offer", func(q *queue.Queue) { q.Offer = queue.MaxWait }, func(q *queue.Queue) { q.Offer = queue.MaxWait + 1 }},
		{"queue.amber", func(q *queue.Queue) { q.Amber = 0 }, func(q *queue.Queue) { q.Amber = -1 }},
		{"queue.strategy", func(q *queue.Queue) { q.Strategy = queue.RoundRobin }, func(q *queue.Queue) { q.Strategy = "best" }},
		{"queue.order", func(q *queue.Queue) { q.Order = queue.ByDue }, func(q *queue.Queue) { q.Order = "best" }},
		{"queue.escalate", func(q *queue.Queue) { q.Escalate = queue.Escalation{After: 1, To: "default"} }, func(q *queue.Queue) { q.Escalate.To = "default" }},
	} {
		good, bad := &queue.Queue{Name: t.Name() + fmt.Sprint(d.clock.forward(1).UnixNano())}, &queue.Queue{Name: "Bad"}
		c.good(good)
		must(t, d.queues.Save(t.Context(), host, good))
		c.bad(bad)
		refuses(t, d.queues.Save(t.Context(), host, bad), c.field)
	}
}

func TestMaxQueues(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	for i := range queue.MaxQueues - 1 {
		d.queue(t, fmt.Sprint("q", i))
	}
	refuses(t, d.queues.Save(t.Context(), host, &queue.Queue{Name: "One more"}), "queue")
}

func TestRank(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.queue(t, "a")
		d.queue(t, "b")
		must(t, d.queues.Rank(ctx, admin, "b", "default", "a"))
		if d.names(t) != "b default* a" {
			t.Error(d.names(t))
		}
		n := len(d.happened(t, "queues"))
		must(t, d.queues.Rank(ctx, admin, "b", "default", "a"))
		if len(d.happened(t, "queues")) != n {
			t.Error("an order that stays is told")
		}
		for _, bad := range [][]string{{"b", "a"}, {"b", "a", "a"}, {"b", "a", "default", "c"}, {"b", "a", "default", "default"}, {}} {
			refuses(t, d.queues.Rank(ctx, admin, bad...), "order")
		}
		forbidden(t, d.queues.Rank(ctx, ann, "a", "b", "default"))
		must(t, d.queues.SetDefault(ctx, admin, "a"))
		if d.names(t) != "b default a*" || d.ask(t, "").Queue != "a" {
			t.Error(d.names(t))
		}
		is(t, d.queues.SetDefault(ctx, admin, "gone"), store.ErrNotFound)
		forbidden(t, d.queues.SetDefault(ctx, ann, "a"))
	})
}

func TestPause(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		if q := got[*queue.Queue](t)(d.queues.Pause(t.Context(), admin, "default", true)); !q.Paused {
			t.Error("it isn't paused")
		}
		n := len(d.happened(t, "queue:default"))
		got[*queue.Queue](t)(d.queues.Pause(t.Context(), admin, "default", true))
		if len(d.happened(t, "queue:default")) != n {
			t.Error("a pause that stays is told")
		}
		if q := got[*queue.Queue](t)(d.queues.Pause(t.Context(), admin, "default", false)); q.Paused {
			t.Error("it is paused")
		}
		_, err := d.queues.Pause(t.Context(), admin, "gone", true)
		is(t, err, store.ErrNotFound)
		_, err = d.queues.Pause(t.Context(), ann, "default", true)
		forbidden(t, err)
	})
}

func TestSettings(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.queue(t, "a")
		set := got[*queue.Settings](t)(d.queues.Settings(ctx))
		set.Limit, set.Teams, set.Order, set.Default = 5, []queue.TeamLimit{{Team: "crew", Limit: 3}}, nil, "none"
		must(t, d.queues.SaveSettings(ctx, admin, set))
		now := got[*queue.Settings](t)(d.queues.Settings(ctx))
		if now.Limit != 5 || now.Default != "default" || strings.Join(now.Order, " ") != "default a" || d.names(t) != "default* a" {
			t.Errorf("%+v", now)
		}
		stale := *now
		stale.Rev--
		is(t, d.queues.SaveSettings(ctx, admin, &stale), store.ErrStale)
		is(t, d.queues.SaveSettings(ctx, admin, &queue.Settings{}), store.ErrStale)
		forbidden(t, d.queues.SaveSettings(ctx, ann, now))
		for field, change := range map[string]func(*queue.Settings){
			"settings.limit": func(s *queue.Settings) { s.Limit = 1000.1 }, "settings.answered": func(s *queue.Settings) { s.Answered = 1.1 },
			"settings.teams": func(s *queue.Settings) { s.Teams = []queue.TeamLimit{{Team: "gone", Limit: 1}} }, "settings.grace": func(s *queue.Settings) { s.Grace = -1 },
			"settings.weights": func(s *queue.Settings) { s.Weights = []queue.Weight{{Channel: "mail", Weight: 101}} },
		} {
			bad := *now
			change(&bad)
			refuses(t, d.queues.SaveSettings(ctx, admin, &bad), field)
		}
	})
}

func TestWorkers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		if w := got[*queue.Worker](t)(d.queues.Worker(ctx, "ann")); w.Agent != "ann" || w.Rev != 0 {
			t.Errorf("%+v", w)
		}
		w := &queue.Worker{Agent: "ann", Limit: 4, Skills: []string{"product=phone", "language=de"}}
		must(t, d.queues.SaveWorker(ctx, admin, w))
		must(t, d.queues.SaveWorker(ctx, admin, &queue.Worker{Agent: "bob"}))
		if w := got[*queue.Worker](t)(d.queues.Worker(ctx, "ann")); w.Limit != 4 || strings.Join(w.Skills, " ") != "language=de product=phone" {
			t.Errorf("%+v", w)
		}
		is(t, d.queues.SaveWorker(ctx, admin, &queue.Worker{Agent: "ann"}), store.ErrStale)
		refuses(t, d.queues.SaveWorker(ctx, admin, &queue.Worker{Agent: "gone"}), "worker.agent")
		refuses(t, d.queues.SaveWorker(ctx, admin, &queue.Worker{}), "worker.agent")
		refuses(t, d.queues.SaveWorker(ctx, admin, &queue.Worker{Agent: "lea", Skills: []string{"german"}}), "worker.skills")
		forbidden(t, d.queues.SaveWorker(ctx, ann, &queue.Worker{Agent: "lea"}))
		ws, next, err := d.queues.Workers(ctx, "", 1)
		if must(t, err); len(ws) != 1 || ws[0].Agent != "ann" || next == "" {
			t.Errorf("%v", ws)
		}
		ws, next, err = d.queues.Workers(ctx, next, 1)
		if must(t, err); len(ws) != 1 || ws[0].Agent != "bob" || next != "" {
			t.Errorf("%v", ws)
		}
		if es := d.happened(t, "worker:ann"); len(es) != 1 || es[0].Type != queue.WorkerChanged {
			t.Errorf("%d events", len(es))
		}
	})
}
