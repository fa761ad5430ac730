package staff

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Whether the agent gets tickets, what he is offered, and where tickets go from here.

type workForm struct {
	State  queue.State `json:"state"`
	Reason string      `json:"reason"`
	Since  *time.Time  `json:"since"`
}

func workOf(av *queue.Availability) workForm {
	return workForm{av.State, av.Reason, present(av.Since)}
}

// work is how the agent stands, with the tickets that he is offered: the page may have
// been opened after the offer.
func (p *Page) work(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	av, err := p.desk.Queues.Availability(ctx, me.ID)
	if err != nil {
		return err
	}
	ts, _, err := p.desk.Tickets.List(ctx, me.Actor(), ticket.Filter{Waiting: true}, "", mostAwake)
	if err != nil {
		return err
	}
	offered := []ticketForm{}
	for _, t := range ts {
		if t.OfferedTo() != me.ID {
			continue
		}
		f, err := p.ticketOf(ctx, me, t)
		if err != nil {
			return err
		}
		offered = append(offered, f)
	}
	return write(w, struct {
		workForm
		Offered []ticketForm `json:"offered"`
	}{workOf(av), offered})
}

// back makes an agent available again who was set offline because his page was gone, and
// opens it now. Whoever said that he is offline stays so.
func (p *Page) back(ctx context.Context, me *identity.Agent) error {
	av, err := p.desk.Queues.Availability(ctx, me.ID)
	if err != nil || av.State != queue.Offline || av.Reason != queue.WhyHeartbeat {
		return err
	}
	_, err = p.desk.Queues.Login(ctx, me.ID)
	return err
}

// setWork says whether an agent gets tickets: he himself, or who looks after him.
func (p *Page) setWork(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Agent  string      `json:"agent"` // "": he himself
		State  queue.State `json:"state"`
		Reason string      `json:"reason"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if in.Agent == "" {
		in.Agent = me.ID
	}
	av, err := p.desk.Queues.SetAvailability(r.Context(), me.Actor(), in.Agent, in.State, in.Reason)
	if err != nil {
		return err
	}
	return write(w, workOf(av))
}

// happening is what happens on the desk besides tickets: its kind, and to what.
type happening struct {
	kind string
	of   map[string]string
}

// tailDesk hands on whose availability changes, "" being a change of queues, and which
// article does, "" being a change of sections.
func (p *Page) tailDesk(ctx context.Context, after int64, to chan<- happening) {
	for e, err := range p.desk.Events.Tail(ctx, after) {
		if err != nil {
			return // as tail
		}
		_, id, _ := strings.Cut(e.Subject, ":")
		var h happening
		switch e.Type {
		case queue.AvailabilitySet, queue.WorkerChanged:
			h = happening{"work", map[string]string{"agent": id}}
		case queue.QueueCreated, queue.QueueChanged, queue.QueueDeleted, queue.SettingsSaved:
			h = happening{"work", map[string]string{"agent": ""}}
		case faq.ArticleSaved, faq.ArticleDeleted, faq.DraftSaved, faq.Published, faq.Unpublished, faq.Scheduled, faq.TranslationGone:
			h = happening{"help", map[string]string{"article": id}}
		case faq.SectionSaved, faq.SectionMoved, faq.SectionDeleted:
			h = happening{"help", map[string]string{"article": ""}}
		default:
			continue
		}
		select {
		case to <- h:
		case <-ctx.Done():
			return
		}
	}
}

// offerForm is to whom a ticket is offered, and how long yet.
type offerForm struct {
	Agent string    `json:"agent"`
	Until time.Time `json:"until"`
}

func offerOf(t *ticket.Ticket) *offerForm {
	if t.OfferedTo() == "" {
		return nil
	}
	return &offerForm{t.Offer.Agent, t.Offer.Until}
}

// move does what the queues ask of agents.
func (p *Page) move(r *http.Request, me *identity.Agent, o order) (*ticket.Ticket, error) {
	ctx, id, tickets, who := r.Context(), r.PathValue("id"), p.desk.Tickets, me.Actor()
	switch r.PathValue("act") {
	case "accept":
		return tickets.AcceptOffer(ctx, who, id)
	case "decline":
		return tickets.DeclineOffer(ctx, who, id)
	case "transfer":
		return tickets.AssignQueue(ctx, who, id, o.Queue)
	case "escalate":
		return tickets.Escalate(ctx, who, id, o.Queue)
	case "return":
		return tickets.Return(ctx, who, id)
	}
	return nil, store.ErrNotFound
}

// queueNames are the queues, best rank first.
func (p *Page) queueNames(ctx context.Context) ([]groupForm, error) {
	qs, _, err := p.desk.Queues.Queues(ctx)
	list := make([]groupForm, len(qs))
	for i, q := range qs {
		list[i] = groupForm{q.ID, q.Name}
	}
	return list, err
}
