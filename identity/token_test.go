package identity_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/golang-jwt/jwt/v5"
)

// rawJWT signs whatever header and claims.
func rawJWT(key []byte, header, claims string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// attempts are JWTs that aren't what the host would make, with the reason for which
// each is refused.
func attempts(t testing.TB, c *clock) map[string]struct {
	text string
	want identity.Refusal
} {
	t.Helper()
	const plain = `{"alg":"HS256","typ":"JWT"}`
	now, key := c.now().Unix(), []byte(secret)
	claims := fmt.Sprintf(`{"user_id":"u1","iat":%d}`, now)
	good := rawJWT(key, plain, claims)
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	must(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	with := func(header string) string { return rawJWT(key, header, claims) }
	of := func(claims string) string { return rawJWT(key, plain, claims) }
	bare := func(alg string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`"}`)) + "." + body + "."
	}
	type attempt = struct {
		text string
		want identity.Refusal
	}
	bad := func(text string) attempt { return attempt{text, identity.BadToken} }
	return map[string]attempt{
		"good":                    {good, ""},
		"kid is of no matter":     {with(`{"alg":"HS256","kid":"../../dev/null"}`), ""},
		"jku is of no matter":     {with(`{"alg":"HS256","jku":"https://evil.example/keys","x5u":"https://evil.example"}`), ""},
		"kid, empty key":          bad(rawJWT(nil, `{"alg":"HS256","kid":"/dev/null"}`, claims)),
		"jwk in the header":       bad(rawJWT([]byte("mine"), `{"alg":"HS256","jwk":{"kty":"oct","k":"bWluZQ"}}`, claims)),
		"crit":                    bad(with(`{"alg":"HS256","crit":["exp"]}`)),
		"public key as a secret":  bad(rawJWT(public, plain, claims)),
		"alg none":                bad(bare("none")),
		"alg None":                bad(bare("None")),
		"alg nOnE":                bad(bare("nOnE")),
		"alg empty":               bad(bare("")),
		"none, signed":            bad(with(`{"alg":"none"}`)),
		"hs256":                   bad(with(`{"alg":"hs256"}`)),
		"alg HS384":               bad(with(`{"alg":"HS384"}`)),
		"alg ES256":               bad(with(`{"alg":"ES256"}`)),
		"alg a number":            bad(with(`{"alg":256}`)),
		"no alg":                  bad(with(`{}`)),
		"no signature":            bad(head + "." + body + "."),
		"no last dot":             bad(head + "." + body),
		"five parts":              bad(good + ".x.y"),
		"signature of another":    bad(head + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(claims, "u1", "u2", 1))) + "." + signature),
		"space before":            bad(" " + good),
		"line feed behind":        bad(good + "\n"),
		"space within":            bad(head + "." + body + " ." + signature),
		"padded":                  bad(head + "." + body + "." + signature + "="),
		"Bearer":                  bad("Bearer " + good),
		"not UTF-8":               bad("\xff\xfe." + body + "." + signature),
		"huge":                    bad(strings.Repeat("A", 1<<20)),
		"many dots":               bad(strings.Repeat(".", 100_000)),
		"claims aren't JSON":      bad(of("user_id=u1")),
		"claims are a list":       bad(of("[1]")),
		"claims are null":         bad(of("null")),
		"user_id twice":           bad(of(fmt.Sprintf(`{"user_id":"u1","iat":%d,"user_id":"u2"}`, now))),
		"user_id in two cases":    bad(of(fmt.Sprintf(`{"user_id":"u1","iat":%d,"User_ID":"u2"}`, now))),
		"user_id isn't text":      bad(of(fmt.Sprintf(`{"user_id":{"$ne":""},"iat":%d}`, now))),
		"user_id isn't UTF-8":     bad(of(fmt.Sprintf("{\"user_id\":\"u\xff\",\"iat\":%d} ", now))),
		"deep":                    bad(of(strings.Repeat("[", 100_000))),
		"iat enormous":            {of(`{"user_id":"u1","iat":1e300}`), "any"},
		"iat negative":            {of(`{"user_id":"u1","iat":-1}`), identity.OldToken},
		"iat very negative":       {of(`{"user_id":"u1","iat":-1e300}`), "any"},
		"iat is 0":                {of(`{"user_id":"u1","iat":0}`), identity.OldToken},
		"expires at the epoch":    {of(fmt.Sprintf(`{"user_id":"u1","iat":%d,"exp":0}`, now)), identity.OldToken},
		"expired":                 {of(fmt.Sprintf(`{"user_id":"u1","iat":%d,"exp":%d}`, now-600, now-300)), identity.OldToken},
		"issued in the future":    {of(fmt.Sprintf(`{"user_id":"u1","iat":%d}`, now+3600)), identity.EarlyToken},
		"not valid yet":           {of(fmt.Sprintf(`{"user_id":"u1","iat":%d,"nbf":%d}`, now, now+3600)), identity.EarlyToken},
		"of a desk's own session": bad(rawJWT(nil, plain, claims)),
	}
}

// What isn't as the host makes it is refused with its reason, and nobody panics.
func TestForgedJWTs(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.secret(t, secret)
	for name, a := range attempts(t, d.clock) {
		t.Run(name, func(t *testing.T) {
			sess := d.visit(t, "forger", &identity.Login{JWT: a.text})
			switch {
			case a.want == "" && (sess.Refused != nil || sess.EndUser.UserID != "u1"):
				t.Errorf("refused %v, end user %+v", sess.Refused, sess.EndUser)
			case a.want != "" && (sess.Refused == nil || sess.EndUser.Known()):
				t.Errorf("taken as %+v", sess.EndUser)
			case a.want != "" && a.want != "any" && sess.Refused.Reason != a.want:
				t.Errorf("refused %v, want %s", sess.Refused, a.want)
			}
		})
	}
}

// Whatever byte a token is cut at, or is changed, it is none.
func TestTokensAtEveryByte(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.secret(t, secret)
	good := signed(secret, "u1", "ann@example.com")
	in := d.visit(t, "a", &good)
	jot := token(t, d.clock, jwt.SigningMethodHS256, []byte(secret), nil).JWT
	refused := func(l identity.Login) bool {
		sess := d.visit(t, "forger", &l)
		return sess.Refused != nil && !sess.EndUser.Known()
	}
	for name, k := range map[string]struct {
		text string
		none func(text string) bool
	}{
		"hmac": {good.HMAC, func(s string) bool {
			return refused(identity.Login{UserID: good.UserID, Email: good.Email, HMAC: s})
		}},
		"jwt": {jot, func(s string) bool { return refused(identity.Login{JWT: s}) }},
		"session": {in.Token, func(s string) bool {
			sess, err := d.people.Authenticate(t.Context(), s)
			return sess == nil && err != nil
		}},
		"attachment": {d.people.Sign("attachment", "a", "b"), func(s string) bool {
			return !d.people.Verify(s, "attachment", "a", "b")
		}},
	} {
		if k.none(k.text) {
			t.Errorf("%s: the token itself is none", name)
		}
		for i := range k.text {
			if !k.none(k.text[:i]) {
				t.Errorf("%s: cut at byte %d it is taken", name, i)
			}
			for _, b := range []byte{k.text[i] ^ 1, k.text[i] ^ 0x80, 'G', '.', 0} {
				if changed := k.text[:i] + string(rune(b)) + k.text[i+1:]; b != k.text[i] && !k.none(changed) {
					t.Errorf("%s: with byte %d as %q it is taken", name, i, b)
				}
			}
		}
	}
}

// A JWT is taken only if it is signed, and whatever it is, nobody panics.
func FuzzJWT(f *testing.F) {
	d := openMemory(f)
	d.secret(f, secret)
	for _, a := range attempts(f, d.clock) {
		if len(a.text) < 1000 {
			f.Add(a.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		sess := d.visit(t, "forger", &identity.Login{JWT: text})
		if sess.Refused == nil && sess.EndUser.UserID != "u1" {
			t.Errorf("%q: taken as %+v", text, sess.EndUser)
		}
	})
}

// What was signed for one use, desk, app or user is of none for another.
func TestTokensOfOthers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		_, err := d.people.AddSecret(t.Context(), host, "brand", other)
		must(t, err)
		parts := []string{"file", "end_user:1", "1234"}
		sign := d.people.Sign("attachment", parts...)
		stranger := openMemory(t)
		for name, ok := range map[string]bool{
			"other purpose": d.people.Verify(sign, "session", parts...), "other user": d.people.Verify(sign, "attachment", "file", "end_user:2", "1234"),
			"parts moved": d.people.Verify(sign, "attachment", "file", "end_user:11", "234"), "fewer parts": d.people.Verify(sign, "attachment", "file", "end_user:1"),
			"parts joined": d.people.Verify(sign, "attachment", `file" "end_user:1`, "1234"), "upper case": d.people.Verify(strings.ToUpper(sign), "attachment", parts...),
			"other desk": stranger.people.Verify(sign, "attachment", parts...), "empty": d.people.Verify("", "attachment", parts...),
			"host's secret": d.people.Verify(identity.Sign(secret, "attachment", "file"), "attachment", parts...),
		} {
			if ok {
				t.Errorf("%s: the signature is taken", name)
			}
		}
		for name, l := range map[string]identity.Login{
			"other app's hmac": signed(other, "u1", ""), "other app's jwt": token(t, d.clock, jwt.SigningMethodHS256, []byte(other), nil),
			"a session as hmac": {UserID: "u1", HMAC: d.visit(t, "x", nil).Token}, "a session as jwt": {JWT: d.visit(t, "x", nil).Token},
			"empty hmac of nobody": {UserID: "u1", HMAC: " "}, "hmac of an empty secret": signed("", "u1", ""),
		} {
			if sess := d.visit(t, "forger", &l); sess.Refused == nil {
				t.Errorf("%s: taken as %+v", name, sess.EndUser)
			}
		}
		sess := d.visit(t, "a", nil)
		d.clock.forward(13 * time.Hour)
		d.ended(t, sess.Token)
	})
}

// secretive are names of what tells a secret, whole or in part, if the time of a
// comparison does.
var secretive = regexp.MustCompile(`(?i)(secret|hmac|signature|^sign$|mac$|hash|digest|token|password)`)

// Secrets and what is made of them are compared in constant time only.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "../channel/chat"} {
		files := gotoken.NewFileSet()
		packages, err := parser.ParseDir(files, dir, nil, 0)
		must(t, err)
		n := 0
		for _, p := range packages {
			for name, f := range p.Files {
				if strings.HasSuffix(name, "_test.go") {
					continue
				}
				n++
				for _, at := range compared(f) {
					t.Errorf("%s: a secret is compared otherwise than by hmac.Equal", files.Position(at))
				}
			}
		}
		if n == 0 {
			t.Errorf("%s: no source", dir)
		}
	}
	f, err := parser.ParseFile(gotoken.NewFileSet(), "x.go", `package x
func f(a, secret, given string, h []byte) bool {
	return a == secret || bytes.Equal(h, key.hash) || strings.EqualFold(given, x.Signature) || slices.Contains(list, token) ||
		secret == "" || a == given || len(secret) == 3 || hmac.Equal(h, key.hash)
}`, 0)
	if must(t, err); len(compared(f)) != 4 {
		t.Errorf("found %d, want 4: the test itself is wrong", len(compared(f)))
	}
}

// compared are the places where something secret is compared in a time that depends
// on it. That it is empty may be known.
func compared(f *ast.File) (at []gotoken.Pos) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if (n.Op == gotoken.EQL || n.Op == gotoken.NEQ) && !constantText(n.X) && !constantText(n.Y) && (isSecret(n.X) || isSecret(n.Y)) {
				at = append(at, n.Pos())
			}
		case *ast.CallExpr:
			s, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, _ := s.X.(*ast.Ident)
			if of == nil || !strings.Contains(" bytes.Equal bytes.Compare strings.EqualFold strings.Compare slices.Contains slices.Equal slices.Index reflect.DeepEqual ", " "+of.Name+"."+s.Sel.Name+" ") {
				return true
			}
			for _, arg := range n.Args {
				if isSecret(arg) {
					at = append(at, n.Pos())
				}
			}
		}
		return true
	})
	return at
}

func constantText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "nil"
	}
	return false
}

func isSecret(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return secretive.MatchString(e.Name)
	case *ast.SelectorExpr:
		return secretive.MatchString(e.Sel.Name)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.Ident); ok && (f.Name == "len" || f.Name != "string") {
			return false
		}
		for _, a := range e.Args {
			if isSecret(a) {
				return true
			}
		}
	case *ast.SliceExpr:
		return isSecret(e.X)
	case *ast.IndexExpr:
		return isSecret(e.X)
	}
	return false
}
