package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

//go:embed mails/*.eml
var mails embed.FS

const supportAddress = "help@ternoak.example"

// customer is whose mailbox the example shows; she is made up.
var customer = mail.Address{Name: "Ann Keller", Address: "ann@home.example"}

// furnish sets a new desk up: who works there, how its mails look, and what has come.
func furnish(ctx context.Context, desk *frontdesk.Desk, samples bool, sent string) error {
	host := frontdesk.Host()
	_, err := desk.People.Agent(ctx, "lena")
	if !errors.Is(err, store.ErrNotFound) {
		return err // it is furnished
	}
	if samples {
		if err := receiveSamples(ctx, desk, sent); err != nil {
			return err
		}
	}
	return desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		desk := desk.In(tx)
		for _, a := range []*identity.Agent{
			{ID: "tom", Name: "Tom Okoye", Email: "tom@ternoak.example"},
			{ID: "lena", Name: "Lena Brandt", Email: "lena@ternoak.example", Role: identity.Admin},
		} {
			if err := desk.People.SaveAgent(ctx, host, a); err != nil {
				return err
			}
		}
		for _, tag := range []string{"repair", "order", "invoice", "wholesale"} {
			if err := desk.Tickets.SaveTag(ctx, host, &ticket.Tag{Name: tag}); err != nil {
				return err
			}
		}
		app, err := desk.Tickets.App(ctx, ticket.DefaultApp)
		if err != nil {
			return err
		}
		app.Name = "Tern & Oak"
		if err := desk.Tickets.SaveApp(ctx, host, app); err != nil {
			return err
		}
		return desk.Email.SaveSettings(ctx, host, &email.Settings{App: ticket.DefaultApp, From: supportAddress, Addresses: []string{"repairs@ternoak.example"}, Colour: "#1f5d57",
			Footer: []ticket.Localised{
				{Language: "en", Text: "Tern & Oak, bicycles and repairs. Open Tuesday to Saturday, 10 to 18."},
				{Language: "de", Text: "Tern & Oak, Fahrräder und Werkstatt. Dienstag bis Samstag, 10 bis 18 Uhr."},
				{Language: "ja", Text: "Tern & Oak 自転車販売・修理。火曜日から土曜日、10時から18時まで。"},
			}})
	})
}

// receiveSamples receives the mails that a new desk begins with, as a server hands them
// over. They are dated as if they had come in the last hours. What the customer of the
// mailbox wrote lies among what she sent, too.
func receiveSamples(ctx context.Context, desk *frontdesk.Desk, sent string) error {
	files, err := fs.Glob(mails, "mails/*.eml")
	if err != nil {
		return err
	}
	for i, name := range files {
		b, err := mails.ReadFile(name)
		if err != nil {
			return err
		}
		date := time.Now().Add(time.Duration(i-len(files)) * 23 * time.Minute).Format(time.RFC1123Z)
		b = bytes.ReplaceAll(b, []byte("{{date}}"), []byte(date))
		envelope := email.Envelope{Source: "samples", Copy: strings.TrimSuffix(name, ".eml"), To: []string{supportAddress}}
		if _, err := desk.Email.Receive(ctx, envelope, bytes.NewReader(b)); err != nil {
			return fmt.Errorf("sample %s: %w", name, err)
		}
		if bytes.Contains(b, []byte("<"+customer.Address+">")) {
			if err := os.WriteFile(filepath.Join(sent, path.Base(name)), b, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}
