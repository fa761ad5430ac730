package template

import "strings"

// Choose returns the place of the variant that serves best, by the language tags
// of the variants and of those wanted, the dearest first. For each wanted tag it
// looks for the tag itself, for the tag without its region and script, and for
// another region of the language. If nothing fits, it is the first variant; of none
// it is -1. The tag "" is that of a variant for everybody. Case doesn't count.
func Choose(variants []string, wanted ...string) int {
	for _, want := range wanted {
		if i := find(variants, want); i >= 0 {
			return i
		}
	}
	return min(0, len(variants)-1)
}

func find(variants []string, want string) int {
	for tag := want; ; {
		for i, v := range variants {
			if strings.EqualFold(v, tag) {
				return i
			}
		}
		cut := strings.LastIndexByte(tag, '-')
		if cut < 0 {
			break
		}
		tag = tag[:cut]
	}
	language, _, _ := strings.Cut(want, "-")
	for i, v := range variants {
		if v, _, _ := strings.Cut(v, "-"); want != "" && strings.EqualFold(v, language) {
			return i
		}
	}
	return -1
}
