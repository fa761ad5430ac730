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
	"github.com/frontdesk-go/frontdesk/store"
)

// change is what a batch does: articles that come in place of what there was of them,
// and answers.
type change struct {
	articles  []string // all that are touched, also those that are gone
	docs      []rank.Document
	answers   []*faq.Answer
	forgotten []string
}

// What the files hold: a packed document by article and language, an answer by its id.
// Nothing of them is indexed by bleve; why, doc.go says.
const (
	articleKey = "a/"
	answerKey  = "q/"
	heldField  = "held"
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

// write writes a change and how far it brings the index to the files, both or none,
// and then to the engine.
func (x *Index) write(ctx context.Context, c *change, m mark) (err error) {
	defer guard(&err)
	x.vectors(ctx, c.docs) // may take its time, so that nobody is to wait for it
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.files == nil {
		return store.ErrClosed
	}
	packed := x.engine.Pack(c.docs...)
	b := index.NewBatch()
	gone, err := x.held(c.articles)
	if err != nil {
		return err
	}
	for _, key := range gone {
		b.Delete(key)
	}
	for i := range c.docs {
		b.Update(holding(keyOf(&c.docs[i]), packed[i]))
	}
	for _, a := range c.answers {
		value, err := json.Marshal(kept{a.ID, a.Article, a.Language, a.Text, a.By, a.Time})
		if err != nil {
			return err
		}
		b.Update(holding(answerKey+a.ID, value))
	}
	for _, id := range c.forgotten {
		b.Delete(answerKey + id)
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return err
	}
	b.SetInternal(markKey, encoded)
	b.SetInternal([]byte("form"), []byte(form))
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.files.Batch(b); err != nil {
		return err
	}
	x.seen.Store(nil)
	return x.apply(c, gone, packed)
}

func holding(key string, value []byte) *document.Document {
	d := document.NewDocument(key)
	d.AddField(document.NewTextFieldCustom(heldField, nil, value, index.StoreField, nil))
	return d
}

// apply brings the engine to what the files hold.
func (x *Index) apply(c *change, gone []string, packed [][]byte) error {
	for _, key := range gone {
		article, language, _ := strings.Cut(strings.TrimPrefix(key, articleKey), "/")
		if !slices.ContainsFunc(c.docs, func(d rank.Document) bool { return d.ID == article && rank.SameLanguage(d.Language, language) }) {
			x.engine.Delete(article, language)
		}
	}
	if err := x.engine.PutPacked(packed...); err != nil {
		return err
	}
	rs := make([]rank.Resolved, len(c.answers))
	for i, a := range c.answers {
		rs[i] = resolved(a, x.now())
	}
	x.engine.Remember(rs...)
	x.engine.Forget(c.forgotten...)
	x.changes += len(c.articles) + len(c.answers)
	return nil
}

// held returns the keys of what the files hold of articles.
func (x *Index) held(articles []string) (keys []string, err error) {
	if len(articles) == 0 {
		return nil, nil
	}
	r, err := x.files.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, id := range articles {
		prefix := articleKey + id + "/"
		dict, err := r.FieldDictPrefix("_id", []byte(prefix))
		if err != nil {
			return nil, err
		}
		for e, err := dict.Next(); e != nil || err != nil; e, err = dict.Next() {
			if err != nil {
				return nil, errors.Join(err, dict.Close())
			}
			keys = append(keys, e.Term)
		}
		if err := dict.Close(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// fillAtOnce is how many documents are read of the files at a time.
const fillAtOnce = 500

// fill makes the engine of what the files hold. The store isn't read.
func (x *Index) fill() (err error) {
	x.engine = rank.New(&rank.Options{Synonyms: x.synonyms})
	r, err := x.files.Reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	ids, err := r.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ids.Close()) }()
	var packed [][]byte
	var answers []rank.Resolved
	for {
		id, err := ids.Next()
		if err != nil {
			return err
		}
		if id == nil {
			break
		}
		key, value, err := holds(r, id)
		if err != nil {
			return err
		}
		if strings.HasPrefix(key, answerKey) {
			var k kept
			if err := json.Unmarshal(value, &k); err != nil {
				return errors.Join(errDamaged, err)
			}
			answers = append(answers, resolved(&faq.Answer{ID: k.ID, Article: k.Article, Language: k.Language, Text: k.Text, By: k.By, Time: k.Time}, x.now()))
			continue
		}
		if packed = append(packed, value); len(packed) == fillAtOnce {
			if err := x.engine.PutPacked(packed...); err != nil {
				return errors.Join(errDamaged, err)
			}
			packed = packed[:0]
		}
	}
	if err := x.engine.PutPacked(packed...); err != nil {
		return errors.Join(errDamaged, err)
	}
	slices.SortFunc(answers, func(a, b rank.Resolved) int { return strings.Compare(a.Key, b.Key) })
	x.engine.Remember(answers...)
	x.changes = x.engine.Len() + minChanges // the next Step learns
	return nil
}

// holds returns what a document of the files holds.
func holds(r index.IndexReader, id index.IndexInternalID) (key string, value []byte, err error) {
	if key, err = r.ExternalID(id); err != nil {
		return "", nil, err
	}
	d, err := r.Document(key)
	if err != nil {
		return "", nil, err
	}
	if d == nil {
		return "", nil, fmt.Errorf("%w: %s is missing", errDamaged, key)
	}
	d.VisitFields(func(f index.Field) {
		if f.Name() == heldField {
			value = slices.Clone(f.Value())
		}
	})
	return key, value, nil
}

// How much has to change until it is worth learning again.
const (
	minChanges  = 50
	changeShare = 10 // a tenth of the articles
)

// learnAgain learns if enough has changed.
func (x *Index) learnAgain() {
	x.mu.RLock()
	enough := x.engine != nil && x.changes >= max(minChanges, x.engine.Len()/changeShare)
	x.mu.RUnlock()
	if enough {
		x.learn()
	}
}

func (x *Index) learn() {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.engine != nil {
		x.engine.Learn()
		x.changes = 0
	}
}
