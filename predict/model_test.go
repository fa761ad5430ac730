package predict_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/predict"
)

// TestModelIsTheSameOnAnyMachine trains on several numbers of processors.
func TestModelIsTheSameOnAnyMachine(t *testing.T) {
	rows := append(made(100, 4, 1), predict.Row{Text: "about nothing"})
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var first []byte
	var said *predict.Trial
	for _, n := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(n)
		m, trial, err := predict.Train(t.Context(), rows, &predict.Options{Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		b := file(t, m)
		if first == nil {
			first, said = b, trial
		}
		if !bytes.Equal(b, first) {
			t.Errorf("other bytes on %d processors", n)
		}
		if d := cmp.Diff(said, trial); d != "" {
			t.Errorf("on %d processors: %s", n, d)
		}
	}
	m, _, err := predict.Train(t.Context(), rows, &predict.Options{Seed: 6})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(file(t, m), first) {
		t.Error("another seed made the same model")
	}
}

func file(t testing.TB, m *predict.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := m.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatal(n, err)
	}
	return b.Bytes()
}

func train(t testing.TB, rows []predict.Row) *predict.Model {
	t.Helper()
	m, _, err := predict.Train(context.Background(), rows, &predict.Options{Least: 1})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFileGivesTheSameModel(t *testing.T) {
	t.Parallel()
	rows := made(200, 5, 3)
	m, err := train(t, rows).WithThreshold("label-03", 0.75)
	if err != nil {
		t.Fatal(err)
	}
	b := file(t, m)
	again, err := predict.ReadModel(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file(t, again), b) {
		t.Error("read and written it has other bytes")
	}
	for _, r := range made(100, 5, 4) {
		if got, want := again.Top(r.Text, 3), m.Top(r.Text, 3); cmp.Diff(got, want) != "" {
			t.Fatalf("%v, before %v", got, want)
		}
	}
	if again.Threshold("label-03") != 0.75 || again.Threshold("label-02") != predict.DefaultThreshold || again.Threshold("other") != 0 {
		t.Error("thresholds differ")
	}
}

func TestDamagedFileIsRefused(t *testing.T) {
	t.Parallel()
	b := file(t, train(t, shop()))
	for i := 0; i < len(b); i += 1 + len(b)/500 {
		other := bytes.Clone(b)
		other[i] ^= 1 << (i % 8)
		if _, err := predict.ReadModel(bytes.NewReader(other)); !errors.Is(err, predict.ErrDamaged) && !errors.Is(err, predict.ErrNewer) && !errors.Is(err, predict.ErrOlder) {
			t.Fatalf("byte %d: %v", i, err)
		}
		if _, err := predict.ReadModel(bytes.NewReader(b[:i])); !errors.Is(err, predict.ErrDamaged) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := predict.ReadModel(bytes.NewReader(append(bytes.Clone(b), 0))); !errors.Is(err, predict.ErrDamaged) {
		t.Error("a byte more:", err)
	}
	endless := io.MultiReader(bytes.NewReader(b), zeros{})
	if _, err := predict.ReadModel(endless); !errors.Is(err, predict.ErrDamaged) {
		t.Error("a file without end:", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestRowsThatNoModelIsMadeFrom(t *testing.T) {
	t.Parallel()
	ten := func(labels ...string) (rows []predict.Row) {
		for i := range 10 {
			for _, l := range labels {
				rows = append(rows, predict.Row{Text: fmt.Sprint("text ", i, " of ", l), Label: l})
			}
		}
		return rows
	}
	var many []string
	for i := range predict.MaxLabels + 1 {
		many = append(many, fmt.Sprint("l", i))
	}
	few := new(predict.LabelsError)
	long := new(predict.LabelError)
	lots := new(predict.ManyLabelsError)
	for name, c := range map[string]struct {
		rows []predict.Row
		ok   func(error) bool
	}{
		"none":         {nil, func(err error) bool { return errors.Is(err, predict.ErrNoRows) }},
		"out of scope": {ten(""), func(err error) bool { return errors.Is(err, predict.ErrNoRows) }},
		"one label":    {ten("a", ""), func(err error) bool { return errors.Is(err, predict.ErrOneLabel) }},
		"nine of a label": {append(ten("a"), ten("b")[:9]...), func(err error) bool {
			return errors.As(err, &few) && few.Few[0] == predict.LabelCount{Label: "b", Rows: 9}
		}},
		"long label":     {ten("a", strings.Repeat("x", predict.MaxLabel+1)), func(err error) bool { return errors.As(err, &long) && long.Limit == predict.MaxLabel }},
		"many labels":    {ten(many...), func(err error) bool { return errors.As(err, &lots) && lots.Labels == predict.MaxLabels+1 }},
		"ten of a label": {ten("a", "b"), func(err error) bool { return err == nil }},
		"label not long": {ten("a", strings.Repeat("x", predict.MaxLabel)), func(err error) bool { return err == nil }},
	} {
		if _, _, err := predict.Train(t.Context(), c.rows, nil); !c.ok(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTrainingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("changed my mind")
	cancel(reason)
	if _, _, err := predict.Train(ctx, shop(), nil); !errors.Is(err, reason) {
		t.Error(err)
	}
}

func TestModelIsUsedByMany(t *testing.T) {
	t.Parallel()
	m := train(t, shop())
	texts := []string{"where is my parcel", "money back please", "", "パスワード"}
	var want []predict.Prediction
	for _, text := range texts {
		want = append(want, m.Predict(text))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				if got := m.Predict(texts[i%4]); got != want[i%4] {
					t.Errorf("%v, want %v", got, want[i%4])
				}
			}
		})
	}
	wg.Wait()
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	m := train(t, shop())
	for _, least := range []float64{-0.1, 1.1} {
		if _, err := m.WithThreshold("", least); !errors.Is(err, predict.ErrThreshold) {
			t.Error(least, err)
		}
	}
	if _, err := m.WithThreshold("nobody's", 0.5); !errors.Is(err, predict.ErrUnknownLabel) {
		t.Error(err)
	}
	all, err := m.WithThreshold("", 0)
	if err != nil {
		t.Fatal(err)
	}
	none, err := m.WithThreshold("", 1)
	if err != nil {
		t.Fatal(err)
	}
	if all.Predict("anything").Label == "" || none.Predict("parcel").Label != "" || m.Threshold("refund") != predict.DefaultThreshold {
		t.Error("with threshold 0 a model never abstains, with 1 always, and what gave them stays as it is")
	}
	p := m.Predict("parcel")
	just, err := m.WithThreshold(p.Best.Label, p.Best.Confidence)
	if err != nil {
		t.Fatal(err)
	}
	if just.Predict("parcel").Label == "" {
		t.Error("with the very confidence as its threshold a label isn't given")
	}
}

// TestOlderFileIsRefused: the first version's models are made of other features, the
// second's have no network that sees a word at a time.
func TestOlderFileIsRefused(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"\x01", "\x02"} {
		if _, err := predict.ReadModel(strings.NewReader("fdpredict" + version + " and what followed")); !errors.Is(err, predict.ErrOlder) {
			t.Errorf("version %q: %v", version, err)
		}
	}
}
