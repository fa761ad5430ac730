package labels

import (
	"context"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// onVersion changes what a version is used for. change returns what happened, "" if
// nothing has changed.
func (s *Service) onVersion(ctx context.Context, actor event.Actor, id string, change func(v *Version, m *Model) (what string, f Facts, err error)) error {
	return s.configure(ctx, actor, versionSubject+id, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		r, err := hold(ctx, tx)
		if err != nil {
			return nil, err
		}
		v, err := versions.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		m, err := r.need(v.Scope)
		if err != nil {
			return nil, err
		}
		state, retired := v.State, v.Retired
		what, f, err := change(v, m)
		if err != nil || what == "" {
			return nil, err
		}
		if v.State != state || v.Retired != retired {
			if err := versions.Put(ctx, tx, v); err != nil {
				return nil, err
			}
		}
		return r.put(ctx, tx, what, actor, f)
	})
}

func (v *Version) usable() error {
	if v.State != Ready {
		return &store.FieldError{Field: "version", Reason: fmt.Sprintf("is %s: only one that is ready can be used", v.State)}
	}
	return nil
}

// Activate has a version label the tickets of its scope from now on, in place of the one
// that does. It has to be ready: else it is a *store.FieldError.
func (s *Service) Activate(ctx context.Context, actor event.Actor, version string) error {
	return s.onVersion(ctx, actor, version, func(v *Version, m *Model) (string, Facts, error) {
		f := v.facts()
		if err := v.usable(); err != nil || m.Active == v.ID {
			return "", f, err
		}
		f.Was = m.Active
		m.activate(v.ID, s.now())
		return Activated, f, nil
	})
}

// RollBack has the version label again that did before the active one; doing it twice is
// as if nothing had happened. Where there was none, it is a *store.FieldError.
func (s *Service) RollBack(ctx context.Context, actor event.Actor, c Scope) error {
	return s.configure(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		r, err := hold(ctx, tx)
		if err != nil {
			return nil, err
		}
		m := r.find(c)
		if m == nil || m.Before == "" {
			return nil, &store.FieldError{Field: "scope", Reason: "no version was active before"}
		}
		v, err := versions.Lock(ctx, tx, m.Before, store.Share)
		if err != nil {
			return nil, err
		}
		f := v.facts()
		f.Was = m.Active
		m.activate(v.ID, s.now())
		return r.put(ctx, tx, Activated, actor, f)
	})
}

// Retire takes a version out of use for good: it can't become active any more. If it is
// active, tickets of its scope are left to the next wider one.
func (s *Service) Retire(ctx context.Context, actor event.Actor, version string) error {
	return s.onVersion(ctx, actor, version, func(v *Version, m *Model) (string, Facts, error) {
		if v.State == OutOfWork {
			return "", Facts{}, nil
		}
		if err := v.usable(); err != nil {
			return "", Facts{}, err
		}
		v.State, v.Retired = OutOfWork, s.now()
		if m.Active == v.ID {
			m.Active, m.Since = "", s.now()
		}
		m.leave(v.ID)
		return Retired, v.facts(), nil
	})
}

// leave takes a version away that is gone, but for the active one.
func (m *Model) leave(version string) {
	if m.Before == version {
		m.Before = ""
	}
	if m.Shadow == version {
		m.Shadow = ""
	}
}

// Shadow has a version predict beside the active one, and set nothing: [Service.Live] says
// how often it agrees, and how good it would be. It ends with Unshadow, or when the version
// becomes active. It has to be ready, and not active: else it is a *store.FieldError.
func (s *Service) Shadow(ctx context.Context, actor event.Actor, version string) error {
	return s.onVersion(ctx, actor, version, func(v *Version, m *Model) (string, Facts, error) {
		f := v.facts()
		if err := v.usable(); err != nil || m.Shadow == v.ID {
			return "", f, err
		}
		if m.Active == v.ID {
			return "", f, &store.FieldError{Field: "version", Reason: "is active: it is no shadow of itself"}
		}
		m.Shadow = v.ID
		return Shadowed, f, nil
	})
}

// Unshadow ends the shadow mode of a scope.
func (s *Service) Unshadow(ctx context.Context, actor event.Actor, c Scope) error {
	return s.configure(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		r, err := hold(ctx, tx)
		if err != nil {
			return nil, err
		}
		m := r.find(c)
		if m == nil || m.Shadow == "" {
			return nil, nil
		}
		f := Facts{Scope: c, Was: m.Shadow}
		m.Shadow = ""
		return r.put(ctx, tx, Shadowed, actor, f)
	})
}

// Delete removes a version, with its model and its report; figures of what it has said
// stay. One that is active or in the shadow is a *store.FieldError. One in training isn't
// trained any more.
func (s *Service) Delete(ctx context.Context, actor event.Actor, version string) error {
	err := s.configure(ctx, actor, versionSubject+version, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		r, err := hold(ctx, tx)
		if err != nil {
			return nil, err
		}
		v, err := versions.Lock(ctx, tx, version, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		if m := r.find(v.Scope); m != nil {
			if m.Active == v.ID || m.Shadow == v.ID {
				return nil, &store.FieldError{Field: "version", Reason: "is in use: activate another one, or retire it, first"}
			}
			if m.Before == v.ID {
				m.Before = ""
				if err := registers.Put(ctx, tx, r); err != nil {
					return nil, err
				}
			}
		}
		if err := s.remove(ctx, tx, v); err != nil {
			return nil, err
		}
		return record(Deleted, versionSubject+v.ID, v.Rev+1, actor, v.facts())
	})
	if err == nil {
		s.cache.drop(version)
	}
	return err
}

func (s *Service) remove(ctx context.Context, tx *store.Tx, v *Version) error {
	for p, err := range parts.All(ctx, tx, partsOf(v.ID)) {
		if err == nil {
			err = parts.Delete(ctx, tx, p)
		}
		if err != nil {
			return err
		}
	}
	if r, err := reports.Get(ctx, tx, v.ID); err == nil {
		err = reports.Delete(ctx, tx, r)
		if err != nil {
			return err
		}
	} else if !missing(err) {
		return err
	}
	for m, err := range members.All(ctx, tx, membersOf(v.ID)) {
		if err == nil {
			err = members.Delete(ctx, tx, m)
		}
		if err != nil {
			return err
		}
	}
	rev := v.Rev
	err := versions.Delete(ctx, tx, v)
	v.Rev = rev
	return err
}

// MaxThresholds is how many labels of a version have a threshold of their own at most.
const MaxThresholds = 1000

// SetThresholds says from which confidence on a version gives a label; the label "" is all
// that have none of their own, and without that the model's own threshold counts. It
// changes at once, for the tickets that come. A version that is trained takes over what
// the active one has, for the labels that it knows. A label that the version doesn't know, one
// that is there twice, and a number that isn't from 0 to 1 is a *store.FieldError.
func (s *Service) SetThresholds(ctx context.Context, actor event.Actor, version string, ts []Threshold) error {
	if len(ts) > MaxThresholds {
		return &store.FieldError{Field: "thresholds", Reason: "at most 1000", Limit: MaxThresholds}
	}
	return s.configure(ctx, actor, versionSubject+version, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		v, err := versions.Lock(ctx, tx, version, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		for i, t := range ts {
			field := fmt.Sprintf("thresholds[%d]", i)
			switch {
			case !(t.Least >= 0 && t.Least <= 1): // nor NaN
				return nil, &store.FieldError{Field: field, Reason: "is from 0 to 1"}
			case t.Label != "" && !slices.Contains(v.Labels, t.Label):
				return nil, &store.FieldError{Field: field, Reason: "is for a label that the version doesn't know: " + t.Label}
			case slices.ContainsFunc(ts[:i], func(o Threshold) bool { return o.Label == t.Label }):
				return nil, &store.FieldError{Field: field, Reason: "is for a label that has one already: " + t.Label}
			}
		}
		if slices.Equal(v.Thresholds, ts) {
			return nil, nil
		}
		v.Thresholds = slices.Clone(ts)
		return v.put(ctx, tx, Changed, actor)
	})
}

// inherited are the thresholds of the version that is active when another one has been
// trained, for the labels that this one knows: somebody had his reasons.
func (s *Service) inherited(ctx context.Context, c Scope, model *predict.Model) (ts []Threshold, err error) {
	known := model.Labels()
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ts = nil
		v, err := activeVersion(ctx, tx, c)
		if err != nil || v == nil {
			return err
		}
		for _, t := range v.Thresholds {
			if t.Label == "" || slices.Contains(known, t.Label) {
				ts = append(ts, t)
			}
		}
		return nil
	})
	return ts, err
}

// activeVersion is the version that labels a scope's tickets, nil if none does.
func activeVersion(ctx context.Context, tx *store.Tx, c Scope) (*Version, error) {
	r, err := current(ctx, tx)
	if err != nil {
		return nil, err
	}
	m := r.find(c)
	if m == nil || m.Active == "" {
		return nil, nil
	}
	return versions.Get(ctx, tx, m.Active)
}
