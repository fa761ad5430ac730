package analytics_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Who sees his groups' tickets, or his own, is told of no others, whatever he asks for.
func TestSight(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		ctx, host := t.Context(), frontdesk.Host()
		y := tell(t, s)
		must(t, y.People.SaveGroup(ctx, host, &identity.Group{ID: "other", Name: "Other"}))
		for id, groups := range map[string][]string{"head": {"crew"}, "lone": nil} {
			must(t, y.People.SaveAgent(ctx, host, &identity.Agent{ID: id, Name: id, Role: identity.Supervisor, Groups: groups}))
		}
		storyOf := func(group string, agent string) {
			y.happen(0, 0, 0, 1)
			id := y.tickets[len(y.tickets)-1]
			if group != "" {
				must(t, drop(y.Tickets.AssignGroup(ctx, host, id, group)))
			}
			if agent != "" {
				must(t, drop(y.Tickets.Assign(ctx, host, id, agent)))
			}
			y.drain()
			y.later(time.Minute)
		}
		storyOf("crew", "")
		storyOf("crew", "ann")
		storyOf("other", "")
		storyOf("", "")
		storyOf("other", "head")
		storyOf("", "lone")
		count := func(actor event.Actor, q analytics.Query) float64 {
			t.Helper()
			q.From, q.To, q.Metrics = began, y.now, []analytics.Metric{analytics.Open}
			table, err := y.Analytics.Query(ctx, actor, q)
			must(t, err)
			n := 0.0
			for _, r := range table.Rows {
				n += r.Values[0].Number
			}
			return n
		}
		access, err := y.People.Access(ctx)
		must(t, err)
		queries := []analytics.Query{{}, {By: []analytics.Dimension{analytics.Queue}}, {Where: []analytics.Filter{{By: analytics.Language, Values: []string{"de"}}}}, {By: []analytics.Dimension{analytics.Agent, analytics.Group}}}
		for _, sees := range []identity.Visibility{identity.SeesAll, identity.SeesGroups, identity.SeesOwn} {
			access.Supervisor.Sees = sees
			must(t, y.People.SaveAccess(ctx, host, access))
			for agent, want := range map[string]map[identity.Visibility]float64{
				"head": {identity.SeesAll: 6, identity.SeesGroups: 3, identity.SeesOwn: 1},
				"lone": {identity.SeesAll: 6, identity.SeesGroups: 1, identity.SeesOwn: 1},
			} {
				for _, q := range queries {
					if got := count(actorOf(agent), q); got != want[sees] {
						t.Errorf("%s, who sees %s, is told of %v tickets, want %v: %+v", agent, sees, got, want[sees], q)
					}
				}
			}
		}
		access.Supervisor.May = slices.DeleteFunc(access.Supervisor.May, func(p identity.Permission) bool { return p == identity.SeeRatings })
		must(t, y.People.SaveAccess(ctx, host, access))
		table, err := y.Analytics.Query(ctx, actorOf("head"), analytics.Query{From: began, To: y.now, Metrics: []analytics.Metric{analytics.Ratings, analytics.Created}})
		must(t, err)
		if v := table.Rows[0].Values; v[0].Known || !v[1].Known {
			t.Errorf("ratings, for who may not see them: %+v", v)
		}
		_, err = y.Analytics.Query(ctx, actorOf("ann"), analytics.Query{From: began, To: y.now})
		if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
			t.Errorf("an agent: %v", err)
		}
	})
}
