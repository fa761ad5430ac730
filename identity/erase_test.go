package identity

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

func TestErase(t *testing.T) {
	t.Parallel()
	keep, left := erased(t, endUsers, "ID", "Merged")
	if diff := cmp.Diff([]string{"ID", "Merged"}, left); diff != "" || !keep {
		t.Errorf("end user, kept %v: %s", keep, diff)
	}
	u := &EndUser{UserID: "u", Email: Contact{"ann@example.com", true}, Rev: 7}
	if endUsers.Erase(u, ""); !u.Erased || u.Known() || u.Rev != 7 {
		t.Errorf("an erased end user: %+v", u)
	}
	if keep, _ := erased(t, devices, "Anonymous", "Current"); keep {
		t.Error("a device outlives its end user")
	}
	keep, left = erased(t, bans, "EndUser")
	if diff := cmp.Diff([]string{"ID", "Kind", "Team", "By.Kind", "By.ID", "Match"}, left); diff != "" || !keep {
		t.Errorf("ban, kept %v: %s", keep, diff)
	}
	if keep, _ := erased(t, withheld, "EndUser"); keep {
		t.Error("what a banned sender wrote outlives him")
	}
	if keep, _ := erased(t, notes, "EndUser"); keep {
		t.Error("a note outlives whom it is about")
	}
	if got := bans.Subjects(&Ban{Kind: BanIP}); len(got) > 0 {
		t.Errorf("a ban of a network is of %v", got)
	}
}

// erased fills a document with text, erases it, and says where text is left.
// Owners are the fields by which Subjects names its end users.
func erased[T any](t *testing.T, c *store.Collection[T], owners ...string) (keep bool, left []string) {
	t.Helper()
	v := new(T)
	fill(reflect.ValueOf(v).Elem())
	if got := c.Subjects(v); !slices.Equal(got, slices.Repeat([]string{"personal"}, len(owners))) {
		t.Errorf("%s: subjects %v, want those of %v", c.Name, got, owners)
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

// texts names the fields of v that hold text, as in Email.Value.
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
