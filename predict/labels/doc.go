// Package labels gives a desk's tickets their labels: it trains models (package predict) by
// what was labelled before, keeps their versions, and watches how well they do.
//
//	l, err := labels.Open(ctx, labels.Parts{DB: db, …}, nil)
//	err = l.Upload(ctx, admin, labels.Scope{Language: "en"}, rows)
//	v, err := l.Train(ctx, admin, labels.Order{Scope: labels.Scope{Language: "en"}, Uploaded: true})
//	// when the job is done:
//	err = l.Activate(ctx, admin, v.ID)
//
// A ticket is given to the model of its app and language, or, where none is active, of its
// app, of its language, or of all ([Scope]). It gets a label in its intake ([Step]), from
// its title and the first text of its end user, unless somebody has set one; a ticket of
// attachments only when the first text comes. Where the model isn't sure enough, by the
// thresholds of version and label ([Service.SetThresholds]), it gets none. Agents change it
// as they change any label (ticket.Edit).
//
// # Versions
//
// [Service.Train] makes a version in the background, by rows that were uploaded, by closed
// tickets with the label that they had then, or both, and keeps its [Report]. Labels with
// fewer than predict.MinRows rows are left out, and named. [Service.Activate],
// [Service.RollBack] and [Service.Retire] change in one transaction which one labels, in all
// processes at once. [Service.Shadow] has one predict beside it and set nothing.
// [Service.Compare] puts two side by side. By a [Plan] the model is trained again, and the
// new version becomes active if it is better.
//
// # Feedback
//
// When a ticket is closed, its label is compared with what was said ([Settled]): a label
// that somebody changed, or took away, is a correction, also if he does so later.
// [Service.Live] counts; once a day it is looked whether accuracy, abstentions or the
// mixture of labels have moved ([DriftKind]), which is an event ([Drifted]) and an [Alert].
//
// # Privacy
//
// A model holds no texts. A version remembers, as hashes of ids, whose rows it was trained
// by; when one of them is erased it is marked ([Version.Marked]), and should be trained
// again. Rows that were uploaded with his id go; tickets are read anew at each training.
//
// # Caveats
//
// A model is in the memory of each process that labels, at most 16 of them, several times
// the size of its file. Rows that were uploaded without an end user's id aren't erased with
// anybody. A training takes all processors for seconds, or more, in the process that does it:
// where that hurts, ask for it by night. Models of an older program may have to be trained again
// (predict.ErrOlder): until then their tickets get no label, and a warning.
package labels
