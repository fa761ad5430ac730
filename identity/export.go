package identity

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Exported is the type of the event that an export records when it begins.
const Exported = "end_user.exported"

// exportHead is what an export says before the data.
type exportHead struct {
	Format       int           `json:"format"`
	EndUser      string        `json:"end_user"`
	Aliases      []string      `json:"aliases,omitempty"`
	Time         time.Time     `json:"time"`
	Organisation *Organisation `json:"organisation,omitempty"`
}

// Export writes all that the desk knows of an end user to w, as one JSON document:
//
//	{"format": 1, "end_user": ID, "aliases": [ID …], "time": …, "organisation": {…},
//	 "data": {"end_user": [{…}], "ticket": [{…} …], "message": [{…} …], …}}
//
// Data has a list for each collection that can hold something of somebody, with the
// documents as they are stored: what he wrote and was answered, private notes about
// him, events, files by name. It lacks what is a secret of a device's, and where
// staff quoted somebody else on a ticket of his, those words. Memory doesn't grow
// with a long history.
//
// The log tells of the export before anything is written. One that is under way
// when he is erased ends with store.ErrNotFound, and what was written is no document
// then; so it is with nobody of this id, or who was erased before. Those who were
// merged into him are part of him. It needs the permission Configure, and doesn't run in
// a caller's transaction.
func (s *Service) Export(ctx context.Context, actor event.Actor, endUser string, w io.Writer) error {
	x, err := s.beginExport(ctx, actor, endUser)
	if err == nil {
		err = x.document(ctx, w)
	}
	if err != nil {
		return fmt.Errorf("export end user %s: %w", endUser, err)
	}
	return nil
}

// Archive is Export with the content of his files, as a zip: export.json, and
// files/NAME as the document calls them. One that doesn't end well is no whole zip.
func (s *Service) Archive(ctx context.Context, actor event.Actor, endUser string, w io.Writer) error {
	x, err := s.beginExport(ctx, actor, endUser)
	if err == nil {
		err = x.archive(ctx, w)
	}
	if err != nil {
		return fmt.Errorf("export end user %s: %w", endUser, err)
	}
	return nil
}

// exporter writes one export.
type exporter struct {
	s    *Service
	head exportHead
	bans []*Ban // of his addresses, without his name
	seen int    // documents since somebody looked whether he was erased
}

func (s *Service) beginExport(ctx context.Context, actor event.Actor, endUser string) (*exporter, error) {
	x := &exporter{s: s}
	err := s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: endUser, Owner: endUser}); err != nil {
			return err
		}
		u, err := s.Writer(ctx, tx, endUser)
		if err != nil {
			return err
		}
		x.head = exportHead{Format: 1, EndUser: u.ID, Time: s.now().UTC()}
		if x.bans, err = bansByAddress(ctx, tx, u); err != nil {
			return err
		}
		if x.head.Aliases, err = s.Aliases(ctx, tx, u.ID); err != nil {
			return err
		}
		if u.Organisation != "" {
			if x.head.Organisation, err = organisations.Get(ctx, tx, u.Organisation); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		e := &event.Event{Type: Exported, Subject: "export:" + s.log.IDs().New(), Revision: 1, Owner: u.ID, Actor: actor}
		return s.record(ctx, tx, e, nil, nil)
	})
	return x, err
}

func (x *exporter) subjects() []string { return append([]string{x.head.EndUser}, x.head.Aliases...) }

// exportLook is after how many documents an export looks whether it may go on.
const exportLook = 64

// alive makes sure that the end user wasn't erased meanwhile.
func (x *exporter) alive(ctx context.Context) error {
	x.seen = 0
	return x.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := living(ctx, tx, x.head.EndUser, 0)
		return err
	})
}

// each calls f for all that a collection has of him.
func (x *exporter) each(ctx context.Context, coll string, f func(*store.Personal) error) error {
	for doc, err := range x.s.root.Personal(ctx, coll, x.subjects()...) {
		if err == nil && x.seen >= exportLook {
			err = x.alive(ctx)
		}
		if err == nil {
			err = f(doc)
		}
		if err != nil {
			return err
		}
		x.seen++
	}
	if coll == bans.Name {
		for _, b := range x.bans {
			if err := f(&store.Personal{Collection: coll, Key: b.ID, Doc: b, Shown: b}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *exporter) document(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriter(to)
	head, err := json.Marshal(x.head)
	if err != nil {
		return err
	}
	w.Write(head[:len(head)-1]) // bufio keeps the error for Flush
	w.WriteString(",\n\"data\": {")
	for i, coll := range x.s.root.PersonalCollections() {
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprintf(w, "\n%q: [", coll)
		between := "\n"
		err := x.each(ctx, coll, func(p *store.Personal) error {
			if p.Shown == nil {
				return nil
			}
			b, err := json.Marshal(p.Shown)
			if err != nil {
				return err
			}
			w.WriteString(between)
			between = ",\n"
			_, err = w.Write(b)
			return err
		})
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		w.WriteByte(']')
	}
	if err := x.alive(ctx); err != nil {
		return errors.Join(err, w.Flush())
	}
	w.WriteString("}}\n")
	return w.Flush()
}

func (x *exporter) archive(ctx context.Context, to io.Writer) error {
	z := zip.NewWriter(to)
	w, err := x.create(z, "export.json")
	if err == nil {
		err = x.document(ctx, w)
	}
	if err != nil {
		return err
	}
	for _, coll := range x.s.root.PersonalCollections() {
		err := x.each(ctx, coll, func(p *store.Personal) error {
			f, ok := p.Doc.(filed)
			if !ok || p.Shown == nil || x.s.blobs == nil {
				return nil
			}
			return x.file(ctx, z, f)
		})
		if err != nil {
			return err
		}
	}
	if err := x.alive(ctx); err != nil {
		return err
	}
	return z.Close()
}

func (x *exporter) create(z *zip.Writer, name string) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.head.Time})
}

// file adds the content that a document names, if it is still there.
func (x *exporter) file(ctx context.Context, z *zip.Writer, f filed) (err error) {
	id, name, _ := f.File()
	r, _, err := x.s.blobs.Open(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	w, err := x.create(z, path.Join("files", name))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}
