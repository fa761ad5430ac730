package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseMails(t *testing.T) {
	dir := t.TempDir()
	mails := map[string]string{
		"a.eml": "Message-ID: <1@example.com>\r\nFrom: Ann <ann@example.com>\r\nTo: desk@example.com\r\nSubject: Re: Chair\r\nDate: Mon, 3 May 2021 10:00:00 +0200\r\n" +
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nNo.\r\n\r\nOn Sun, May 2, 2021 at 10:00 AM Shop <desk@example.com> wrote:\r\n> Is it red?\r\n" +
			"--b\r\nContent-Type: text/csv; name=a.csv\r\n\r\na,b\r\n--b--\r\n",
		"none.eml": "hello\n",
		"back.eml": "Return-Path: <>\nFrom: mailer-daemon@example.com\nX-Failed-Recipients: bo@example.com\n\nSorry.\n",
	}
	for name, text := range mails {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	status, out, errs := frontdeskAsked(t, "Subject: x\n\nhi", "mail", "parse", path("a.eml"), path("none.eml"), path("missing.eml"), path("back.eml"), "-")
	want := `{"file":"DIR/a.eml","message_id":"1@example.com","from":{"name":"Ann","address":"ann@example.com"},"to":[{"name":"","address":"desk@example.com"}],"cc":[],"reply_to":[],` +
		`"subject":"Re: Chair","date":"2021-05-03T10:00:00+02:00","text":"No.\n\nOn Sun, May 2, 2021 at 10:00 AM Shop \u003cdesk@example.com\u003e wrote:\n\u003e Is it red?","visible":"No.","html":"",` +
		`"attachments":[{"name":"a.csv","type":"text/csv","size":3,"sha256":"1eb7c54d52831bbfe8942af0b1c56b7409523a59ed6ca99c1174fef7eb32c1b5"}],"auto_reply":false,"bounce":null,"error":""}
{"file":"DIR/none.eml","message_id":"","from":{"name":"","address":""},"to":[],"cc":[],"reply_to":[],"subject":"","date":"","text":"","visible":"","html":"","attachments":[],"auto_reply":false,"bounce":null,"error":"this is no mail: it doesn't begin with a header"}
{"file":"DIR/missing.eml","message_id":"","from":{"name":"","address":""},"to":[],"cc":[],"reply_to":[],"subject":"","date":"","text":"","visible":"","html":"","attachments":[],"auto_reply":false,"bounce":null,"error":"open DIR/missing.eml: no such file or directory"}
{"file":"DIR/back.eml","message_id":"","from":{"name":"","address":"mailer-daemon@example.com"},"to":[],"cc":[],"reply_to":[],"subject":"","date":"","text":"Sorry.\n","visible":"Sorry.","html":"","attachments":[],"auto_reply":true,` +
		`"bounce":{"message_id":"","recipients":[{"address":"bo@example.com","action":"failed","status":"","diagnostic":""}]},"error":""}
{"file":"-","message_id":"","from":{"name":"","address":""},"to":[],"cc":[],"reply_to":[],"subject":"x","date":"","text":"hi","visible":"hi","html":"","attachments":[],"auto_reply":false,"bounce":null,"error":""}
`
	if got := strings.ReplaceAll(out, dir, "DIR"); got != want || status != failed {
		t.Errorf("status %d, %s\n%s", status, errs, got)
	}
	if status, _, _ := frontdeskAsked(t, "Subject: x\n\nhi", "mail", "parse", "-"); status != done {
		t.Error(status)
	}
	for _, args := range [][]string{{"mail"}, {"mail", "send"}, {"mail", "parse"}, {"mail", "parse", "-x"}} {
		if status, _, errs := frontdeskAsked(t, "", args...); status != misled {
			t.Errorf("%q: %d, %s", args, status, errs)
		}
	}
}
