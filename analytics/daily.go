package analytics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// daily is the plain sums of a day, of UTC, of the total or of a value of a dimension, for
// those who read the database itself. It says what a sheet says, of the generation that is
// read.
type daily struct {
	ID    string           `json:"id"`  // the sheet's, without its generation
	Day   time.Time        `json:"day"` // its beginning
	By    Dimension        `json:"by"`  // "total": it is of all
	Value string           `json:"value"`
	Sums  map[string]int64 `json:"sums"` // by name; what there is none of is left out
	Rev   store.Rev        `json:"-"`
}

var dailies = &store.Collection[daily]{
	Name:       "analytics_daily",
	Key:        func(d *daily) string { return d.ID },
	Rev:        func(d *daily) *store.Rev { return &d.Rev },
	Impersonal: impersonal,
	Views:      []driver.SQLView{dailyView()},
}

// total is the dimension of sums of everything, as views name it.
const total Dimension = "total"

// sumNames are the columns that views show, by name.
var sumNames = sync.OnceValue(func() map[column]driver.SQLColumn {
	names := map[column]driver.SQLColumn{}
	for _, f := range figures() {
		if f.Unit == Count && !f.Level && len(f.needs) == 1 {
			names[f.needs[0]] = driver.SQLColumn{Name: string(f.Metric), Doc: f.Formula + ", dated by " + f.Dated + "."}
		}
	}
	add := func(c column, name, doc string) { names[c] = driver.SQLColumn{Name: name, Doc: doc} }
	add(colScore, "csat_sum", "Sum of end users' ratings, 1 to 5.")
	add(colSettled, "faq_views_settled", "Views of known end users of which it is known whether a ticket followed.")
	add(colAvailable, "available_us", "Time in which agents were available, in microseconds.")
	add(colBusy, "busy_us", "That part of it in which a ticket waited for the agent, in microseconds.")
	for _, f := range figures() {
		name, average := strings.CutSuffix(string(f.Metric), "_avg")
		if !average {
			continue
		}
		add(f.needs[0], name+"_us", "Sum, in microseconds: "+f.Formula+".")
		if !strings.HasSuffix(name, "_business") {
			add(f.needs[1], name+"_count", "How many of them there are.")
		}
	}
	return names
})

func dailyView() driver.SQLView {
	v := driver.SQLView{
		Name: "daily_figures",
		Doc:  "One row for each day of UTC, dimension and value: sums, from which averages and rates are made. A day is whole once something has happened on a later one; of the last day some is missing.",
		Columns: []driver.SQLColumn{
			{Name: "day", Path: "day", Kind: driver.SQLTime, Doc: "Its beginning."},
			{Name: "dimension", Path: "by", Doc: "app, platform, channel, language, queue, group, team, agent, bot, label, tag, or total. Rows by tag overlap."},
			{Name: "value", Path: "value", Doc: "Of the dimension, as the id of a queue; empty is none."},
		},
	}
	for c := colCreated; c < columns; c++ {
		if s, ok := sumNames()[c]; ok {
			v.Columns = append(v.Columns, driver.SQLColumn{Name: s.Name, Path: "sums." + s.Name, Kind: driver.SQLInt, Doc: s.Doc + " Null is none."})
		}
	}
	return v
}

// tell keeps the sums of a sheet for views.
func tell(ctx context.Context, tx *store.Tx, sh *sheet, by Dimension) error {
	id := sh.dailyID()
	d, err := dailies.Lock(ctx, tx, id, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		d, err = &daily{ID: id, Day: time.Unix(int64(sh.Day)*86400, 0).UTC(), By: by, Value: sh.Set.get(by)}, nil
		if by == "" {
			d.By, d.Value = total, ""
		}
	}
	if err != nil {
		return err
	}
	d.Sums = map[string]int64{}
	err = unpack(sh.Cells, func(c column) bool { return c < columns }, func(c cell) {
		if s, ok := sumNames()[c.column()]; ok {
			d.Sums[s.Name] += c.n
		}
	})
	if err != nil {
		return fmt.Errorf("sheet %s: %w", sh.ID, err)
	}
	return dailies.Put(ctx, tx, d)
}

// dailyID is where the sums of a sheet are.
func (s *sheet) dailyID() string {
	_, rest, _ := strings.Cut(s.ID, "/")
	return "/" + rest
}

// by is the dimension of a sheet that isn't of a whole set.
func (s *sheet) by() Dimension {
	by, _, _ := strings.Cut(s.dailyID()[1:], "/")
	return Dimension(by)
}

// retell brings all sums for views in line with the sheets of a generation that has become
// the one that is read, a page at a time.
func (s *Service) retell(ctx context.Context, gen generation) error {
	err := s.pages(ctx, gen, func(ctx context.Context, tx *store.Tx, cursor string) (string, error) {
		all, next, err := sheets.Page(ctx, tx, store.ByKey().From(string(gen)+"/").To(string(gen)+"0").Limit(retoldPage).After(cursor))
		for _, sh := range all {
			if err := tell(ctx, tx, sh, sh.by()); err != nil {
				return "", err
			}
		}
		return next, err
	})
	if err != nil {
		return err
	}
	return s.pages(ctx, gen, func(ctx context.Context, tx *store.Tx, cursor string) (string, error) {
		all, next, err := dailies.Page(ctx, tx, store.ByKey().Limit(retoldPage).After(cursor))
		for _, d := range all {
			if _, err := sheets.Lock(ctx, tx, string(gen)+d.ID, store.Share); errors.Is(err, store.ErrNotFound) {
				err = dailies.Delete(ctx, tx, d)
				if err != nil {
					return "", err
				}
			} else if err != nil {
				return "", err
			}
		}
		return next, err
	})
}

// retoldPage is how many sheets a transaction of retell looks at.
const retoldPage = 200

// pages runs a function in transactions of its own until it returns no cursor, or the
// generation isn't the one that is read.
func (s *Service) pages(ctx context.Context, gen generation, page func(ctx context.Context, tx *store.Tx, cursor string) (string, error)) error {
	for cursor, more := "", true; more; {
		var next string
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			r, err := rootOf(ctx, tx, store.Share)
			if next = ""; err != nil || r.Current != gen {
				return err
			}
			next, err = page(ctx, tx, cursor)
			return err
		})
		if err != nil {
			return fmt.Errorf("daily figures: %w", err)
		}
		cursor, more = next, next != ""
	}
	return nil
}
