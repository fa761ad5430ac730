package email_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A mail comes in, and its answer to what the desk wrote joins the ticket; what a program
// wrote is held until somebody has looked at it.
func ExampleService_Receive() {
	ctx, host := context.Background(), frontdesk.Host()
	d, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		panic(err)
	}
	defer d.Close()
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	must(d.Email.SaveSettings(ctx, host, &email.Settings{App: ticket.DefaultApp, From: "help@shop.example"}))
	receive := func(lines ...string) *email.Received {
		in, err := d.Email.Receive(ctx, email.Envelope{Source: "raw"}, strings.NewReader(strings.Join(lines, "\r\n")))
		must(err)
		_, err = d.Drain(ctx) // a server has Run at work instead
		must(err)
		in, err = d.Email.Get(ctx, host, in.ID)
		must(err)
		return in
	}

	first := receive("From: Eve Adams <eve@mail.example>", "To: help@shop.example", "Subject: Where is my tea?", "Message-ID: <1@mail.example>", "", "I ordered it last week.")
	more := receive("From: eve@mail.example", "To: help@shop.example", "Subject: Re: Where is my tea?", "Message-ID: <2@mail.example>", "In-Reply-To: <1@mail.example>", "",
		"It is green tea.", "", "On 4 May 2026, at 09:00, Eve Adams <eve@mail.example> wrote:", "> I ordered it last week.")
	fmt.Println(more.Ticket == first.Ticket)
	ms, _, err := d.Tickets.Messages(ctx, host, first.Ticket, 0, 0, 10)
	must(err)
	for _, m := range ms {
		fmt.Println(m.Text)
	}

	receive("From: robot@mail.example", "To: help@shop.example", "Subject: Weekly report", "Auto-Submitted: auto-generated", "", "All is well.")
	held, _, err := d.Email.Held(ctx, host, "", 10)
	must(err)
	for _, in := range held {
		fmt.Println(in.Reason, in.From, in.Subject)
	}
	// Output:
	// true
	// I ordered it last week.
	// It is green tea.
	// automatic robot@mail.example Weekly report
}
