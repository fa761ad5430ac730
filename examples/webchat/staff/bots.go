package staff

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"path"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Bots: what they say, what is wrong with it, how it goes, and how far people get.

// botRoutes is what the page asks about bots.
func (p *Page) botRoutes() map[string]handler {
	return map[string]handler{
		"GET /api/office/bots":                p.bots,
		"GET /api/office/bots/{bot}":          p.bot,
		"POST /api/office/bots/{bot}/draft":   p.saveDraft,
		"POST /api/office/bots/{bot}/publish": p.onBot,
		"POST /api/office/bots/{bot}/disable": p.onBot,
		"POST /api/office/bots/{bot}/back":    p.onBot,
		"POST /api/office/bots/{bot}/try":     p.tryBot,
	}
}

// botForm is a bot in the list.
type botForm struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	State   bot.State `json:"state"`
	Version int       `json:"version"`
	Steps   int       `json:"steps"`
	Changed bool      `json:"changed"` // the draft isn't what tickets begin with
	Begun   int       `json:"begun"`   // conversations of the version
	Ended   int       `json:"ended"`
	// Takes are what gives it tickets.
	Takes []bot.Mention `json:"takes,omitempty"`
}

func (p *Page) bots(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	all, _, err := p.desk.Bots.Bots(r.Context(), me.Actor(), "", bot.MaxBots)
	if err != nil {
		return err
	}
	list := make([]botForm, len(all))
	for i, b := range all {
		if list[i], _, err = p.botOf(r.Context(), me, b); err != nil {
			return err
		}
		if list[i].Takes, err = p.desk.Bots.NamedBy(r.Context(), me.Actor(), b.ID); err != nil {
			return err
		}
	}
	return write(w, map[string]any{"bots": list})
}

// botOf is a bot, and how far its conversations got.
func (p *Page) botOf(ctx context.Context, me *identity.Agent, b *bot.Bot) (f botForm, report *bot.Report, err error) {
	f = botForm{ID: b.ID, Name: b.Name, State: b.State, Version: b.Version, Steps: len(b.Draft.Steps), Changed: b.Version == 0}
	if b.Version == 0 {
		return f, nil, nil
	}
	published, err := p.desk.Bots.Flow(ctx, me.Actor(), b.ID, b.Version)
	if err != nil {
		return f, nil, err
	}
	if f.Changed, err = differ(published, b.Draft); err != nil {
		return f, nil, err
	}
	if report, err = p.desk.Bots.Report(ctx, me.Actor(), b.ID, b.Version); err == nil {
		f.Begun, f.Ended = report.Begun, report.Ended
	}
	return f, report, err
}

func differ(a, b *flow.Flow) (bool, error) {
	x, err := a.Format()
	if err != nil {
		return false, err
	}
	y, err := b.Format()
	return !bytes.Equal(x, y), err
}

type problemForm struct {
	Step    string `json:"step"`
	Field   string `json:"field"`
	Reason  string `json:"reason"`
	Warning bool   `json:"warning"`
}

// bot is one, as it is drawn: its draft, or with version=live what tickets begin with.
func (p *Page) bot(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	b, err := p.desk.Bots.Bot(ctx, me.Actor(), r.PathValue("bot"))
	if err != nil {
		return err
	}
	row, report, err := p.botOf(ctx, me, b)
	if err != nil {
		return err
	}
	f, live := b.Draft, r.FormValue("version") == "live" && b.Version > 0
	if live {
		if f, err = p.desk.Bots.Flow(ctx, me.Actor(), b.ID, b.Version); err != nil {
			return err
		}
	}
	found, err := p.desk.Bots.Check(ctx, me.Actor(), f)
	if err != nil {
		return err
	}
	problems := make([]problemForm, len(found))
	for i, x := range found {
		problems[i] = problemForm(x)
	}
	source, err := f.Format()
	if err != nil {
		return err
	}
	out := map[string]any{"bot": row, "revision": b.Rev, "live": live, "flow": f, "source": string(source), "mermaid": f.Mermaid(), "problems": problems}
	if report != nil {
		steps := map[string]bot.StepTally{}
		for _, s := range report.Steps {
			steps[s.Step] = s
		}
		out["report"] = map[string]any{"begun": report.Begun, "ended": report.Ended, "guards": report.Guards, "steps": steps}
	}
	return write(w, out)
}

// saveDraft takes a flow as it is written, JSON or YAML.
func (p *Page) saveDraft(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Name     string    `json:"name"`
		Source   string    `json:"source"`
		Revision store.Rev `json:"revision"` // 0: a new bot
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	f, err := flow.Parse([]byte(in.Source))
	if err != nil {
		return &store.FieldError{Field: "source", Reason: "can't be read: " + err.Error()}
	}
	b := &bot.Bot{ID: r.PathValue("bot"), Name: in.Name, Draft: f, Rev: in.Revision}
	if err := p.desk.Bots.Save(r.Context(), me.Actor(), b); err != nil {
		return err
	}
	return write(w, map[string]any{"id": b.ID})
}

// onBot publishes a bot, disables it, or has it go back a version.
func (p *Page) onBot(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx, id := r.Context(), r.PathValue("bot")
	b, err := p.desk.Bots.Bot(ctx, me.Actor(), id)
	if err != nil {
		return err
	}
	switch path.Base(r.URL.Path) {
	case "publish":
		_, err = p.desk.Bots.Publish(ctx, me.Actor(), id)
		if wrong, ok := errors.AsType[*bot.ProblemsError](err); ok {
			return &store.FieldError{Field: "draft", Reason: "can't be published: " + wrong.Error()}
		}
	case "disable":
		err = p.desk.Bots.Disable(ctx, me.Actor(), id)
	default:
		err = p.desk.Bots.RollBack(ctx, me.Actor(), id, b.Version-1)
	}
	if err != nil {
		return err
	}
	return write(w, map[string]any{})
}

// lineForm is a line of a conversation on trial.
type lineForm struct {
	Who     string   `json:"who"` // bot, user, deed
	Step    string   `json:"step,omitempty"`
	Text    string   `json:"text"`
	Choices []string `json:"choices,omitempty"`
	// Form is what it asks for, Articles what it shows.
	Kind     flow.Kind      `json:"kind,omitempty"`
	Articles []flow.Article `json:"articles,omitempty"`
}

// maxTurns is how long a conversation on trial may be.
const maxTurns = 100

// tryBot plays a conversation. Articles are those of the desk; what is asked outside of it
// has the answer that the request brings.
func (p *Page) tryBot(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		First    string   `json:"first"`
		Says     []string `json:"says"`
		Language string   `json:"language"`
		Live     bool     `json:"live"`
		Outside  string   `json:"outside"` // JSON; "": calls and functions fail
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if len(in.Says) > maxTurns {
		return &store.FieldError{Field: "says", Reason: "at most 100", Limit: maxTurns}
	}
	ctx, id := r.Context(), r.PathValue("bot")
	b, err := p.desk.Bots.Bot(ctx, me.Actor(), id)
	if err != nil {
		return err
	}
	f := b.Draft
	if in.Live && b.Version > 0 {
		if f, err = p.desk.Bots.Flow(ctx, me.Actor(), id, b.Version); err != nil {
			return err
		}
	}
	t, err := flow.Simulate(ctx, f, p.script(ctx, in.First, in.Language, in.Outside, in.Says))
	if wrong, ok := errors.AsType[*flow.CheckError](err); ok {
		return &store.FieldError{Field: "draft", Reason: "can't run: " + wrong.Error()}
	}
	if err != nil {
		return &store.FieldError{Field: "draft", Reason: err.Error()}
	}
	return write(w, map[string]any{"lines": linesOf(t), "waits": t.State.Waits})
}

// script is a visitor who says some things.
func (p *Page) script(ctx context.Context, first, language, outside string, says []string) flow.Script {
	s := flow.Script{First: first, Languages: []string{cmp.Or(language, "en")}, Turns: flow.Says(says...),
		Values: map[string]string{"user.name": "Ada", "ticket.number": "1042", "time.business": "true"},
		Search: func(q flow.Search) (found []flow.Article, confidence float64) {
			got, err := p.desk.Articles.Find(ctx, faq.Viewer{App: ticket.DefaultApp, Platform: "webchat", Languages: []string{cmp.Or(language, "en")}}, faq.Search{Text: q.Text, Limit: q.Limit})
			if err != nil {
				return nil, 0 // it finds none
			}
			for _, h := range got.Hits {
				found = append(found, flow.Article{ID: h.Article.ID, Title: h.Title})
			}
			return found, got.Confidence
		},
	}
	if outside != "" {
		s.Call = func(flow.Request) ([]byte, error) { return []byte(outside), nil }
		s.Run = func(flow.Arguments) (map[string]string, error) { return flow.Flatten([]byte(outside)) }
	}
	return s
}

func linesOf(t *flow.Transcript) []lineForm {
	out := []lineForm{}
	for _, l := range t.Lines {
		switch e := l.Effect; {
		case e == nil:
			out = append(out, lineForm{Who: "user", Text: l.Turn.String()})
		case e.Say != nil:
			f := lineForm{Who: "bot", Step: e.Step, Text: e.Say.Text, Choices: e.Say.Choices, Articles: e.Say.Articles}
			if e.Say.Form != nil {
				f.Kind = e.Say.Form.Kind
			}
			out = append(out, f)
		default:
			out = append(out, lineForm{Who: "deed", Step: e.Step, Text: e.String()})
		}
	}
	return out
}
