package mail

import "strings"

// Auto says whether a program wrote a mail, and by what that is seen. A desk that
// answers such a mail by itself, or one from a list, may start a loop.
type Auto struct {
	Reply bool     // a program wrote it: an answer of its own, a notice, a report
	List  bool     // a list handed it on, of which people write; groups that are a desk's address do so too
	Weak  bool     // only the subject looks so, which people may write too
	Signs []string // what says so, such as "Auto-Submitted: auto-replied"
}

// autoOf looks at the header of a mail.
func autoOf(h header, subject string) (a Auto) {
	sign := func(name, value string) {
		a.Reply = true
		a.Signs = append(a.Signs, name+": "+strings.ToValidUTF8(value[:min(len(value), 100)], ""))
	}
	if v := lower(h.get("auto-submitted")); v != "" && v != "no" && !strings.HasPrefix(v, "no;") {
		sign("Auto-Submitted", v)
	}
	switch v := lower(h.get("precedence")); v {
	case "bulk", "junk", "auto_reply", "auto-reply":
		sign("Precedence", v)
	case "list":
		a.List = true
	}
	// The field asks others not to answer by themselves, which only programs ask.
	for v := range strings.SplitSeq(lower(h.get("x-auto-response-suppress")), ",") {
		if v = strings.TrimSpace(v); v == "all" || v == "autoreply" || v == "oof" {
			sign("X-Auto-Response-Suppress", v)
			break
		}
	}
	for _, f := range h {
		switch f.name {
		case "return-path":
			if strings.ReplaceAll(f.value, " ", "") == "<>" {
				sign("Return-Path", "<>")
			}
		case "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply", "auto-reply", "x-autoreply-from":
			if v := lower(f.value); v != "no" && v != "false" {
				sign(f.name, f.value)
			}
		case "list-id", "list-post", "list-unsubscribe":
			a.List = true
		}
	}
	a.Weak = !a.Reply && looksAway(subject)
	return a
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// away begins the subjects of answers that programs give while somebody is away.
var away = words(`
out of office|out of the office|auto-reply|auto reply|autoreply|auto:|automatic reply|automatic response|autosvar|automatisk svar|automatiskt svar
abwesenheitsnotiz|abwesenheit|automatische antwort|réponse automatique|absence du bureau|absent du bureau|respuesta automática|fuera de la oficina|resposta automática
fora do escritório|risposta automatica|fuori ufficio|automatisch antwoord|afwezig|afwezigheidsbericht|automaattinen vastaus|automatyczna odpowiedź|odpowiedź automatyczna
automatická odpověď|automatická odpoveď|automatikus válasz|răspuns automat|автоответ|автоматический ответ|автоматична відповідь|αυτόματη απάντηση|otomatik yanıt
自動返信|自動応答|不在通知|自动回复|自動回覆|不在办公室|자동 회신|자동 응답|부재중|رد تلقائي|تشعار غياب|מענה אוטומטי|trả lời tự động|balasan otomatis|ตอบกลับอัตโนมัติ`)

func looksAway(subject string) bool { return beginsWith(plain(subject), away) }

func beginsWith(s string, set map[string]bool) bool {
	for w := range set {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// sentOn begins the subjects of mails that somebody sends on.
var sentOn = words(`fw:|fwd:|wg:|tr:|rv:|enc:|doorst:|vb:|vl:|pd:|továbbítás:|転送:|转发:|轉寄:|전달:|пересл:|ilt:|yml:|πρθ:|tlk:|videres:`)

func isForward(subject string) bool { return beginsWith(plain(subject), sentOn) }
