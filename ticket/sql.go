package ticket

import "github.com/frontdesk-go/frontdesk/store/driver"

// What a store over SQL shows to those who read the database itself.
var (
	ticketView = driver.SQLView{
		Name: "tickets",
		Doc:  "One row for each ticket, as it is now.",
		Columns: []driver.SQLColumn{
			{Name: "id", Doc: "UUIDv7: ids grow with the time of creation."},
			{Name: "number", Path: "number", Kind: driver.SQLInt, Doc: "The number that people use."},
			{Name: "app", Path: "app", Doc: "The product or brand."},
			{Name: "platform", Path: "platform", Doc: "ios, android, webchat, web, email or api."},
			{Name: "channel", Path: "channel", Doc: "How the first message came."},
			{Name: "language", Path: "language", Doc: "Language tag."},
			{Name: "end_user", Path: "end_user", Doc: "Id of the customer."},
			{Name: "title", Path: "title", Doc: "Title; null if there is none, or after an erasure."},
			{Name: "status", Path: "status", Doc: "new, new_for_agent, agent_replied, waiting_for_agent, pending_reassignment, resolved or rejected."},
			{Name: "priority", Path: "priority", Doc: "low, normal, high, urgent; null is none."},
			{Name: "label", Path: "label.name", Doc: "What the ticket is about."},
			{Name: "label_source", Path: "label.source", Doc: "predicted, agent, automation or bot."},
			{Name: "label_confidence", Path: "label.confidence", Kind: driver.SQLNumber, Doc: "0 to 1, of a prediction."},
			{Name: "tags", Path: "tags", Kind: driver.SQLJSON, Doc: "List of tags."},
			{Name: "fields", Path: "fields", Kind: driver.SQLJSON, Doc: "List of custom fields, each with its key and value."},
			{Name: "assignee_kind", Path: "assignee.kind", Doc: "agent or bot; null: nobody has it."},
			{Name: "assignee", Path: "assignee.id", Doc: "Id of the agent or bot who has it."},
			{Name: "group", Path: "group", Doc: "Id of the group that it was given to."},
			{Name: "queue", Path: "queue", Doc: "Id of the queue that it is in."},
			{Name: "created", Path: "times.created", Kind: driver.SQLTime, Doc: "When it was created."},
			{Name: "updated", Path: "times.updated", Kind: driver.SQLTime, Doc: "When anything about it last changed."},
			{Name: "first_assigned", Path: "times.first_assigned", Kind: driver.SQLTime, Doc: "When an agent first got it."},
			{Name: "first_response", Path: "times.first_response", Kind: driver.SQLTime, Doc: "First answer of an agent or bot."},
			{Name: "first_human_response", Path: "times.first_human", Kind: driver.SQLTime, Doc: "First answer of an agent."},
			{Name: "last_agent_message", Path: "times.last_agent", Kind: driver.SQLTime, Doc: "Last message of an agent."},
			{Name: "last_end_user_message", Path: "times.last_end_user", Kind: driver.SQLTime, Doc: "Last message of the customer."},
			{Name: "waiting_since", Path: "waiting_since", Kind: driver.SQLTime, Doc: "First message of the customer that nobody has answered; null while nobody waits."},
			{Name: "resolved", Path: "times.resolved", Kind: driver.SQLTime, Doc: "When it was resolved or rejected; null while it is open."},
			{Name: "reopened", Path: "reopened", Kind: driver.SQLInt, Doc: "How often it was reopened; null is never."},
			{Name: "messages_in", Path: "counts.inbound", Kind: driver.SQLInt, Doc: "Messages of the customer; null is none."},
			{Name: "messages_agent", Path: "counts.agent", Kind: driver.SQLInt, Doc: "Messages of agents; null is none."},
			{Name: "messages_bot", Path: "counts.bot", Kind: driver.SQLInt, Doc: "Messages of bots; null is none."},
			{Name: "messages_automation", Path: "counts.automation", Kind: driver.SQLInt, Doc: "Messages of automations; null is none."},
		},
	}
	messageView = driver.SQLView{
		Name: "messages",
		Doc:  "One row for each message, note and line of the desk.",
		Columns: []driver.SQLColumn{
			{Name: "ticket", Path: "ticket", Doc: "Id of its ticket."},
			{Name: "seq", Path: "seq", Kind: driver.SQLInt, Doc: "Its place in the ticket, from 1."},
			{Name: "kind", Path: "kind", Doc: "public, note (for staff only) or system."},
			{Name: "author_kind", Path: "author.kind", Doc: "end_user, agent, bot, automation or system."},
			{Name: "author", Path: "author.id", Doc: "Id of who wrote it."},
			{Name: "end_user", Path: "end_user", Doc: "Id of the customer whose ticket it is on."},
			{Name: "time", Path: "time", Kind: driver.SQLTime, Doc: "When it was written."},
			{Name: "text", Path: "text", Doc: "What it says; null after an erasure."},
			{Name: "attachments", Path: "attachments", Kind: driver.SQLJSON, Doc: "List of attachments with name, type and size; null is none."},
			{Name: "failure", Path: "failure", Doc: "Why it couldn't be delivered."},
		},
	}
	ratingView = driver.SQLView{
		Name:  "csat",
		Of:    "event",
		Doc:   "One row for each answer to a survey; an answer that was changed has a row for each.",
		Where: driver.Equal{Path: "type", Value: Rated},
		Columns: []driver.SQLColumn{
			{Name: "ticket", Path: "subject", Doc: "Id of the ticket."},
			{Name: "time", Path: "time", Kind: driver.SQLTime, Doc: "When the customer answered."},
			{Name: "score", In: "facts", Path: "score", Kind: driver.SQLInt, Doc: "1 to 5."},
			{Name: "agent", In: "facts", Path: "to.id", Doc: "Id of the agent whom it is about."},
			{Name: "end_user", Path: "owner", Doc: "Id of the customer."},
			{Name: "app", In: "facts", Path: "app", Doc: "The product or brand."},
			{Name: "platform", In: "facts", Path: "platform", Doc: "Where the customer was."},
			{Name: "channel", In: "facts", Path: "channel", Doc: "The ticket's channel."},
		},
	}
)
