package mail

import "strings"

// Forwarded is a message that somebody sends on in a mail of his own.
type Forwarded struct {
	From    Address // who wrote it
	Subject string  // as the header above it tells; "" if it doesn't
	Text    string  // what it says, without that header
	Above   string  // what the one who sends it on wrote
}

// Forwarded finds the message that a mail sends on in its text, by the header that
// programs put above it; nil if there is none, or none that tells the address of who
// wrote it. A mail that is attached isn't looked into. Like all of a mail it is a claim.
func (m *Mail) Forwarded() *Forwarded {
	t := newLines(unmarked(m.Text))
	for i := range t.text {
		marked := t.forwards(i)
		if !marked && !(isForward(m.Subject) && t.header(i) > 0) {
			continue
		}
		from := i
		if marked && t.header(i) == 0 {
			from = t.next(i + 1)
		}
		if f := t.sentOnFrom(from); f != nil {
			for i > 0 && (t.plain[i-1] == "" || rule(t.plain[i-1])) {
				i--
			}
			f.Above = strings.TrimSpace(strings.Join(t.text[:i], "\n"))
			return f
		}
		if marked {
			return nil
		}
	}
	return nil
}

// sentOnFrom reads the message whose header begins at line i, nil if none does.
func (t *lines) sentOnFrom(i int) *Forwarded {
	rest := strings.Join(t.text[min(i, len(t.text)):], "\n")
	if strings.HasPrefix(rest, ">") { // all of it is marked, as some programs do
		rest = unquoted(rest)
	}
	q := newLines(rest)
	n := q.header(0)
	if n == 0 {
		return nil
	}
	f := &Forwarded{Text: strings.Trim(strings.Join(q.text[n:], "\n"), "\n")}
	for j := range n {
		_, value, _ := strings.Cut(strings.ReplaceAll(q.text[j], "：", ":"), ":")
		switch value = strings.Trim(value, "*_ |"); labelOf(q.plain[j]) {
		case isFrom:
			f.From = sentBy(value)
		case isSubject:
			f.Subject = value
		}
	}
	if !strings.Contains(f.From.Address, "@") {
		return nil
	}
	return f
}

// sentBy reads who wrote a message from the field of a quoted header, in which programs
// write addresses in several ways.
func sentBy(value string) Address {
	value = strings.NewReplacer("[mailto:", "<", "<mailto:", "<", "]", ">", "<<", "<", ">>", ">").Replace(value)
	a := firstAddress(parseAddresses(value))
	if i := strings.IndexByte(a.Address, ' '); i >= 0 {
		return Address{}
	}
	return a
}

// unquoted is a text without the mark that each of its lines has.
func unquoted(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if rest, ok := strings.CutPrefix(line, ">"); ok {
			line = strings.TrimPrefix(rest, " ")
		}
		b.WriteString(line)
	}
	return b.String()
}
