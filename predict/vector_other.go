//go:build !amd64

package predict

func dot(a, b []float32) float32 { return dotPlain(a, b) }

func add(sum []float32, a float32, x []float32) { addPlain(sum, a, x) }

func addCells(sum []float32, a float32, cells []int8) { addCellsPlain(sum, a, cells) }
