package automation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func refuse(field, reason string) error {
	return &store.FieldError{Field: "rule." + field, Reason: reason}
}

// valid refuses what can't be right, whatever is stored.
func (r *Rule) valid() error {
	r.Name = strings.TrimSpace(r.Name)
	switch {
	case r.Name == "":
		return refuse("name", "is missing")
	case utf8.RuneCountInString(r.Name) > MaxName:
		return store.TooLong("rule.name", MaxName)
	case utf8.RuneCountInString(r.Description) > MaxDescription:
		return store.TooLong("rule.description", MaxDescription)
	case len(r.ID) > maxRef || strings.ContainsAny(r.ID, "/ \n"):
		return &store.FieldError{Field: "rule.id", Reason: "has at most 100 characters, without spaces and slashes", Limit: maxRef}
	case len(r.Apps) > MaxApps:
		return &store.FieldError{Field: "rule.apps", Reason: "at most 50 apps", Limit: MaxApps}
	case len(r.Do) == 0:
		return refuse("do", "is missing: a rule does something")
	case len(r.Do) > MaxActions:
		return &store.FieldError{Field: "rule.do", Reason: "at most 20 actions", Limit: MaxActions}
	}
	if err := r.On.valid(); err != nil {
		return err
	}
	for i := range r.Do {
		if err := r.Do[i].valid(); err != nil {
			return &ticket.ActionError{Place: i, Do: r.Do[i].Do, Err: err}
		}
	}
	return nil
}

func (t *Trigger) valid() error {
	switch t.Kind {
	case OnCreated:
	case OnEvent:
		if len(t.Events) == 0 {
			return refuse("on.events", "are missing")
		}
		for _, e := range t.Events {
			if !slices.Contains(Events(), e) {
				return refuse("on.events", fmt.Sprintf("there is no event %q", e))
			}
		}
		if len(t.Fields) > ticket.MaxFields {
			return &store.FieldError{Field: "rule.on.fields", Reason: "at most 200 fields", Limit: ticket.MaxFields}
		}
	case OnTime:
		return t.validClock()
	case OnSchedule:
		return t.validSchedule()
	default:
		return refuse("on.kind", "is created, event, time or schedule")
	}
	return nil
}

func (t *Trigger) validClock() error {
	switch {
	case !slices.Contains(Clocks(), t.Clock):
		return refuse("on.clock", fmt.Sprintf("there is no clock %q", t.Clock))
	case t.Clock == ClockField && t.Field == "":
		return refuse("on.field", "is missing")
	case t.Clock == ClockField && (t.After < -MaxAfter || t.After > MaxAfter):
		return refuse("on.after", "is at most 366 days before or after the date")
	case t.Clock != ClockField && (t.After < MinAfter || t.After > MaxAfter):
		return refuse("on.after", "is from a minute to 366 days")
	case t.Clock == ClockField && (t.Business || t.Calendar != ""):
		return refuse("on.business", "isn't for dates: they count all time")
	case len(t.Calendar) > maxRef:
		return store.TooLong("rule.on.calendar", maxRef)
	}
	return nil
}

// valid refuses what can't be right of an action.
func (a *Action) valid() error {
	switch a.Do {
	case ticket.DoReply, ticket.DoNote, DoAsk:
		return a.validText()
	case DoWebhook:
		return a.validWebhook()
	case DoNotify:
		switch n := utf8.RuneCountInString(a.Text); {
		case len(a.Agents)+len(a.Groups) == 0:
			return refuse("do.agents", "are missing, and so are groups")
		case len(a.Agents)+len(a.Groups) > 100:
			return &store.FieldError{Field: "rule.do.agents", Reason: "at most 100 agents and groups", Limit: 100}
		case n == 0 || n > ticket.MaxNotice:
			return &store.FieldError{Field: "rule.do.text", Reason: "has 1 to 1,000 characters", Limit: ticket.MaxNotice}
		}
		return nil
	case DoCall:
		if !hostPattern.MatchString(a.To) {
			return refuse("do.to", "is the name of a function of the host")
		}
		if utf8.RuneCountInString(a.Text) > MaxArgument {
			return store.TooLong("rule.do.text", MaxArgument)
		}
		return nil
	}
	if len(a.Texts) > 0 || a.QuickReply != "" || len(a.Choices) > 0 || len(a.Agents) > 0 || len(a.Groups) > 0 {
		return refuse("do."+string(a.Do), "takes no texts, choices, agents or groups")
	}
	return a.Check()
}

func (a *Action) validText() error {
	switch {
	case a.Text != "":
		return refuse("do.text", "isn't for "+string(a.Do)+": say it in texts")
	case len(a.Texts) == 0 && (a.Do != ticket.DoReply || a.QuickReply == ""):
		return refuse("do.texts", "are missing")
	case len(a.Texts) > 0 && a.QuickReply != "":
		return refuse("do.quick_reply", "is given, and so are texts: choose one")
	case len(a.QuickReply) > maxRef:
		return store.TooLong("rule.do.quick_reply", maxRef)
	case len(a.Choices) > 0 && a.Do != DoAsk:
		return refuse("do.choices", "are for questions")
	}
	return ticket.CheckChoices("rule.do.choices", a.Choices)
}

func (a *Action) validWebhook() error {
	u, err := url.Parse(a.To)
	switch {
	case len(a.To) > MaxURL:
		return store.TooLong("rule.do.to", MaxURL)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		return refuse("do.to", "is an address that begins with https:// or http://, without a password")
	case len(a.Text) > MaxSecret:
		return store.TooLong("rule.do.text", MaxSecret)
	}
	return nil
}

// check compares a rule with what is stored: what it names has to be there.
func (s *Service) check(ctx context.Context, tx *store.Tx, b *book, r *Rule) error {
	c := &compiled{Rule: r}
	if c.compile(b.env); c.err != nil {
		return fmt.Errorf("%w: %w", refuse("when", "isn't a condition"), c.err)
	}
	for _, app := range r.Apps {
		if err := missing(s.tickets.In(tx).App(ctx, app))("apps", "there is no app "+app); err != nil {
			return err
		}
	}
	for _, key := range append(slices.Clone(r.On.Fields), r.On.Field) {
		if key != "" && !b.hasField(key) {
			return refuse("on.fields", "there is no custom field "+key)
		}
	}
	if r.On.Clock == ClockField && !b.hasDate(r.On.Field) {
		return refuse("on.field", r.On.Field+" is no date")
	}
	if err := s.tickets.NeedCalendar(ctx, tx, "rule.on.calendar", r.On.Calendar); err != nil {
		return err
	}
	for i := range r.Do {
		if r.Do[i].Do == ticket.DoAssignBot && b.sends(r.ID, r.Do[i].To) {
			continue // it may have been disabled since, which Lint tells: the rule can be changed all the same
		}
		if err := s.checkAction(ctx, tx, b, &r.Do[i]); err != nil {
			return &ticket.ActionError{Place: i, Do: r.Do[i].Do, Err: err}
		}
	}
	return nil
}

// sends says whether a rule gives tickets to a bot already.
func (b *book) sends(rule, bot string) bool {
	return slices.ContainsFunc(b.rules, func(c *compiled) bool {
		return c.ID == rule && slices.ContainsFunc(c.Do, func(a Action) bool { return a.Do == ticket.DoAssignBot && a.To == bot })
	})
}

func (b *book) hasField(key string) bool {
	return slices.ContainsFunc(b.fields, func(f *ticket.Field) bool { return f.Key == key && !f.Archived })
}

func (b *book) hasDate(key string) bool {
	return slices.ContainsFunc(b.fields, func(f *ticket.Field) bool { return f.Key == key && f.Type == ticket.Date })
}

// missing turns the error of a look-up into one about a field of the rule.
func missing[T any](_ T, err error) func(field, reason string) error {
	return func(field, reason string) error {
		if errors.Is(err, store.ErrNotFound) {
			return refuse(field, reason)
		}
		return err
	}
}

func (s *Service) checkAction(ctx context.Context, tx *store.Tx, b *book, a *Action) (err error) {
	people, queues := s.people.In(tx), s.queues.In(tx)
	switch a.Do {
	case ticket.DoAssign, ticket.DoAssignAvailable:
		err = missing(people.Agent(ctx, a.To))("do.to", "there is no agent "+a.To)
		if err == nil && a.Else != "" {
			err = missing(queues.Queue(ctx, a.Else))("do.else", "there is no queue "+a.Else)
		}
	case ticket.DoAssignGroup:
		err = missing(people.Group(ctx, a.To))("do.to", "there is no group "+a.To)
	case ticket.DoAssignQueue, ticket.DoEscalate:
		err = missing(queues.Queue(ctx, a.To))("do.to", "there is no queue "+a.To)
	case ticket.DoAssignBot:
		err = s.tickets.NeedBot(ctx, tx, "rule.do.to", a.To)
	case ticket.DoField:
		if !b.hasField(a.To) {
			err = refuse("do.to", "there is no custom field "+a.To)
		}
	case ticket.DoAddTags, ticket.DoRemoveTags:
		err = s.tickets.NeedTags(ctx, tx, "rule.do.tags", a.Tags)
	case DoCall:
		if s.calls[a.To] == nil {
			err = refuse("do.to", "the host has no function "+a.To)
		}
	case DoNotify:
		for _, id := range a.Agents {
			if id != assigneeID && err == nil {
				err = missing(people.Agent(ctx, id))("do.agents", "there is no agent "+id)
			}
		}
		for _, id := range a.Groups {
			if err == nil {
				err = missing(people.Group(ctx, id))("do.groups", "there is no group "+id)
			}
		}
	}
	if err == nil && len(a.Texts) > 0 {
		a.Texts, err = s.tickets.CheckTexts(ctx, tx, a.Texts)
	}
	if err == nil && a.QuickReply != "" {
		err = missing(ticket.SharedReply(ctx, tx, a.QuickReply))("do.quick_reply", "there is no shared quick reply "+a.QuickReply)
	}
	return err
}
