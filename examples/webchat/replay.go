package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
)

// replay sends each row of a CSV file as the end user that it names, through the
// HTTP API. Without a column user each row is a new one. A row's message id is
// made of the file's hash and the row's number, so that a replay that is repeated,
// or was interrupted, adds nothing twice. sent is told how many rows have arrived.
func replay(ctx context.Context, base, secret, file string, sent func(rows int)) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	rows, err := readRows(content)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	sum := sha256.Sum256(content)
	p := &player{base: base, secret: secret, hash: hex.EncodeToString(sum[:8]), tokens: map[string]string{}}
	start, conversations := time.Now(), map[string]bool{}
	for i, row := range rows {
		id, err := p.send(ctx, i+1, row)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		conversations[id] = true
		sent(i + 1)
	}
	took := time.Since(start)
	fmt.Printf("Replayed %d rows into %d conversations in %.1f s (%.0f a second).\n", len(rows), len(conversations), took.Seconds(), float64(len(rows))/took.Seconds())
	return nil
}

type row struct{ user, text string }

func readRows(content []byte) ([]row, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, err
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	user, text := slices.Index(head, "user"), slices.Index(head, "text")
	if text < 0 {
		return nil, errors.New("the first line has to name a column text, and may name a column user")
	}
	var rows []row
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		var next row
		if text < len(record) {
			next.text = record[text]
		}
		if user >= 0 && user < len(record) {
			next.user = record[user]
		}
		if strings.TrimSpace(next.text) == "" {
			return nil, fmt.Errorf("row %d has no text", len(rows)+1)
		}
		rows = append(rows, next)
	}
}

// player is many end users' devices in one.
type player struct {
	base, secret, hash string
	tokens             map[string]string // by device
	client             http.Client
}

// device is the secret of a user's device, or of the row's where it names none.
func (p *player) device(n int, r row) string {
	name := fmt.Sprintf("%s row %d %s", p.secret, n, p.hash)
	if r.user != "" {
		name = p.secret + " user " + r.user
	}
	sum := sha256.Sum256([]byte(name))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// send delivers one row, however often it takes while the desk is away.
func (p *player) send(ctx context.Context, n int, r row) (conversation string, err error) {
	for try := 0; ; try++ {
		conversation, err = p.attempt(ctx, n, r)
		refused, ok := errors.AsType[*refusedError](err)
		switch {
		case err == nil || ctx.Err() != nil:
			return conversation, err
		case ok && refused.status == http.StatusUnauthorized:
			delete(p.tokens, p.device(n, r))
		case ok && refused.status < 500 && refused.status != http.StatusTooManyRequests:
			return "", err
		}
		if try == 30 {
			return "", err
		}
		pause := time.NewTimer(rand.N(50 * time.Millisecond << min(try, 5)))
		select {
		case <-ctx.Done():
			pause.Stop()
		case <-pause.C:
		}
	}
}

func (p *player) attempt(ctx context.Context, n int, r row) (conversation string, err error) {
	device := p.device(n, r)
	if p.tokens[device] == "" {
		if err := p.begin(ctx, device, r.user); err != nil {
			return "", err
		}
	}
	var answer struct {
		Conversation struct {
			ID string `json:"id"`
		} `json:"conversation"`
	}
	body := map[string]any{"client_id": fmt.Sprintf("%s-%d", p.hash, n), "text": r.text}
	if err := p.post(ctx, "/chat/v1/messages", p.tokens[device], body, &answer); err != nil {
		return "", err
	}
	if r.user == "" {
		delete(p.tokens, device) // its only row
	}
	return answer.Conversation.ID, nil
}

func (p *player) begin(ctx context.Context, device, user string) error {
	body := map[string]any{"device": device}
	if user != "" {
		body["user"] = identity.Login{UserID: user, HMAC: identity.Sign(p.secret, user, "")}
	}
	var answer struct {
		Token   string `json:"token"`
		Refused *struct {
			Detail string `json:"detail"`
		} `json:"login_refused"`
	}
	if err := p.post(ctx, "/chat/v1/session", "", body, &answer); err != nil {
		return err
	}
	if answer.Refused != nil {
		return &refusedError{http.StatusForbidden, answer.Refused.Detail}
	}
	p.tokens[device] = answer.Token
	return nil
}

// refusedError is an answer that isn't success.
type refusedError struct {
	status int
	detail string
}

func (e *refusedError) Error() string { return fmt.Sprintf("the desk says %d: %s", e.status, e.detail) }

func (p *player) post(ctx context.Context, path, token string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return &refusedError{resp.StatusCode, string(text)}
	}
	return json.Unmarshal(text, answer)
}
