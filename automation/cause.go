package automation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// cause is why rules run: a change of a ticket, which may be told by several events, or a
// moment.
type cause struct {
	key   string // by which a rule runs on a ticket once
	id    string // of the change's first event; "" of a moment
	depth int    // of the chain that led to it

	created bool
	names   []string // of Event
	changed []string // what it changed, as conditions name it
	seq     int64    // of its message
	es      []*event.Event
}

const changePrefix = "change/"

// causes reads the changes that consecutive events of one ticket tell.
func causes(es []*event.Event) (cs []*cause, err error) {
	for _, e := range es {
		if !strings.HasPrefix(e.Type, "ticket.") {
			continue
		}
		if n := len(cs); n == 0 || cs[n-1].es[0].Revision != e.Revision {
			cs = append(cs, &cause{key: fmt.Sprintf("%s%012x", changePrefix, e.Revision), id: e.ID})
		}
		if err := cs[len(cs)-1].read(e); err != nil {
			return nil, err
		}
	}
	return cs, nil
}

// read takes in one event.
func (c *cause) read(e *event.Event) error {
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	c.es = append(c.es, e)
	c.depth = max(c.depth, e.Depth)
	if f.Was != "" && f.Was != f.Status {
		c.happened(EventStatus, "status")
	}
	switch e.Type {
	case ticket.Created:
		c.created = true
		c.seq = f.Seq
	case ticket.MessageAdded:
		c.wrote(&f)
	case ticket.Assigned:
		c.assigned(&f)
	case ticket.Resolved:
		c.happened(EventResolved, "")
	case ticket.Rejected:
		c.happened(EventRejected, "")
	case ticket.Reopened:
		c.happened(EventReopened, "")
	case ticket.Changed:
		for _, what := range f.What {
			c.edited(what)
		}
	case ticket.Rated:
		c.happened(EventRated, "")
	case ticket.Answered:
		c.happened(EventAnswered, "")
	case ticket.Snoozed:
		c.happened(EventSnoozed, "")
	case ticket.Woken:
		c.happened(EventWoken, "")
	case ticket.AtRisk:
		c.happened(EventAtRisk, "")
	case ticket.Breached:
		c.happened(EventBreached, "")
	}
	return nil
}

// happened notes an event, and what it changed, each once.
func (c *cause) happened(name Event, what string) {
	if !slices.Contains(c.names, string(name)) {
		c.names = append(c.names, string(name))
	}
	if what != "" && !slices.Contains(c.changed, what) {
		c.changed = append(c.changed, what)
	}
}

func (c *cause) wrote(f *ticket.Facts) {
	c.seq = f.Seq
	switch author := f.Author.Kind; {
	case f.Message == ticket.Public && author == event.EndUser:
		c.happened(EventEndUserMessage, "")
	case f.Message == ticket.Public && author == event.Agent:
		c.happened(EventAgentMessage, "")
	case f.Message == ticket.Public && author == event.Bot:
		c.happened(EventBotMessage, "")
	case f.Message == ticket.Note && author == event.Agent:
		c.happened(EventNote, "")
	}
}

func (c *cause) assigned(f *ticket.Facts) {
	if f.To != f.From {
		switch {
		case f.To.Kind == event.Agent:
			c.happened(EventAssigned, "assignee")
		case f.From.Kind == event.Agent:
			c.happened(EventUnassigned, "assignee")
		}
		if f.To.Kind == event.Bot || f.From.Kind == event.Bot {
			c.changed = append(c.changed, "bot")
		}
	}
	if f.Queue != f.WasQueue {
		c.happened(EventQueue, "queue")
	}
	if f.Group != f.WasGroup {
		c.happened(EventGroup, "group")
	}
}

func (c *cause) edited(what string) {
	if key, ok := strings.CutPrefix(what, "fields."); ok {
		c.happened(EventField, "field."+key)
		return
	}
	switch what {
	case "tags":
		c.happened(EventTags, what)
	case "label":
		c.happened(EventLabel, what)
	case "priority":
		c.happened(EventPriority, what)
	case "title":
		c.happened(EventTitle, what)
	case "language":
		c.happened(EventLanguage, what)
	}
}
