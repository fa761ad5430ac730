package labels

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// MaxModels is how many models a desk has at most.
const MaxModels = 200

// Scope is for which tickets a model is. The zero value is all of them.
type Scope struct {
	App      string `json:"app,omitempty"`      // "": any
	Language string `json:"language,omitempty"` // BCP 47, as en or pt-BR, in any case; en is for en-GB, too. "": any
}

var languagePattern = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

func (c Scope) check(ctx context.Context, tx *store.Tx, tickets *ticket.Service) error {
	if c.Language != "" && (len(c.Language) > 35 || !languagePattern.MatchString(c.Language)) {
		return &store.FieldError{Field: "scope.language", Reason: "isn't a language tag, as in pt-BR"}
	}
	if c.App == "" {
		return nil
	}
	if _, err := tickets.In(tx).App(ctx, c.App); missing(err) {
		return &store.FieldError{Field: "scope.app", Reason: "there is no app " + c.App}
	} else if err != nil {
		return err
	}
	return nil
}

func (c Scope) key() string { return c.App + "/" + c.Language }

// holds says whether a ticket is one of the scope.
func (c Scope) holds(t *ticket.Ticket) bool {
	return slices.ContainsFunc(scopesFor(t.App, t.Language), c.alike)
}

// tongues are a language and those that it is a kind of: pt-BR, pt.
func tongues(language string) (all []string) {
	for language != "" {
		all = append(all, language)
		at := strings.LastIndexByte(language, '-')
		language = language[:max(at, 0)]
	}
	return all
}

// scopesFor are the scopes of a ticket, in the order in which a model is looked for: of
// its app and language, of its app, of its language, of all.
func scopesFor(app, language string) (all []Scope) {
	for _, l := range tongues(language) {
		all = append(all, Scope{app, l})
	}
	all = append(all, Scope{App: app})
	for _, l := range tongues(language) {
		all = append(all, Scope{Language: l})
	}
	return append(all, Scope{})
}

// Model is what labels the tickets of a scope: which version of it does.
type Model struct {
	Scope
	Active   string    `json:"active,omitempty"`   // id of the version that labels; "": none does
	Since    time.Time `json:"since,omitzero"`     // since when
	Before   string    `json:"before,omitempty"`   // that was active before, to which RollBack goes
	Shadow   string    `json:"shadow,omitempty"`   // predicts, too, and sets nothing
	Versions int       `json:"versions"`           // that were made
	Uploaded int       `json:"uploaded,omitempty"` // rows of Upload, those of erased end users included
	Plan     Plan      `json:"plan,omitzero"`
}

// Plan says when a model is trained again, with what it was trained with last.
type Plan struct {
	Every time.Duration `json:"every,omitempty"` // at least a day; 0: only when somebody asks
	Adopt Adopt         `json:"adopt,omitempty"`
}

// MinEvery is the shortest time between trainings by plan.
const MinEvery = 24 * time.Hour

// register is the root of all models of a desk: what is active changes in it, and
// nowhere else.
type register struct {
	ID     string    `json:"id"`
	Models []Model   `json:"models,omitempty"` // by scope
	Rev    store.Rev `json:"-"`
}

var registers = &store.Collection[register]{
	Name:       "label_register",
	Key:        func(r *register) string { return r.ID },
	Rev:        func(r *register) *store.Rev { return &r.Rev },
	Impersonal: "holds ids of versions",
}

const registerKey = "desk"

// current is the register, for reading.
func current(ctx context.Context, tx *store.Tx) (*register, error) {
	r, err := registers.Shared(ctx, tx, registerKey)
	if missing(err) {
		return &register{ID: registerKey}, nil
	}
	return r, err
}

// hold is the register, for changing.
func hold(ctx context.Context, tx *store.Tx) (*register, error) {
	r, err := registers.Lock(ctx, tx, registerKey, store.ForUpdate)
	if missing(err) {
		return &register{ID: registerKey}, nil
	}
	if err == nil {
		r.Models = slices.Clone(r.Models)
	}
	return r, err
}

func (r *register) find(c Scope) *Model {
	if i := slices.IndexFunc(r.Models, func(m Model) bool { return m.Scope == c }); i >= 0 {
		return &r.Models[i]
	}
	return nil
}

// need is find, and makes the model if there is none.
func (r *register) need(c Scope) (*Model, error) {
	if m := r.find(c); m != nil {
		return m, nil
	}
	if len(r.Models) >= MaxModels {
		return nil, &store.FieldError{Field: "scope", Reason: "a desk has at most 200 models", Limit: MaxModels}
	}
	r.Models = append(r.Models, Model{Scope: c})
	slices.SortFunc(r.Models, func(a, b Model) int { return strings.Compare(a.key(), b.key()) })
	return r.find(c), nil
}

// onScope changes the model of a scope, which is made if there is none, and records what
// change returns. Errors: those of change, and a *store.FieldError for a scope that the desk
// can't have.
func (s *Service) onScope(ctx context.Context, actor event.Actor, c Scope, change func(ctx context.Context, tx *store.Tx, m *Model) (what string, f Facts, err error)) error {
	return s.configure(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		if err := c.check(ctx, tx, s.Tickets); err != nil {
			return nil, err
		}
		r, err := hold(ctx, tx)
		if err != nil {
			return nil, err
		}
		m, err := r.need(c)
		if err != nil {
			return nil, err
		}
		what, f, err := change(ctx, tx, m)
		if err != nil {
			return nil, err
		}
		return r.put(ctx, tx, what, actor, f)
	})
}

// serves is the model that labels a ticket, nil if none does.
func (r *register) serves(app, language string, which func(*Model) string) *Model {
	if len(r.Models) == 0 {
		return nil
	}
	for _, c := range scopesFor(app, language) {
		for i := range r.Models {
			if m := &r.Models[i]; m.alike(c) && which(m) != "" {
				return m
			}
		}
	}
	return nil
}

// alike says whether two scopes hold the same tickets: languages don't differ by case.
func (c Scope) alike(o Scope) bool {
	return c.App == o.App && strings.EqualFold(c.Language, o.Language)
}

func active(m *Model) string { return m.Active }
func shadow(m *Model) string { return m.Shadow }

// put stores the register, and returns the event that tells what happened to a model.
func (r *register) put(ctx context.Context, tx *store.Tx, what string, actor event.Actor, f Facts) (*event.Event, error) {
	if err := registers.Put(ctx, tx, r); err != nil {
		return nil, err
	}
	return record(what, "label_models", r.Rev, actor, f)
}

// Models lists the models of the desk by scope, those without an active version, too. It
// is for who may configure, as all that isn't about one ticket.
func (s *Service) Models(ctx context.Context, actor event.Actor) (all []Model, err error) {
	err = s.look(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) error {
		r, err := current(ctx, tx)
		if err != nil {
			return err
		}
		all = slices.Clone(r.Models)
		return nil
	})
	return all, err
}
