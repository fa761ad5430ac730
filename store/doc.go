// Package store keeps typed documents in transactions.
//
// Declare a [Collection] for each type, open a [DB] over a driver (memstore,
// boltstore, pgstore), and run functions in View and Update:
//
//	var notes = &store.Collection[Note]{
//		Name:    "note",
//		Key:     func(n *Note) string { return n.ID },
//		Rev:     func(n *Note) *store.Rev { return &n.Rev },
//		Columns: []store.Column[Note]{{Name: "due", Kind: store.Time, Of: func(n *Note) any { return n.Due }}},
//		Indexes: []store.Index{{Name: "due", On: []string{"due"}}},
//	}
//	db, err := store.Open(ctx, memstore.New(), nil, notes)
//	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
//		return notes.Put(ctx, tx, &Note{ID: "1", Due: tomorrow})
//	})
//
// # Revisions
//
// Each document has a revision, and Put compares it with the stored one. If the
// document was read in the same transaction and moved, the error is ErrConflict
// and Update runs its function again; if its revision came from outside (a form,
// an ETag), the error is ErrStale and the caller has to look again. What is
// right doesn't depend on the isolation level, so it holds in a host's own
// transaction, too.
//
// # Preparing
//
// Where writers take turns, [DB.Prepare] has its function run before the turn, at the same
// time as others, and only compares and writes in it: what it read, stretches of keys
// included, has to be as it was, or it runs once more in the turn. It is for what many do
// at once to documents of their own, as to create tickets; what many do to one document
// is an Update. What depends on who came before goes into [Tx.Last].
//
// # Queries
//
// A query walks one index: an equality prefix, then one range. It costs what it
// yields, on every back end. Page gives a cursor for lists.
//
// # Stored forms
//
// A collection has a Version. Documents of an older one are read through its
// Upgrades, and rewritten when they are next put. What a newer program wrote is
// ErrNewer, never a guess.
//
// # Several processes
//
// Where a store is shared, each process is in a register of the store, and shows
// by [DB.Run] that it is alive. While one of an older program lives, documents are
// written in its form, and indexes that it doesn't know are ErrIndexBuilding. So
// programs may be exchanged one by one, a version at a time, and back.
//
// # Personal data
//
// A collection says in Subjects whose personal data a document holds and in Erase what
// remains without it, or in Impersonal why it holds none. Found says how somebody's
// documents are found without looking at all: by an index, or under the key of a
// document in another collection. [DB.Personal] walks them, [DB.Erase] erases them in
// small transactions, and [DB.Compact] leaves no byte of what has gone. To keep somebody
// from writing new ones meanwhile is the caller's task: whoever writes for a subject
// reads a document, with Share, that his erasure changes first.
//
// # Caveats
//
// Times lie between 1840 and 2099, where every back end keeps their microseconds.
// A key, or a text in a column, has at most 1,024 bytes.
//
// The function of Update may run more than once; create documents inside it. The
// context that it gets carries the transaction: View or Update of the same DB
// under it is ErrNested, so hand on tx, not db. No View outlives a page.
package store
