package frontdesk_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// opened is a desk in memory; Path: "support.db" keeps one in a file.
func opened(hooks ...ticket.Hook) *frontdesk.Desk {
	desk, err := frontdesk.Open(context.Background(), frontdesk.Config{Hooks: hooks})
	if err != nil {
		log.Fatal(err)
	}
	return desk
}

func Example() {
	ctx := context.Background()
	desk := opened()
	defer desk.Close()
	mira := &identity.Agent{ID: "mira", Name: "Mira Okafor"}
	if err := desk.People.SaveAgent(ctx, frontdesk.Host(), mira); err != nil {
		log.Fatal(err)
	}
	ann, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-17", Name: "Ann"})
	if err != nil {
		log.Fatal(err)
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{EndUser: ann.ID, Message: &ticket.Draft{Text: "Where is my parcel?"}})
	if err != nil {
		log.Fatal(err)
	}
	t, _, err = desk.Tickets.Reply(ctx, mira.Actor(), t.ID, ticket.Draft{Text: "It comes tomorrow."})
	fmt.Println(t.Number, t.Status, t.Assignee, err)
	// Output: 1 agent_replied agent:mira <nil>
}

// The host's server signs who its user is; the page gives that to the widget, or an
// app to the API.
func Example_login() {
	ctx := context.Background()
	desk := opened()
	defer desk.Close()
	secret, err := desk.People.AddSecret(ctx, frontdesk.Host(), ticket.DefaultApp, "") // kept by the host's server, too
	if err != nil {
		log.Fatal(err)
	}
	user := &identity.Login{UserID: "u-17", Email: "ann@example.com", HMAC: identity.Sign(secret, "u-17", "ann@example.com")}
	visit := identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: strings.Repeat("random-", 6), Login: user}
	session, err := desk.People.Begin(ctx, visit)
	fmt.Println(session.EndUser.UserID, session.EndUser.Known(), session.Refused == nil, err)

	user.HMAC = identity.Sign("another secret", "u-17", "ann@example.com")
	session, _ = desk.People.Begin(ctx, visit)
	fmt.Println(session.EndUser.Known(), session.Refused.Reason)
	// Output:
	// u-17 true true <nil>
	// false bad_token
}

// Fields are defined at the start of a program; from the second start on they are there.
func Example_customField() {
	ctx := context.Background()
	desk := opened()
	defer desk.Close()
	for range 2 {
		err := desk.Tickets.SaveField(ctx, frontdesk.Host(), &ticket.Field{Key: "order", Type: ticket.Number})
		if err != nil && !errors.Is(err, store.ErrExists) {
			log.Fatal(err)
		}
	}
	ann, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-17"})
	if err != nil {
		log.Fatal(err)
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{EndUser: ann.ID, Fields: map[string]any{"order": "4711", "mood": "sunny"}})
	if err != nil {
		log.Fatal(err)
	}
	order, _ := t.Field("order")
	fmt.Println(order.Any(), t.Warnings)
	// Output: 4711 [{fields.mood there is no such field}]
}

// A hook runs inside the transaction of the change, and may refuse it.
func Example_hook() {
	ctx := context.Background()
	desk := opened(ticket.Hook{Name: "office", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if c.Before == nil && c.After.Title == "" {
			return &ticket.RefusedError{Reason: "say in a few words what it is about"}
		}
		return nil
	}})
	defer desk.Close()
	ann, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-17"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = desk.Tickets.Create(ctx, ticket.New{EndUser: ann.ID})
	refused, ok := errors.AsType[*ticket.RefusedError](err)
	fmt.Println(ok, refused.Reason)
	// Output: true say in a few words what it is about
}

func ExampleDesk_In() {
	ctx := context.Background()
	desk := opened()
	defer desk.Close()
	ann, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-17"})
	if err != nil {
		log.Fatal(err)
	}
	err = desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := desk.In(tx).Tickets.Create(ctx, ticket.New{EndUser: ann.ID, Title: "Refund"}); err != nil {
			return err
		}
		return errors.New("the card was refused") // and with it the ticket is gone
	})
	ts, _, _ := desk.Tickets.OfEndUser(ctx, frontdesk.Host(), ann.ID, "", 10)
	fmt.Println(err, len(ts))
	// Output: the card was refused 0
}

// A backup is a tar file; unpacked it is a desk in a file again.
func ExampleDesk_Backup() {
	ctx := context.Background()
	desk := opened()
	defer desk.Close()
	var b bytes.Buffer // a program writes a file, or uploads
	if err := desk.Backup(ctx, &b); err != nil {
		log.Fatal(err)
	}
	for files := tar.NewReader(&b); ; {
		f, err := files.Next()
		if err != nil {
			break // io.EOF
		}
		fmt.Println(f.Name)
	}
	// Output:
	// support.db
	// support.db.files/
}
