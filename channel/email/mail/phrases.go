package mail

import "strings"

// The words by which mail programs tell what they quote, in the languages that they
// speak. All are in lower case, as plain leaves them.

// wroteIn is behind the name in the first of the two lines that s-nail has above a quote.
const wroteIn = "wrote in"

// verbs end the line above a quote: "On Monday, Ann wrote:".
var verbs = words(`
wrote|wrote in|writes|schrieb|geschrieben|a écrit|écrit|a ecrit|ha scritto|scritto|scrisse|escribió|escribio|ha escrit|va escriure
escreveu|schreef|geschreven|skrev|skreiv|skrifaði|kirjoitti|napisał|napisał(a)|napisała|pisze|napsal|napsal(a)|napsala
napísal|napísal(a)|napísala|írta|ezt írta|a scris|написал|написал(а)|написал(-а)|написала|пишет|пише|написав|написав(-ла)
написала|написа|έγραψε|yazdı|şunu yazdı|写道|写道|寫道|님이 작성|작성|썼습니다|wrote the following
さんは書きました|書きました|のメッセージ|を書きました|さんのメール|كتب|كتبت|כתב|כתב/ה|כתבה|نوشت|đã viết|viết|menulis
เขียน|เขียนว่า|ने लिखा|rašė|parašė|kirjutas|rakstīja|je napisao/la|je napisao|je napisala|napisao je|napisao|napisal|napisala
egin du|skribis|shkroi|escribiu|написаў|написала`)

// starters begin it.
var starters = words(`
on|am|le|il|el|em|op|den|på|dne|dňa|dana|dnia|w dniu|in data|el día|a|în|pe|la|в|на|от|од|у|на дату|στις|vào|pada|pada tanggal
vào lúc|在|於|于|في|בתאריך|ב-|در تاریخ|tarihinde|às|em data|kl|klo|il giorno|dia|no dia|d.|ngày|เมื่อ|ว`)

// original is what stands between rules above a message that is quoted whole.
var original = words(`
original message|original-nachricht|ursprüngliche nachricht|originalnachricht|original mail|original email|original e-mail
message d'origine|message d’origine|message original|message initial|courriel original|mensaje original|mensagem original
messaggio originale|messaggio originario|oorspronkelijk bericht|origineel bericht|oprindelig besked|oprindelig meddelelse|original meddelelse
opprinnelig melding|original melding|ursprungligt meddelande|originalmeddelande|ursprungsmeddelande
alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original
исходное сообщение|пересылаемое исходное сообщение|оригинальное сообщение|вихідне повідомлення|оригінальне повідомлення|оригинално съобщение
αρχικό μήνυμα|orijinal mesaj|orjinal mesaj|özgün ileti|元のメッセージ|元のメール|original message(元のメッセージ)|原始邮件|原始郵件|原始信件|原邮件|原件
원본 메시지|원본 메세지|원본 메일|الرسالة الأصلية|رسالة أصلية|הודעה מקורית|thư gốc|tin nhắn gốc|pesan asli|ข้อความต้นฉบับ|पूर्व संदेश
reply message|replied message|回复的原邮件|izvorna poruka|izvirno sporočilo|algne kiri|sākotnējais ziņojums|pradinis pranešimas`)

// forwarded says that what follows is sent on: it is meant to be read.
var forwarded = words(`
forwarded message|begin forwarded message|forwarded email|weitergeleitete nachricht|anfang der weitergeleiteten nachricht
message transféré|début du message transféré|début du message réexpédié|message réexpédié|mensaje reenviado|inicio del mensaje reenviado
mensagem encaminhada|início da mensagem reenviada|início da mensagem encaminhada|messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato
doorgestuurd bericht|begin doorgestuurd bericht|videresendt besked|videresendt meddelelse|start på videresendt besked|videresendt melding
vidarebefordrat meddelande|vidarebefordrat brev|välitetty viesti|edelleenlähetetty viesti|wiadomość przekazana|przekazana wiadomość|przekazywana wiadomość
přeposlaná zpráva|preposlaná správa|továbbított üzenet|mesaj redirecționat|пересылаемое сообщение|переадресованное сообщение|начало переадресованного сообщения
переслане повідомлення|препратено съобщение|προωθημένο μήνυμα|iletilen mesaj|iletilmiş ileti|転送メッセージ|転送されたメッセージ|転送されたメール|転送
转发的邮件|转发邮件|转发邮件信息|轉寄郵件|轉寄的郵件|轉寄訊息|전달된 메시지|전달된 메일|الرسالة المُعاد توجيهها|رسالة معاد توجيهها|رسالة محولة
הודעה שהועברה|thư chuyển tiếp|tin nhắn được chuyển tiếp|pesan terusan|pesan yang diteruskan|ข้อความที่ส่งต่อ`)

// The labels of the fields of a quoted header.
var (
	fromLabels = words(`
from|von|de|da|van|fra|från|lähettäjä|od|nadawca|odesílatel|odosielateľ|от|от кого|отправитель|від|від кого|feladó|de la|expéditeur|remitente
mittente|afzender|avsändare|absender|από|αποστολέας|kimden|gönderen|差出人|送信者|送信元|发件人|发信人|寄件者|寄件人|보낸 사람|보낸사람|보낸이|من|المرسل|מאת
từ|người gửi|dari|จาก|frá|nuo|no|kellelt|saatja|pošiljatelj|message de|פ|از|प्रेषक`)
	dateLabels = words(`
date|sent|date sent|gesendet|gesendet am|datum|envoyé|envoyé le|message du|enviado|enviado el|enviado em|enviada em|enviada|fecha|data|inviato|inviato il
verzonden|verzonden op|sendt|skickat|skickat den|dato|lähetetty|päivämäärä|päiväys|wysłano|wysłane|data wysłania|odesláno|odeslané|odoslané|odoslaná|dátum
отправлено|дата|дата отправки|время|надіслано|дата надсилання|изпратено|gönderildi|tarih|gönderme tarihi|gönderilme tarihi|日付|日時|送信日時|送信日|送信時刻
发送时间|发送日期|发件日期|日期|时间|時間|寄件日期|傳送日期|發送時間|寄送日期|傳送時間|보낸 날짜|보낸날짜|날짜|보낸 시간|전송|تاريخ|تاريخ الإرسال|تم الإرسال|أرسلت|التاريخ|الإرسال
נשלח|תאריך|στάλθηκε|ημερομηνία|elküldve|küldve|trimis|dată|gửi|đã gửi|ngày|tanggal|dikirim|terkirim|วันที่|ส่ง|dags|poslano|saadetud|nosūtīts|išsiųsta`)
	toLabels = words(`
to|an|à|a|aan|til|till|vastaanottaja|do|komu|adresat|кому|до|kime|alıcı|宛先|收件人|收信人|收件者|받는 사람|받는사람|받는이|إلى|المستلم|אל|προς|címzett|către
para|per|kepada|đến|tới|ถึง|za|kam|kellele|prima|destinataire|destinatario|empfänger|ontvanger|cc|kopie|copie à|copia|抄送|副本|참조|копия|კ|kopia`)
	subjectLabels = words(`
subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|temat|předmět|predmet|тема|konu|件名|题名|主题|主題|主旨|标题|제목|الموضوع|موضوع|נושא
θέμα|tárgy|subiect|chủ đề|tiêu đề|subjek|perihal|เรื่อง|efni|teema|tema|относно|zadeva|titel|titre`)
)

// sentFrom begins the line that a phone or program puts below a message.
var sentFrom = strings.Split(join(`
sent from my |sent from mail for|sent from outlook|sent from yahoo|sent from aol|sent from proton|sent from samsung|sent from type|sent from gmail|sent from the all|sent from a mobile|sent from blackberry
sent via |sent with proton|sent using |sent with airmail|sent with spark|sent on the go|get outlook for|download outlook for
gesendet von |von meinem |gesendet mit |diese nachricht wurde von meinem|envoyé de mon|envoyé depuis|envoyé à partir|envoyé avec|envoyé par |télécharger outlook|obtenir outlook|obtenez outlook
enviado desde mi|enviado desde el|enviado desde outlook|enviado desde mail|enviado desde correo|enviado desde yahoo|enviado do meu|enviado do outlook|enviado a partir do|enviado pelo|enviado via|enviado de mi|enviado con|obter o outlook|obtener outlook
inviato da |inviato dal |ottieni outlook|scarica outlook|verzonden vanaf|verstuurd vanaf|verzonden met|verzonden via|download outlook|outlook voor
sendt fra |skickat från|hämta outlook|hent outlook|lähetetty |hanki outlook|wysłane z|wysłano z|pobierz outlook|odesláno z|odesláno ze|odoslané z|küldve a|trimis de pe|trimis din
отправлено с |отправлено из|надіслано з|изпратено от|στάλθηκε από|iphone'umdan gönderildi|iphone'dan gönderildi
iphoneから送信|androidから送信|ipadから送信|私のiphone|スマートフォンから送信|outlook for ios を入手|ios 版 outlook を入手|android 版 outlook を入手
发自我的|從我的|從我的 |发送自|來自我的|傳送自|自我的 iphone|寄自我的|获取 outlook|获取outlook|取得 outlook|나의 iphone에서 보냄|내 iphone에서 보냄|나의 ipad에서 보냄|내 galaxy에서|ios용 outlook|android용 outlook|iphone에서 보냄
أرسلت من|تم الإرسال من|أُرسلت من|مرسل من|נשלח מה|được gửi từ|gửi từ |dikirim dari|ส่งจาก`), "|")

// signedOff are the words before a name at the end. Words of thanks aren't among them:
// they may be all of an answer.
var signedOff = words(`
regards|best regards|kind regards|warm regards|warmest regards|kindest regards|with kind regards|with best regards|many regards|best|all the best|best wishes|kind wishes|cheers|sincerely|sincerely yours|yours sincerely|yours truly|yours faithfully|respectfully|cordially|rgds|brgds|br|kr|thanks and regards|thanks & regards|thank you and regards|thanks and best regards|thanks & best regards|thank you and best regards|thank you & regards
mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|freundliche grüsse|mit freundlichem gruß|mit freundlichem gruss|viele grüße|viele grüsse|beste grüße|beste grüsse|liebe grüße|liebe grüsse|schöne grüße|herzliche grüße|mit besten grüßen|grüße|gruß|lg|mfg|vg
cordialement|bien cordialement|très cordialement|salutations|meilleures salutations|bien à vous|sincères salutations|amicalement|cdt|cdlt|bien sincèrement
saludos|un saludo|saludos cordiales|cordiales saludos|un cordial saludo|atentamente|muy atentamente|atte|saludos atentamente
atenciosamente|att|abraços|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|cordialmente|saudações
cordiali saluti|distinti saluti|saluti|un saluto|cordialità|un cordiale saluto|i migliori saluti
met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groeten|hartelijke groet|hartelijke groeten|mvg|groetjes
med venlig hilsen|venlig hilsen|mvh|med vennlig hilsen|vennlig hilsen|hilsen|med vänlig hälsning|vänliga hälsningar|med vänliga hälsningar|hälsningar|ystävällisin terveisin|terveisin|parhain terveisin
pozdrawiam|z poważaniem|serdecznie pozdrawiam|pozdrawiam serdecznie|s pozdravem|s pozdravom|üdvözlettel|tisztelettel|cu stimă|cu respect
с уважением|с наилучшими пожеланиями|з повагою|с уважение|поздрави|με εκτίμηση|saygılarımla|saygılarımızla|iyi çalışmalar
مع أطيب التحيات|مع التحية|تحياتي|מכבד|בברכה|בברכה רבה|trân trọng|thân mến|salam|hormat saya|terima kasih dan salam|ขอแสดงความนับถือ
此致|此致敬礼|敬具|以上|よろしくお願いいたします|감사합니다 드림`)

func join(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "|") }

func words(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.SplitSeq(join(s), "|") {
		set[w] = true
	}
	return set
}
