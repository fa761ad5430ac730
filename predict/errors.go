package predict

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of Train and ReadModel; compare with errors.Is.
var (
	// ErrNoRows: there is no row that has a label.
	ErrNoRows = errors.New("no rows with a label")
	// ErrOneLabel: all rows have the same label, so that there is nothing to tell apart.
	ErrOneLabel = errors.New("all rows have the same label")
	// ErrDamaged: the file isn't a model, or not whole.
	ErrDamaged = errors.New("not a model, or a damaged one")
	// ErrUnknownLabel: the model doesn't know the label.
	ErrUnknownLabel = errors.New("label that the model doesn't know")
	// ErrThreshold: a threshold isn't from 0 to 1.
	ErrThreshold = errors.New("threshold isn't from 0 to 1")
	// ErrNewer: the model was written by a newer version of the program.
	ErrNewer = errors.New("model written by a newer version")
	// ErrOlder: the model was written by an older version of the program, whose models
	// this one can't use: train it again by the same rows.
	ErrOlder = errors.New("model written by an older version: train it again")
)

// LabelCount is how many rows a label has.
type LabelCount struct {
	Label string
	Rows  int
}

// LabelsError names the labels that have too few rows to learn from.
type LabelsError struct {
	Few   []LabelCount // sorted by label
	Least int          // how many rows each needs
}

func (e *LabelsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "each label needs %d rows:", e.Least)
	for i, c := range e.Few {
		if i == 10 {
			fmt.Fprintf(&b, " and %d more", len(e.Few)-i)
			break
		}
		fmt.Fprintf(&b, " %q has %d,", c.Label, c.Rows)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// LabelError is about a label that is too long.
type LabelError struct {
	Label string // its first Limit bytes
	Limit int    // in bytes
}

func (e *LabelError) Error() string {
	return fmt.Sprintf("label %.40q… has more than %d bytes", e.Label, e.Limit)
}

// ManyLabelsError is about rows of too many labels.
type ManyLabelsError struct{ Labels, Limit int }

func (e *ManyLabelsError) Error() string {
	return fmt.Sprintf("%d labels, at most %d", e.Labels, e.Limit)
}
