package flow

import (
	_ "embed"
	"slices"
)

//go:embed flow.schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of flows, for editors and forms.
func Schema() []byte { return slices.Clone(schema) }
