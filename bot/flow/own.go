package flow

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strings"
	"sync"
)

// What flows say where they have no text of their own is in texts, by language.
//
//go:embed texts/*.json
var textFiles embed.FS

// texts are the built-in ones, by name and language.
var texts = sync.OnceValue(func() map[string]Text {
	all := map[string]Text{}
	files, err := fs.Glob(textFiles, "texts/*.json")
	for _, name := range files {
		var b []byte
		if b, err = textFiles.ReadFile(name); err != nil {
			break
		}
		of := map[string]string{}
		if err = json.Unmarshal(b, &of); err != nil {
			break
		}
		for key, text := range of {
			if all[key] == nil {
				all[key] = Text{}
			}
			all[key][strings.TrimSuffix(strings.TrimPrefix(name, "texts/"), ".json")] = text
		}
	}
	if err != nil {
		return nil // a test reads them all
	}
	return all
})

func ownTexts(key string) Text { return texts()[key] }

// orOwn is a text, or a built-in one where that is missing.
func orOwn(t Text, key string) Text {
	if len(t) > 0 {
		return t
	}
	return ownTexts(key)
}

// wantsPerson says whether a text is the wish to talk to a person, and nothing else. Each
// language has several ways to say that, with bars between them.
func wantsPerson(text string) bool {
	for _, ways := range ownTexts("person") {
		for way := range strings.SplitSeq(ways, "|") {
			if meant(text, Text{"": way}) {
				return true
			}
		}
	}
	return false
}
