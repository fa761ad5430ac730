package frontdesk_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// planter fills a desk with people of whom every word can be told from all others.
type planter struct {
	*frontdesk.Desk
	t       *testing.T
	secret  string
	article string // id of one that everybody may read
}

// person is an end user with all that a desk can know of one.
type person struct {
	id      string
	tickets []string
	marks   map[string]string // what was planted, by where; gone is what nobody keeps
}

// mark is a word that is nowhere else.
func (p *person) mark(where string) string {
	var b strings.Builder
	for range 16 {
		n, err := rand.Int(rand.Reader, big.NewInt(20))
		if err != nil {
			panic(err)
		}
		b.WriteByte("bcdfghjklmnpqrtvwxyz"[n.Int64()]) // no ending that is cut off
	}
	p.marks[where] = b.String()
	return b.String()
}

// digits is a number that is nowhere else.
func (p *person) digits(where string) string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e15))
	if err != nil {
		panic(err)
	}
	p.marks[where] = fmt.Sprintf("49%015d", n)
	return p.marks[where]
}

func (p *planter) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *planter) drain() {
	p.t.Helper()
	_, err := p.Drain(p.t.Context())
	p.must(err)
}

// furnish gives the desk what people can be planted with. dead is a kind of job
// that is given up, and never one that waits.
func furnish(t *testing.T, d *frontdesk.Desk) *planter {
	t.Helper()
	p := &planter{Desk: d, t: t}
	ctx, host := t.Context(), frontdesk.Host()
	d.Jobs.Handle("test.dead", job.Handler{Do: func(_ context.Context, j *job.Job) error {
		return job.Permanent(errors.New("no such address: " + string(j.Data)))
	}})
	d.Jobs.Handle("test.never", job.Handler{Do: func(context.Context, *job.Job) error { return nil }})
	p.must(d.People.SaveAgent(ctx, host, &identity.Agent{ID: "mira", Name: "Mira", Role: identity.Admin}))
	p.must(d.Tickets.SaveField(ctx, host, &ticket.Field{Key: "plan", Type: ticket.SingleLine, Editable: true}))
	p.must(d.Tickets.SaveField(ctx, host, &ticket.Field{Key: "street", Type: ticket.SingleLine, Personal: true, Editable: true}))
	p.must(d.Tickets.SaveField(ctx, host, &ticket.Field{Key: "story", Type: ticket.MultiLine, Editable: true}))
	p.must(d.Tickets.SaveView(ctx, host, &ticket.View{ID: "planned", Name: "With a plan", Filter: `field.plan != nil`}))
	var err error
	p.secret, err = d.People.AddSecret(ctx, host, ticket.DefaultApp, "")
	p.must(err)
	q := &ticket.QuickReply{ID: "dear", Title: "Dear", Texts: []ticket.ReplyText{{Text: "Dear {{user.name}}, about {{ticket.title}}"}}}
	a, err := d.Tickets.Upload(ctx, host, ticket.DefaultApp, "", "terms.txt", strings.NewReader("our terms, which stay"))
	p.must(err)
	q.Attachments = []ticket.Attachment{*a}
	p.must(d.Tickets.SaveQuickReply(ctx, host, q))
	p.must(d.Rules.SaveRule(ctx, host, &automation.Rule{Name: "Gone for long", On: automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockOffline, After: automation.MaxAfter},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoResolve}}}}))
	c := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "Terms"}}}
	p.must(d.FAQ.SaveSection(ctx, host, c))
	about := &faq.Article{Section: c.ID}
	p.must(d.FAQ.SaveArticle(ctx, host, about))
	_, err = d.FAQ.SaveDraft(ctx, host, &faq.Draft{Article: about.ID, Language: "en", Content: faq.Content{Title: "Our terms", Body: "They stay."}})
	p.must(err)
	_, err = d.FAQ.Publish(ctx, host, about.ID, "en")
	p.must(err)
	p.article = about.ID
	asks := &flow.Flow{Steps: []flow.Step{{ID: "a", Ask: &flow.Ask{Text: flow.Text{"": "Why?"}, As: flow.TextAnswer}},
		{ID: "b", Ask: &flow.Ask{Text: flow.Text{"": "Since when?"}, As: flow.TextAnswer}}}}
	p.must(d.Bots.Save(ctx, host, &bot.Bot{ID: "quiz", Name: "Quiz", Draft: asks}))
	_, err = d.Bots.Publish(ctx, host, "quiz")
	p.must(err)
	return p
}

// plant makes a person, with a mark wherever there can be something of him.
func (p *planter) plant() *person {
	p.t.Helper()
	e := &person{marks: map[string]string{}}
	p.profile(e)
	first := p.conversation(e)
	p.rest(e, first)
	p.moved(e)
	p.read(e)
	p.asked(e)
	p.mailed(e)
	p.writtenTo(e)
	p.banned(e)
	p.Presence.Come(event.Actor{Kind: event.EndUser, ID: e.id})
	p.drain()
	return e
}

func (p *planter) profile(e *person) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	user := identity.Profile{UserID: e.mark("end_user.user_id"), Name: e.mark("end_user.name"), Email: e.mark("end_user.email") + "@example.com",
		Phone:      "+" + e.digits("end_user.phone"),
		Identities: []identity.Identity{{Kind: "customer", Value: e.mark("end_user.identity")}},
		Attributes: []identity.Attribute{{Key: "city", Value: e.mark("end_user.attribute")}}}
	was := user
	was.Name = e.mark("event.former name") // which only the log remembers
	_, err := p.People.Save(ctx, host, was)
	p.must(err)
	u, err := p.People.Save(ctx, host, user)
	p.must(err)
	e.id = u.ID
	visit := identity.Visit{App: ticket.DefaultApp, Platform: "ios", Device: rand.Text() + rand.Text(), Push: e.mark("device.push"),
		Login: &identity.Login{UserID: user.UserID, HMAC: identity.Sign(p.secret, user.UserID, "")}}
	sess, err := p.People.Begin(ctx, visit)
	p.must(err)
	if sess.Refused != nil || sess.EndUser.ID != e.id {
		p.t.Fatalf("session of %s: %v", sess.EndUser.ID, sess.Refused)
	}
	_, err = p.People.AddNote(ctx, host, e.id, e.mark("end_user_note.text"))
	p.must(err)
}

// conversation is a ticket with everything that can be written on one.
func (p *planter) conversation(e *person) *ticket.Ticket {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	who := event.Actor{Kind: event.EndUser, ID: e.id}
	a, err := p.Tickets.Upload(ctx, who, ticket.DefaultApp, "webchat", e.mark("upload.name")+".txt", strings.NewReader("secret: "+e.mark("blob.content")))
	p.must(err)
	_, err = p.Tickets.Upload(ctx, who, ticket.DefaultApp, "webchat", e.mark("upload.pending")+".txt", strings.NewReader("pending: "+e.mark("blob.pending")))
	p.must(err)
	w, err := p.Tickets.Write(ctx, ticket.Inbound{EndUser: e.id, Platform: "webchat", Title: e.mark("ticket.title"), Fresh: true,
		Draft: ticket.Draft{ClientID: e.mark("message.client_id"), Text: e.mark("message.text"), HTML: "<p>" + e.mark("message.html") + "</p>",
			Quoted: e.mark("message.quoted"), Attachments: []string{a.ID},
			Page: &ticket.Page{URL: "https://example.com/" + e.mark("message.url"), Title: e.mark("message.page")}},
		Fields: map[string]any{"plan": e.mark("ticket.field"), "street": e.mark("ticket.personal field"), "story": e.mark("ticket.long field"),
			"nonsense": e.mark("not kept")},
		Device: ticket.Device{Metadata: []ticket.Pair{{Key: "model", Value: e.mark("ticket.metadata")}},
			Breadcrumbs: []ticket.Crumb{{Time: time.Now(), Text: e.mark("ticket.breadcrumb")}}, DebugLog: []string{e.mark("ticket.debug log")}}})
	p.must(err)
	delete(e.marks, "not kept")
	id := w.Ticket.ID
	e.tickets = append(e.tickets, id)
	title, copied := e.mark("event.former title"), []string{e.mark("ticket.copied") + "@example.com"}
	_, err = p.Tickets.Edit(ctx, host, id, ticket.Edit{Title: &title, Copied: &copied, Fields: map[string]any{"plan": e.mark("event.former field")}})
	p.must(err)
	title = e.marks["ticket.title"]
	_, err = p.Tickets.Edit(ctx, host, id, ticket.Edit{Title: &title, Fields: map[string]any{"plan": e.marks["ticket.field"]}})
	p.must(err)
	_, m, err := p.Tickets.Reply(ctx, host, id, ticket.Draft{Text: "Hello " + e.mark("message.reply")})
	p.must(err)
	_, err = p.Tickets.Fail(ctx, host, id, m.Seq, "no mailbox "+e.mark("message.failure"))
	p.must(err)
	_, _, err = p.Tickets.SendQuickReply(ctx, host, id, "dear", ticket.Draft{})
	p.must(err)
	_, _, err = p.Tickets.Reply(ctx, event.Actor{Kind: event.Bot, ID: "asks"}, id, ticket.Draft{Text: "Is it " + e.mark("message.lead"), Choices: []string{e.mark("message.choice")},
		Form: &ticket.Form{Kind: ticket.FormChoice, Articles: []ticket.Card{{ID: "a", Title: e.mark("message.card"), Snippet: e.mark("message.snippet")}}}})
	p.must(err)
	_, _, err = p.Tickets.Note(ctx, host, id, ticket.Draft{Text: e.mark("message.note")})
	p.must(err)
	return w.Ticket
}

// rest is what comes by other ways than writing.
func (p *planter) rest(e *person, first *ticket.Ticket) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	who := event.Actor{Kind: event.EndUser, ID: e.id}
	_, err := p.Tickets.Resolve(ctx, host, first.ID)
	p.must(err)
	_, err = p.Tickets.AskRating(ctx, host, first.ID)
	p.must(err)
	_, err = p.Tickets.Rate(ctx, who, first.ID, 2, e.mark("event.former comment"))
	p.must(err)
	_, err = p.Tickets.Rate(ctx, who, first.ID, 3, e.mark("ticket.survey comment"))
	p.must(err)
	w, err := p.Tickets.Write(ctx, ticket.Inbound{EndUser: e.id, Platform: "webchat", Fresh: true, Draft: ticket.Draft{Text: e.mark("ticket.preview")}})
	p.must(err)
	e.tickets = append(e.tickets, w.Ticket.ID)
	_, err = p.Tickets.Snooze(ctx, host, w.Ticket.ID, time.Now().Add(time.Hour), e.mark("ticket.snooze reason"))
	p.must(err)
	p.must(p.Jobs.Enqueue(ctx, p.DB,
		job.Spec{ID: "later/" + e.id, Kind: "test.never", Owner: e.id, Data: []byte(`"` + e.mark("job.data") + `"`), RunAt: time.Now().Add(time.Hour)},
		job.Spec{ID: "head/" + e.id, Kind: "test.never", Key: e.id, Owner: e.id, Data: []byte(`"` + e.mark("job.head") + `"`), RunAt: time.Now().Add(time.Hour)},
		job.Spec{ID: "behind/" + e.id, Kind: "test.never", Key: e.id, Owner: e.id, Data: []byte(`"` + e.mark("job.behind") + `"`)},
		job.Spec{ID: "dead/" + e.id, Kind: "test.dead", Owner: e.id, Data: []byte(`"` + e.mark("job.error") + `"`)}))
	p.Presence.Typing(w.Ticket, who, true)
}

// writtenTo is what he was written by mail, where the desk sends any.
func (p *planter) writtenTo(e *person) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	s, err := p.Email.SettingsOf(ctx, ticket.DefaultApp)
	p.must(err)
	s.From = "help@shop.example"
	p.must(p.Email.SaveSettings(ctx, host, s))
	t, err := p.Tickets.Create(ctx, ticket.New{EndUser: e.id, Platform: email.Platform, Channel: email.Channel, Title: e.mark("email_thread.subject")})
	p.must(err)
	_, _, err = p.Tickets.Reply(ctx, host, t.ID, ticket.Draft{Text: e.mark("message.mailed")})
	p.must(err)
	e.tickets = append(e.tickets, t.ID)
}

// read is what he did with the FAQ.
func (p *planter) read(e *person) {
	p.t.Helper()
	ctx := p.t.Context()
	who := faq.Viewer{Actor: event.Actor{Kind: event.EndUser, ID: e.id}, App: ticket.DefaultApp, Platform: "webchat"}
	_, err := p.FAQ.Searched(ctx, who, e.mark("article_gap.text"), 0)
	p.must(err)
	id, err := p.FAQ.Searched(ctx, who, e.mark("article_query.text"), 1)
	p.must(err)
	p.must(p.FAQ.View(ctx, who, p.article, id))
	p.must(p.FAQ.Vote(ctx, who, p.article, faq.Feedback{Opinion: faq.Helpful, Search: id}))
	p.must(p.FAQ.Vote(ctx, who, p.article, faq.Feedback{Opinion: faq.Unhelpful, Comment: e.mark("article_vote.comment")}))
	p.must(p.FAQ.Remember(ctx, frontdesk.Host(), &faq.Answer{Article: p.article, Text: e.mark("article_answer.text"), By: faq.SentByAgent, EndUser: e.id}))
	rows := []predict.Row{{Text: e.mark("label_rows.text"), Label: "delivery", Group: e.id}, {Text: "nobody's words", Label: "delivery"}}
	p.must(p.Labels.Upload(ctx, frontdesk.Host(), labels.Scope{Language: "en-" + rand.Text()[:8]}, rows))
}

// asked is what he told a bot, which asks on.
func (p *planter) asked(e *person) {
	p.t.Helper()
	ctx := p.t.Context()
	w, err := p.Tickets.Write(ctx, ticket.Inbound{EndUser: e.id, Platform: "webchat", Fresh: true, Draft: ticket.Draft{Text: "Hello?"}})
	p.must(err)
	_, err = p.Tickets.AssignBot(ctx, frontdesk.Host(), w.Ticket.ID, "quiz")
	p.must(err)
	p.drain()
	_, err = p.Tickets.Write(ctx, ticket.Inbound{EndUser: e.id, Ticket: w.Ticket.ID, Draft: ticket.Draft{Text: e.mark("bot_run.answer")}})
	p.must(err)
	e.tickets = append(e.tickets, w.Ticket.ID)
}

// moved is what merging and splitting bring elsewhere.
func (p *planter) moved(e *person) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	write := func(user, text string) *ticket.Ticket {
		w, err := p.Tickets.Write(ctx, ticket.Inbound{EndUser: user, Platform: "webchat", Fresh: true, Draft: ticket.Draft{Text: text}})
		p.must(err)
		return w.Ticket
	}
	from, to := write(e.id, e.mark("message.merged")), write(e.id, "to be merged with")
	_, _, err := p.Tickets.Merge(ctx, host, from.ID, to.ID, nil)
	p.must(err)
	_, _, err = p.Tickets.Reply(ctx, host, to.ID, ticket.Draft{Text: "an answer to " + e.mark("message.split")})
	p.must(err)
	_, fresh, err := p.Tickets.Split(ctx, host, to.ID, []int64{3}, e.mark("ticket.split title"))
	p.must(err)
	friend, err := p.People.Save(ctx, host, identity.Profile{UserID: "friend of " + e.id})
	p.must(err)
	abroad, there := write(e.id, e.mark("message.abroad")), write(friend.ID, "a friend's own words")
	_, _, err = p.Tickets.Merge(ctx, host, abroad.ID, there.ID, &ticket.MergeOptions{Abroad: true})
	p.must(err)
	e.tickets = append(e.tickets, from.ID, to.ID, fresh.ID, abroad.ID, p.visitor(e))
	p.inCopy(e, write(friend.ID, "a friend's question"))
}

// inCopy is what he writes on somebody else's ticket.
func (p *planter) inCopy(e *person, on *ticket.Ticket) {
	p.t.Helper()
	ctx := p.t.Context()
	_, err := p.Tickets.Edit(ctx, frontdesk.Host(), on.ID, ticket.Edit{Copied: &[]string{"somebody@example.com"}})
	p.must(err)
	a, err := p.Tickets.Upload(ctx, e.actor(), ticket.DefaultApp, "email", e.mark("upload.in copy")+".txt", strings.NewReader("in copy: "+e.mark("blob.in copy")))
	p.must(err)
	_, err = p.Tickets.Write(ctx, ticket.Inbound{EndUser: e.id, Copied: "somebody@example.com", Ticket: on.ID, Platform: "email",
		Draft: ticket.Draft{Text: e.mark("message.in copy"), ClientID: e.mark("message.in copy's client id"), Quoted: e.mark("message.in copy's quote"), Attachments: []string{a.ID}}})
	p.must(err)
}

// visitor is what he wrote before he was known, under another id.
func (p *planter) visitor(e *person) (ticketID string) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	visit := identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: rand.Text() + rand.Text(), Push: e.mark("gone.visitor's push")}
	sess, err := p.People.Begin(ctx, visit)
	p.must(err)
	p.must(p.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := p.People.Ensure(ctx, tx, sess)
		return err
	}))
	_, err = p.People.Claim(ctx, sess.Actor(), sess.EndUser.ID, identity.Profile{Email: e.mark("end_user.visitor's email") + "@example.com"})
	p.must(err)
	a, err := p.Tickets.Upload(ctx, sess.Actor(), ticket.DefaultApp, "webchat", e.mark("upload.visitor's")+".txt", strings.NewReader("visitor: "+e.mark("blob.visitor's")))
	p.must(err)
	w, err := p.Tickets.Write(ctx, ticket.Inbound{EndUser: sess.EndUser.ID, Platform: "webchat",
		Draft: ticket.Draft{Text: e.mark("message.visitor's"), Attachments: []string{a.ID}}})
	p.must(err)
	_, err = p.People.MergeEndUsers(ctx, host, sess.EndUser.ID, e.id)
	p.must(err)
	return w.Ticket.ID
}

// mailed has him write a mail on his first ticket, and one from another address, which
// turns out to be his.
func (p *planter) mailed(e *person) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	first, err := p.Tickets.Get(ctx, host, e.tickets[0])
	p.must(err)
	receive := func(lines ...string) *email.Received {
		p.t.Helper()
		d, err := p.Email.Receive(ctx, email.Envelope{Source: "raw"}, strings.NewReader(strings.Join(append([]string{"To: help@shop.example"}, lines...), "\r\n")))
		p.must(err)
		p.drain()
		d, err = p.Email.Get(ctx, host, d.ID)
		p.must(err)
		if d.State != email.StateDone {
			p.t.Fatalf("the mail is %+v", d)
		}
		return d
	}
	receive("From: "+e.marks["end_user.email"]+"@example.com", "Subject: "+e.mark("email_received.subject")+fmt.Sprintf(" [#%d]", first.Number),
		"Message-ID: <"+e.mark("email_known.id")+"@example.com>", "X-Mailer: "+e.mark("blob.mail"), "", e.mark("message.mail"))
	other := receive("From: "+e.mark("email_received.from")+"@example.com", "Subject: "+e.mark("ticket.subject"), "", "hello")
	e.tickets = append(e.tickets, other.Ticket)
	_, err = p.People.MergeEndUsers(ctx, host, other.EndUser, e.id)
	p.must(err)
	other = receive("From: "+e.marks["email_received.from"]+"@example.com", "Subject: once more", "", "hello")
	e.tickets = append(e.tickets, other.Ticket)

	// On a friend's ticket he is in copy, under an address that stays there.
	friend, err := p.People.ByUserID(ctx, "friend of "+e.id)
	p.must(err)
	ts, _, err := p.Tickets.OfEndUser(ctx, host, friend.ID, "", 1)
	p.must(err)
	address := strings.ToLower(rand.Text()) + "@example.com"
	_, err = p.Tickets.Edit(ctx, host, ts[0].ID, ticket.Edit{Copied: &[]string{address}})
	p.must(err)
	copied := receive("From: "+e.mark("end_user.name in copy")+" <"+address+">", "Subject: "+e.mark("email_received.subject in copy")+fmt.Sprintf(" [#%d]", ts[0].Number),
		"Message-ID: <"+e.mark("email_known.id in copy")+"@example.com>", "", e.mark("message.mail in copy"))
	if copied.Ticket != ts[0].ID {
		p.t.Fatalf("the mail of a person in copy is %+v", copied)
	}
	_, err = p.People.MergeEndUsers(ctx, host, copied.EndUser, e.id)
	p.must(err)
}

// banned bans him, in several ways, and keeps what he wrote since.
func (p *planter) banned(e *person) {
	p.t.Helper()
	ctx, host := p.t.Context(), frontdesk.Host()
	for _, b := range []identity.Ban{
		{Kind: identity.BanEmail, Value: e.marks["end_user.email"] + "@example.com", Reason: e.mark("ban.reason by email")},
		{Kind: identity.BanEndUser, Value: e.id, Reason: e.mark("ban.reason")},
		{Kind: identity.BanDomain, Value: e.mark("ban.domain") + ".example", EndUser: e.id},
	} {
		_, err := p.People.Ban(ctx, host, b)
		p.must(err)
	}
	_, err := p.Tickets.Write(ctx, ticket.Inbound{EndUser: e.id, Platform: "webchat", Draft: ticket.Draft{Text: e.mark("withheld.text")}})
	if _, banned := errors.AsType[*identity.BannedError](err); !banned {
		p.t.Fatalf("written in spite of a ban: %v", err)
	}
}

func (e *person) actor() event.Actor { return event.Actor{Kind: event.EndUser, ID: e.id} }

// banOf is the ban of his id.
func (p *planter) banOf(e *person) string {
	p.t.Helper()
	bs, _, err := p.People.Bans(p.t.Context(), frontdesk.Host(), "", 50)
	p.must(err)
	for _, b := range bs {
		if b.Kind == identity.BanEndUser && b.Value == e.id {
			return b.ID
		}
	}
	return ""
}

// lastOf is the newest event of a type.
func (p *planter) lastOf(what string) (last event.Event) {
	p.t.Helper()
	p.drain()
	for after := int64(0); ; {
		es, err := p.Events.Since(p.t.Context(), p.DB, after, 500)
		p.must(err)
		if len(es) == 0 {
			return last
		}
		for _, e := range es {
			if after = e.Position; e.Type == what {
				last = *e
			}
		}
	}
}

// content is what the file of a quick reply holds.
func (p *planter) content(attachment string) string {
	p.t.Helper()
	r, _, err := p.Tickets.Attachment(p.t.Context(), frontdesk.Host(), attachment)
	p.must(err)
	defer r.Close()
	b, err := io.ReadAll(r)
	p.must(err)
	return string(b)
}
