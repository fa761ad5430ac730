package ticket_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	bolt "go.etcd.io/bbolt"
)

// replyDesk is a desk on disk with as many shared quick replies as there may be,
// of some 60 words each; a tenth of them has been sent.
func replyDesk(b *testing.B) (*desk, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "desk.db")
	s, err := boltstore.Open(path, nil)
	must(b, err)
	d := open(b, s, nil)
	words := []string{"parcel", "refund", "return", "delay", "account", "password", "invoice", "voucher", "courier", "payment"}
	var all []*ticket.QuickReply
	d.fillShelf(b, admin, "", ticket.MaxSharedReplies, func(i int) *ticket.QuickReply {
		w, v := words[i%10], words[i/10%10]
		body := "Hello {{user.name | there}}, thank you for writing to us about your " + w + ". "
		for n := range 6 {
			body += fmt.Sprintf("We have looked at the %s with number n%d%d and will answer within some days. ", v, i, n)
		}
		all = append(all, quick(fmt.Sprintf("%s and %s %d", w, v, i), fmt.Sprintf("/%s%d", w, i), body))
		return all[i]
	})
	tk := d.ask(b)
	for i := 0; i < len(all); i += 10 {
		_, _, err := d.tickets.SendQuickReply(b.Context(), ann, tk.ID, all[i].ID, ticket.Draft{})
		must(b, err)
	}
	d.step(b)
	return d, path
}

// typings are what an agent has typed, by how much of the index begins so.
var typings = []struct{ name, typed string }{
	{"shortcut", "/refund4321"},
	{"rare", "refund n40113"},
	{"frequent", "/refund"},
	{"letter", "p"},
	{"nothing", ""},
}

func BenchmarkSuggestQuickReplies(b *testing.B) {
	d, _ := replyDesk(b)
	for _, c := range typings {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all, err := d.tickets.SuggestQuickReplies(b.Context(), ann, c.typed, 10)
				if err != nil || len(all) == 0 {
					b.Fatal(len(all), err)
				}
			}
		})
	}
}

// BenchmarkSuggestQuickRepliesRaw is its baseline: the entries of the index that
// begin with the word, at most 200, and the bytes of the rows that they lead to.
func BenchmarkSuggestQuickRepliesRaw(b *testing.B) {
	_, path := replyDesk(b)
	db := raw(b, path)
	for _, c := range []struct{ name, typed string }{{"shortcut", "/refund4321"}, {"rare", "n40113"}, {"frequent", "/refund"}, {"letter", "p"}} {
		b.Run(c.name, func(b *testing.B) {
			prefix := []byte("quick_reply_row\x00iterms\x00/" + c.typed)
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				must(b, db.View(func(tx *bolt.Tx) error {
					bk := tx.Bucket(bucket)
					cursor := bk.Cursor()
					for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix) && n < 200; k, _ = cursor.Next() {
						if len(bytes.Clone(bk.Get([]byte("quick_reply_row\x00d"+string(k[len(k)-36:]))))) == 0 {
							return fmt.Errorf("the index isn't where it was: %q", k)
						}
						n++
					}
					return nil
				}))
				if n == 0 {
					b.Fatal("the index isn't where it was")
				}
			}
		})
	}
}
