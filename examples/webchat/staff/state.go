package staff

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// stateForm is what a ticket has been through, and what it is tied to.
type stateForm struct {
	Fields             map[string]any  `json:"fields"` // by key
	LabelSource        string          `json:"label_source"`
	LabelConfidence    float64         `json:"label_confidence"`
	LanguageSource     string          `json:"language_source"`
	LanguageConfidence float64         `json:"language_confidence"`
	Snoozed            *snoozeForm     `json:"snoozed"`
	OnHold             float64         `json:"on_hold"` // seconds, without the sleep that goes on
	Incomplete         bool            `json:"incomplete"`
	Intake             string          `json:"intake"`
	Resolution         *resolutionForm `json:"resolution"`
	Merged             *mergedForm     `json:"merged"`
	Links              []linkForm      `json:"links"`
	Copied             []string        `json:"copied"` // addresses
	Group              string          `json:"group"`
	Queue              string          `json:"queue"`
	Offered            *offerForm      `json:"offered"`
	Due                *dueForm        `json:"due"`
	Missed             []missedForm    `json:"missed"`
}

type snoozeForm struct {
	Until  time.Time  `json:"until"`
	Since  time.Time  `json:"since"`
	By     personForm `json:"by"`
	Reason string     `json:"reason"`
}

type resolutionForm struct {
	Time    time.Time     `json:"time"`
	By      personForm    `json:"by"`
	Answer  ticket.Answer `json:"answer"`
	Asked   bool          `json:"asked"` // for a rating
	Score   int           `json:"score"`
	Comment string        `json:"comment"`
	Rated   time.Time     `json:"rated"`
}

type mergedForm struct {
	Into   refForm    `json:"into"`
	Time   time.Time  `json:"time"`
	By     personForm `json:"by"`
	Abroad bool       `json:"abroad"`
	Undo   bool       `json:"undo"` // it can be undone still
}

type linkForm struct {
	Kind   ticket.LinkKind `json:"kind"`
	Ticket refForm         `json:"ticket"`
}

// refForm names a ticket to people.
type refForm struct {
	ID     string        `json:"id"`
	Number int64         `json:"number"` // 0: it is gone
	Title  string        `json:"title"`
	Status ticket.Status `json:"status"`
}

func (p *Page) stateOf(ctx context.Context, me *identity.Agent, t *ticket.Ticket) (f stateForm, err error) {
	f = stateForm{Fields: map[string]any{}, LanguageSource: t.LanguageSource, LanguageConfidence: t.LanguageConfidence,
		OnHold: t.OnHold.Seconds(), Incomplete: t.Incomplete, Intake: t.Intake, Links: []linkForm{}, Copied: t.Copied, Group: t.Group, Queue: t.Queue, Offered: offerOf(t), Due: dueOf(t), Missed: missedOf(t)}
	for _, v := range t.Fields {
		f.Fields[v.Key] = v.String()
		if v.Type == ticket.Checkbox {
			f.Fields[v.Key] = v.Checked
		}
	}
	if t.Label != nil {
		f.LabelSource, f.LabelConfidence = t.Label.Source, t.Label.Confidence
	}
	if z := t.Snoozed; z != nil {
		f.Snoozed = &snoozeForm{Until: z.Until, Since: z.Since, Reason: z.Reason}
		if f.Snoozed.By, err = p.person(ctx, z.By); err != nil {
			return f, err
		}
	}
	if r := t.Resolution; r != nil {
		f.Resolution = &resolutionForm{Time: r.Time, Answer: r.Answer, Asked: !r.Survey.Asked.IsZero() && !r.Survey.Void,
			Score: r.Survey.Score, Comment: r.Survey.Comment, Rated: r.Survey.Rated}
		if f.Resolution.By, err = p.person(ctx, r.By); err != nil {
			return f, err
		}
	}
	if m := t.Merged; m != nil {
		f.Merged = &mergedForm{Time: m.Time, Abroad: m.Abroad, Undo: time.Since(m.Time) < ticket.MergeUndo}
		if f.Merged.By, err = p.person(ctx, m.By); err != nil {
			return f, err
		}
		if f.Merged.Into, err = p.ref(ctx, me, m.Into); err != nil {
			return f, err
		}
	}
	for _, l := range t.Links {
		to, err := p.ref(ctx, me, l.Ticket)
		if err != nil {
			return f, err
		}
		f.Links = append(f.Links, linkForm{l.Kind, to})
	}
	return f, nil
}

// ref looks a ticket up by its id, for its number and title. Of one that the agent
// doesn't see he gets the id.
func (p *Page) ref(ctx context.Context, me *identity.Agent, id string) (refForm, error) {
	t, err := p.desk.Tickets.Get(ctx, me.Actor(), id)
	if err != nil {
		return refForm{ID: id}, unlessMissing(err)
	}
	return refOf(t), nil
}

func refOf(t *ticket.Ticket) refForm {
	title := t.Title
	if title == "" {
		title = t.Preview.Text
	}
	return refForm{t.ID, t.Number, title, t.Status}
}

type groupForm struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p *Page) groups(ctx context.Context) ([]groupForm, error) {
	gs, _, err := p.desk.People.Groups(ctx, "", 200)
	list := []groupForm{}
	for _, g := range gs {
		if !g.Archived {
			list = append(list, groupForm{g.ID, g.Name})
		}
	}
	return list, err
}

// fields are the definitions that agents see values of.
func (p *Page) fields(ctx context.Context) ([]*ticket.Field, error) {
	all, err := p.desk.Tickets.Fields(ctx)
	list := []*ticket.Field{}
	for _, f := range all {
		if !f.Archived {
			list = append(list, f)
		}
	}
	return list, err
}

// viewers are the other agents who have a ticket open.
func (p *Page) viewers(ctx context.Context, me *identity.Agent, id string) ([]personForm, error) {
	list := []personForm{}
	for _, who := range p.desk.Presence.Viewers(id) {
		if who == me.Actor() {
			continue
		}
		f, err := p.person(ctx, who)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}
