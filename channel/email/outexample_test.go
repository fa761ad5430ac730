package email_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A desk writes its mails into a directory; a program of the host's has a Sender of
// channel/email/smtp in its place.
func ExampleDirectory() {
	ctx, host := context.Background(), frontdesk.Host()
	dir, err := os.MkdirTemp("", "mails")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	d, err := frontdesk.Open(ctx, frontdesk.Config{Mail: email.Options{Sender: email.Directory(dir)}})
	if err != nil {
		panic(err)
	}
	defer d.Close()
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	must(d.Email.SaveSettings(ctx, host, &email.Settings{App: ticket.DefaultApp, From: "help@shop.example", Brand: "Tea Shop"}))
	mira := &identity.Agent{ID: "mira", Name: "Mira Okafor"}
	must(d.People.SaveAgent(ctx, host, mira))
	eve, err := d.People.Save(ctx, host, identity.Profile{UserID: "eve", Name: "Eve Adams", Email: "eve@mail.example"})
	must(err)

	t, err := d.Tickets.Create(ctx, ticket.New{EndUser: eve.ID, Platform: email.Platform, Channel: email.Channel, Title: "Where is my tea?", Message: &ticket.Draft{Text: "I ordered it last week."}})
	must(err)
	_, _, err = d.Tickets.Reply(ctx, mira.Actor(), t.ID, ticket.Draft{Text: "It left today."})
	must(err)
	_, err = d.Drain(ctx) // a server has Run at work instead
	must(err)

	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	must(err)
	for _, name := range files {
		f, err := os.Open(name)
		must(err)
		m, err := mail.Parse(f, nil)
		must(err)
		f.Close()
		fmt.Println(m.From.Name, "to", m.To[0].Address)
		fmt.Println(m.Subject)
		fmt.Println(strings.Contains(m.Text, "It left today."))
	}
	// Output:
	// Mira Okafor via Tea Shop to eve@mail.example
	// Re: Where is my tea? [#1]
	// true
}

// Preview shows what an app's mails look like before anybody gets one.
func ExampleService_Preview() {
	ctx, host := context.Background(), frontdesk.Host()
	d, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		panic(err)
	}
	defer d.Close()
	err = d.Email.SaveSettings(ctx, host, &email.Settings{App: ticket.DefaultApp, From: "help@shop.example", Brand: "Tea Shop",
		Text: "{{.Delimiter}}\n\n{{range .Said}}{{.Text}}\n\n{{.Author}}, {{$.Brand}}{{end}}"})
	if err != nil {
		panic(err)
	}
	r, err := d.Email.Preview(ctx, host, ticket.DefaultApp, "de", "")
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Subject)
	fmt.Println(r.Text)
	// Output:
	// Where is my order? [#1042]
	// — Bitte antworten Sie oberhalb dieser Zeile —
	//
	// Hi Eve,
	//
	// your order left our house this morning. You can follow it at https://shop.example/orders/7731.
	//
	// Shall we tell you when it is there?
	//
	// Ann Baker, Tea Shop
}
