package rank_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

// engine holds articles of a language, "id|title|body" each.
func engine(o *rank.Options, language string, articles ...string) *rank.Engine {
	e := rank.New(o)
	for _, a := range articles {
		f := strings.Split(a, "|")
		e.Put(rank.Document{ID: f[0], Language: language, Title: f[1], Body: f[2]})
	}
	e.Learn()
	return e
}

func ids(hits []rank.Hit) (all []string) {
	for _, h := range hits {
		all = append(all, h.ID)
	}
	return all
}

// What people type finds the article that answers, in any language, first.
func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language string
		articles []string
		queries  map[string]string // and the article that comes first
	}{
		{"en", []string{
			"delete|How do I delete my account?|Open settings and press the red button. Everything is removed after thirty days.",
			"parcel|Where is my parcel?|Tracking shows where a parcel is once the carrier has it.",
			"password|I forgot my password|We send a link with which you choose a new one.",
			"wifi|Connecting to wi-fi|Choose the network and type its key.",
		}, map[string]string{
			"deleting accounts": "delete", "how can I remove my profile": "delete", "forgotten passwords": "password", "pasword": "password",
			"WIFI": "wifi", "where's my package": "parcel", "PARCELS": "parcel", "dont know where the parcel is": "parcel",
		}},
		{"ja", []string{
			"move|引っ越しの手続き|転居したときは14日以内に窓口で届け出てください。",
			"garbage|粗大ごみの出し方|電話で申し込み、手数料券を貼って出してください。",
			"seal|印鑑登録の方法|本人が身分証明書を持って来てください。",
			"pw|パスワードを忘れた場合|再設定用のメールを送ります。",
		}, map[string]string{
			"引っ越したらどうすればいいですか？": "move", "粗大ゴミを捨てたい": "garbage", "印鑑を登録したい": "seal", "ﾊﾟｽﾜｰﾄﾞがわからない": "pw",
			"パスワードを忘れました": "pw", "転居": "move",
		}},
		{"zh", []string{
			"pw|如何重置密码|在登录页面点击忘记密码。", "ship|查询物流信息|在订单页面可以看到包裹的位置。", "refund|申请退款|退款将在三个工作日内到账。",
		}, map[string]string{"忘记密码了": "pw", "怎么退款": "refund", "我的包裹在哪里": "ship", "密码": "pw"}},
		{"ko", []string{
			"pw|비밀번호를 잊어버렸어요|로그인 화면에서 비밀번호 찾기를 누르세요.", "ship|배송 조회 방법|주문 내역에서 배송 상태를 확인하세요.", "refund|환불은 언제 되나요|영업일 기준 3일 이내에 환불됩니다.",
		}, map[string]string{"비밀번호 변경": "pw", "배송이 안 와요": "ship", "환불 받고 싶어요": "refund"}},
		{"de", []string{
			"pw|Passwortänderung|Unter Konto lässt sich das Kennwort neu setzen.", "ship|Lieferzeiten|Pakete brauchen zwei bis drei Werktage.",
			"bill|Rechnungsadresse ändern|Schreiben Sie uns, bevor die Bestellung das Lager verlässt.", "open|Öffnungszeiten|Wir sind montags bis freitags da.",
		}, map[string]string{
			"Passwort ändern": "pw", "Wie lange dauert die Lieferung?": "ship", "Adresse auf der Rechnung": "bill", "passwort aendern": "pw",
			"Wann haben Sie geoeffnet, wie sind die Öffnungszeiten": "open", "oeffnungszeiten": "open",
		}},
		{"th", []string{
			"pw|วิธีเปลี่ยนรหัสผ่าน|ไปที่การตั้งค่าแล้วเลือกความปลอดภัย", "ship|ติดตามพัสดุ|ดูสถานะการจัดส่งในหน้าคำสั่งซื้อ", "refund|การขอคืนเงิน|เงินจะคืนภายในเจ็ดวัน",
		}, map[string]string{"ลืมรหัสผ่าน": "pw", "พัสดุอยู่ที่ไหน": "ship", "อยากได้เงินคืน": "refund"}},
		{"ar", []string{
			"pw|كيف أغيّر كلمة المرور؟|من الإعدادات اختر الأمان.", "ship|تتبع الشحنة|تظهر حالة الطلب في صفحة الطلبات.", "refund|استرداد المبلغ|يعاد المبلغ خلال سبعة أيام.",
		}, map[string]string{"تغيير كلمة مرور": "pw", "أين الشحنه": "ship", "استرداد مبلغ": "refund"}},
		{"fr", []string{
			"reg|Réglages de l'appareil|Ouvrez le menu.", "liv|Délais de livraison|Comptez deux jours.", "ete|Horaires d'été|Nous fermons à midi.",
		}, map[string]string{"reglage appareil": "reg", "delai livraison": "liv", "horaire ete": "ete", "l’appareil": "reg"}},
		{"ru", []string{"pw|Как изменить пароль|Откройте настройки.", "ship|Где моя посылка|Номер для отслеживания в письме."},
			map[string]string{"смена пароля": "pw", "посылки": "ship"}},
		{"pl", []string{"pw|Zmiana hasła|Otwórz ustawienia.", "ship|Gdzie jest moja paczka|Numer jest w wiadomości."}, map[string]string{"zapomniałem hasło": "pw", "paczki": "ship"}},
		{"tr", []string{"pw|Şifremi unuttum|Giriş sayfasını açın.", "ship|KARGO İADESİ|Yedi gün sürer."}, map[string]string{"sifre unuttum": "pw", "kargo iadesi": "ship"}},
		{"xx", []string{"a|Zwabble flonk|mip", "b|Grund trop|snee"}, map[string]string{"flonk": "a", "snee": "b"}},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			e := engine(nil, c.language, c.articles...)
			for q, want := range c.queries {
				if got := ids(e.Search(rank.Query{Text: q})); len(got) == 0 || got[0] != want {
					t.Errorf("%q finds %q, want %s first", q, got, want)
				}
			}
		})
	}
}

// A word that isn't finished finds what it may become; a finished one doesn't.
func TestTyping(t *testing.T) {
	t.Parallel()
	e := engine(nil, "en", "a|Invoices and receipts|x", "b|Inviting colleagues|x", "c|Deliveries|x")
	for q, want := range map[string][]string{"inv": {"a", "b"}, "invo": {"a"}, "i": {"a", "b"}, "inviti": {"b"}, "delive": {"c"}, "deliveries inv": {"a", "b", "c"}} {
		got := ids(e.Search(rank.Query{Text: q, Typing: true}))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("typing %q finds %q, want %q", q, got, want)
		}
	}
	if got := ids(e.Search(rank.Query{Text: "inv"})); len(got) > 0 {
		t.Errorf("inv finds %q", got)
	}
}

// A wrong letter is forgiven where a word isn't known, and only there.
func TestSpelling(t *testing.T) {
	t.Parallel()
	e := engine(nil, "en", "a|Change the form|x", "b|Change the farm|x", "c|Printing letters|x", "d|Strikethrough|x")
	for q, want := range map[string]string{"form": "a", "farm": "b", "prniting": "c", "stikethrough": "d", "pirnting letters": "c"} {
		got := ids(e.Search(rank.Query{Text: q}))
		if len(got) == 0 || got[0] != want {
			t.Errorf("%q finds %q, want %s first", q, got, want)
		}
		if q == "form" && len(got) > 1 {
			t.Errorf("a word that is known finds its like: %q", got)
		}
	}
	if got := ids(e.Search(rank.Query{Text: "xylophonics"})); len(got) > 0 {
		t.Errorf("nothing like it is there, and found is %q", got)
	}
}

// Synonyms find, and don't outrank the word itself.
func TestSynonyms(t *testing.T) {
	t.Parallel()
	o := &rank.Options{Synonyms: []rank.Synonyms{
		{Language: "en", Words: []string{"credit card", "visa"}},
		{Language: "en", From: []string{"fruit"}, Words: []string{"apple"}},
		{Language: "de", Words: []string{"apple", "pear"}},
	}}
	e := engine(o, "en", "visa|Visa|x", "card|Credit card|x", "apple|Apple|x", "fruit|Fruit|x", "pear|Pear|x")
	for q, want := range map[string][]string{
		"visa": {"visa", "card"}, "credit card": {"card", "visa"}, "fruit": {"fruit", "apple"}, "apple": {"apple"},
	} {
		if got := ids(e.Search(rank.Query{Text: q})); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
}
