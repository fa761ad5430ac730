package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/frontdesk-go/frontdesk/predict"
)

func predictCommand() command {
	return command{
		name:  "predict",
		short: "makes a model that labels texts, tells how good it is, and labels",
		help: `
  frontdesk predict train -out shop.model tickets.csv
  frontdesk predict eval shop.model test.csv
  frontdesk predict label shop.model < texts.txt

train reads rows of a text and its label: CSV in UTF-8, with or without a header, or a
.zip archive of such files. An empty label is text that no label fits. It writes the model
and a line of figures from cross-validation: of all rows, or, where they are many, of some
3,500 or more of them (judged). What looks wrong with the rows is said on
standard error: labels with few rows, texts that are there twice with different labels,
rows that are likely to have the wrong label, and so on. A label with fewer than 10 rows
is learned all the same, unless -strict refuses it. The same rows and seed give the same
model, to the byte.

eval asks a model about rows that it hasn't seen, and writes one JSON object: rows,
accuracy, macro_f1, coverage, accuracy_at_coverage (of the rows that get a label at the
model's thresholds), ece (by how much confidence is off), and, where some rows have the
label "", auroc (how well confidence tells them from the others). -report adds the figures
of each label, the confusion matrix, and what other thresholds would do.

label reads texts from standard input, one a line, and writes a line for each: the label,
a tab, and its confidence. The label is empty where none is sure enough; with -all it is
always the likeliest one.`,
		run: func(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
			if len(args) == 0 {
				return &usageError{"say what: train, eval or label"}
			}
			switch args[0] {
			case "-h", "-help", "--help", "help":
				return flag.ErrHelp
			case "train":
				return trainModel(ctx, s, f, args[1:])
			case "eval":
				return evalModel(s, f, args[1:])
			case "label":
				return labelTexts(ctx, s, f, args[1:])
			}
			return &usageError{fmt.Sprintf("there is no %q: train, eval and label there are", args[0])}
		},
	}
}

// trained is what train says of a model, by rows that were held out.
type trained struct {
	Model  string `json:"model"`
	Bytes  int64  `json:"bytes"`
	Labels int    `json:"labels"`
	Judged int    `json:"judged"` // rows that the figures are of
	scores
}

// scores are the figures of a report that eval shows.
type scores struct {
	Rows               int      `json:"rows"`
	Accuracy           float64  `json:"accuracy"`
	MacroF1            float64  `json:"macro_f1"`
	Coverage           float64  `json:"coverage"`
	AccuracyAtCoverage float64  `json:"accuracy_at_coverage"`
	ECE                float64  `json:"ece"`
	AUROC              *float64 `json:"auroc,omitempty"`
}

func scoresOf(r *predict.Report) scores {
	return scores{r.Rows, r.Accuracy, r.MacroF1, r.Coverage, r.AccuracyAtCoverage, r.ECE, r.AUROC}
}

func trainModel(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
	out := f.String("out", "", "write the model to this `file`")
	seed := f.Uint64("seed", 1, "another `number` is another model, about as good")
	strict := f.Bool("strict", false, fmt.Sprintf("refuse labels with fewer than %d rows", predict.MinRows))
	if err := parseWith(f, args, []string{"the file of rows"}, "out"); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Dir(*out)); err != nil { // learning may take minutes
		return err
	}
	s.progress("reading")
	rows, err := readRows(f.Arg(0))
	if err != nil {
		return err
	}
	s.progress("learning from %d rows", len(rows))
	o := &predict.Options{Seed: *seed, Least: 1, Progress: func(share float64) { s.progress("learning from %d rows: %.0f%%", len(rows), 100*share) }}
	if *strict {
		o.Least = predict.MinRows
	}
	m, trial, err := predict.Train(ctx, rows, o)
	if err != nil {
		return err
	}
	s.progress("looking at the rows")
	all := trial.All()
	findings := predict.Lint(rows, all)
	s.progress("")
	if n := len(all); n < len(rows) {
		fmt.Fprintf(s.err, "warning: %d of the %d rows are learned from, picked by chance: they are too many, or too long\n", n, len(rows))
	}
	warn(s.err, findings)
	n, err := writeModel(m, *out)
	if err != nil {
		return err
	}
	said := trained{Model: *out, Bytes: n, Labels: len(m.Labels()), Judged: len(trial.Judgements), scores: scoresOf(predict.NewReport(trial.Judgements, m.Threshold))}
	said.Rows = len(all)
	return s.tell(said)
}

// maxWarnings is how many findings of a kind are told.
const maxWarnings = 20

func warn(w io.Writer, findings []predict.Finding) {
	told := map[predict.FindingKind]int{}
	for i := range findings {
		kind := findings[i].Kind
		if told[kind]++; told[kind] <= maxWarnings {
			fmt.Fprintf(w, "warning: %v\n", &findings[i])
		}
		if i == len(findings)-1 || findings[i+1].Kind != kind {
			if more := told[kind] - maxWarnings; more > 0 {
				fmt.Fprintf(w, "warning: %s: %d more\n", kind, more)
			}
		}
	}
}

func readRows(name string) ([]predict.Row, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var rows []predict.Row
	if st.Mode().IsRegular() {
		rows, err = predict.ReadRows(file, st.Size())
	} else {
		rows, err = predict.ReadCSV(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}

// writeModel leaves the whole model there, or what was there before.
func writeModel(m *predict.Model, name string) (n int64, err error) {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	n, err = m.WriteTo(file)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	return n, os.Rename(file.Name(), name)
}

func readModel(name string) (*predict.Model, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := predict.ReadModel(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func evalModel(s *streams, f *flag.FlagSet, args []string) error {
	whole := f.Bool("report", false, "write the whole report")
	if err := parseWith(f, args, []string{"the model", "the file of rows"}); err != nil {
		return err
	}
	m, err := readModel(f.Arg(0))
	if err != nil {
		return err
	}
	rows, err := readRows(f.Arg(1))
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("%s: %w", f.Arg(1), predict.ErrNoRows)
	}
	s.progress("judging %d rows", len(rows))
	report := predict.NewReport(predict.Judge(m, rows), m.Threshold)
	s.progress("")
	if *whole {
		return s.tell(report)
	}
	return s.tell(scoresOf(report))
}

func labelTexts(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
	all := f.Bool("all", false, "give the likeliest label, however unlikely it is")
	if err := parseWith(f, args, []string{"the model"}); err != nil {
		return err
	}
	m, err := readModel(f.Arg(0))
	if err != nil {
		return err
	}
	return eachLine(s.in, func(text string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := m.Predict(text)
		if *all {
			p.Label = p.Best.Label
		}
		_, err := fmt.Fprintf(s.out, "%s\t%.6f\n", p.Label, p.Best.Confidence)
		return err
	})
}
