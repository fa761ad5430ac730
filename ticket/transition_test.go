package ticket

import (
	"errors"
	"strings"
	"testing"
)

// The table of the specification (1.1), written out: what each act makes of each
// status. Minus is refused.
const transitionTable = `
act                                                  new  nfa  rep  wait pend res  rej
assign to an agent                                   nfa  nfa  rep  wait wait -    -
give to a bot, group or queue, or unassign           new  new  rep  wait pend -    -
agent replies                                        rep  rep  rep  rep  rep  res  -
agent replies and reopens                            rep  rep  rep  rep  rep  rep  -
bot or automation replies                            new  nfa  rep  wait pend res  -
end user writes                                      new  nfa  wait wait pend -    -
end user reopens, and the last agent takes it        -    -    -    -    -    wait -
end user reopens, and no agent takes it              -    -    -    -    -    pend -
resolve                                              res  res  res  res  res  res  -
reject                                               rej  rej  rej  rej  rej  rej  rej
agent reopens, the end user spoke last               -    -    -    -    -    wait wait
agent reopens, the agent spoke last                  -    -    -    -    -    rep  rep
agent reopens, no agent ever replied                 -    -    -    -    -    new  new
agent reopens, no agent ever replied but one has it  -    -    -    -    -    nfa  nfa
`

var short = map[string]Status{
	"new": "new", "nfa": "new_for_agent", "rep": "agent_replied", "wait": "waiting_for_agent",
	"pend": "pending_reassignment", "res": "resolved", "rej": "rejected",
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(transitionTable), "\n")
	from := strings.Fields(lines[0])[1:]
	if len(from) != len(Statuses()) || len(lines)-1 != len(transitions) {
		t.Fatalf("the table has %d statuses and %d acts, the code %d and %d", len(from), len(lines)-1, len(Statuses()), len(transitions))
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		what := act(strings.Join(cells[:len(cells)-len(from)], " "))
		if transitions[what] == nil {
			t.Errorf("there is no act %q", what)
		}
		for i, cell := range cells[len(cells)-len(from):] {
			is := short[from[i]]
			got, err := is.after(what)
			if cell != "-" {
				if err != nil || got != short[cell] {
					t.Errorf("%s, %s: %s, %v, want %s", what, is, got, err, short[cell])
				}
				continue
			}
			refused, ok := errors.AsType[*TransitionError](err)
			if !ok || refused.From != is || refused.To == "" || got != is {
				t.Errorf("%s, %s: %s, %v, want it refused", what, is, got, err)
			} else if s := err.Error(); !strings.Contains(s, string(refused.From)) || !strings.Contains(s, string(refused.To)) {
				t.Errorf("%q doesn't name both statuses", s)
			}
		}
	}
}

func TestOpenStatuses(t *testing.T) {
	t.Parallel()
	for i, s := range Statuses() {
		if s.Open() != (i < 5) {
			t.Errorf("%s is open: %v", s, s.Open())
		}
	}
}
