package identity_test

import (
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/google/go-cmp/cmp"
)

func matches(t testing.TB, source string, u *identity.EndUser) bool {
	t.Helper()
	of := func(u *identity.EndUser) *identity.EndUser { return u }
	env, err := condition.NewEnv(identity.Vars("user", "attribute", of, identity.MentionedKeys("attribute", source))...)
	must(t, err)
	c, err := env.Compile(source)
	must(t, err)
	return c.Match(u)
}

func TestVars(t *testing.T) {
	t.Parallel()
	ann := &identity.EndUser{UserID: "ann", Email: identity.Contact{Value: "ann@example.com", Proven: true}, Name: "Ann", Phone: identity.Contact{Value: "+491"},
		Language: "de", Organisation: "acme", Attributes: []identity.Attribute{{Key: "plan", Value: "gold"}, {Key: "empty"}}}
	claimed := &identity.EndUser{Email: identity.Contact{Value: "bob@example.com"}}
	for source, want := range map[string][3]bool{ // of ann, of who claims, of nobody
		`user.known`: {true, false, false}, `not user.known`: {false, true, true}, `user.known == nil`: {false, false, true},
		`user.email_proven`: {true, false, false}, `user.email endsWith "@example.com"`: {true, true, false},
		`user.user_id == "ann"`: {true, false, false}, `user.name == "Ann"`: {true, false, false}, `user.phone startsWith "+49"`: {true, false, false},
		`user.language in ["de", "fr"]`: {true, false, false}, `user.organisation == "acme"`: {true, false, false},
		`attribute.plan == "gold"`: {true, false, false}, `attribute.plan != "gold"`: {false, true, true}, `attribute.empty == nil`: {true, true, true},
		`attribute.never_heard == "x" or attribute.plan == "gold"`: {true, false, false},
	} {
		if got := [3]bool{matches(t, source, ann), matches(t, source, claimed), matches(t, source, nil)}; got != want {
			t.Errorf("%s: %v, want %v", source, got, want)
		}
	}
	got := identity.MentionedKeys("attribute", `attribute.b == "attribute.c" and attribute.a_1 in ["x"] or my_attribute.d == 1 and attribute.b != nil`)
	if diff := cmp.Diff([]string{"a_1", "b", "c"}, got); diff != "" {
		t.Error(diff)
	}
}

// Conditions may ask of any attribute: those that one mentions are declared.
func ExampleMentionedKeys() {
	fmt.Println(identity.MentionedKeys("attribute", `user.known and attribute.plan == "gold"`))
	// Output: [plan]
}
