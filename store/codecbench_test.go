package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// sample is a ticket that an agent has answered.
func sample() *ticket.Ticket {
	at := time.Date(2026, 3, 2, 9, 30, 0, 123456000, time.UTC)
	return &ticket.Ticket{
		ID: "0197a1c2-5e7f-7cc1-9d5a-0d3f6f5b8a11", Number: 48213, App: ticket.DefaultApp, Platform: "webchat", Channel: "chat", Language: "en",
		LanguageSource: ticket.LanguageDetected, LanguageConfidence: 0.98, EndUser: "0197a1c2-1111-7cc1-9d5a-0d3f6f5b8a22", Title: "Where is my parcel?",
		Status: ticket.StatusAgentReplied, Priority: ticket.High, Tags: []string{"shipping", "vip"}, Assignee: event.Actor{Kind: event.Agent, ID: "ann"}, LastAgent: "ann",
		Queue: "billing", FirstQueue: "billing", Fields: []ticket.Value{{Key: "order", Text: "A-1029384"}, {Key: "spend", Number: 129.5}},
		Times:   ticket.Times{Created: at, Updated: at.Add(time.Hour), FirstAssigned: at.Add(time.Minute), FirstResponse: at.Add(time.Hour), FirstHuman: at.Add(time.Hour), LastAgent: at.Add(time.Hour), LastEndUser: at},
		Counts:  ticket.Counts{Inbound: 1, Agent: 1},
		Marks:   ticket.Marks{Last: 2, Public: 2, Visible: 2, Agent: 2, EndUser: 1, AgentRead: 2, EndUserGot: 1, EndUserUnread: 1},
		Preview: ticket.Preview{Author: event.Agent, Text: "It left our house yesterday, and will be there on Friday.", Time: at.Add(time.Hour)},
	}
}

// BenchmarkEncode writes a document as key-value stores keep it.
func BenchmarkEncode(b *testing.B) {
	v := sample()
	b.ReportAllocs()
	var size int
	for b.Loop() {
		data, err := store.Encode(v)
		if err != nil {
			b.Fatal(err)
		}
		size = len(data)
	}
	b.ReportMetric(float64(size), "bytes/document")
}

// BenchmarkEncodeRaw is its baseline: encoding/json.
func BenchmarkEncodeRaw(b *testing.B) {
	v := sample()
	b.ReportAllocs()
	var size int
	for b.Loop() {
		data, err := json.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		size = len(data)
	}
	b.ReportMetric(float64(size), "bytes/document")
}

// BenchmarkDecode reads it.
func BenchmarkDecode(b *testing.B) {
	data, err := store.Encode(sample())
	if err != nil {
		b.Fatal(err)
	}
	got := new(ticket.Ticket)
	b.ReportAllocs()
	for b.Loop() {
		got = new(ticket.Ticket)
		if err := store.Decode(data, got); err != nil {
			b.Fatal(err)
		}
	}
	if got.ID != sample().ID || got.Preview.Text != sample().Preview.Text {
		b.Errorf("read %+v", got)
	}
}

// BenchmarkDecodeRaw is its baseline: encoding/json.
func BenchmarkDecodeRaw(b *testing.B) {
	data, err := json.Marshal(sample())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := json.Unmarshal(data, new(ticket.Ticket)); err != nil {
			b.Fatal(err)
		}
	}
}
