package search

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is read of a large ticket: its first message, then the newest ones.
const (
	maxText    = 64 << 10 // bytes of a ticket's messages
	maxOne     = 16 << 10 // bytes of one message
	maxRead    = 2000     // messages that are looked at
	readAtOnce = 100
)

// content is what is searched of a ticket.
type content struct {
	ticket *ticket.Ticket
	user   *identity.EndUser
	said   []said // the first message, then the newest ones, newest first
}

type said struct {
	seq  int64
	text string
}

// host reads for the index.
var host = event.Actor{Kind: event.System, ID: "ticket.search"}

// read returns what is searched of a ticket, as the transaction sees it.
func (x *Index) read(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (*content, error) {
	c := &content{ticket: t}
	u, err := x.people.In(tx).EndUser(ctx, t.EndUser)
	switch {
	case errors.Is(err, store.ErrNotFound):
		u = &identity.EndUser{}
	case err != nil:
		return nil, err
	}
	c.user = u
	tickets := x.tickets.In(tx)
	first, more, err := tickets.Messages(ctx, host, t.ID, 0, 0, 1)
	if err != nil {
		return nil, err
	}
	room := c.take(first, maxText)
	for before, seen := t.Marks.Last+1, 0; more && room > 0 && seen < maxRead; {
		var page []*ticket.Message
		if page, more, err = tickets.Messages(ctx, host, t.ID, 0, before, readAtOnce); err != nil {
			return nil, err
		}
		seen += len(page)
		if len(page) > 0 {
			before = page[0].Seq
		}
		room = c.take(page, room)
	}
	return c, nil
}

// take adds messages as far as there is room for them, newest first, and returns
// what is left of it.
func (c *content) take(page []*ticket.Message, room int) int {
	for i := len(page) - 1; i >= 0 && room > 0; i-- {
		m := page[i]
		if m.Kind == ticket.System || len(c.said) > 0 && m.Seq == c.said[0].seq {
			continue
		}
		text := shorten(m.Text, min(room, maxOne))
		room -= len(text)
		if text != "" {
			c.said = append(c.said, said{m.Seq, text})
		}
	}
	return room
}

// shorten cuts a text after at most n bytes, and not within a letter.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}

// exact are the words that a ticket is found by as they are.
func (c *content) exact() (values []string) {
	for _, v := range []string{c.ticket.ID, c.ticket.EndUser, c.user.UserID, c.user.Email.Value, c.user.Phone.Value, plainNumber(c.user.Phone.Value)} {
		if v != "" {
			values = append(values, v)
		}
	}
	for _, other := range c.user.Identities {
		values = append(values, other.Value)
	}
	for _, link := range c.ticket.Links {
		values = append(values, link.Ticket)
	}
	return append(values, c.ticket.Copied...)
}

// plainNumber is a telephone number without what people put between the digits.
func plainNumber(phone string) string {
	var b []byte
	for i := range len(phone) {
		if c := phone[i]; c >= '0' && c <= '9' || c == '+' {
			b = append(b, c)
		}
	}
	return string(b)
}

// facets are the words that a filter compares.
func facets(t *ticket.Ticket) []string {
	fs := []string{"app=" + t.App, "platform=" + t.Platform, "channel=" + t.Channel, "queue=" + t.Queue, "group=" + t.Group,
		"language=" + t.Language, "priority=" + string(t.Priority), "status=" + string(t.Status), "end_user=" + t.EndUser,
		"assignee=" + t.Assignee.String(), "open=" + strconv.FormatBool(t.Status.Open())}
	label := ""
	if t.Label != nil {
		label = t.Label.Name
	}
	fs = append(fs, "label="+label)
	for _, tag := range t.Tags {
		fs = append(fs, "tag="+fold(tag))
	}
	for _, agent := range t.Followers {
		fs = append(fs, "follower="+agent)
	}
	for _, v := range t.Fields {
		if v.Type != ticket.MultiLine {
			fs = append(fs, "field."+v.Key+"="+v.String())
		}
	}
	return fs
}

// The fields of a document.
const (
	titleField   = "title"
	textField    = "text" // title, name and messages
	exactField   = "exact"
	facetField   = "is"
	numberField  = "number"
	createdField = "created"
	updatedField = "updated"
)

// analyzer hands tokens to bleve.
type analyzer struct{}

// Analyze returns the words of a text.
func (analyzer) Analyze(text []byte) analysis.TokenStream {
	ts := tokens(string(text))
	stream := make(analysis.TokenStream, len(ts))
	for i, t := range ts {
		stream[i] = &analysis.Token{Term: []byte(t.term), Start: t.start, End: t.end, Position: t.place + 1}
	}
	return stream
}

// document is what bleve indexes. It keeps no text, only words and their places.
func (c *content) document() *document.Document {
	d := document.NewDocument(c.ticket.ID)
	text := func(field string, i int, value string) {
		if value != "" {
			options := index.IndexField | index.IncludeTermVectors
			d.AddField(document.NewTextFieldCustom(field, []uint64{uint64(i)}, []byte(value), options, analyzer{}))
		}
	}
	text(titleField, 0, c.ticket.Title)
	text(textField, 0, c.ticket.Title)
	text(textField, 1, c.user.Name)
	for i, m := range c.said {
		text(textField, i+2, m.text)
	}
	words := func(field string, values []string) {
		for i, v := range values {
			d.AddField(document.NewTextFieldCustom(field, []uint64{uint64(i)}, []byte(v), index.IndexField|index.SkipFreqNorm, nil))
		}
	}
	words(exactField, c.exact())
	words(facetField, facets(c.ticket))
	created, updated := float64(c.ticket.Times.Created.Unix()), float64(c.ticket.Times.Updated.Unix())
	d.AddField(document.NewNumericFieldWithIndexingOptions(createdField, nil, created, index.IndexField))
	d.AddField(document.NewNumericFieldWithIndexingOptions(updatedField, nil, updated, index.IndexField))
	// As text, of which bleve keeps one value, where it keeps sixteen of a number.
	number := fmt.Appendf(nil, "%016x", c.ticket.Number)
	d.AddField(document.NewTextFieldCustom(numberField, nil, number, index.IndexField|index.DocValues|index.SkipFreqNorm, nil))
	return d
}
