package automation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// linted is what rules are linted for.
type linted struct {
	text  map[string]string
	list  map[string][]string
	spend float64
}

func lintEnv(t testing.TB) *condition.Env[*linted] {
	t.Helper()
	var vars []condition.Var[*linted]
	for _, name := range []string{"ticket.queue", "ticket.app", "ticket.assignee", "ticket.title", "ticket.platform", "user.name"} {
		vars = append(vars, condition.Var[*linted]{Name: name, Text: func(x *linted) string { return x.text[name] }})
	}
	for _, name := range []string{"ticket.tags", "events", "changed"} {
		vars = append(vars, condition.Var[*linted]{Name: name, Texts: func(x *linted) []string { return x.list[name] }})
	}
	status := func(x *linted) string { return x.text["ticket.status"] }
	env, err := condition.NewEnv(append(vars,
		condition.Var[*linted]{Name: "ticket.status", Text: status, Values: []string{"new", "open", "resolved"}},
		condition.Var[*linted]{Name: "field.spend", Number: func(x *linted) (float64, bool) { return x.spend, true }},
		condition.Var[*linted]{Name: "host.good", Param: true, Bool: func(*linted) (bool, bool) { return false, false }},
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// lintRule is a rule on new tickets named by its id.
func lintRule(id, when string, do ...automation.Action) *automation.Rule {
	return &automation.Rule{ID: id, Name: id, On: automation.Trigger{Kind: automation.OnCreated}, When: when, Do: do}
}

func with(r *automation.Rule, change func(*automation.Rule)) *automation.Rule {
	change(r)
	return r
}

func stopping(r *automation.Rule) *automation.Rule {
	return with(r, func(r *automation.Rule) { r.Stop = true })
}

// fieldRule is a rule on changes of some fields, or of any.
func fieldRule(id string, do automation.Action, keys ...string) *automation.Rule {
	return with(lintRule(id, "", do), func(r *automation.Rule) {
		r.On = automation.Trigger{Kind: automation.OnEvent, Events: []automation.Event{automation.EventField}, Fields: keys}
	})
}

// lint returns findings as "kind rules", and fails if one lacks a sentence.
func lint(t *testing.T, rules ...*automation.Rule) (out []string) {
	t.Helper()
	there := func(r automation.Reference) bool { return !strings.HasPrefix(r.ID, "no") }
	for _, f := range automation.Lint(lintEnv(t), rules, there) {
		s := string(f.Kind) + " " + strings.Join(f.Rules, " ")
		if f.Names != nil {
			s += " " + string(f.Names.Kind) + " " + f.Names.ID
		}
		for _, id := range f.Rules {
			if !strings.Contains(f.Text, fmt.Sprintf("%q", id)) {
				t.Errorf("%s: the sentence %q doesn't name the rule", s, f.Text)
			}
		}
		if !strings.HasSuffix(f.Text, ".") || f.Severity == "" {
			t.Errorf("%s: %q, %q", s, f.Text, f.Severity)
		}
		out = append(out, s)
	}
	return out
}

func TestLint(t *testing.T) {
	t.Parallel()
	act := func(verb ticket.Verb, to string) automation.Action {
		return automation.Action{Action: ticket.Action{Do: verb, To: to}}
	}
	text := func(verb ticket.Verb, s string) automation.Action {
		return automation.Action{Action: ticket.Action{Do: verb, Text: s}}
	}
	queue, note := act(ticket.DoAssignQueue, "billing"), text(ticket.DoNote, "")
	onEvent := func(r *automation.Rule, es ...automation.Event) *automation.Rule {
		return with(r, func(r *automation.Rule) { r.On = automation.Trigger{Kind: automation.OnEvent, Events: es} })
	}
	after := func(r *automation.Rule, d time.Duration) *automation.Rule {
		return with(r, func(r *automation.Rule) {
			r.On = automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockQueue, After: d}
		})
	}
	off := func(r *automation.Rule) *automation.Rule { return with(r, func(r *automation.Rule) { r.Off = true }) }
	for name, c := range map[string]struct {
		rules []*automation.Rule
		want  []string
	}{
		"nothing wrong":           {[]*automation.Rule{lintRule("a", `ticket.queue == "q"`, note), lintRule("b", "", queue)}, nil},
		"no rules":                {nil, nil},
		"broken":                  {[]*automation.Rule{lintRule("a", `ticket.status == "lost"`, note)}, []string{"broken a"}},
		"a broken one that's off": {[]*automation.Rule{off(lintRule("a", `ticket.status == "lost"`, act(ticket.DoAssign, "no1")))}, nil},
		"an unknown host":         {[]*automation.Rule{lintRule("a", `host.bad`, note), lintRule("b", `host.good`, note)}, []string{"broken a"}},
		"never":                   {[]*automation.Rule{lintRule("a", `ticket.status == "new" and ticket.status == "resolved"`, note)}, []string{"never a"}},
		"an impossible range":     {[]*automation.Rule{lintRule("a", `field.spend > 5 and field.spend < 5`, note)}, []string{"never a"}},
		"never in its apps": {[]*automation.Rule{with(lintRule("a", `ticket.app == "x"`, note), func(r *automation.Rule) { r.Apps = []string{"y"} })},
			[]string{"never a"}},
		"always":             {[]*automation.Rule{lintRule("a", `ticket.status != "new" or ticket.status != "open"`, note)}, []string{"always a"}},
		"true is meant":      {[]*automation.Rule{lintRule("a", ` true `, note)}, nil},
		"unreached":          {[]*automation.Rule{stopping(lintRule("a", `ticket.queue in ["q", "r"]`, note)), lintRule("b", `ticket.queue == "q" and field.spend > 3`, note)}, []string{"unreached a b"}},
		"unreached by range": {[]*automation.Rule{stopping(lintRule("a", `field.spend > 2`, note)), lintRule("b", `field.spend > 3`, note)}, []string{"unreached a b"}},
		"unreached by all":   {[]*automation.Rule{stopping(lintRule("a", "", note)), lintRule("b", `user.name == "x"`, note), lintRule("c", "", note)}, []string{"unreached a b", "unreached a c"}},
		"the first one stops": {[]*automation.Rule{stopping(lintRule("a", `ticket.queue == "q"`, note)), stopping(lintRule("b", "", note)), lintRule("c", `ticket.queue == "q"`, note)},
			[]string{"unreached a c"}},
		"reached":              {[]*automation.Rule{stopping(lintRule("a", `ticket.queue == "q" and ticket.title contains "x"`, note)), lintRule("b", `ticket.queue == "q"`, note)}, nil},
		"reached as before":    {[]*automation.Rule{lintRule("b", `ticket.queue == "q"`, note), stopping(lintRule("a", `ticket.queue == "q"`, note))}, nil},
		"reached without stop": {[]*automation.Rule{lintRule("a", `ticket.queue == "q"`, note), lintRule("b", `ticket.queue == "q"`, note)}, nil},
		"reached once":         {[]*automation.Rule{with(stopping(lintRule("a", "", note)), func(r *automation.Rule) { r.Once = true }), lintRule("b", "", note)}, nil},
		"reached when off":     {[]*automation.Rule{off(stopping(lintRule("a", "", note))), lintRule("b", "", note)}, nil},
		"reached as the queue is changed in between": {[]*automation.Rule{stopping(lintRule("a", `ticket.queue == "billing"`, note)), lintRule("b", `field.spend > 9`, queue),
			lintRule("c", `ticket.queue == "billing"`, note)}, nil},
		"unreached as another thing is changed": {[]*automation.Rule{stopping(lintRule("a", `ticket.queue == "billing"`, note)), lintRule("b", `field.spend > 9`, act(ticket.DoField, "spend")),
			lintRule("c", `ticket.queue == "billing"`, note)}, []string{"unreached a c"}},
		"unreached by events": {[]*automation.Rule{stopping(onEvent(lintRule("a", "", note), automation.EventTags, automation.EventTitle)), onEvent(lintRule("b", "", note), automation.EventTitle)},
			[]string{"unreached a b"}},
		"reached by another event": {[]*automation.Rule{stopping(onEvent(lintRule("a", "", note), automation.EventTags)), onEvent(lintRule("b", "", note), automation.EventTags, automation.EventTitle)}, nil},
		"reached by another kind":  {[]*automation.Rule{stopping(lintRule("a", "", note)), onEvent(lintRule("b", "", note), automation.EventTags)}, nil},
		"overwrites":               {[]*automation.Rule{lintRule("a", `"x" in ticket.tags`, queue), lintRule("b", `"y" in ticket.tags`, act(ticket.DoAssign, "ann"))}, []string{"overwrites a b"}},
		"overwrites two things": {[]*automation.Rule{lintRule("a", ``, queue, text(ticket.DoLabel, "x")), lintRule("b", `field.spend > 1`, text(ticket.DoLabel, "y"), act(ticket.DoAssignQueue, "vips"))},
			[]string{"overwrites a b"}},
		"the same isn't overwritten": {[]*automation.Rule{lintRule("a", ``, queue), lintRule("b", `field.spend > 1`, queue)}, nil},
		"sets another field":         {[]*automation.Rule{lintRule("a", ``, act(ticket.DoField, "x")), lintRule("b", `field.spend > 1`, act(ticket.DoField, "y"))}, nil},
		"never both":                 {[]*automation.Rule{lintRule("a", `ticket.queue == "x"`, queue), lintRule("b", `ticket.queue == "y"`, act(ticket.DoAssign, "ann"))}, nil},
		"never both by range":        {[]*automation.Rule{lintRule("a", `field.spend > 5`, queue), lintRule("b", `field.spend <= 5`, act(ticket.DoAssign, "ann"))}, nil},
		"stops before":               {[]*automation.Rule{stopping(lintRule("a", `"x" in ticket.tags`, queue)), lintRule("b", `"y" in ticket.tags`, act(ticket.DoAssign, "ann"))}, nil},
		"another moment":             {[]*automation.Rule{after(lintRule("a", ``, queue), time.Hour), after(lintRule("b", ``, act(ticket.DoAssign, "ann")), 2*time.Hour)}, nil},
		"another event":              {[]*automation.Rule{onEvent(lintRule("a", ``, queue), automation.EventTags), onEvent(lintRule("b", ``, act(ticket.DoAssign, "ann")), automation.EventTitle)}, nil},
		"an event in common": {[]*automation.Rule{onEvent(lintRule("a", ``, queue), automation.EventTags, automation.EventTitle), onEvent(lintRule("b", ``, act(ticket.DoAssign, "ann")), automation.EventTitle)},
			[]string{"overwrites a b"}},
		"another field": {[]*automation.Rule{fieldRule("a", queue, "x"), fieldRule("b", act(ticket.DoAssign, "ann"), "y")}, nil},
		"a field in common": {[]*automation.Rule{fieldRule("a", queue, "x"), fieldRule("b", act(ticket.DoAssign, "ann"), "y", "x"), fieldRule("c", act(ticket.DoAssign, "ann"))},
			[]string{"overwrites a b", "overwrites a c"}},
		"the same moment":             {[]*automation.Rule{after(lintRule("a", ``, queue), time.Hour), after(lintRule("b", ``, act(ticket.DoAssign, "ann")), time.Hour)}, []string{"overwrites a b"}},
		"some have a queue, some not": {[]*automation.Rule{lintRule("a", `ticket.queue == "x"`, queue), lintRule("b", `ticket.queue == "y"`, queue), lintRule("c", ``, act(ticket.DoAssign, "ann"))}, []string{"overwrites a c", "overwrites b c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lint(t, c.rules...); !slices.Equal(got, c.want) {
				t.Errorf("found %q, not %q", got, c.want)
			}
		})
	}
}

func TestLintFindsWhatIsntThere(t *testing.T) {
	t.Parallel()
	act := func(a ticket.Action) automation.Action { return automation.Action{Action: a} }
	got := lint(t, &automation.Rule{
		ID: "a", Name: "a", Apps: []string{"shop", "noapp"},
		On:   automation.Trigger{Kind: automation.OnEvent, Events: []automation.Event{automation.EventField}, Fields: []string{"f", "nofield"}, Calendar: "nocalendar"},
		When: `ticket.queue in ["q", "noqueue"] and not (ticket.assignee == "noagent") and "notag" not in ticket.tags and ticket.title == "nothing" or "noqueue2" == ticket.queue`,
		Do: []automation.Action{
			act(ticket.Action{Do: ticket.DoAssign, To: "noagent1"}), act(ticket.Action{Do: ticket.DoAssignGroup, To: "nogroup"}),
			act(ticket.Action{Do: ticket.DoAssignQueue, To: "noqueue3"}), act(ticket.Action{Do: ticket.DoEscalate, To: "q"}), act(ticket.Action{Do: ticket.DoAssignBot, To: "nobot"}),
			act(ticket.Action{Do: ticket.DoAssignAvailable, To: "ann", Else: "noqueue4"}), act(ticket.Action{Do: ticket.DoField, To: "nofield2"}),
			act(ticket.Action{Do: ticket.DoAddTags, Tags: []string{"vip", "notag2"}}), {Action: ticket.Action{Do: ticket.DoReply}, QuickReply: "noreply"},
			act(ticket.Action{Do: automation.DoCall, To: "nofunction"}), {Action: ticket.Action{Do: automation.DoNotify}, Agents: []string{"assignee", "noagent2"}, Groups: []string{"nogroup2"}},
		},
	})
	want := []string{
		"missing a app noapp", "missing a field nofield", "missing a calendar nocalendar", "missing a agent noagent1", "missing a group nogroup", "missing a queue noqueue3",
		"missing a bot nobot", "missing a queue noqueue4", "missing a field nofield2", "missing a tag notag2", "missing a quick reply noreply", "missing a function nofunction",
		"missing a group nogroup2", "missing a agent noagent2", "missing a queue noqueue", "missing a agent noagent", "missing a tag notag", "missing a queue noqueue2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q\nnot %q", got, want)
	}
}

// manyRules have 40 queues, and each sets the priority.
func manyRules(n int) (rules []*automation.Rule) {
	for i := range n {
		r := lintRule(fmt.Sprintf("r%d", i), fmt.Sprintf(`ticket.queue == "q%d" and "t%d" in ticket.tags and field.spend > %d`, i%40, i%300, i%7),
			automation.Action{Action: ticket.Action{Do: ticket.DoPriority, Text: []string{"low", "high"}[i/40%2]}})
		r.Stop = i%50 == 0
		rules = append(rules, r)
	}
	return rules
}

// Of many rules what is found is bounded, and soon.
func TestLintIsBounded(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	got := automation.Lint(lintEnv(t), manyRules(automation.MaxRules), func(automation.Reference) bool { return true })
	if last := got[len(got)-1]; len(got) != automation.MaxFindings+1 || last.Kind != automation.FoundMore {
		t.Errorf("%d findings, the last one %+v", len(got), last)
	}
	if took := time.Since(begin); took > 5*time.Minute { // on a busy machine; it is a second
		t.Errorf("it took %v", took)
	}
}

func BenchmarkLint(b *testing.B) {
	env, rules := lintEnv(b), manyRules(automation.MaxRules)
	b.ReportAllocs()
	for b.Loop() {
		automation.Lint(env, rules, func(automation.Reference) bool { return true })
	}
}

func TestLintOfADesk(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "old", Name: "Old", Type: ticket.SingleLine}))
		must(t, d.queues.Save(t.Context(), host, &queue.Queue{ID: "brief", Name: "Brief"}))
		must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: "short", Name: "Short"}))
		must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "cid", Name: "Cid"}))
		reply := &ticket.QuickReply{Title: "Hello", Texts: []ticket.ReplyText{{Text: "Hello"}}}
		must(t, d.tickets.SaveQuickReply(t.Context(), host, reply))
		act := func(a ticket.Action) automation.Action { return automation.Action{Action: a} }
		all := []automation.Action{
			act(ticket.Action{Do: ticket.DoAssign, To: "cid"}), act(ticket.Action{Do: ticket.DoAssignQueue, To: "brief"}), act(ticket.Action{Do: ticket.DoAssignGroup, To: "short"}),
			act(ticket.Action{Do: ticket.DoField, To: "old", Text: "x"}), act(ticket.Action{Do: ticket.DoAddTags, Tags: []string{"vip"}}),
			{Action: ticket.Action{Do: ticket.DoReply}, QuickReply: reply.ID},
		}
		d.rule(t, &automation.Rule{ID: "good", On: isNew, When: `ticket.queue == "billing" and field.old == "x"`, Do: all})
		d.rule(t, &automation.Rule{ID: "odd", On: isNew, When: `ticket.status == "new" and not ticket.open and "lost" in ticket.tags`, Do: do(tag("late"))})
		found, err := d.rules.Lint(t.Context(), admin)
		must(t, err)
		if len(found) != 1 || found[0].Kind != automation.FoundMissing || *found[0].Names != (automation.Reference{Kind: automation.RefTag, ID: "lost"}) {
			t.Errorf("%+v", found)
		}
		must(t, d.queues.Delete(t.Context(), host, "brief"))
		c, err := d.people.Agent(t.Context(), "cid")
		must(t, err)
		c.Inactive = true
		must(t, d.people.SaveAgent(t.Context(), host, c))
		fields, err := d.tickets.Fields(t.Context())
		must(t, err)
		old := fields[slices.IndexFunc(fields, func(f *ticket.Field) bool { return f.Key == "old" })]
		old.Archived = true
		must(t, d.tickets.SaveField(t.Context(), host, old))
		found, err = d.rules.Lint(t.Context(), admin)
		must(t, err)
		var gone []string
		for _, f := range found {
			gone = append(gone, f.Rules[0]+" "+string(f.Names.Kind)+" "+f.Names.ID)
		}
		if want := []string{"good agent cid", "good queue brief", "good field old", "good field old", "odd tag lost"}; !slices.Equal(gone, want) {
			t.Errorf("%q", gone)
		}
		if _, err := d.rules.Lint(t.Context(), ann); err == nil {
			t.Error("an agent lints rules")
		}
	})
}

// What forms offer are the names of real rules, and a real rule takes what they write.
func TestFormsOfADesk(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		v, err := d.rules.Vocabulary(t.Context(), admin)
		must(t, err)
		names := automation.FormNames(v)
		for _, name := range []string{"ticket.priority", "field.spend", "message.text", "previous.queue", "time.weekday"} {
			if !slices.ContainsFunc(names, func(n automation.FormName) bool { return n.Name == name }) {
				t.Errorf("forms don't offer %s", name)
			}
		}
		f := automation.Form{Parts: []automation.FormPart{
			{Name: "field.spend", Is: automation.ChangedTo, Values: []string{"120"}}, {Name: "ticket.queue", Is: automation.Not, Values: []string{"vips"}},
		}}
		source, err := f.Expression(v)
		must(t, err)
		d.rule(t, &automation.Rule{ID: "spent", On: when(automation.EventField), When: source, Do: do(tag("vip"))})
		tk := d.ask(t)
		d.drain(t)
		_, err = d.tickets.Edit(t.Context(), host, tk.ID, ticket.Edit{Fields: map[string]any{"spend": 120}})
		must(t, err)
		d.drain(t)
		if now := d.now(t, tk.ID); !slices.Equal(now.Tags, []string{"vip"}) {
			t.Errorf("tags %q", now.Tags)
		}
		if _, err := d.rules.Vocabulary(t.Context(), ann); err == nil {
			t.Error("an agent reads the names of rules")
		}
	})
}
