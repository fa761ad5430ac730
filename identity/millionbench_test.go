package identity

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	bolt "go.etcd.io/bbolt"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// BenchmarkLookUp is what it costs to find one end user among many in a file, at
// random: by id, by the host's user id, and by email. Raw is bbolt reading the same
// bytes from the same file, a get (behind a seek in the index where there is one),
// and RawDecoded decodes them, too. FRONTDESK_END_USERS says how many there are;
// 1,000,000 take some minutes to prepare. Without it there are 10,000.
func BenchmarkLookUp(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("FRONTDESK_END_USERS"))
	n = max(n, 10_000)
	path := filepath.Join(b.TempDir(), "desk.db")
	ids := crowd(b, path, n)
	ways := []struct {
		name  string
		index string // "": by key
		value func(i int) string
		find  func(s *Service, ctx context.Context, v string) (*EndUser, error)
	}{
		{"ID", "", func(i int) string { return ids[i] }, (*Service).EndUser},
		{"UserID", "user_id", crowdUserID, (*Service).ByUserID},
		{"Email", "lone_email", crowdEmail, (*Service).ByEmail},
	}
	b.Run(fmt.Sprint("users=", n), func(b *testing.B) {
		s := crowded(b, path)
		for _, w := range ways {
			b.Run(w.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					i := crowdPick(w.name, n)
					if u, err := w.find(s, b.Context(), w.value(i)); err != nil || u.ID != ids[i] {
						b.Fatal(u, err)
					}
				}
			})
		}
		crowdMust(b, s.db.(*store.DB).Close())
		file, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
		crowdMust(b, err)
		defer file.Close()
		for _, w := range ways {
			for _, decode := range []bool{false, true} {
				b.Run(w.name+map[bool]string{false: "Raw", true: "RawDecoded"}[decode], func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						i := crowdPick(w.name, n)
						if id, err := rawLookUp(file, w.index, w.value(i), decode); err != nil || id != ids[i] {
							b.Fatal(id, err)
						}
					}
				})
			}
		}
	})
}

// rawLookUp does with bbolt alone what a look-up does.
func rawLookUp(db *bolt.DB, index, value string, decode bool) (id string, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		bk := tx.Bucket([]byte("frontdesk"))
		if id = value; index != "" {
			prefix := []byte("end_user\x00i" + index + "\x00" + value + "\x00\x01")
			k, _ := bk.Cursor().Seek(prefix)
			rest, ok := bytes.CutPrefix(k, prefix)
			if !ok {
				return store.ErrNotFound
			}
			id = string(rest)
		}
		row := bytes.Clone(bk.Get([]byte("end_user\x00d" + id)))
		if row == nil {
			return store.ErrNotFound
		}
		if !decode {
			return nil
		}
		var u EndUser
		return cbor.Unmarshal(row[crowdHeader(row):], &u)
	})
	return id, err
}

// crowdHeader is the length of what stands before a document.
func crowdHeader(row []byte) int { return bytes.Index(row, []byte("\x62id")) - 1 }

// crowdPick is a random one: of those with a user id, with an email alone, or of all.
func crowdPick(way string, n int) int {
	i := rand.IntN(n / 4)
	return map[string]int{"ID": 4*i + i%4, "UserID": 4 * i, "Email": 4*i + 1}[way]
}

func crowdUserID(i int) string { return fmt.Sprintf("customer-%08x", uint32(i)*2654435761) }
func crowdEmail(i int) string {
	return fmt.Sprintf("someone.%08x@mail%d.example.com", uint32(i)*2654435761, i%100)
}

// crowd fills a file: of four end users one has a user id and an email, one an email
// alone, and two are anonymous, of whom one has claimed something.
func crowd(b *testing.B, path string, n int) (ids []string) {
	b.Helper()
	began := time.Now()
	s := crowded(b, path)
	gen, now := event.NewIDs(time.Now, nil), time.Now()
	for len(ids) < n {
		start := len(ids)
		for range min(5000, n-start) {
			ids = append(ids, gen.New())
		}
		crowdMust(b, s.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := start; i < len(ids); i++ {
				u := crowdOne(i)
				u.ID, u.Created, u.Updated = ids[i], now, now
				if err := endUsers.Put(ctx, tx, u); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	crowdMust(b, s.db.(*store.DB).Close())
	info, err := os.Stat(path)
	crowdMust(b, err)
	b.Logf("%d end users in %s, %d MB", n, time.Since(began).Round(time.Second), info.Size()>>20)
	return ids
}

func crowdOne(i int) *EndUser {
	u := &EndUser{Language: "pt-BR"}
	switch i % 4 {
	case 0:
		u.UserID, u.Email, u.Name = crowdUserID(i), Contact{crowdEmail(i), true}, fmt.Sprintf("Customer Number %d", i)
		u.Attributes = []Attribute{{"plan", "gold"}, {"since", "2019"}}
	case 1:
		u.Email, u.Name = Contact{crowdEmail(i), true}, fmt.Sprintf("Someone Else %d", i)
	case 2:
		u.Email = Contact{Value: crowdEmail(i)}
	}
	return u
}

// crowded opens the file.
func crowded(b *testing.B, path string) *Service {
	b.Helper()
	d, err := boltstore.Open(path, &boltstore.Options{Map: 4 << 30})
	crowdMust(b, err)
	db, err := store.Open(b.Context(), d, nil, append(event.Collections(), Collections()...)...)
	crowdMust(b, err)
	s, err := Open(b.Context(), db, event.NewLog(db, nil), nil)
	crowdMust(b, err)
	return s
}

func crowdMust(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
