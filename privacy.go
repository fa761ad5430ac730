package frontdesk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/markdown"
	articles "github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/search"
)

// Who names an end user, by one of these.
type Who struct {
	ID     string
	UserID string // the host's
	Email  string // proven, of somebody without a user id
}

// EndUser returns the id of an end user, or store.ErrNotFound.
func (d *Data) EndUser(ctx context.Context, who Who) (id string, err error) {
	desk, err := d.atWork(ctx)
	if err == nil {
		id, err = desk.idOf(ctx, who)
		err = errors.Join(err, desk.closeIndexes())
	}
	if err != nil {
		return "", fmt.Errorf("find end user: %w", err)
	}
	return id, nil
}

// Erase removes all that the data has of an end user, as identity.Service.Erase does,
// and returns when that is done; killed in between it is called again. An index of
// tickets beside a file is purged, too; on PostgreSQL that of each desk that runs
// purges itself. Nobody of this name is store.ErrNotFound.
func (d *Data) Erase(ctx context.Context, who Who) (e *identity.Erasure, err error) {
	desk, err := d.atWork(ctx)
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	defer func() { err = errors.Join(err, desk.closeIndexes()) }()
	id, err := desk.idOf(ctx, who)
	if err == nil {
		_, err = desk.People.Erase(ctx, Host(), id)
	}
	if err == nil {
		err = desk.People.FinishErasure(ctx, id)
	}
	if err == nil {
		e, err = desk.People.Erasure(ctx, Host(), id)
	}
	if err == nil {
		err = d.purge(ctx, desk)
	}
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	return e, nil
}

// Export writes all that the data has of an end user as identity.Service.Export
// does, or with files as Archive does, and returns his id.
func (d *Data) Export(ctx context.Context, who Who, files bool, w io.Writer) (id string, err error) {
	desk, err := d.atWork(ctx)
	if err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	defer func() { err = errors.Join(err, desk.closeIndexes()) }()
	if id, err = desk.idOf(ctx, who); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	if files {
		return id, desk.People.Archive(ctx, Host(), id, w)
	}
	return id, desk.People.Export(ctx, Host(), id, w)
}

// Compact is Desk.Compact for data that no desk has open; on PostgreSQL one may have.
func (d *Data) Compact(ctx context.Context) (err error) {
	desk, err := d.atWork(ctx)
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	defer func() { err = errors.Join(err, desk.closeIndexes()) }()
	_, swept := desk.Tickets.SweepUploads(ctx, time.Now().Add(-orphanAge))
	if err := errors.Join(swept, d.purge(ctx, desk), d.DB.Compact(ctx)); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	return nil
}

// atWork is as much of a desk as these jobs need. Nothing else of it is done.
func (d *Data) atWork(ctx context.Context) (*Desk, error) {
	if d.DB.Copying() {
		return nil, store.ErrCopying
	}
	if err := d.DB.Backfill(ctx); err != nil { // the way to somebody's documents is by indexes
		return nil, err
	}
	desk := &Desk{DB: d.DB, data: d, now: time.Now, log: slog.New(slog.DiscardHandler), closed: true}
	desk.Events = event.NewLog(d.DB, nil)
	desk.Jobs = job.New(d.DB, nil)
	var err error
	if desk.People, err = identity.Open(ctx, d.DB, desk.Events, &identity.Options{Jobs: desk.Jobs, Blobs: d.blobs}); err != nil {
		return nil, err
	}
	if desk.Tickets, err = ticket.Open(ctx, d.DB, desk.Events, desk.Jobs, desk.People, &ticket.Options{Blobs: d.blobs}); err != nil {
		return nil, err
	}
	if desk.FAQ, err = faq.Open(d.DB, desk.Events, desk.Jobs, desk.People, &faq.Options{Render: markdown.New(nil), Apps: desk.faqApp}); err != nil {
		return nil, err
	}
	// Its mails are files among the attachments, which sweeps have to know of.
	if desk.Email, err = email.Open(email.Parts{DB: d.DB, Events: desk.Events, Jobs: desk.Jobs, People: desk.People, Tickets: desk.Tickets, Blobs: d.blobs}, nil); err != nil {
		return nil, err
	}
	desk.Articles = articles.New(articles.Parts{DB: d.DB, Events: desk.Events, FAQ: desk.FAQ}, &articles.Options{Dir: articlesDir(d.searchDir)})
	desk.Search = search.New(search.Parts{DB: d.DB, Events: desk.Events, People: desk.People, Tickets: desk.Tickets}, &search.Options{Dir: d.searchDir})
	return desk, nil
}

// purge brings the indexes up to date, those that there are on the disk.
func (d *Data) purge(ctx context.Context, desk *Desk) (err error) {
	if d.searchDir == "" {
		return nil
	}
	for dir, compact := range map[string]func(context.Context) error{d.searchDir: desk.Search.Compact, articlesDir(d.searchDir): desk.Articles.Compact} {
		if _, missing := os.Stat(dir); !errors.Is(missing, os.ErrNotExist) {
			err = errors.Join(err, compact(ctx))
		}
	}
	return err
}

func (d *Desk) idOf(ctx context.Context, who Who) (string, error) {
	var u *identity.EndUser
	var err error
	switch {
	case who.ID != "":
		u, err = d.People.EndUser(ctx, who.ID)
	case who.UserID != "":
		u, err = d.People.ByUserID(ctx, who.UserID)
	default:
		u, err = d.People.ByEmail(ctx, who.Email)
	}
	if err != nil {
		return "", fmt.Errorf("no such end user: %w", err)
	}
	return u.ID, nil
}
