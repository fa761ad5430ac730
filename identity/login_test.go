package identity_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const (
	secret = "first-secret-of-the-app-0123456789"
	other  = "another-secret-of-nobody-012345678"
)

// signed is a login as a host makes it, by HMAC.
func signed(secret, userID, email string) identity.Login {
	return identity.Login{UserID: userID, Email: email, HMAC: identity.Sign(secret, userID, email)}
}

// token makes a JWT over usual claims and those given; nil leaves a claim out.
func token(t testing.TB, c *clock, method jwt.SigningMethod, key any, more map[string]any) identity.Login {
	t.Helper()
	claims := jwt.MapClaims{"user_id": "u1", "email": "ann@example.com", "name": "Ann", "iat": c.now().Unix()}
	maps.Copy(claims, more)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	must(t, err)
	return identity.Login{JWT: text}
}

type loginCase struct {
	name  string
	login func(t testing.TB, c *clock) identity.Login
	want  identity.Refusal // "" is a login of u1
}

func hmacCases() []loginCase {
	just := func(l identity.Login) func(testing.TB, *clock) identity.Login {
		return func(testing.TB, *clock) identity.Login { return l }
	}
	truncated, upper, others, renamed := signed(secret, "u1", ""), signed(secret, "u1", ""), signed(secret, "u2", ""), signed(secret, "u1", "ann@example.com")
	truncated.HMAC = truncated.HMAC[:63]
	upper.HMAC = strings.ToUpper(upper.HMAC)
	others.UserID = "u1"
	renamed.Email = "ann@example.org"
	moved := signed(secret, "u1\nx", "") // the same bytes as user u1 with the email "x\n"
	moved.UserID, moved.Email = "u1", "x\n"
	cased := signed(secret, "u1", "Ann@Example.com")
	cased.Email = "ann@EXAMPLE.com"
	return []loginCase{
		{"user id", just(signed(secret, "u1", "")), ""},
		{"user id and email", just(signed(secret, "u1", "ann@example.com")), ""},
		{"hex in upper case", just(upper), ""},
		{"email in another case", just(cased), ""},
		{"another secret", just(signed(other, "u1", "")), identity.BadToken},
		{"truncated", just(truncated), identity.BadToken},
		{"not hex", just(identity.Login{UserID: "u1", HMAC: "zz"}), identity.BadToken},
		{"another user's", just(others), identity.BadToken},
		{"another email", just(renamed), identity.BadToken},
		{"line feed moved to the email", just(moved), identity.BadToken},
		{"no token", just(identity.Login{UserID: "u1"}), identity.NoToken},
		{"nobody", just(signed(secret, "", "")), identity.BadUser},
		{"no user id and no usable email", just(signed(secret, "", "ann")), identity.BadUser},
		{"user id in spaces", just(signed(secret, " u1", "")), identity.BadUser},
		{"user id with a space behind", just(signed(secret, "u1 ", "")), identity.BadUser},
		{"user id with a control character", just(signed(secret, "u\x001", "")), identity.BadUser},
		{"user id with a line feed", just(signed(secret, "u\n1", "")), identity.BadUser},
		{"user id that isn't UTF-8", just(signed(secret, "u\xff", "")), identity.BadUser},
		{"user id of 751 characters", just(signed(secret, strings.Repeat("é", 751), "")), identity.BadUser},
	}
}

func jwtCases() []loginCase {
	hs := func(more map[string]any) func(testing.TB, *clock) identity.Login {
		return func(t testing.TB, c *clock) identity.Login {
			return token(t, c, jwt.SigningMethodHS256, []byte(secret), more)
		}
	}
	aged := func(claim string, age time.Duration) func(testing.TB, *clock) identity.Login {
		return func(t testing.TB, c *clock) identity.Login {
			return token(t, c, jwt.SigningMethodHS256, []byte(secret), map[string]any{claim: c.now().Add(-age).Unix()})
		}
	}
	by := func(m jwt.SigningMethod, key any) func(testing.TB, *clock) identity.Login {
		return func(t testing.TB, c *clock) identity.Login { return token(t, c, m, key, nil) }
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return []loginCase{
		{"jwt", hs(nil), ""},
		{"jwt with sub", hs(map[string]any{"user_id": nil, "sub": "u1"}), ""},
		{"jwt, iat 24 h ago", aged("iat", 24*time.Hour), ""},
		{"jwt, iat 24 h and 1 s ago", aged("iat", 24*time.Hour+time.Second), identity.OldToken},
		{"jwt, iat in 30 s", aged("iat", -30*time.Second), ""},
		{"jwt, iat in 2 min", aged("iat", -2*time.Minute), identity.EarlyToken},
		{"jwt, no iat", hs(map[string]any{"iat": nil}), identity.BadToken},
		{"jwt, iat as text", hs(map[string]any{"iat": "now"}), identity.BadToken},
		{"jwt expired", aged("exp", 2*time.Minute), identity.OldToken},
		{"jwt, exp to come", aged("exp", -time.Minute), ""},
		{"jwt, nbf to come", aged("nbf", -2*time.Minute), identity.EarlyToken},
		{"jwt, no user", hs(map[string]any{"user_id": nil, "email": nil}), identity.BadUser},
		{"jwt, user id in spaces", hs(map[string]any{"user_id": " u1"}), identity.BadUser},
		{"jwt, alg none", by(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), identity.BadToken},
		{"jwt, HS512", by(jwt.SigningMethodHS512, []byte(secret)), identity.BadToken},
		{"jwt, RS256", by(jwt.SigningMethodRS256, private), identity.BadToken},
		{"jwt, another secret", by(jwt.SigningMethodHS256, []byte(other)), identity.BadToken},
		{"jwt truncated", func(t testing.TB, c *clock) identity.Login {
			l := hs(nil)(t, c)
			return identity.Login{JWT: l.JWT[:len(l.JWT)-2]}
		}, identity.BadToken},
		{"jwt of noise", func(testing.TB, *clock) identity.Login { return identity.Login{JWT: "a.b.c"} }, identity.BadToken},
		{"jwt bad, hmac good", func(testing.TB, *clock) identity.Login {
			l := signed(secret, "u1", "")
			l.JWT = "a.b.c"
			return l
		}, identity.BadToken},
	}
}

// A login is taken or refused with its reason; refused, the device is anonymous
// and may still write.
func TestLogin(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		for i, c := range append(hmacCases(), jwtCases()...) {
			t.Run(c.name, func(t *testing.T) {
				l := c.login(t, d.clock)
				before := len(d.events(t))
				sess := d.visit(t, fmt.Sprint("table", i), &l)
				if c.want == "" {
					if sess.Refused != nil || sess.EndUser.UserID != "u1" || !sess.EndUser.Known() {
						t.Fatalf("refused %v, end user %+v, want u1", sess.Refused, sess.EndUser)
					}
					return
				}
				if sess.Refused == nil || sess.Refused.Reason != c.want || sess.Refused.Detail == "" {
					t.Fatalf("refused %v, want %s", sess.Refused, c.want)
				}
				if n := len(d.events(t)); n != before || sess.EndUser.Rev != 0 || sess.EndUser.Known() {
					t.Errorf("a refused login stored something: %d events, then %d; end user %+v", before, n, sess.EndUser)
				}
				if u, err := d.ensure(t, sess); err != nil || u.Known() {
					t.Errorf("who was refused writes as %+v, %v", u, err)
				}
			})
		}
	})
}

func TestLoginNeedsASecretOfTheApp(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		l := signed(secret, "u1", "")
		if sess := d.visit(t, "a", &l); sess.Refused == nil || sess.Refused.Reason != identity.NoSecret {
			t.Errorf("refused %v, want %s", sess.Refused, identity.NoSecret)
		}
		_, err := d.people.AddSecret(t.Context(), host, "brand", secret)
		must(t, err)
		if sess := d.visit(t, "a", &l); sess.Refused == nil || sess.Refused.Reason != identity.NoSecret {
			t.Errorf("another app's secret: refused %v, want %s", sess.Refused, identity.NoSecret)
		}
	})
}

func TestLongestUserID(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		id := strings.Repeat("é", identity.MaxUserID)
		l := signed(secret, id, "")
		if sess := d.visit(t, "a", &l); sess.Refused != nil || sess.EndUser.UserID != id {
			t.Errorf("refused %v", sess.Refused)
		}
	})
}

// A bad name, email, phone or language is left out of a valid login.
func TestLoginWarns(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		l := signed(secret, "u1", "Ann <ann@example.com>")
		l.Name, l.Phone, l.Language = strings.Repeat("n", identity.MaxName+1), "call me", "a language"
		sess := d.visit(t, "a", &l)
		var fields []string
		for _, w := range sess.Warnings {
			fields = append(fields, w.Field)
			if w.Detail == "" {
				t.Errorf("warning of %s says nothing", w.Field)
			}
		}
		if diff := cmp.Diff([]string{"name", "email", "phone", "language"}, fields); diff != "" {
			t.Error(diff)
		}
		u := sess.EndUser
		if sess.Refused != nil || u.UserID != "u1" || u.Name != "" || u.Email.Value != "" || u.Phone.Value != "" || u.Language != "pt-BR" { // that of the device
			t.Errorf("refused %v, end user %+v", sess.Refused, u)
		}
		l = token(t, d.clock, jwt.SigningMethodHS256, []byte(secret), map[string]any{"name": "A\tnn"})
		if sess = d.visit(t, "b", &l); len(sess.Warnings) != 1 || sess.EndUser.Email.Value != "ann@example.com" {
			t.Errorf("warnings %v, end user %+v", sess.Warnings, sess.EndUser)
		}
	})
}

// The secret before the newest stays live, the third one ends the first.
func TestSecretsRotate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		one, two, three := d.secret(t, ""), d.secret(t, secret), ""
		live := func(what string, want ...bool) {
			t.Helper()
			for i, s := range []string{one, two, three}[:len(want)] {
				for _, l := range []identity.Login{signed(s, "u1", ""), token(t, d.clock, jwt.SigningMethodHS256, []byte(s), nil)} {
					if sess := d.visit(t, "a", &l); (sess.Refused == nil) != want[i] {
						t.Errorf("%s: secret %d: refused %v, want live %v", what, i+1, sess.Refused, want[i])
					}
				}
			}
		}
		live("two secrets", true, true)
		if again := d.secret(t, secret); again != secret {
			t.Errorf("adding a live secret gives %q", again)
		}
		live("second added again", true, true)
		three = d.secret(t, other)
		live("three secrets", false, true, true)
		must(t, d.people.RetireSecret(t.Context(), host, "default"))
		live("older one retired", false, false, true)
		must(t, d.people.RetireSecret(t.Context(), host, "default"))
		live("nothing left to retire", false, false, true)
		_, err := d.people.AddSecret(t.Context(), host, "default", strings.Repeat("x", 31))
		refuses(t, err, "secret")
		smith := d.agent(t, "smith", identity.Supervisor).Actor()
		secret, err := d.people.AddSecret(t.Context(), smith, "default", "")
		if secret != "" {
			t.Error("a secret that isn't live was returned")
		}
		forbidden(t, err)
		forbidden(t, d.people.RetireSecret(t.Context(), smith, "default"))
	})
}
