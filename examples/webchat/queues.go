package main

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/queue"
)

// The shop's queues, best rank first. New chats come into Questions, the default one;
// agents move tickets on from there. They are served at all hours, so that the example
// shows something at night, too.
func queues() []*queue.Queue {
	tea, parcels := queue.Eligible{Group: "tea"}, queue.Eligible{Group: "parcels"}
	return []*queue.Queue{
		{ID: "vip", Name: "VIP", Groups: []queue.Eligible{tea, parcels}, Strategy: queue.LeastLoaded, Offer: 30 * time.Second, Amber: time.Minute, Red: 3 * time.Minute},
		{ID: queue.DefaultQueue, Name: "Questions", Groups: []queue.Eligible{tea, parcels}, Amber: 2 * time.Minute, Red: 10 * time.Minute,
			Escalate: queue.Escalation{After: 20 * time.Minute, To: "vip"}},
		{ID: "orders", Name: "Orders", Groups: []queue.Eligible{parcels, {Group: "tea", After: 10 * time.Minute}}, Order: queue.ByDue, Limit: 3,
			Needs: []string{"language"}, Amber: 10 * time.Minute, Red: time.Hour},
		{ID: "returns", Name: "Returns", Groups: []queue.Eligible{parcels}, Strategy: queue.Sticky, Amber: time.Hour, Red: 8 * time.Hour},
		{ID: "cafes", Name: "Cafés", Groups: []queue.Eligible{tea}, Manual: true, Order: queue.ByWait, Amber: 4 * time.Hour, Red: 24 * time.Hour},
	}
}

// workers are how the shop's agents work.
func workers() []*queue.Worker {
	return []*queue.Worker{
		{Agent: "jonas", Skills: []string{"language=en", "language=de"}},
		{Agent: "mira", Limit: 8, Skills: []string{"language=en", "language=de", "language=fr"}},
		{Agent: "yuki", Skills: []string{"language=en", "language=ja", "language=fr"}},
	}
}

// line sets the queues up, and how agents work.
func line(ctx context.Context, desk *frontdesk.Desk) error {
	var order []string
	for _, q := range queues() {
		if q.ID == queue.DefaultQueue { // every desk has it
			own, err := desk.Queues.Queue(ctx, q.ID)
			if err != nil {
				return err
			}
			q.Rev = own.Rev
		}
		if err := desk.Queues.Save(ctx, frontdesk.Host(), q); err != nil {
			return fmt.Errorf("queue %s: %w", q.Name, err)
		}
		order = append(order, q.ID)
	}
	if err := desk.Queues.Rank(ctx, frontdesk.Host(), order...); err != nil {
		return err
	}
	for _, w := range workers() {
		if err := desk.Queues.SaveWorker(ctx, frontdesk.Host(), w); err != nil {
			return fmt.Errorf("agent %s: %w", w.Agent, err)
		}
	}
	set, err := desk.Queues.Settings(ctx)
	if err != nil {
		return err
	}
	set.Limit, set.Answered, set.Grace = 6, 0.5, 15*time.Minute
	return desk.Queues.SaveSettings(ctx, frontdesk.Host(), set)
}
