package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// start takes the present as what the client knows: it loads history itself.
func (t *turn) start(ctx context.Context) error {
	ts, err := t.tickets(ctx)
	var now cursor
	for _, tk := range ts {
		p := t.at.place(tk.ID)
		p.mark = mark{tk.Marks.Visible, int64(tk.Rev)}
		now.put(p)
		err = errors.Join(err, t.delivered(ctx, tk)) // it comes with the history
	}
	t.at = now
	return err
}

// tickets are those that the stream follows, all of the session's app.
func (t *turn) tickets(ctx context.Context) ([]*ticket.Ticket, error) {
	ts, _, err := t.c.Tickets.OfEndUser(ctx, t.actor(), t.endUser, "", followed)
	return slices.DeleteFunc(ts, func(tk *ticket.Ticket) bool { return tk.App != t.app }), err
}

// news sends what the client doesn't have of every conversation that it follows.
func (t *turn) news(ctx context.Context) error {
	ts, err := t.tickets(ctx)
	if err != nil {
		return err
	}
	if err := t.alive(ctx); err != nil {
		return err
	}
	t.viewer = t.c.viewer(t.actor())
	var now cursor
	for _, tk := range ts {
		p := t.at.place(tk.ID)
		restored := p.seq > tk.Marks.Visible || p.rev > int64(tk.Rev) // the cursor is from before the desk was
		moved := p.rev > 0 && p.rev <= int64(tk.Moved)                // he would have those messages twice
		if restored || moved {
			return t.reset(ctx)
		}
		p.waits = tk.Backlogged() && t.c.estimator != nil
		now.put(p)
	}
	t.at = now
	for _, tk := range ts {
		if p := t.at.place(tk.ID); p.seq < tk.Marks.Visible || p.rev < int64(tk.Rev) {
			if err := t.conversation(ctx, tk); err != nil {
				return err
			}
		}
	}
	return nil
}

// reset has the client load everything anew.
func (t *turn) reset(ctx context.Context) error {
	if err := t.start(ctx); err != nil {
		return err
	}
	return t.send("reset", struct{}{}, true)
}

// conversation sends new messages, then the state of the conversation.
func (t *turn) conversation(ctx context.Context, tk *ticket.Ticket) error {
	p := t.at.place(tk.ID)
	if tk.Marks.Visible-p.seq > catchUp {
		return t.reset(ctx)
	}
	for p.seq < tk.Marks.Visible {
		ms, _, err := t.c.Tickets.Messages(ctx, t.actor(), tk.ID, p.seq, 0, page)
		if err != nil {
			return err
		}
		if err := t.alive(ctx); err != nil {
			return err
		}
		for _, msg := range ms {
			f, err := t.viewer.message(ctx, tk, msg)
			if err != nil {
				return err
			}
			p.seq = msg.Seq
			t.at.put(p)
			if err := t.send("message", f, true); err != nil {
				return err
			}
		}
		if len(ms) == 0 {
			p.seq = tk.Marks.Visible // it was erased
		}
	}
	p.rev = int64(tk.Rev)
	t.at.put(p)
	if err := t.tellState(ctx, tk); err != nil {
		return err
	}
	return t.delivered(ctx, tk)
}

// seed is of the hashes of what was told, which last as long as the process.
var seed = maphash.MakeSeed()

// tellState sends the state of the conversation, if the client doesn't know it.
func (t *turn) tellState(ctx context.Context, tk *ticket.Ticket) error {
	f, err := t.viewer.conversation(ctx, tk)
	if err != nil {
		return err
	}
	// What only staff sees changes the ticket, too: that isn't the end user's to know.
	updated := f.Updated
	f.Updated = time.Time{}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("state of a conversation: %w", err)
	}
	p := t.at.place(tk.ID)
	if told := maphash.Bytes(seed, b) | 1; p.told != told { // 0 is nothing
		p.told, f.Updated = told, updated
		t.at.put(p)
		return t.send("conversation", f, true)
	}
	return nil
}

// delivered notes that the messages have reached the device.
func (t *turn) delivered(ctx context.Context, tk *ticket.Ticket) error {
	if tk.Marks.Public <= tk.Marks.EndUserGot {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	_, err := t.c.Tickets.MarkDelivered(ctx, t.endUser, tk.ID, tk.Marks.Public)
	return err
}

type presenceForm struct {
	Online bool `json:"online"` // somebody of the staff is there
}

type typingForm struct {
	Conversation string `json:"conversation"`
	Name         string `json:"name"`
	Typing       bool   `json:"typing"`
}

// presence tells whether anybody of the staff is there, if that has changed.
func (t *turn) presence(context.Context) error {
	now := t.c.Presence.Staffed()
	if now == t.staffed {
		return nil
	}
	t.staffed = now
	return t.send("presence", presenceForm{now}, false)
}

// types tells that somebody types, or has stopped.
func (t *turn) types(ctx context.Context, l ticket.Live) error {
	tk, err := t.c.Tickets.Get(ctx, t.actor(), l.Ticket)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.alive(ctx); err != nil {
		return err
	}
	who, err := t.c.viewer(t.actor()).author(ctx, tk.App, l.Actor)
	if err != nil {
		return err
	}
	return t.send("typing", typingForm{tk.ID, who.Name, l.Typing}, false)
}
