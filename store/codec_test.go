package store

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

type goldenState string

// goldenCode says itself how it is written.
type goldenCode struct{ n int }

// MarshalText implements encoding.TextMarshaler.
func (c goldenCode) MarshalText() ([]byte, error) { return []byte(strings.Repeat("#", c.n)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *goldenCode) UnmarshalText(b []byte) error { c.n = len(b); return nil }

type goldenPart struct {
	Text string      `json:"text,omitempty"`
	At   time.Time   `json:"at,omitzero"`
	Next *goldenPart `json:"next,omitempty"`
}

type goldenBase struct {
	Base string `json:"base"`
}

// golden has a field of every kind that can be stored.
type golden struct {
	goldenBase
	ID       string                 `json:"id"`
	Yes      bool                   `json:"yes"`
	Int      int64                  `json:"int"`
	Uint     uint64                 `json:"uint"`
	Small    int8                   `json:"small"`
	Float    float64                `json:"float"`
	Float32  float32                `json:"float32"`
	State    goldenState            `json:"state"`
	Bytes    []byte                 `json:"bytes"`
	Hash     [3]byte                `json:"hash"`
	At       time.Time              `json:"at"`
	Maybe    *time.Time             `json:"maybe"`
	Wait     time.Duration          `json:"wait"`
	Code     goldenCode             `json:"code"`
	Part     goldenPart             `json:"part"`
	Pointer  *goldenPart            `json:"pointer"`
	Number   *int64                 `json:"number"`
	Texts    []string               `json:"texts"`
	Parts    []goldenPart           `json:"parts"`
	Pair     [2]string              `json:"pair"`
	Names    map[string]string      `json:"names"`
	ByState  map[goldenState]int    `json:"by_state"`
	PartsBy  map[string]*goldenPart `json:"parts_by"`
	Untagged string
	Rev      Rev `json:"-"`
}

var goldens = &Collection[golden]{
	Name: "golden",
	Key:  func(g *golden) string { return g.ID },
	Rev:  func(g *golden) *Rev { return &g.Rev },
}

func goldenExample() *golden {
	at := time.Date(2026, 11, 23, 9, 30, 15, 123_456_000, time.UTC)
	part := goldenPart{"part", at, &goldenPart{Text: "next"}}
	return &golden{
		goldenBase: goldenBase{"embedded"}, ID: "1", Yes: true, Int: math.MinInt64, Uint: math.MaxUint64, Small: -1, Float: 0.1, Float32: 1.5,
		State: "open", Bytes: []byte{0, 1, 255}, Hash: [3]byte{1, 2, 3}, At: at, Maybe: new(at.Add(-150 * 365 * 24 * time.Hour)), Wait: time.Minute,
		Code: goldenCode{3}, Part: part, Pointer: &part, Number: new(int64(0)), Texts: []string{"b", "", "a \u2028 <&> \U0001F600"},
		Parts: []goldenPart{part, {}}, Pair: [2]string{"x", "y"}, Names: map[string]string{"b": "2", "a": "1", "": "0"},
		ByState: map[goldenState]int{"new": 1, "open": 2}, PartsBy: map[string]*goldenPart{"k": &part, "nil": nil}, Untagged: "u",
	}
}

// back decodes a document as a collection does.
func back(t interface{ Fatal(...any) }, e driver.Encoding, data []byte) *golden {
	g, err := typed[golden](goldens.untyped().read(e, driver.Doc{Key: "1", Version: 1, Data: data}))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var byValue = cmp.AllowUnexported(golden{}, goldenCode{})

// TestGolden holds the stored bytes still: data of years ago is read by them.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		encoding driver.Encoding
		show     func([]byte) (string, error)
		bytes    func(string) ([]byte, error)
	}{
		{"golden.cbor.hex", driver.CBOR, showHex, readHex},
		{"golden.cbor.diag", driver.CBOR, cbor.Diagnose, nil}, // for whoever reads the difference
		{"golden.json", driver.JSON, showJSON, func(s string) ([]byte, error) { return []byte(s), nil }},
	} {
		data, err := encodeAs(c.encoding, goldenExample())
		if err != nil {
			t.Fatal(err)
		}
		shown, err := c.show(data)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", c.name)
		if *update {
			if err := os.WriteFile(path, []byte(strings.TrimSpace(shown)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (run the test with -update to create it)", err)
		}
		if d := cmp.Diff(strings.TrimSpace(string(old)), strings.TrimSpace(shown)); d != "" {
			t.Errorf("%s (-stored +now): older data may not be readable\n%s", c.name, d)
		}
		if c.bytes == nil {
			continue
		}
		stored, err := c.bytes(string(old))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(goldenExample(), back(t, c.encoding, stored), byValue); d != "" {
			t.Errorf("%s reads otherwise (-want +got):\n%s", c.name, d)
		}
	}
}

// showHex breaks the bytes into lines.
func showHex(b []byte) (string, error) {
	var s strings.Builder
	for len(b) > 32 {
		s.WriteString(hex.EncodeToString(b[:32]) + "\n")
		b = b[32:]
	}
	return s.String() + hex.EncodeToString(b), nil
}

func readHex(s string) ([]byte, error) { return hex.DecodeString(strings.Join(strings.Fields(s), "")) }

func showJSON(b []byte) (string, error) {
	indented, err := json.MarshalIndent(json.RawMessage(b), "", "  ")
	return string(indented), err
}

// someText draws texts with what Put cleans, and what codecs escape.
func someText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, 0xff, 0xc3, '"', '\\', '<', '\n'})), 0, 12).Draw(t, "bytes"))
	})
}

func someTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.IntRange(0, 5).Draw(t, "zero") == 0 {
			return time.Time{}
		}
		s := rapid.Int64Range(minTime.Unix(), maxTime.Unix()-1).Draw(t, "seconds")
		zone := time.FixedZone("", rapid.IntRange(-43200, 50400).Draw(t, "zone"))
		return time.Unix(s, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
	})
}

func somePart(depth int) *rapid.Generator[goldenPart] {
	return rapid.Custom(func(t *rapid.T) goldenPart {
		p := goldenPart{Text: someText().Draw(t, "text"), At: someTime().Draw(t, "at")}
		if depth > 0 && rapid.Bool().Draw(t, "next") {
			p.Next = new(somePart(depth-1).Draw(t, "part"))
		}
		return p
	})
}

func someGolden() *rapid.Generator[*golden] {
	return rapid.Custom(func(t *rapid.T) *golden {
		text := someText()
		g := &golden{
			goldenBase: goldenBase{text.Draw(t, "base")}, ID: text.Draw(t, "id"), Yes: rapid.Bool().Draw(t, "yes"), Int: rapid.Int64().Draw(t, "int"),
			Uint: rapid.Uint64().Draw(t, "uint"), Small: rapid.Int8().Draw(t, "small"), Float: rapid.Float64().Draw(t, "float"), Float32: rapid.Float32().Draw(t, "float32"),
			State: goldenState(text.Draw(t, "state")), Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), At: someTime().Draw(t, "at"),
			Wait: time.Duration(rapid.Int64().Draw(t, "wait")), Code: goldenCode{rapid.IntRange(0, 9).Draw(t, "code")}, Part: somePart(3).Draw(t, "part"),
			Texts: rapid.SliceOf(text).Draw(t, "texts"), Parts: rapid.SliceOfN(somePart(1), 0, 4).Draw(t, "parts"),
			Pair: [2]string{text.Draw(t, "one"), text.Draw(t, "other")}, Names: rapid.MapOf(text, text).Filter(apartWhenCleaned).Draw(t, "names"), Untagged: text.Draw(t, "untagged"),
		}
		if at := someTime().Draw(t, "maybe"); !at.IsZero() { // a pointer to no time is read as none
			g.Maybe = &at
		}
		if rapid.Bool().Draw(t, "number there") {
			g.Number = new(rapid.Int64().Draw(t, "number"))
		}
		return g
	})
}

// apartWhenCleaned is false where two keys of a map become one, which Put refuses.
func apartWhenCleaned(m map[string]string) bool {
	keys := map[string]bool{}
	for key := range m {
		keys[CleanText(key)] = true
	}
	return len(keys) == len(m)
}

// TestCodecs says that what Put has cleaned is the same after both codecs, and
// that cleaning it again changes nothing.
func TestCodecs(t *testing.T) {
	t.Parallel()
	if err := goldens.untyped().walk.err; err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		g := someGolden().Draw(t, "document")
		if err := goldens.untyped().walk.clean(g); err != nil {
			t.Fatal(err)
		}
		for _, e := range []driver.Encoding{driver.CBOR, driver.JSON} {
			data, err := encodeAs(e, g)
			if err != nil {
				t.Fatal(err)
			}
			got := back(t, e, data)
			if d := cmp.Diff(g, got, byValue); d != "" {
				t.Fatalf("encoding %d (-put +got):\n%s", e, d)
			}
			if again, err := encodeAs(e, got); err != nil || string(again) != string(data) {
				t.Fatalf("encoding %d: encoded again it has other bytes, %v", e, err)
			}
			if err := goldens.untyped().walk.clean(got); err != nil || cmp.Diff(g, got, byValue) != "" {
				t.Fatalf("encoding %d: cleaned again it differs, %v", e, err)
			}
		}
	})
}
