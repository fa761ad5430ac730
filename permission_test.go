package frontdesk_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The matrix of permissions, written down once more: agent, supervisor, admin.
const wantMatrix = `
converse                    | always | always    | always
organise                    |        | own_teams | always
change roles                |        | own_teams | always
configure                   |        |           | always
speak for the end user      |        |           |
edit FAQs                   | toggle | toggle    | always
edit quick replies          | toggle | toggle    | always
change in bulk              | toggle | toggle    | always
see ratings                 | toggle | toggle    | always
suggest FAQs                | toggle | toggle    | always
redact                      | toggle | toggle    | always
take old unassigned tickets | toggle | toggle    | always
manage queues               |        | toggle    | always
see real-time figures       |        | toggle    | always
see analytics               |        | toggle    | always
`

// grants reads wantMatrix: by permission and role.
func grants() map[identity.Permission]map[identity.Role]identity.Grant {
	all := map[identity.Permission]map[identity.Role]identity.Grant{}
	for line := range strings.Lines(strings.TrimSpace(wantMatrix)) {
		cells := strings.Split(line, "|")
		row := map[identity.Role]identity.Grant{}
		for i, role := range []identity.Role{identity.AgentRole, identity.Supervisor, identity.Admin} {
			row[role] = identity.Grant(strings.TrimSpace(cells[i+1]))
		}
		all[identity.Permission(strings.TrimSpace(cells[0]))] = row
	}
	return all
}

func TestMatrix(t *testing.T) {
	want := grants()
	for _, p := range identity.Permissions() {
		for _, role := range []identity.Role{identity.AgentRole, identity.Supervisor, identity.Admin, "owner"} {
			if got := role.Grant(p); want[p] == nil || got != want[p][role] {
				t.Errorf("%s, %s: %q, want %q", p, role, got, want[p][role])
			}
		}
	}
	if len(want) != len(identity.Permissions()) {
		t.Errorf("%d permissions, want %d", len(identity.Permissions()), len(want))
	}
}

// who is somebody who tries all there is.
type who struct {
	name  string
	actor event.Actor
	role  identity.Role // "" of who isn't a member of staff at work
	leads bool          // the team that what the acts are about belongs to
	team  bool          // is in it
	host  bool          // may do everything
	bot   bool          // may converse
	user  bool          // the end user whose tickets they are
}

func everybody() []who {
	agent := func(id string) event.Actor { return event.Actor{Kind: event.Agent, ID: id} }
	return []who{
		{name: "agent", actor: agent("jo"), role: identity.AgentRole},
		{name: "agent of the team", actor: agent("tim"), role: identity.AgentRole, team: true},
		{name: "supervisor of the team", actor: agent("lea"), role: identity.Supervisor, leads: true},
		{name: "supervisor of another team", actor: agent("max"), role: identity.Supervisor},
		{name: "admin", actor: agent("root"), role: identity.Admin},
		{name: "former admin", actor: agent("gone")},
		{name: "nobody", actor: agent("nobody")},
		{name: "bot", actor: event.Actor{Kind: event.Bot, ID: "b"}, bot: true},
		{name: "rule", actor: event.Actor{Kind: event.Automation, ID: "r"}, bot: true},
		{name: "end user", actor: event.Actor{Kind: event.EndUser}, user: true},
		{name: "host", actor: frontdesk.Host(), host: true},
		{name: "no actor"},
		{name: "unknown kind", actor: event.Actor{Kind: "admin", ID: "root"}},
	}
}

// deed is a method with an actor, and who may call it.
type deed struct {
	may  identity.Permission
	user bool // so may the end user whose ticket or profile it is
	bots bool // bots and rules may, though the permission isn't Converse
	// do prepares what the act needs as the host, and lets who do it.
	do func(w *office, who event.Actor) error
}

// toggles are what a desk has switched on.
type toggles struct {
	name    string
	agent   []identity.Permission
	leaders []identity.Permission
	off     []identity.Permission // of the team
}

func (s *toggles) allows(p who, what identity.Permission) bool {
	has := s.leaders
	if p.role == identity.AgentRole {
		has = s.agent
	}
	return slices.Contains(has, what) && !(p.team && slices.Contains(s.off, what))
}

// may says by the matrix what Authorize has to.
func (a *deed) allowed(p who, s *toggles) bool {
	switch {
	case p.host:
		return true
	case p.user:
		return a.user
	case p.bot:
		return a.bots || a.may == identity.Converse
	case p.role == "":
		return false
	}
	switch grants()[a.may][p.role] {
	case identity.Always:
		return true
	case identity.OwnTeams:
		return p.leads
	case identity.Toggled:
		return s.allows(p, a.may)
	}
	return false
}

func allToggles(role identity.Role) (ps []identity.Permission) {
	for _, p := range identity.Permissions() {
		if role.Grant(p) == identity.Toggled {
			ps = append(ps, p)
		}
	}
	return ps
}

// Every method that takes an actor asks whether he may: nobody does what the matrix
// doesn't give him, and everybody does what it gives.
func TestEveryMethodAsks(t *testing.T) {
	t.Parallel()
	settings := []toggles{
		{name: "all off"},
		{name: "all on", agent: allToggles(identity.AgentRole), leaders: allToggles(identity.Supervisor)},
		{name: "off in the team", agent: allToggles(identity.AgentRole), leaders: allToggles(identity.Supervisor), off: allToggles(identity.AgentRole)},
	}
	for _, s := range settings[:2] { // on one store: the third is tried on each
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			newOffice(t, memstore.New(), s).tryAll(t, &s)
		})
	}
	t.Run("stores", func(t *testing.T) {
		eachstore.Run(t, func(t *testing.T, d driver.Store) { newOffice(t, d, settings[2]).tryAll(t, &settings[2]) })
	})
}

func (w *office) tryAll(t *testing.T, s *toggles) {
	for name, a := range acts() {
		for _, p := range everybody() {
			if p.user {
				p.actor.ID = w.user
			}
			err := a.do(w, p.actor)
			refused, isRefused := errors.AsType[*identity.PermissionError](err)
			if p.user && !a.user && errors.Is(err, store.ErrNotFound) {
				continue // which is as good: he doesn't learn that it is there
			}
			switch allowed := a.allowed(p, s); {
			case allowed && err != nil:
				t.Errorf("%s by %s: %v", name, p.name, err)
			case !allowed && !isRefused:
				t.Errorf("%s by %s isn't refused: %v", name, p.name, err)
			case !allowed && (refused.Actor != p.actor || refused.Permission != a.may && p.role != "" && p.role != identity.Admin):
				t.Errorf("%s by %s: refused is %+v", name, p.name, refused)
			}
		}
	}
}

// services are those whose methods take actors.
func services(d *frontdesk.Desk) map[string]any {
	return map[string]any{"ticket.Service": d.Tickets, "identity.Service": d.People, "queue.Service": d.Queues, "automation.Service": d.Rules, "faq.Service": d.FAQ, "deflect.Service": d.Deflect, "bot.Service": d.Bots, "labels.Service": d.Labels, "search.Index": d.Search,
		"analytics.Service": d.Analytics, "live.Service": d.Live, "report.Service": reportsOf(d), "email.Service": d.Email}
}

// unasked are methods and types that take an actor and decide nothing by him.
var unasked = map[string]string{
	"identity.Service.Authorize": "decides", "identity.Service.Sight": "decides", "identity.Service.AuthorizeOwn": "decides", "identity.Service.Organises": "decides",
	"identity.Service.TeamFor": "tells a default", "identity.Service.Wants": "reads ahead",
	"ticket.Service.Compose": "makes a text, for packages that act in the desk's own name",
	"ticket.Service.Values":  "gives what such texts are filled with",
	"ticket.Service.Tell":    "makes notices, likewise",
	"ticket.Presence":        "tells who is there; the host lets nobody in whom it doesn't know",
	"chat.Chat.Receive":      "hands on to Upload",
	"faq.Service.Sight":      "decides what a reader sees, whoever he is",
	"faq.Service.View":       "takes what a reader does with an article that Sight lets him see",
	"faq.Service.Vote":       "likewise",
	"faq.Service.Opinion":    "tells a reader what he has said himself",
	"faq.Service.Reading":    "tells what he has read, likewise",
	"faq.Service.Searched":   "takes what a reader searched for, and nothing of staff",
	"faq.Service.Read":       "shows what Sight lets him see",
	"faq.Service.Home":       "likewise",
	"faq.Service.List":       "likewise",
	"faq.Service.Show":       "shows what Sight lets him see",
	"chat.Chat.Attachments":  "signs links to what its caller shows",
}

// A new method with an actor has to be tried above.
func TestNoMethodIsForgotten(t *testing.T) {
	d := open(t, frontdesk.Config{})
	known := acts()
	for service, v := range services(d) {
		for m := range reflect.TypeOf(v).Methods() {
			name := service + "." + m.Name
			if takesActor(m.Type) && known[name].do == nil && unasked[name] == "" {
				t.Errorf("%s takes an actor, and nobody tries who may call it", name)
			}
			delete(known, name)
		}
	}
	for name := range known {
		t.Errorf("%s isn't there", name)
	}
	for name, pos := range actorMethods(t) {
		service := name[:strings.LastIndex(name, ".")]
		if services(d)[service] == nil && unasked[name] == "" && unasked[service] == "" {
			t.Errorf("%s: %s takes an actor, and isn't of a service that is tried", pos, name)
		}
	}
}

func takesActor(f reflect.Type) bool {
	actor := reflect.TypeFor[event.Actor]()
	for i := range f.NumIn() {
		in := f.In(i)
		if in == actor || in.Kind() == reflect.Slice && hasActor(in.Elem()) || hasActor(in) {
			return true
		}
	}
	return false
}

// hasActor says whether a struct names who does it, as ticket.New does.
func hasActor(in reflect.Type) bool {
	if in.Kind() != reflect.Struct {
		return false
	}
	f, ok := in.FieldByName("Actor")
	return ok && f.Type == reflect.TypeFor[event.Actor]()
}

// actorMethods finds the exported methods of the module with a parameter of type
// event.Actor.
func actorMethods(t *testing.T) map[string]string {
	found := map[string]string{}
	fset := token.NewFileSet()
	err := walkGo(func(file string) error {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "frontdesktest/") || strings.HasPrefix(file, "examples/") || strings.HasPrefix(file, "internal/") {
			return nil
		}
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			recv := strings.TrimPrefix(typeName(fn.Recv.List[0].Type), "*")
			if !ast.IsExported(recv) {
				continue
			}
			for _, p := range fn.Type.Params.List {
				if typeName(p.Type) == "event.Actor" {
					found[f.Name.Name+"."+recv+"."+fn.Name.Name] = fset.Position(fn.Pos()).String()
				}
			}
		}
		return nil
	})
	if err != nil || len(found) < 50 {
		t.Fatalf("found %d methods: %v", len(found), err)
	}
	return found
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return fmt.Sprintf("%T", e)
}

// walkGo visits the module's Go files.
func walkGo(visit func(file string) error) error {
	return fs.WalkDir(os.DirFS("."), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(file) != ".go" {
			return err
		}
		return visit(file)
	})
}

// office is a desk with staff of every kind.
type office struct {
	t    *testing.T
	desk *frontdesk.Desk
	user string // an end user
	n    int
}

func (w *office) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

// next is a new name.
func (w *office) next() string {
	w.n++
	return fmt.Sprintf("n%d", w.n)
}

func newOffice(t *testing.T, s driver.Store, set toggles) *office {
	w := &office{t: t, desk: open(t, frontdesk.Config{Store: s, Mail: email.Options{Sender: email.Directory(t.TempDir())}})}
	ctx, people := t.Context(), w.desk.People
	for _, a := range []*identity.Agent{
		{ID: "root", Role: identity.Admin}, {ID: "gone", Role: identity.Admin, Inactive: true}, {ID: "lea", Role: identity.Supervisor},
		{ID: "max", Role: identity.Supervisor}, {ID: "jo"}, {ID: "tim"}, {ID: "pat"},
	} {
		a.Name = a.ID
		w.must(people.SaveAgent(ctx, frontdesk.Host(), a))
	}
	w.must(people.SaveTeam(ctx, frontdesk.Host(), &identity.Team{ID: "team", Name: "Team", Supervisor: "lea", Off: set.off}))
	w.must(people.SaveTeam(ctx, frontdesk.Host(), &identity.Team{ID: "other", Name: "Other", Supervisor: "max"}))
	for _, id := range []string{"tim", "pat"} {
		a, err := people.Agent(ctx, id)
		w.must(err)
		a.Team = "team"
		w.must(people.SaveAgent(ctx, frontdesk.Host(), a))
	}
	access, err := people.Access(ctx)
	w.must(err)
	access.Agent.May, access.Supervisor.May = set.agent, set.leaders
	w.must(people.SaveAccess(ctx, frontdesk.Host(), access))
	w.must(people.SaveGroup(ctx, frontdesk.Host(), &identity.Group{ID: "crew", Name: "Crew", Team: "team"}))
	u, err := people.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve", Email: "eve@shop.example"})
	w.must(err)
	w.user = u.ID
	return w
}

// ticket is a new one with a message of the end user's.
func (w *office) ticket() *ticket.Ticket {
	w.t.Helper()
	t, err := w.desk.Tickets.Create(w.t.Context(), ticket.New{EndUser: w.user, Title: "Hello", Message: &ticket.Draft{Text: "Where is it?"}})
	w.must(err)
	return t
}

// resolved is one that an agent has resolved, and which asks for a rating.
func (w *office) resolved(asked bool) *ticket.Ticket {
	w.t.Helper()
	t, err := w.desk.Tickets.Resolve(w.t.Context(), event.Actor{Kind: event.Agent, ID: "root"}, w.ticket().ID)
	w.must(err)
	if asked {
		t, err = w.desk.Tickets.AskRating(w.t.Context(), frontdesk.Host(), t.ID)
		w.must(err)
	}
	return t
}
