package labels_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestTrain(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		rows := append([]predict.Row{{Text: "one lonely row", Label: "lonely"}, {Text: "the weather"}}, sample("delivery", "refund")...)
		rows[5].Label = " refund " // it is a delivery; that the lonely row is left out doesn't shift what is said of it
		v := d.trained(any, rows)
		if v.State != labels.Ready || v.Number != 1 || v.Rows != 97 || v.OutOfScope != 1 || v.Accuracy < 0.9 || v.Size < 100 || !v.Trained.Equal(start) {
			t.Errorf("%+v", v)
		}
		if diff := cmp.Diff([]labels.LabelRow{{Label: "lonely", Rows: 1}}, v.LeftOut); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"delivery", "refund"}, v.Labels); diff != "" {
			t.Error(diff)
		}
		r, err := d.labels.Report(ctx, ann, v.ID)
		must(t, err)
		if r.Report.Accuracy != v.Accuracy || len(r.Report.Labels) != 2 || len(r.Report.Confused) == 0 {
			t.Errorf("%+v", r.Report)
		}
		found := map[predict.FindingKind][]string{}
		for _, f := range r.Findings {
			found[f.Kind] = f.Refs
		}
		if diff := cmp.Diff([]string{"row:6"}, found[predict.Mislabelled]); diff != "" {
			t.Error(diff)
		}
		if _, ok := found[predict.TooFew]; !ok {
			t.Errorf("%+v", r.Findings)
		}
		second := d.train(labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
		if second.Number != 2 || d.model(any).Active != second.ID {
			t.Errorf("%+v", second)
		}
		vs, next, err := d.labels.Versions(ctx, ann, any, "", 1)
		must(t, err)
		if len(vs) != 1 || vs[0].ID != second.ID || next == "" {
			t.Errorf("%+v", vs)
		}
		if vs, _, err = d.labels.Versions(ctx, ann, any, next, 1); err != nil || len(vs) != 1 || vs[0].ID != v.ID {
			t.Errorf("%+v, %v", vs, err)
		}
	})
}

func TestTrainingThatFails(t *testing.T) {
	d := openMemory(t, nil)
	for name, rows := range map[string][]predict.Row{"nothing": nil, "one label": sample("delivery"), "too few": sample("delivery")[:9]} {
		v := d.trained(any, rows)
		if v.State != labels.Unusable || v.Error == "" {
			t.Errorf("%s: %+v", name, v)
		}
		if err := d.labels.Activate(t.Context(), ann, v.ID); err == nil {
			t.Errorf("%s: it is active", name)
		}
	}
	for _, o := range []labels.Order{{}, {Uploaded: true, Adopt: "perhaps"}, {Uploaded: true, Scope: labels.Scope{App: "none"}}} {
		_, err := d.labels.Train(t.Context(), ann, o)
		if _, bad := errors.AsType[*store.FieldError](err); !bad {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// Closed tickets teach the label that they were closed with.
func TestTrainByTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		var last *ticket.Ticket
		for i, r := range sample("delivery", "refund") {
			if i%4 != 0 {
				continue
			}
			last = d.writes(r.Text)
			d.relabel(last.ID, r.Label)
			_, err := d.tickets.Resolve(ctx, ann, last.ID)
			must(t, err)
		}
		d.relabel(d.writes("please refund my parcel").ID, "refund") // open
		d.resolve(d.writes("nothing").ID)                           // without a label
		d.relabel(last.ID, "delivery")                              // changed after it was closed
		d.drain()
		v := d.train(labels.Order{Tickets: true})
		if v.State != labels.Ready || v.Rows != 24 || !v.FromTickets {
			t.Fatalf("%+v", v)
		}
		r, err := d.labels.Report(ctx, ann, v.ID)
		must(t, err)
		if support := r.Report.Labels[0].Support; support != 13 {
			t.Errorf("%d deliveries", support)
		}
		must(t, d.labels.Activate(ctx, ann, v.ID))
		wrong := d.writes("where is my parcel")
		d.relabel(wrong.ID, "")
		d.resolve(wrong.ID)
		if v := d.train(labels.Order{Tickets: true}); v.Rows != 25 || v.OutOfScope != 1 {
			t.Errorf("a label that was taken away: %+v", v)
		}
		_, err = d.people.Erase(ctx, host, last.EndUser)
		must(t, err)
		d.drain()
		if d.version(v.ID).Marked.IsZero() {
			t.Error("the erasure of who wrote a ticket hasn't marked it")
		}
		if v := d.train(labels.Order{Tickets: true}); v.Rows != 24 || !v.Marked.IsZero() {
			t.Errorf("without who was erased: %+v", v)
		}
		if v := d.train(labels.Order{Tickets: true, Scope: labels.Scope{Language: "ja"}}); v.State != labels.Unusable {
			t.Errorf("of another language: %+v", v)
		}
	})
}

func TestActivate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx, s := t.Context(), d.labels
		a := d.working()
		b := d.train(labels.Order{Uploaded: true})
		by := func() string {
			t.Helper()
			one := d.writes("where is my parcel")
			if one.Label == nil {
				return ""
			}
			return one.Label.Model
		}
		must(t, s.Activate(ctx, ann, b.ID))
		must(t, s.Activate(ctx, ann, b.ID))
		if got := by(); got != b.ID {
			t.Errorf("by %s", got)
		}
		for _, want := range []string{a.ID, b.ID, a.ID} {
			must(t, s.RollBack(ctx, ann, any))
			if got := by(); got != want || d.model(any).Active != want {
				t.Errorf("by %s, want %s", got, want)
			}
		}
		_, bad := errors.AsType[*store.FieldError](s.Delete(ctx, ann, a.ID))
		if !bad {
			t.Error("the active one can be deleted")
		}
		must(t, s.Retire(ctx, ann, a.ID))
		must(t, s.Retire(ctx, ann, a.ID))
		if got := by(); got != "" {
			t.Errorf("by %s", got)
		}
		contains(t, s.Activate(ctx, ann, a.ID), "retired")
		contains(t, s.Shadow(ctx, ann, a.ID), "retired")
		must(t, s.Delete(ctx, ann, a.ID))
		if _, err := s.Version(ctx, ann, a.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if _, err := s.Report(ctx, ann, a.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v", err)
		}
		must(t, s.RollBack(ctx, ann, any))
		if got := by(); got != b.ID {
			t.Errorf("by %s", got)
		}
		contains(t, s.RollBack(ctx, ann, any), "before")
		contains(t, s.RollBack(ctx, ann, labels.Scope{Language: "de"}), "before")
		if d.happened(labels.Activated) != 6 || d.happened(labels.Retired) != 1 || d.happened(labels.Deleted) != 1 {
			t.Errorf("events: %d %d %d", d.happened(labels.Activated), d.happened(labels.Retired), d.happened(labels.Deleted))
		}
	})
}

// A version that is retired is nowhere any more: one can't roll back to it, and it isn't in
// the shadow.
func TestRetireLeaves(t *testing.T) {
	d := openMemory(t, nil)
	ctx, s := t.Context(), d.labels
	a := d.working()
	b, c := d.train(labels.Order{Uploaded: true}), d.train(labels.Order{Uploaded: true})
	must(t, s.Activate(ctx, ann, b.ID))
	must(t, s.Shadow(ctx, ann, c.ID))
	must(t, s.Retire(ctx, ann, a.ID))
	if m := d.model(any); m.Active != b.ID || m.Before != "" || m.Shadow != c.ID {
		t.Errorf("%+v", m)
	}
	contains(t, s.RollBack(ctx, ann, any), "before")
	must(t, s.Retire(ctx, ann, c.ID))
	if m := d.model(any); m.Active != b.ID || m.Shadow != "" {
		t.Errorf("%+v", m)
	}
}

// A desk keeps no more models and versions than it says.
func TestLimitsOfADesk(t *testing.T) {
	d := openMemory(t, nil)
	ctx, s := t.Context(), d.labels
	full := func(err error, field string, limit int) {
		t.Helper()
		if f, bad := errors.AsType[*store.FieldError](err); !bad || f.Field != field || f.Limit != limit {
			t.Errorf("%v", err)
		}
	}
	plan := func(i int) error {
		return s.SavePlan(ctx, ann, labels.Scope{Language: string([]byte{'a' + byte(i/26/26), 'a' + byte(i/26%26), 'a' + byte(i%26)})}, labels.Plan{})
	}
	for i := range labels.MaxModels {
		must(t, plan(i))
	}
	full(plan(labels.MaxModels), "scope", labels.MaxModels)
	must(t, plan(0))
	must(t, s.Keep(ctx, labels.MaxVersions-1))
	one := labels.Order{Uploaded: true, Scope: labels.Scope{Language: "aaa"}}
	v, err := s.Train(ctx, ann, one)
	must(t, err)
	_, err = s.Train(ctx, ann, one)
	full(err, "version", labels.MaxVersions)
	must(t, s.Delete(ctx, ann, v.ID))
	if _, err = s.Train(ctx, ann, one); err != nil {
		t.Errorf("one was deleted: %v", err)
	}
}

func TestThresholds(t *testing.T) {
	d := openMemory(t, nil)
	v := d.working()
	for _, c := range []struct {
		ts []labels.Threshold
		ok bool
	}{
		{[]labels.Threshold{{Least: 0}, {Label: "login", Least: 1}}, true},
		{[]labels.Threshold{{Least: -0.01}}, false}, {[]labels.Threshold{{Least: 1.01}}, false}, {[]labels.Threshold{{Least: math.NaN()}}, false},
		{[]labels.Threshold{{Label: "none", Least: 0.5}}, false}, {[]labels.Threshold{{Least: 0.1}, {Least: 0.2}}, false},
		{make([]labels.Threshold, labels.MaxThresholds+1), false},
	} {
		before := d.version(v.ID)
		err := d.labels.SetThresholds(t.Context(), ann, v.ID, c.ts)
		if _, bad := errors.AsType[*store.FieldError](err); bad == c.ok {
			t.Errorf("%d, first %+v: %v", len(c.ts), c.ts[0], err)
		}
		if !c.ok && d.version(v.ID).Rev != before.Rev {
			t.Error("something has changed")
		}
	}
}

// A version that is trained, by plan say, goes on with what somebody has set by hand.
func TestThresholdsAreInherited(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		first := d.working()
		must(t, d.labels.SetThresholds(t.Context(), ann, first.ID, []labels.Threshold{{Label: "refund", Least: 1}, {Label: "login", Least: 0.2}, {Least: 0.3}}))
		v := d.train(labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
		if diff := cmp.Diff(d.version(first.ID).Thresholds, v.Thresholds); diff != "" {
			t.Error(diff)
		}
		if v.Coverage > 0.7 { // a third of the rows are refunds
			t.Errorf("%v of the rows got a label", v.Coverage)
		}
		if one := d.writes("I want my money back"); label(one) != "" {
			t.Errorf("%q", label(one))
		}
		v = d.trained(any, sample("delivery", "refund"))
		if diff := cmp.Diff([]labels.Threshold{{Label: "refund", Least: 1}, {Least: 0.3}}, v.Thresholds); diff != "" {
			t.Error(diff)
		}
		if v = d.trained(labels.Scope{Language: "de"}, sample("delivery", "refund")); len(v.Thresholds) > 0 {
			t.Errorf("another scope's: %+v", v.Thresholds)
		}
	})
}

func TestUpload(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx, s := t.Context(), d.labels
		rows := make([]predict.Row, 3000)
		for i := range rows {
			rows[i] = predict.Row{Text: strings.Repeat("ü", i%200) + " \x00\xff", Label: " x "}
		}
		must(t, s.Upload(ctx, ann, any, rows))
		must(t, s.Upload(ctx, ann, labels.Scope{Language: "de"}, rows[:1]))
		n := 0
		for {
			page, err := s.UploadedRows(ctx, ann, any, n, 1000)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for i, r := range page {
				if want := strings.Repeat("ü", (n+i)%200) + " \uFFFD\uFFFD"; r.Text != want || r.Label != "x" {
					t.Fatalf("row %d: %q", n+i, r)
				}
			}
			n += len(page)
		}
		if n != len(rows) {
			t.Errorf("%d rows", n)
		}
		must(t, s.Upload(ctx, ann, any, nil))
		if page, err := s.UploadedRows(ctx, ann, any, 0, 10); err != nil || len(page) != 0 {
			t.Errorf("%v %v", page, err)
		}
		if page, err := s.UploadedRows(ctx, ann, labels.Scope{Language: "de"}, 0, 10); err != nil || len(page) != 1 {
			t.Errorf("another scope's: %v %v", page, err)
		}
	})
}

func TestUploadLimits(t *testing.T) {
	d := openMemory(t, nil)
	long := func(n int) []predict.Row { return []predict.Row{{Text: "x", Label: strings.Repeat("é", n)}} }
	many := func(n, size int) []predict.Row {
		rows := make([]predict.Row, n)
		for i := range rows {
			rows[i].Text = strings.Repeat("x", size)
		}
		return rows
	}
	for name, c := range map[string]struct {
		rows []predict.Row
		ok   bool
	}{
		"label":       {long(ticket.MaxTag), true},
		"long label":  {long(ticket.MaxTag + 1), false},
		"group":       {[]predict.Row{{Group: strings.Repeat("x", ticket.MaxTitle)}}, true},
		"long group":  {[]predict.Row{{Group: strings.Repeat("x", ticket.MaxTitle+1)}}, false},
		"rows":        {many(labels.MaxUploadRows, 1), true},
		"many rows":   {many(labels.MaxUploadRows+1, 1), false},
		"large":       {many(labels.MaxUploadBytes/1024, 1024), true},
		"too large":   {many(labels.MaxUploadBytes/1024+1, 1024), false},
		"cut at 2000": {many(1, predict.MaxText+1), true},
	} {
		err := d.labels.Upload(t.Context(), ann, any, c.rows)
		if _, bad := errors.AsType[*store.FieldError](err); bad == c.ok || c.ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompareAndEvaluate(t *testing.T) {
	d := openMemory(t, nil)
	ctx := t.Context()
	a, b := d.trained(any, sample("delivery", "refund")), d.trained(any, sample("delivery", "refund", "login"))
	c, err := d.labels.Compare(ctx, ann, a.ID, b.ID)
	must(t, err)
	if c.A.ID != a.ID || c.B.ID != b.ID || len(c.Labels) != 3 || c.Labels[0].Label != "login" || c.Labels[0].SupportA != 0 || c.Labels[0].SupportB != 48 || c.Labels[0].F1B < 0.9 {
		t.Errorf("%+v", c.Labels)
	}
	failed := d.trained(labels.Scope{Language: "de"}, nil)
	if _, err := d.labels.Compare(ctx, ann, a.ID, failed.ID); err == nil {
		t.Error("one that failed is compared")
	}
	r, err := d.labels.Evaluate(ctx, ann, a.ID, []predict.Row{{Text: "where is the parcel", Label: "delivery"}, {Text: "my password", Label: "login"}})
	must(t, err)
	if r.Rows != 2 || r.Accuracy != 0.5 {
		t.Errorf("%+v", r)
	}
	if r.Coverage != 0.5 {
		t.Errorf("%v get a label", r.Coverage)
	}
	must(t, d.labels.SetThresholds(ctx, ann, a.ID, []labels.Threshold{{Label: "delivery", Least: 1}}))
	if r, err = d.labels.Evaluate(ctx, ann, a.ID, []predict.Row{{Text: "where is the parcel", Label: "delivery"}}); err != nil || r.Coverage != 0 || r.Accuracy != 1 {
		t.Errorf("by the version's own thresholds: %+v, %v", r, err)
	}
	if _, err := d.labels.Evaluate(ctx, ann, a.ID, make([]predict.Row, labels.MaxEvaluated+1)); err == nil {
		t.Error("too many rows")
	}
	if _, err := d.labels.Evaluate(ctx, ann, failed.ID, nil); err == nil {
		t.Error("one that failed says something")
	}
}

// By plan a model is trained again, and the new version becomes active if it is better.
func TestPlan(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx, s := t.Context(), d.labels
		first := d.working()
		for _, p := range []labels.Plan{{Every: labels.MinEvery - 1}, {Every: -1}, {Adopt: "perhaps"}} {
			if err := s.SavePlan(ctx, ann, any, p); err == nil {
				t.Errorf("%+v is a plan", p)
			}
		}
		must(t, s.SavePlan(ctx, ann, any, labels.Plan{Every: labels.MinEvery, Adopt: labels.AdoptBetter}))
		must(t, s.Upload(ctx, ann, any, sample("delivery", "refund", "login")))
		pass := func(days int) int {
			t.Helper()
			for range days {
				d.clock.forward(24 * time.Hour)
				d.drain()
			}
			return d.model(any).Versions
		}
		if n := pass(2); n != 3 || d.model(any).Active != first.ID || d.happened(labels.Kept) != 2 {
			t.Errorf("%d versions, %+v, %d were kept", n, d.model(any), d.happened(labels.Kept))
		}
		must(t, s.SavePlan(ctx, ann, any, labels.Plan{}))
		if n := pass(2); n != 3 {
			t.Errorf("%d versions", n)
		}
		must(t, s.SavePlan(ctx, ann, any, labels.Plan{Every: 2 * labels.MinEvery, Adopt: labels.AdoptAlways}))
		if n := pass(4); n != 5 || d.model(any).Active == first.ID {
			t.Errorf("%d versions, %+v", n, d.model(any))
		}
	})
}

// What is better is told by tickets that neither version has seen.
func TestAdoptsTheBetterOne(t *testing.T) {
	d := openMemory(t, nil)
	d.working()
	d.clock.forward(time.Hour)
	for _, r := range sample("delivery") { // what was a delivery is a parcel from now on
		one := d.writes(r.Text)
		d.relabel(one.ID, "parcel")
		_, err := d.tickets.Resolve(t.Context(), ann, one.ID)
		must(t, err)
	}
	d.drain()
	must(t, d.labels.Upload(t.Context(), ann, any, sample("refund", "login")))
	v := d.train(labels.Order{Tickets: true, Uploaded: true, Adopt: labels.AdoptBetter})
	if d.model(any).Active != v.ID {
		t.Errorf("%+v isn't active", v)
	}
	if one := d.writes("where is my parcel"); label(one) != "parcel" {
		t.Errorf("%q", label(one))
	}
}

// One that is no better takes the place of one that holds what was learned from somebody
// who was erased.
func TestAdoptsWhereRowsAreErased(t *testing.T) {
	d := openMemory(t, nil)
	rows := sample("delivery", "refund")
	rows[0].Group = d.endUser("eve")
	first := d.trained(any, rows)
	must(t, d.labels.Activate(t.Context(), ann, first.ID))
	again := labels.Order{Uploaded: true, Adopt: labels.AdoptBetter}
	if d.train(again); d.model(any).Active != first.ID {
		t.Fatal("one that is no better is active")
	}
	_, err := d.people.Erase(t.Context(), host, rows[0].Group)
	must(t, err)
	d.drain()
	if v := d.train(again); d.model(any).Active != v.ID {
		t.Errorf("%+v isn't active", v)
	}
}
