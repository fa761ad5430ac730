package email

import (
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// quoter is a mail program that answers a mail: it makes text and HTML of an answer.
type quoter struct {
	text func(answer, text string) string
	html func(answer, html string) string
}

func prefixed(prefix, text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(prefix+lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// wrappedAt breaks lines as programs do that send plain text.
func wrappedAt(width int, text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		for len([]rune(line)) > width {
			r := []rune(line)
			at := strings.LastIndexByte(string(r[:width]), ' ')
			if at < 1 {
				break
			}
			out, line = append(out, line[:at]), line[at+1:]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func bodyOf(html string) string {
	_, body, _ := strings.Cut(html, "<body")
	_, body, _ = strings.Cut(body, ">")
	body, _, _ = strings.Cut(body, "</body>")
	return body
}

const someone = "Ann Baker via Tea Shop <help@shop.example>"

func quoters() map[string]quoter {
	paragraphs := func(s string) string { return "<div>" + strings.ReplaceAll(s, "\n", "<br>") + "</div>" }
	return map[string]quoter{
		"Gmail": {
			func(a, t string) string {
				return a + "\n\nOn Thu, Nov 26, 2026 at 10:20 AM Ann Baker via Tea Shop <\nhelp@shop.example> wrote:\n\n" + prefixed("> ", wrappedAt(76, t))
			},
			func(a, h string) string {
				return `<div dir="ltr">` + paragraphs(a) + `</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Thu, Nov 26, 2026 at 10:20 AM Ann Baker via Tea Shop &lt;<a href="mailto:help@shop.example">help@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">` + bodyOf(h) + `</blockquote></div>`
			},
		},
		"Outlook": {
			func(a, t string) string {
				return a + "\n\nFrom: " + someone + "\nSent: Thursday, November 26, 2026 10:20 AM\nTo: Eve Adams <eve@mail.example>\nSubject: Re: Where is it? [#1042]\n\n" + t
			},
			func(a, h string) string {
				return `<div class="WordSection1"><p class="MsoNormal">` + strings.ReplaceAll(a, "\n", "<br>") + `<o:p></o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>From:</b> Ann Baker via Tea Shop &lt;help@shop.example&gt;<br><b>Sent:</b> Thursday, November 26, 2026 10:20 AM<br><b>To:</b> Eve Adams &lt;eve@mail.example&gt;<br><b>Subject:</b> Re: Where is it? [#1042]</p></div></div>` + bodyOf(h) + `</div>`
			},
		},
		"Outlook on the web": {
			func(a, t string) string {
				return a + "\n________________________________\nVon: " + someone + "\nGesendet: Donnerstag, 26. November 2026 10:20\nAn: Eve Adams <eve@mail.example>\nBetreff: Re: Where is it? [#1042]\n\n" + t
			},
			func(a, h string) string {
				return `<div class="elementToProof">` + strings.ReplaceAll(a, "\n", "<br>") + `</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif"><b>Von:</b> Ann Baker via Tea Shop &lt;help@shop.example&gt;<br><b>Gesendet:</b> Donnerstag, 26. November 2026 10:20<br><b>An:</b> Eve Adams &lt;eve@mail.example&gt;<br><b>Betreff:</b> Re: Where is it? [#1042]</font><div>&nbsp;</div></div>` + bodyOf(h)
			},
		},
		"Apple Mail": {
			func(a, t string) string {
				return a + "\n\n> On Nov 26, 2026, at 10:20, " + someone + " wrote:\n> \n" + prefixed("> ", t)
			},
			func(a, h string) string {
				return `<div dir="auto">` + paragraphs(a) + `<div><br><blockquote type="cite"><div>On Nov 26, 2026, at 10:20, Ann Baker via Tea Shop &lt;help@shop.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>` + bodyOf(h) + `</div></blockquote></div></div>`
			},
		},
		"iPhone": {
			func(a, t string) string {
				return a + "\n\nSent from my iPhone\n\n> On 26 Nov 2026, at 10:20, " + someone + " wrote:\n> \n" + prefixed("> ", t)
			},
			func(a, h string) string {
				return `<div dir="ltr">` + paragraphs(a) + `<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 26 Nov 2026, at 10:20, Ann Baker via Tea Shop &lt;help@shop.example&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">` + bodyOf(h) + `</div></blockquote></div>`
			},
		},
		"s-nail": {text: func(a, t string) string {
			return a + "\n\nAnn Baker via Tea Shop wrote in\n <x.2@shop.example>:\n" + prefixed(" |", t)
		}},
		"mailx": {text: func(a, t string) string { return a + "\n\n" + someone + " wrote:\n\n" + prefixed("\t", t) }},
		"mutt": {text: func(a, t string) string {
			return a + "\n\nOn Thu, Nov 26, 2026 at 10:20:00AM +0000, Ann Baker via Tea Shop wrote:\n" + prefixed("> ", t)
		}},
		"nothing said above": {
			func(a, t string) string { return a + "\n\n" + t },
			func(a, h string) string { return paragraphs(a) + "<br>" + bodyOf(h) },
		},
	}
}

// An answer to the desk's own mail is the answer alone, whatever program quotes that, in
// all languages.
func TestAnswerAlone(t *testing.T) {
	d := openOutDesk(t, memstore.New(), &post{}, false)
	visible, err := d.visible(t.Context())
	d.must(err)
	app := ticket.NewApp(ticket.DefaultApp, "Tea Shop")
	for _, w := range wordings() {
		l, err := builtIn()
		d.must(err)
		text, html, err := l.render(sampleScene(app, &Settings{App: ticket.DefaultApp}, w.language).page())
		d.must(err)
		for name, q := range quoters() {
			for _, answer := range []string{"Thank you, that is it.", "Dear Ann,\n\nit isn't there yet.\n\nCould you look again?\n\nEve"} {
				parts := []string{"text/plain", q.text(answer, text)}
				if q.html != nil {
					parts = append(parts, "text/html", q.html(answer, html), "both", "")
				}
				for i := 0; i < len(parts); i += 2 {
					raw := answerMail(parts[i], parts[i+1])
					if parts[i] == "both" {
						raw = bothParts(parts[1], parts[3])
					}
					m, err := mail.Parse(strings.NewReader(raw), &mail.Options{Visible: visible})
					d.must(err)
					if strings.TrimSpace(m.Visible) != answer {
						t.Errorf("%s, %s, %s: %q of\n%s", w.language, name, parts[i], m.Visible, m.Text)
						return
					}
				}
			}
		}
	}
}

func encoded(body string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(body))
	w.Close()
	return b.String()
}

func answerMail(kind, body string) string {
	return "From: eve@mail.example\r\nSubject: Re: Where is it?\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded(body)
}

func bothParts(text, html string) string {
	return fmt.Sprintf("From: eve@mail.example\r\nSubject: Re: Where is it?\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n--b--\r\n", encoded(text), encoded(html))
}
