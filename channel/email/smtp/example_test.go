package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
)

// printer is a receiver that keeps nothing; a desk's is *email.Service.
type printer struct{}

func (printer) Receive(_ context.Context, e email.Envelope, content io.Reader) (*email.Received, error) {
	text, err := io.ReadAll(content)
	fmt.Printf("%s to %s: %d bytes\n", e.From, e.To, len(text))
	return nil, err
}

func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ours := func(_ context.Context, address string) (bool, error) { return address == "help@shop.example", nil }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- smtp.NewServer(printer{}, ours, nil).Serve(ctx, l) }()

	client := smtp.NewClient(l.Addr().String(), nil)
	defer client.Close()
	for _, to := range []string{"help@shop.example", "nobody@shop.example"} {
		mail := email.Outgoing{From: "ann@mail.example", To: []string{to}}
		err := client.Send(ctx, mail, strings.NewReader("Subject: Hello\r\n\r\nWhere is it?\r\n"))
		if refused, ok := errors.AsType[*email.SendError](err); ok {
			fmt.Println(refused.Permanent, refused)
		}
	}
	cancel()
	fmt.Println(<-ended)
	// Output:
	// ann@mail.example to [help@shop.example]: 32 bytes
	// true the mail was refused: nobody@shop.example: 550 No such address here
	// context canceled
}
