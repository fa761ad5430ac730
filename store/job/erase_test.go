package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// eraseAll does what erasing a subject does to every collection.
func eraseAll(t *testing.T, db *store.DB, subject string) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for e, err := range jobs.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			if !slices.Contains(jobs.Subjects(e), subject) {
				continue
			}
			if jobs.Erase(e, subject) {
				err = jobs.Put(ctx, tx, e)
			} else {
				err = jobs.Delete(ctx, tx, e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEraseLeavesNothingAndStrandsNobody(t *testing.T) {
	db, err := store.Open(t.Context(), memstore.New(), nil, Collections()...)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	q := New(db, &Options{Now: func() time.Time { return now }})
	var ran []string
	q.Handle("a", Handler{Do: func(_ context.Context, j *Job) error {
		ran = append(ran, j.ID)
		if j.ID == "dead" {
			return Permanent(errors.New("no such address: ann@example.org"))
		}
		if j.ID == "running" {
			eraseAll(t, db, "ann")
		}
		return nil
	}})
	add := func(id, key, owner string, at time.Time) {
		t.Helper()
		s := Spec{ID: id, Kind: "a", Key: key, Owner: owner, Data: []byte(`"to ` + owner + `"`), RunAt: at}
		if err := q.Enqueue(t.Context(), db, s); err != nil {
			t.Fatal(err)
		}
	}
	add("dead", "", "ann", now)
	if _, err := q.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	add("alone", "", "ann", now.Add(time.Hour))
	add("running", "k", "ann", now)
	add("follower", "k", "ann", now)
	add("of bob", "k", "bob", now)
	add("far", "l", "ann", now.Add(time.Hour))
	add("behind far", "l", "bob", now)
	if _, err := q.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"dead", "running", "behind far", "of bob"}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
	err = db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for e, err := range jobs.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			if e.State != Done || e.ID != "of bob" && e.ID != "behind far" {
				t.Errorf("left: %+v", e)
			}
		}
		for c, err := range chains.All(ctx, tx, store.ByKey()) {
			t.Errorf("left: %+v, %v", c, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestErasedJobKeepsItsPlaceOnly(t *testing.T) {
	e := &entry{Job: Job{ID: "1", Key: "k", Owner: "ann", Data: []byte("{}"), Error: "x", State: Running}, Lease: &lease{}}
	if keep := e.erase("ann"); !keep || e.Owner != "" || e.Data != nil || e.Error != "" || e.Lease != nil || len(e.subjects()) > 0 {
		t.Errorf("kept %v: %+v", keep, e)
	}
}

func TestPauses(t *testing.T) {
	q := New(nil, &Options{Seed: 7})
	limit, least, most := 2*time.Second, time.Duration(1<<62), time.Duration(0)
	for attempt := 1; attempt < 30; attempt++ {
		for i := range 200 {
			id := fmt.Sprint(i)
			p := q.pause(id, attempt, nil)
			if p < time.Second || p > limit {
				t.Fatalf("attempt %d waits %v, at most %v", attempt, p, limit)
			}
			if again := New(nil, &Options{Seed: 7}).pause(id, attempt, nil); again != p {
				t.Fatalf("one seed gives %v and %v", p, again)
			}
			if attempt == 20 {
				least, most = min(least, p), max(most, p)
			}
		}
		limit = min(2*limit, time.Hour)
	}
	if least > 5*time.Minute || most < 55*time.Minute {
		t.Errorf("200 pauses lie between %v and %v: they should spread over the hour", least, most)
	}
}
