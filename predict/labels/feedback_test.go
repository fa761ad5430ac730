package labels_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestFeedback(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		v := d.working()
		right, wrong, taken, open := d.writes("where is my parcel"), d.writes("where is my parcel"), d.writes("my password doesn't work"), d.writes("where is my parcel")
		d.relabel(wrong.ID, "refund")
		d.relabel(taken.ID, "")
		d.relabel(open.ID, "refund")
		for _, one := range []*ticket.Ticket{right, wrong, taken} {
			d.resolve(one.ID)
		}
		want := &labels.Figures{Seen: 4, Said: 4, Settled: 3, Corrected: 2, Labels: []labels.LabelFigures{
			{Label: "delivery", Said: 3, Settled: 2, Right: 1, Closed: 1}, {Label: "login", Said: 1, Settled: 1}, {Label: "refund", Closed: 1}}}
		if diff := cmp.Diff(want, d.live(v.ID)); diff != "" {
			t.Error(diff)
		}
		if f := d.live(v.ID); f.Accuracy() != 1./3 || f.Abstained() != 0 || f.Labels[0].Precision() != 0.5 {
			t.Errorf("%v %v %v", f.Accuracy(), f.Abstained(), f.Labels[0].Precision())
		}
		// What is corrected after it was closed counts, too, and so does what is put right.
		d.clock.forward(24 * time.Hour)
		d.relabel(right.ID, "refund")
		d.relabel(wrong.ID, "delivery")
		d.drain()
		if f := d.live(v.ID); f.Settled != 3 || f.Corrected != 2 || f.Labels[0].Right != 1 || f.Labels[0].Closed != 1 {
			t.Errorf("%+v", f)
		}
		d.relabel(taken.ID, "login")
		d.drain()
		if f := d.live(v.ID); f.Settled != 3 || f.Corrected != 1 || f.Accuracy() != 2./3 {
			t.Errorf("%+v", f)
		}
		// A ticket that is opened again and closed counts once, and is told of once.
		told := d.happened(labels.Settled)
		_, err := d.tickets.Reopen(t.Context(), ann, wrong.ID)
		must(t, err)
		d.resolve(wrong.ID)
		if f := d.live(v.ID); f.Settled != 3 || d.happened(labels.Settled) != told {
			t.Errorf("%+v, told %d times more", f, d.happened(labels.Settled)-told)
		}
	})
}

func TestShadow(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx, s := t.Context(), d.labels
		a := d.working()
		rows := sample("delivery", "refund", "login")
		for i := range rows {
			if rows[i].Label == "login" {
				rows[i].Label = "account"
			}
		}
		b := d.trained(any, rows)
		contains(t, s.Shadow(ctx, ann, a.ID), "active")
		must(t, s.Shadow(ctx, ann, b.ID))
		delivery, login := d.writes("where is my parcel"), d.writes("my password doesn't work")
		if label(login) != "login" {
			t.Errorf("the shadow has set %q", label(login))
		}
		d.relabel(login.ID, "account")
		d.resolve(delivery.ID)
		d.resolve(login.ID)
		f := d.live(b.ID)
		if f.ShadowSeen != 2 || f.ShadowSaid != 2 || f.ShadowAgreed != 1 || f.ShadowSettled != 2 || f.ShadowWrong != 0 || f.Seen != 0 || f.ShadowAccuracy() != 1 || f.Agreement() != 0.5 {
			t.Errorf("%+v", f)
		}
		if f := d.live(a.ID); f.Accuracy() != 0.5 || f.ShadowSeen != 0 {
			t.Errorf("%+v", f)
		}
		d.relabel(login.ID, "refund")
		d.drain()
		if f := d.live(b.ID); f.ShadowSettled != 2 || f.ShadowWrong != 1 {
			t.Errorf("%+v", f)
		}
		must(t, s.Unshadow(ctx, ann, any))
		must(t, s.Unshadow(ctx, ann, any))
		d.writes("where is my parcel")
		if f := d.live(b.ID); f.ShadowSeen != 2 {
			t.Errorf("%+v", f)
		}
		must(t, s.Shadow(ctx, ann, b.ID))
		must(t, s.Activate(ctx, ann, b.ID))
		if m := d.model(any); m.Shadow != "" || m.Active != b.ID {
			t.Errorf("%+v", m)
		}
	})
}

// Figures are what one would count by hand, whenever consumers get to it.
func TestFiguresByHand(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		v := d.working()
		texts := map[string]string{"delivery": "where is my parcel", "login": "my password doesn't work"}
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			if rounds++; rounds > 20 && !strings.HasSuffix(t.Name(), "/memory") {
				return // what differs by store shows early, and these take long
			}
			before := d.live(v.ID)
			type state struct {
				id, said, now string
				closed        bool
			}
			var all []*state
			for range rapid.IntRange(1, 3).Draw(r, "tickets") {
				said := rapid.SampledFrom([]string{"delivery", "login"}).Draw(r, "said")
				all = append(all, &state{id: d.writes(texts[said]).ID, said: said, now: said})
			}
			for range rapid.IntRange(0, 6).Draw(r, "acts") {
				one := rapid.SampledFrom(all).Draw(r, "ticket")
				switch rapid.IntRange(0, 2).Draw(r, "act") {
				case 0:
					one.now = rapid.SampledFrom([]string{"", "delivery", "login", "other"}).Draw(r, "label")
					d.relabel(one.id, one.now)
				case 1:
					_, err := d.tickets.Resolve(t.Context(), ann, one.id)
					must(t, err)
					one.closed = true
				case 2:
					d.drain()
				}
			}
			for _, one := range all { // what is open says nothing, so close it
				_, err := d.tickets.Resolve(t.Context(), ann, one.id)
				must(t, err)
			}
			d.drain()
			settled, corrected := before.Settled, before.Corrected
			for _, one := range all {
				settled++
				if one.now != one.said {
					corrected++
				}
			}
			if f := d.live(v.ID); f.Settled != settled || f.Corrected != corrected {
				r.Fatalf("%d of %d corrected, want %d of %d", f.Corrected, f.Settled, corrected, settled)
			}
		})
	})
}

func TestDrift(t *testing.T) {
	d := openMemory(t, nil)
	ctx := t.Context()
	v := d.working()
	alerts := func() map[labels.DriftKind]*labels.Alert {
		t.Helper()
		as, _, err := d.labels.Alerts(ctx, ann, "", 10)
		must(t, err)
		all := map[labels.DriftKind]*labels.Alert{}
		for _, a := range as {
			all[a.What] = a
		}
		return all
	}
	day := func(tickets int, text func(i int) string, correct bool) {
		t.Helper()
		for i := range tickets {
			one := d.writes(text(i))
			if correct {
				d.relabel(one.ID, "other")
			}
			_, err := d.tickets.Resolve(ctx, ann, one.ID)
			must(t, err)
		}
		d.drain()
		d.clock.forward(24 * time.Hour)
		d.drain()
	}
	mixed := func(i int) string { return []string{"where is my parcel", "my password doesn't work"}[i%2] }
	day(100, mixed, false)
	day(100, mixed, false)
	if as := alerts(); len(as) != 0 {
		t.Fatalf("%+v", as)
	}
	d.clock.forward(labels.DriftDays * 24 * time.Hour)
	day(100, func(int) string { return "where is my parcel" }, true)
	as := alerts()
	if a := as[labels.LowAccuracy]; a == nil || a.Now != 0 || a.Usual < 0.9 || a.Version != v.ID {
		t.Errorf("accuracy: %+v", a)
	}
	if a := as[labels.Mixture]; a == nil || a.Now < 0.49 || a.Now > 0.51 {
		t.Errorf("mixture: %+v", a)
	}
	if a := as[labels.Abstentions]; a != nil {
		t.Errorf("abstentions: %+v", a)
	}
	must(t, d.labels.SetThresholds(ctx, ann, v.ID, []labels.Threshold{{Least: 1}}))
	day(1, mixed, false)
	if n := d.happened(labels.Drifted); n != 2 {
		t.Errorf("%d alerts", n)
	}
	day(120, mixed, false)
	if a := alerts()[labels.Abstentions]; a == nil || a.Usual != 0 || a.Now < 0.5 {
		t.Errorf("abstentions: %+v", a)
	}
	must(t, d.labels.SetThresholds(ctx, ann, v.ID, nil))
	d.clock.forward(labels.DriftDays * 24 * time.Hour)
	day(100, mixed, false)
	if as := alerts(); as[labels.LowAccuracy] != nil {
		t.Errorf("accuracy is back, but %+v", as)
	}
	if n := d.happened(labels.Steadied); n == 0 {
		t.Error("nothing tells that it is over")
	}
}

func TestLiveDays(t *testing.T) {
	d := openMemory(t, nil)
	for days, ok := range map[int]bool{0: true, labels.MaxDays - 1: true, labels.MaxDays: false, -1: false} {
		_, err := d.labels.Live(t.Context(), ann, "x", start, start.AddDate(0, 0, days))
		if ok != (err == nil) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

// An erasure marks the versions that somebody's rows have trained, and no others.
func TestErasureMarks(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		eve, bob, merged := d.endUser("eve"), d.endUser("bob"), ""
		u, err := d.people.Save(ctx, host, identity.Profile{Email: "mo@shop.example"})
		must(t, err)
		merged = u.ID
		rows := sample("delivery", "refund")
		rows[0].Group, rows[0].Text = eve, "eve's own secret parcel"
		byEve := d.trained(any, rows)
		rows[0] = predict.Row{Text: "mo's parcel", Label: "delivery", Group: merged}
		byMo := d.trained(labels.Scope{Language: "en"}, rows)
		rows[0].Group = ""
		byNobody := d.trained(labels.Scope{Language: "de"}, rows)
		must(t, d.labels.Upload(ctx, ann, any, append(sample("delivery"), predict.Row{Text: "eve's own secret parcel", Label: "delivery", Group: eve})))
		_, err = d.people.MergeEndUsers(ctx, host, merged, bob)
		must(t, err)
		for _, id := range []string{eve, bob} {
			_, err = d.people.Erase(ctx, host, id)
			must(t, err)
		}
		d.drain()
		for v, marked := range map[*labels.Version]bool{byEve: true, byMo: true, byNobody: false} {
			if now := d.version(v.ID); now.Marked.IsZero() == marked {
				t.Errorf("%s %+v: marked %v", v.Scope.Language, v.ID, now.Marked)
			}
		}
		if d.happened(labels.Marked) != 2 {
			t.Errorf("%d events", d.happened(labels.Marked))
		}
		page, err := d.labels.UploadedRows(ctx, ann, any, 40, 20)
		must(t, err)
		if len(page) != 9 || page[8] != (predict.Row{}) || page[7].Text == "" {
			t.Errorf("%+v", page)
		}
		again := d.trained(any, sample("delivery", "refund"))
		if !again.Marked.IsZero() {
			t.Errorf("%+v", again)
		}
	})
}

// Who is erased while a training goes on, after his rows were read, marks it, too.
func TestErasureDuringTraining(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		eve := d.endUser("eve")
		rows := sample("delivery", "refund")
		for _, c := range []struct {
			group  string
			marked bool
		}{{eve, true}, {d.endUser("another"), false}} {
			rows[0].Group = c.group
			must(t, d.labels.Upload(ctx, ann, any, rows))
			v, err := d.labels.Train(ctx, ann, labels.Order{Uploaded: true})
			must(t, err)
			must(t, d.labels.TrainWith(ctx, v.ID, func() {
				_, err := d.people.Erase(ctx, host, eve)
				must(t, err)
				must(t, d.people.FinishErasure(ctx, eve))
				_, err = d.events.Step(ctx)
				must(t, err)
			}))
			if v := d.version(v.ID); v.State != labels.Ready || v.Marked.IsZero() == c.marked || len(v.Gone) > 0 {
				t.Errorf("%v: %+v", c.marked, v)
			}
			eve = d.endUser("adam")
		}
	})
}

// Nothing is learned from a ticket that is being erased, even while its messages are there.
func TestErasedTicketsTeachNothing(t *testing.T) {
	d := openMemory(t, nil)
	ctx := t.Context()
	one := d.writes("where is my parcel")
	d.relabel(one.ID, "delivery")
	d.resolve(one.ID)
	one = d.get(one.ID)
	rows, err := d.labels.Gather(ctx, one)
	must(t, err)
	if len(rows) != 1 || rows[0].Text != "where is my parcel" || rows[0].Label != "delivery" || rows[0].Group != one.EndUser {
		t.Fatalf("%+v", rows)
	}
	one.Erased = true
	if rows, err = d.labels.Gather(ctx, one); err != nil || len(rows) != 0 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// What staff and the desk itself write in a ticket isn't what it is about.
func TestQuestionIsTheEndUsers(t *testing.T) {
	d := openMemory(t, nil)
	ctx := t.Context()
	one := d.writes("", func(n *ticket.New) { n.Message = nil })
	_, _, err := d.tickets.Note(ctx, ann, one.ID, ticket.Draft{Text: "he wants his money back"})
	must(t, err)
	_, _, err = d.tickets.Announce(ctx, ann, one.ID, "please refund")
	must(t, err)
	_, _, err = d.tickets.Reply(ctx, ann, one.ID, ticket.Draft{Text: "what is it?"})
	must(t, err)
	if q, err := d.labels.Question(ctx, one); err != nil || q != "" {
		t.Errorf("%q, %v", q, err)
	}
	_, err = d.tickets.Write(ctx, ticket.Inbound{EndUser: one.EndUser, Ticket: one.ID, Channel: "chat", Draft: ticket.Draft{Text: "where is my parcel"}})
	must(t, err)
	if q, err := d.labels.Question(ctx, one); err != nil || q != "where is my parcel" {
		t.Errorf("%q, %v", q, err)
	}
}
