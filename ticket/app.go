package ticket

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// DefaultApp is the id of the app that a new desk has.
const DefaultApp = "default"

// The limits of an app.
const (
	maxAppText = 2000                      // characters of a greeting or notice
	maxTexts   = 500                       // of a platform
	maxAsked   = 10 * 366 * 24 * time.Hour // for which a question waits for an answer
)

// Platforms are the platforms of an app.
func Platforms() []string { return []string{"ios", "android", "webchat", "web", "email", "api"} }

// App is one product or brand of the host, with all of its platforms.
type App struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Picture  string       `json:"picture,omitempty"`  // URL
	Language string       `json:"language,omitempty"` // where nothing better is known
	Private  bool         `json:"private,omitempty"`  // end users see the brand's name and not the agent's
	Reopen   ReopenPolicy `json:"reopen"`
	// Anonymous is what becomes of what somebody wrote anonymously when he logs in:
	// keep (the default), merge or clear.
	Anonymous identity.AnonymousPolicy `json:"anonymous,omitempty"`
	Platforms []Platform               `json:"platforms"`
	Archived  bool                     `json:"archived,omitempty"`
	// Masking are patterns that are taken out of what end users write before it is
	// kept, at most 10: Cards, or regular expressions as of [Service.RedactPattern].
	// Titles, messages, custom fields, what devices tell and comments are masked, and
	// the ticket has a warning for each. None: nothing is.
	Masking []string `json:"masking,omitempty"`
	// FullPrivacy is for children: name, address, attachments and personal fields of
	// all end users of this app are refused, even if they are sent, and who visits it
	// is put under full privacy ([identity.Service.SetPrivate]).
	FullPrivacy bool `json:"full_privacy,omitempty"`
	// Retention is for how long after a ticket was closed what was written on it is
	// kept, at least 24 hours; 0 is for ever. See [Service.EraseLapsed].
	Retention time.Duration `json:"retention,omitempty"`
	Created   time.Time     `json:"created"`
	Rev       store.Rev     `json:"-"`
}

// ReopenPolicy says when an end user's message reopens a resolved ticket; where
// it doesn't, it begins a new one that follows up.
type ReopenPolicy struct {
	Window time.Duration `json:"window"`          // since it was resolved; 0 never, negative always
	Most   int           `json:"most,omitempty"`  // reopenings of a ticket; 0 is no limit
	To     ReopenTarget  `json:"to,omitempty"`    // default: the last agent
	Queue  string        `json:"queue,omitempty"` // of ToQueue
	Bot    string        `json:"bot,omitempty"`   // of ToBot
}

// ReopenTarget is who gets a reopened ticket. One that is gone falls back to the
// original queue, then to the default queue.
type ReopenTarget string

// The targets.
const (
	ToLastAgent     ReopenTarget = "last_agent" // where he can't, the original queue
	ToOriginalQueue ReopenTarget = "original_queue"
	ToQueue         ReopenTarget = "queue"
	ToBot           ReopenTarget = "bot"
	ToDefaultQueue  ReopenTarget = "default_queue"
)

// Allows says whether a ticket that was resolved may be reopened now by a message
// of the end user. Who has said that it is solved begins a new one; who has said
// that it isn't reopens it whatever the policy.
func (p ReopenPolicy) Allows(t *Ticket, now time.Time) bool {
	if t.Status != StatusResolved || t.Merged != nil || t.Erased {
		return false
	}
	if r := t.Resolution; r != nil && r.Answer == SaidNo {
		return true
	} else if r != nil && r.Answer == Accepted {
		return false
	}
	if p.Window == 0 || p.Most > 0 && t.Reopened >= p.Most {
		return false
	}
	return p.Window < 0 || now.Sub(t.Times.Resolved) <= p.Window
}

// ContactUs is when a platform offers to write to the desk.
type ContactUs string

// The choices.
const (
	Always         ContactUs = "always"
	AfterFAQs      ContactUs = "after_faqs"
	AfterUnhelpful ContactUs = "after_unhelpful"
	NeverContact   ContactUs = "never"
)

// ContactError says that an end user can't begin a conversation, or can't yet.
type ContactError struct{ Rule ContactUs }

func (e *ContactError) Error() string {
	switch e.Rule {
	case AfterFAQs:
		return "look at the FAQ first"
	case AfterUnhelpful:
		return "look at the FAQ first, and say where it doesn't help"
	}
	return "no conversations begin here"
}

// Platform holds the settings of one of an app's platforms.
type Platform struct {
	Name        string      `json:"name"`
	Greeting    []Localised `json:"greeting,omitempty"`
	AwayNotice  []Localised `json:"away_notice,omitempty"` // outside of business hours; none: a built-in text
	Hours       string      `json:"hours,omitempty"`       // id of a calendar; "" is the desk's
	Languages   []string    `json:"languages,omitempty"`   // offered; none means all
	Questions   []Question  `json:"questions,omitempty"`   // asked before the first message
	ContactUs   ContactUs   `json:"contact_us,omitempty"`
	AskResolved bool        `json:"ask_resolved,omitempty"` // whether the answer solved it
	CSAT        bool        `json:"csat,omitempty"`
	// So long the question and the survey can be answered; 0 is the default of 3
	// days and of a year.
	QuestionTime time.Duration `json:"question_time,omitempty"`
	SurveyTime   time.Duration `json:"survey_time,omitempty"`
	FirstBot     string        `json:"first_bot,omitempty"`    // gets new tickets that no rule gave to anybody
	FeedbackBot  string        `json:"feedback_bot,omitempty"` // asks after a resolution, in place of CSAT
	Several      bool          `json:"several,omitempty"`      // several open conversations at once
	PushAfter    time.Duration `json:"push_after"`             // unread messages go by push, then mail; 0 is the default of 10 minutes, negative never
	Attachments  Files         `json:"attachments"`
	Theme        Theme         `json:"theme"`
	Texts        []Text        `json:"texts,omitempty"` // replace texts of the widget
}

// Localised is a text in one language.
type Localised struct {
	Language string `json:"language"` // "" fits every language
	Text     string `json:"text"`
}

// Text replaces one of a widget's texts in one language.
type Text struct {
	Language string `json:"language"`
	Key      string `json:"key"`
	Text     string `json:"text"`
}

// Files says which attachments end users may send.
type Files struct {
	Off      bool     `json:"off,omitempty"`
	Types    []string `json:"types,omitempty"`     // as image/*, application/pdf; none means all
	MaxBytes int64    `json:"max_bytes,omitempty"` // 0: 25 MB, which is also the most
}

// Theme is how a widget looks.
type Theme struct {
	Color    string `json:"color,omitempty"`    // CSS colour
	Dark     string `json:"dark,omitempty"`     // auto, light, dark
	Launcher string `json:"launcher,omitempty"` // right, left
}

var apps = &store.Collection[App]{
	Name:       "app",
	Key:        func(a *App) string { return a.ID },
	Rev:        func(a *App) *store.Rev { return &a.Rev },
	Impersonal: "holds settings",
}

// NewApp returns an app that is ready for use: all platforms, tickets may be
// reopened for 7 days. Save it with SaveApp.
func NewApp(id, name string) *App {
	a := &App{ID: id, Name: name, Language: "en", Reopen: ReopenPolicy{Window: 7 * 24 * time.Hour, To: ToLastAgent}}
	for _, p := range Platforms() {
		a.Platforms = append(a.Platforms, Platform{Name: p, ContactUs: Always, AskResolved: p != "email" && p != "api", CSAT: true})
	}
	return a
}

// Platform returns the settings of one of the app's platforms, to be read or
// changed, or a *store.FieldError.
func (a *App) Platform(name string) (*Platform, error) {
	for i := range a.Platforms {
		if a.Platforms[i].Name == name {
			return &a.Platforms[i], nil
		}
	}
	return nil, &store.FieldError{Field: "platform", Reason: "app " + a.ID + " has no platform " + name}
}

// For returns the text in a language, or the nearest: the language without its
// region, or of another one, the app's, the one for all, the first.
func (a *App) For(language string, texts []Localised) string {
	variants := make([]string, len(texts))
	for i, t := range texts {
		variants[i] = t.Language
	}
	if i := template.Choose(variants, language, a.Language, ""); i >= 0 {
		return texts[i].Text
	}
	return ""
}

func (a *App) valid() error {
	refuse := func(field, reason string) error { return &store.FieldError{Field: "app." + field, Reason: reason} }
	switch n := utf8.RuneCountInString(a.Name); {
	case !keyPattern.MatchString(a.ID):
		return refuse("id", "has 1 to 64 of a-z, 0-9 and _, and begins with a letter")
	case n == 0 || n > MaxTitle:
		return refuse("name", "has 1 to 255 characters")
	case !a.Anonymous.Valid():
		return refuse("anonymous", "is keep, merge or clear")
	case len(a.Platforms) == 0:
		return refuse("platforms", "has at least one platform")
	case !slices.Contains([]ReopenTarget{"", ToLastAgent, ToOriginalQueue, ToQueue, ToBot, ToDefaultQueue}, a.Reopen.To):
		return refuse("reopen.to", "is last_agent, original_queue, queue, bot or default_queue")
	case a.Reopen.To == ToQueue && a.Reopen.Queue == "", a.Reopen.To == ToBot && a.Reopen.Bot == "":
		return refuse("reopen", "names the queue or the bot that it leads to")
	case len(a.Reopen.Queue) > maxRef:
		return store.TooLong("app.reopen.queue", maxRef)
	case len(a.Reopen.Bot) > maxRef:
		return store.TooLong("app.reopen.bot", maxRef)
	}
	if a.Retention != 0 && (a.Retention < MinRetention || a.Retention > maxRetention) {
		return refuse("retention", "is 0, or from a day to 100 years")
	}
	if err := validMasking(a.Masking); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range a.Platforms {
		p := &a.Platforms[i]
		if !slices.Contains(Platforms(), p.Name) || seen[p.Name] {
			return refuse("platforms", "are ios, android, webchat, web, email and api, once each")
		}
		seen[p.Name] = true
		if err := p.valid(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) valid() error {
	refuse := func(field, reason string) error {
		return &store.FieldError{Field: "app.platforms." + p.Name + "." + field, Reason: reason}
	}
	long := func(t Localised) bool { return utf8.RuneCountInString(t.Text) > maxAppText }
	switch {
	case slices.ContainsFunc(p.Greeting, long):
		return store.TooLong("app.platforms."+p.Name+".greeting", maxAppText)
	case slices.ContainsFunc(p.AwayNotice, long):
		return store.TooLong("app.platforms."+p.Name+".away_notice", maxAppText)
	case len(p.Questions) > maxQuestions:
		return refuse("questions", "at most 10 questions")
	case len(p.Texts) > maxTexts:
		return refuse("texts", "at most 500 texts")
	case p.Attachments.MaxBytes < 0 || p.Attachments.MaxBytes > MaxAttachment:
		return refuse("attachments.max_bytes", "is at most 25 MB")
	case p.QuestionTime < 0 || p.QuestionTime > maxAsked:
		return refuse("question_time", "is from nothing to 10 years")
	case p.SurveyTime < 0 || p.SurveyTime > maxAsked:
		return refuse("survey_time", "is from nothing to 10 years")
	case len(p.FirstBot) > maxRef:
		return store.TooLong("app.platforms."+p.Name+".first_bot", maxRef)
	case len(p.FeedbackBot) > maxRef:
		return store.TooLong("app.platforms."+p.Name+".feedback_bot", maxRef)
	case !slices.Contains([]ContactUs{"", Always, AfterFAQs, AfterUnhelpful, NeverContact}, p.ContactUs):
		return refuse("contact_us", "is always, after_faqs, after_unhelpful or never")
	}
	seen := map[string]bool{}
	for i := range p.Questions {
		q := &p.Questions[i]
		if seen[q.Key] {
			return refuse("questions."+q.Key, "is asked twice")
		}
		seen[q.Key] = true
		if err := q.valid(refuse); err != nil {
			return err
		}
	}
	return nil
}

// SaveApp creates an app (revision 0), or changes the one that was read before. A
// bad value is a *store.FieldError, an id that is taken store.ErrExists, and an app
// that was changed meanwhile store.ErrStale.
func (s *Service) SaveApp(ctx context.Context, actor event.Actor, a *App) error {
	if err := a.valid(); err != nil {
		return err
	}
	return s.configure(ctx, actor, identity.Configure, "app:"+a.ID, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		what := "app.changed"
		was, err := apps.Get(ctx, tx, a.ID)
		if a.Rev == 0 {
			what, a.Created = "app.created", s.now()
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		for _, p := range a.Platforms {
			if err := s.NeedCalendar(ctx, tx, "app.platforms."+p.Name+".hours", p.Hours); err != nil {
				return nil, err
			}
		}
		if err := s.needBots(ctx, tx, was, a); err != nil {
			return nil, err
		}
		if err = apps.Put(ctx, tx, a); err == nil && was.counts() != a.counts() {
			err = s.movePolicies(ctx, tx)
		}
		return &event.Event{Type: what, Subject: "app:" + a.ID, Revision: int64(a.Rev), Actor: actor}, err
	})
}

// needBots refuses bots that aren't at work, where an app names them anew.
func (s *Service) needBots(ctx context.Context, tx *store.Tx, was, a *App) error {
	for _, p := range a.Platforms {
		before := &Platform{}
		if was != nil {
			if old, err := was.Platform(p.Name); err == nil {
				before = old
			}
		}
		for _, b := range []struct {
			field, was, is string
			feedback       bool
		}{{"first_bot", before.FirstBot, p.FirstBot, false}, {"feedback_bot", before.FeedbackBot, p.FeedbackBot, true}} {
			if b.is == "" || b.is == b.was {
				continue
			}
			if err := s.needBot(ctx, tx, "app.platforms."+p.Name+"."+b.field, Place{Bot: b.is, Feedback: b.feedback}); err != nil {
				return err
			}
		}
	}
	return nil
}

// NeedBot refuses a bot that isn't at work on open tickets, as Options.Exists knows, by a
// *store.FieldError about a field. It is for packages that keep the names of bots.
func (s *Service) NeedBot(ctx context.Context, tx *store.Tx, field, id string) error {
	return s.needBot(ctx, tx, field, Place{Bot: id})
}

func (s *Service) needBot(ctx context.Context, tx *store.Tx, field string, p Place) error {
	ok, err := s.there(ctx, tx, p)
	if err == nil && !ok {
		err = &store.FieldError{Field: field, Reason: "there is no such bot at work: " + p.Bot}
	}
	return err
}

// counts names the calendars by which business time counts on an app's platforms.
func (a *App) counts() (ids string) {
	if a == nil {
		return ""
	}
	for i := range a.Platforms {
		if p := &a.Platforms[i]; p.Hours != "" {
			ids += p.Name + "=" + p.Hours + ";"
		}
	}
	return ids
}

// App returns the app with this id, or store.ErrNotFound.
func (s *Service) App(ctx context.Context, id string) (a *App, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err = apps.Get(ctx, tx, id)
		return err
	})
	return a, err
}

// Apps returns at most limit apps, and no more than 200, in order of id, and the
// cursor of the next page.
func (s *Service) Apps(ctx context.Context, after string, limit int) (as []*App, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		as, next, err = apps.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return as, next, err
}

// app reads an app for a ticket that is about to be created. Nobody changes it.
func (s *Service) app(ctx context.Context, tx *store.Tx, id string) (*App, error) {
	a, err := apps.Shared(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && a.Archived {
		return nil, &store.FieldError{Field: "app", Reason: "there is no app " + id}
	}
	return a, err
}
