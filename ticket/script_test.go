package ticket

import "testing"

func TestScriptAgrees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, text string
		want           bool
	}{
		{"en", "Where is my parcel?", true},
		{"en-GB", "Where is my parcel?", true},
		{"en", "Где моя посылка?", false},
		{"en", "荷物が届きません", false},
		{"de", "Где моё Paket?", false},
		{"de", "Paket? Где ist mein Paket", true},
		{"ru", "Где моя посылка?", true},
		{"ru", "Where is my parcel?", false},
		{"ru", "Google Play не открывается", true},
		{"ru", "не открывается https://play.google.com/store/apps/details?id=com.example", true},
		{"ru", "не открывается a.very.long.address@mail.example.com", true},
		{"ja", "荷物が届きません", true},
		{"ja", "返金処理", true},
		{"ja", "パスワード", true},
		{"ja-JP", "iPhoneが壊れた", true},
		{"zh", "荷物が届きません", false},
		{"zh-Hans", "我的包裹在哪里", true},
		{"zh-Hans", "我的包裹在哪里のの", false},
		{"zh-Hans", "我们一起去吃日式优の良品今天晚上七点", true},
		{"zh_TW", "我的包裹在哪裡", true},
		{"ko", "택배가 안 왔어요", true},
		{"ko", "我的包裹在哪里", true}, // hanja
		{"ko", "荷物が届きません", false},
		{"sr", "Где је мој пакет?", true},
		{"sr", "Gde je moj paket?", true},
		{"sr-Cyrl", "Gde je moj paket?", false},
		{"sr-Latn-RS", "Gde je moj paket?", true},
		{"ar", "أين طردي؟", true},
		{"fa", "بسته من کجاست؟", true},
		{"he", "أين طردي؟", false},
		{"en", "12345 :-) 😀", true},
		{"ja", "", true},
		{"tlh", "Где моя посылка?", true}, // isn't known
		{"", "Где моя посылка?", true},
		{"-", "x", true},
		{"EN", "Где моя посылка?", false},
		{"th", "ฉันยังไม่ได้รับ", true},
		{"el", "Ευχαριστώ", true},
		{"el", "Thanks", false},
	} {
		if got := scriptAgrees(c.language, c.text); got != c.want {
			t.Errorf("%q, %q: %v", c.language, c.text, got)
		}
	}
}

func FuzzScriptAgrees(f *testing.F) {
	f.Add("zh-Hant-TW", "請問怎麼修改密碼？")
	f.Add("en_US", "12345")
	f.Fuzz(func(t *testing.T, language, text string) {
		if !scriptAgrees(language, "") {
			t.Errorf("%q doesn't agree with nothing", language)
		}
		_ = scriptAgrees(language, text)
	})
}
