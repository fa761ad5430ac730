package dkim_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	library "github.com/emersion/go-msgauth/dkim"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/dkim"
	"github.com/frontdesk-go/frontdesk/store"
)

// last keeps the mail that was sent last.
type last struct {
	text string
	o    email.Outgoing
}

func (l *last) Send(_ context.Context, o email.Outgoing, content io.Reader) error {
	all, err := io.ReadAll(content)
	l.text, l.o = string(all), o
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func keys(t testing.TB) map[string]crypto.Signer {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return map[string]crypto.Signer{"ed25519": ed, "rsa": r}
}

// verify looks at a mail's signatures as another server does that finds these records.
func verify(t testing.TB, text string, signers ...*dkim.Signer) (domains []string, err error) {
	t.Helper()
	found, err := library.VerifyWithOptions(strings.NewReader(text), &library.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		for _, s := range signers {
			if at, record := s.Record(); at == name {
				return []string{record}, nil
			}
		}
		return nil, fmt.Errorf("no such name: %s", name)
	}})
	for _, v := range found {
		domains = append(domains, v.Domain)
		err = errors.Join(err, v.Err)
	}
	return domains, err
}

const text = "From: Shop <help@shop.example>\r\nTo: ann@mail.example\r\nSubject: Your order =?utf-8?q?caf=C3=A9?=\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\n" +
	"Message-ID: <1@shop.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt is  on its way.\r\n.\r\n\r\n"

func TestOtherServersBelieveIt(t *testing.T) {
	t.Parallel()
	for name, key := range keys(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := dkim.New("Shop.example", "desk", key)
			must(t, err)
			sent := &last{}
			o := email.Outgoing{ID: "1@shop.example", From: "help+x@shop.example", To: []string{"ann@mail.example"}}
			for _, content := range []string{text, strings.ReplaceAll(text, "\r\n", "\n"), strings.ReplaceAll(text, "order ", "order\r\n "),
				strings.Replace(text, "way.", "way.\rNot a line of its own.", 1), strings.TrimRight(text, ".\r\n"), "From: help@shop.example\r\n\r\n"} {
				must(t, s.Wrap(sent).Send(t.Context(), o, strings.NewReader(content)))
				if domains, err := verify(t, sent.text, s); err != nil || len(domains) != 1 || domains[0] != "shop.example" {
					t.Errorf("%v, %v: %s", domains, err, sent.text)
				}
				if strings.ContainsAny(strings.ReplaceAll(sent.text, "\r\n", ""), "\r\n") {
					t.Errorf("what is signed has lines that a server ends otherwise: %q", sent.text)
				}
				if sent.o.ID != o.ID || sent.o.From != o.From {
					t.Errorf("the envelope became %+v", sent.o)
				}
			}
			must(t, s.Wrap(sent).Send(t.Context(), o, strings.NewReader(text)))
			for what, changed := range map[string]string{
				"the text":           strings.Replace(sent.text, "on its way", "lost", 1),
				"the subject":        strings.Replace(sent.text, "Your order", "You won", 1),
				"another From":       strings.Replace(sent.text, "To: ann", "From: evil@shop.example\r\nTo: ann", 1),
				"a From at the top":  "From: evil@shop.example\r\n" + sent.text,
				"another Reply-To":   strings.Replace(sent.text, "To: ann", "Reply-To: evil@mail.example\r\nTo: ann", 1),
				"what it is in":      strings.Replace(sent.text, "text/plain", "text/html", 1),
				"more at the end":    sent.text + "and a footer\r\n",
				"another reference":  strings.Replace(sent.text, "To: ann", "References: <2@mail.example>\r\nTo: ann", 1),
				"another Message-ID": strings.Replace(sent.text, "<1@", "<2@", 1),
			} {
				if _, err := verify(t, changed, s); err == nil {
					t.Errorf("changed: %s, and believed", what)
				}
			}
		})
	}
}

// Of several domains each is signed by its own key, and another's not at all.
func TestDomains(t *testing.T) {
	t.Parallel()
	all := keys(t)
	shop, err := dkim.New("shop.example", "a", all["ed25519"])
	must(t, err)
	club, err := dkim.New("club.example", "b", all["rsa"])
	must(t, err)
	sent := &last{}
	both := shop.Wrap(club.Wrap(sent))
	for from, want := range map[string]string{
		"help@shop.example": "[shop.example]", "help@eu.SHOP.example": "[shop.example]", "help@club.example": "[club.example]",
		"help@other.example": "[]", "help@myshop.example": "[]",
	} {
		must(t, both.Send(t.Context(), email.Outgoing{From: "bounces@shop.example"}, strings.NewReader(strings.Replace(text, "help@shop.example", from, 1))))
		if domains, err := verify(t, sent.text, shop, club); err != nil || fmt.Sprint(domains) != want {
			t.Errorf("from %s it is signed by %v, %v", from, domains, err)
		}
	}
	again, err := dkim.New("shop.example", "c", all["rsa"])
	must(t, err)
	must(t, shop.Wrap(again.Wrap(sent)).Send(t.Context(), email.Outgoing{}, strings.NewReader(text)))
	if domains, err := verify(t, sent.text, shop, again); err != nil || len(domains) != 2 {
		t.Errorf("with two keys it is signed by %v, %v", domains, err)
	}
}

func TestWhatCantBeSigned(t *testing.T) {
	t.Parallel()
	s, err := dkim.New("shop.example", "desk", keys(t)["ed25519"])
	must(t, err)
	sent := &last{}
	broken := errors.New("the disk is gone")
	if err := s.Wrap(sent).Send(t.Context(), email.Outgoing{}, io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(err, broken) || sent.text != "" {
		t.Errorf("%v, sent %q", err, sent.text)
	}
	if err := s.Wrap(sent).Send(t.Context(), email.Outgoing{From: "a@shop.example"}, strings.NewReader("no mail")); err == nil || sent.text != "" {
		t.Errorf("what is no mail was sent as %q", sent.text)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	for field, newSigner := range map[string]func() (*dkim.Signer, error){
		"domain":   func() (*dkim.Signer, error) { return dkim.New("shop.example; k=rsa", "desk", ec) },
		"selector": func() (*dkim.Signer, error) { return dkim.New("shop.example", "", ec) },
		"key":      func() (*dkim.Signer, error) { return dkim.New("shop.example", "desk", ec) },
	} {
		_, err := newSigner()
		if e, ok := errors.AsType[*store.FieldError](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := dkim.New("shop.example", "desk", nil); err == nil {
		t.Error("no key is a key")
	}
}

func Example() {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)) // of a file, in earnest
	signer, err := dkim.New("shop.example", "desk", key)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(signer.Record())
	sender := signer.Wrap(&last{}) // smtp.NewClient, in earnest
	fmt.Println(sender.Send(context.Background(), email.Outgoing{From: "help@shop.example"}, strings.NewReader(text)))
	// Output:
	// desk._domainkey.shop.example v=DKIM1; k=ed25519; p=6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=
	// <nil>
}
