package pgtest

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

var errNone = errors.New("no PostgreSQL to test with: initdb is neither on the PATH nor where packages put it")

// places are where packages put the programs, outside the PATH as a rule.
var places = []string{
	"/usr/lib/postgresql/*/bin",         // Debian
	"/usr/local/pgsql/bin",              // built from source
	"/usr/pgsql-*/bin",                  // PostgreSQL's own packages for Red Hat
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew
	"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
}

// find returns the folder of the server's programs: the one that the PATH leads
// to, or the newest in the first place that has any.
func find(path string, places []string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		// A link on the PATH leads to where the other programs are.
		if initdb, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb")); err == nil && complete(filepath.Dir(initdb)) {
			return filepath.Dir(initdb), nil
		}
	}
	for _, place := range places {
		dirs, _ := filepath.Glob(place) // the patterns are well formed
		dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !complete(dir) })
		if len(dirs) > 0 {
			return slices.MaxFunc(dirs, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), nil
		}
	}
	return "", errNone
}

// complete says whether a folder has all that a test needs: some packages hold
// only the client's part.
func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres", "pg_ctl", "pg_basebackup"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// version is the number in a folder's name; 0 where there is none.
func version(dir string) float64 {
	v, _ := strconv.ParseFloat(number.FindString(dir), 64)
	return v
}
