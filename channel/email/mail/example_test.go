package mail_test

import (
	"fmt"
	"strings"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

func ExampleVisible() {
	visible, sure := mail.Visible("Nein, er ist blau.\n\nMit freundlichen Grüßen\nAnn\n\n"+
		"Am Mo., 3. Mai 2021 um 10:00 Uhr schrieb Shop <shop@example.com>:\n\n> Ist der Stuhl rot?\n", nil)
	fmt.Println(visible, sure)
	// Output: Nein, er ist blau. true
}

func ExampleParse() {
	m, err := mail.Parse(strings.NewReader("From: =?utf-8?B?w4RubmU=?= <ann@example.com>\r\n"+
		"Subject: Re: Your order\r\nIn-Reply-To: <7@shop.example>\r\n\r\n"+
		"It is blue.\r\n\r\nOn Mon, May 3, 2021 at 10:00 AM Shop <shop@example.com> wrote:\r\n\r\n> Is it red?\r\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.From.Name, m.InReplyTo)
	fmt.Println(m.Visible)
	fmt.Println(m.Problems)
	// Output:
	// Änne [7@shop.example]
	// It is blue.
	// [no Message-ID]
}
