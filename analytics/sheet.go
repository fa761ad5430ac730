package analytics

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/frontdesk-go/frontdesk/store"
)

// Everything that is kept belongs to a generation, which leads its key: a rebuild makes
// the next one while the one before is read.
type generation string

// segment is what a batch of events has added within an hour, by the minute. It waits to
// be folded into sheets, and stays for who asks for minutes.
type segment struct {
	ID      string    `json:"id"`                // generation, hour, position in the log, number
	Pending string    `json:"pending,omitempty"` // generation and position, as long as it isn't folded
	Parts   []part    `json:"parts"`
	Rev     store.Rev `json:"-"`
}

// part is what a segment has of a set; slots are minutes.
type part struct {
	Set   set    `json:"set"`
	Cells []byte `json:"cells"`
}

// maxParts is how many parts a segment has at most.
const maxParts = 100

var segments = &store.Collection[segment]{
	Name:       "analytics_segment",
	Key:        func(s *segment) string { return s.ID },
	Rev:        func(s *segment) *store.Rev { return &s.Rev },
	Columns:    []store.Column[segment]{{Name: "pending", Kind: store.Text, Of: func(s *segment) any { return s.Pending }}},
	Indexes:    []store.Index{{Name: "pending", On: []string{"pending"}}},
	Impersonal: impersonal,
}

const impersonal = "holds numbers, and ids of what they are of"

// hourOf counts hours, and dayOf days, of UTC since 1970.
func hourOf(t time.Time) int { return int(floor(t, time.Hour).Unix() / 3600) }
func dayOf(t time.Time) int  { return int(floor(t, 24*time.Hour).Unix() / 86400) }

// segmentKey begins the keys of an hour's segments.
func (g generation) segmentKey(hour int) string { return fmt.Sprintf("%s/%08d/", g, hour) }

// sheet is the figures of a day, of UTC, by quarters of an hour: of the total, of a value
// of a dimension, or of a whole set.
type sheet struct {
	ID    string   `json:"id"`
	Words []string `json:"words,omitempty"` // of a whole set
	Day   int      `json:"day"`             // since 1970
	Set   set      `json:"set"`             // of a single dimension: no others
	Cells []byte   `json:"cells"`
	// Volumes is how many other documents there are of the same, which are full: see
	// volume. What is in all of them adds up.
	Volumes int       `json:"volumes,omitempty"`
	Rev     store.Rev `json:"-"`
}

// maxSheet is when a sheet with a spread is full, in bytes: the more there are, the more it
// costs to add something to one. Plain columns have no more than 100 KB in a day.
const maxSheet = 32 << 10

// volume is the key of a full sheet.
func volume(key string, n int) string { return key + "\x01" + strconv.Itoa(n) }

func sheetsIn(name string) *store.Collection[sheet] {
	return &store.Collection[sheet]{
		Name:       name,
		Key:        func(s *sheet) string { return s.ID },
		Rev:        func(s *sheet) *store.Rev { return &s.Rev },
		Impersonal: impersonal,
	}
}

// Sheets are the totals and the single dimensions, without their spreads, which are long
// and seldom asked for; those are in spreads. mixes are whole sets, with all they have.
var (
	sheets  = sheetsIn("analytics_sheet")
	spreads = sheetsIn("analytics_spread")
	mixes   = mixed()
)

func mixed() *store.Collection[sheet] {
	c := sheetsIn("analytics_mix")
	c.Columns = []store.Column[sheet]{
		{Name: "words", Kind: store.Texts, Of: func(s *sheet) any { return s.Words }},
		{Name: "day", Kind: store.Int, Of: func(s *sheet) any { return int64(s.Day) }},
	}
	c.Indexes = []store.Index{{Name: "words", On: []string{"words", "day"}}}
	return c
}

// level is how many tickets of a total, a value or a set are open now, that is, as of the
// folded segments.
type level struct {
	ID      string    `json:"id"`
	Words   []string  `json:"words,omitempty"` // of a whole set
	Set     set       `json:"set"`
	Open    int64     `json:"open,omitempty"`
	Backlog int64     `json:"backlog,omitempty"`
	Since   int64     `json:"since,omitempty"`   // sum of the moments since when the backlog waits, in ms since epoch
	Waiting int64     `json:"waiting,omitempty"` // tickets that wait for the agent who has them
	Rev     store.Rev `json:"-"`
}

var levels = &store.Collection[level]{
	Name:       "analytics_level",
	Key:        func(l *level) string { return l.ID },
	Rev:        func(l *level) *store.Rev { return &l.Rev },
	Columns:    []store.Column[level]{{Name: "words", Kind: store.Texts, Of: func(l *level) any { return l.Words }}},
	Indexes:    []store.Index{{Name: "words", On: []string{"words"}}},
	Impersonal: impersonal,
}

// epoch is from when sums of moments count, so that they don't overflow: a billion tickets
// may wait for a hundred years.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (l *level) nothing() bool {
	return l.Open == 0 && l.Backlog == 0 && l.Since == 0 && l.Waiting == 0
}

// face is a value of a dimension, the total, which is of no dimension, or a whole set.
type face struct {
	by    Dimension // "": the total, or whole
	value string
	whole bool
}

// faces are what a set counts for.
func (s *set) faces() []face {
	fs := []face{{whole: true}}
	if s.Tagged {
		return append(fs, face{by: Tag, value: s.Tag})
	}
	fs = append(fs, face{})
	for _, d := range Dimensions() {
		if d != Tag || s.Bare {
			fs = append(fs, face{by: d, value: s.get(d)})
		}
	}
	return fs
}

// short keeps a value within what a key can hold, and no two the same.
func short(value string) string {
	const most = 200
	if len(value) <= most && strings.IndexFunc(value, unicode.IsControl) < 0 {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return "#" + hex.EncodeToString(sum[:])
}

// code is a whole set as a key.
func (s *set) code() string {
	var b []byte
	for _, v := range [...]string{s.App, s.Platform, s.Channel, s.Language, s.Queue, s.Group, s.Team, s.Agent, s.Bot, s.Label, s.Tag} {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	b = strconv.AppendBool(strconv.AppendBool(b, s.Tagged), s.Bare)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// sheetKey is where the figures of a face's day are. Those of one dimension's day are
// together, and its days in order.
func (g generation) sheetKey(f face, code string, day int) string {
	if f.whole {
		return g.day(day) + code
	}
	return g.sheetsOf(f.by, day) + short(f.value)
}

// day begins the keys of a day's whole sets.
func (g generation) day(day int) string { return string(g) + "/" + sixDigits(day) + "/" }

// sixDigits are a number of days as keys order it; there are so many until the year 4707.
func sixDigits(n int) string {
	s := strconv.Itoa(n)
	return "000000"[min(len(s), 6):] + s
}

// sheetsOf begins the keys of a dimension's sheets of a day.
func (g generation) sheetsOf(by Dimension, day int) string {
	return string(g) + "/" + string(by) + "/" + sixDigits(day) + "/"
}

// levelKey is where the level of a face is; code is that of its set, if it is a whole one.
func (g generation) levelKey(f face, code string) string {
	if f.whole {
		return string(g) + "/whole/" + code
	}
	return g.levelsOf(f.by) + short(f.value)
}

func (g generation) levelsOf(by Dimension) string { return string(g) + "/by/" + string(by) + "/" }

// word is a value of a dimension as an index holds it.
func (g generation) word(d Dimension, value string) string {
	return string(g) + "/" + string(d) + "=" + short(value)
}

// words are those of a whole set. That it has no value of a dimension isn't among them: too
// many don't.
func (g generation) words(s *set) (ws []string) {
	for _, d := range Dimensions() {
		if v := s.get(d); v != "" {
			ws = append(ws, g.word(d, v))
		}
	}
	slices.Sort(ws)
	return ws
}

// only is the set of a face, as far as it goes.
func (s *set) only(f face) set {
	if f.whole {
		return *s
	}
	var o set
	switch f.by {
	case App:
		o.App = f.value
	case Platform:
		o.Platform = f.value
	case Channel:
		o.Channel = f.value
	case Language:
		o.Language = f.value
	case Queue:
		o.Queue = f.value
	case Group:
		o.Group = f.value
	case Team:
		o.Team = f.value
	case Agent:
		o.Agent = f.value
	case Bot:
		o.Bot = f.value
	case Label:
		o.Label = f.value
	case Tag:
		o.Tag = f.value
	}
	return o
}
