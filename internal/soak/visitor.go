package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
)

// tally counts what all end users do together.
type tally struct {
	visitors, logins, acknowledged, retried, streams, resumed, told, live atomic.Int64
}

// visitor is an end user: his device, what he and the agent have written as far as it was
// acknowledged, and what his streams told.
type visitor struct {
	base   string
	number int
	client *http.Client
	count  *tally

	mu     sync.Mutex
	token  string
	cursor string
	said   []line
	heard  []line
	faults []string
}

func (v *visitor) fault(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = append(v.faults, fmt.Sprintf("visitor %d: ", v.number)+fmt.Sprintf(format, args...))
}

// retryAfter is how long it takes until something is tried again that a killed desk
// didn't answer.
const retryAfter = 100 * time.Millisecond

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// statusError is an answer that isn't what was asked for.
type statusError struct {
	code int
	body string
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.body) }

// post sends something until it is acknowledged. A desk that is being killed or is
// starting doesn't answer; any other refusal is a fault.
func (v *visitor) post(ctx context.Context, path string, in, out any) error {
	for first := true; ; first = false {
		if !first {
			v.count.retried.Add(1)
		}
		err := v.once(ctx, path, in, out)
		bad, answered := errors.AsType[*statusError](err)
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case answered && bad.code == http.StatusUnauthorized:
			return err
		case answered && bad.code != http.StatusServiceUnavailable:
			v.fault("%s: %v", path, err)
			return err
		}
		if err := wait(ctx, retryAfter); err != nil {
			return err
		}
	}
}

func (v *visitor) once(ctx context.Context, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	v.mu.Lock()
	r.Header.Set("Authorization", "Bearer "+v.token)
	v.mu.Unlock()
	return decoded(v.client, r, out)
}

// answered sends a request; an answer that isn't OK is a *statusError.
func answered(client *http.Client, r *http.Request) (*http.Response, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return nil, &statusError{resp.StatusCode, string(text)}
	}
	return resp, nil
}

// decoded sends a request, and reads the JSON of its answer.
func decoded(client *http.Client, r *http.Request, into any) error {
	resp, err := answered(client, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

// begin begins a session; every fourth end user is one of the host's.
func (v *visitor) begin(ctx context.Context) error {
	in := struct {
		Device string          `json:"device"`
		User   *identity.Login `json:"user,omitempty"`
	}{Device: fmt.Sprintf("the-device-of-a-visitor-of-this-soak-%06d", v.number)}
	if v.number%4 == 0 {
		id := fmt.Sprint("user-", v.number)
		in.User = &identity.Login{UserID: id, HMAC: identity.Sign(loginSecret, id, "")}
		v.count.logins.Add(1)
	}
	var out struct {
		Token string `json:"token"`
	}
	if err := v.post(ctx, "/support/chat/v1/session", in, &out); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.token = out.Token
	return nil
}

// write sends what the end user says, until the desk has it.
func (v *visitor) write(ctx context.Context, text string) error {
	var out struct {
		Message line `json:"message"`
	}
	in := map[string]string{"client_id": text, "text": text}
	err := v.post(ctx, "/support/chat/v1/messages", in, &out)
	if bad, ok := errors.AsType[*statusError](err); ok && bad.code == http.StatusUnauthorized {
		if err = v.begin(ctx); err == nil {
			err = v.post(ctx, "/support/chat/v1/messages", in, &out)
		}
	}
	if err == nil {
		v.acknowledged(out.Message, text)
	}
	return err
}

func (v *visitor) answered(ctx context.Context, conversation, text string) error {
	var out line
	err := v.post(ctx, "/reply", line{Conversation: conversation, Text: text}, &out)
	if err == nil {
		v.acknowledged(out, text)
	}
	return err
}

func (v *visitor) acknowledged(m line, text string) {
	if m.Text != text {
		v.fault("what was acknowledged of %q is %+v", text, m)
		return
	}
	v.count.acknowledged.Add(1)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, m)
}

// visit is an end user's whole stay: he listens, writes and is answered, and leaves when
// he has heard all of it.
func (v *visitor) visit(ctx context.Context, p plan) error {
	v.count.visitors.Add(1)
	v.count.live.Add(1)
	defer v.count.live.Add(-1)
	if err := v.begin(ctx); err != nil {
		return err
	}
	listening, leave := context.WithCancel(ctx)
	ready := make(chan struct{})
	var reader sync.WaitGroup
	defer reader.Wait()
	defer leave()
	reader.Go(func() { v.listen(listening, sync.OnceFunc(func() { close(ready) })) })
	select {
	case <-ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	for i := range p.lines {
		if err := v.write(ctx, fmt.Sprintf("Visitor %d says line %d", v.number, i)); err != nil {
			return err
		}
		if err := wait(ctx, rand.N(p.pause)); err != nil {
			return err
		}
		v.mu.Lock()
		conversation := v.said[0].Conversation
		v.mu.Unlock()
		if err := v.answered(ctx, conversation, fmt.Sprintf("Visitor %d is told line %d", v.number, i)); err != nil {
			return err
		}
		if err := wait(ctx, rand.N(p.pause)); err != nil {
			return err
		}
	}
	return v.hearsAll(ctx)
}

// hearsAll waits for what the stream still has to tell, and compares.
func (v *visitor) hearsAll(ctx context.Context) error {
	late, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		v.mu.Lock()
		said, heard := slices.Clone(v.said), slices.Clone(v.heard)
		v.mu.Unlock()
		if len(heard) >= len(said) || wait(late, 20*time.Millisecond) != nil {
			if ctx.Err() == nil && !slices.Equal(said, heard) {
				v.fault("his streams told %v, of %v", heard, said)
			}
			return ctx.Err()
		}
	}
}

// listen reads the stream until ctx ends. It hangs up now and then, and goes on at the
// cursor. began is called when the first stream has said where it starts.
func (v *visitor) listen(ctx context.Context, began func()) {
	for ctx.Err() == nil {
		hold, cancel := context.WithTimeout(ctx, time.Second+rand.N(15*time.Second))
		err := v.stream(hold, began)
		cancel()
		if bad, ok := errors.AsType[*statusError](err); ok {
			switch {
			case bad.code == http.StatusUnauthorized:
				err = v.begin(ctx)
			case bad.code != http.StatusServiceUnavailable:
				v.fault("stream: %v", err)
				return
			}
		}
		if err != nil && ctx.Err() == nil {
			wait(ctx, retryAfter)
		}
	}
}

// stream reads one stream to its end.
func (v *visitor) stream(ctx context.Context, began func()) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/support/chat/v1/stream", nil)
	if err != nil {
		return err
	}
	v.mu.Lock()
	r.Header.Set("Authorization", "Bearer "+v.token)
	from := v.cursor
	v.mu.Unlock()
	if from != "" {
		r.Header.Set("Last-Event-ID", from)
	}
	resp, err := answered(v.client, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	v.count.streams.Add(1)
	if from != "" {
		v.count.resumed.Add(1)
	}
	var what, id, data string
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		switch string(key) {
		case "event":
			what = string(value)
		case "id":
			id = string(value)
		case "data":
			data = string(value)
		case "":
			v.tell(what, id, data, from)
			if what == "ready" {
				began()
			}
			what, id, data = "", "", ""
		}
	}
	return lines.Err()
}

// tell takes one event: whole, as it ended with an empty line.
func (v *visitor) tell(what, id, data, from string) {
	if what == "reset" || what == "ready" && from != "" {
		v.fault("a stream from cursor %s began anew with %q", from, what)
	}
	var m line
	if what == "message" {
		v.count.told.Add(1)
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			v.fault("event %s: %v", data, err)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if id != "" {
		v.cursor = id
	}
	if what == "message" {
		v.heard = append(v.heard, m)
	}
}
