package faq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// ConditionError says where an audience's condition is wrong, and what is allowed
// there.
type ConditionError = condition.Error

// Viewer is who reads, where, and in which languages.
type Viewer struct {
	// Actor is an end user, an agent, a bot, a rule or the host. The zero actor is an
	// anonymous reader.
	Actor event.Actor
	// For is the end user for whom staff, a bot or a rule looks: what is shown is what he
	// may see. It is for them only.
	For string
	// Session tells an anonymous reader from others, with at most 255 characters, so that
	// what he says of an article counts once. A hash of it is stored.
	Session   string
	App       string
	Platform  string   // "": one that isn't known; end users are shown then what is for all
	Languages []string // wanted, the dearest first, at most 20; none: what is known of the end user. Then comes the app's own
}

const (
	maxSession = 255
	maxWanted  = 20
)

func (v *Viewer) check() error {
	switch {
	case v.App == "" || len(v.App) > maxRef:
		return &store.FieldError{Field: "viewer.app", Reason: "is missing"}
	case v.Platform != "" && !slices.Contains(platforms, v.Platform):
		return &store.FieldError{Field: "viewer.platform", Reason: "is ios, android, webchat, web, email or api"}
	case utf8.RuneCountInString(v.Session) > maxSession:
		return store.TooLong("viewer.session", maxSession)
	case len(v.Languages) > maxWanted:
		return tooMany("viewer.languages", maxWanted)
	case v.For != "" && (v.Actor.Kind == event.EndUser || v.Actor.Kind == ""):
		return &store.FieldError{Field: "viewer.for", Reason: "is for staff, bots and rules"}
	}
	return nil
}

// endUser is the id of the end user whose reading it is, or "".
func (v *Viewer) endUser() string {
	if v.Actor.Kind == event.EndUser {
		return v.Actor.ID
	}
	return v.For
}

// Sight is what a viewer sees at a moment. It is the only place where that is decided:
// reading, lists, searches and suggestions ask it. It doesn't change, and may be used
// by several goroutines.
type Sight struct {
	app       string
	platform  string
	languages []string
	own       string            // the app's language
	staff     bool              // and not for an end user
	user      *identity.EndUser // nil: nobody who is known of
	closed    map[string]bool   // archived sections of the app
	now       time.Time
	audiences *audiences
}

// Sight returns what a viewer sees now. Staff needs the permission Converse, and sees
// all that is published; whoever else sees what is for everybody, end users what is for
// them, too. An end user who isn't stored is an anonymous one.
func (s *Service) Sight(ctx context.Context, v Viewer) (sight *Sight, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err = s.sight(ctx, tx, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return sight, nil
}

func (s *Service) sight(ctx context.Context, tx *store.Tx, v Viewer) (*Sight, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	app, err := s.app(ctx, tx, v.App)
	if err != nil {
		return nil, err
	}
	sight := &Sight{app: app.ID, platform: v.Platform, languages: v.Languages, own: app.Language, closed: map[string]bool{}, now: s.now(), audiences: s.audiences}
	switch v.Actor.Kind {
	case "", event.EndUser:
	default:
		if err := s.people.Authorize(ctx, tx, v.Actor, identity.Converse, identity.On{Subject: "articles"}); err != nil {
			return nil, err
		}
		sight.staff = v.For == "" && (v.Actor.Kind == event.Agent || v.Actor.Kind == event.System)
	}
	if id := v.endUser(); id != "" {
		u, err := s.people.In(tx).EndUser(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil && !u.Erased {
			sight.user = u
			if len(sight.languages) == 0 && u.Language != "" {
				sight.languages = []string{u.Language}
			}
		}
	}
	for c, err := range sections.All(ctx, tx, store.By("archived", v.App)) {
		if err != nil {
			return nil, err
		}
		sight.closed[c.ID] = true
	}
	return sight, nil
}

// Sees says whether the viewer may see an article, and in which of its translations.
// The translation is nil if he may not.
func (g *Sight) Sees(a *Article) *Translation {
	if a.App != g.app || a.Archived || g.closed[a.Section] || !g.onPlatform(a) || !g.among(a) {
		return nil
	}
	return g.choose(a)
}

func (g *Sight) onPlatform(a *Article) bool {
	return len(a.Platforms) == 0 || slices.Contains(a.Platforms, g.platform) || g.staff && g.platform == ""
}

// among says whether the viewer is in the audience.
func (g *Sight) among(a *Article) bool {
	switch {
	case g.staff || a.Audience == Everybody:
		return true
	case a.Audience == SignedIn:
		return g.user != nil && g.user.Known()
	case a.Audience == Matching && g.user != nil:
		c, err := g.audiences.of(a.Condition)
		return err == nil && c.Match(g.user)
	}
	return false
}

// choose returns the published translation that serves best, or nil.
func (g *Sight) choose(a *Article) *Translation {
	have := make([]string, len(a.Translations))
	for i := range a.Translations {
		if t := &a.Translations[i]; t.Published(g.now) {
			have[i] = t.Language
		}
	}
	i := fallback(have, g.languages, g.own)
	if i < 0 {
		return nil
	}
	return &a.Translations[i]
}

// show is the article without what is staff's.
func (g *Sight) show(a *Article) *Article {
	if g.staff {
		return a
	}
	shown := *a
	shown.Condition, shown.External, shown.Edition, shown.Translations = "", "", 0, nil
	for i := range a.Translations {
		if t := &a.Translations[i]; t.Published(g.now) {
			shown.Translations = append(shown.Translations, Translation{Language: t.Language, Title: t.Title, Version: t.Version, Since: t.Since, Last: t.Last})
		}
	}
	return &shown
}

// audiences are the compiled conditions by their source.
type audiences struct {
	mu sync.Mutex
	by map[string]*condition.Condition[*identity.EndUser]
}

// maxCompiled bounds how many are kept.
const maxCompiled = 1000

// of compiles a condition. An error is a *ConditionError.
func (as *audiences) of(source string) (*condition.Condition[*identity.EndUser], error) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if c := as.by[source]; c != nil {
		return c, nil
	}
	self := func(u *identity.EndUser) *identity.EndUser { return u }
	env, err := condition.NewEnv(identity.Vars("user", "attribute", self, identity.MentionedKeys("attribute", source))...)
	if err != nil {
		return nil, err
	}
	c, err := env.Compile(source)
	if err != nil {
		return nil, fmt.Errorf("article.condition: %w", err)
	}
	if len(as.by) >= maxCompiled {
		clear(as.by)
	}
	as.by[source] = c
	return c, nil
}

func newAudiences() *audiences {
	return &audiences{by: map[string]*condition.Condition[*identity.EndUser]{}}
}
