package faq

import (
	"context"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// maxGivenOver is how many votes go over with a merge. Who has more keeps the rest under
// his alias, by which they are erased, too.
const maxGivenOver = 200

// giveOver makes the votes of an end user who is merged those of the other one, so that
// he has one on each article. Where both have voted, that of the one who stays counts.
// What he has read lately goes over, too.
func (s *Service) giveOver(ctx context.Context, tx *store.Tx, from, into *identity.EndUser) error {
	all, _, err := votes.Page(ctx, tx, store.By("reader", from.ID).Limit(maxGivenOver))
	if err != nil {
		return err
	}
	for _, old := range all {
		if err := s.giveVote(ctx, tx, old, into.ID); err != nil {
			return err
		}
	}
	for v, err := range views.Scan(ctx, tx, store.By("reader", from.ID).Desc().Limit(maxRecent)) {
		if err != nil {
			return err
		}
		v.Reader = into.ID
		if err := views.Put(ctx, tx, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) giveVote(ctx context.Context, tx *store.Tx, old *Vote, into string) error {
	gone := *old
	_, err := votes.Lock(ctx, tx, voteKey(old.Article, into), store.ForUpdate)
	if err != nil && !missing(err) {
		return err
	}
	if missing(err) {
		vote := gone
		vote.Reader, vote.Rev = into, 0
		if err := votes.Put(ctx, tx, &vote); err != nil {
			return err
		}
		gone.Opinion = NoOpinion // which counts for the one who stays
	}
	if err := votes.Delete(ctx, tx, old); err != nil || gone.Opinion == NoOpinion {
		return err
	}
	e, err := record(Voted, "article_vote:"+voteKey(gone.Article, gone.Reader), gone.Rev+1, event.Actor{Kind: event.System},
		Facts{Article: gone.Article, App: gone.App, Platform: gone.Platform, Language: gone.Language, Version: gone.Version, Was: string(gone.Opinion), WasLanguage: gone.Language})
	if err != nil {
		return err
	}
	e.Owner, e.Reason = into, "end users merged"
	return s.events.Append(ctx, tx, e)
}
