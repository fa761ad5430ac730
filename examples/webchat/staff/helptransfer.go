package staff

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Articles from files and into files.

const (
	maxImport = 20 << 20 // bytes of an upload
	maxShown  = 500      // entries that are told of one by one
)

type broughtForm struct {
	At      string           `json:"at"`
	ID      string           `json:"id"`
	Article string           `json:"article"`
	Outcome exchange.Outcome `json:"outcome"`
	Field   string           `json:"field,omitempty"`
	Reason  string           `json:"reason,omitempty"`
}

type importForm struct {
	Created   int           `json:"created"`
	Updated   int           `json:"updated"`
	Unchanged int           `json:"unchanged"`
	Refused   int           `json:"refused"`
	Results   []broughtForm `json:"results"` // refused ones first
	More      bool          `json:"more"`
}

// importArticles takes the files of a form, or says what would become of them.
func (p *Page) importArticles(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxImport+maxBody)
	if err := r.ParseMultipartForm(maxImport); err != nil {
		return errors.Join(problem.ErrMalformed, err)
	}
	defer r.MultipartForm.RemoveAll()
	files, names := r.MultipartForm.File["file"], r.MultipartForm.Value["path"]
	if len(files) == 0 || len(files) != len(names) {
		return &store.FieldError{Field: "file", Reason: "is missing, or its path"}
	}
	app, err := p.desk.Tickets.App(r.Context(), ticket.DefaultApp)
	if err != nil {
		return err
	}
	out := importForm{Results: []broughtForm{}}
	o := &exchange.Options{App: app.ID, Language: app.Language, Draft: r.FormValue("draft") == "true", DryRun: r.FormValue("dry") != "false", Each: func(res exchange.Result) {
		out.Results = append(out.Results, broughtForm{res.At, res.ID, res.Article, res.Outcome, res.Field, res.Reason})
	}}
	got, err := exchange.Import(r.Context(), p.desk.FAQ, me.Actor(), entries(files, names, r.FormValue("shape")), o)
	if err != nil {
		return err
	}
	out.Created, out.Updated, out.Unchanged, out.Refused = got.Created, got.Updated, got.Unchanged, got.Refused
	slices.SortStableFunc(out.Results, func(a, b broughtForm) int {
		switch refused := exchange.Refused; {
		case a.Outcome == refused && b.Outcome != refused:
			return -1
		case b.Outcome == refused && a.Outcome != refused:
			return 1
		}
		return 0
	})
	if len(out.Results) > maxShown {
		out.Results, out.More = out.Results[:maxShown], true
	}
	return write(w, out)
}

// entries are those of all files, in the order in which they were chosen.
func entries(files []*multipart.FileHeader, names []string, shape string) exchange.Entries {
	return func(yield func(exchange.Entry) bool) {
		for i, header := range files {
			for e := range fileEntries(header, path.Clean("/" + names[i])[1:], shape) {
				if len(files) > 1 && e.At != names[i] {
					e.At = names[i] + " " + e.At
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

// fileEntries are those of one file.
func fileEntries(header *multipart.FileHeader, name, shape string) exchange.Entries {
	return func(yield func(exchange.Entry) bool) {
		f, err := header.Open()
		if err != nil {
			yield(exchange.Entry{At: name, Err: err})
			return
		}
		defer f.Close()
		var all exchange.Entries
		switch ext := strings.ToLower(path.Ext(name)); {
		case ext == ".md":
			b, err := io.ReadAll(io.LimitReader(f, maxImport))
			e := exchange.Entry{At: name, Err: err}
			if err == nil {
				e.Article, e.Err = exchange.ParseMarkdown(name, b)
			}
			yield(e)
			return
		case ext == ".csv":
			all = exchange.CSV(f)
		case ext == ".json" && shape == "zendesk":
			all = exchange.Zendesk(f)
		case ext == ".json" && shape == "helpshift":
			all = exchange.Helpshift(f)
		case ext == ".json":
			all = exchange.JSON(f)
		default:
			yield(exchange.Entry{At: name, Err: &store.FieldError{Field: "file", Reason: "is .md, .csv or .json"}})
			return
		}
		for e := range all {
			if !yield(e) {
				return
			}
		}
	}
}

// exportArticles writes all articles as one file.
func (p *Page) exportArticles(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	all := exchange.Export(r.Context(), p.desk.FAQ, me.Actor(), ticket.DefaultApp)
	var b bytes.Buffer
	var name, kind string
	var err error
	switch r.FormValue("format") {
	case "json":
		name, kind, err = "articles.json", "application/json", exchange.WriteJSON(&b, all)
	case "csv":
		name, kind, err = "articles.csv", "text/csv; charset=utf-8", exchange.WriteCSV(&b, all)
	case "md":
		name, kind, err = "articles.zip", "application/zip", zipped(&b, all)
	default:
		err = &store.FieldError{Field: "format", Reason: "is md, csv or json"}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b.Bytes())
	return err
}

// zipped is a folder of Markdown files in one.
func zipped(w io.Writer, all iter.Seq2[*exchange.Article, error]) error {
	dir, err := os.MkdirTemp("", "articles")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := exchange.WriteMarkdown(root, all); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	return errors.Join(z.AddFS(root.FS()), z.Close())
}
