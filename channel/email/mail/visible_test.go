package mail_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

// quotes are what programs put below a reply, by program and language.
var quotes = map[string]string{
	"gmail en":          "On Mon, May 3, 2021 at 10:00 AM Ann Lee <ann@example.com> wrote:\n\n> Is it red?\n",
	"gmail en, no mark": "On Mon, May 3, 2021 at 10:00 AM Ann Lee <ann@example.com> wrote:\n\nIs it red?\nOr green?\n",
	"apple en":          "> On 3 May 2021, at 10:00, Ann Lee <ann@example.com> wrote:\n> \n> Is it red?\n",
	"thunderbird en":    "On 5/3/21 10:00 AM, Ann Lee wrote:\n> Is it red?\n",
	"only a name":       "Ann Lee <ann@example.com> wrote:\n> Is it red?\n",
	"broken address":    "On Mon, May 3, 2021 at 10:00 AM Ann Lee <ann@example.com\n> wrote:\n\n> Is it red?\n",
	"four lines":        "On Monday, May 3, 2021,\nat 10:00:12 AM GMT+2,\nAnn Lee of Example\n<ann@example.com> wrote:\n\nIs it red?\n",
	"yahoo en":          "    On Monday, May 3, 2021, 10:00:12 AM GMT+2, Ann Lee <ann@example.com> wrote:  \n \n Is it red?\n",
	"outlook en":        "From: Ann Lee <ann@example.com>\nSent: Monday, May 3, 2021 10:00 AM\nTo: Bo\nSubject: Colours\n\nIs it red?\n",
	"outlook bold":      "*From:* Ann Lee <ann@example.com>\n*Sent:* Monday, May 3, 2021 10:00 AM\n*To:* Bo\n*Subject:* Colours\n\nIs it red?\n",
	"outlook web":       "________________________________\nFrom: Ann Lee <ann@example.com>\nSent: Monday, May 3, 2021 10:00 AM\nTo: Bo <bo@example.com>\nSubject: Colours\n\nIs it red?\n",
	"outlook express":   "----- Original Message ----- \nFrom: \"Ann Lee\" <ann@example.com>\nTo: <bo@example.com>\nSent: Monday, May 03, 2021 10:00 AM\nSubject: Colours\n\n> Is it red?\n",
	"gmail ja":          "2021年5月3日(月) 10:00 山田花子 <ann@example.com>:\n\n> 赤いですか。\n",
	"gmail ja, no mark": "2021年5月3日(月) 10:00 山田花子 <ann@example.com>:\n\n赤いですか。\n",
	"apple ja":          "2021/05/03 10:00、山田花子 <ann@example.com>のメール:\n\n> 赤いですか。\n",
	"outlook ja":        "差出人: 山田花子 <ann@example.com>\n送信日時: 2021年5月3日 10:00\n宛先: 鈴木\n件名: 色について\n\n赤いですか。\n",
	"original ja":       "-----元のメッセージ-----\n差出人：山田\n\n赤いですか。\n",
	"gmail zh":          "Ann Lee <ann@example.com> 于2021年5月3日周一 上午10:00写道：\n\n> 是红色的吗？\n",
	"apple zh":          "在 2021年5月3日，10:00，Ann Lee <ann@example.com> 写道：\n\n是红色的吗？\n",
	"qq zh":             "------------------ 原始邮件 ------------------\n发件人: \"Ann\" <ann@example.com>;\n发送时间: 2021年5月3日(星期一) 上午10:00\n收件人: \"Bo\"<bo@example.com>;\n主题: 颜色\n\n是红色的吗？\n",
	"163 zh":            "At 2021-05-03 10:00:12, \"Ann Lee\" <ann@example.com> wrote:\n\n是红色的吗？\n",
	"outlook zh-TW":     "寄件者: Ann Lee <ann@example.com>\n寄件日期: 2021年5月3日 上午 10:00\n收件者: Bo\n主旨: 顏色\n\n是紅色的嗎？\n",
	"gmail zh-TW":       "Ann Lee <ann@example.com> 於 2021年5月3日 週一 上午10:00寫道：\n\n> 是紅色的嗎？\n",
	"gmail ko":          "2021년 5월 3일 (월) 오전 10:00, 김앤 <ann@example.com>님이 작성:\n\n> 빨간색인가요?\n",
	"outlook ko":        "보낸 사람: 김앤 <ann@example.com>\n보낸 날짜: 2021년 5월 3일 월요일 오전 10:00\n받는 사람: 박보\n제목: 색\n\n빨간색인가요?\n",
	"gmail ru":          "пн, 3 мая 2021 г. в 10:00, Анна Ли <ann@example.com>:\n\n> Красный?\n",
	"mail.ru":           "Понедельник, 3 мая 2021, 10:00 +03:00 от Анна Ли <ann@example.com>:\n\nКрасный?\n",
	"thunderbird ru":    "03.05.2021 10:00, Анна Ли пишет:\n> Красный?\n",
	"outlook ru":        "От: Анна Ли <ann@example.com>\nОтправлено: 3 мая 2021 г. 10:00\nКому: Бо\nТема: Цвет\n\nКрасный?\n",
	"gmail uk":          "пн, 3 трав. 2021 р. о 10:00 Анна Лі <ann@example.com> пише:\n\n> Червоний?\n",
	"gmail ar":          "\u202bفي الاثنين، ٣ مايو ٢٠٢١ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة \u202aAnn\u202c\u200f <\u202aann@example.com\u202c\u200f>:\u202c\n\n> هل هو أحمر؟\n",
	"outlook ar":        "من: آن لي <ann@example.com>\nتم الإرسال: الاثنين، ٣ مايو ٢٠٢١\nإلى: بو\nالموضوع: اللون\n\nهل هو أحمر؟\n",
	"gmail he":          "\u202bבתאריך יום ב׳, 3 במאי 2021 ב-10:00 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.com\u202c\u200f>:\u202c\n\n> האם זה אדום?\n",
	"gmail de":          "Am Mo., 3. Mai 2021 um 10:00 Uhr schrieb Ann Lee <ann@example.com>:\n\n> Ist es rot?\n",
	"apple de":          "> Am 03.05.2021 um 10:00 schrieb Ann Lee <ann@example.com>:\n> \n> Ist es rot?\n",
	"gmail de, no mark": "Am Mo., 3. Mai 2021 um 10:00 Uhr schrieb Ann Lee <\nann@example.com>:\n\nIst es rot?\n",
	"gmail fr":          "Le lun. 3 mai 2021 à 10:00, Ann Lee <ann@example.com> a écrit :\n\n> Est-ce rouge ?\n",
	"outlook fr":        "De : Ann Lee <ann@example.com>\nEnvoyé : lundi 3 mai 2021 10:00\nÀ : Bo\nObjet : Couleurs\n\nEst-ce rouge ?\n",
	"gmail es":          "El lun, 3 may 2021 a las 10:00, Ann Lee (<ann@example.com>) escribió:\n\n> ¿Es rojo?\n",
	"outlook es":        "De: Ann Lee <ann@example.com>\nEnviado: lunes, 3 de mayo de 2021 10:00\nPara: Bo\nAsunto: Colores\n\n¿Es rojo?\n",
	"gmail pt":          "Em seg., 3 de mai. de 2021 às 10:00, Ann Lee <ann@example.com>\nescreveu:\n\nÉ vermelho?\n",
	"gmail it":          "Il giorno lun 3 mag 2021 alle ore 10:00 Ann Lee <ann@example.com> ha\nscritto:\n\n> È rosso?\n",
	"gmail nl":          "Op ma 3 mei 2021 om 10:00 schreef Ann Lee <ann@example.com>:\n\nIs het rood?\n",
	"gmail sv":          "Den mån 3 maj 2021 kl 10:00 skrev Ann Lee <ann@example.com>:\n\n> Är den röd?\n",
	"gmail da":          "Den man. 3. maj 2021 kl. 10.00 skrev Ann Lee <ann@example.com>:\n\nEr den rød?\n",
	"gmail pl":          "pon., 3 maj 2021 o 10:00 Ann Lee <ann@example.com> napisał(a):\n\n> Czy jest czerwony?\n",
	"gmail cs":          "po 3. 5. 2021 v 10:00 odesílatel Ann Lee <ann@example.com> napsal:\n\n> Je červený?\n",
	"gmail hu":          "Ann Lee <ann@example.com> ezt írta (időpont: 2021. máj. 3., H, 10:00):\n\n> Piros?\n",
	"gmail ro":          "În lun., 3 mai 2021 la 10:00, Ann Lee <ann@example.com> a scris:\n\n> E roșu?\n",
	"gmail tr":          "Ann Lee <ann@example.com>, 3 May 2021 Pzt, 10:00 tarihinde şunu yazdı:\n\n> Kırmızı mı?\n",
	"gmail el":          "Στις Δευ 3 Μαΐ 2021 στις 10:00 π.μ., ο/η Ann Lee <ann@example.com> έγραψε:\n\n> Είναι κόκκινο;\n",
	"gmail vi":          "Vào Th 2, 3 thg 5, 2021 vào lúc 10:00 Ann Lee <ann@example.com> đã viết:\n\n> Nó màu đỏ à?\n",
	"gmail id":          "Pada tanggal Sen, 3 Mei 2021 pukul 10.00 Ann Lee <ann@example.com> menulis:\n\n> Merah?\n",
	"gmail th":          "ในวันที่ จ. 3 พ.ค. 2021 เวลา 10:00 Ann Lee <ann@example.com> เขียนว่า:\n\n> สีแดงไหม\n",
	"zoho":              "---- On Mon, 03 May 2021 10:00:12 +0200 ann@example.com wrote ----\n\nIs it red?\n",
	"proton":            "------- Original Message -------\nOn Monday, May 3rd, 2021 at 10:00 AM, Ann Lee <ann@example.com> wrote:\n\n> Is it red?\n",
	"phone":             "\nSent from my phone\n\n-------- Original message --------\nFrom: Ann Lee <ann@example.com>\nDate: 03/05/2021 10:00 (GMT+01:00)\nTo: bo@example.com\nSubject: Colours\n\nIs it red?\n",
}

func TestVisibleLeavesOutWhatProgramsQuote(t *testing.T) {
	for _, reply := range []string{"No.", "Nein, er ist blau.\n\nWas soll ich tun?", "いいえ、青いです。", "不，是蓝色的。", "لا، أزرق"} {
		for name, quote := range quotes {
			for _, between := range []string{"\n", "\n\n", "\n\n\n"} {
				got, sure := mail.Visible(reply+between+quote, nil)
				if got != reply || !sure {
					t.Errorf("%s: %q, %v; want %q", name, got, sure, reply)
				}
				crlf, _ := mail.Visible(strings.ReplaceAll(reply+between+quote, "\n", "\r\n"), nil)
				if crlf != got {
					t.Errorf("%s: %q with CRLF, %q without", name, crlf, got)
				}
			}
		}
	}
}

func TestVisible(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		sure           bool
	}{
		{"nothing", "", "", true},
		{"only spaces", " \n\t\n", "", true},
		{"only a quote", "> Is it red?\n", "> Is it red?", false},
		{"only what is quoted without a mark", "On Mon, May 3, 2021 at 10:00 AM Ann <ann@example.com> wrote:\n\nIs it red?",
			"On Mon, May 3, 2021 at 10:00 AM Ann <ann@example.com> wrote:\n\nIs it red?", false},
		{"answer below", "On 5/3/21 10:00 AM, Ann Lee wrote:\n> Is it red?\n\nNo.\n", "No.", true},
		{"above and below", "Hi Ann,\n\nOn 5/3/21 10:00 AM, Ann Lee wrote:\n> Is it red?\n\nNo.\n", "Hi Ann,\n\nNo.", true},
		{"answers between", "Hi,\n\n> Is it red?\nNo.\n> Is it big?\nYes.\n\n> Bye", "Hi,\n\n> Is it red?\nNo.\n> Is it big?\nYes.", false},
		{"answers between, at the end the quote", "> Is it red?\nNo, it isn't.\n> Is it big?\n> Bye\n", "> Is it red?\nNo, it isn't.", false},
		{"wrapped quote", "No.\n\nOn 5/3/21 10:00 AM, Ann Lee wrote:\n> we would like to know before the end of this week whether the\nparcel is red\n> or green\n", "No.", true},
		{"wrote in a sentence", "On Monday I wrote: hello.\nDid you get it?", "On Monday I wrote: hello.\nDid you get it?", true},
		{"a sentence that ends so", "In 2019 my wife wrote:\nnothing came of it.", "In 2019 my wife wrote:\nnothing came of it.", true},
		{"what somebody wrote", "On 3 May 2021 at 10:00 your agent wrote:\nPlease send it back.\nI never got a label.", "On 3 May 2021 at 10:00 your agent wrote:\nPlease send it back.\nI never got a label.", true},
		{"a line apart", "No.\n\nOn 3 May 2021 at 10:00 Ann wrote:\n\nIs it red?", "No.", true},
		{"a list of a journey", "Please book\nFrom: Tokyo\nTo: Osaka\nDate: 3 May\n\nThanks", "Please book\nFrom: Tokyo\nTo: Osaka\nDate: 3 May\n\nThanks", true},
		{"code with a rule", "The file says\n---\na: 1\n---\nand then it stops, see the log that I sent you.", "The file says\n---\na: 1\n---\nand then it stops, see the log that I sent you.", true},
		{"forwarded", "See below.\n\n---------- Forwarded message ---------\nFrom: Cy <cy@example.com>\nDate: Mon, May 3, 2021\nSubject: Order\nTo: Bo\n\n> old\n\nMy order is late.\n",
			"See below.\n\n---------- Forwarded message ---------\nFrom: Cy <cy@example.com>\nDate: Mon, May 3, 2021\nSubject: Order\nTo: Bo\n\n> old\n\nMy order is late.", false},
		{"signature", "It is broken.\n\n-- \nAnn Lee\nExample Ltd\n", "It is broken.", true},
		{"signature of two hyphens", "It is broken.\n\n--\nAnn Lee", "It is broken.", true},
		{"signature in the line", "It is broken.\n\n-- Ann", "It is broken.", true},
		{"signature first", "-- \nAnn Lee", "-- \nAnn Lee", true},
		{"signature and quote", "No.\n\nKind regards,\nAnn Lee\n\nOn 5/3/21 10:00 AM, Bo wrote:\n> Is it red?\n", "No.", true},
		{"below the quote a list's lines", "No.\n\nOn 5/3/21 10:00 AM, Bo wrote:\n> Is it red?\n\n_______________________________________________\nlist mailing list\nlist@example.com\n", "No.", true},
		{"thanks aren't a signature", "Thanks,\nAnn", "Thanks,\nAnn", true},
		{"phone en", "No.\n\nSent from my iPhone", "No.", true},
		{"phone de", "Nein.\n\nVon meinem iPhone gesendet", "Nein.", true},
		{"phone fr", "Non.\n\nEnvoyé de mon iPhone", "Non.", true},
		{"phone ja", "いいえ。\n\niPhoneから送信", "いいえ。", true},
		{"phone zh", "不是。\n\n发自我的iPhone", "不是。", true},
		{"phone ko", "아니요.\n\n나의 iPhone에서 보냄", "아니요.", true},
		{"phone ru", "Нет.\n\nОтправлено с iPhone", "Нет.", true},
		{"phone ar", "لا.\n\nأرسلت من iPhone", "لا.", true},
		{"phone es", "No.\n\nEnviado desde mi iPhone", "No.", true},
		{"about a phone", "Sent from my phone are all orders that fail, why?", "Sent from my phone are all orders that fail, why?", true},
		{"form with rules", "My order:\n--------------------\nChair, see https://example.com/1\nIt came without legs, please help.", "My order:\n--------------------\nChair, see https://example.com/1\nIt came without legs, please help.", true},
		{"forwarded and quoted", "See below.\n\nBegin forwarded message:\n\n> From: Cy\n> \n> Late.\n", "See below.\n\nBegin forwarded message:\n\n> From: Cy\n>\n> Late.", false},
		{"date and address", "No.\n\n2011/4/7 Ann <ann@example.com>\n> Is it red?\n", "No.", true},
		{"box ja", "いいえ。\n\n──────────────\n株式会社テスト\n山田花子\nTEL: 03-1234-5678\n──────────────", "いいえ。", true},
		{"box of other signs", "いいえ。\n\n++++++++++++++++++\n株式会社テスト\nann@example.com", "いいえ。", true},
		{"card", "No.\n\n---\nAnn Lee\nExample Inc.\n+49 30 1234567", "No.", true},
		{"postscript", "No.\n\nRegards,\nAnn\n\nP.S. Please send the invoice again.", "No.\n\nRegards,\nAnn\n\nP.S. Please send the invoice again.", true},
		{"about a desk", "Here is another one.\n\nSent from my desk, is much easier than my mobile phone.", "Here is another one.\n\nSent from my desk, is much easier than my mobile phone.", true},
		{"greeting de", "Nein.\n\nMit freundlichen Grüßen\nAnn Lee", "Nein.", true},
		{"greeting fr", "Non.\n\nCordialement,\nAnn Lee", "Non.", true},
		{"greeting ru", "Нет.\n\nС уважением,\nАнна", "Нет.", true},
		{"greeting with a text below", "Regards\nare what my manager sends, and I would like to know whether the parcel has left your house already, as it was promised.",
			"Regards\nare what my manager sends, and I would like to know whether the parcel has left your house already, as it was promised.", true},
		{"emoji", "👍", "👍", true},
		{"spaces at ends", "a  \r\nb\t\r\n", "a\nb", true},
		{"marks that only HTML may have", "a\n\uE011b", "a\nb", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, sure := mail.Visible(c.in, nil)
			if got != strings.ReplaceAll(c.want, "-- \n", "--\n") || sure != c.sure {
				t.Errorf("%q, %v; want %q, %v", got, sure, c.want, c.sure)
			}
		})
	}
}

func TestVisibleEndsAtDelimiter(t *testing.T) {
	o := &mail.VisibleOptions{Delimiters: []string{"##- Write above this line -##", ""}}
	for _, in := range []string{
		"No.\n\n2021-05-03 10:00 Shop <shop@example.com>:\n\n##- write above this line -##\nIs it red?",
		// What a program writes above a quote is known by the quote, also where that is the desk's mail.
		"No.\n\nOn 3 May 2021 at 10:00, Tom via Shop wrote:\n> ##- Write above this line -##\n>\n> Is it red?",
		// Who answers below a quote doesn't care for what the line says.
		"Tom via Shop <shop@example.com> wrote:\n\n> ##- Write above this line -##\n>\n> Is it red?\n>\n\nNo.",
	} {
		if got, sure := mail.Visible(in, o); got != "No." || !sure {
			t.Errorf("%q, %v of %q", got, sure, in)
		}
	}
}
