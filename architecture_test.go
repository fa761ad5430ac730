package frontdesk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/frontdesk-go/frontdesk"

// rows says in which row of the house a folder is; the longest prefix counts. A
// package imports from lower rows only.
var rows = map[string]int{
	"store":                  0,
	"store/event":            1,
	"store/job":              1,
	"store/blob":             1,
	"hours":                  1,
	"hours/holidays":         2, // a leaf with the library that knows them
	"internal":               1,
	"internal/indexfiles":    2, // it follows the log of events
	"internal/pgtest":        0,
	"internal/resident/idle": 9, // a program that holds a desk
	"internal/soak":          9, // a program that keeps a desk busy
	"channel/problem":        5, // it tells the errors of all packages below
	"bot/flow":               2, // knows no desk: what bots say, and how that runs
	"identity":               2,
	"ticket":                 3,
	"faq":                    3,
	"predict":                3,
	"queue":                  4,
	"predict/labels":         4,
	"faq/deflect":            4,
	"faq/exchange":           4, // a leaf with the parsers of files
	"faq/markdown":           4, // a leaf with the parsers of bodies
	"faq/search":             4,
	"ticket/language":        4,
	"ticket/search":          4,
	"automation":             5,
	"bot":                    5,
	"campaign":               5,
	"analytics":              6,
	"analytics/chart":        5, // draws, and knows no desk
	"analytics/excel":        7, // a leaf with the library that writes workbooks
	"analytics/web":          7, // serves reports
	"channel":                6,
	"channel/email/internal": 5, // what the transports of mails share
	"integration":            6,
	"api":                    7,
	"console":                7,
	"":                       8,
	"frontdesktest":          9,
	"cmd":                    9,
	"examples/webchat/staff": 9, // the agents' page of all examples
	"examples":               10,
}

func row(dir string) int {
	for d := dir; ; d = strings.TrimSuffix(path.Dir(d), ".") {
		if n, ok := rows[d]; ok && (d != "" || dir == "") {
			return n
		}
		if d == "" {
			return -1
		}
	}
}

// sources calls f for every Go file of the module, with its folder.
func sources(t *testing.T, f func(dir, name string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(p, ".go") {
			dir := filepath.ToSlash(filepath.Dir(p))
			f(strings.TrimPrefix(dir, "."), p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestImportsPointDownwards(t *testing.T) {
	sources(t, func(dir, name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		if row(dir) < 0 {
			t.Errorf("%s: folder %s has no row", name, dir)
		}
		for _, spec := range parse(t, name).Imports {
			to, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
			to = strings.TrimPrefix(to, "/")
			if !ours || within(dir, to) || row(dir) == 0 && row(to) == 0 {
				continue
			}
			if row(to) >= row(dir) {
				t.Errorf("%s (row %d) imports %s (row %d)", name, row(dir), to, row(to))
			}
		}
	})
}

// within says whether one folder is inside the other: a leaf may import its
// parent, and a parent its internal parts.
func within(a, b string) bool {
	return b != "" && strings.HasPrefix(a, b+"/") || a != "" && strings.HasPrefix(b, a+"/")
}

func TestFilesAreShort(t *testing.T) {
	const most = 500
	sources(t, func(_, name string) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > most {
			t.Errorf("%s has %d lines, at most %d", name, n, most)
		}
	})
}

func TestExportedNamesAreDocumented(t *testing.T) {
	sources(t, func(_, name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, d := range parse(t, name).Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "init" && d.Recv == nil {
					t.Errorf("%s has an init function", name)
				}
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil && !wellKnown[d.Name.Name] {
					t.Errorf("%s: %s has no comment", name, d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(t, name, d)
			}
		}
	})
}

// wellKnown methods mean what their interface says.
var wellKnown = map[string]bool{"Error": true, "Unwrap": true}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func undocumented(t *testing.T, name string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				t.Errorf("%s: type %s has no comment", name, s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: %s has no comment", name, n.Name)
				}
			}
		}
	}
}

// A package variable may be set where it is declared, and nowhere else.
func TestPackageVariablesAreNotChanged(t *testing.T) {
	vars := map[string]map[string]bool{} // by folder
	sources(t, func(dir, name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, d := range parse(t, name).Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, spec := range g.Specs {
					for _, n := range spec.(*ast.ValueSpec).Names {
						if vars[dir] == nil {
							vars[dir] = map[string]bool{}
						}
						vars[dir][n.Name] = true
					}
				}
			}
		}
	})
	sources(t, func(dir, name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, d := range parse(t, name).Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			own := locals(f)
			for _, id := range changed(f) {
				if vars[dir][id.Name] && !own[id.Name] && id.Name != "_" {
					t.Errorf("%s: %s changes the package variable %s", name, f.Name.Name, id.Name)
				}
			}
		}
	})
}

// changed returns the variables that a function assigns to, or into.
func changed(f *ast.FuncDecl) (ids []*ast.Ident) {
	ast.Inspect(f, func(n ast.Node) bool {
		var left []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				left = n.Lhs
			}
		case *ast.IncDecStmt:
			left = []ast.Expr{n.X}
		}
		for _, x := range left {
			if id := root(x); id != nil {
				ids = append(ids, id)
			}
		}
		return true
	})
	return ids
}

// locals returns the names that a function declares itself.
func locals(f *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, id := range n.Names {
				names[id.Name] = true
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				names[id.Name] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, x := range n.Lhs {
					if id, ok := x.(*ast.Ident); ok {
						names[id.Name] = true
					}
				}
			}
		case *ast.RangeStmt:
			for _, x := range []ast.Expr{n.Key, n.Value} {
				if id, ok := x.(*ast.Ident); ok {
					names[id.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// root is the variable that an assignment reaches into.
func root(x ast.Expr) *ast.Ident {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e
		case *ast.IndexExpr:
			x = e.X
		case *ast.SelectorExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}
