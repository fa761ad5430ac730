package frontdesk_test

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// newQueue is a queue of its own.
func (w *office) newQueue() *queue.Queue {
	q := &queue.Queue{Name: w.next()}
	w.must(w.desk.Queues.Save(w.t.Context(), frontdesk.Host(), q))
	return q
}

// moveActs are ways in which tickets go from hand to hand.
func moveActs() map[string]deed {
	type (
		c = context.Context
		s = *ticket.Service
		w = event.Actor
	)
	return map[string]deed{
		"ticket.Service.AssignAvailable": onTicket(func(c c, s s, w w, id string) error {
			return only(s.AssignAvailable(c, w, id, "jo", ""))
		}),
		"ticket.Service.Escalate":        onTicket(func(c c, s s, w w, id string) error { return only(s.Escalate(c, w, id, "default")) }),
		"ticket.Service.Return":          onTicket(func(c c, s s, w w, id string) error { return only(s.Return(c, w, id)) }),
		"ticket.Service.UnassignDefault": onTicket(func(c c, s s, w w, id string) error { return only(s.UnassignDefault(c, w, id)) }),
		"ticket.Service.Take": onTicket(func(c c, s s, w w, id string) error {
			err := only(s.Take(c, w, id))
			if bad, ok := errors.AsType[*store.FieldError](err); ok && bad.Field == "actor" && w.Kind != event.Agent {
				return nil // he might, if he were an agent
			}
			return err
		}),
		"ticket.Service.AcceptOffer":  onTicket(func(c c, s s, w w, id string) error { return offered(s.AcceptOffer(c, w, id)) }),
		"ticket.Service.DeclineOffer": onTicket(func(c c, s s, w w, id string) error { return offered(s.DeclineOffer(c, w, id)) }),
	}
}

func queueActs() map[string]deed {
	over := func(may identity.Permission, do func(ctx context.Context, w *office, s *queue.Service, who event.Actor) error) deed {
		return deed{may: may, do: func(w *office, who event.Actor) error { return do(w.t.Context(), w, w.desk.Queues, who) }}
	}
	type (
		c = context.Context
		o = *office
		s = *queue.Service
		a = event.Actor
	)
	return map[string]deed{
		"queue.Service.Save": {may: identity.ManageQueues, do: func(w *office, who event.Actor) error {
			ctx, q := w.t.Context(), &queue.Queue{Name: w.next()}
			err := w.desk.Queues.Save(ctx, who, q)
			if err == nil { // a desk has 500 at most
				w.must(w.desk.Queues.Delete(ctx, frontdesk.Host(), q.ID))
			}
			return err
		}},
		"queue.Service.Rank": over(identity.ManageQueues, func(c c, w o, s s, who a) error {
			set, err := s.Settings(c)
			w.must(err)
			return s.Rank(c, who, set.Order...)
		}),
		"queue.Service.SetDefault": over(identity.ManageQueues, func(c c, w o, s s, who a) error { return s.SetDefault(c, who, queue.DefaultQueue) }),
		"queue.Service.Pause":      over(identity.ManageQueues, func(c c, w o, s s, who a) error { return only(s.Pause(c, who, queue.DefaultQueue, false)) }),
		"queue.Service.Delete": over(identity.ManageQueues, func(c c, w o, s s, who a) error {
			q := w.newQueue()
			err := s.Delete(c, who, q.ID)
			if err != nil {
				w.must(s.Delete(c, frontdesk.Host(), q.ID))
			}
			return err
		}),
		"queue.Service.SaveSettings": over(identity.ManageQueues, func(c c, w o, s s, who a) error {
			set, err := s.Settings(c)
			w.must(err)
			return s.SaveSettings(c, who, set)
		}),
		"queue.Service.SaveWorker": over(identity.ManageQueues, func(c c, w o, s s, who a) error {
			worker, err := s.Worker(c, "pat")
			w.must(err)
			return s.SaveWorker(c, who, worker)
		}),
		"queue.Service.SetAvailability": over(identity.Organise, func(c c, w o, s s, who a) error {
			return only(s.SetAvailability(c, who, "pat", queue.Away, w.next()))
		}),
		"queue.Service.Estimate": {may: identity.Converse, user: true, do: func(w *office, who event.Actor) error {
			return second(w.desk.Queues.Estimate(w.t.Context(), who, w.ticket().ID))
		}},
		"queue.Service.Recorded": over(identity.SeeAnalytics, func(c c, w o, s s, who a) error {
			return only(s.Recorded(c, who, time.Now().Add(-time.Hour), time.Now()))
		}),
		"queue.Service.Loads":    over(identity.SeeRealTime, func(c c, w o, s s, who a) error { return only(s.Loads(c, who, "pat")) }),
		"queue.Service.Figures":  over(identity.SeeRealTime, func(c c, w o, s s, who a) error { return only(s.Figures(c, who, queue.DefaultQueue)) }),
		"queue.Service.EndShift": over(identity.Organise, func(c c, w o, s s, who a) error { return only(s.EndShift(c, who, "pat")) }),
		"queue.Service.Return":   over(identity.Organise, func(c c, w o, s s, who a) error { return only(s.Return(c, who, "pat")) }),
		"queue.Service.AvailabilityLog": over(identity.Organise, func(c c, w o, s s, who a) error {
			return second(s.AvailabilityLog(c, who, "pat", "", 9))
		}),
	}
}
