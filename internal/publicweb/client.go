// Package publicweb calls other systems where people who configure a desk, or values
// that its end users give, say which.
package publicweb

import (
	"net"
	"net/http"
	"time"

	"code.dny.dev/ssrf"
)

// maxHeader is how many bytes of headers an answer may have.
const maxHeader = 64 << 10

// Client calls public addresses only, whatever a name resolves to, also through redirects,
// and doesn't take longer than a time. redirect says which redirects are followed, as
// http.Client's CheckRedirect does; nil follows none. Proxies of the environment aren't
// used: they would resolve names themselves.
func Client(most time.Duration, redirect func(r *http.Request, via []*http.Request) error) *http.Client {
	if redirect == nil {
		redirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: ssrf.New(ssrf.WithAnyPort()).Safe}
	return &http.Client{
		Timeout:       most,
		CheckRedirect: redirect,
		Transport: &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 20, MaxIdleConnsPerHost: 2,
			IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: maxHeader},
	}
}
