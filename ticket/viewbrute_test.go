package ticket_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// judged is a filter, and the same written in Go.
type judged struct {
	filter string
	fits   func(t *ticket.Ticket, me string, now time.Time) bool
}

func field(t *ticket.Ticket, key string) any {
	v, ok := t.Field(key)
	if !ok {
		return nil
	}
	return v.Any()
}

func filters() []judged {
	type tk = *ticket.Ticket
	plain := func(filter string, fits func(t tk) bool) judged {
		return judged{filter, func(t tk, _ string, _ time.Time) bool { return fits(t) }}
	}
	agent := func(t tk) string {
		if t.Assignee.Kind == event.Agent {
			return t.Assignee.ID
		}
		return ""
	}
	return []judged{
		plain(``, func(t tk) bool { return true }),
		plain(`ticket.open`, func(t tk) bool { return t.Status.Open() }),
		plain(`not ticket.open`, func(t tk) bool { return !t.Status.Open() }),
		plain(`ticket.status == "new" or ticket.status == "waiting_for_agent"`, func(t tk) bool {
			return t.Status == ticket.StatusNew || t.Status == ticket.StatusWaitingForAgent
		}),
		plain(`ticket.status != "new" and ticket.queue == "slow"`, func(t tk) bool { return t.Status != ticket.StatusNew && t.Queue == "slow" }),
		plain(`ticket.assignee == nil and ticket.open`, func(t tk) bool { return agent(t) == "" && t.Status.Open() }),
		plain(`ticket.bot == "greeter"`, func(t tk) bool { return t.Assignee == bot }),
		plain(`"VIP" in ticket.tags`, func(t tk) bool { return t.HasTag("vip") }),
		plain(`"vip" in ticket.tags or "spam" in ticket.tags`, func(t tk) bool { return t.HasTag("vip") || t.HasTag("spam") }),
		plain(`"vip" in ticket.tags and "spam" in ticket.tags`, func(t tk) bool { return t.HasTag("vip") && t.HasTag("spam") }),
		plain(`not ("vip" in ticket.tags)`, func(t tk) bool { return !t.HasTag("vip") }),
		plain(`ticket.priority >= "high"`, func(t tk) bool { return t.Priority == ticket.High || t.Priority == ticket.Urgent }),
		plain(`ticket.priority == nil and ticket.label == "delivery"`, func(t tk) bool { return t.Priority == "" && t.Label != nil && t.Label.Name == "delivery" }),
		plain(`field.size == "L" and field.count > 2`, func(t tk) bool {
			n, ok := field(t, "count").(float64)
			return field(t, "size") == "L" && ok && n > 2
		}),
		plain(`field.agreed and not ticket.snoozed`, func(t tk) bool { return field(t, "agreed") == true && t.Snoozed == nil }),
		plain(`not field.agreed`, func(t tk) bool { return field(t, "agreed") != true }),
		plain(`field.agreed == false`, func(t tk) bool { return field(t, "agreed") == false }),
		plain(`field.line != "text"`, func(t tk) bool { return field(t, "line") != "text" }),
		plain(`ticket.snoozed`, func(t tk) bool { return t.Snoozed != nil }),
		plain(`ticket.group == "billing" or ticket.queue == "slow"`, func(t tk) bool { return t.Group == "billing" || t.Queue == "slow" }),
		plain(`ticket.platform == "webchat" and ticket.inbound >= 2`, func(t tk) bool { return t.Platform == "webchat" && t.Counts.Inbound >= 2 }),
		plain(`ticket.waiting_since != nil`, func(t tk) bool { return !t.WaitingSince.IsZero() }),
		plain(`ticket.created >= date("2026-05-04T09:20:00Z") and ticket.created < date("2026-05-04T11:00:00Z")`, func(t tk) bool {
			return !t.Times.Created.Before(start.Add(20*time.Minute)) && t.Times.Created.Before(start.Add(2*time.Hour))
		}),
		plain(`ticket.queue == "nowhere"`, func(t tk) bool { return false }),
		plain(`ticket.queue == "slow" and ticket.queue == "nowhere"`, func(t tk) bool { return false }),
		{`ticket.assignee == me`, func(t tk, me string, _ time.Time) bool { return me != "" && agent(t) == me }},
		{`me in ticket.followers and ticket.open`, func(t tk, me string, _ time.Time) bool { return slices.Contains(t.Followers, me) && t.Status.Open() }},
		{`ticket.last_agent == me or ticket.assignee == me`, func(t tk, me string, _ time.Time) bool { return me != "" && (t.LastAgent == me || agent(t) == me) }},
		{`ticket.assignee == nil or ticket.assignee == me`, func(t tk, me string, _ time.Time) bool { return agent(t) == "" || agent(t) == me }},
		{`ticket.assignee != me and ticket.open`, func(t tk, me string, _ time.Time) bool { return t.Status.Open() && (me == "" || agent(t) != me) }},
		{`("vip" in ticket.tags or "spam" in ticket.tags) and ticket.created <= now`, func(t tk, _ string, _ time.Time) bool {
			return t.HasTag("vip") || t.HasTag("spam")
		}},
		{`ticket.queue in ["slow", "fast"] and now - ticket.updated > minutes(20)`, func(t tk, _ string, now time.Time) bool {
			return t.Queue != "" && now.Sub(t.Times.Updated) > 20*time.Minute
		}},
		{`ticket.status == "new" and ticket.created < now - minutes(20) and ticket.updated > now - hours(2)`, func(t tk, _ string, now time.Time) bool {
			return t.Status == ticket.StatusNew && t.Times.Created.Before(now.Add(-20*time.Minute)) && t.Times.Updated.After(now.Add(-2*time.Hour))
		}},
		{`now - ticket.created > hours(1)`, func(t tk, _ string, now time.Time) bool { return now.Sub(t.Times.Created) > time.Hour }},
		{`ticket.open and now - ticket.waiting_since >= minutes(30)`, func(t tk, _ string, now time.Time) bool {
			return t.Status.Open() && !t.WaitingSince.IsZero() && now.Sub(t.WaitingSince) >= 30*time.Minute
		}},
		{`ticket.updated > now - minutes(45) and ticket.inbound >= 1`, func(t tk, _ string, now time.Time) bool {
			return t.Times.Updated.After(now.Add(-45*time.Minute)) && t.Counts.Inbound >= 1
		}},
	}
}

// act does something to a ticket at random, or makes one. What can't be done is
// left.
func (d *desk) act(t testing.TB, r *rand.Rand, ids []string) []string {
	t.Helper()
	ctx := t.Context()
	d.clock.forward(time.Duration(r.IntN(600)) * time.Second)
	if len(ids) < 5 || r.IntN(4) == 0 {
		tk, err := d.tickets.Create(ctx, ticket.New{
			EndUser: d.eve, Platform: []string{"webchat", "ios"}[r.IntN(2)], Message: &ticket.Draft{Text: "Hi."},
			Priority: []ticket.Priority{"", "", ticket.Low, ticket.High, ticket.Urgent}[r.IntN(5)],
			Queue:    []string{"", "slow", "fast"}[r.IntN(3)],
		})
		must(t, err)
		return append(ids, tk.ID)
	}
	id := ids[r.IntN(len(ids))]
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var err error
	switch r.IntN(12) {
	case 0:
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{AddTags: []string{pick("VIP", "spam")}})
	case 1:
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{RemoveTags: []string{pick("VIP", "spam")}})
	case 2:
		var label *ticket.Label
		if label = (&ticket.Label{Name: pick("delivery", "")}); label.Name != "" {
			label.Source = "agent"
		}
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{Label: label, Priority: new(ticket.Priority(pick("", "low", "urgent")))})
	case 3:
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{Fields: map[string]any{
			"size": pick("S", "L"), "count": float64(r.IntN(5)), "agreed": r.IntN(2) == 0, "line": pick("text", "other")}})
	case 4:
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{Fields: map[string]any{"agreed": nil, "line": nil}})
	case 5:
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{Followers: &[]string{pick("ann", "bob")}})
	case 6:
		_, err = d.tickets.Snooze(ctx, ann, id, d.clock.now().Add(100*time.Hour), "later")
	case 7:
		_, err = d.tickets.Wake(ctx, ann, id)
	case 8:
		_, err = d.tickets.Write(ctx, d.inbound(id, "Hello?"))
	default:
		_, err = acts[pick("assign", "bot", "group", "queue", "unassign", "resolve", "reject", "reopen", "reply", "ann says")](t, d, id)
	}
	if _, refused := mayRefuse(err); err != nil && !refused {
		t.Fatal(err)
	}
	return ids
}

// mayRefuse says whether an act was refused as one that doesn't fit the ticket's state.
func mayRefuse(err error) (error, bool) {
	switch e := err.(type) {
	case *ticket.TransitionError:
		return e, true
	}
	return err, false
}

// every returns all tickets as it is.
func (d *desk) every(t testing.TB) (all []*ticket.Ticket) {
	t.Helper()
	for after := ""; ; {
		ts, next, err := d.tickets.OfEndUser(t.Context(), host, d.eve, after, 200)
		must(t, err)
		all = append(all, ts...)
		if after = next; next == "" {
			return all
		}
	}
}

// sorted are the ids of tickets in a view's order.
func sorted(ts []*ticket.Ticket, by ticket.ViewSort, desc bool) (ids []string) {
	ranks := []ticket.Priority{"", ticket.Low, ticket.Normal, ticket.High, ticket.Urgent}
	sign := 1
	if desc {
		sign = -1
	}
	rank := func(t *ticket.Ticket) int { return slices.Index(ranks, t.Priority) }
	newest := func(a, b *ticket.Ticket) int {
		return cmp.Or(b.Times.Created.Compare(a.Times.Created), cmp.Compare(b.ID, a.ID))
	}
	slices.SortFunc(ts, func(a, b *ticket.Ticket) int {
		switch by {
		case ticket.SortCreated:
			return sign * cmp.Or(a.Times.Created.Compare(b.Times.Created), cmp.Compare(a.ID, b.ID))
		case ticket.SortWaiting:
			switch x, y := a.WaitingSince.IsZero(), b.WaitingSince.IsZero(); {
			case x && y:
				return newest(a, b)
			case x != y:
				return cmp.Compare(b2i(x), b2i(y))
			}
			return sign * cmp.Or(a.WaitingSince.Compare(b.WaitingSince), cmp.Compare(a.ID, b.ID))
		case ticket.SortPriority:
			switch x, y := a.Priority == "", b.Priority == ""; {
			case x && y:
				return newest(a, b)
			case x != y:
				return cmp.Compare(b2i(x), b2i(y))
			}
			return sign * cmp.Or(cmp.Compare(rank(a), rank(b)), b.Times.Created.Compare(a.Times.Created), cmp.Compare(a.ID, b.ID))
		}
		return sign * cmp.Or(a.Times.Updated.Compare(b.Times.Updated), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range ts {
		ids = append(ids, t.ID)
	}
	return ids
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
