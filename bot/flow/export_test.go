package flow

import "maps"

// OwnTexts are the texts that are built in, by name and language.
func OwnTexts() map[string]Text { return maps.Clone(texts()) }
