package job_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

func Example() {
	ctx := context.Background()
	db, err := store.Open(ctx, memstore.New(), nil, job.Collections()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	q := job.New(db, &job.Options{Now: func() time.Time { return now }})
	q.Handle("mail", job.Handler{Do: func(_ context.Context, j *job.Job) error {
		var mail struct{ To, Text string }
		if err := j.Payload(&mail); err != nil {
			return job.Permanent(err) // another attempt won't read it either
		}
		if j.Attempt == 1 {
			return job.After(time.Minute, errors.New("the mail server is busy"))
		}
		fmt.Printf("%s to %s: %s\n", now.Format(time.TimeOnly), mail.To, mail.Text)
		return nil
	}})
	q.Handle("reminder", job.Handler{Inside: func(ctx context.Context, tx *store.Tx, j *job.Job) error {
		fmt.Println(now.Format(time.TimeOnly), "nobody has answered", j.Key)
		return nil
	}})

	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return q.Enqueue(ctx, tx,
			job.Spec{ID: "mail/message7", Kind: "mail", Key: "ticket1", Data: []byte(`{"To":"ann","Text":"hello"}`)},
			job.Spec{ID: "reminder/ticket1/7", Kind: "reminder", Key: "reminders/ticket1", RunAt: now.Add(time.Hour)},
		)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 { // a program calls Run instead
		if _, err := q.Step(ctx); err != nil {
			fmt.Println(err)
			return
		}
		now = now.Add(30 * time.Minute)
	}
	// Output:
	// 09:30:00 to ann: hello
	// 10:00:00 nobody has answered reminders/ticket1
}
