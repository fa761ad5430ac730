package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Options of Import.
type Options struct {
	App      string
	Language string // of texts that don't say theirs, and of new sections' names; "" is en
	// Section is the name of that for articles which don't say theirs; "" is Imported.
	Section string
	// Draft leaves all that is new or changed a draft, whatever the files say.
	Draft  bool
	DryRun bool
	// Each hears of every entry as it is dealt with, in order. nil: nobody does.
	Each func(Result)
}

// Outcome is what became of an entry.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
)

// Result tells of one entry.
type Result struct {
	At      string // where in the files it is
	ID      string // which it has there
	Article string // id of the article, "" if it was refused or would be new
	Outcome Outcome
	Field   string // which is wrong, and why, where it was refused
	Reason  string
}

// Report tells of an import.
type Report struct {
	Created, Updated, Unchanged, Refused int
	// Problems are the entries that were refused, the first 1,000 of them.
	Problems []Result
}

const maxProblems = 1000

// group is how many entries are taken in a transaction.
const group = 25

// Import takes entries into an app's FAQ, in the name of an actor who may edit it. The
// error is about the import as a whole, as that he may not, or that the store fails: what
// came before is in, and what is imported again is unchanged.
func Import(ctx context.Context, s *faq.Service, actor event.Actor, from Entries, o *Options) (*Report, error) {
	if o == nil || o.App == "" {
		return nil, &store.FieldError{Field: "app", Reason: "is missing"}
	}
	in := &importer{s: s, actor: actor, o: *o, report: &Report{}, seen: map[string]bool{}}
	in.o.Language, in.o.Section = cmp.Or(o.Language, "en"), cmp.Or(o.Section, "Imported")
	next, stop := iter.Pull(from)
	defer stop()
	for n := 0; ; {
		var some []Entry
		for len(some) < group {
			e, ok := next()
			if !ok {
				break
			}
			if n++; n > MaxEntries {
				return in.report, fmt.Errorf("import articles: more than %d entries: %w", MaxEntries, store.ErrTooLarge)
			}
			some = append(some, e)
		}
		if len(some) == 0 {
			return in.report, nil
		}
		for len(some) > 0 {
			taken, err := in.take(ctx, some)
			if err != nil {
				return in.report, fmt.Errorf("import articles: %w", err)
			}
			some = some[taken:]
		}
	}
}

type importer struct {
	s      *faq.Service
	actor  event.Actor
	o      Options
	report *Report
	seen   map[string]bool // ids with languages
}

// errDry undoes what a dry run has done.
var errDry = errors.New("dry run")

// take deals with a few entries in one transaction, each as a savepoint, and says how many
// went into it.
func (in *importer) take(ctx context.Context, some []Entry) (int, error) {
	var results []Result
	err := in.s.Inside(ctx, func(ctx context.Context, tx *store.Tx) error {
		results = make([]Result, 0, len(some))
		here := &here{importer: in, faq: in.s.In(tx), seen: map[string]bool{}}
		for _, e := range some {
			r, err := here.entry(ctx, tx, e)
			if errors.Is(err, store.ErrTooLarge) && len(results) > 0 {
				break // the transaction is full: this one goes into the next
			}
			if errors.Is(err, store.ErrTooLarge) {
				r, err = refusal(r, err), nil // it is too large by itself
			}
			if err != nil {
				return err
			}
			results = append(results, r)
		}
		if in.o.DryRun {
			return errDry
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDry) {
		return 0, err
	}
	for i, r := range results {
		if a := some[i].Article; a != nil {
			for _, t := range a.Texts {
				in.seen[a.ID+"\n"+t.Language] = true
			}
		}
		in.tell(r)
	}
	return len(results), nil
}

func (in *importer) tell(r Result) {
	switch r.Outcome {
	case Created:
		in.report.Created++
	case Updated:
		in.report.Updated++
	case Unchanged:
		in.report.Unchanged++
	default:
		in.report.Refused++
		if len(in.report.Problems) < maxProblems {
			in.report.Problems = append(in.report.Problems, r)
		}
	}
	if in.o.DryRun && r.Outcome == Created {
		r.Article = "" // which was undone
	}
	if in.o.Each != nil {
		in.o.Each(r)
	}
}

// here is an import within a transaction.
type here struct {
	*importer
	faq      *faq.Service
	sections []*faq.Section  // of the app, as far as they were read; nil: not yet
	seen     map[string]bool // of this transaction
}

// entry takes one entry. The error is of those that end the transaction.
func (h *here) entry(ctx context.Context, tx *store.Tx, e Entry) (Result, error) {
	r := Result{At: e.At}
	err := e.Err
	if err == nil {
		r.ID = e.Article.ID
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			r.Article, r.Outcome, err = h.article(ctx, e.Article)
			return err
		})
	}
	if err == nil {
		return r, nil
	}
	h.sections = nil // one that was made may be gone
	if _, refused := errors.AsType[*identity.PermissionError](err); refused || store.Broken(err) || ctx.Err() != nil || errors.Is(err, store.ErrTooLarge) {
		return r, err
	}
	return refusal(r, err), nil
}

// refusal tells why an entry isn't taken.
func refusal(r Result, err error) Result {
	r.Article, r.Outcome, r.Field, r.Reason = "", Refused, "article", err.Error()
	if bad, ok := errors.AsType[*store.FieldError](err); ok {
		r.Field, r.Reason = bad.Field, bad.Reason
	} else if bad, ok := errors.AsType[*faq.ConditionError](err); ok {
		r.Field, r.Reason = "article.condition", bad.Error()
	}
	return r
}

func (h *here) article(ctx context.Context, in *Article) (id string, what Outcome, err error) {
	if strings.TrimSpace(in.ID) == "" {
		return "", "", &store.FieldError{Field: "id", Reason: "is missing: by it an article is known again"}
	}
	if len(in.Texts) == 0 {
		return "", "", &store.FieldError{Field: "texts", Reason: "are missing"}
	}
	for _, t := range in.Texts {
		if key := in.ID + "\n" + t.Language; h.importer.seen[key] || h.seen[key] {
			return "", "", &store.FieldError{Field: "id", Reason: "is there twice in this language"}
		}
	}
	a, err := h.known(ctx, in.ID)
	if err != nil {
		return "", "", err
	}
	what = Unchanged
	if a.Rev == 0 {
		what = Created
	}
	changed, err := h.apply(ctx, a, in)
	if err != nil {
		return "", "", err
	}
	if changed {
		if err := h.faq.SaveArticle(ctx, h.actor, a); err != nil {
			return "", "", err
		}
	}
	for _, t := range in.Texts {
		wrote, err := h.text(ctx, a.ID, t)
		if err != nil {
			return "", "", err
		}
		changed = changed || wrote
	}
	for _, t := range in.Texts {
		h.seen[in.ID+"\n"+t.Language] = true
	}
	if changed && what == Unchanged {
		what = Updated
	}
	return a.ID, what, nil
}

// known finds the article of an id, or returns a new one.
func (h *here) known(ctx context.Context, id string) (*faq.Article, error) {
	a, err := h.faq.ArticleByExternal(ctx, h.actor, h.o.App, id)
	if errors.Is(err, store.ErrNotFound) {
		a, err = h.faq.Article(ctx, h.actor, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && a.App != h.o.App {
			return &faq.Article{External: id}, nil
		}
	}
	return a, err
}

// apply brings to the article what the file says of it itself.
func (h *here) apply(ctx context.Context, a *faq.Article, in *Article) (changed bool, err error) {
	section, err := h.section(ctx, a, in)
	if err != nil {
		return false, err
	}
	changed = a.Rev == 0 || section != a.Section
	a.Section = section
	list := func(have *[]string, said []string) {
		if said != nil && !slices.Equal(*have, plainly(said)) {
			*have, changed = plainly(said), true
		}
	}
	list(&a.Tags, in.Tags)
	list(&a.Platforms, in.Platforms)
	if in.Audience != nil && *in.Audience != a.Audience {
		a.Audience, changed = *in.Audience, true
	}
	if in.Condition != nil && *in.Condition != a.Condition {
		a.Condition, changed = *in.Condition, true
	}
	if in.Archived != nil && *in.Archived != a.Archived {
		a.Archived, changed = *in.Archived, true
	}
	return changed, nil
}

// section is the id of the section that the file names. An article that is there, and of
// which it names none, stays where it is.
func (h *here) section(ctx context.Context, a *faq.Article, in *Article) (id string, err error) {
	if in.Section == "" && in.SectionID == "" && a.Section != "" {
		return a.Section, nil
	}
	if h.sections == nil {
		if h.sections, err = h.faq.Sections(ctx, h.actor, h.o.App); err != nil {
			return "", err
		}
	}
	name := strings.TrimSpace(cmp.Or(in.Section, in.SectionID, h.o.Section))
	for _, c := range h.sections {
		switch {
		case in.SectionID != "" && (c.External == in.SectionID || c.ID == in.SectionID):
			return c.ID, nil
		case in.SectionID == "" && named(c, name):
			return c.ID, nil
		}
	}
	c := &faq.Section{App: h.o.App, External: in.SectionID, Names: []faq.Localised{{Language: h.o.Language, Text: name}}}
	if err := h.faq.SaveSection(ctx, h.actor, c); err != nil {
		return "", err
	}
	h.sections = append(h.sections, c)
	return c.ID, nil
}

func named(c *faq.Section, name string) bool {
	return slices.ContainsFunc(c.Names, func(n faq.Localised) bool { return strings.EqualFold(n.Text, name) })
}

// text writes a translation where the file says something else, and publishes it.
func (h *here) text(ctx context.Context, article string, t Text) (changed bool, err error) {
	language := cmp.Or(t.Language, h.o.Language)
	publish := !t.Draft && !h.o.Draft
	d, err := h.faq.Draft(ctx, h.actor, article, language)
	if errors.Is(err, store.ErrNotFound) {
		d, err = &faq.Draft{Article: article, Language: language}, nil
	}
	if err != nil {
		return false, err
	}
	want := t.Content
	if err := want.Clean(); err != nil {
		return false, err
	}
	a, err := h.faq.Article(ctx, h.actor, article)
	if err != nil {
		return false, err
	}
	if live := a.In(d.Language); live != nil && live.Version > 0 {
		v, err := h.faq.Version(ctx, h.actor, article, d.Language, live.Version)
		if err != nil {
			return false, err
		}
		if v.Content.Equal(&want) {
			return false, nil // readers see it; a draft that goes further stays
		}
	}
	if d.Rev == 0 || !d.Content.Equal(&want) {
		d.Content = want
		if _, err := h.faq.SaveDraft(ctx, h.actor, d); err != nil {
			return false, err
		}
		changed = true
	}
	if !publish {
		return changed, nil
	}
	_, err = h.faq.Publish(ctx, h.actor, article, d.Language)
	return true, err
}
