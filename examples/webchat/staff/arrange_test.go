package staff_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

var host = event.Actor{Kind: event.System}

// asks is a request, and what has to come back.
type asks struct {
	method, path string
	body         any
	status       int
	says         string
}

func (d *desk) each(list ...asks) {
	d.t.Helper()
	for _, c := range list {
		if r := d.do(c.method, c.path, c.body, nil); r.status != c.status || !strings.Contains(r.body, c.says) {
			d.t.Errorf("%s %s %v: %d %s; want %d and %s", c.method, c.path, c.body, r.status, r.body, c.status, c.says)
		}
	}
}

type fields = map[string]any

// other makes one more ticket, of an end user.
func (d *desk) other(endUser, title string) *ticket.Ticket {
	d.t.Helper()
	t, err := d.Tickets.Create(d.t.Context(), ticket.New{EndUser: endUser, Title: title, Message: &ticket.Draft{Text: "about " + title}})
	d.must(err)
	return t
}

func TestSleepLinksAndFields(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		at := "api/tickets/" + d.id + "/"
		d.must(d.Tickets.SaveField(t.Context(), host, &ticket.Field{Key: "topic", Name: "Topic", Type: ticket.SingleLine, Editable: true, Required: true}))
		two := d.other(d.ann, "the second")
		d.each(
			asks{"POST", at + "snooze", fields{"until": time.Now().Add(-time.Hour)}, 422, `"field":"until"`},
			asks{"POST", at + "snooze", fields{"until": time.Now().Add(time.Hour), "reason": "the post"}, 200, `"reason":"the post"`},
			asks{"POST", at + "wake", nil, 200, `"snoozed":null`},
			asks{"POST", at + "link", fields{"link": "related", "number": two.Number}, 200, `"title":"the second"`},
			asks{"POST", at + "unlink", fields{"link": "related", "target": two.ID}, 200, `"links":[]`},
			asks{"POST", at + "link", fields{"link": "related", "number": 4711}, 404, `"not_found"`},
			asks{"POST", at + "resolve", nil, 422, `"code":"incomplete"`},
			asks{"POST", at + "set", fields{"fields": fields{"colour": "red"}}, 422, `"field":"fields.colour"`},
			asks{"POST", at + "set", fields{"fields": fields{"topic": "Tea"}, "label": "brewing", "language": "pt-BR"}, 200, `"topic":"Tea"`},
			asks{"POST", at + "resolve", nil, 200, `"status":"resolved"`},
			asks{"GET", "api/me", nil, 200, `"key":"topic"`},
			asks{"GET", at + "history", nil, 200, `"what":"snoozed until"`},
			asks{"GET", "api/number?number=4711", nil, 404, `"not_found"`},
			asks{"GET", "api/number?number=nonsense", nil, 404, `"not_found"`},
		)
	})
}

func TestMergeAndSplit(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		bob, err := d.People.Save(t.Context(), host, identity.Profile{UserID: "bob", Name: "Bob"})
		d.must(err)
		two, his := d.other(d.ann, "the second"), d.other(bob.ID, "his own")
		at := "api/tickets/" + d.id + "/"
		d.each(
			asks{"POST", at + "merge", fields{"target": d.id}, 422, `"field":"target"`},
			asks{"POST", at + "merge", fields{"number": his.Number}, 422, `"field":"target"`},
			asks{"POST", at + "merge", fields{"number": two.Number}, 200, `"other":{"id":"` + two.ID},
			asks{"GET", "api/tickets/" + d.id, nil, 200, `"merged":{"into":{"id":"` + two.ID},
			asks{"GET", "api/tickets/" + two.ID, nil, 200, `"merged_into":"` + two.ID},
			asks{"POST", at + "unmerge", nil, 200, `"merged":null`},
			asks{"POST", at + "unmerge", nil, 422, `"field":"source"`},
			asks{"POST", at + "merge", fields{"target": his.ID, "abroad": true}, 200, `"abroad":true`},
			asks{"POST", "api/tickets/" + two.ID + "/split", fields{"seqs": []int{1}, "title": "all of it"}, 422, `"field":"messages"`},
			asks{"POST", "api/tickets/" + two.ID + "/reply", fields{"client_id": "r", "text": "hello"}, 200, `"status":"agent_replied"`},
			asks{"POST", "api/tickets/" + two.ID + "/split", fields{"seqs": []int{1}, "title": "a part"}, 200, `"title":"a part"`},
		)
	})
}

func TestQuickRepliesOfTheComposer(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		thanks := &ticket.QuickReply{Title: "Thanks", Shortcut: "/thanks", Texts: []ticket.ReplyText{{Text: "Thank you, {{user.name}}!"}},
			Actions: []ticket.Action{{Do: ticket.DoPriority, Text: "low"}}}
		order := &ticket.QuickReply{Title: "Order", Shortcut: "/order", Texts: []ticket.ReplyText{{Text: "{{field.order}} is on its way."}}}
		d.must(d.Tickets.SaveField(t.Context(), host, &ticket.Field{Key: "order", Type: ticket.SingleLine}))
		for _, q := range []*ticket.QuickReply{thanks, order} {
			d.must(d.Tickets.SaveQuickReply(t.Context(), host, q))
		}
		at := "api/tickets/" + d.id + "/"
		d.each(
			asks{"GET", "api/replies?q=%2Ftha", nil, 200, `"title":"Thanks"`},
			asks{"GET", "api/replies?q=nothing-like-it", nil, 200, `"replies":[]`},
			asks{"GET", at + "replies/" + thanks.ID, nil, 200, `"text":"Thank you, Ann!"`},
			asks{"GET", at + "replies/" + thanks.ID, nil, 200, `"do":"priority"`},
			asks{"GET", at + "replies/" + order.ID, nil, 422, `"names":["field.order"]`},
			asks{"GET", at + "replies/nope", nil, 404, `"not_found"`},
			asks{"POST", at + "reply", fields{"client_id": "q", "text": "Thank you, dear Ann!", "quick_reply": thanks.ID}, 200, `"priority":"low"`},
			asks{"GET", "api/tickets/" + d.id, nil, 200, `"text":"Thank you, dear Ann!"`},
		)
	})
}

func TestBulkTellsOneByOne(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.must(d.Tickets.SaveField(t.Context(), host, &ticket.Field{Key: "topic", Type: ticket.SingleLine, Editable: true, Required: true}))
		two := d.other(d.ann, "the second")
		_, err := d.Tickets.Edit(t.Context(), host, two.ID, ticket.Edit{Fields: map[string]any{"topic": "Tea"}})
		d.must(err)
		resolve := []fields{{"do": "resolve"}}
		r := d.do("POST", "api/bulk", fields{"ids": []string{d.id, two.ID, "nope"}, "actions": resolve}, nil)
		for _, part := range []string{`{"id":"` + d.id + `","code":"incomplete"`, `"fields":["topic"]`, `"status":"resolved"`, `{"id":"nope","code":"not_found"`} {
			if r.status != http.StatusOK || !strings.Contains(r.body, part) {
				t.Errorf("bulk: %d %s, want %s", r.status, r.body, part)
			}
		}
		d.each(
			asks{"POST", "api/bulk", fields{"ids": []string{d.id}, "actions": []fields{{"do": "explode"}}}, 422, `"field":"actions.do"`},
			asks{"POST", "api/bulk", fields{"ids": []string{d.id}, "actions": []fields{{"do": "snooze", "for": time.Hour}}}, 200, `"snoozed":{"until"`},
		)
	})
}

func TestSmartViews(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.each(
			asks{"POST", "api/views", fields{"name": "Broken", "filter": `ticket.open and ticket.colour == "red"`}, 422, `"line":1,"message"`},
			asks{"POST", "api/views", fields{"name": "Broken", "filter": `ticket.open and ticket.colour == "red"`}, 422, `"column":`},
			asks{"POST", "api/views", fields{"name": "", "filter": ``}, 422, `"field":"view.name"`},
			asks{"POST", "api/views", fields{"name": "For all", "filter": ``, "shared": true}, 403, `"forbidden"`},
			asks{"POST", "api/views", fields{"name": "Hellos", "filter": `ticket.open`}, 200, `"id":"`},
			asks{"GET", "api/views", nil, 200, `"name":"Hellos"`},
			asks{"GET", "api/tickets?view=smart-nope", nil, 404, `"not_found"`},
		)
		vs, err := d.Tickets.Views(t.Context(), event.Actor{Kind: event.Agent, ID: "mira"})
		d.must(err)
		id := vs[0].ID
		deadline := time.Now().Add(5 * time.Minute)
		for r := d.do("GET", "api/counts", nil, nil); !strings.Contains(r.body, `"`+id+`":{"n":1,"at_least":false,"building":false}`); r = d.do("GET", "api/counts", nil, nil) {
			if time.Now().After(deadline) {
				t.Fatalf("the view is never counted: %s", r.body)
			}
		}
		d.each(
			asks{"GET", "api/tickets?view=smart-" + id, nil, 200, `"id":"` + d.id},
			asks{"POST", "api/views", fields{"id": id, "name": "Hellos", "filter": `not ticket.open`, "revision": 99}, 409, `"stale"`},
			asks{"POST", "api/views", fields{"id": id, "name": "Ended", "filter": `not ticket.open`, "revision": vs[0].Rev}, 200, `"id":"`},
			asks{"DELETE", "api/views/" + id + "?revision=99", nil, 409, `"stale"`},
			asks{"DELETE", "api/views/" + id + "?revision=2", nil, 204, ""},
			asks{"GET", "api/views", nil, 200, `"views":[]`},
		)
	})
}

// Who has a ticket open is told to the other agents, for as long as his stream is.
func TestColleaguesSeeWhoLooks(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.must(d.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "yuki", Name: "Yuki Arai"}))
		mira := d.cookie
		yuki := strings.Split(d.do("POST", "api/session", map[string]string{"agent": "yuki"}, nil).header.Get("Set-Cookie"), ";")[0]
		hear := func(cookie, tab string) (*bufio.Scanner, func()) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			req, err := http.NewRequestWithContext(ctx, "GET", d.url+"api/stream?tab="+tab, nil)
			d.must(err)
			req.Header.Set("Cookie", cookie)
			resp, err := http.DefaultClient.Do(req)
			d.must(err)
			return bufio.NewScanner(resp.Body), func() { cancel(); resp.Body.Close() }
		}
		until := func(lines *bufio.Scanner, prefix, part string) {
			t.Helper()
			for lines.Scan() {
				if strings.HasPrefix(lines.Text(), prefix) && strings.Contains(lines.Text(), part) {
					return
				}
			}
			t.Fatalf("the stream ended before %q with %q", prefix, part)
		}
		hers, leave := hear(mira, "one")
		defer leave()
		until(hers, "event: ready", "")
		his, hangUp := hear(yuki, "two")
		until(his, "event: ready", "")
		d.cookie = yuki
		d.each(asks{"POST", "api/viewing", fields{"tab": "two", "ticket": "nope"}, 404, "not_found"}, asks{"POST", "api/viewing", fields{"tab": "two", "ticket": d.id}, 204, ""})
		until(hers, "event: viewing", "")
		until(hers, "data: ", `"on":true`)
		d.each(asks{"POST", "api/tickets/" + d.id + "/typing", fields{"typing": true}, 204, ""})
		until(hers, "event: answering", "")
		until(hers, "data: ", `"name":"Yuki Arai"`)
		d.cookie = mira
		d.each(asks{"GET", "api/tickets/" + d.id, nil, 200, `"viewers":[{"kind":"agent","id":"yuki"`})
		hangUp()
		until(hers, "event: viewing", "")
		until(hers, "data: ", `"on":false`)
		d.each(asks{"POST", "api/viewing", fields{"tab": "nowhere", "ticket": d.id}, 204, ""}, asks{"GET", "api/tickets/" + d.id, nil, 200, `"viewers":[]`})
	})
}

func TestSearchInParts(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.other(d.ann, "Rétour of a jüg")
		deadline := time.Now().Add(5 * time.Minute)
		says := `"parts":["about ","Rétour"," of a jüg"]`
		for r := d.do("GET", "api/search?q=retour", nil, nil); !strings.Contains(r.body, says); r = d.do("GET", "api/search?q=retour", nil, nil) {
			if time.Now().After(deadline) {
				t.Fatalf("it isn't found: %d %s", r.status, r.body)
			}
		}
		d.each(
			asks{"GET", "api/search?q=zeppelin", nil, 200, `"hits":[]`},
			asks{"GET", "api/search?q=" + strings.Repeat("long+", 400), nil, 422, `"field":"search.text"`},
			asks{"GET", "api/search?q=retour&after=nonsense", nil, 400, `"cursor"`},
		)
	})
}
