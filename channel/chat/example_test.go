package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/frontdesk-go/frontdesk"
)

// A mobile app talks to the same API as the widget: a session for the device, then
// messages under its token.
func Example() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	server := httptest.NewServer(http.StripPrefix("/support", desk.Handler()))
	defer server.Close()

	post := func(path, token string, body, into any) {
		b, _ := json.Marshal(body)
		req, _ := http.NewRequest("POST", server.URL+"/support/chat/v1/"+path, bytes.NewReader(b))
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer resp.Body.Close()
		json.NewDecoder(resp.Body).Decode(into)
	}
	var session struct{ Token string }
	post("session", "", map[string]any{"platform": "ios", "device": strings.Repeat("a-random-secret-", 3)}, &session)
	var sent struct {
		Message struct {
			Seq  int
			Text string
		}
	}
	post("messages", session.Token, map[string]any{"client_id": "1", "text": "Where is my parcel?"}, &sent)
	fmt.Println(sent.Message.Seq, sent.Message.Text)
	// Output: 1 Where is my parcel?
}
