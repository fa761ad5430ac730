package mail_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

func TestForwarded(t *testing.T) {
	for _, c := range []struct {
		name, subject, text string
		want                *mail.Forwarded
	}{
		{"Gmail", "Fwd: Order", "Please take this.\n\n---------- Forwarded message ---------\nFrom: Cy Doe <cy@home.example>\nDate: Mon, May 3, 2021 at 10:00 AM\nSubject: Order\nTo: Bo <bo@shop.example>\n\n\nMy order is late.\n\nCy\n",
			&mail.Forwarded{From: mail.Address{Name: "Cy Doe", Address: "cy@home.example"}, Subject: "Order", Text: "My order is late.\n\nCy", Above: "Please take this."}},
		{"Outlook", "FW: Order", "For you.\n\n________________________________\nFrom: Cy Doe <cy@home.example>\nSent: Monday, May 3, 2021 10:00 AM\nTo: Bo <bo@shop.example>\nSubject: Order\n\nMy order is late.\n",
			&mail.Forwarded{From: mail.Address{Name: "Cy Doe", Address: "cy@home.example"}, Subject: "Order", Text: "My order is late.", Above: "For you."}},
		{"old Outlook in German", "WG: Bestellung", "Von: Doe, Cy [mailto:cy@home.example]\nGesendet: Montag, 3. Mai 2021 10:00\nAn: Bo\nBetreff: Bestellung\n\nWo ist sie?\n",
			&mail.Forwarded{From: mail.Address{Name: "Doe, Cy", Address: "cy@home.example"}, Subject: "Bestellung", Text: "Wo ist sie?"}},
		{"Apple Mail", "Fwd: Order", "See below.\n\nBegin forwarded message:\n\n> From: Cy Doe <cy@home.example>\n> Subject: Order\n> Date: 3 May 2021 at 10:00:00 CEST\n> To: bo@shop.example\n>\n> My order is late.\n>\n> > Is it?\n",
			&mail.Forwarded{From: mail.Address{Name: "Cy Doe", Address: "cy@home.example"}, Subject: "Order", Text: "My order is late.\n\n> Is it?", Above: "See below."}},
		{"Japanese", "Fwd: 注文", "---------- 転送メッセージ ----------\n差出人：尚松 <ken@mori.example>\n日付：2021年5月3日\n件名：注文\n宛先：bo@shop.example\n\nまだ届きません。\n",
			&mail.Forwarded{From: mail.Address{Name: "尚松", Address: "ken@mori.example"}, Subject: "注文", Text: "まだ届きません。"}},
		{"without an address", "Fwd: Order", "---------- Forwarded message ---------\nFrom: Cy Doe\nDate: Mon, May 3, 2021\nSubject: Order\nTo: Bo\n\nLate.\n", nil},
		{"an answer", "Re: Order", "No.\n\nFrom: Cy Doe <cy@home.example>\nSent: Monday, May 3, 2021 10:00 AM\nTo: Bo <bo@shop.example>\nSubject: Order\n\nIs it red?\n", nil},
		{"nothing", "Fwd: Order", "Here it is.", nil},
		{"empty", "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &mail.Mail{Subject: c.subject, Text: c.text}
			got := m.Forwarded()
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func FuzzForwarded(f *testing.F) {
	f.Add("Fwd: a", "Begin forwarded message:\n\n> From: a <a@b.example>\n> To: b\n> Subject: c\n>\n> d")
	f.Add("", "From: a <a@b.example>\nSent: x\nTo: b\n\n"+strings.Repeat("From: a\n", 100))
	f.Fuzz(func(t *testing.T, subject, text string) {
		m := &mail.Mail{Subject: subject, Text: text}
		if got := m.Forwarded(); got != nil && !strings.Contains(got.From.Address, "@") {
			t.Errorf("forwarded of nobody: %+v", got)
		}
	})
}
