//go:build !race

package predict_test

// raced says that the race detector is at work, which makes tests ten times as slow.
const raced = false
