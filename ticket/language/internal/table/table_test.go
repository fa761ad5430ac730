package table_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket/language/internal/table"
)

func written(t testing.TB) ([]byte, map[uint32][]table.Weight) {
	t.Helper()
	grams := map[uint32][]table.Weight{}
	for _, word := range []string{"a", "ab", "_ab", "ß", "日本", "_x_"} {
		grams[table.Hash([]rune(word))] = []table.Weight{{Language: 0, Weight: 7}, {Language: 1, Weight: uint8(len(word))}}
	}
	grams[0], grams[1<<32-1] = []table.Weight{{Language: 1, Weight: 255}}, []table.Weight{{Language: 0, Weight: 1}}
	var b bytes.Buffer
	if err := table.Write(&b, []*table.Table{table.New("Latin", []string{"de", "en"}, grams)}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), grams
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	file, grams := written(t)
	tables, err := table.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	got := tables[0]
	if len(tables) != 1 || got.Script != "Latin" || !slices.Equal(got.Languages, []string{"de", "en"}) || got.Len() != len(grams) {
		t.Errorf("%+v", got)
	}
	for hash, want := range grams {
		sums, wanted := []int32{1, 1}, []int32{1, 1}
		for _, w := range want {
			wanted[w.Language] += int32(w.Weight)
		}
		if got.Add(sums, hash); !slices.Equal(sums, wanted) {
			t.Errorf("%x: %v, want %v", hash, sums, wanted)
		}
	}
	for _, hash := range []uint32{1, 1<<31 + 1, 1<<32 - 2} {
		sums := []int32{0, 0}
		if got.Add(sums, hash); !slices.Equal(sums, []int32{0, 0}) {
			t.Errorf("%x: %v", hash, sums)
		}
	}
}

func FuzzRead(f *testing.F) {
	file, _ := written(f)
	f.Add(file)
	f.Add(file[:len(file)-3])
	f.Add([]byte("FDLANG2\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		tables, err := table.Read(file)
		if err != nil {
			return
		}
		for _, tab := range tables {
			for _, hash := range []uint32{0, 1, 1 << 20, 1 << 31, 1<<32 - 1} {
				tab.Add(make([]int32, len(tab.Languages)), hash)
			}
		}
	})
}
