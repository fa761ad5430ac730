package condition_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// hostile are conditions by which somebody could mean harm.
func hostile() map[string]string {
	repeat := strings.Repeat
	joined := func(n int, sep, format string) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(format, i))
		}
		return strings.Join(parts, sep)
	}
	return map[string]string{
		"nested ranges":       `all(1..1000000, all(1..1000000, all(1..1000000, # > 0)))`,
		"a range":             `field.spend in 1..9223372036854775807`,
		"a range of ranges":   `len(map(1..1e9, 1..1e9)) > 1`,
		"repeat":              `repeat("x", 1000000000) == ticket.title`,
		"deep brackets":       repeat("(", 4900) + "ticket.open" + repeat(")", 4900),
		"open brackets":       repeat("(", 10_000),
		"deep lists":          "1 in " + repeat("[", 4900) + repeat("]", 4900),
		"deep maps":           repeat("{a:", 3000),
		"deep not":            repeat("not ", 2400) + "ticket.open",
		"deep !":              repeat("!", 9900) + "ticket.open",
		"deep minus":          repeat("-", 9900) + "1 == 1",
		"deep calls":          repeat("lower(", 1600) + "ticket.title" + repeat(")", 20),
		"deep members":        "ticket" + repeat(".a", 4900),
		"deep index":          "ticket" + repeat("[0]", 3300),
		"deep conditionals":   repeat("true?true:", 900) + "true",
		"deep lets":           repeat("let a=1;", 1200) + "true",
		"pipes":               "ticket.title" + repeat("|lower()", 1200),
		"coalesce":            "ticket.open" + repeat("??ticket.open", 700),
		"an integer":          "field.spend == " + repeat("9", 9900),
		"a float":             "field.spend == 1e" + repeat("9", 900),
		"a tiny float":        "field.spend == 1e-999",
		"a text":              `ticket.title == "` + repeat("x", 9900) + `"`,
		"escapes":             `ticket.title == "` + repeat(`\u0000`, 1600) + `"`,
		"an open text":        `ticket.title == "` + repeat(`\"`, 4900),
		"NUL":                 "ticket.open\x00and true",
		"NUL in a text":       "ticket.title == \"a\x00b\"",
		"right to left":       "ticket.title == \"\u202e\u2066drowssap\" or ticket.title == '\U0001F469\u200D\U0001F467'",
		"letters alike":       "tick\u0435t.open",
		"combining":           `ticket.title contains "e` + repeat("\u0301", 5000) + `"`,
		"not UTF-8":           "ticket.title == \"\xff\xfe\"",
		"a surrogate":         `ticket.title == "\ud800"`,
		"a comment":           "ticket.open /*" + repeat("*", 9900),
		"lines":               repeat("\n", 9900) + "ticket.open",
		"a list":              "field.spend in [" + joined(990, ",", "%d") + "]",
		"a list of texts":     "ticket.title in [" + joined(990, ",", `"t%d"`) + "]",
		"a list of one":       `ticket.title in ["t"` + repeat(`,"t"`, 900) + "]",
		"lists and lists":     "field.spend in [" + joined(480, ",", "%d") + "] and field.spend in [" + joined(480, ",", "1%d") + "]",
		"lists or lists":      "field.spend in [" + joined(480, ",", "%d") + "] or field.spend in [" + joined(480, ",", "1%d") + "]",
		"not equal and again": joined(160, " and ", `ticket.option != "o%d"`),
		"not equal or again":  joined(160, " or ", `ticket.option != "o%d"`),
		"not and or":          "not (" + joined(80, " or ", `(ticket.option != "o%[1]d" and ticket.queue != "q%[1]d")`) + ")",
		"patterns":            joined(40, " or ", `ticket.title matches "(x+x+)+y%d"`),
		"a pattern of more":   `ticket.title matches "(((a{10}){10}){10}){10}"`,
		"a pattern that asks": `ticket.title matches "^` + repeat("(x?)", 60) + `$"`,
		"a pattern of all":    `ticket.title matches "` + repeat("[^x]", 63) + `"`,
		"a pattern of \\p":    `ticket.title matches "` + repeat(`\\pL`, 50) + `"`,
		"deep pattern":        `ticket.title matches "` + repeat("(", 127) + repeat(")", 127) + `"`,
		"times":               "ticket.created" + repeat(" + days(36500)", 45) + " > now",
		"products":            "hours(1)" + repeat(" * 99999999", 45) + " > hours(1)",
		"powers":              "2 ** 99999999999 > 1",
		"division":            "field.spend / 0 > 1 or field.spend % 0 == 1",
		"copies":              "len(" + repeat("upper(lower(", 24) + "ticket.title" + repeat("))", 24) + ") > 1",
		"env":                 `$env["ticket"].open`,
		"predicates":          repeat("any(ticket.tags, ", 500) + "#" + repeat(")", 500),
		"a date":              `ticket.created > date("999999999-01-01")`,
		"a duration":          `ticket.created > now - duration("` + repeat("1h", 4000) + `")`,
		"an unknown name":     repeat("x", 9900) + " == 1",
	}
}

// wide is the environment with a name that has many values, as fields can have.
func wide(t testing.TB) *condition.Env[*subject] {
	t.Helper()
	option := condition.Var[*subject]{Name: "ticket.option", Text: func(s *subject) string { return s.title }}
	for i := range 500 {
		option.Values = append(option.Values, fmt.Sprintf("o%d", i))
	}
	env, err := condition.NewEnv(append(vars(), option)...)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// Whatever somebody writes is refused with its place, or runs; either soon.
func TestHostileConditionsEnd(t *testing.T) {
	t.Parallel()
	env := wide(t)
	s := &subject{title: strings.Repeat("x", 100_000), tags: labels, spend: new(1.0), created: now, now: now}
	for name, source := range hostile() {
		begin := time.Now()
		c, err := env.Compile(source)
		compiled := time.Since(begin)
		if e, bad := errors.AsType[*condition.Error](err); err != nil && (!bad || e.Line < 1 || e.Column < 1 || len(e.Error()) > 2_000) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if on := c.Match(s); on != c.Explain(s).True {
				t.Errorf("%s: explained as %v", name, !on)
			}
		}
		took := time.Since(begin)
		t.Logf("%-20s %10v %10v %v", name, compiled, took-compiled, err)
		if took > time.Minute { // on a busy machine; it is some thousandths of that
			t.Errorf("%s took %v", name, took)
		}
	}
}
