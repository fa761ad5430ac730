package frontdesk_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/netip"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// acts are all methods that take an actor.
func acts() map[string]deed {
	all := map[string]deed{}
	for _, some := range []map[string]deed{ticketActs(), settingActs(), deskActs(), peopleActs(), staffActs(), redactActs(), moveActs(), queueActs(), ruleActs(), faqActs(), labelActs(), botActs(), analyticsActs(), emailActs(), mailedActs()} {
		maps.Copy(all, some)
	}
	return all
}

// Of a call's results the error.
func only[T any](_ T, err error) error                      { return err }
func second[T, U any](_ T, _ U, err error) error            { return err }
func third[T, U any](_ T, _ U, err error) error             { return err }
func ctxOf(w *office) (context.Context, *ticket.Service)    { return w.t.Context(), w.desk.Tickets }
func folkOf(w *office) (context.Context, *identity.Service) { return w.t.Context(), w.desk.People }

// onTicket is an act on a ticket, which staff may do, and its end user may not.
func onTicket(do func(ctx context.Context, s *ticket.Service, who event.Actor, id string) error) deed {
	return deed{may: identity.Converse, do: func(w *office, who event.Actor) error {
		ctx, s := ctxOf(w)
		return do(ctx, s, who, w.ticket().ID)
	}}
}

// byBoth is an act on a ticket that its end user may do, too.
func byBoth(do func(ctx context.Context, s *ticket.Service, who event.Actor, id string) error) deed {
	a := onTicket(do)
	a.user = true
	return a
}

// offered passes who might answer an offer, if there were one to him.
func offered(_ *ticket.Ticket, err error) error {
	if errors.Is(err, ticket.ErrNotOffered) {
		return nil
	}
	return err
}

func ticketActs() map[string]deed {
	type (
		c = context.Context
		s = *ticket.Service
		w = event.Actor
	)
	return map[string]deed{
		"ticket.Service.Get":      byBoth(func(c c, s s, w w, id string) error { return only(s.Get(c, w, id)) }),
		"ticket.Service.Messages": byBoth(func(c c, s s, w w, id string) error { return second(s.Messages(c, w, id, 0, 0, 9)) }),
		"ticket.Service.MarkRead": byBoth(func(c c, s s, w w, id string) error { return only(s.MarkRead(c, w, id, 1)) }),
		"ticket.Service.Announce": onTicket(func(c c, s s, w w, id string) error { return second(s.Announce(c, w, id, "A line.")) }),
		"ticket.Service.Apply": onTicket(func(c c, s s, w w, id string) error {
			return only(s.Apply(c, w, id, ticket.Action{Do: ticket.DoNote, Text: "A note."}))
		}),
		"ticket.Service.Assign":      onTicket(func(c c, s s, w w, id string) error { return only(s.Assign(c, w, id, "jo")) }),
		"ticket.Service.AssignBot":   onTicket(func(c c, s s, w w, id string) error { return only(s.AssignBot(c, w, id, "b")) }),
		"ticket.Service.AssignGroup": onTicket(func(c c, s s, w w, id string) error { return only(s.AssignGroup(c, w, id, "crew")) }),
		"ticket.Service.AssignQueue": onTicket(func(c c, s s, w w, id string) error { return only(s.AssignQueue(c, w, id, "default")) }),
		"ticket.Service.Unassign":    onTicket(func(c c, s s, w w, id string) error { return only(s.Unassign(c, w, id)) }),
		"ticket.Service.Edit": onTicket(func(c c, s s, w w, id string) error {
			return only(s.Edit(c, w, id, ticket.Edit{Title: new("Other")}))
		}),
		"ticket.Service.Fail":    onTicket(func(c c, s s, w w, id string) error { return only(s.Fail(c, w, id, 1, "bounced")) }),
		"ticket.Service.History": onTicket(func(c c, s s, w w, id string) error { return second(s.History(c, w, id, "", 9)) }),
		"ticket.Service.Note":    onTicket(func(c c, s s, w w, id string) error { return second(s.Note(c, w, id, ticket.Draft{Text: "A note."})) }),
		"ticket.Service.Reply":   onTicket(func(c c, s s, w w, id string) error { return second(s.Reply(c, w, id, ticket.Draft{Text: "Here."})) }),
		"ticket.Service.Reject":  onTicket(func(c c, s s, w w, id string) error { return only(s.Reject(c, w, id)) }),
		"ticket.Service.Resolve": byBoth(func(c c, s s, w w, id string) error { return only(s.Resolve(c, w, id)) }),
		"ticket.Service.Snooze": onTicket(func(c c, s s, w w, id string) error {
			return only(s.Snooze(c, w, id, time.Now().Add(time.Hour), ""))
		}),
		"ticket.Service.Wake": onTicket(func(c c, s s, w w, id string) error { return only(s.Wake(c, w, id)) }),
		"ticket.Service.ByNumber": byBoth(func(c c, s s, w w, id string) error {
			t, err := s.Get(c, frontdesk.Host(), id)
			if err != nil {
				return err
			}
			return only(s.ByNumber(c, w, t.Number))
		}),
		"ticket.Service.Create": {may: identity.Converse, user: true, do: func(w *office, who event.Actor) error {
			n := ticket.New{Actor: who, EndUser: w.user, Message: &ticket.Draft{Text: "Hello."}}
			if who == (event.Actor{}) {
				n.Actor.Kind = "nobody" // the zero actor is the end user
				return forNobody(only(w.desk.Tickets.Create(w.t.Context(), n)))
			}
			return only(w.desk.Tickets.Create(w.t.Context(), n))
		}},
		"ticket.Service.CreateMany": {may: identity.Converse, user: true, do: func(w *office, who event.Actor) error {
			n := ticket.New{Actor: who, EndUser: w.user, Message: &ticket.Draft{Text: "Hello."}}
			if who == (event.Actor{}) {
				n.Actor.Kind = "nobody"
				return forNobody(only(w.desk.Tickets.CreateMany(w.t.Context(), []ticket.New{n})))
			}
			return only(w.desk.Tickets.CreateMany(w.t.Context(), []ticket.New{n}))
		}},
		"ticket.Service.Merge": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			ctx, s := ctxOf(w)
			return second(s.Merge(ctx, who, w.ticket().ID, w.ticket().ID, nil))
		}},
		"ticket.Service.Unmerge": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			ctx, s := ctxOf(w)
			from, _, err := s.Merge(ctx, frontdesk.Host(), w.ticket().ID, w.ticket().ID, nil)
			w.must(err)
			return second(s.Unmerge(ctx, who, from.ID))
		}},
		"ticket.Service.Split": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			ctx, s := ctxOf(w)
			t := w.ticket()
			_, _, err := s.Note(ctx, frontdesk.Host(), t.ID, ticket.Draft{Text: "A note."})
			w.must(err)
			return second(s.Split(ctx, who, t.ID, []int64{1}, "Part"))
		}},
		"ticket.Service.Reopen": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.Reopen(w.t.Context(), who, w.resolved(false).ID))
		}},
		"ticket.Service.SendBack": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.SendBack(w.t.Context(), who, w.resolved(false).ID))
		}},
		"ticket.Service.EndFeedback": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.EndFeedback(w.t.Context(), who, w.resolved(false).ID))
		}},
		"ticket.Service.AskRating": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.AskRating(w.t.Context(), who, w.resolved(false).ID))
		}},
		"ticket.Service.Rate": {may: identity.Speak, user: true, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.Rate(w.t.Context(), who, w.resolved(true).ID, 5, ""))
		}},
		"ticket.Service.Confirm": {may: identity.Speak, user: true, do: func(w *office, who event.Actor) error {
			ctx, s := ctxOf(w)
			app := ticket.NewApp(w.next(), "Shop")
			app.Platforms[0].AskResolved = true
			w.must(s.SaveApp(ctx, frontdesk.Host(), app))
			t, err := s.Create(ctx, ticket.New{EndUser: w.user, App: app.ID, Platform: app.Platforms[0].Name, Message: &ticket.Draft{Text: "Hello."}})
			w.must(err)
			_, err = s.Resolve(ctx, event.Actor{Kind: event.Agent, ID: "root"}, t.ID)
			w.must(err)
			return only(s.Confirm(ctx, who, t.ID, true))
		}},
		"ticket.Service.Bulk": {may: identity.BulkChange, bots: true, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.Bulk(w.t.Context(), who, []string{w.ticket().ID}, ticket.Action{Do: ticket.DoResolve}))
		}},
		"ticket.Service.Redact": {may: identity.Redact, do: func(w *office, who event.Actor) error {
			return second(w.desk.Tickets.Redact(w.t.Context(), who, w.ticket().ID, 1, nil))
		}},
		"ticket.Service.RedactPattern": {may: identity.Redact, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.RedactPattern(w.t.Context(), who, w.ticket().ID, ""))
		}},
		"ticket.Service.RedactAttachment": {may: identity.Redact, do: func(w *office, who event.Actor) error {
			t, file := w.withFile()
			return second(w.desk.Tickets.RedactAttachment(w.t.Context(), who, t, 2, file))
		}},
		"ticket.Service.Upload": {may: identity.Converse, user: true, do: func(w *office, who event.Actor) error {
			return only(w.upload(who))
		}},
		"ticket.Service.Attachment": {may: identity.Converse, user: true, do: func(w *office, who event.Actor) error {
			_, file := w.withFile()
			r, _, err := w.desk.Tickets.Attachment(w.t.Context(), who, file)
			if err == nil {
				err = r.Close()
			}
			return err
		}},
	}
}

// forNobody is the error as if nobody had been named.
func forNobody(err error) error {
	if refused, ok := errors.AsType[*identity.PermissionError](err); ok {
		return &identity.PermissionError{Permission: refused.Permission}
	}
	return err
}

// withFile is a ticket whose second message has a file.
func (w *office) withFile() (ticketID, file string) {
	ctx, s := ctxOf(w)
	a, err := w.upload(frontdesk.Host())
	w.must(err)
	t := w.ticket()
	_, _, err = s.Reply(ctx, frontdesk.Host(), t.ID, ticket.Draft{Text: "See.", Attachments: []string{a.ID}})
	w.must(err)
	return t.ID, a.ID
}

func (w *office) upload(who event.Actor) (*ticket.Attachment, error) {
	return w.desk.Tickets.Upload(w.t.Context(), who, ticket.DefaultApp, "", "a.txt", strings.NewReader("text"))
}

// overTickets is an act on all of them.
func overTickets(do func(ctx context.Context, s *ticket.Service, who event.Actor) error) deed {
	return deed{may: identity.Converse, do: func(w *office, who event.Actor) error {
		ctx, s := ctxOf(w)
		return do(ctx, s, who)
	}}
}

func deskActs() map[string]deed {
	type (
		c = context.Context
		s = *ticket.Service
		w = event.Actor
	)
	all := map[string]deed{
		"ticket.Service.List":  overTickets(func(c c, s s, w w) error { return second(s.List(c, w, ticket.Filter{}, "", 9)) }),
		"ticket.Service.Count": overTickets(func(c c, s s, w w) error { return only(s.Count(c, w, ticket.Filter{}, 9)) }),
		"ticket.Service.All":   overTickets(func(c c, s s, w w) error { return second(s.All(c, w, "", 9)) }),
		"ticket.Service.Views": overTickets(func(c c, s s, w w) error { return only(s.Views(c, w)) }),
		"ticket.Service.SuggestQuickReplies": overTickets(func(c c, s s, w w) error {
			return only(s.SuggestQuickReplies(c, w, "a", 9))
		}),
		"ticket.Service.QuickReplies": overTickets(func(c c, s s, w w) error {
			return second(s.QuickReplies(c, w, ticket.QuickReplyFilter{}, "", 9))
		}),
		"ticket.Service.Tail": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			w.ticket()
			w.must(only(w.desk.Events.Sequence(w.t.Context())))
			for _, err := range w.desk.Tickets.Tail(w.t.Context(), who, 0) {
				return err // it begins with what there is
			}
			return nil
		}},
		"ticket.Service.OfEndUser": {may: identity.Converse, user: true, do: func(w *office, who event.Actor) error {
			return second(w.desk.Tickets.OfEndUser(w.t.Context(), who, w.user, "", 9))
		}},
		"ticket.Service.ViewTickets": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return second(w.desk.Tickets.ViewTickets(w.t.Context(), who, w.view().ID, "", 9))
		}},
		"ticket.Service.ViewCounts": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.ViewCounts(w.t.Context(), who, w.view().ID))
		}},
		"search.Index.Find": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Search.Find(w.t.Context(), who, ticket.Search{Text: "where"}))
		}},
	}
	whole := all["ticket.Service.All"]
	whole.may = identity.Configure
	all["ticket.Service.All"] = whole
	return all
}

func (w *office) view() *ticket.View {
	v := &ticket.View{Name: w.next(), Filter: "ticket.open"}
	w.must(w.desk.Tickets.SaveView(w.t.Context(), frontdesk.Host(), v))
	return v
}

func (w *office) reply() *ticket.QuickReply {
	q := &ticket.QuickReply{Title: w.next(), Texts: []ticket.ReplyText{{Text: "Thank you."}}}
	w.must(w.desk.Tickets.SaveQuickReply(w.t.Context(), frontdesk.Host(), q))
	return q
}

// policy is a service policy of the desk's, of which it has no more than it needs.
func (w *office) policy() *ticket.Policy {
	ctx, s := ctxOf(w)
	all, err := s.Policies(ctx)
	w.must(err)
	if len(all) > 0 {
		return all[0]
	}
	p := &ticket.Policy{Name: "All", First: time.Hour}
	w.must(s.SavePolicy(ctx, frontdesk.Host(), p))
	return p
}

func peopleActs() map[string]deed {
	type (
		c = context.Context
		s = *identity.Service
		w = event.Actor
	)
	over := func(may identity.Permission, do func(c c, s s, w w, user string) error) deed {
		return deed{may: may, do: func(o *office, who event.Actor) error {
			ctx, s := folkOf(o)
			return do(ctx, s, who, o.user)
		}}
	}
	all := map[string]deed{
		"identity.Service.AddNote": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			u, err := s.Save(ctx, frontdesk.Host(), identity.Profile{UserID: w.next()})
			w.must(err)
			return only(s.AddNote(ctx, who, u.ID, "A note."))
		}},
		"identity.Service.DeleteNote": {may: identity.Organise, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			n, err := s.AddNote(ctx, event.Actor{Kind: event.Agent, ID: "pat"}, w.user, "A note.")
			w.must(err)
			err = s.DeleteNote(ctx, who, n.ID)
			if err != nil {
				w.must(s.DeleteNote(ctx, frontdesk.Host(), n.ID))
			}
			return err
		}},
		"identity.Service.Notes":    over(identity.Converse, func(c c, s s, w w, user string) error { return only(s.Notes(c, w, user)) }),
		"identity.Service.Refresh":  over(identity.Converse, func(c c, s s, w w, user string) error { return only(s.Refresh(c, w, user)) }),
		"identity.Service.BanOf":    over(identity.Converse, func(c c, s s, w w, user string) error { return only(s.BanOf(c, w, user, netip.Addr{})) }),
		"identity.Service.Bans":     over(identity.Converse, func(c c, s s, w w, _ string) error { return second(s.Bans(c, w, "", 9)) }),
		"identity.Service.Withheld": over(identity.Converse, func(c c, s s, w w, _ string) error { return second(s.Withheld(c, w, "", 9)) }),
		"identity.Service.Members":  over(identity.Converse, func(c c, s s, w w, _ string) error { return second(s.Members(c, w, "o", "", 9)) }),
		"identity.Service.Claim": over(identity.Converse, func(c c, s s, w w, user string) error {
			return only(s.Claim(c, w, user, identity.Profile{Phone: "+49 40 1234"}))
		}),
		"identity.Service.Belong": over(identity.Configure, func(c c, s s, w w, user string) error { return only(s.Belong(c, w, user, "")) }),
		"identity.Service.Save":   over(identity.Configure, func(c c, s s, w w, _ string) error { return only(s.Save(c, w, identity.Profile{UserID: "eve"})) }),
		"identity.Service.Audit": over(identity.Configure, func(c c, s s, w w, _ string) error {
			return second(s.Audit(c, w, identity.AuditFilter{}, "", 9))
		}),
		"identity.Service.FindEndUsers":     over(identity.Converse, func(c c, s s, w w, _ string) error { return second(s.FindEndUsers(c, w, "eve", "", 9)) }),
		"identity.Service.LogoutEverywhere": over(identity.Configure, func(c c, s s, w w, user string) error { return only(s.LogoutEverywhere(c, w, user)) }),
		"identity.Service.Erase": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			u, err := s.Save(ctx, frontdesk.Host(), identity.Profile{UserID: w.next()})
			w.must(err)
			return only(s.Erase(ctx, who, u.ID))
		}},
		"identity.Service.Export":  over(identity.Configure, func(c c, s s, w w, user string) error { return s.Export(c, w, user, io.Discard) }),
		"identity.Service.Archive": over(identity.Configure, func(c c, s s, w w, user string) error { return s.Archive(c, w, user, io.Discard) }),
		"identity.Service.Erasure": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			u, err := s.Save(ctx, frontdesk.Host(), identity.Profile{UserID: w.next()})
			w.must(err)
			w.must(only(s.Erase(ctx, frontdesk.Host(), u.ID)))
			return only(s.Erasure(ctx, who, u.ID))
		}},
		"identity.Service.MergeEndUsers": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			u, err := s.Save(ctx, frontdesk.Host(), identity.Profile{Email: w.next() + "@shop.example"})
			w.must(err)
			return only(s.MergeEndUsers(ctx, who, u.ID, w.user))
		}},
		"identity.Service.SaveOrganisation": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.People.SaveOrganisation(w.t.Context(), who, &identity.Organisation{Name: w.next()})
		}},
		"identity.Service.Ban": {may: identity.Organise, do: func(w *office, who event.Actor) error {
			return only(w.desk.People.Ban(w.t.Context(), who, identity.Ban{Kind: identity.BanDomain, Value: w.next() + ".example", Team: "team"}))
		}},
		"identity.Service.Lift": {may: identity.Organise, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			b, err := s.Ban(ctx, frontdesk.Host(), identity.Ban{Kind: identity.BanDomain, Value: w.next() + ".example", Team: "team"})
			w.must(err)
			return s.Lift(ctx, who, b.ID)
		}},
	}
	for _, own := range []string{"BanOf", "Claim", "LogoutEverywhere"} {
		a := all["identity.Service."+own]
		a.user = true
		all["identity.Service."+own] = a
	}
	return all
}

func (w *office) key() string {
	k, _, err := w.desk.People.AddKey(w.t.Context(), frontdesk.Host(), identity.Key{Name: w.next(), May: []identity.Permission{identity.Converse}})
	w.must(err)
	return k.ID
}

func staffActs() map[string]deed {
	return map[string]deed{
		"identity.Service.SaveAgent": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.People.SaveAgent(w.t.Context(), who, &identity.Agent{Name: "New"})
		}},
		"identity.Service.SetRole": {may: identity.Promote, do: func(w *office, who event.Actor) error {
			return only(w.desk.People.SetRole(w.t.Context(), who, "pat", identity.AgentRole))
		}},
		"identity.Service.SetGroups": {may: identity.Organise, do: func(w *office, who event.Actor) error {
			return only(w.desk.People.SetGroups(w.t.Context(), who, "pat", []string{"crew"}))
		}},
		"identity.Service.SaveGroup": {may: identity.Organise, do: func(w *office, who event.Actor) error {
			return w.desk.People.SaveGroup(w.t.Context(), who, &identity.Group{Name: w.next(), Team: "team"})
		}},
		"identity.Service.SaveTeam": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.People.SaveTeam(w.t.Context(), who, &identity.Team{Name: w.next(), Supervisor: "lea"})
		}},
		"identity.Service.SaveAccess": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			a, err := s.Access(ctx)
			w.must(err)
			return s.SaveAccess(ctx, who, a)
		}},
		"identity.Service.Deactivate": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			a := &identity.Agent{Name: "Leaving"}
			w.must(w.desk.People.SaveAgent(w.t.Context(), frontdesk.Host(), a))
			return only(w.desk.People.Deactivate(w.t.Context(), who, a.ID, identity.Handover{}))
		}},
		"identity.Service.Mute": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return only(w.desk.People.Mute(w.t.Context(), who, "pat", nil))
		}},
		"ticket.Service.Notices": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return second(w.desk.Tickets.Notices(w.t.Context(), who, "pat", "", 9))
		}},
		"ticket.Service.UnreadNotices": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.UnreadNotices(w.t.Context(), who, "pat"))
		}},
		"ticket.Service.MarkNoticesRead": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.MarkNoticesRead(w.t.Context(), who, "pat", ""))
		}},
		"identity.Service.Invite": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			_, _, err := w.desk.People.Invite(w.t.Context(), who, identity.Invitation{Email: w.next() + "@example.com"})
			return err
		}},
		"identity.Service.RevokeInvitation": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			i, _, err := w.desk.People.Invite(w.t.Context(), frontdesk.Host(), identity.Invitation{Email: w.next() + "@example.com"})
			w.must(err)
			return w.desk.People.RevokeInvitation(w.t.Context(), who, i.ID)
		}},
		"identity.Service.Invitations": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return second(w.desk.People.Invitations(w.t.Context(), who, "", 9))
		}},
		"identity.Service.AddKey": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			_, _, err := w.desk.People.AddKey(w.t.Context(), who, identity.Key{Name: w.next(), May: []identity.Permission{identity.Converse}})
			return err
		}},
		"identity.Service.RevokeKey": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.People.RevokeKey(w.t.Context(), who, w.key())
		}},
		"identity.Service.DeleteKey": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			id := w.key()
			w.must(w.desk.People.RevokeKey(w.t.Context(), frontdesk.Host(), id))
			return w.desk.People.DeleteKey(w.t.Context(), who, id)
		}},
		"identity.Service.Keys": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return second(w.desk.People.Keys(w.t.Context(), who, "", 9))
		}},
		"identity.Service.AddSecret": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return only(w.desk.People.AddSecret(w.t.Context(), who, ticket.DefaultApp, ""))
		}},
		"identity.Service.RetireSecret": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.People.RetireSecret(w.t.Context(), who, ticket.DefaultApp)
		}},
	}
}
