package language_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/ticket/language"
)

func detector(t testing.TB) *language.Detector {
	t.Helper()
	d, err := language.New()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// messages are what customers write, by language.
var messages = map[string][]string{
	"af":      {"Ek het nog nie my pakkie ontvang nie, kan julle asseblief help?"},
	"am":      {"እሽጌ እስካሁን አልደረሰኝም"},
	"ar":      {"لم أستلم طلبي حتى الآن، هل يمكنكم مساعدتي؟", "كيف يمكنني تغيير كلمة المرور؟"},
	"az":      {"Sifarişim hələ də gəlməyib, zəhmət olmasa kömək edin"},
	"be":      {"Я яшчэ не атрымаў сваю пасылку, дапамажыце калі ласка"},
	"bg":      {"Все още не съм получил пратката си, моля помогнете"},
	"bn":      {"আমি এখনও আমার পার্সেল পাইনি"},
	"ca":      {"Encara no he rebut el meu paquet, em podeu ajudar si us plau?"},
	"cs":      {"Ještě jsem nedostal svůj balíček, můžete mi prosím pomoct?", "Jak si změním heslo?"},
	"cy":      {"Nid wyf wedi derbyn fy mharsel eto, allwch chi helpu os gwelwch yn dda?"},
	"da":      {"Jeg har stadig ikke modtaget min pakke, kan I hjælpe mig?"},
	"de":      {"Ich habe mein Paket noch nicht bekommen, können Sie mir bitte helfen?", "Wie ändere ich mein Passwort?"},
	"el":      {"Δεν έχω λάβει ακόμα το δέμα μου", "Ευχαριστώ"},
	"en":      {"Where is my parcel? I ordered it two weeks ago.", "How do I change my password?", "the app keeps crashing when i open it"},
	"eo":      {"Mi ankoraŭ ne ricevis mian pakaĵon, ĉu vi povas helpi min?"},
	"es":      {"Todavía no he recibido mi paquete, ¿me pueden ayudar por favor?", "¿Cómo cambio mi contraseña?"},
	"et":      {"Ma ei ole oma pakki veel kätte saanud, palun aidake"},
	"eu":      {"Oraindik ez dut nire paketea jaso, lagundu mesedez"},
	"fa":      {"هنوز بسته من نرسیده است، لطفا کمک کنید"},
	"fi":      {"En ole vieläkään saanut pakettiani, voitteko auttaa?"},
	"fr":      {"Je n'ai toujours pas reçu mon colis, pouvez-vous m'aider ?", "Comment changer mon mot de passe ?"},
	"ga":      {"Ní bhfuair mé mo bheart fós, an féidir leat cabhrú liom?"},
	"gu":      {"મને હજી સુધી મારું પાર્સલ મળ્યું નથી"},
	"he":      {"עדיין לא קיבלתי את החבילה שלי"},
	"hi":      {"मुझे अभी तक मेरा पार्सल नहीं मिला है, कृपया मदद करें"},
	"hr":      {"Još uvijek nisam dobio svoj paket, možete li mi pomoći? Gdje je moja narudžba i tko je isporučuje?"},
	"hu":      {"Még mindig nem kaptam meg a csomagomat, tudnának segíteni?"},
	"hy":      {"Ես դեռ չեմ ստացել իմ ծանրոցը"},
	"id":      {"Saya belum menerima paket saya, bisa tolong dibantu?"},
	"is":      {"Ég hef ekki enn fengið pakkann minn, getið þið hjálpað mér?"},
	"it":      {"Non ho ancora ricevuto il mio pacco, potete aiutarmi per favore?", "Come cambio la password del mio account?"},
	"ja":      {"荷物がまだ届いていません。", "パスワードを忘れました", "返金してください", "iPhoneのアプリがすぐに落ちます"},
	"ka":      {"ჯერ არ მიმიღია ჩემი ამანათი"},
	"kk":      {"Мен әлі сәлемдемемді алған жоқпын, көмектесіңізші"},
	"km":      {"ខ្ញុំមិនទាន់បានទទួលកញ្ចប់របស់ខ្ញុំទេ"},
	"kn":      {"ನನ್ನ ಪಾರ್ಸೆಲ್ ಇನ್ನೂ ಬಂದಿಲ್ಲ"},
	"ko":      {"아직 택배를 받지 못했습니다", "비밀번호를 잊어버렸어요"},
	"lo":      {"ຂ້ອຍຍັງບໍ່ໄດ້ຮັບພັດສະດຸ"},
	"lt":      {"Vis dar negavau savo siuntinio, ar galite padėti?"},
	"lv":      {"Es joprojām neesmu saņēmis savu sūtījumu, lūdzu, palīdziet"},
	"mk":      {"Сè уште не сум ја добил мојата пратка, ве молам помогнете"},
	"ml":      {"എനിക്ക് ഇതുവരെ പാഴ്സൽ കിട്ടിയില്ല"},
	"mn":      {"Би илгээмжээ хараахан хүлээж аваагүй байна, тусална уу"},
	"mr":      {"मला अजून माझे पार्सल मिळालेले नाही, कृपया मदत करा"},
	"my":      {"ကျွန်တော့်ပါဆယ် မရောက်သေးပါဘူး"},
	"nb":      {"Jeg har fremdeles ikke mottatt pakken min, kan dere hjelpe meg? Jeg ringte også i går uten å få noe svar."},
	"nl":      {"Ik heb mijn pakket nog steeds niet ontvangen, kunt u mij helpen?"},
	"pa":      {"ਮੈਨੂੰ ਅਜੇ ਤੱਕ ਮੇਰਾ ਪਾਰਸਲ ਨਹੀਂ ਮਿਲਿਆ"},
	"pl":      {"Nadal nie otrzymałem mojej paczki, czy mogą Państwo pomóc?", "Jak zmienić hasło?"},
	"pt":      {"Ainda não recebi a minha encomenda, podem ajudar-me por favor?", "Não consigo entrar na minha conta"},
	"ro":      {"Încă nu am primit coletul, mă puteți ajuta vă rog?"},
	"ru":      {"Я до сих пор не получил свою посылку, помогите пожалуйста", "Как изменить пароль?"},
	"si":      {"මට තවම මගේ පාර්සලය ලැබුණේ නැහැ"},
	"sk":      {"Ešte som nedostal svoj balík, môžete mi prosím pomôcť?"},
	"sl":      {"Paketa še vedno nisem prejel, mi lahko prosim pomagate?"},
	"so":      {"Weli ma helin baakadaydii, fadlan i caawi"},
	"sq":      {"Ende nuk e kam marrë pakon time, a mund të më ndihmoni?"},
	"sr":      {"Још увек нисам добио свој пакет, можете ли да помогнете?"},
	"sv":      {"Jag har fortfarande inte fått mitt paket, kan ni hjälpa mig?"},
	"sw":      {"Bado sijapokea kifurushi changu, tafadhali nisaidie"},
	"ta":      {"எனக்கு இன்னும் பார்சல் வரவில்லை"},
	"te":      {"నాకు ఇంకా పార్సెల్ రాలేదు"},
	"th":      {"ฉันยังไม่ได้รับพัสดุ"},
	"tl":      {"Hindi ko pa natatanggap ang aking package, pakitulungan po ako"},
	"tr":      {"Paketim hâlâ gelmedi, lütfen yardımcı olur musunuz?", "Şifremi nasıl değiştirebilirim?"},
	"uk":      {"Я досі не отримав свою посилку, допоможіть будь ласка"},
	"ur":      {"مجھے ابھی تک میرا پارسل نہیں ملا، براہ کرم مدد کریں"},
	"vi":      {"Tôi vẫn chưa nhận được gói hàng của mình"},
	"yo":      {"Mi ò tíì gba ẹrù mi, ẹ jọ̀wọ́ ẹ ràn mí lọ́wọ́"},
	"zh-Hans": {"我还没有收到我的包裹", "怎么修改密码？"},
	"zh-Hant": {"我還沒有收到我的包裹", "請問怎麼修改密碼？"},
	"zu":      {"Angikalitholi iphakethe lami, ngicela ungisize"},
}

func TestMessages(t *testing.T) {
	t.Parallel()
	d := detector(t)
	if len(messages) < 50 {
		t.Fatalf("%d languages", len(messages))
	}
	for want, texts := range messages {
		for _, text := range texts {
			got, confidence := d.Detect(text)
			if got != want || confidence < 0.5 || confidence > 1 {
				t.Errorf("%q: %q with %.2f, want %s", text, got, confidence, want)
			}
		}
	}
}

// What says nothing about a language must not change the answer.
func TestNoiseIsLeftOut(t *testing.T) {
	t.Parallel()
	d := detector(t)
	for _, text := range []string{
		"Wo ist mein Paket? https://track.example.com/parcel/where/is/it?id=JD0146000012345",
		"Wo ist mein Paket? the.customer@mail.example.com",
		"Wo ist mein Paket? #4711 JD0146-AB12 2026-11-25 😡😡😡",
		"Wo ist mein Paket? www.the-best-shop-in-the-world.example",
		"Wo ist mein Paket? report_from_the_customer.pdf",
		"WO IST MEIN PAKET???!!!",
		"wo ist mein paket",
	} {
		if got, _ := d.Detect(text); got != "de" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// unknown are texts that no language may be told of.
var unknown = []string{
	"", " ", "hi", "ok", "Hello", "Danke!", "help", "???", "123456", "4711-0815", "JD014600001234567890", "#18234",
	"😡😡😡", "👍", "https://shop.example/orders/12345", "maria.gonzalez@mail.example", "www.example.com",
	"Maria Gonzalez", "John Smith", "Müller, Hans-Peter", "Jean-Pierre Dubois", "iPhone 15 Pro Max", "Samsung Galaxy S24 Ultra",
	"asdf", "asdfghjkl asdfghjkl", "qwertz uiop", "xcvbn mnbvc qwrtp", "ORD-2024-XK93-ZZ", "kjh kjh kjh kjh kjhkjh",
	"€ 12,50", "+49 170 1234567", "12:30", "-----", "a b c d e f g h",
	"\x00\xff\xfe", "東京", "注文", "OK OK",
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	d := detector(t)
	for _, text := range unknown {
		if got, confidence := d.Detect(text); got != "" || confidence != 0 {
			t.Errorf("%q: %q with %.2f", text, got, confidence)
		}
	}
}

func TestMixed(t *testing.T) {
	t.Parallel()
	d := detector(t)
	for _, text := range []string{
		"Where is my parcel? I ordered it two weeks ago. Wo ist mein Paket? Ich habe es vor zwei Wochen bestellt.",
		"¿Dónde está mi paquete? Lo pedí hace dos semanas. Où est mon colis ? Je l'ai commandé il y a deux semaines.",
		"Where is my parcel? I ordered it two weeks ago. Где моя посылка? Я заказал её две недели назад.",
		"我的包裹在哪里？我两周前订购的。 Where is my parcel? I ordered it two weeks ago, and paid for it.",
		"Това е изпитателно издание и може да е нестабилно. 이 확장 기능은 권한이 필요하지 않습니다",
		"エラー: 何度も認証に失敗したため Die folgenden Websites haben angefragt, einen Schlüssel",
	} {
		if got, _ := d.Detect(text); got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
	// A name or a few words don't make a text mixed.
	for want, text := range map[string]string{
		"de": "Mein Samsung Galaxy Watch Ultra zeigt beim Starten nur noch ein schwarzes Bild an",
		"en": "My order from Müller & Söhne in Königstraße never arrived, what should I do now?",
		"ru": "Приложение Google Play не открывается на телефоне",
		"ja": "Google Chromeでログインできません",
	} {
		if got, _ := d.Detect(text); got != want {
			t.Errorf("%q: %q, want %s", text, got, want)
		}
	}
}

// Of a long text the beginning is read, whatever follows.
func TestLongText(t *testing.T) {
	t.Parallel()
	d := detector(t)
	long := strings.Repeat(messages["de"][0]+" ", 100) + strings.Repeat(messages["fr"][0]+" ", 100)
	if got, _ := d.Detect(long); got != "de" {
		t.Errorf("%q", got)
	}
	if got, _ := d.Detect(strings.Repeat("x", 1<<20)); got != "" {
		t.Errorf("%q", got)
	}
}

// Letters in two parts are as good as those in one.
func TestDecomposed(t *testing.T) {
	t.Parallel()
	d := detector(t)
	if got, _ := d.Detect("Je n'ai pas rec\u0327u mon colis, ou\u0300 est-il passe\u0301 ?"); got != "fr" {
		t.Errorf("%q", got)
	}
}

func FuzzDetect(f *testing.F) {
	for _, texts := range messages {
		f.Add(texts[0])
	}
	for _, text := range unknown {
		f.Add(text)
	}
	d := detector(f)
	f.Fuzz(func(t *testing.T, text string) {
		got, confidence := d.Detect(text)
		if again, same := d.Detect(text); again != got || same != confidence {
			t.Errorf("%q: %q with %v, then %q with %v", text, got, confidence, again, same)
		}
		if got == "" && confidence != 0 || got != "" && !(confidence >= 0.5 && confidence <= 1) {
			t.Errorf("%q: %q with %v", text, got, confidence)
		}
		if got != "" && utf8.RuneCountInString(text) < 4 {
			t.Errorf("%q: %q", text, got)
		}
	})
}

func Example() {
	detector, err := language.New()
	if err != nil {
		panic(err)
	}
	for _, text := range []string{"Ich habe mein Paket nicht bekommen", "荷物が届きません", "ORD-20931"} {
		tag, _ := detector.Detect(text)
		fmt.Printf("%q\n", tag)
	}
	// Output:
	// "de"
	// "ja"
	// ""
}

func BenchmarkDetect(b *testing.B) {
	d := detector(b)
	for _, n := range []int{20, 100, 1000} {
		text := strings.Repeat(messages["de"][0]+" ", 20)[:n]
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Detect(text)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		detector(b)
	}
}
