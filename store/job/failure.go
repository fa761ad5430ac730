package job

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
)

// The pauses before another attempt.
const (
	firstPause = time.Second
	lastPause  = time.Hour
	longest    = 24 * time.Hour // that After is obeyed for
)

// maxError is how much of an error is kept, in bytes.
const maxError = 1000

// permanent is an error that no further attempt can mend.
type permanent struct{ err error }

func (p *permanent) Error() string { return p.err.Error() }
func (p *permanent) Unwrap() error { return p.err }

// Permanent wraps a handler's error for which another attempt is no use: the job
// becomes a dead letter at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

// later is an error that brings its own pause.
type later struct {
	pause time.Duration
	err   error
}

func (l *later) Error() string { return l.err.Error() }
func (l *later) Unwrap() error { return l.err }

// After wraps a handler's error (nil gets a text of its own) whose cause said when
// to come back, as by HTTP's Retry-After: the next attempt comes after d, which is
// kept between a second and a day. The attempt counts.
func After(d time.Duration, err error) error {
	if err == nil {
		err = errors.New("asked to come back later")
	}
	return &later{min(max(d, firstPause), longest), err}
}

// pause is how long a job waits after a failed attempt: a random time between a
// second and a limit that doubles from two seconds to an hour. It depends on
// seed, id and attempt alone, not on the order in which jobs fail.
func (q *Queue) pause(id string, attempt int, err error) time.Duration {
	if l, ok := errors.AsType[*later](err); ok {
		return l.pause
	}
	limit := lastPause
	if attempt < 12 { // 2^12 s is above an hour
		limit = firstPause << attempt
	}
	h := fnv.New64a()
	h.Write([]byte(id))
	r := rand.New(rand.NewPCG(q.seed^h.Sum64(), uint64(attempt)))
	return firstPause + time.Duration(r.Int64N(int64(limit-firstPause)))
}

// text is what is kept of an error.
func text(err error) string {
	s := err.Error()
	if len(s) > maxError {
		s = strings.ToValidUTF8(s[:maxError], "")
	}
	return s
}
