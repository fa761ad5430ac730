package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// move is one step of a random program. A program runs in a transaction of
// PostgreSQL and in one of memory, which must tell the same story.
type move struct {
	what string // see player.move
	coll int    // the cards, or those of which nothing is unique
	key  string
	card card
	rev  int64 // what a put or a delete says was there; -1: what a get says now
	lock int
	q    int
	fail bool
	then []move
}

var queries = []store.Query{
	store.ByKey(), store.ByKey().Desc(), store.By("owner"), store.By("owner", "ann").Desc(), store.By("n"),
	store.By("n").From(1).Desc(), store.By("tag", "x"), store.By("tag", "y").From(2), store.By("tag").Desc(),
}

// moves draws a program. Calls of the engine are only made by the host.
func moves(t *rapid.T, depth int, host bool) (ms []move) {
	kinds := []string{"get", "put", "put", "delete", "scan", "scan", "claim", "ahead", "next", "new", "nested", "nested"}
	if host {
		kinds = []string{"call", "call", "call", "put", "get", "scan", "delete", "savepoint", "savepoint", "statement", "mistake"}
	}
	for range rapid.IntRange(1, 10).Draw(t, "steps") {
		m := move{
			what: rapid.SampledFrom(kinds).Draw(t, "what"),
			coll: rapid.IntRange(0, 1).Draw(t, "collection"),
			key:  rapid.SampledFrom([]string{"a", "a", "b", "c"}).Draw(t, "key"),
			lock: rapid.IntRange(0, 2).Draw(t, "lock"),
			rev:  rapid.SampledFrom([]int64{-1, -1, -1, 0, 1, 2}).Draw(t, "rev"),
			q:    rapid.IntRange(0, len(queries)-1).Draw(t, "query"),
			fail: rapid.Bool().Draw(t, "fail"),
		}
		m.card = card{
			ID: m.key, N: int64(rapid.IntRange(0, 3).Draw(t, "n")),
			Owner: rapid.SampledFrom([]string{"", "", "ann", "bob"}).Draw(t, "owner"),
			Tags:  rapid.SampledFrom([][]string{nil, {"x"}, {"x", "y"}, {"y", "x", "y"}}).Draw(t, "tags"),
		}
		switch inner := m.what == "call" || m.what == "nested"; {
		case depth == 4:
			m.what = "get"
		case inner || m.what == "savepoint":
			m.then = moves(t, depth+1, host && !inner)
		}
		ms = append(ms, m)
	}
	return ms
}

// player runs a program, and writes down what it hears.
type player struct {
	cards   [2]*store.Collection[card]
	fresh   *store.Collection[card]
	host    pgx.Tx // nil in memory
	story   []string
	numbers int64 // the last one
	made    int   // fresh cards
}

func newPlayer() *player {
	c := cards()
	plain := &store.Collection[card]{Name: "plain", Key: c.Key, Rev: c.Rev, Columns: c.Columns, Indexes: slices.Clone(c.Indexes)}
	plain.Indexes[0].Unique = false
	fresh := &store.Collection[card]{Name: "fresh", Key: c.Key, Rev: c.Rev, Fresh: true, Columns: c.Columns, Indexes: []store.Index{
		{Name: "n", On: []string{"n"}}, {Name: "tag", On: []string{"tags"}, Unique: true},
	}}
	return &player{cards: [2]*store.Collection[card]{c, plain}, fresh: fresh}
}

func (p *player) open(t *testing.T, d driver.Store) *store.DB {
	db, err := store.Open(t.Context(), d, nil, p.cards[0], p.cards[1], p.fresh)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (p *player) tell(format string, args ...any) {
	p.story = append(p.story, fmt.Sprintf(format, args...))
}

// class is what an error means; who moved a revision differs where only one can.
func class(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, store.ErrNotFound):
		return "not found"
	case errors.Is(err, store.ErrExists):
		return "exists"
	case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrConflict):
		return "moved"
	}
	return err.Error()
}

func (p *player) play(ctx context.Context, tx *store.Tx, ms []move) {
	for _, m := range ms {
		p.move(ctx, tx, m)
	}
}

func (p *player) move(ctx context.Context, tx *store.Tx, m move) {
	switch m.what {
	case "get":
		v, err := p.cards[m.coll].Lock(ctx, tx, m.key, driver.Lock(m.lock))
		p.tell("get %s: %+v %s", m.key, v, class(err))
	case "put", "delete":
		p.change(ctx, tx, m)
	case "new":
		p.made++
		p.tell("new: %s", class(p.fresh.Put(ctx, tx, &card{ID: fmt.Sprint(p.made), N: m.card.N, Tags: []string{fmt.Sprint(p.made)}})))
	case "scan", "claim":
		walk := p.cards[m.coll].All(ctx, tx, queries[m.q])
		if m.what == "claim" {
			walk = p.cards[m.coll].Claim(ctx, tx, queries[m.q].Limit(2))
		}
		for v, err := range walk {
			p.tell("%s %d: %+v %s", m.what, m.q, v, class(err))
		}
		if m.lock == 0 {
			for v, err := range p.fresh.All(ctx, tx, store.By("n", m.card.N)) {
				p.tell("fresh: %+v %s", v, class(err))
			}
		}
	case "ahead":
		p.tell("ahead: %s", class(tx.Ahead(ctx, p.cards[m.coll].Want(m.key, store.ForUpdate), p.cards[m.coll].Want("a", driver.None), store.WantNumber("n"))))
	case "next":
		n, err := tx.Next(ctx, "n")
		p.tell("next: %v %s", n > p.numbers, class(err))
		p.numbers = n
	case "call", "nested", "savepoint":
		p.nest(ctx, tx, m)
	case "statement", "mistake":
		p.statement(ctx, m.what == "mistake")
	}
}

func (p *player) change(ctx context.Context, tx *store.Tx, m move) {
	v := m.card
	v.Rev = store.Rev(m.rev)
	if m.rev < 0 {
		old, err := p.cards[m.coll].Get(ctx, tx, m.key)
		if v.Rev = 0; err == nil {
			v.Rev = old.Rev
		}
	}
	if m.what == "put" || v.Rev == 0 {
		p.tell("put %+v: %s", m.card, class(p.cards[m.coll].Put(ctx, tx, &v)))
	} else {
		p.tell("delete %s: %s", m.key, class(p.cards[m.coll].Delete(ctx, tx, &v)))
	}
}

// nest runs moves that may be undone together: by an Update of the engine's, or by
// the host.
func (p *player) nest(ctx context.Context, tx *store.Tx, m move) {
	inner := func(ctx context.Context, tx *store.Tx) error {
		p.play(ctx, tx, m.then)
		if m.fail {
			return errPurpose
		}
		return nil
	}
	if m.what != "savepoint" || p.host == nil {
		err := tx.Update(ctx, inner)
		p.tell("end of a nested one: %v", err)
		return
	}
	mark, err := p.host.Begin(ctx)
	if err == nil {
		if err = inner(ctx, tx); err == nil {
			mark.Commit(ctx)
		} else {
			mark.Rollback(ctx)
		}
	}
	p.tell("end of a nested one: %v", err)
}

// statement is one of the host's own.
func (p *player) statement(ctx context.Context, wrong bool) {
	if p.host == nil {
		return
	}
	mark, err := p.host.Begin(ctx)
	if err == nil {
		_, err = mark.Exec(ctx, "select 1")
	}
	if err != nil {
		p.tell("the host's statement: %v", err)
		return
	}
	if wrong {
		mark.Exec(ctx, "select 1/0")
	}
	mark.Rollback(ctx)
}

// everything is what is stored, by each query.
func (p *player) everything(ctx context.Context, db *store.DB) (all []string, err error) {
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		all = nil
		for _, q := range queries {
			for _, c := range p.cards {
				for v, err := range c.All(ctx, tx, q) {
					all = append(all, fmt.Sprintf("%s %+v %v", c.Name, v, err))
				}
			}
		}
		for v, err := range p.fresh.All(ctx, tx, store.By("tag")) {
			all = append(all, fmt.Sprintf("fresh %+v %v", v, err))
		}
		return nil
	})
	return all, err
}

// Whatever is done in a transaction of the host's, or in one of the engine's own, is
// what is done in memory: savepoints of both kinds, nested and undone, with all that
// is put off and read ahead.
func TestLikeMemory(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	base := newPlayer()
	db := base.open(t, d.pg)
	rapid.Check(t, func(rt *rapid.T) {
		joined := rapid.Bool().Draw(rt, "in the host's")
		level := rapid.SampledFrom([]pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable}).Draw(rt, "level")
		programs := [][]move{moves(rt, 0, joined), moves(rt, 0, joined)}
		fail := rapid.Bool().Draw(rt, "roll back")

		d.sql("delete from $.card; delete from $.card__tags__n; delete from $.plain; delete from $.plain__tags__n; delete from $.fresh; delete from $.fresh__tags_ux")
		there, here := &player{cards: base.cards, fresh: base.fresh}, newPlayer()
		mem := here.open(t, memstore.New())
		for _, program := range programs {
			play := func(p *player, db *store.DB) error {
				return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					p.play(ctx, tx, program)
					if fail {
						return errPurpose
					}
					return nil
				})
			}
			want := play(here, mem)
			var got error
			if joined {
				got = pgx.BeginTxFunc(t.Context(), d.pool, pgx.TxOptions{IsoLevel: level}, func(host pgx.Tx) error {
					there.host = host
					there.play(t.Context(), db.Join(d.pg.In(host)), program)
					if fail {
						return errPurpose
					}
					return nil
				})
			} else {
				got = play(there, db)
			}
			if !errors.Is(got, want) {
				rt.Fatalf("the transaction ends with %v, want %v", got, want)
			}
			if diff := cmp.Diff(here.story, there.story); diff != "" {
				rt.Fatalf("memory (-) and PostgreSQL (+) tell\n%s", diff)
			}
			keeps, err := here.everything(t.Context(), mem)
			d.must(err)
			has, err := there.everything(t.Context(), db)
			d.must(err)
			if diff := cmp.Diff(keeps, has); diff != "" {
				rt.Fatalf("memory (-) and PostgreSQL (+) hold\n%s", diff)
			}
			d.consistent(rt)
		}
		d.must(mem.Close())
	})
}

// consistent looks whether columns and side tables say what the documents say.
func (d *desk) consistent(t interface{ Fatalf(string, ...any) }) {
	var wrong int
	for _, coll := range []string{"card", "plain"} {
		var n int
		d.must(d.pool.QueryRow(d.t.Context(), strings.NewReplacer("$", d.schema, "card", coll).Replace(`select
		(select count(*) from $.card where owner is distinct from _doc->>'owner' or n is distinct from (_doc->>'n')::bigint
			or tags is distinct from (select array_agg(x order by i) from jsonb_array_elements_text(_doc->'tags') with ordinality y(x, i))) +
		(select count(*) from (
			(select jsonb_array_elements_text(_doc->'tags') v, n, _key from $.card) except (select _value, _then, _key from $.card__tags__n)) a) +
		(select count(*) from (
			(select _value, _then, _key from $.card__tags__n) except (select jsonb_array_elements_text(_doc->'tags') v, n, _key from $.card)) b)`)).Scan(&n))
		wrong += n
	}
	if wrong > 0 {
		t.Fatalf("%d rows aren't what the documents say", wrong)
	}
}
