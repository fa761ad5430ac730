package imap

import (
	"context"
	"net"
)

// Dial has the fetcher connect by another way than the network.
func (f *Fetcher) Dial(dial func(context.Context) (net.Conn, error)) { f.dial = dial }
