package faq

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Opinion is what a reader says of an article.
type Opinion string

// The opinions.
const (
	NoOpinion Opinion = "" // he has taken it back
	Helpful   Opinion = "yes"
	Unhelpful Opinion = "no"
)

// MaxComment is how long a comment is at most, in characters.
const MaxComment = 1000

// Vote is a reader's opinion of an article. A reader has one of each; he may change it.
type Vote struct {
	Article  string    `json:"article"`
	App      string    `json:"app"`
	Platform string    `json:"platform,omitempty"`
	Language string    `json:"language"` // of the translation that he read
	Version  int       `json:"version"`  // likewise
	Reader   string    `json:"reader"`   // id of an end user, or session:HASH
	Opinion  Opinion   `json:"opinion,omitempty"`
	Comment  string    `json:"comment,omitempty"` // of who found it unhelpful
	Time     time.Time `json:"time"`
	Rev      store.Rev `json:"-"`
}

var votes = &store.Collection[Vote]{
	Name: "article_vote",
	Key:  func(v *Vote) string { return voteKey(v.Article, v.Reader) },
	Rev:  func(v *Vote) *store.Rev { return &v.Rev },
	Columns: []store.Column[Vote]{
		{Name: "reader", Kind: store.Text, Of: func(v *Vote) any { return v.Reader }},
		{Name: "time", Kind: store.Time, Of: func(v *Vote) any { return v.Time }},
		{Name: "commented", Kind: store.Text, Of: func(v *Vote) any {
			if v.Comment == "" {
				return nil
			}
			return v.Article
		}},
	},
	Indexes: []store.Index{
		{Name: "reader", On: []string{"reader", "time"}},
		{Name: "commented", On: []string{"commented", "time"}},
	},
	Subjects: func(v *Vote) []string { return personOf(v.Reader) },
	Erase:    func(*Vote, string) bool { return false },
	Found:    []store.Way{store.InIndex("reader")},
}

func voteKey(article, reader string) string { return article + "/" + reader }

// Feedback is what a reader says when he has read an article.
type Feedback struct {
	Opinion Opinion
	Comment string // what is missing, at most 1,000 characters; with Unhelpful only
	// Search is the id of the [Query] by which he found it, or "". If it was helpful, the
	// article is remembered as the answer to it.
	Search string
}

func (f *Feedback) check() error {
	f.Comment = store.CleanText(f.Comment)
	switch {
	case f.Opinion != Helpful && f.Opinion != Unhelpful && f.Opinion != NoOpinion:
		return &store.FieldError{Field: "feedback.opinion", Reason: "is yes, no or empty"}
	case utf8.RuneCountInString(f.Comment) > MaxComment:
		return store.TooLong("feedback.comment", MaxComment)
	case f.Comment != "" && f.Opinion != Unhelpful:
		return &store.FieldError{Field: "feedback.comment", Reason: "is asked of those who found it unhelpful"}
	case len(f.Search) > maxRef:
		return &store.FieldError{Field: "feedback.search", Reason: "is the id of a query", Limit: maxRef}
	}
	return nil
}

// Vote takes a reader's opinion of an article, in place of what he said before. It is a
// *store.FieldError of who is neither an end user nor has a session, as he could say so
// twice. What staff says doesn't count. An article that he may not see is
// store.ErrNotFound, and so is an end user who was erased.
func (s *Service) Vote(ctx context.Context, v Viewer, article string, f Feedback) error {
	if err := f.check(); err != nil {
		return err
	}
	// The article stays until it is told: who deletes it finds this opinion, too.
	return s.byReader(ctx, v, article, store.Share, func(ctx context.Context, tx *store.Tx, a *Article, t *Translation, reader string) (*event.Event, error) {
		if reader == "" {
			return nil, &store.FieldError{Field: "viewer.session", Reason: "is missing: an opinion counts once for each reader"}
		}
		vote, err := votes.Lock(ctx, tx, voteKey(a.ID, reader), store.ForUpdate)
		if missing(err) {
			vote, err = &Vote{Article: a.ID, App: a.App, Reader: reader}, nil
		}
		if err != nil {
			return nil, err
		}
		was, in := vote.Opinion, vote.Language
		if was == f.Opinion && vote.Comment == f.Comment {
			return nil, nil
		}
		vote.Opinion, vote.Comment, vote.Platform, vote.Language, vote.Version, vote.Time = f.Opinion, f.Comment, v.Platform, t.Language, t.Version, s.now()
		if err := votes.Put(ctx, tx, vote); err != nil {
			return nil, err
		}
		if f.Opinion == Helpful && was != Helpful && f.Search != "" {
			if err := s.rememberQuery(ctx, tx, v.actor(), reader, f.Search, a, t); err != nil {
				return nil, err
			}
		}
		return record(Voted, "article_vote:"+voteKey(a.ID, reader), vote.Rev, v.actor(), Facts{Article: a.ID, Section: a.Section, App: a.App, Platform: v.Platform,
			Language: t.Language, Version: t.Version, Helpful: string(f.Opinion), Was: string(was), WasLanguage: in, Query: f.Search})
	})
}

// Opinion returns what a viewer has said of an article, for a page that shows it.
func (s *Service) Opinion(ctx context.Context, v Viewer, article string) (o Opinion, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err := s.sight(ctx, tx, v)
		if err != nil {
			return err
		}
		vote, err := votes.Get(ctx, tx, voteKey(article, sight.reader(&v)))
		if missing(err) {
			return nil
		}
		if err == nil {
			o = vote.Opinion
		}
		return err
	})
	return o, err
}

// Comments returns at most limit votes on an article that have a comment, and no more
// than 200, the newest first, and the cursor of the next page. It needs the permission
// EditFAQs.
func (s *Service) Comments(ctx context.Context, actor event.Actor, article, after string, limit int) (vs []*Vote, next string, err error) {
	err = s.look(ctx, actor, subject(article), func(ctx context.Context, tx *store.Tx) error {
		vs, next, err = votes.Page(ctx, tx, store.By("commented", article).Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return vs, next, err
}
