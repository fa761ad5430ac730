package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
)

// shopTexts are n texts of each of four labels.
func shopTexts(n int) (rows [][2]string) {
	who := []string{"please", "hello", "again", "today", "now", "quickly", "thanks", "my friend", "since monday", "for a week"}
	for i := range n {
		w := who[i%len(who)] + " " + strconv.Itoa(i)
		rows = append(rows, [2]string{"where is my parcel, " + w, "delivery"}, [2]string{"I want my money back " + w, "refund"},
			[2]string{"I can't log in " + w, "login"}, [2]string{"which size fits " + w, "sizes"})
	}
	return rows
}

func csvFile(t *testing.T, rows [][2]string) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"text", "label"})
	for _, r := range rows {
		_ = w.Write(r[:])
	}
	w.Flush()
	name := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func trainedModel(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "shop.model")
	lines := must(t, "predict", "train", "-out", name, csvFile(t, shopTexts(50)))
	if len(lines) != 1 || lines[0]["rows"] != 200. || lines[0]["labels"] != 4. || lines[0]["accuracy"].(float64) < 0.9 {
		t.Errorf("%v", lines)
	}
	if st, err := os.Stat(name); err != nil || float64(st.Size()) != lines[0]["bytes"] || st.Mode().Perm() != 0o644 { // others may label by it
		t.Errorf("%v, %v", st, err)
	}
	return name
}

func TestPredict(t *testing.T) {
	model := trainedModel(t)
	test := csvFile(t, [][2]string{{"has my parcel been sent?", "delivery"}, {"the money, please: back", "refund"}, {"my parcel", "refund"}})
	got := must(t, "predict", "eval", model, test)
	if len(got) != 1 || got[0]["rows"] != 3. || got[0]["accuracy"].(float64) != 2./3 || got[0]["auroc"] != nil {
		t.Errorf("%v", got)
	}
	for _, name := range []string{"macro_f1", "coverage", "accuracy_at_coverage", "ece"} {
		if _, ok := got[0][name].(float64); !ok {
			t.Errorf("%s is missing", name)
		}
	}
	scoped := csvFile(t, [][2]string{{"where is my parcel", "delivery"}, {"zebra crossing", ""}})
	if got := must(t, "predict", "eval", model, scoped); got[0]["auroc"] != 1. || got[0]["rows"] != 2. {
		t.Errorf("%v", got)
	}
	if got := must(t, "predict", "eval", "-report", model, test); len(got[0]["labels"].([]any)) != 2 || len(got[0]["confused"].([]any)) != 3 {
		t.Errorf("%v", got)
	}
}

func TestPredictLabel(t *testing.T) {
	model := trainedModel(t)
	in := "where is my parcel\nzebra crossing\n\nmoney back\xff\n"
	for _, c := range []struct {
		args []string
		want []string // labels; "-" is none, "+" any, "?" whatever it is
	}{{[]string{model}, []string{"delivery", "?", "-", "refund"}}, {[]string{"-all", model}, []string{"delivery", "+", "+", "refund"}}} {
		status, out, errs := frontdeskAsked(t, in, append([]string{"predict", "label"}, c.args...)...)
		if status != done || errs != "" {
			t.Fatalf("status %d, %s", status, errs)
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != len(c.want) {
			t.Fatalf("%q", lines)
		}
		for i, line := range lines {
			label, number, _ := strings.Cut(line, "\t")
			n, err := strconv.ParseFloat(number, 64)
			if err != nil || n < 0 || n > 1 {
				t.Errorf("%q", line)
			}
			if want := c.want[i]; want == "-" && label != "" || want == "+" && label == "" || !strings.Contains("-+?", want) && label != want {
				t.Errorf("%v, line %d: %q, want %s", c.args, i+1, line, want)
			}
		}
	}
}

func TestPredictWarns(t *testing.T) {
	rows := append(shopTexts(50), [2]string{"my screen broke", "repair"}, [2]string{"repair it", "repair"}, [2]string{"where is my parcel, please 0", "refund"})
	file, model := csvFile(t, rows), filepath.Join(t.TempDir(), "m")
	status, out, errs := frontdeskRun(t, "predict", "train", "-out", model, file)
	var line map[string]any
	if status != done || json.Unmarshal([]byte(out), &line) != nil || line["labels"] != 5. {
		t.Errorf("status %d, %s, %s", status, out, errs)
	}
	for _, says := range []string{`label "repair" has 2 rows: at least 10`, `rows 1, 203 say the same`} {
		if !strings.Contains(errs, says) {
			t.Errorf("%q is missing in %s", says, errs)
		}
	}
	status, _, errs = frontdeskRun(t, "predict", "train", "-strict", "-out", model+"2", file)
	if _, err := os.Stat(model + "2"); status != failed || !strings.Contains(errs, `"repair" has 2`) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("status %d, %s, %v", status, errs, err)
	}
}

// Of more rows than can be learned from, some are, and it is said how many.
func TestPredictPicksRows(t *testing.T) {
	rows := shopTexts(600)
	for i := range rows {
		rows[i][0] += strings.Repeat(" ", predict.MaxText)
	}
	status, out, errs := frontdeskRun(t, "predict", "train", "-out", filepath.Join(t.TempDir(), "m"), csvFile(t, rows))
	var line map[string]any
	if status != done || json.Unmarshal([]byte(out), &line) != nil || line["rows"] != 2000. || !strings.Contains(errs, "2000 of the 2400 rows") {
		t.Errorf("status %d, %s, %s", status, out, errs)
	}
}

func TestPredictIsTheSame(t *testing.T) {
	file, dir := csvFile(t, shopTexts(30)), t.TempDir()
	var files [][]byte
	for _, seed := range []string{"7", "7", "8"} {
		name := filepath.Join(dir, "m")
		status, _, errs := frontdeskRun(t, "predict", "train", "-seed", seed, "-out", name, file)
		if status != done {
			t.Fatal(errs)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	if !bytes.Equal(files[0], files[1]) || bytes.Equal(files[1], files[2]) {
		t.Error("the same seed makes another model, or another seed the same")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
}

func TestPredictZip(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows.zip")
	text, err := os.ReadFile(csvFile(t, shopTexts(50)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("rows.csv")
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, z.Close(), os.WriteFile(name, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if lines := must(t, "predict", "train", "-out", name+".model", name); lines[0]["rows"] != 200. {
		t.Errorf("%v", lines)
	}
}

func TestPredictIsMisled(t *testing.T) {
	dir, model := t.TempDir(), trainedModel(t)
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	rows, one := csvFile(t, shopTexts(20)), csvFile(t, many("a", "x", 20))
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"predict", misled, "say what"},
		{"predict guess", misled, `there is no "guess"`},
		{"predict -h", done, ""},
		{"predict train " + rows, misled, "-out is missing"},
		{"predict train -out DIR/m", misled, "the file of rows is missing"},
		{"predict train -out DIR/m a b", misled, "unexpected"},
		{"predict train -out DIR/m DIR/none.csv", failed, "no such file"},
		{"predict train -out DIR/m " + write("empty.csv", ""), failed, predict.ErrNoRows.Error()},
		{"predict train -out DIR/m " + one, failed, predict.ErrOneLabel.Error()},
		{"predict train -out DIR/m " + write("bad.csv", "text,label\na\n"), failed, "bad.csv: line 2: "},
		{"predict train -out DIR/m " + write("latin.csv", "\xe9t\xe9,a\n"), failed, "UTF-8"},
		{"predict train -out DIR/none/m " + rows, failed, "no such file"},
		{"predict train -out DIR/none/m DIR/none.csv", failed, "none: no such file"},
		{"predict eval", misled, "the model is missing"},
		{"predict eval " + model, misled, "the file of rows is missing"},
		{"predict eval DIR/none " + rows, failed, "no such file"},
		{"predict eval " + rows + " " + rows, failed, "rows.csv: "},
		{"predict eval " + model + " " + write("nothing.csv", "text,label\n"), failed, predict.ErrNoRows.Error()},
		{"predict label", misled, "the model is missing"},
		{"predict label " + rows, failed, "rows.csv: "},
	} {
		status, _, errs := frontdeskRun(t, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...)
		if status != c.status || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d, %s", c.args, status, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "m")); err == nil {
		t.Error("a job that failed left a model")
	}
}

func many(text, label string, n int) (rows [][2]string) {
	for i := range n {
		rows = append(rows, [2]string{text + strconv.Itoa(i), label})
	}
	return rows
}
