package labels

import (
	"context"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Evaluate asks a version about rows with known labels that it wasn't trained by, at most
// 10,000 of them, and says how it did.
func (s *Service) Evaluate(ctx context.Context, actor event.Actor, version string, rows []predict.Row) (*predict.Report, error) {
	if len(rows) > MaxEvaluated {
		return nil, &store.FieldError{Field: "rows", Reason: "at most 10,000", Limit: MaxEvaluated}
	}
	v, err := s.Version(ctx, actor, version)
	if err != nil {
		return nil, err
	}
	m, err := s.model(ctx, v)
	if err != nil {
		return nil, err
	}
	js := make([]predict.Judgement, 0, len(rows))
	for chunk := range slices.Chunk(rows, 100) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		js = append(js, predict.Judge(m, chunk)...)
	}
	return predict.NewReport(js, func(label string) float64 { return v.least(label, m) }), nil
}

// MaxEvaluated is how many rows Evaluate takes.
const MaxEvaluated = 10_000

// model is the model of a version that is trained.
func (s *Service) model(ctx context.Context, v *Version) (*predict.Model, error) {
	if v.State != Ready && v.State != OutOfWork {
		return nil, v.usable()
	}
	return s.cache.load(ctx, s.db, v.ID)
}

// Comparison is two versions side by side, by the rows that were held out of each one's
// training.
type Comparison struct {
	A, B             *Version
	ReportA, ReportB *predict.Report
	Labels           []LabelComparison // of both, those that differ most come first
}

// LabelComparison is a label by two versions. One that a version doesn't know has an F1 of
// 0 and no support there.
type LabelComparison struct {
	Label              string
	F1A, F1B           float64
	SupportA, SupportB int
}

// Compare puts two versions side by side. One that isn't trained is a *store.FieldError.
func (s *Service) Compare(ctx context.Context, actor event.Actor, a, b string) (*Comparison, error) {
	c := &Comparison{}
	err := s.look(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) (err error) {
		if c.A, c.ReportA, err = reported(ctx, tx, a); err == nil {
			c.B, c.ReportB, err = reported(ctx, tx, b)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	of := func(label string) *LabelComparison {
		i, ok := at[label]
		if !ok {
			i = len(c.Labels)
			at[label], c.Labels = i, append(c.Labels, LabelComparison{Label: label})
		}
		return &c.Labels[i]
	}
	for _, l := range c.ReportA.Labels {
		to := of(l.Label)
		to.F1A, to.SupportA = l.F1, l.Support
	}
	for _, l := range c.ReportB.Labels {
		to := of(l.Label)
		to.F1B, to.SupportB = l.F1, l.Support
	}
	slices.SortStableFunc(c.Labels, func(x, y LabelComparison) int { return y.apart(x) })
	return c, nil
}

// apart orders by how much two versions differ.
func (l LabelComparison) apart(o LabelComparison) int {
	d, e := l.F1A-l.F1B, o.F1A-o.F1B
	switch x, y := d*d, e*e; {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func reported(ctx context.Context, tx *store.Tx, id string) (*Version, *predict.Report, error) {
	v, err := versions.Get(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	r, err := reports.Get(ctx, tx, id)
	if missing(err) {
		return nil, nil, v.usable()
	}
	if err != nil {
		return nil, nil, err
	}
	return v, &r.Report, nil
}

// Opinion is what a model says of a ticket.
type Opinion struct {
	Verdict *Verdict         // what was said when the ticket came; nil: nothing was
	Version *Version         // that says the rest: the one that said that, or, if it is gone, the active one; nil: there is none
	Said    string           // the label by the version's thresholds as they are now; "": it abstains
	Top     []predict.Scored // likeliest labels, at most 3
	Words   []predict.Weight // words of the text that speak most for the likeliest label, or against it, at most 8
}

const (
	topLabels = 3
	topWords  = 8
)

// Opinion returns what a model says of a ticket, for every agent who sees it, by its title
// and its end user's first message as they are now. A version whose model can't be read any
// more says nothing. It searches outside of transactions.
func (s *Service) Opinion(ctx context.Context, actor event.Actor, id string) (*Opinion, error) {
	o := &Opinion{}
	var text string
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		*o, text = Opinion{}, ""
		if err := s.People.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: id, Read: true}); err != nil {
			return err
		}
		t, err := s.Tickets.In(tx).Get(ctx, actor, id)
		if err != nil {
			return err
		}
		q, _, err := s.question(ctx, s.Tickets.In(tx), t)
		if err != nil {
			return err
		}
		if q != nil {
			text = q.Text
		}
		return s.recall(ctx, tx, o, t.App, t.Language, id)
	})
	if err != nil || o.Version == nil || text == "" {
		return o, err
	}
	m, err := s.model(ctx, o.Version)
	if unreadable(err) {
		return o, nil
	}
	if err != nil {
		return nil, err
	}
	o.Said, _ = o.Version.label(m, text)
	o.Top = m.Top(text, topLabels)
	o.Words = m.Explain(text, o.Top[0].Label, topWords)
	return o, nil
}

// recall finds what was said of a ticket, and by which version.
func (s *Service) recall(ctx context.Context, tx *store.Tx, o *Opinion, app, language, id string) error {
	v, err := verdicts.Get(ctx, tx, id)
	if err != nil && !missing(err) {
		return err
	}
	if err == nil {
		o.Verdict = v
		if o.Version, err = versions.Get(ctx, tx, v.Version); err == nil || !missing(err) {
			return err
		}
	}
	c, err := choose(ctx, tx, app, language)
	o.Version = c.active
	return err
}
