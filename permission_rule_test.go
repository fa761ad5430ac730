package frontdesk_test

import (
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// newRule is a rule of its own, which nothing triggers.
func (w *office) newRule() *automation.Rule {
	r := &automation.Rule{Name: w.next(), Off: true, On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoResolve}}}}
	w.must(w.desk.Rules.SaveRule(w.t.Context(), frontdesk.Host(), r))
	return r
}

func ruleActs() map[string]deed {
	over := func(do func(w *office, s *automation.Service, who event.Actor) error) deed {
		return deed{may: identity.Configure, do: func(w *office, who event.Actor) error { return do(w, w.desk.Rules, who) }}
	}
	return map[string]deed{
		"automation.Service.SaveRule": over(func(w *office, s *automation.Service, who event.Actor) error {
			r := w.newRule()
			r.Description = "as it was"
			return s.SaveRule(w.t.Context(), who, r)
		}),
		"automation.Service.DeleteRule": over(func(w *office, s *automation.Service, who event.Actor) error {
			return s.DeleteRule(w.t.Context(), who, w.newRule())
		}),
		"automation.Service.MoveRule": over(func(w *office, s *automation.Service, who event.Actor) error {
			return s.MoveRule(w.t.Context(), who, w.newRule().ID, "")
		}),
		"automation.Service.Rule": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.Rule(w.t.Context(), who, w.newRule().ID))
		}),
		"automation.Service.Rules": over(func(w *office, s *automation.Service, who event.Actor) error {
			_, _, err := s.Rules(w.t.Context(), who, "", 1)
			return err
		}),
		"automation.Service.Overdue": over(func(w *office, s *automation.Service, who event.Actor) error {
			_, _, err := s.Overdue(w.t.Context(), who, w.newRule())
			return err
		}),
		"automation.Service.Lint": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.Lint(w.t.Context(), who))
		}),
		"automation.Service.Naming": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.Naming(w.t.Context(), who, automation.Reference{Kind: automation.RefBot, ID: "quiz"}))
		}),
		"automation.Service.Vocabulary": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.Vocabulary(w.t.Context(), who))
		}),
		"automation.Service.Runs": over(func(w *office, s *automation.Service, who event.Actor) error {
			_, _, err := s.Runs(w.t.Context(), who, "r", "", 1)
			return err
		}),
		"automation.Service.Explain": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.Explain(w.t.Context(), who, w.newRule(), w.ticket().ID))
		}),
		"automation.Service.DryRun": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.DryRun(w.t.Context(), who, w.newRule(), w.ticket().ID))
		}),
		"automation.Service.Backtest": over(func(w *office, s *automation.Service, who event.Actor) error {
			return only(s.Backtest(w.t.Context(), who, automation.Backtest{From: time.Now().Add(-time.Minute), To: time.Now(), Tickets: 1}))
		}),
		"automation.Service.RunsOf": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			_, _, err := w.desk.Rules.RunsOf(w.t.Context(), who, w.ticket().ID, "", 1)
			return err
		}},
	}
}
