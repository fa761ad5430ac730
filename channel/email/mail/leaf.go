package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"
	"unicode"
)

// leaf reads a part that has no parts.
func (p *parser) leaf(h header, typ string, params map[string]string, level int) (*ending, error) {
	place, where := parseParams(h.get("content-disposition"))
	name := decodeWords(where["filename"])
	if name == "" {
		name = decodeWords(params["name"])
	}
	switch {
	case typ == "" || typ == "text" || !strings.Contains(typ, "/"):
		p.problem(typ != "", "a Content-Type that isn't one, taken as text")
		typ = "text/plain"
	case typ == "application/ms-tnef":
		p.problem(true, "a winmail.dat, whose files aren't read")
	case typ == "multipart/encrypted", typ == "application/pgp-encrypted":
		p.problem(true, "an encrypted mail, which isn't read")
	case strings.HasSuffix(typ, "pkcs7-mime"):
		p.problem(true, "a mail in an S/MIME envelope, which isn't opened")
	}
	body := typ == "text/plain" || typ == "text/html" || typ == "text/enriched"
	switch {
	case body && place != "attachment" && (name == "" || level == 0):
		t := textOf(typ, params["charset"])
		end, err := p.decoded(h, t.write)
		if err == nil {
			p.text(t)
		}
		return end, err
	case strings.HasSuffix(typ, "delivery-status"):
		t := textOf(typ, "")
		end, err := p.decoded(h, t.write)
		if err == nil {
			p.status(t.raw.Bytes())
		}
		return end, err
	}
	a := Attachment{Name: fileName(name, typ), Type: typ, Inline: place == "inline" || place == "" && h.get("content-id") != ""}
	a.ContentID = first(messageIDs(h.get("content-id")))
	return p.attachment(h, a)
}

// attachment reads a file.
func (p *parser) attachment(h header, a Attachment) (*ending, error) {
	var to io.Writer
	if p.o.Attach != nil {
		var err error
		if to, err = p.o.Attach(a); err != nil {
			return nil, err
		}
	}
	sum := sha256.New()
	head := textOf("", "") // of a mail that comes back
	end, err := p.decoded(h, func(b []byte) error {
		a.Size += int64(len(b))
		sum.Write(b)
		if strings.HasPrefix(a.Type, "message/") || a.Type == "text/rfc822-headers" {
			head.write(b[:min(len(b), max(0, 1<<16-head.raw.Len()))])
		}
		if to == nil {
			return nil
		}
		_, err := to.Write(b)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.returned == "" {
		p.returned = returnedID(head.raw.Bytes())
	}
	a.SHA256 = hex.EncodeToString(sum.Sum(nil))
	p.mail.Attachments = append(p.mail.Attachments, a)
	return end, nil
}

// decoded reads a body through its transfer encoding.
func (p *parser) decoded(h header, do func([]byte) error) (*ending, error) {
	encoding := strings.ToLower(strings.TrimSpace(h.get("content-transfer-encoding")))
	encoding, _, _ = strings.Cut(encoding, ";")
	switch encoding {
	case "base64":
		d := base64Decoder{do: do}
		end, err := p.body(d.write)
		if err == nil {
			err = d.close()
		}
		p.problem(d.broken, "base64 with something else in it")
		return end, err
	case "quoted-printable":
		d := quotedDecoder{do: do}
		end, err := p.body(d.write)
		if err == nil {
			err = d.close()
		}
		p.problem(d.broken, "quoted-printable with something else in it")
		return end, err
	case "", "7bit", "8bit", "binary":
	default:
		p.problem(true, "a Content-Transfer-Encoding that isn't known, taken as none")
	}
	return p.body(do)
}

// The names of attachments that have none.
var namesByType = map[string]string{
	"text/calendar": "invite.ics", "message/rfc822": "message.eml", "text/rfc822-headers": "headers.txt",
	"application/ms-tnef": "winmail.dat", "application/pdf": "attachment.pdf", "image/png": "image.png", "image/jpeg": "image.jpg",
	"image/gif": "image.gif", "text/html": "attachment.html", "text/plain": "attachment.txt", "text/vcard": "contact.vcf",
	"application/pkcs7-signature": "smime.p7s", "application/pkcs7-mime": "smime.p7m", "application/pgp-signature": "signature.asc",
}

const maxName = 200 // bytes of the name of a file

// fileName is a name without what would lead elsewhere, or be seen as another.
func fileName(name, typ string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSpace(path.Base("/" + name))
	if strings.Trim(name, "./ ") == "" {
		if name = namesByType[typ]; name == "" {
			name = "attachment"
		}
	}
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxName-len(ext)], "") + ext
	}
	return name
}
