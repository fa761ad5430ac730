package bot

import (
	"context"
	"net/http"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
)

// Conversations is how many there are.
func (s *Service) Conversations(ctx context.Context) (n int, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err = runs.Count(ctx, tx, store.ByKey().Limit(1000))
		return err
	})
	return n, err
}

// Take is the reactor's transaction after a message.
func (s *Service) Take(ctx context.Context, id string) error {
	return s.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := held(ctx, tx, id)
		if t == nil || err != nil {
			return err
		}
		r, err := runs.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		return s.catchUp(ctx, tx, t, r)
	})
}

// PublicClient is the client that calls are made with, if the host gives none.
func PublicClient() *http.Client { return publicClient() }

// Compile reads a condition of a flow.
func Compile(f *flow.Flow, condition string) error {
	env, err := newEnv(f, nil)
	if err == nil {
		_, err = env.Compile(condition)
	}
	return err
}
