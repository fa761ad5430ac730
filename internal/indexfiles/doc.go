// Package indexfiles keeps a bleve index of what is in the store: files that follow the
// event log.
//
//	files := indexfiles.New(indexfiles.Source{Name: "note-search", Form: "1", Build: build, Follow: follow},
//		indexfiles.Options{DB: db, Events: events, Dir: dir})
//	defer files.Close()
//	go files.Run(ctx)
//	err := files.Read(func(r index.IndexReader) error { … })
//
// The index is a cache. It holds, written together with what it is about, the position
// in the log up to which it has read. Where there is none, it is built from the store:
// the position is noted first, so that what happens meanwhile is read again after. Where
// the log is another one, the form is of another version, or the files are damaged, they
// are deleted and built anew; bleve panics on damaged files, which comes out as
// [ErrDamaged].
//
// Events that change nothing in the index write no file. How far they were read is kept
// in memory, and written now and then, and by Close.
//
// What is taken out of bleve's index stays in its files until they are merged. A batch
// that says that something was erased has them merged at once, and the position says
// until then that it is owed, so that a process that is killed meanwhile leaves the rest
// to the next one.
//
// One process uses a directory at a time. A marker is left in it, and a directory that
// has other files and no marker is left alone: what is in an index is deleted without
// asking.
package indexfiles
