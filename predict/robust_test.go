package predict_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/predict"
)

// TestOddRows trains on rows that are hard to learn from.
func TestOddRows(t *testing.T) {
	t.Parallel()
	same := func(text string) (rows []predict.Row) {
		for i := range 20 {
			rows = append(rows, predict.Row{Text: text, Label: fmt.Sprint("l", i%2)})
		}
		return rows
	}
	mega := shop()
	mega[0].Text = strings.Repeat("where is my parcel ", 60_000)
	mega[1].Text = strings.Repeat("\xff\xfe", 500_000)
	grouped := shop()
	for i := range grouped {
		grouped[i].Group = "one and the same"
	}
	for name, rows := range map[string][]predict.Row{
		"all the same":      same("hello"),
		"all empty":         same(""),
		"invalid UTF-8":     same("\xff\xfe\x80"),
		"a megabyte":        mega,
		"a label of two":    append(shop(), predict.Row{Text: "buy", Label: "sales"}, predict.Row{Text: "offer", Label: "sales"}),
		"one group":         grouped,
		"much out of scope": append(shop(), make([]predict.Row, 100)...),
	} {
		m, trial, err := predict.Train(t.Context(), rows, &predict.Options{Least: 1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(trial.Judgements) != len(rows) {
			t.Errorf("%s: %d judgements of %d rows", name, len(trial.Judgements), len(rows))
		}
		for _, j := range trial.Judgements {
			if !(j.Best.Confidence >= 0 && j.Best.Confidence <= 1 && j.Own >= 0 && j.Own <= 1) {
				t.Errorf("%s: %+v", name, j)
			}
		}
		if c := m.Predict("where is my parcel").Best.Confidence; !(c >= 0 && c <= 1) {
			t.Errorf("%s: confidence %v", name, c)
		}
	}
}

// TestManyLabels knows 130 labels apart.
func TestManyLabels(t *testing.T) {
	t.Parallel()
	labels := 130
	if raced {
		labels = 25
	}
	m := train(t, made(3*labels, labels, 8))
	right := 0
	for _, r := range made(4*labels, labels, 9) {
		if m.Top(r.Text, 1)[0].Label == r.Label {
			right++
		}
	}
	if right < 2*labels {
		t.Errorf("%d of %d right", right, 4*labels)
	}
}

func TestOutOfScopeIsLessSure(t *testing.T) {
	t.Parallel()
	m := train(t, shop())
	known := m.Predict("where is the parcel with my order").Best.Confidence
	for _, text := range []string{"", "zebra crossing", "??!", "天気はどうですか", "lorem ipsum dolor sit amet"} {
		if p := m.Predict(text); p.Label != "" || p.Best.Confidence >= known {
			t.Errorf("%q: %+v, known %v", text, p, known)
		}
	}
}

// TestOnlyTheFirstCharactersCount: what is above the limit changes nothing.
func TestOnlyTheFirstCharactersCount(t *testing.T) {
	t.Parallel()
	m := train(t, shop())
	text := strings.Repeat("é ", predict.MaxText/2-4) + "parcel  "
	if n := utf8.RuneCountInString(text); n != predict.MaxText {
		t.Fatal(n)
	}
	if m.Predict(text) != m.Predict(text+"refund my money") {
		t.Error("what comes after the limit counts")
	}
	if m.Predict(text[:len(text)-2]) == m.Predict(text[:len(text)-8]) {
		t.Error("the last word before the limit doesn't count")
	}
}

// TestGroupsAreHeldOutTogether gives each group a word of its own for either label: a
// model that has seen the group's other rows would know it.
func TestGroupsAreHeldOutTogether(t *testing.T) {
	t.Parallel()
	var rows []predict.Row
	for g := range 40 {
		for range 4 {
			rows = append(rows, predict.Row{Text: word(uint64(g+100) * 7919), Label: fmt.Sprint("l", g%2), Group: fmt.Sprint(g)})
		}
	}
	right := func() (n int) {
		_, trial, err := predict.Train(t.Context(), rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range trial.Judgements {
			if j.Best.Label == j.Label {
				n++
			}
		}
		return n
	}
	if n := right(); n > 120 {
		t.Errorf("%d of 160 right, of words that weren't seen", n)
	}
	for i := range rows {
		rows[i].Group = ""
	}
	if n := right(); n < 150 {
		t.Errorf("%d of 160 right, of words that were seen", n)
	}
}

func TestTooManyRowsArePickedFrom(t *testing.T) {
	t.Parallel()
	// 2,000 rows of the first label, and 20 of others, each as long as a row may be.
	rows := made(2_200, 11, 3)
	for i := range rows {
		if rows[i].Label != "label-00" && i >= 220 {
			rows[i].Label = "label-00"
		}
		rows[i].Text = word(uint64(i%40)) + strings.Repeat(" ", predict.MaxText)
	}
	_, trial, err := predict.Train(t.Context(), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, j := range trial.Judgements {
		if rows[j.Row].Label != j.Label {
			t.Fatalf("%+v is about another row", j)
		}
		kept[j.Label]++
	}
	if n := len(trial.Judgements); n > predict.MaxChars/predict.MaxText || n < predict.MaxChars/predict.MaxText-11 {
		t.Errorf("%d rows of %d characters", n, predict.MaxText)
	}
	if kept["label-05"] != 20 {
		t.Errorf("%d rows of a small label", kept["label-05"])
	}
}

// asked is a context that ends when it has been looked at so often; 0 is never.
type asked struct {
	context.Context
	most  int64
	times atomic.Int64
}

func (c *asked) Err() error {
	if n := c.times.Add(1); c.most > 0 && n > c.most {
		return context.Canceled
	}
	return nil
}

// TestTrainingStopsInTheMiddle ends the context while rows are learned from.
func TestTrainingStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	rows := made(120, 6, 2)
	whole := &asked{Context: context.Background()}
	if _, _, err := predict.Train(whole, rows, nil); err != nil {
		t.Fatal(err)
	}
	most := whole.times.Load() / 2
	half := &asked{Context: context.Background(), most: most}
	_, _, err := predict.Train(half, rows, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped after %d of %d looks: %v", most, whole.times.Load(), err)
	}
	if after := half.times.Load() - most; after > most/2+10 {
		t.Errorf("it looked %d times more after %d", after, most)
	}
}

// TestTopAndExplain checks what holds for any text.
func TestTopAndExplain(t *testing.T) {
	t.Parallel()
	m := train(t, append(shop(), predict.Row{Text: "荷物が届かない", Label: "delivery"}))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-zA-Z' ]{0,9}(parcel|money|荷物が|pin|\x{ff}))*`)).Draw(t, "text")
		check(t, m, text)
	})
}

type failer interface{ Fatalf(string, ...any) }

func check(t failer, m *predict.Model, text string) {
	p := m.Predict(text)
	all := m.Top(text, 10)
	if len(all) != len(m.Labels()) || all[0] != p.Best {
		t.Fatalf("%v, best %v", all, p.Best)
	}
	sum := 0.0
	for i, s := range all {
		if !(s.Confidence >= 0) || i > 0 && s.Confidence > all[i-1].Confidence {
			t.Fatalf("%v isn't in order", all)
		}
		sum += s.Confidence
	}
	if sum > 1+1e-9 {
		t.Fatalf("%v is more than everything", all)
	}
	if p.Label != "" != (p.Best.Confidence >= m.Threshold(p.Best.Label)) {
		t.Fatalf("%+v", p)
	}
	share := 0.0
	for _, w := range m.Explain(text, p.Best.Label, 1_000) {
		if text[w.From:w.To] != w.Word || w.Word == "" {
			t.Fatalf("%+v isn't in %q", w, text)
		}
		share += math.Abs(w.Share)
	}
	if share > 1+1e-9 {
		t.Fatalf("shares of %q: %v", text, share)
	}
}

func TestTopOfNone(t *testing.T) {
	t.Parallel()
	m := train(t, shop())
	if len(m.Top("parcel", 0)) != 0 || len(m.Top("parcel", -1)) != 0 || len(m.Top("parcel", 2)) != 2 {
		t.Error("not as many as asked for")
	}
	if m.Explain("parcel", "nobody's", 3) != nil || len(m.Explain("", "refund", 3)) != 0 || len(m.Explain("parcel", "refund", -1)) != 0 {
		t.Error("words of nothing")
	}
}

func FuzzPredict(f *testing.F) {
	m := train(f, shop())
	for _, s := range []string{"", "where is my parcel?", "\xff\xfe", "パスワードを忘れた", "a\u0301\u200d", strings.Repeat("x", 3_000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, m, text) })
}

func FuzzReadModel(f *testing.F) {
	b := file(f, train(f, shop()))
	f.Add(b[:200], false)
	f.Add(b, true)
	f.Add([]byte("fdpredict"), true)
	f.Add([]byte("fdpredict\x03\x00\x02\xff\xff\xff\xff\x0f"), true)
	f.Fuzz(func(t *testing.T, b []byte, sign bool) {
		if sign {
			b = predict.Signed(b)
		}
		m, err := predict.ReadModel(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, predict.ErrDamaged) && !errors.Is(err, predict.ErrNewer) && !errors.Is(err, predict.ErrOlder) {
				t.Fatal(err)
			}
			return
		}
		m.Predict("where is my parcel?")
		m.Explain("where is my parcel?", m.Labels()[0], 3)
	})
}

// TestProgress: who waits hears how far it is, and of the end.
func TestProgress(t *testing.T) {
	t.Parallel()
	var heard []float64
	o := &predict.Options{Progress: func(share float64) { heard = append(heard, share) }}
	m, _, err := predict.Train(t.Context(), shop(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(heard) < len(m.Labels()) || !slices.IsSorted(heard) || heard[0] <= 0 || math.Abs(heard[len(heard)-1]-1) > 1e-9 {
		t.Errorf("%v", heard)
	}
}
