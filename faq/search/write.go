package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
)

// change is what a batch does: articles that come in place of what there was of them,
// and answers.
type change struct {
	articles  []string // all that are touched, also those that are gone
	docs      []rank.Document
	answers   []*faq.Answer
	forgotten []string
	bare      []string // articles of which documents have no vectors, although there is an embedder
}

// What the files hold: a packed document by article and language, an answer by its id.
// Nothing of them is indexed by bleve; why, doc.go says.
const (
	articleKey = "a/"
	answerKey  = "q/"
	heldField  = "held"
	bareField  = "bare" // of documents that have no vector
)

func keyOf(d *rank.Document) string { return articleKey + d.ID + "/" + d.Language }

// kept is an answer as the files hold it.
type kept struct {
	ID       string     `json:"id"`
	Article  string     `json:"article"`
	Language string     `json:"language,omitempty"`
	Text     string     `json:"text"`
	By       faq.Source `json:"by"`
	Time     time.Time  `json:"time"`
}

// put adds a change to a batch, and brings memory to it when the files have it.
func (x *Index) put(ctx context.Context, b *indexfiles.Batch, c *change) error {
	return x.add(b, c, x.vectors(ctx, c.docs))
}

// add is put of documents of which the first so many have vectors.
func (x *Index) add(b *indexfiles.Batch, c *change, vectors int) error {
	packed := x.memory.Load().engine.Pack(c.docs...)
	gone, err := x.held(c.articles)
	if err != nil {
		return err
	}
	for _, key := range gone {
		b.Delete(key)
	}
	for i := range c.docs {
		d := holding(keyOf(&c.docs[i]), packed[i])
		if i >= vectors {
			d.AddField(document.NewTextFieldCustom(bareField, nil, nil, index.StoreField, nil))
			if x.embed.by != nil {
				c.bare = append(c.bare, c.docs[i].ID)
			}
		}
		b.Put(d)
	}
	for _, a := range c.answers {
		value, err := json.Marshal(kept{a.ID, a.Article, a.Language, a.Text, a.By, a.Time})
		if err != nil {
			return err
		}
		b.Put(holding(answerKey+a.ID, value))
	}
	for _, id := range c.forgotten {
		b.Delete(answerKey + id)
	}
	b.Erased = len(c.forgotten) > 0
	b.Then = func() error { return x.memory.Load().apply(c, gone, packed, x.now()) }
	return nil
}

func holding(key string, value []byte) *document.Document {
	d := document.NewDocument(key)
	d.AddField(document.NewTextFieldCustom(heldField, nil, value, index.StoreField, nil))
	return d
}

// apply brings memory to what the files hold.
func (m *memory) apply(c *change, gone []string, packed [][]byte, now time.Time) error {
	for _, key := range gone {
		article, language, _ := strings.Cut(strings.TrimPrefix(key, articleKey), "/")
		if !slices.ContainsFunc(c.docs, func(d rank.Document) bool { return d.ID == article && rank.SameLanguage(d.Language, language) }) {
			m.engine.Delete(article, language)
		}
	}
	if err := m.engine.PutPacked(packed...); err != nil {
		return err
	}
	rs := make([]rank.Resolved, len(c.answers))
	for i, a := range c.answers {
		rs[i] = resolved(a, now)
	}
	m.engine.Remember(rs...)
	m.engine.Forget(c.forgotten...)
	for _, id := range c.articles {
		m.bare.done(id)
	}
	for _, id := range c.bare {
		m.bare.add(id)
	}
	m.changes += len(c.articles) + len(c.answers)
	return nil
}

// held returns the keys of what the files hold of articles.
func (x *Index) held(articles []string) (keys []string, err error) {
	if len(articles) == 0 {
		return nil, nil
	}
	err = x.files.Read(func(r index.IndexReader) error {
		for _, id := range articles {
			if keys, err = keysOf(r, keys, articleKey+id+"/"); err != nil {
				return err
			}
		}
		return nil
	})
	return keys, err
}

// keysOf adds the keys that begin with a prefix.
func keysOf(r index.IndexReader, keys []string, prefix string) (_ []string, err error) {
	dict, err := r.FieldDictPrefix("_id", []byte(prefix))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dict.Close()) }()
	for e, err := dict.Next(); e != nil || err != nil; e, err = dict.Next() {
		if err != nil {
			return nil, err
		}
		keys = append(keys, e.Term)
	}
	return keys, nil
}

// fillAtOnce is how many documents are read of the files at a time.
const fillAtOnce = 500

// load fills memory with what the files hold. The store isn't read.
func (x *Index) load(r index.IndexReader) error {
	m := &memory{engine: rank.New(&rank.Options{Synonyms: x.synonyms})}
	var packed [][]byte
	var answers []rank.Resolved
	err := each(r, func(key string, value []byte, bare bool) error {
		if strings.HasPrefix(key, answerKey) {
			var k kept
			err := json.Unmarshal(value, &k)
			answers = append(answers, resolved(&faq.Answer{ID: k.ID, Article: k.Article, Language: k.Language, Text: k.Text, By: k.By, Time: k.Time}, x.now()))
			return err
		}
		if bare && x.embed.by != nil {
			id, _, _ := strings.Cut(strings.TrimPrefix(key, articleKey), "/")
			m.bare.add(id)
		}
		if packed = append(packed, value); len(packed) < fillAtOnce {
			return nil
		}
		err := m.engine.PutPacked(packed...)
		packed = packed[:0]
		return err
	})
	if err != nil {
		return err
	}
	if err := m.engine.PutPacked(packed...); err != nil {
		return err
	}
	slices.SortFunc(answers, func(a, b rank.Resolved) int { return strings.Compare(a.Key, b.Key) })
	m.engine.Remember(answers...)
	m.enough()
	x.memory.Store(m)
	return nil
}

func (x *Index) drop() { x.memory.Store(nil) }

// each calls f for each document of the files.
func each(r index.IndexReader, f func(key string, value []byte, bare bool) error) (err error) {
	ids, err := r.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ids.Close()) }()
	for id, err := ids.Next(); id != nil || err != nil; id, err = ids.Next() {
		if err != nil {
			return err
		}
		key, value, bare, err := holds(r, id)
		if err != nil {
			return err
		}
		if err := f(key, value, bare); err != nil {
			return err
		}
	}
	return nil
}

// holds returns what a document of the files holds.
func holds(r index.IndexReader, id index.IndexInternalID) (key string, value []byte, bare bool, err error) {
	if key, err = r.ExternalID(id); err != nil {
		return "", nil, false, err
	}
	d, err := r.Document(key)
	if err != nil {
		return "", nil, false, err
	}
	if d == nil {
		return "", nil, false, fmt.Errorf("%w: %s is missing", indexfiles.ErrDamaged, key)
	}
	d.VisitFields(func(f index.Field) {
		switch f.Name() {
		case heldField:
			value = slices.Clone(f.Value())
		case bareField:
			bare = true
		}
	})
	return key, value, bare, nil
}

// How much has to change until it is worth learning again.
const (
	minChanges  = 50
	changeShare = 10 // a tenth of the articles
)

// enough says that it is worth learning again, however little has changed.
func (m *memory) enough() { m.changes = m.engine.Len() + minChanges }

// settle learns if enough has changed, and sees to articles that have no vectors.
func (x *Index) settle(ctx context.Context, b *indexfiles.Batch) error {
	if m := x.memory.Load(); m.changes >= max(minChanges, m.engine.Len()/changeShare) {
		m.engine.Learn()
		m.changes = 0
	}
	return x.embedAgain(ctx, b)
}
