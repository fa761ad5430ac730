package chat

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// upload takes one file.
func (c *Chat) upload(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	if sess.EndUser.Private { // he may not be stored yet
		return &identity.PrivateError{What: "attachments"}
	}
	a, err := c.Receive(w, r, sess.Actor(), sess.App, sess.Platform)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, c.Attachments(sess.Actor(), []ticket.Attachment{*a})[0])
}

// Receive takes the file that a request brings in its form's field of the name
// file, as a stream. Pages of staff use it, too; an empty platform allows all
// types.
func (c *Chat) Receive(w http.ResponseWriter, r *http.Request, who event.Actor, app, platform string) (*ticket.Attachment, error) {
	// A little more than the largest file, for the form around it.
	r.Body = http.MaxBytesReader(w, patient{r.Body, http.NewResponseController(w)}, ticket.MaxAttachment+64<<10)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", problem.ErrMalformed, err)
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, fmt.Errorf("%w: a form with a file is needed", problem.ErrMalformed)
		}
		if part.FormName() == "file" {
			return c.Tickets.Upload(r.Context(), who, app, platform, part.FileName(), part)
		}
	}
}

// patient waits for each piece of a body, but not for ever.
type patient struct {
	io.ReadCloser
	rc *http.ResponseController
}

// Read implements io.Reader.
func (p patient) Read(b []byte) (int, error) {
	p.rc.SetReadDeadline(time.Now().Add(readTime))
	return p.ReadCloser.Read(b)
}

// download opens a file for whom its link was made. The link is the credential,
// because an <img> can't send a token; whether he may see it is asked again.
func (c *Chat) download(w http.ResponseWriter, r *http.Request) error {
	id, as, until := r.PathValue("id"), r.FormValue("as"), r.FormValue("until")
	if !c.People.Verify(r.FormValue("sign"), "attachment", id, as, until) {
		return store.ErrNotFound
	}
	if n, err := strconv.ParseInt(until, 10, 64); err != nil || c.now().Unix() >= n {
		return store.ErrNotFound
	}
	kind, who, _ := strings.Cut(as, ":")
	f, a, err := c.Tickets.Attachment(r.Context(), event.Actor{Kind: event.Kind(kind), ID: who}, id)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	disposition := "attachment"
	if a.Inline() {
		disposition = "inline"
	}
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, max-age=3600")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
