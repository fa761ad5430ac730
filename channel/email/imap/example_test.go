package imap_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"strings"

	library "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/frontdesk-go/frontdesk/channel/email/imap"
)

func Example() {
	address, stop, err := mailServer("Subject: Hello\r\n\r\nWhere is it?\r\n", "Subject: And\r\n\r\nwhen does it come?\r\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	kept := &desk{} // a desk's is *email.Service
	f, err := imap.New(address, kept, &imap.Options{User: "help", Password: "secret", After: imap.AfterSeen})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 { // Run does it as mails come
		fmt.Println(f.Fetch(context.Background()))
	}
	at, err := kept.Mailbox(context.Background(), "help/INBOX")
	fmt.Println(at.UID, f.Status().Received, err)
	// Output:
	// 2 <nil>
	// 0 <nil>
	// 2 2 <nil>
}

// mailServer is a server with some mails in its INBOX.
func mailServer(mails ...string) (address string, stop func(), err error) {
	user := imapmemserver.NewUser("help", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		return "", nil, err
	}
	for _, m := range mails {
		if _, err := user.Append("INBOX", literal{strings.NewReader(m)}, &library.AppendOptions{}); err != nil {
			return "", nil, err
		}
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	server := imapserver.New(&imapserver.Options{InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go server.Serve(l)
	return l.Addr().String(), func() { server.Close() }, nil
}
