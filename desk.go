package frontdesk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/live"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/faq/markdown"
	articles "github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/language"
	"github.com/frontdesk-go/frontdesk/ticket/richtext"
	"github.com/frontdesk-go/frontdesk/ticket/search"
)

// ErrRunning: Run or Drain beside Run or Drain of the same desk.
var ErrRunning = errors.New("the desk's background work is being done already")

// Config says what a desk is made of. The zero value is a desk in memory.
type Config struct {
	// Path is the bbolt file that holds the desk; attachments go to a directory
	// beside it, of the same name with ".files" at the end. Store is another back
	// end, in place of Path, which Close closes. With neither, everything is in
	// memory.
	Path  string
	Store driver.Store
	// SearchDir is a directory for this process's index of tickets, which is made and
	// mended as needed. "": beside Path, of the same name with ".search" at the end;
	// without Path the index is in memory, and read anew when the process starts. The
	// index of articles is beside it, of the same name with ".faq" at the end.
	SearchDir string
	// Blobs keeps attachments. nil: they are in the directory beside Path, or in
	// Store, which processes may share.
	Blobs blob.Store

	Now    func() time.Time // default time.Now
	Random io.Reader        // what ids are filled with; nil is the system's source
	Log    *slog.Logger     // nil discards; ids are logged, never what people write

	// Push notifies end users' devices of what stays unread. nil: nobody does.
	Push chat.Pusher
	// Mail is how the desk receives mails, and who sends them; its Now and Log are the
	// desk's. What comes is given to Desk.Email by the host, or by the servers and clients
	// of channel/email's leaves. With a Sender, what stays unread of a chat goes by mail
	// where Push can't.
	Mail email.Options
	// Notifier tells agents what is their business: that they were given a ticket or
	// mentioned, or that an end user replied. nil: they look at Tickets.Notices.
	Notifier ticket.Notifier
	// Origins are the pages, besides those of the desk's own origin, that may
	// embed the chat, as https://shop.example; "*" is all.
	Origins []string
	// ProxyHeader is where your own proxy says from which address a request comes,
	// as X-Forwarded-For; "": there is no proxy. See chat.Options.
	ProxyHeader string
	// Limits are how often end users may do things, by each process for itself; the
	// zero value is the defaults.
	Limits chat.Limits
	// Directory is your own user system: what it says of a user is taken over when he
	// logs in, and when staff looks at him. nil: there is none.
	Directory identity.Directory
	// DirectoryTimeout is how long it may take to answer, 2 seconds if it is 0;
	// DirectoryCache is how long a user isn't asked for again, 10 minutes if it is 0.
	DirectoryTimeout, DirectoryCache time.Duration
	// Hooks run inside the transactions that change tickets. Their names are
	// remembered: the store doesn't open again without them.
	Hooks []ticket.Hook
	// Language detects the language of new tickets. nil: that of ticket/language.
	Language ticket.Detector
	// Classifier is your own model, which labels new tickets in place of the desk's
	// (Desk.Labels). nil: there is none.
	Classifier labels.Classifier
	// Steps are what new tickets pass after language and label, in this order, before
	// anybody is given them.
	Steps []ticket.Step
	// Searcher finds articles for end users and agents. nil: the desk's own does, which
	// package faq/search has; Articles says how.
	Searcher faq.Searcher
	Articles articles.Options // its Dir, Now and Log are the desk's
	// ArticleLink is the address of an article's page for end users; nil, or "": articles
	// are sent to them as text.
	ArticleLink func(a *faq.Article, language string) string
	// Rules is what rules may use of the host: functions for their conditions and actions,
	// and a client for webhooks. Its Now and Log are the desk's.
	Rules automation.Options
	// Bots is what bots may use of the host: functions for their flows, and a client for
	// their calls. Its Now and Log are the desk's.
	Bots bot.Options
}

// ownDetector is one for all desks of a process, as it never changes.
var ownDetector = sync.OnceValues(language.New)

// ownLanguage is the desk's own detector, whose tables of some megabytes come into memory
// with the first text that it is asked about.
type ownLanguage struct{}

// Detect implements ticket.Detector. The tables are a part of the program, so that only a
// mistake in the build keeps it from having them; it can't tell any language then.
func (ownLanguage) Detect(text string) (string, float64) {
	d, err := ownDetector()
	if err != nil {
		return "", 0
	}
	return d.Detect(text)
}

// Desk is a support desk. Its services may be used by several goroutines.
type Desk struct {
	Tickets   *ticket.Service
	Queues    *queue.Service
	Rules     *automation.Service
	FAQ       *faq.Service
	Deflect   *deflect.Service // articles for tickets
	Labels    *labels.Service  // models that label tickets
	Bots      *bot.Service
	Analytics *analytics.Service
	Live      *live.Service // the desk as it stands
	People    *identity.Service
	Events    *event.Log
	Jobs      *job.Queue
	Presence  *ticket.Presence
	Chat      *chat.Chat
	Email     *email.Service
	Search    *search.Index   // searches outside of transactions, behind what commits
	Articles  *articles.Index // as Search, for articles; it works also where Config.Searcher is another
	DB        *store.DB

	now  func() time.Time
	log  *slog.Logger
	data *Data

	rounds int // how often Drain goes round; tests make it fewer

	mu      sync.Mutex
	running chan struct{} // closed when Run or Drain ends; nil while neither runs
	stop    context.CancelFunc
	closed  bool
}

// Open opens a desk, and creates what isn't there. Close it when it isn't needed
// any more.
func Open(ctx context.Context, c Config) (d *Desk, err error) {
	d = &Desk{now: c.Now, log: c.Log, Presence: ticket.NewPresence(), rounds: maxRounds}
	if d.now == nil {
		d.now = time.Now
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	c.Hooks = append([]ticket.Hook{queue.Hook(), bot.Hook()}, c.Hooks...)
	names := make([]string, len(c.Hooks))
	for i, h := range c.Hooks {
		names[i] = h.Name
	}
	if d.data, err = openData(ctx, c, &store.Options{Hooks: names, Log: d.log}); err == nil {
		d.DB, c.Blobs = d.data.DB, d.data.blobs
		err = d.openServices(ctx, c)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open desk: %w", err), d.data.Close())
	}
	return d, nil
}

func (d *Desk) openServices(ctx context.Context, c Config) (err error) {
	d.Events = event.NewLog(d.DB, &event.Options{Now: d.now, IDs: event.NewIDs(d.now, c.Random), Log: d.log})
	d.Jobs = job.New(d.DB, &job.Options{Now: d.now, Log: d.log})
	if d.People, err = identity.Open(ctx, d.DB, d.Events, &identity.Options{Now: d.now, Directory: c.Directory,
		DirectoryTimeout: c.DirectoryTimeout, DirectoryCache: c.DirectoryCache, Jobs: d.Jobs, Blobs: c.Blobs}); err != nil {
		return err
	}
	if c.Language == nil {
		c.Language = ownLanguage{}
	}
	steps := slices.Concat([]ticket.Step{labels.Step(func() *labels.Service { return d.Labels })}, c.Steps,
		[]ticket.Step{automation.Step(func() *automation.Service { return d.Rules }), bot.Step(func() *bot.Service { return d.Bots })})
	options := &ticket.Options{Now: d.now, Log: d.log, Blobs: c.Blobs, Sanitize: richtext.Clean, Hooks: c.Hooks, Language: c.Language, Steps: steps, Notifier: c.Notifier,
		CanTake: queue.CanTake, Exists: exists, QueueHours: queue.Calendars}
	if d.Tickets, err = ticket.Open(ctx, d.DB, d.Events, d.Jobs, d.People, options); err != nil {
		return err
	}
	if d.Labels, err = labels.Open(ctx, labels.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets}, &labels.Options{Now: d.now, Log: d.log, Classifier: c.Classifier}); err != nil {
		return err
	}
	parts := queue.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets, Presence: d.Presence}
	if d.Queues, err = queue.Open(ctx, parts, &queue.Options{Now: d.now, Log: d.log}); err != nil {
		return err
	}
	c.Rules.Now, c.Rules.Log = d.now, d.log
	if d.Rules, err = automation.Open(automation.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Presence: d.Presence}, &c.Rules); err != nil {
		return err
	}
	if d.FAQ, err = faq.Open(d.DB, d.Events, d.Jobs, d.People, &faq.Options{Now: d.now, Log: d.log, Render: markdown.New(nil), Apps: d.faqApp}); err != nil {
		return err
	}
	c.Articles.Dir, c.Articles.Now, c.Articles.Log = articlesDir(c.searchDir()), d.now, d.log
	d.Articles = articles.New(articles.Parts{DB: d.DB, Events: d.Events, FAQ: d.FAQ}, &c.Articles)
	if c.Searcher == nil {
		c.Searcher = d.Articles
	}
	if d.Deflect, err = deflect.Open(deflect.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets, FAQ: d.FAQ, Searcher: c.Searcher}, &deflect.Options{Now: d.now, Link: c.ArticleLink}); err != nil {
		return err
	}
	c.Bots.Now, c.Bots.Log, c.Bots.Rules = d.now, d.log, d.rulesNaming
	if d.Bots, err = bot.Open(bot.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Searcher: c.Searcher}, &c.Bots); err != nil {
		return err
	}
	d.Analytics = analytics.New(analytics.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People}, &analytics.Options{Now: d.now, Log: d.log})
	d.Live = live.New(live.Parts{DB: d.DB, Events: d.Events, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Figures: d.Analytics}, &live.Options{Now: d.now, Log: d.log})
	d.Search = search.New(search.Parts{DB: d.DB, Events: d.Events, People: d.People, Tickets: d.Tickets}, &search.Options{Dir: c.searchDir(), Log: d.log})
	c.Mail.Now, c.Mail.Log = d.now, d.log
	if d.Email, err = email.Open(email.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets, Blobs: c.Blobs}, &c.Mail); err != nil {
		return err
	}
	page := chat.Parts{DB: d.DB, Events: d.Events, Jobs: d.Jobs, People: d.People, Tickets: d.Tickets, Presence: d.Presence, FAQ: d.FAQ, Searcher: c.Searcher}
	if d.Chat, err = chat.New(page, &chat.Options{Now: d.now, Log: d.log, Push: c.Push, Mail: d.unread(c.Mail), Estimate: d.Queues.Estimate, Origins: c.Origins, ProxyHeader: c.ProxyHeader, Limits: c.Limits}); err != nil {
		return err
	}
	return d.keepHouse(ctx)
}

// unread sends by mail what stays unread of a chat; nil: the desk sends none.
func (d *Desk) unread(o email.Options) chat.Mailer {
	if o.Sender == nil {
		return nil
	}
	return func(ctx context.Context, n chat.Notification) error {
		return d.Email.Unread(ctx, n.ID, n.Ticket, n.EndUser, n.Messages)
	}
}

// exists says whether a place to which a reopened ticket would go is there and at work.
func exists(ctx context.Context, tx *store.Tx, p ticket.Place) (bool, error) {
	if p.Bot != "" {
		use := flow.Conversation
		if p.Feedback {
			use = flow.Feedback
		}
		return bot.AtWork(ctx, tx, p.Bot, use)
	}
	return queue.Exists(ctx, tx, p)
}

// rulesNaming are the rules that name a bot.
func (d *Desk) rulesNaming(ctx context.Context, tx *store.Tx, actor event.Actor, id string) (all []bot.Mention, err error) {
	rules, err := d.Rules.In(tx).Naming(ctx, actor, automation.Reference{Kind: automation.RefBot, ID: id})
	for _, r := range rules {
		all = append(all, bot.Mention{Kind: bot.ByRule, ID: r.ID, Name: r.Name})
	}
	return all, err
}

func (c *Config) searchDir() string {
	if c.SearchDir == "" && c.Path != "" {
		return c.Path + ".search"
	}
	return c.SearchDir
}

// articlesDir is where the index of articles is, beside that of tickets.
func articlesDir(searchDir string) string {
	if searchDir == "" {
		return ""
	}
	return searchDir + ".faq"
}

// Host is the host's own code as an actor: it may do everything.
func Host() event.Actor { return event.Actor{Kind: event.System, ID: "host"} }

// Handler serves the end users' API and the widget. Mount it under a prefix and
// strip that.
func (d *Desk) Handler() http.Handler { return d.Chat }

// In returns the desk's services bound to a transaction: what they change exists
// if and only if it commits. Closing what In returns does nothing.
func (d *Desk) In(tx *store.Tx) *Desk {
	return &Desk{Tickets: d.Tickets.In(tx), Queues: d.Queues.In(tx), Rules: d.Rules.In(tx), FAQ: d.FAQ.In(tx), Deflect: d.Deflect.In(tx), Labels: d.Labels.In(tx), Bots: d.Bots.In(tx), Analytics: d.Analytics.In(tx), Live: d.Live, People: d.People.In(tx), Events: d.Events, Jobs: d.Jobs, Presence: d.Presence, Chat: d.Chat, Email: d.Email.In(tx), Search: d.Search, Articles: d.Articles,
		DB: d.DB, now: d.now, log: d.log, data: d.data, closed: true}
}

// Close ends streams and background work, waits for what is under way, and closes
// the store.
func (d *Desk) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	running := d.running
	if d.stop != nil {
		d.stop()
	}
	d.mu.Unlock()
	d.Chat.Close()
	if running != nil {
		<-running
	}
	if err := errors.Join(d.closeIndexes(), d.data.Close()); err != nil {
		return fmt.Errorf("close desk: %w", err)
	}
	return nil
}

func (d *Desk) closeIndexes() error { return errors.Join(d.Search.Close(), d.Articles.Close()) }
