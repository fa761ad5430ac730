package automation_test

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// exampleDesk is a desk in memory with an end user.
func exampleDesk(ctx context.Context, c frontdesk.Config) (desk *frontdesk.Desk, eve string, err error) {
	if desk, err = frontdesk.Open(ctx, c); err != nil {
		return nil, "", err
	}
	u, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve", Name: "Eve"})
	if err != nil {
		return nil, "", err
	}
	return desk, u.ID, nil
}

// New tickets about refunds are urgent, and their end users hear of it.
func ExampleService_SaveRule() {
	ctx := context.Background()
	desk, eve, err := exampleDesk(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	rule := &automation.Rule{
		Name: "Refunds",
		On:   automation.Trigger{Kind: automation.OnCreated},
		When: `ticket.title contains "refund"`,
		Do: []automation.Action{
			{Action: ticket.Action{Do: ticket.DoPriority, Text: "urgent"}},
			{Action: ticket.Action{Do: ticket.DoReply}, Texts: []ticket.ReplyText{{Text: "Hello {{user.name}}, we look into it at once."}}},
		},
	}
	if err := desk.Rules.SaveRule(ctx, frontdesk.Host(), rule); err != nil {
		fmt.Println(err)
		return
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve, Title: "Where is my refund?"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Drain(ctx); err != nil { // a host calls Run instead
		fmt.Println(err)
		return
	}
	if t, err = desk.Tickets.Get(ctx, frontdesk.Host(), t.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Priority)
	fmt.Println(t.Preview.Text)
	// Output:
	// urgent
	// Hello Eve, we look into it at once.
}

// A condition that can't be read says where, and what could stand there.
func ExampleConditionError() {
	ctx := context.Background()
	desk, _, err := exampleDesk(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	rule := &automation.Rule{Name: "VIPs", On: automation.Trigger{Kind: automation.OnCreated}, When: `ticket.priority == "asap"`,
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoResolve}}}}
	fmt.Println(desk.Rules.SaveRule(ctx, frontdesk.Host(), rule))
	// Output:
	// rule.when: isn't a condition: line 1, column 20: ticket.priority is never "asap"; allowed: low, normal, high, urgent
}

// Conditions may ask the host's own system, where it matters.
func ExampleOptions() {
	ctx := context.Background()
	desk, eve, err := exampleDesk(ctx, frontdesk.Config{Rules: automation.Options{
		Conditions: map[string]func(context.Context, *ticket.Ticket) (bool, error){
			"premium": func(_ context.Context, t *ticket.Ticket) (bool, error) { return true, nil },
		},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	rule := &automation.Rule{Name: "Premium", On: automation.Trigger{Kind: automation.OnCreated}, When: `ticket.platform == "ios" and host.premium`,
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoPriority, Text: "high"}}}}
	if err := desk.Rules.SaveRule(ctx, frontdesk.Host(), rule); err != nil {
		fmt.Println(err)
		return
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve, Platform: "ios"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Drain(ctx); err != nil {
		fmt.Println(err)
		return
	}
	runs, _, err := desk.Rules.RunsOf(ctx, frontdesk.Host(), t.ID, "", 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, did := range runs[0].Did {
		fmt.Println(did.Do, did.Result)
	}
	// Output:
	// priority done
}

// What would have been different with one rule less?
func ExampleService_Backtest() {
	ctx := context.Background()
	desk, eve, err := exampleDesk(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	rule := &automation.Rule{ID: "thanks", Name: "Thanks", On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoReply}, Texts: []ticket.ReplyText{{Text: "Thanks!"}}}}}
	if err := desk.Rules.SaveRule(ctx, frontdesk.Host(), rule); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve, Title: "Hello"}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Drain(ctx); err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	report, err := desk.Rules.Backtest(ctx, frontdesk.Host(), automation.Backtest{From: now.Add(-time.Hour), To: now, Rules: nil})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range report.Differences {
		fmt.Println(d.Number, d.What, d.Was, d.Would)
	}
	// Output:
	// 1 answered [message by thanks] []
}
