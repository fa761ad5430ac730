package email

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// An address is one app's, whatever its case, script or tag, and bad values change nothing.
func TestSettings(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		ctx := t.Context()
		d.must(d.Tickets.SaveApp(ctx, outSystem, ticket.NewApp("other", "Other")))
		for field, change := range map[string]func(*Settings){
			"settings.from":      func(s *Settings) { s.From = "help" },
			"settings.addresses": func(s *Settings) { s.Addresses = []string{"help+you@shop.example"} },
			"settings.replies":   func(s *Settings) { s.Replies = "fourteen-bytes@shop.example" },
			"settings.logo":      func(s *Settings) { s.Logo = "http://shop.example/logo.png" },
			"settings.colour":    func(s *Settings) { s.Colour = "red;" },
			"settings.text":      func(s *Settings) { s.Text = `{{printf "%1000000000d" 1}}` },
			"settings.html":      func(s *Settings) { s.HTML = `<a href="{{.Nothing}}">` },
			"settings.texts":     func(s *Settings) { s.Texts = []ticket.Text{{Key: "delimiter", Text: "--"}} },
			"settings.app":       func(s *Settings) { s.App, s.Rev = "none", 0 },
		} {
			if err := d.SaveSettings(ctx, outSystem, d.settingsNow(change)); outField(err) != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := d.SaveSettings(ctx, outSystem, &Settings{App: "other", From: "HELP@shop.example"}); outField(err) != "settings.addresses" {
			t.Errorf("another app's address: %v", err)
		}
		d.must(d.SaveSettings(ctx, outSystem, &Settings{App: "other", From: "Info@Bücher.example", Addresses: []string{"shop@bücher.example"}}))
		for to, want := range map[string]string{"help@shop.example": "default", "Help+abc@SHOP.example": "default", "info@xn--bcher-kva.example": "other", "SHOP@bücher.example": "other", "x@shop.example": "", "": "", "a@b@c": ""} {
			if app := d.appNow(t, to); app != want {
				t.Errorf("%s is of %q", to, app)
			}
		}
		other, err := d.SettingsOf(ctx, "other")
		d.must(err)
		stale := *other
		other.From, other.Addresses = "shop@bücher.example", nil
		d.must(d.SaveSettings(ctx, outSystem, other))
		if app := d.appNow(t, "info@bücher.example"); app != "" {
			t.Errorf("an address that was given up is of %q", app)
		}
		if err := d.SaveSettings(ctx, outSystem, &stale); err == nil {
			t.Error("stale settings were taken")
		}
		all, _, err := d.AllSettings(ctx, "", 10)
		if err != nil || len(all) != 2 {
			t.Errorf("%d settings, %v", len(all), err)
		}
		if err := d.SaveSettings(ctx, event.Actor{Kind: event.Bot, ID: "b"}, other); err == nil {
			t.Error("a bot may")
		}
	})
}
