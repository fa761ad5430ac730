package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What a shop sets up once: who works there, which tags there are, how the widget
// looks. A host does this from its own configuration.

// shopSecret is what shop and desk share: the shop signs with it who its
// customers are. It lies beside the desk's file.
func shopSecret(dir string) (string, error) {
	name := filepath.Join(dir, "shop.secret")
	b, err := os.ReadFile(name)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return shopSecret(dir) // another of these programs was faster
	}
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(secret + "\n")
	return secret, errors.Join(err, f.Close())
}

// customers have an account with the shop. Their names and addresses are made up.
func customers() map[string]identity.Login {
	return map[string]identity.Login{
		"c-1042": {UserID: "c-1042", Email: "noor@example.com", Name: "Noor Haddad"},
		"c-2077": {UserID: "c-2077", Email: "teo@example.com", Name: "Teo Marchetti"},
	}
}

// account tells the shop's page who is signed in, with the signature that the
// desk asks for. A real shop looks at its own session here, not at the address.
func account(secret string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		login, ok := customers()[r.FormValue("customer")]
		if !ok {
			http.Error(w, "no such customer", http.StatusNotFound)
			return
		}
		login.HMAC = identity.Sign(secret, login.UserID, login.Email)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(login)
	}
}

// extras are what a new desk may have besides its settings.
type extras struct {
	samples  bool  // a few conversations
	rules    bool  // at work from the beginning
	articles bool  // a help center, and what readers did with it
	labels   bool  // a model that says what new tickets are about
	bots     bool  // one that new chats begin with
	past     *past // which is played before all else, and needs articles and bots; nil: none
}

// furnish sets the desk up the first time, all in one transaction, but for its past.
func furnish(ctx context.Context, desk *frontdesk.Desk, secret string, with extras) error {
	if _, err := desk.People.AddSecret(ctx, frontdesk.Host(), ticket.DefaultApp, secret); err != nil {
		return err
	}
	_, err := desk.People.Agent(ctx, "mira")
	if !errors.Is(err, store.ErrNotFound) {
		return err // it is furnished
	}
	steps := []func(context.Context, *frontdesk.Desk, extras) error{furniture, firstDays}
	if with.past == nil {
		err = together(ctx, desk, with, steps...)
	} else {
		err = furnishWithPast(ctx, desk, with, steps)
	}
	if errors.Is(err, store.ErrExists) {
		return nil // by another program that has this desk open
	}
	return err
}

// together does steps in one transaction.
func together(ctx context.Context, desk *frontdesk.Desk, with extras, steps ...func(context.Context, *frontdesk.Desk, extras) error) error {
	return desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, step := range steps {
			if err := step(ctx, desk.In(tx), with); err != nil {
				return err
			}
		}
		return nil
	})
}

// furnishWithPast does the steps, and plays the past between them.
func furnishWithPast(ctx context.Context, desk *frontdesk.Desk, with extras, steps []func(context.Context, *frontdesk.Desk, extras) error) error {
	now := with.past.clock.now()
	defer with.past.clock.run()
	with.past.clock.set(with.past.begins(now))
	if err := together(ctx, desk, with, steps[0]); err != nil {
		return err
	}
	if err := with.past.play(ctx, desk, now); err != nil {
		return fmt.Errorf("the past: %w", err)
	}
	with.past.clock.run()
	return together(ctx, desk, with, steps[1:]...)
}

// furniture is what the desk has before anybody writes.
func furniture(ctx context.Context, desk *frontdesk.Desk, with extras) error {
	if err := staffAndTags(ctx, desk); err != nil {
		return err
	}
	app, err := desk.Tickets.App(ctx, ticket.DefaultApp)
	if err != nil {
		return err
	}
	app.Name = "Fernhill"
	chat, err := app.Platform("webchat")
	if err != nil {
		return err
	}
	chat.Greeting = []ticket.Localised{
		{Language: "en", Text: "Hello! Ask us anything about tea, parcels or your subscription."},
		{Language: "de", Text: "Guten Tag! Fragen Sie uns alles über Tee, Pakete oder Ihr Abo."},
		{Language: "fr", Text: "Bonjour ! Posez-nous vos questions sur nos thés, vos colis ou votre abonnement."},
	}
	chat.Theme = ticket.Theme{Color: "#2f6f4f"}
	chat.AskResolved, chat.CSAT = true, true
	chat.Hours = "shop"
	web, err := app.Platform("web")
	if err != nil {
		return err
	}
	web.Languages = []string{"en", "de", "ja"} // in which the help center has to be complete
	if err := equip(ctx, desk); err != nil {
		return err
	}
	if err := desk.Tickets.SaveApp(ctx, frontdesk.Host(), app); err != nil {
		return err
	}
	if err := desk.Email.SaveSettings(ctx, frontdesk.Host(), &email.Settings{App: app.ID, From: "help@fernhill.example", Colour: chat.Theme.Color}); err != nil {
		return err
	}
	if err := line(ctx, desk); err != nil {
		return err
	}
	if with.articles {
		if err := library(ctx, desk); err != nil {
			return err
		}
	}
	if with.labels {
		if err := school(ctx, desk); err != nil {
			return err
		}
	}
	if with.bots {
		return hire(ctx, desk)
	}
	return nil
}

// firstDays are the conversations that the desk opens with, and what happens from then on
// by itself.
func firstDays(ctx context.Context, desk *frontdesk.Desk, with extras) error {
	if with.samples {
		if err := sampleConversations(ctx, desk); err != nil {
			return err
		}
	}
	if with.rules {
		if err := automate(ctx, desk, with.bots); err != nil {
			return err
		}
	}
	if with.bots {
		return greetByLeaf(ctx, desk)
	}
	return nil
}

func staffAndTags(ctx context.Context, desk *frontdesk.Desk) error {
	tea := &identity.Group{ID: "tea", Name: "Tea people"}
	parcels := &identity.Group{ID: "parcels", Name: "Parcels"}
	for _, g := range []*identity.Group{tea, parcels} {
		if err := desk.People.SaveGroup(ctx, frontdesk.Host(), g); err != nil {
			return err
		}
	}
	for _, tag := range []string{"parcel", "subscription", "wholesale", "feedback", "refund", "vip"} {
		if err := desk.Tickets.SaveTag(ctx, frontdesk.Host(), &ticket.Tag{Name: tag}); err != nil {
			return err
		}
	}
	for _, a := range []*identity.Agent{
		{ID: "jonas", Name: "Jonas Lind", Email: "jonas@fernhill.example", Groups: []string{"parcels"}},
		{ID: "yuki", Name: "Yuki Arai", Email: "yuki@fernhill.example", Role: identity.Supervisor, Groups: []string{"tea", "parcels"}},
		{ID: "mira", Name: "Mira Okafor", Email: "mira@fernhill.example", Role: identity.Admin, Groups: []string{"tea"}},
	} {
		if err := desk.People.SaveAgent(ctx, frontdesk.Host(), a); err != nil {
			return err
		}
	}
	team := &identity.Team{ID: "packing", Name: "Packing room", Supervisor: "yuki", Off: []identity.Permission{identity.TakeOld}}
	if err := desk.People.SaveTeam(ctx, frontdesk.Host(), team); err != nil {
		return err
	}
	parcels.Team = team.ID // whose supervisor looks after it
	if err := desk.People.SaveGroup(ctx, frontdesk.Host(), parcels); err != nil {
		return err
	}
	jonas, err := desk.People.Agent(ctx, "jonas")
	if err != nil {
		return err
	}
	jonas.Team = team.ID
	return desk.People.SaveAgent(ctx, frontdesk.Host(), jonas)
}
