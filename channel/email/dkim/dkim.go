// Package dkim signs the mails that a desk sends (DKIM), so that other servers know that
// they come from the domain they name.
//
//	signer, err := dkim.New("shop.example", "desk", key)
//	name, text := signer.Record() // to be published as a TXT record
//	config.Mail.Sender = signer.Wrap(smtp.NewClient("mail.shop.example:587", nil))
//
// The key has to be the same at every start, as others find it where the record is.
//
// # Caveats
//
// A mail is signed for its whole content: what is changed after it, as by a server that
// adds a footer, spoils the signature. A mail is held in memory while it is signed.
//
// Not every server knows Ed25519 yet; an RSA key of 2048 bits is known to all. To sign
// with both, wrap twice.
package dkim

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/internal/lines"
	"github.com/frontdesk-go/frontdesk/store"
)

// Signer signs mails for a domain. Make one with New; its methods may be called by
// several goroutines if its key's may.
type Signer struct {
	domain, selector string
	key              crypto.Signer
	record           string
}

// signed are the fields that a signature covers. From is named once more than it is
// there, so that nobody can add another one; fields that a mail doesn't have can't be
// added either.
var signed = []string{"From", "From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To", "MIME-Version", "Content-Type"}

// New returns a signer of mails from a domain and those below it. The selector is a name
// of the key, so that a domain may have several. The key is an Ed25519 or an RSA one of at
// least 1024 bits; it may be kept elsewhere. What is wrong is a *store.FieldError.
func New(domain, selector string, key crypto.Signer) (*Signer, error) {
	s := &Signer{domain: strings.ToLower(domain), selector: selector, key: key}
	if !hostname(domain) || !strings.Contains(domain, ".") {
		return nil, &store.FieldError{Field: "domain", Reason: "is a name as shop.example"}
	}
	if !hostname(selector) {
		return nil, &store.FieldError{Field: "selector", Reason: "has letters, digits, - and ."}
	}
	if key == nil {
		return nil, &store.FieldError{Field: "key", Reason: "is required"}
	}
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		s.record = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	case *rsa.PublicKey:
		if public.N.BitLen() < 1024 {
			return nil, &store.FieldError{Field: "key", Reason: "has at least 1024 bits", Limit: 1024}
		}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			return nil, &store.FieldError{Field: "key", Reason: err.Error()}
		}
		s.record = "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
	default:
		return nil, &store.FieldError{Field: "key", Reason: fmt.Sprintf("is an Ed25519 or RSA key, not %T", public)}
	}
	return s, nil
}

// hostname says whether a text is a name of the domain name system.
func hostname(name string) bool {
	if len(name) > 200 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// Record is the TXT record by which other servers find the public key: its name, and its
// text, which providers may want in pieces of 255 bytes.
func (s *Signer) Record() (name, text string) {
	return s.selector + "._domainkey." + s.domain, s.record
}

// Wrap returns a sender that signs mails whose From is of the signer's domain, or of one
// below it, and gives all mails to next.
func (s *Signer) Wrap(next email.Sender) email.Sender { return &sender{s, next} }

type sender struct {
	*Signer
	next email.Sender
}

// Send implements email.Sender.
func (s *sender) Send(ctx context.Context, o email.Outgoing, content io.Reader) error {
	var text bytes.Buffer
	if err := lines.Copy(&text, content); err != nil {
		return err
	}
	if !s.responsible(text.Bytes(), o.From) {
		return s.next.Send(ctx, o, bytes.NewReader(text.Bytes()))
	}
	var out bytes.Buffer
	out.Grow(text.Len() + 1000)
	err := dkim.Sign(&out, &text, &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: signed,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return fmt.Errorf("sign a mail for %s: %w", s.domain, err)
	}
	return s.next.Send(ctx, o, bytes.NewReader(out.Bytes()))
}

// responsible says whether a mail is from the signer's domain: by its From, or by the
// envelope's where that can't be read.
func (s *Signer) responsible(text []byte, envelope string) bool {
	from := envelope
	if m, err := netmail.ReadMessage(bytes.NewReader(text)); err == nil {
		if list, err := m.Header.AddressList("From"); err == nil {
			from = list[0].Address
		}
	}
	domain := strings.ToLower(from[strings.LastIndexByte(from, '@')+1:])
	return domain == s.domain || strings.HasSuffix(domain, "."+s.domain)
}
