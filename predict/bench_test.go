package predict_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
)

// benchRows are rows of ten words with 50 labels.
func benchRows(n int) []predict.Row { return made(n, 50, 1) }

func BenchmarkTrain(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := benchRows(n)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := predict.Train(context.Background(), rows, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTrainRaw counts the words of each label, which is the least that learning
// takes.
func BenchmarkTrainRaw(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := benchRows(n)
			b.ReportAllocs()
			for b.Loop() {
				counted := map[string]map[string]int{}
				for _, r := range rows {
					for w := range strings.FieldsSeq(r.Text) {
						if counted[w] == nil {
							counted[w] = map[string]int{}
						}
						counted[w][r.Label]++
					}
				}
			}
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	rows := benchRows(2_000)
	m := train(b, rows)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Predict(rows[i%len(rows)].Text)
		i++
	}
}

// BenchmarkPredictRaw looks the words of a text up in a map.
func BenchmarkPredictRaw(b *testing.B) {
	rows := benchRows(2_000)
	known := map[string]int{}
	for _, r := range rows {
		for w := range strings.FieldsSeq(r.Text) {
			known[w]++
		}
	}
	b.ReportAllocs()
	i, sum := 0, 0
	for b.Loop() {
		for w := range strings.FieldsSeq(rows[i%len(rows)].Text) {
			sum += known[w]
		}
		i++
	}
}

func BenchmarkReadModel(b *testing.B) {
	f := file(b, train(b, benchRows(2_000)))
	b.SetBytes(int64(len(f)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := predict.ReadModel(bytes.NewReader(f)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadModelRaw copies the file.
func BenchmarkReadModelRaw(b *testing.B) {
	f := file(b, train(b, benchRows(2_000)))
	b.SetBytes(int64(len(f)))
	b.ReportAllocs()
	for b.Loop() {
		if len(bytes.Clone(f)) != len(f) {
			b.Fatal("cut short")
		}
	}
}
