package ticket

import (
	"reflect"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/google/go-cmp/cmp"
)

// Every collection says whose data it holds and how to erase it, or why it holds
// none.
func TestCollectionsKnowWhoseDataTheyHold(t *testing.T) {
	t.Parallel()
	for _, c := range Collections() {
		v := reflect.ValueOf(c).Elem()
		personal := !v.FieldByName("Subjects").IsNil() && !v.FieldByName("Erase").IsNil()
		if name := v.FieldByName("Name").String(); personal == (v.FieldByName("Impersonal").String() != "") {
			t.Errorf("%s: either Subjects and Erase, or Impersonal", name)
		}
	}
}

// What is left of documents whose every text is filled: ids, and words of the
// desk's own.
func TestErase(t *testing.T) {
	t.Parallel()
	keep, left := erased(t, tickets)
	want := []string{"ID", "App", "Platform", "Channel", "Language", "LanguageSource", "EndUser", "Status", "Priority", "Label.Name", "Label.Source", "Label.Model", "Tags",
		"Assignee.Kind", "Assignee.ID", "LastAgent", "Group", "Queue", "FirstQueue", "Links.Kind", "Links.Ticket", "Followers", "Pauses.Why", "Preview.Author", "Stay.Escalated", "Offer.Agent", "Offer.Declined.Agent", "Intake",
		"Snoozed.By.Kind", "Snoozed.By.ID", "Resolution.By.Kind", "Resolution.By.ID", "Resolution.Assignee.Kind", "Resolution.Assignee.ID", "Resolution.Answer", "Resolution.Bot",
		"Merged.Into", "Merged.By.Kind", "Merged.By.ID", "Merged.Status", "Merged.Snoozed.By.Kind", "Merged.Snoozed.By.ID", "Merged.Tags", "Spoke",
		"Service.Policy", "Service.Clocks.Target", "Service.Alerts.Target", "Service.Alerts.Policy", "Service.State"}
	if diff := cmp.Diff(want, left); diff != "" || !keep {
		t.Errorf("ticket, kept %v: %s", keep, diff)
	}
	keep, left = erased(t, messages)
	if diff := cmp.Diff([]string{"Ticket", "Kind", "Author.Kind", "Author.ID", "Mentions", "Answers", "QuickReply", "EndUser", "About", "Trail", "Sent", "Redacted.By.Kind", "Redacted.By.ID"}, left); diff != "" || !keep {
		t.Errorf("message, kept %v: %s", keep, diff)
	}
	keep, left = erased(t, facets)
	if diff := cmp.Diff([]string{"Ticket", "Facets", "Members", "EndUser"}, left); diff != "" || !keep {
		t.Errorf("facet, kept %v: %s", keep, diff)
	}
	if keep, _ = erased(t, uploads); keep {
		t.Error("an upload outlives its end user")
	}
	if got := uploads.Subjects(&upload{}); len(got) > 0 {
		t.Errorf("an agent's upload that no message names is of %v", got)
	}
	// Erasing twice does what once did.
	v := &Message{Ticket: "t", Text: "personal"}
	messages.Erase(v, "")
	once := *v
	if messages.Erase(v, ""); cmp.Diff(once, *v) != "" {
		t.Error(cmp.Diff(once, *v))
	}
}

// erased fills a document with text, erases it, and says where text is left.
func erased[T any](t *testing.T, c *store.Collection[T]) (keep bool, left []string) {
	t.Helper()
	v := new(T)
	fill(reflect.ValueOf(v).Elem())
	if got := c.Subjects(v); len(got) == 0 || slices.Compact(got)[0] != "personal" {
		t.Errorf("%s: subjects %v, want its end user", c.Name, got)
	}
	keep = c.Erase(v, "personal")
	texts(reflect.ValueOf(v).Elem(), "", &left)
	return keep, left
}

// fill writes text into every text of v, with one element in every list.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("personal")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// texts names the fields of v that hold text, as in Label.Name.
func texts(v reflect.Value, path string, found *[]string) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > 0 {
			*found = append(*found, path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), path, found)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), path, found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if path != "" {
				name = path + "." + name
			}
			if v.Type().Field(i).IsExported() {
				texts(v.Field(i), name, found)
			}
		}
	}
}
