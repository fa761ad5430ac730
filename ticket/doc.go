// Package ticket keeps support cases and their conversations.
//
// Open it over a store, with the log of events and the directory of people:
//
//	tickets, err := ticket.Open(ctx, db, events, jobs, people, nil)
//	t, err := tickets.Create(ctx, ticket.New{EndUser: id, Message: &ticket.Draft{Text: "Where is my parcel?"}})
//	t, m, err := tickets.Reply(ctx, agent, t.ID, ticket.Draft{Text: "On its way."})
//	t, err = tickets.Resolve(ctx, agent, t.ID)
//
// What an end user writes in a conversation goes through [Service.Write], which
// finds his open ticket, reopens one, or begins one that follows up.
//
// # Changes
//
// Each change is one transaction: the ticket, its messages and its events are
// written together or not at all. Hooks run inside of it; everything else acts on
// the events, afterwards. [Facts] is the payload of all of them.
//
// # Status and wait
//
// A table in status.go is the whole status machine. What it doesn't list is
// refused with a [*TransitionError]. The wait is the time since the first message
// of the end user that no agent has answered; it stands still while a bot has the
// ticket.
//
// # Messages
//
// Messages are numbered in their ticket from 1, without gaps, so that a reader
// who was away asks for what came after the last one he has. A client message id
// makes a repetition harmless.
//
// # Intake
//
// A new ticket passes steps before anybody is given it: [Options.Language] finds its
// language, and [Options.Steps] are what other packages put there. A step that fails
// or is slow is passed over, with a warning on the ticket. Each is passed once,
// whenever the process dies; an agent who takes the ticket by hand ends its intake.
//
// # Resolved
//
// A platform may ask the end user whether an answer solved it ([Service.Confirm]),
// and how satisfied he is ([Service.Rate]). Fields that are required hold agents up
// ([*IncompleteError]), nobody else.
//
// # Several at once
//
// An [Action] is what quick replies, bulk changes and rules are made of:
// [Service.Apply] does some to one ticket in one transaction, [Service.Bulk] to many
// tickets, one by one. [Service.Merge] and [Service.Split] move messages, which keep
// their ids ([Message.ID]); what is sent to a ticket that was merged goes where its
// messages went, and all else is a [*MergedError] that says where that is.
//
// # History
//
// [Service.History] tells who changed what, from what, to what, and why. Its values
// go with an erasure.
//
// # What is taken out
//
// [Service.Redact] takes out what a message said, [Service.RedactAttachment] a file, and
// [Service.RedactPattern] all that a pattern finds on a ticket: the numbers of payment
// cards, say. What is gone is gone in the history, in previews, in quotes elsewhere and
// on screens, too; a mark stays. [App.Masking] takes it out of what end users write
// before it is kept.
//
// [App.Retention] has what was written on a ticket erased some time after it was closed
// ([Service.EraseLapsed], which the desk's housekeeping calls). Of an end user under full
// privacy, or in an app that has that for all ([App.FullPrivacy]), personal fields and
// attachments aren't taken.
//
// # Who sees what
//
// An agent sees the tickets that the desk's settings let him (identity.Access): any
// other one is store.ErrNotFound, and in no list, view, count or search of his.
// [Service.Tail] is the live feed of what he sees. Answers to surveys are for who has
// the permission SeeRatings. Packages that find tickets in ways of their own ask
// [Ticket.SeenBy].
//
// # What devices send
//
// A custom field, a tag or a piece of metadata that can't be taken from a device
// is left out, and the ticket carries a warning: one bad value never loses a
// ticket. From staff and from the host it is an error that names the field.
//
// # Quick replies
//
// [Service.SaveQuickReply] keeps texts that are ready to be sent, in several
// languages, with placeholders, attachments and actions. Agents find them by what
// they type ([Service.SuggestQuickReplies]), look one over
// ([Service.PreviewQuickReply]) and send it ([Service.SendQuickReply]): message,
// actions and the record of its use are one transaction.
//
// # Business hours
//
// A [Calendar] says when somebody is there (package hours). Platforms, queues, policies
// and shifts name one by its id; where none is named the desk's counts ([DeskCalendar]),
// and where there is none either, the desk is always open. [Service.SaveCalendar] keeps
// one, [CalendarSaved] is its event, and [Service.Hours] finds the one that counts.
//
// # Service policies
//
// A [Policy] promises within which business time tickets of some kind are answered and
// resolved; [Service.SavePolicy] keeps it, and [Service.OrderPolicies] says which comes
// first. [Ticket.Due] tells what is due next, when, and whether that is at risk or
// breached, [Ticket.Missed] what came too late. Each change of a ticket brings this up to
// date in its own transaction; a timer comes at the moments between. That a clock is at
// risk ([AtRisk]) and that it was breached ([Breached]) is said once for each, as an event,
// whoever finds out first; the event of an answer or a resolution says for which targets
// it was in time and for which it was late ([Facts]). What is at risk and breached at the
// same time, as after the desk was away, is breached only. [Target] tells what begins,
// holds and ends the clocks.
//
// Where policies, calendars or custom fields change, due moments of open tickets move, in
// the background, and from when they count stays. What was breached stays breached, and due
// when it was, until the answer comes; what is past by the new policy is breached at once.
//
// # Notices
//
// Agents are told that they were given a ticket, were mentioned in a note, or that the
// end user wrote on a ticket that they have or follow, or a target of it was missed:
// [Service.Notices], and a
// [Notifier] of the host's. Nobody is told of what he did himself, or of a ticket that
// he doesn't see. A notice names the ticket and holds nothing that people wrote.
//
// # Views
//
// A [View] is a filter that staff keep, as ticket.open and "vip" in ticket.tags;
// [Vars] lists the names, and package internal/condition tells the language.
// [Service.ViewTickets] walks an index where the filter names a status, queue,
// assignee, group, tag, label, app, platform, channel, language, priority, a custom
// field with few values, or a range of times, and asks the live ticket for the rest.
// Counts are kept as tickets change; a new filter's count is built in the
// background. Where the filter compares a time with now, tickets are counted when
// asked for.
//
// # Caveats
//
// [Service.List] reads a projection that follows the log, some milliseconds
// behind while the desk runs, and so do views; a row is always shown as it is now.
// How often a quick reply was used is counted in the same way. [Presence] of another
// process is about a second old.
//
// A note that quotes a ticket in another end user's keeps that quotation for as long as
// its own ticket is kept, and after an undone merge redaction doesn't find it any more.
// The client id of a redacted message stays, so that its repetition is known. Attachments
// that an end user sent before he came under full privacy stay until they are redacted.
//
// A ticket remembers the last 50 times when its clocks stood still; of more the oldest are
// put together, which is exact by the wall clock alone. It remembers the last 20 alerts. A
// due moment more than ten years away is none. Conditions of policies are asked when a
// ticket changes, so one about a personal field holds until the next change after that was
// erased.
//
// Where messages have moved, their numbers don't follow their times any more: show
// them by time, then by number. A number that a message had is given to no other one
// of its ticket.
package ticket
