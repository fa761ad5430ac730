package frontdesk_test

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// twoModels are versions that are trained; they are made once for each office, and none
// of them is ever active for long.
func (w *office) twoModels() (a, b string) {
	ctx, host, s := w.t.Context(), frontdesk.Host(), w.desk.Labels
	vs, _, err := s.Versions(ctx, host, labels.Scope{Language: "en"}, "", 2)
	w.must(err)
	if len(vs) < 2 {
		var rows []predict.Row
		for i := range 10 {
			rows = append(rows, predict.Row{Text: "parcel " + strconv.Itoa(i), Label: "delivery"}, predict.Row{Text: "money " + strconv.Itoa(i), Label: "refund"})
		}
		w.must(s.Upload(ctx, host, labels.Scope{Language: "en"}, rows))
		for range 2 {
			w.must(only(s.Train(ctx, host, labels.Order{Scope: labels.Scope{Language: "en"}, Uploaded: true})))
		}
		_, err = w.desk.Drain(ctx)
		w.must(err)
		vs, _, err = s.Versions(ctx, host, labels.Scope{Language: "en"}, "", 2)
		w.must(err)
	}
	return vs[0].ID, vs[1].ID
}

// onModel is an act of those who configure models.
func onModel(do func(ctx context.Context, s *labels.Service, who event.Actor, a, b string) error) deed {
	return deed{may: identity.Configure, do: func(w *office, who event.Actor) error {
		a, b := w.twoModels()
		return do(w.t.Context(), w.desk.Labels, who, a, b)
	}}
}

// unlessBad passes over a refusal that isn't about who asks.
func unlessBad(err error) error {
	if _, bad := errors.AsType[*store.FieldError](err); bad || errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func labelActs() map[string]deed {
	type (
		c = context.Context
		s = *labels.Service
		w = event.Actor
	)
	english := labels.Scope{Language: "en"}
	return map[string]deed{
		"labels.Service.Models":   onModel(func(c c, s s, w w, a, b string) error { return only(s.Models(c, w)) }),
		"labels.Service.Version":  onModel(func(c c, s s, w w, a, b string) error { return only(s.Version(c, w, a)) }),
		"labels.Service.Versions": onModel(func(c c, s s, w w, a, b string) error { return third(s.Versions(c, w, english, "", 1)) }),
		"labels.Service.Report":   onModel(func(c c, s s, w w, a, b string) error { return only(s.Report(c, w, a)) }),
		"labels.Service.Compare":  onModel(func(c c, s s, w w, a, b string) error { return only(s.Compare(c, w, a, b)) }),
		"labels.Service.Evaluate": onModel(func(c c, s s, w w, a, b string) error {
			return only(s.Evaluate(c, w, a, []predict.Row{{Text: "parcel", Label: "delivery"}}))
		}),
		"labels.Service.Live":   onModel(func(c c, s s, w w, a, b string) error { return only(s.Live(c, w, a, time.Now(), time.Now())) }),
		"labels.Service.Alerts": onModel(func(c c, s s, w w, a, b string) error { return third(s.Alerts(c, w, "", 1)) }),
		"labels.Service.Upload": onModel(func(c c, s s, w w, a, b string) error { return s.Upload(c, w, labels.Scope{Language: "de"}, nil) }),
		"labels.Service.UploadedRows": onModel(func(c c, s s, w w, a, b string) error {
			return only(s.UploadedRows(c, w, english, 0, 1))
		}),
		"labels.Service.Train": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			v, err := w.desk.Labels.Train(w.t.Context(), who, labels.Order{Scope: labels.Scope{Language: "fr"}, Uploaded: true})
			if err == nil {
				w.must(w.desk.Labels.Delete(w.t.Context(), frontdesk.Host(), v.ID))
			}
			return err
		}},
		"labels.Service.SavePlan": onModel(func(c c, s s, w w, a, b string) error { return s.SavePlan(c, w, english, labels.Plan{}) }),
		"labels.Service.SetThresholds": onModel(func(c c, s s, w w, a, b string) error {
			return s.SetThresholds(c, w, a, []labels.Threshold{{Least: 0.5}})
		}),
		"labels.Service.Activate": onModel(func(c c, s s, w w, a, b string) error { return s.Activate(c, w, a) }),
		"labels.Service.RollBack": onModel(func(c c, s s, w w, a, b string) error { return unlessBad(s.RollBack(c, w, english)) }),
		"labels.Service.Shadow":   onModel(func(c c, s s, w w, a, b string) error { return unlessBad(s.Shadow(c, w, b)) }),
		"labels.Service.Unshadow": onModel(func(c c, s s, w w, a, b string) error { return s.Unshadow(c, w, english) }),
		"labels.Service.Retire":   onModel(func(c c, s s, w w, a, b string) error { return unlessBad(s.Retire(c, w, "none")) }),
		"labels.Service.Delete":   onModel(func(c c, s s, w w, a, b string) error { return unlessBad(s.Delete(c, w, "none")) }),
		"labels.Service.Opinion": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Labels.Opinion(w.t.Context(), who, w.ticket().ID))
		}},
	}
}
