package labels_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// shop is a desk in memory, as a program that needs no more than labels would put it
// together.
func shop(ctx context.Context, o *labels.Options) (l *labels.Service, tickets *ticket.Service, work func()) {
	db, err := store.Open(ctx, memstore.New(), nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), labels.Collections())...)
	check(err)
	log, jobs := event.NewLog(db, nil), job.New(db, nil)
	people, err := identity.Open(ctx, db, log, &identity.Options{Jobs: jobs})
	check(err)
	step := labels.Step(func() *labels.Service { return l })
	tickets, err = ticket.Open(ctx, db, log, jobs, people, &ticket.Options{Blobs: blob.Memory(), Steps: []ticket.Step{step}})
	check(err)
	l, err = labels.Open(ctx, labels.Parts{DB: db, Events: log, Jobs: jobs, People: people, Tickets: tickets}, o)
	check(err)
	return l, tickets, func() {
		for n := 1; n > 0; {
			events, err := log.Step(ctx)
			check(err)
			jobs, err := jobs.Step(ctx)
			check(err)
			n = events + jobs
		}
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// asks begins a ticket, and says which label it gets.
func asks(ctx context.Context, l *labels.Service, tickets *ticket.Service, work func(), text string) string {
	eve, err := l.People.Save(ctx, host, identity.Profile{UserID: "eve"})
	check(err)
	t, err := tickets.Create(ctx, ticket.New{EndUser: eve.ID, Platform: "webchat", Message: &ticket.Draft{Text: text}})
	check(err)
	work()
	t, err = tickets.Get(ctx, host, t.ID)
	check(err)
	if t.Label == nil {
		return "none"
	}
	return t.Label.Name
}

func Example() {
	ctx := context.Background()
	l, tickets, work := shop(ctx, nil)

	everywhere := labels.Scope{}
	check(l.Upload(ctx, host, everywhere, sample("delivery", "refund", "login")))
	v, err := l.Train(ctx, host, labels.Order{Scope: everywhere, Uploaded: true})
	check(err)
	work() // a desk does so all the time
	check(l.Activate(ctx, host, v.ID))

	fmt.Println(asks(ctx, l, tickets, work, "I want my money back"))
	fmt.Println(asks(ctx, l, tickets, work, "zebra crossing"))
	// Output:
	// refund
	// none
}

// A label that does harm where it is wrong is given only if the model is very sure.
func ExampleService_SetThresholds() {
	ctx := context.Background()
	l, tickets, work := shop(ctx, nil)
	check(l.Upload(ctx, host, labels.Scope{}, sample("delivery", "refund", "login")))
	v, err := l.Train(ctx, host, labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
	check(err)
	work()

	check(l.SetThresholds(ctx, host, v.ID, []labels.Threshold{{Label: "refund", Least: 1}, {Label: "", Least: 0.3}}))
	fmt.Println(asks(ctx, l, tickets, work, "I want my money back"))
	fmt.Println(asks(ctx, l, tickets, work, "where is my parcel"))
	// Output:
	// none
	// delivery
}

// A host brings a model of its own.
func ExampleClassifierFunc() {
	ctx := context.Background()
	own := labels.ClassifierFunc(func(ctx context.Context, q labels.Question) (predict.Prediction, error) {
		if strings.Contains(strings.ToLower(q.Text), "invoice") {
			return predict.Prediction{Label: "billing", Best: predict.Scored{Label: "billing", Confidence: 0.9}}, nil
		}
		return predict.Prediction{}, nil
	})
	l, tickets, work := shop(ctx, &labels.Options{Classifier: own})
	fmt.Println(asks(ctx, l, tickets, work, "My invoice is wrong"))
	// Output: billing
}
