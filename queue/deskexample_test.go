package queue_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// exampleDesk is a desk in memory with an agent, Jo, and an end user, Eve.
func exampleDesk(ctx context.Context) (desk *frontdesk.Desk, eve string, err error) {
	if desk, err = frontdesk.Open(ctx, frontdesk.Config{}); err != nil {
		return nil, "", err
	}
	if err = desk.People.SaveAgent(ctx, frontdesk.Host(), &identity.Agent{ID: "jo", Name: "Jo"}); err != nil {
		return nil, "", err
	}
	u, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve"})
	if err != nil {
		return nil, "", err
	}
	return desk, u.ID, nil
}

// A queue that waits too long asks another one for help.
func ExampleService_Save() {
	ctx := context.Background()
	desk, _, err := exampleDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	help := &queue.Queue{Name: "Everybody"}
	if err := desk.Queues.Save(ctx, frontdesk.Host(), help); err != nil {
		fmt.Println(err)
		return
	}
	vip := &queue.Queue{Name: "VIP", Red: 10 * time.Minute, Escalate: queue.Escalation{After: 5 * time.Minute, To: help.ID}}
	if err := desk.Queues.Save(ctx, frontdesk.Host(), vip); err != nil {
		fmt.Println(err)
		return
	}
	if err := desk.Queues.Rank(ctx, frontdesk.Host(), vip.ID, queue.DefaultQueue, help.ID); err != nil {
		fmt.Println(err)
		return
	}
	all, def, err := desk.Queues.Queues(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range all {
		fmt.Println(q.Name, q.ID == def)
	}
	fmt.Println(desk.Queues.Delete(ctx, frontdesk.Host(), help.ID))
	// Output:
	// VIP false
	// Support true
	// Everybody false
	// these queues escalate to it: VIP
}

// When Jo's shift ends what he has goes back to its queue.
func ExampleService_EndShift() {
	ctx := context.Background()
	desk, eve, err := exampleDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	if _, err := desk.Queues.Login(ctx, "jo"); err != nil {
		fmt.Println(err)
		return
	}
	tk, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve, Message: &ticket.Draft{Text: "Where is my parcel?"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Tickets.Assign(ctx, frontdesk.Host(), tk.ID, "jo"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Queues.EndShift(ctx, frontdesk.Host(), "jo"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Drain(ctx); err != nil { // Run does so in the background
		fmt.Println(err)
		return
	}
	now, err := desk.Tickets.Get(ctx, frontdesk.Host(), tk.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(now.Assignee, now.Queue, now.Status)
	log, _, err := desk.Queues.AvailabilityLog(ctx, frontdesk.Host(), "jo", "", 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range log {
		fmt.Println(c.From, "to", c.To+":", strings.TrimSpace(c.Reason), "by", c.By)
	}
	// Output:
	// nobody default new
	// available to offline: end of shift by system:host
	// offline to available: login by agent:jo
}

// An end user is told where he stands once the queue's pace is known.
func ExampleService_Estimate() {
	ctx := context.Background()
	desk, eve, err := exampleDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	tk, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve, Message: &ticket.Draft{Text: "Where is my parcel?"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, ok, err := desk.Queues.Estimate(ctx, frontdesk.Host(), tk.ID)
	fmt.Println(ok, err)
	// Output: false <nil>
}
