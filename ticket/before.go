package ticket

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-go/frontdesk/store/event"
)

// Before is a ticket as it was before a change, as far as the events of the change tell:
// its status, who had it and where it was, and what was edited. Of a long text the first
// 500 characters are known, and nothing of what was erased. Everything else is as it is
// in t. The events are all of one revision. fields are those that are defined.
func Before(t *Ticket, fields []*Field, es ...*event.Event) (*Ticket, error) {
	was := *t
	for _, e := range slices.Backward(es) {
		var f Facts
		if err := e.Payload(&f); err != nil {
			return nil, err
		}
		if f.Was != "" {
			was.Status = f.Was
		}
		switch e.Type {
		case Assigned:
			was.Assignee, was.Group, was.Queue = f.From, f.WasGroup, f.WasQueue
		case Changed:
			var p said
			if err := e.Payload(&p); err != nil {
				return nil, err
			}
			for _, a := range p.Altered {
				was.restore(a, fields)
			}
		}
	}
	return &was, nil
}

// restore puts back what was there before an edit.
func (t *Ticket) restore(a alteration, fields []*Field) {
	switch a.What {
	case "title":
		t.Title = a.From
	case "priority":
		t.Priority = Priority(a.From)
	case "language":
		t.Language = a.From
	case "label":
		if t.Label = nil; a.From != "" {
			t.Label = &Label{Name: a.From}
		}
	case "tags":
		t.Tags, _ = a.tags()
	}
	if key, ok := strings.CutPrefix(a.What, "fields."); ok {
		t.restoreField(key, a.From, fields)
	}
}

func (t *Ticket) restoreField(key, text string, fields []*Field) {
	t.Fields = slices.DeleteFunc(slices.Clone(t.Fields), func(v Value) bool { return v.Key == key })
	i := slices.IndexFunc(fields, func(f *Field) bool { return f.Key == key })
	if i < 0 || text == "" {
		return
	}
	v := Value{Key: key, Type: fields[i].Type}
	switch v.Type {
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return
		}
		v.Number = n
	case Checkbox:
		v.Checked = text == "true"
	default:
		v.Text = text
	}
	t.Fields = append(t.Fields, v)
}

// EditsOf are actions that do again what an event of type Changed tells: what it holds of
// title, priority, label, language, tags and fields. Of what was erased it tells nothing.
func EditsOf(e *event.Event) (as []Action, err error) {
	var p said
	if err := e.Payload(&p); err != nil {
		return nil, err
	}
	for _, a := range p.Altered {
		key, isField := strings.CutPrefix(a.What, "fields.")
		switch {
		case isField:
			as = append(as, Action{Do: DoField, To: key, Text: a.To})
		case a.What == "title", a.What == "priority", a.What == "label", a.What == "language":
			as = append(as, Action{Do: Verb(a.What), Text: a.To})
		case a.What == "tags":
			was, is := a.tags()
			as = append(as, tagging(DoAddTags, is, was)...)
			as = append(as, tagging(DoRemoveTags, was, is)...)
		}
	}
	return as, nil
}

// EditOf is all that EditsOf tells, as one change. ok is false where that is nothing.
func EditOf(e *event.Event) (all Edit, ok bool, err error) {
	as, err := EditsOf(e)
	all.Fields = map[string]any{}
	for i := range as {
		one := as[i].edit(e.Actor)
		all.Title, all.Priority = cmp.Or(one.Title, all.Title), cmp.Or(one.Priority, all.Priority)
		all.Label, all.Language = cmp.Or(one.Label, all.Label), cmp.Or(one.Language, all.Language)
		all.AddTags, all.RemoveTags = append(all.AddTags, one.AddTags...), append(all.RemoveTags, one.RemoveTags...)
		maps.Copy(all.Fields, one.Fields)
	}
	return all, len(as) > 0, err
}

// tags are those before and after a change of tags.
func (a *alteration) tags() (was, is []string) {
	if a.FromTags != nil || a.ToTags != nil {
		return a.FromTags, a.ToTags
	}
	return listed(a.From), listed(a.To)
}

// listed are the names in a list of tags as the history shows it.
func listed(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// tagging is an action about the tags that are in one list only.
func tagging(do Verb, in, not []string) []Action {
	only := slices.DeleteFunc(slices.Clone(in), func(tag string) bool { return slices.Contains(not, tag) })
	if len(only) == 0 {
		return nil
	}
	return []Action{{Do: do, Tags: only}}
}
