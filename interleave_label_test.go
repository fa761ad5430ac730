package frontdesk_test

import (
	"context"
	"strconv"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// withModels trains two versions.
func withModels(x *table) {
	ctx, host, s := x.t.Context(), frontdesk.Host(), x.Labels
	var rows []predict.Row
	for i := range 10 {
		n := strconv.Itoa(i)
		rows = append(rows, predict.Row{Text: "my parcel is late " + n, Label: "delivery"}, predict.Row{Text: "give me money back " + n, Label: "refund"})
	}
	x.must(s.Upload(ctx, host, labels.Scope{}, rows))
	x.kept = map[string]string{}
	for _, name := range []string{"a", "b"} {
		v, err := s.Train(ctx, host, labels.Order{Uploaded: true})
		x.must(err)
		x.kept[name] = v.ID
	}
	_, err := x.Drain(ctx)
	x.must(err)
}

// withActive has the first of them label tickets, and a ticket wait for its label.
func withActive(x *table) {
	withModels(x)
	ctx, host := x.t.Context(), frontdesk.Host()
	x.must(x.Labels.Activate(ctx, host, x.kept["a"]))
	tk, err := x.Tickets.Create(ctx, ticket.New{EndUser: x.eve, Platform: "webchat", Message: &ticket.Draft{Text: "my parcel is late"}})
	x.must(err)
	x.other = tk.ID
}

// onVersion is an act on a version.
func onVersion(name string, do func(s *labels.Service, ctx context.Context, version string) error) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return do(d.Labels, ctx, x.kept[name])
	}
}

// labelRaces are the rows of models: which of their versions is active, and labels.
func labelRaces() []race {
	host := frontdesk.Host()
	activate := func(name string) act {
		return onVersion(name, func(s *labels.Service, ctx context.Context, v string) error { return s.Activate(ctx, host, v) })
	}
	retire := onVersion("a", func(s *labels.Service, ctx context.Context, v string) error { return s.Retire(ctx, host, v) })
	remove := onVersion("a", func(s *labels.Service, ctx context.Context, v string) error { return s.Delete(ctx, host, v) })
	active := func(want string) func(x *table) {
		return func(x *table) {
			ms, err := x.Labels.Models(x.t.Context(), host)
			if x.must(err); len(ms) != 1 || ms[0].Active != x.kept[want] {
				x.t.Errorf("%+v, want version %s to be active: %v", ms, want, x.kept)
			}
		}
	}
	unlabelled := func(x *table) {
		tk, err := x.Tickets.Get(x.t.Context(), host, x.other)
		if x.must(err); tk.Label != nil || tk.Intake != "" {
			x.t.Errorf("label %+v, intake %q", tk.Label, tk.Intake)
		}
	}
	return []race{
		{name: "of two versions that are activated the second is active", before: withModels, first: activate("a"), second: activate("b"), then: fine, ends: active("b")},
		{name: "no version is active that is gone", before: withModels, first: remove, second: activate("a"), then: isErr(store.ErrNotFound)},
		{name: "a version that is active doesn't go", before: withModels, first: activate("a"), second: remove, then: field("version"), ends: active("a")},
		{name: "a version that is retired isn't activated", before: withModels, first: retire, second: activate("a"), then: field("version")},
		{name: "a version that is activated is retired", before: withModels, first: activate("a"), second: retire, then: fine, ends: active("")},
		{name: "a version that is retired labels no ticket any more", before: withActive, first: retire, second: drained, then: fine, ends: unlabelled},
	}
}
