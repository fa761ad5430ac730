package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// speaker detects what a text says it is.
type speaker struct{}

func (speaker) Detect(text string) (string, float64) {
	if language, ok := strings.CutPrefix(strings.TrimSpace(text), "in "); ok {
		return language, 0.75
	}
	return "", 0
}

// noting is a step that leaves a note of its name.
func noting(name string) ticket.Step {
	return ticket.Step{Name: name, Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
		_, _, err := s.Note(ctx, host, t.ID, text("passed "+name))
		return err
	}}
}

// asking is a step that asks outside first.
func asking(name string) ticket.Step {
	return ticket.Step{Name: name,
		Ask: func(_ context.Context, t *ticket.Ticket) (any, error) { return name + " of " + t.ID, nil },
		Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, answer any) error {
			if answer != name+" of "+t.ID {
				return fmt.Errorf("answer %v", answer)
			}
			_, _, err := s.Note(ctx, host, t.ID, text("passed "+name))
			return err
		}}
}

// A late step asks only where its Do says so.
func TestLateStep(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		asked := 0
		late := ticket.Step{Name: "late", Late: true,
			Ask: func(_ context.Context, t *ticket.Ticket) (any, error) { asked++; return "yes", nil },
			Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, answer any) error {
				if _, _, err := s.Note(ctx, host, t.ID, text(fmt.Sprint("passed with ", answer))); err != nil {
					return err
				}
				if t.Title == "hard" && answer == nil {
					return ticket.ErrAsk // which takes the note back
				}
				return nil
			}}
		desk := open(t, d, &ticket.Options{Steps: []ticket.Step{late, noting("last")}})
		for title, want := range map[string][]string{"easy": {"with <nil>", "last"}, "hard": {"with yes", "last"}} {
			tk, err := desk.tickets.Create(t.Context(), ticket.New{EndUser: desk.eve, Title: title})
			must(t, err)
			desk.step(t)
			if got := desk.passed(t, tk.ID); !slices.Equal(got, want) {
				t.Errorf("%s: passed %q, want %q", title, got, want)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func (d *desk) passed(t testing.TB, id string) (names []string) {
	t.Helper()
	for _, text := range d.texts(t, host, id) {
		if name, ok := strings.CutPrefix(text, "passed "); ok {
			names = append(names, name)
		}
	}
	return names
}

func withSteps(t *testing.T, test func(t *testing.T, d *desk), steps ...ticket.Step) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		test(t, open(t, d, &ticket.Options{Language: speaker{}, Steps: steps}))
	})
}

func TestIntake(t *testing.T) {
	withSteps(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		if tk.Intake != "language" || tk.Backlogged() {
			t.Errorf("a new ticket is at %q, in the backlog %v", tk.Intake, tk.Backlogged())
		}
		d.step(t)
		tk = d.get(t, tk.ID)
		if got := d.passed(t, tk.ID); !slices.Equal(got, []string{"predict", "rules", "bot"}) || tk.Intake != "" || !tk.Backlogged() || len(tk.Warnings) > 0 {
			t.Errorf("it passed %v, and is at %q, warnings %v", got, tk.Intake, tk.Warnings)
		}
		if got := d.history(t, tk.ID); got[len(got)-1] != ticket.Admitted {
			t.Errorf("events %v", got)
		}
		d.write(t, tk.ID, "More.")
		if d.step(t); len(d.passed(t, tk.ID)) != 3 {
			t.Error("a second message is taken in again")
		}
		// What follows up, and what is split off, is a new ticket.
		_, part, err := d.tickets.Split(t.Context(), ann, tk.ID, []int64{1}, "")
		must(t, err)
		did2(t)(d.tickets.Reject(t.Context(), ann, tk.ID))
		later := d.write(t, tk.ID, "Really.").Ticket
		d.step(t)
		for _, id := range []string{part.ID, later.ID} {
			if got := d.passed(t, id); len(got) != 3 {
				t.Errorf("%s passed %v", id, got)
			}
		}
	}, asking("predict"), noting("rules"), asking("bot"))
}

// A step that fails is passed over, leaves nothing behind but a warning, and holds
// nobody up.
func TestStepsFail(t *testing.T) {
	broken := errors.New("no model")
	leaves := func(err error, loud bool) func(context.Context, *ticket.Service, *ticket.Ticket, any) error {
		return func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
			_, _, noted := s.Note(ctx, host, t.ID, text("half done"))
			if loud {
				panic("at the step")
			}
			return errors.Join(err, noted)
		}
	}
	nothing := func(context.Context, *ticket.Service, *ticket.Ticket, any) error { return nil }
	withSteps(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		d.step(t)
		tk = d.get(t, tk.ID)
		var left []string
		for _, w := range tk.Warnings {
			left = append(left, w.Field)
		}
		if !slices.Equal(left, []string{"intake.failing", "intake.panicking", "intake.asking", "intake.shouting"}) || tk.Intake != "" {
			t.Errorf("warnings %v, at %q", tk.Warnings, tk.Intake)
		}
		if got := d.texts(t, host, tk.ID); !slices.Equal(got, []string{"Where is it?", "passed last"}) {
			t.Errorf("messages %v", got)
		}
	}, ticket.Step{Name: "failing", Do: leaves(broken, false)}, ticket.Step{Name: "panicking", Do: leaves(nil, true)},
		ticket.Step{Name: "asking", Ask: func(context.Context, *ticket.Ticket) (any, error) { return nil, broken }, Do: nothing},
		ticket.Step{Name: "shouting", Ask: func(context.Context, *ticket.Ticket) (any, error) { panic("outside") }, Do: nothing}, noting("last"))
}

// A step has five seconds.
func TestStepsAreSlow(t *testing.T) {
	for name, step := range map[string]ticket.Step{
		"inside": {Name: "slow", Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
			_, _, err := s.Note(ctx, host, t.ID, text("half done"))
			<-ctx.Done()
			return err
		}},
		"outside": {Name: "slow", Ask: func(ctx context.Context, _ *ticket.Ticket) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, Do: noting("slow").Do},
		"outside, and deaf": {Name: "slow", Ask: func(context.Context, *ticket.Ticket) (any, error) {
			time.Sleep(time.Minute) // on the bubble's clock
			return nil, nil
		}, Do: noting("slow").Do},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := open(t, memstore.New(), &ticket.Options{Steps: []ticket.Step{step, noting("last")}})
				begun := time.Now()
				tk := d.ask(t)
				d.step(t)
				tk = d.get(t, tk.ID)
				if took := time.Since(begun); took < ticket.StepTime || took > ticket.StepTime+time.Second {
					t.Errorf("it took %v", took)
				}
				if len(tk.Warnings) != 1 || tk.Warnings[0].Field != "intake.slow" || !slices.Equal(d.texts(t, host, tk.ID), []string{"Where is it?", "passed last"}) {
					t.Errorf("warnings %v, messages %v", tk.Warnings, d.texts(t, host, tk.ID))
				}
				time.Sleep(time.Hour) // the deaf one ends
			})
		})
	}
}

// An agent who takes a ticket ends its intake; an engine's assignment doesn't.
func TestTakenInIntake(t *testing.T) {
	assign := ticket.Step{Name: "assign", Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
		_, err := s.Assign(ctx, rule, t.ID, "bob")
		return err
	}}
	resolve := ticket.Step{Name: "resolve", Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
		if t.Priority != ticket.Low {
			return nil
		}
		_, err := s.Resolve(ctx, rule, t.ID)
		return err
	}}
	withSteps(t, func(t *testing.T, d *desk) {
		taken, answered := d.ask(t), d.fresh(t, "And this?")
		if tk := did2(t)(d.tickets.Assign(t.Context(), ann, taken.ID, "ann")); tk.Intake != "" {
			t.Errorf("taken by hand it is at %q", tk.Intake)
		}
		d.reply(t, ann, answered.ID, "This.")
		other := d.fresh(t, "Or that?")
		done := did2(t)(d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: d.eve, Priority: ticket.Low}))
		own := did2(t)(d.tickets.Create(t.Context(), ticket.New{Actor: ann, EndUser: d.eve, Message: &ticket.Draft{Text: "We saw that."}}))
		d.step(t)
		for id, want := range map[string][]string{taken.ID: nil, answered.ID: nil, other.ID: {"last"}, own.ID: {"last"}, done.ID: nil} {
			if got := d.passed(t, id); !slices.Equal(got, want) {
				t.Errorf("%v passed %v, want %v", d.texts(t, host, id), got, want)
			}
			if h := d.history(t, id); !slices.Contains(h, ticket.Admitted) || slices.Index(h, ticket.Admitted) != len(h)-1-slices.Index(reversed(h), ticket.Admitted) {
				t.Errorf("events %v", h)
			}
		}
		if tk := d.get(t, other.ID); tk.Assignee != bob {
			t.Errorf("%s has it", tk.Assignee)
		}
	}, assign, resolve, asking("last"))
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// A program without a step that a ticket stands at takes it out of intake.
func TestStepsGo(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, reopen func() driver.Store) {
		first := reopen()
		d := open(t, first, &ticket.Options{Steps: []ticket.Step{asking("old")}})
		tk := d.ask(t)
		_, err := d.events.Step(t.Context()) // the job is there, and wasn't done
		must(t, err)
		must(t, d.db.Close())
		next := open(t, reopen(), &ticket.Options{Steps: []ticket.Step{noting("new")}})
		next.step(t)
		if tk = next.get(t, tk.ID); tk.Intake != "" || len(tk.Warnings) != 1 {
			t.Errorf("at %q, warnings %v", tk.Intake, tk.Warnings)
		}
	})
}

func TestStepsAreNamed(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), memstore.New(), nil, collections()...)
	must(t, err)
	defer db.Close()
	log := event.NewLog(db, nil)
	people, err := identity.Open(t.Context(), db, log, nil)
	must(t, err)
	for _, steps := range [][]ticket.Step{{noting("")}, {noting("Language")}, {noting("a"), noting("a")}, {{Name: "a"}}} {
		_, err = ticket.Open(t.Context(), db, log, job.New(db, nil), people, &ticket.Options{Steps: steps})
		refuses(t, err, "steps")
	}
	_, err = ticket.Open(t.Context(), db, log, job.New(db, nil), people, &ticket.Options{Language: speaker{}, Steps: []ticket.Step{noting("language")}})
	refuses(t, err, "steps")
}

func TestLanguage(t *testing.T) {
	withSteps(t, func(t *testing.T, d *desk) {
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "nils", Language: "sv"})
		must(t, err)
		for _, c := range []struct {
			user, sent, title, text string
			want, source            string
			sure                    float64
		}{
			{d.eve, "", "", "in da", "da", ticket.LanguageDetected, 0.75},
			{d.eve, "fr", "", "in da", "fr", ticket.LanguageSent, 0},
			{d.eve, "", "", "Hm.", "en", ticket.LanguageApp, 0},
			{u.ID, "", "", "Hm.", "sv", ticket.LanguageEndUser, 0},
			{u.ID, "", "", "in sv", "sv", ticket.LanguageDetected, 0.75},
			{u.ID, "ja", "", "in sv", "sv", ticket.LanguageDetected, 0.75}, // not in these letters
			{u.ID, "not a tag!", "in no", "", "no", ticket.LanguageDetected, 0.75},
		} {
			n := ticket.New{EndUser: c.user, Language: c.sent, Title: c.title}
			if c.text != "" {
				n.Message = &ticket.Draft{Text: c.text}
			}
			tk := did2(t)(d.tickets.Create(t.Context(), n))
			d.step(t)
			if tk = d.get(t, tk.ID); tk.Language != c.want || tk.LanguageSource != c.source || tk.LanguageConfidence != c.sure {
				t.Errorf("%+v gives %s, %s, %v", c, tk.Language, tk.LanguageSource, tk.LanguageConfidence)
			}
		}
		// What somebody set by hand before isn't replaced.
		tk := d.fresh(t, "in da")
		did2(t)(d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Language: new("de")}))
		d.step(t)
		if tk = d.get(t, tk.ID); tk.Language != "de" || tk.LanguageSource != ticket.LanguageAgent {
			t.Errorf("set by hand it is %s, %s", tk.Language, tk.LanguageSource)
		}
	})
}

const crashIntake = "TICKET_INTAKE_CRASH_FILE"

// crashSteps are steps that die is asked in, before and after their work.
func crashSteps(die func()) (steps []ticket.Step) {
	for _, step := range []ticket.Step{noting("rules"), asking("predict"), noting("bot"), asking("queue")} {
		do, ask := step.Do, step.Ask
		step.Do = func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, answer any) error {
			die()
			defer die()
			return do(ctx, s, t, answer)
		}
		if ask != nil {
			step.Ask = func(ctx context.Context, t *ticket.Ticket) (any, error) {
				die()
				defer die()
				return ask(ctx, t)
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// TestIntakeChild is the process that gets killed.
func TestIntakeChild(t *testing.T) {
	path := os.Getenv(crashIntake)
	if path == "" {
		t.Skip("it is the child of TestIntakeIsKilled")
	}
	var left atomic.Int64
	left.Store(1 + rand.Int64N(60))
	die := func() {
		if left.Add(-1) == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // it takes effect at once
		}
	}
	file, err := boltstore.Open(path, nil)
	must(t, err)
	d := open(t, file, &ticket.Options{Language: speaker{}, Steps: crashSteps(die)})
	for i := range 5 {
		d.fresh(t, fmt.Sprint("in d", i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { d.events.Run(ctx) })
	wg.Go(func() { d.jobs.Run(ctx) })
	wg.Wait()
	t.Error("it wasn't killed")
}

// Killed at whatever step, every ticket passes each step once, in order.
func TestIntakeIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIntakeChild$")
		child.Env = append(os.Environ(), crashIntake+"="+path)
		out, err := child.CombinedOutput()
		state, ok := child.ProcessState.Sys().(syscall.WaitStatus)
		if err == nil || !ok || state.Signal() != syscall.SIGKILL {
			t.Fatalf("the child ended with %v: %s", err, out)
		}
	}
	file, err := boltstore.Open(path, nil)
	must(t, err)
	d := open(t, file, &ticket.Options{Language: speaker{}, Steps: crashSteps(func() {})})
	d.clock.forward(time.Hour) // leases of the dead are over
	d.step(t)
	seen := 0
	for after := ""; ; {
		ts, next, err := d.tickets.OfEndUser(t.Context(), host, d.eve, after, 200)
		must(t, err)
		for _, tk := range ts {
			seen++
			if got := d.passed(t, tk.ID); !slices.Equal(got, []string{"rules", "predict", "bot", "queue"}) || tk.Intake != "" || len(tk.Warnings) > 0 || tk.LanguageSource != ticket.LanguageDetected {
				t.Errorf("ticket %d passed %v, is at %q, warnings %v", tk.Number, got, tk.Intake, tk.Warnings)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	if seen < rounds {
		t.Errorf("%d tickets after %d rounds", seen, rounds)
	}
}

// A step may merge the ticket into another one, which ends its intake.
func TestIntakeMerges(t *testing.T) {
	merging := ticket.Step{Name: "rules", Do: func(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
		ts, _, err := s.OfEndUser(ctx, host, t.EndUser, "", 10)
		if err != nil || len(ts) == 1 {
			return err
		}
		_, _, err = s.Merge(ctx, rule, t.ID, ts[len(ts)-1].ID, nil)
		return err
	}}
	withSteps(t, func(t *testing.T, d *desk) {
		first := d.fresh(t, "1")
		d.step(t)
		second := d.fresh(t, "2")
		d.step(t)
		if got := d.get(t, second.ID); got.Merged == nil || got.Intake != "" || len(got.Warnings) > 0 {
			t.Errorf("it is at %q, merged %v, warnings %v", got.Intake, got.Merged, got.Warnings)
		}
		if got := d.texts(t, host, first.ID); !slices.Equal(got, []string{"1", "passed last", "2"}) {
			t.Errorf("messages %v", got)
		}
		stuck, _, err := d.events.ParkedEvents(t.Context(), "", 10)
		if must(t, err); len(stuck) > 0 {
			t.Errorf("parked: %+v", stuck[0])
		}
	}, merging, noting("last"))
}
