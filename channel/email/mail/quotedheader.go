package mail

import "strings"

// What a field of a quoted header is about.
const (
	isFrom = 1 << iota
	isDate
	isTo
	isSubject
)

// maxHeader is how many lines a quoted header has at most, with those into which its
// fields are broken.
const maxHeader = 14

// header says how many lines from i on are the fields by which a program tells of the
// message that it quotes below ("From: … Sent: … To: … Subject: …"), 0 for none. Lines
// that a sender may have written in this form, say of a journey, aren't: there is an
// address or a subject among them.
func (t *lines) header(i int) int {
	if i >= len(t.plain) || labelOf(t.plain[i]) == 0 {
		return 0
	}
	seen, end, addressed := 0, i, false
	for j := i; j < len(t.plain) && j < i+maxHeader; j++ {
		s := t.plain[j]
		if s == "" {
			if !t.headerGoesOn(j, end) {
				break
			}
			continue
		}
		if is := labelOf(s); is != 0 {
			seen |= is | later(s)
			end = j + 1
		} else if j > end+1 || t.kind[j] == quoted {
			break
		}
		addressed = addressed || j < end+1 && strings.Contains(s, "@")
	}
	others := 0
	for _, is := range []int{isDate, isTo, isSubject} {
		if seen&is != 0 {
			others++
		}
	}
	switch {
	case seen&isFrom == 0 || others == 0:
		return 0
	case others >= 2 && (addressed || seen&isSubject != 0):
	case others == 1 && addressed && end-i <= 4:
	default:
		return 0
	}
	return end - i
}

// headerGoesOn says whether an empty line is between two fields: some programs put one
// between each.
func (t *lines) headerGoesOn(j, end int) bool {
	return j == end && j+1 < len(t.plain) && labelOf(t.plain[j+1]) != 0
}

// labelOf says what a line of a quoted header is about, 0 if it is none.
func labelOf(s string) int {
	s = strings.TrimLeft(s, "*_ |"+marks)
	label, _, ok := strings.Cut(s, ":")
	if !ok || len(label) > 60 {
		return 0
	}
	label = strings.Trim(label, "*_ |")
	if label == "" {
		return 0
	}
	is := 0
	if fromLabels[label] {
		is |= isFrom
	}
	if dateLabels[label] {
		is |= isDate
	}
	if toLabels[label] {
		is |= isTo
	}
	if subjectLabels[label] {
		is |= isSubject
	}
	return single(is)
}

// single leaves one meaning of a label: "De" and "Da" are who wrote before anything.
func single(is int) int {
	for _, one := range []int{isFrom, isDate, isTo, isSubject} {
		if is&one != 0 {
			return one
		}
	}
	return 0
}

// later finds a second field in a line, as some phones write two into one.
func later(s string) int {
	fields := strings.Fields(s)
	for i, w := range fields {
		if i < 2 {
			continue
		}
		if w == ":" {
			w = fields[i-1] + w
		}
		if strings.HasSuffix(w, ":") && subjectLabels[strings.TrimSuffix(w, ":")] {
			return isSubject
		}
	}
	return 0
}
