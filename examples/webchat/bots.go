package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The shop's bots: Leaf, who asks what it is about, looks orders up and shows articles, and
// one for the night, which somebody still has to look at and publish.
//
//go:embed bots
var flows embed.FS

// leaf is the id of the bot that new chats are given to.
const leaf = "leaf"

// functions are what the shop lets its bots call.
func functions() map[string]func(context.Context, bot.Call) (map[string]string, error) {
	return map[string]func(context.Context, bot.Call) (map[string]string, error){"order_status": orderStatus}
}

// orderStatus is the shop's own look at its orders. A real one asks its database; here
// every number that ends in 7 is late, and one that ends in 0 isn't known.
func orderStatus(_ context.Context, c bot.Call) (map[string]string, error) {
	n, err := strconv.Atoi(c.With["number"])
	switch {
	case err != nil:
		return nil, err
	case n%10 == 0:
		return nil, errors.New("there is no such order")
	case n%10 == 7:
		return map[string]string{"state": "late"}, nil
	}
	day := time.Now().AddDate(0, 0, 1+n%3)
	return map[string]string{"state": "sent", "carrier": []string{"Northpost", "Teal Parcel"}[n%2], "day": day.Format("2 January")}, nil
}

// hire gives the desk its bots.
func hire(ctx context.Context, desk *frontdesk.Desk) error {
	source, err := flows.ReadFile("bots/leaf.yaml")
	if err != nil {
		return err
	}
	f, err := flow.Parse(source)
	if err != nil {
		return fmt.Errorf("the flow of %s: %w", leaf, err)
	}
	for _, b := range []*bot.Bot{{ID: leaf, Name: "Leaf", Draft: f}, {ID: "night", Name: "At night", Draft: flow.OutOfHours()}} {
		if err := desk.Bots.Save(ctx, frontdesk.Host(), b); err != nil {
			return err
		}
	}
	_, err = desk.Bots.Publish(ctx, frontdesk.Host(), leaf)
	return err
}

// greetByLeaf gives Leaf the chats that begin in the shop and that no rule has sorted.
func greetByLeaf(ctx context.Context, desk *frontdesk.Desk) error {
	app, err := desk.Tickets.App(ctx, ticket.DefaultApp)
	if err != nil {
		return err
	}
	p, err := app.Platform("webchat")
	if err != nil {
		return err
	}
	p.FirstBot = leaf
	return desk.Tickets.SaveApp(ctx, frontdesk.Host(), app)
}
