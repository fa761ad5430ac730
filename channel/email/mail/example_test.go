package mail_test

import (
	"fmt"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

func ExampleVisible() {
	visible, sure := mail.Visible("Nein, er ist blau.\n\nMit freundlichen Grüßen\nAnn\n\n"+
		"Am Mo., 3. Mai 2021 um 10:00 Uhr schrieb Shop <shop@example.com>:\n\n> Ist der Stuhl rot?\n", nil)
	fmt.Println(visible, sure)
	// Output: Nein, er ist blau. true
}
