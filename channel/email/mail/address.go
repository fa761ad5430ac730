package mail

import "strings"

// maxAddresses is how many addresses of a field are read, far above what a mail may
// have; with more of them it is refused.
const maxAddresses = 100_000

// parseAddresses reads a list of addresses, however it is broken: what has no address
// is left out where it is a group or empty, and part of the next name otherwise, as
// names with commas often lack quotation marks.
func parseAddresses(s string) (list []Address) {
	before := ""
	for _, part := range splitOutside(s, ',', maxAddresses) {
		for _, piece := range splitOutside(part, ';', maxAddresses) {
			a := parseAddress(piece)
			switch {
			case a.Address == "":
				if a.Name != "" && len(before) < 200 {
					before += a.Name + ", "
				}
			case a.Name != "" && before != "":
				a.Name = before + a.Name
				fallthrough
			default:
				list = append(list, a)
				before = ""
			}
		}
	}
	return list
}

// maxOneAddress is how long an address is at most, with its name.
const maxOneAddress = 4000

func parseAddress(s string) Address {
	if s = strings.TrimSpace(s); len(s) > maxOneAddress {
		s = strings.ToValidUTF8(s[:maxOneAddress], "")
	}
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		addr, _, _ := strings.Cut(s[i+1:], ">")
		name := groupless(strings.TrimSpace(s[:i]))
		return Address{Name: displayName(name), Address: cleanAddress(addr)}
	}
	bare, comment := s, ""
	if i := strings.IndexByte(s, '('); i >= 0 {
		bare, comment = s[:i], strings.TrimSuffix(strings.TrimSpace(s[i+1:]), ")")
	}
	bare = groupless(bare)
	for w := range strings.FieldsSeq(bare) {
		if strings.Contains(w, "@") {
			name := strings.TrimSpace(strings.Replace(bare, w, "", 1))
			if name == "" {
				name = comment
			}
			return Address{Name: displayName(name), Address: cleanAddress(w)}
		}
	}
	return Address{Name: displayName(bare)}
}

// groupless is a text without the name of a group before it ("undisclosed-recipients:").
func groupless(s string) string {
	if strings.HasPrefix(s, `"`) {
		return s
	}
	if _, rest, ok := strings.Cut(s, ":"); ok {
		return strings.TrimSpace(rest)
	}
	return s
}

func displayName(s string) string {
	name := strings.TrimSpace(decodeWords(unquote(s)))
	return oneLine(strings.TrimSpace(unquote(name)))
}

func cleanAddress(s string) string {
	s = strings.TrimPrefix(strings.TrimSpace(s), "mailto:")
	return oneLine(strings.Trim(strings.Join(strings.Fields(s), ""), `<>"'`))
}
