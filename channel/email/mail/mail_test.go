package mail_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

const head = "From: Ann Lee <ann@example.com>\r\nTo: desk@example.com\r\nSubject: Hi\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"

func parse(t *testing.T, s string) *mail.Mail {
	t.Helper()
	m, err := mail.Parse(strings.NewReader(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	// However the bytes come in, the mail is the same.
	slow, err := mail.Parse(iotest.OneByteReader(strings.NewReader(s)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m.Text, slow.Text) + cmp.Diff(m.Attachments, slow.Attachments); d != "" {
		t.Errorf("byte by byte: %s", d)
	}
	return m
}

func in(e encoding.Encoding, s string) string {
	b, err := e.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return b
}

// broken is mails in which something is wrong, or may be taken so, and their text.
var broken = map[string]struct{ mail, text string }{
	"no Message-ID":            {"From: a@example.com\r\nSubject: x\r\n\r\nReply\r\n", "Reply"},
	"bare LF":                  {strings.ReplaceAll(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nReply\r\n--b--\r\n", "\r", ""), "Reply"},
	"no end":                   {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nReply\r\n", "Reply"},
	"no end inside":            {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nReply\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n--b--\r\n", "Reply"},
	"one boundary twice":       {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--b--\r\n--b--\r\n", "Reply"},
	"part after the end":       {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--b--\r\n--b\r\n\r\nmore\r\n--b--\r\n", "Reply\nmore"},
	"no boundary":              {head + "Content-Type: multipart/mixed\r\n\r\nReply\r\n", "Reply"},
	"boundary never":           {head + "Content-Type: multipart/mixed; boundary=zz\r\n\r\nReply\r\n", "Reply"},
	"base64 with garbage":      {head + "Content-Transfer-Encoding: base64\r\n\r\nUmVw!!bHk\r\n", "Reply"},
	"base64 without padding":   {head + "Content-Transfer-Encoding: base64\r\n\r\nUmVwbHkh\r\nIQ\r\n", "Reply!!"},
	"base64 with a footer":     {head + "Content-Transfer-Encoding: base64\r\n\r\nUmVwbHkhIQ==\r\n_____\r\na list's words\r\n", "Reply!!"},
	"quoted-printable":         {head + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nReply =ZZ 100=\r\n% =C3=BC = \r\n=\r\n.=\r\n", "Reply =ZZ 100% ü ."},
	"unknown encoding":         {head + "Content-Transfer-Encoding: 8bits\r\n\r\nReply\r\n", "Reply"},
	"open quotation mark":      {head + "Content-Type: text/plain; charset=\"utf-8\r\n\r\nReply\r\n", "Reply"},
	"type without a subtype":   {head + "Content-Type: text\r\n\r\nReply\r\n", "Reply"},
	"parameter twice":          {head + "Content-Type: text/plain; charset=utf-8; charset=utf-8\r\n\r\nReply ü\r\n", "Reply ü"},
	"line that is no field":    {"From: a@example.com\r\nthis is none\r\nSubject: x\r\n\r\nReply\r\n", "Reply"},
	"no empty line":            {"From: a@example.com\r\nSubject: x\r\nReply, nothing else\r\n", "Reply, nothing else"},
	"mailbox":                  {"From a@example.com Mon Jan  1 00:00:00 2024\r\n" + head + "\r\nReply\r\n", "Reply"},
	"empty lines above":        {"\r\n\r\n" + head + "\r\nReply\r\n", "Reply"},
	"space before colon":       {"From : a@example.com\r\nSubject : x\r\n\r\nReply\r\n", "Reply"},
	"no body":                  {head + "\r\n", ""},
	"no body, no empty line":   {"Subject: x", ""},
	"NUL":                      {head + "\r\nRe\x00ply\r\n", "Reply"},
	"part without empty line":  {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nReply\r\n--b--\r\n", "Reply"},
	"part without a header":    {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--b--\r\n", "Reply"},
	"part that is a header":    {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b\r\n\r\nReply\r\n--b--\r\n", "Reply"},
	"only HTML":                {head + "Content-Type: text/html\r\n\r\n<style>x</style><p>Re<b>ply</b> &amp; more<div>two<br>three", "Reply & more\ntwo\nthree"},
	"text named":               {head + "Content-Type: text/plain; name=body.txt\r\n\r\nReply\r\n", "Reply"},
	"UTF-8 with a mark":        {"\uFEFF" + head + "\r\n\uFEFFReply ü\r\n", "Reply ü"},
	"ISO-2022-JP":              {head + "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n" + in(japanese.ISO2022JP, "こんにちは"), "こんにちは"},
	"ISO-2022-JP unsaid":       {head + "\r\n" + in(japanese.ISO2022JP, "こんにちは"), "こんにちは"},
	"GB 18030":                 {head + "Content-Type: text/plain; charset=gb18030\r\n\r\n" + in(simplifiedchinese.GB18030, "你好，世界"), "你好，世界"},
	"GBK as GB 2312":           {head + "Content-Type: text/plain; charset=GB2312\r\n\r\n" + in(simplifiedchinese.GBK, "朱镕基"), "朱镕基"},
	"Windows-1251":             {head + "Content-Type: text/plain; charset=windows-1251\r\n\r\n" + in(charmap.Windows1251, "Привет"), "Привет"},
	"Windows-1252":             {head + "Content-Type: text/plain; charset=cp1252\r\n\r\n" + in(charmap.Windows1252, "„Grüße“"), "„Grüße“"},
	"UTF-8 as Latin-1":         {head + "Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGrüße", "Grüße"},
	"Latin-1 as UTF-8":         {head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + in(charmap.Windows1252, "Schöne Grüße aus Köln"), "Schöne Grüße aus Köln"},
	"Latin-1 as ASCII":         {head + "Content-Type: text/plain; charset=us-ascii\r\n\r\n" + in(charmap.Windows1252, "déjà vu à côté"), "déjà vu à côté"},
	"Shift_JIS unsaid":         {head + "\r\n" + in(japanese.ShiftJIS, "こんにちは世界。注文について"), "こんにちは世界。注文について"},
	"EUC-JP unsaid":            {head + "\r\n" + in(japanese.EUCJP, "こんにちは世界。注文について"), "こんにちは世界。注文について"},
	"EUC-KR unsaid":            {head + "\r\n" + in(korean.EUCKR, "안녕하세요 주문이 안 왔어요"), "안녕하세요 주문이 안 왔어요"},
	"GBK unsaid":               {head + "\r\n" + in(simplifiedchinese.GBK, "你好，我的订单还没有到"), "你好，我的订单还没有到"},
	"Big5 unsaid":              {head + "\r\n" + in(traditionalchinese.Big5, "你好，我的訂單還沒有到"), "你好，我的訂單還沒有到"},
	"KOI8-R unsaid":            {head + "\r\n" + in(charmap.KOI8R, "Привет, заказ не пришёл"), "Привет, заказ не пришёл"},
	"Windows-1251 unsaid":      {head + "\r\n" + in(charmap.Windows1251, "Привет, заказ не пришёл"), "Привет, заказ не пришёл"},
	"unknown character set":    {head + "Content-Type: text/plain; charset=x-unknown\r\n\r\nReply", "Reply"},
	"unknown set, 8-bit":       {head + "Content-Type: text/plain; charset=x-unknown\r\n\r\nReply \xfc", "Reply ü"},
	"signed":                   {head + "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n--b--\r\n", "Reply"},
	"invitation":               {head + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n", "Reply"},
	"winmail.dat":              {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--b\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+\r\n--b--\r\n", "Reply"},
	"text, picture, text":      {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nOne\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n\r\nTwo\r\n--b--\r\n", "One\nTwo"},
	"boundary begins another":  {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nReply\r\n--bb\r\n--\r\n--b--\r\n", "Reply\n--bb\n--"},
	"spaces behind a boundary": {head + "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b \r\n\r\nReply\r\n--b-- \r\n", "Reply"},
}

func TestParseReadsWhatIsBroken(t *testing.T) {
	for name, c := range broken {
		t.Run(name, func(t *testing.T) {
			m := parse(t, c.mail)
			if got := strings.TrimSpace(m.Text); got != c.text {
				t.Errorf("%q, want %q; %q", got, c.text, m.Problems)
			}
		})
	}
}

func TestParseReadsHeader(t *testing.T) {
	m := parse(t, "Message-ID: <a@x>\r\nIn-Reply-To: <b@x>\r\n <c@x>\r\nReferences: <d@x><b@x>\r\n\tjunk\r\n"+
		"From: =?utf-8?B?w4Q=?= =?UTF-8?Q?nn_?= =?utf-8?q?Lee?= <ann@example.com>\r\nSender: bo@example.com (Bo)\r\n"+
		"To: \"Desk, the\" <desk@example.com>, team:a@x.y;, Lee, Cy <cy@example.com>\r\nTo: dee@example.com\r\nCc: undisclosed-recipients:;\r\n"+
		"Reply-To: <re@example.com>\r\nSubject: =?utf-8?Q?a b=C3?= =?utf-8?Q?=BC?= c =?utf-8?X?d?=\r\n"+
		"Date: Mon, 3 May 2021 10:00:00 +0200 (CEST)\r\nX-Loop: l\r\nDelivered-To: desk@example.com\r\n\r\n")
	want := &mail.Mail{
		MessageID: "a@x", InReplyTo: []string{"b@x", "c@x"}, References: []string{"d@x", "b@x"},
		From: mail.Address{Name: "Änn Lee", Address: "ann@example.com"}, Sender: mail.Address{Name: "Bo", Address: "bo@example.com"},
		To:      []mail.Address{{"Desk, the", "desk@example.com"}, {"", "a@x.y"}, {"Lee, Cy", "cy@example.com"}, {"", "dee@example.com"}},
		ReplyTo: []mail.Address{{"", "re@example.com"}}, Subject: "a bü c =?utf-8?X?d?=", Date: time.Date(2021, 5, 3, 8, 0, 0, 0, time.UTC),
		Sure: true, Loops: []string{"l", "desk@example.com"},
	}
	m.Date = m.Date.UTC()
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
	if m := parse(t, broken["space before colon"].mail); m.From.Address != "a@example.com" || m.Subject != "x" {
		t.Errorf("%+v", m)
	}
	if m := parse(t, "Subject: Gr\xfc\xdfe\r\n\r\n"); m.Subject != "Grüße" {
		t.Errorf("%q", m.Subject)
	}
	m = parse(t, "From: J\xfcrg <a@example.com>\r\nSubject: Gr\xfc\xdfe aus K\xf6ln\r\nDate: yesterday\r\n\r\n")
	if m.From.Name != "Jürg" || m.Subject != "Grüße aus Köln" || !m.Date.IsZero() || len(m.Problems) < 3 {
		t.Errorf("%+v", m)
	}
}

func TestParseReadsAttachments(t *testing.T) {
	s := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src=cid:i>\r\n" +
		"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*0*=utf-8''%C3%BC; filename*1=x.pdf\r\n\r\nPDF\r\n" +
		"--b\r\nContent-Type: image/png; name=\"=?utf-8?B?w7wucG5n?=\"\r\nContent-ID: <i>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n/w==\r\n" +
		"--b\r\nContent-Disposition: attachment; filename=\"../../etc/pass\u202ewd\"\r\n\r\n\r\n" +
		"--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN\r\n\r\n--b--\r\n"
	files := map[string]*strings.Builder{}
	m, err := mail.Parse(strings.NewReader(s), &mail.Options{Attach: func(a mail.Attachment) (io.Writer, error) {
		files[a.Name] = &strings.Builder{}
		return files[a.Name], nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, a := range m.Attachments {
		got += fmt.Sprintf("%s %s %q %v %d %s %q\n", a.Name, a.Type, a.ContentID, a.Inline, a.Size, a.SHA256[:8], files[a.Name])
	}
	want := `üx.pdf application/pdf "" false 3 1d393b00 "PDF"
ü.png image/png "i" true 4 3d1f57c9 "\x00\x01\x02\xff"
passwd text/plain "" false 0 e3b0c442 ""
invite.ics text/calendar "" false 7 c14f1d98 "BEGIN\r\n"
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	stop := errors.New("full")
	if _, err := mail.Parse(strings.NewReader(s), &mail.Options{Attach: func(mail.Attachment) (io.Writer, error) { return nil, stop }}); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestParseKnowsAutomaticMail(t *testing.T) {
	for fields, want := range map[string]string{
		"":                                                 "",
		"Auto-Submitted: no\r\n":                           "",
		"Auto-Submitted: auto-replied\r\n":                 "reply",
		"Auto-Submitted: auto-generated\r\n":               "reply",
		"Precedence: bulk\r\n":                             "reply",
		"Precedence: auto_reply\r\n":                       "reply",
		"Precedence: list\r\nList-Id: <l>\r\n":             "list",
		"X-Auto-Response-Suppress: DR, OOF, AutoReply\r\n": "reply",
		"X-Auto-Response-Suppress: None\r\n":               "",
		"Return-Path: <>\r\n":                              "reply",
		"Return-Path: <a@example.com>\r\n":                 "",
		"X-Autoreply: yes\r\n":                             "reply",
		"Subject: Out of office: back on Monday\r\n":       "weak",
		"Subject: 自動返信: 休暇中\r\n":                           "weak",
		"Subject: How do I set an out of office?\r\n":      "",
	} {
		a := parse(t, "From: a@example.com\r\n"+fields+"\r\nx").Auto
		got := map[bool]string{true: "reply"}[a.Reply] + map[bool]string{true: "list"}[a.List] + map[bool]string{true: "weak"}[a.Weak]
		if got != want || a.Reply != (len(a.Signs) > 0) {
			t.Errorf("%q: %+v, want %q", fields, a, want)
		}
	}
}

func TestParseReadsBounces(t *testing.T) {
	report := "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.com\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n" +
		"Final-Recipient: rfc822; bo@example.com\r\nAction: failed\r\nStatus: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp; 550 No such\r\n user\r\n\r\n" +
		"Final-Recipient: rfc822;cy@example.com\r\nAction: Delayed\r\nStatus: 4.4.1\r\n\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\nMessage-ID:\r\n <orig@example.com>\r\nmessage-id: <orig@example.com>\r\n\r\nx\r\n--b--\r\n"
	m := parse(t, report)
	want := &mail.Bounce{MessageID: "orig@example.com", Recipients: []mail.Undelivered{
		{"bo@example.com", "failed", "5.1.1", "550 No such user"}, {"cy@example.com", "delayed", "4.4.1", ""}}}
	if d := cmp.Diff(want, m.Bounce); d != "" || !m.Auto.Reply {
		t.Error(d, m.Auto)
	}
	m = parse(t, "From: Mail Delivery System <Mailer-Daemon@example.com>\r\nX-Failed-Recipients: bo@example.com\r\n\r\nSorry.\r\n\r\n> Message-Id: <orig@example.com>\r\n")
	want = &mail.Bounce{MessageID: "orig@example.com", Recipients: []mail.Undelivered{{"bo@example.com", "failed", "", ""}}}
	if d := cmp.Diff(want, m.Bounce); d != "" || !m.Auto.Reply {
		t.Error(d, m.Auto)
	}
	if m := parse(t, head+"\r\nMessage-ID: <x@y>"); m.Bounce != nil {
		t.Errorf("%+v", m.Bounce)
	}
}

func TestParseFindsQuotesInHTML(t *testing.T) {
	for name, body := range map[string]string{
		"gmail":       `<div dir="ltr">No.<br><div>Really.</div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Ann kirjutas:<br></div><blockquote class="gmail_quote"><div>Is it red?</div></blockquote></div>`,
		"apple":       `<html><body>No.<div>Really.<br><blockquote type="cite"><div>On 3 May 2021, at 10:00, Ann &lt;ann@example.com&gt; wrote:</div><br><div>Is it red?</div></blockquote></div></body></html>`,
		"outlook":     `<html><body><div>No.</div><div>Really.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Fra:</b> Ann</div><div>Is it red?</div></body></html>`,
		"outlook old": `<p class=MsoNormal>No.<br>Really.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt'><p>???: Ann</p></div><p>Is it red?</p>`,
		"thunderbird": `<p>No.<br>Really.</p><div class="moz-cite-prefix">Ann a scrit la 3:<br></div><blockquote type="cite" cite="mid:1@example.com"><p>Is it red?</p></blockquote><pre class="moz-signature">-- Bo</pre>`,
		"yahoo":       `<div>No.</div><div>Really.</div><div id="ydp1yahoo_quoted_1" class="yahoo_quoted"><div>Ann:</div><div>Is it red?</div></div>`,
		"proton":      `<div>No.</div><div>Really.</div><div class="protonmail_quote">x<br><blockquote type="cite">Is it red?</blockquote></div>`,
		"signature":   `<div>No.</div><div>Really.</div><div class="gmail_signature"><div>Bo</div><div>Example</div></div>`,
	} {
		m := parse(t, head+"Content-Type: text/html\r\n\r\n"+body)
		if got := strings.Join(strings.Fields(m.Visible), " "); got != "No. Really." || !m.Sure {
			t.Errorf("%s: %q, %v; text %q", name, m.Visible, m.Sure, m.Text)
		}
		if !strings.HasPrefix(m.Text, "No.") || m.HTML != body {
			t.Errorf("%s: %q %q", name, m.Text, m.HTML)
		}
	}
	// A text part that has no marks of its own is told by those in the HTML.
	m := parse(t, head+"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nNo.\r\n\r\nAnn kirjutas\r\nIs it red?\r\n"+
		"--b\r\nContent-Type: text/html\r\n\r\n<p>No.</p><div class=gmail_attr>Ann kirjutas</div><blockquote class=gmail_quote>Is it red?</blockquote>\r\n--b--\r\n")
	if m.Visible != "No." || !m.Sure {
		t.Errorf("%q %v", m.Visible, m.Sure)
	}
	m = parse(t, head+"Content-Type: text/html\r\n\r\n<div class=gmail_quote><blockquote type=cite>Red?</blockquote>No.<blockquote type=cite>Big?</blockquote>Yes.</div>")
	if m.Visible != "> Red?\n\nNo.\n\n> Big?\n\nYes." {
		t.Errorf("%q", m.Visible)
	}
	m = parse(t, "From: a@example.com\r\nSubject: Fwd: x\r\n\r\nSee this\r\n\r\nFrom: b@example.com\r\nDate: x\r\nSubject: y\r\n\r\nwords\r\n")
	if !strings.HasSuffix(m.Visible, "words") || m.Sure {
		t.Errorf("%q %v", m.Visible, m.Sure)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "\r\n\r\n", "hello\r\nworld", "\x00\x01\x02", "--b\r\n"} {
		if m, err := mail.Parse(strings.NewReader(s), nil); !errors.Is(err, mail.ErrNoMail) {
			t.Errorf("%q: %+v, %v", s, m, err)
		}
	}
	broken := errors.New("broken")
	if _, err := mail.Parse(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), nil); !errors.Is(err, broken) {
		t.Error(err)
	}
	o := &mail.Options{MaxBytes: 4000, MaxHeaderBytes: 500, MaxParts: 3, MaxDepth: 2, MaxRecipients: 2}
	nested := func(n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "\r\nx"
	}
	for what, mails := range map[string][2]string{
		"bytes":           {head + "\r\n" + strings.Repeat("a", 3000), head + "\r\n" + strings.Repeat("a", 4000)},
		"header bytes":    {head + "X: " + strings.Repeat("a", 100), head + "X: " + strings.Repeat("a", 500)},
		"parts":           {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n", head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b\r\n\r\n"},
		"levels of parts": {nested(2), nested(3)},
		"recipients":      {head + "Cc: a@example.com\r\n\r\n", head + "Cc: a@example.com, b@example.com\r\n\r\n"},
	} {
		if _, err := mail.Parse(strings.NewReader(mails[0]), o); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		_, err := mail.Parse(strings.NewReader(mails[1]), o)
		if limit, ok := errors.AsType[*mail.LimitError](err); !ok || limit.What != what {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestParseTellsProblems(t *testing.T) {
	m := parse(t, broken["no end"].mail)
	if !slices.Equal(m.Problems, []string{"a multipart without an end"}) {
		t.Errorf("%q", m.Problems)
	}
	if m := parse(t, head+"\r\nx"); m.Problems != nil {
		t.Errorf("%q", m.Problems)
	}
}
