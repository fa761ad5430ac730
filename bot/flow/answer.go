package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// answered takes what the end user said, or that he said nothing, and returns where that
// leads.
func (r *run) answered(ctx context.Context, in Input) (to string, err error) {
	i, ok := r.m.index[r.s.Step]
	if !ok {
		return toFallback, nil
	}
	s, next := &r.f.Steps[i], r.f.after(i)
	if in.Late {
		r.s.Why = NoAnswer
		if s.Confirm != nil {
			return cmp.Or(s.Confirm.Expired, toFallback), nil
		}
		return toFallback, nil
	}
	switch {
	case s.Ask != nil:
		return r.take(ctx, s, in.Written, next)
	case s.finds() != nil:
		if r.yes(in.Written.Text) {
			return cmp.Or(s.finds().Helped, next), nil
		}
		return cmp.Or(s.finds().Unhelpful, next), nil
	case s.Confirm != nil:
		if r.yes(in.Written.Text) {
			return cmp.Or(s.Confirm.Yes, toResolved), nil
		}
		r.s.Why = NotSolved
		return cmp.Or(s.Confirm.No, toFallback), nil
	}
	return toFallback, nil
}

// take takes an answer to a question, or asks again.
func (r *run) take(ctx context.Context, s *Step, w *Written, next string) (to string, err error) {
	a := s.Ask
	if len(a.Skip) > 0 && meant(w.Text, a.Skip) {
		r.note(s, Answer{})
		return cmp.Or(a.SkipNext, next), nil
	}
	got, option, ok := a.read(w)
	if ok {
		r.note(s, got)
		return cmp.Or(option, next), nil
	}
	if r.s.Tries++; r.s.Tries > cmp.Or(a.Retries, DefaultRetries) {
		r.s.Why = NoGoodAnswer
		return cmp.Or(a.Failed, toFallback), nil
	}
	return stay, r.say(ctx, orOwn(a.Invalid, "invalid_"+string(a.As)), r.form(a))
}

func (r *run) note(s *Step, a Answer) {
	if r.s.Answers == nil {
		r.s.Answers = map[string]Answer{}
	}
	r.s.Answers[cmp.Or(s.Ask.Into, s.ID)] = a
}

// ask asks the question.
func (r *run) ask(ctx context.Context, a *Ask) error { return r.say(ctx, a.Text, r.form(a)) }

// personal says that who is under full privacy isn't asked this.
func (a *Ask) personal() bool { return a.Personal || a.As == Email || a.As == Attachment }

// form is a message by which a question can be answered.
func (r *run) form(a *Ask) Message {
	m := Message{Form: &Form{Kind: a.As, Min: a.shownBound(a.Min), Max: a.shownBound(a.Max)}}
	add := func(t Text) {
		s, _ := t.in(r.f.own(), r.s.Languages...)
		m.Choices = append(m.Choices, s)
	}
	for _, o := range a.Choices {
		add(o.Text)
	}
	if a.As == YesNo {
		m = r.yesOrNo()
	}
	if len(a.Skip) > 0 {
		add(a.Skip)
		m.Form.Skip = m.Choices[len(m.Choices)-1]
	}
	return m
}

// shownBound is a bound as clients read it: a number with a point, or a date. Other kinds
// of answers have none.
func (a *Ask) shownBound(text string) string {
	switch {
	case text == "" || a.As != Number && a.As != Date:
		return ""
	case a.As == Date:
		return text
	}
	v, _ := bound(a.As, text)
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// yesOrNo is a message that is answered so.
func (r *run) yesOrNo() Message {
	m := Message{Form: &Form{Kind: YesNo}}
	for _, key := range []string{"yes", "no"} {
		s, _ := ownTexts(key).in(r.f.own(), r.s.Languages...)
		m.Choices = append(m.Choices, s)
	}
	return m
}

func (r *run) yes(text string) bool { return meant(text, ownTexts("yes")) }

// offers says whether the question that waits has a text among its choices: who picks
// "talk to a person" goes where that leads, and not to the fallback.
func (r *run) offers(text string) bool {
	i, ok := r.m.index[r.s.Step]
	return ok && r.s.Waits == ForAnswer && r.f.Steps[i].Ask != nil && slices.ContainsFunc(r.f.Steps[i].Ask.Choices, func(o Option) bool { return meant(text, o.Text) })
}

// read reads an answer. to is where it leads, if anywhere of its own.
func (a *Ask) read(w *Written) (got Answer, to string, ok bool) {
	text := strings.TrimSpace(w.Text)
	got.Files = w.Files
	switch a.As {
	case Attachment:
		got.Value = text
		return got, "", len(w.Files) > 0
	case Choice:
		for i, o := range a.Choices {
			if meant(text, o.Text) || strings.EqualFold(text, o.ID) || text == strconv.Itoa(i+1) {
				got.Value = o.ID
				return got, o.Next, true
			}
		}
		return got, "", false
	case YesNo:
		if meant(text, ownTexts("yes")) {
			got.Value = "yes"
			return got, a.Yes, true
		}
		got.Value = "no"
		return got, a.No, meant(text, ownTexts("no"))
	case Email:
		p, err := mail.ParseAddress(text)
		if err != nil || len(text) > 254 || !strings.Contains(p.Address[strings.LastIndexByte(p.Address, '@'):], ".") {
			return got, "", false
		}
		got.Value = p.Address
		return got, "", true
	case Number, Date:
		got.Value, ok = a.bounded(text)
		return got, "", ok
	}
	got.Value = text
	n := utf8.RuneCountInString(text)
	if n == 0 || n > MaxText {
		return got, "", false
	}
	if a.Matches != "" {
		p, err := regexp.Compile(a.Matches)
		return got, "", err == nil && p.MatchString(text)
	}
	return got, "", true
}

// bounded reads a number or a date, in one form.
func (a *Ask) bounded(text string) (value string, ok bool) {
	v := 0.0
	if a.As == Number {
		if v, ok = ParseNumber(text); !ok {
			return "", false
		}
		value = strconv.FormatFloat(v, 'f', -1, 64)
	} else {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return "", false
		}
		v, value = float64(t.Unix()), t.Format(time.DateOnly)
	}
	lo, _ := bound(a.As, a.Min)
	hi, _ := bound(a.As, a.Max)
	return value, (a.Min == "" || v >= lo) && (a.Max == "" || v <= hi)
}

// returned takes what came of an errand.
func (r *run) returned(ctx context.Context, res *Result) (to string, err error) {
	i, ok := r.m.index[r.s.Step]
	if !ok {
		return toFallback, nil
	}
	s, next := &r.f.Steps[i], r.f.after(i)
	switch {
	case s.finds() != nil:
		return r.show(ctx, s.finds(), res, next)
	case s.Call != nil:
		return r.got(cmp.Or(s.Call.Into, s.ID), res, s.Call.Failed, next)
	case s.Run != nil:
		return r.got(cmp.Or(s.Run.Into, s.ID), res, s.Run.Failed, next)
	}
	return toFallback, nil
}

func (r *run) got(name string, res *Result, failed, next string) (string, error) {
	if res.Err != nil {
		if failed == "" {
			return stay, &Failure{Err: res.Err}
		}
		return failed, nil
	}
	if r.s.Responses == nil && len(res.Values) > 0 {
		r.s.Responses = map[string]string{}
	}
	for path := range r.s.Responses { // of the last time
		if path == name || strings.HasPrefix(path, name+"_") {
			delete(r.s.Responses, path)
		}
	}
	for path, v := range res.Values {
		r.s.Responses[strings.TrimSuffix(name+"_"+path, "_")] = v
	}
	return next, nil
}

// found says what was found. An answer in words isn't a template: its braces are its own.
func (r *run) found(ctx context.Context, s *Suggest, res *Result) error {
	m := Message{Articles: res.Articles[:min(len(res.Articles), cmp.Or(s.Limit, 3))]}
	if res.Answer == "" {
		return r.say(ctx, orOwn(s.Text, "articles"), m)
	}
	if err := r.sayIf(ctx, r.s.Step, s.Text); err != nil {
		return err
	}
	m.Text = res.Answer
	return r.w.Do(ctx, Effect{Step: r.s.Step, Say: &m})
}

// show shows articles, and asks whether they helped. A search that fails finds none.
func (r *run) show(ctx context.Context, s *Suggest, res *Result, next string) (string, error) {
	if res.Err != nil || len(res.Articles) == 0 && res.Answer == "" || res.Confidence < cmp.Or(s.Confidence, DefaultConfidence) {
		return cmp.Or(s.None, next), nil
	}
	if err := r.found(ctx, s, res); err != nil {
		return stay, err
	}
	return r.wait(), r.say(ctx, orOwn(s.Question, "helped"), r.yesOrNo())
}

// shown is how an answer is written in a text: what was picked, in the end user's
// language.
func (r *run) shown(name string) string {
	a := r.s.Answers[name]
	for i := range r.f.Steps {
		s := &r.f.Steps[i]
		if s.Ask == nil || cmp.Or(s.Ask.Into, s.ID) != name {
			continue
		}
		if at := slices.IndexFunc(s.Ask.Choices, func(o Option) bool { return o.ID == a.Value }); at >= 0 {
			text, _ := s.Ask.Choices[at].Text.in(r.f.own(), r.s.Languages...)
			return text
		}
		if s.Ask.As == YesNo && a.Value != "" {
			text, _ := ownTexts(a.Value).in(r.f.own(), r.s.Languages...)
			return text
		}
	}
	return a.Value
}

// meant says whether somebody who wrote a text meant another one, in any language.
func meant(text string, one Text) bool {
	text = strings.ToLower(strings.Trim(strings.TrimSpace(text), ".!。！"))
	for _, t := range one {
		if text != "" && text == strings.ToLower(strings.Trim(strings.TrimSpace(t), ".!。！")) {
			return true
		}
	}
	return false
}

// inJSON makes a value fit for the quotes of JSON.
func inJSON(v string) string {
	b, _ := json.Marshal(v) // text can always be written
	return string(b[1 : len(b)-1])
}

// oneLine makes a value fit for a header.
func oneLine(v string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, v)
}

// The limits of a response.
const (
	maxValues = 500
	maxValue  = 5000 // bytes of one
	maxDepth  = 20
)

// Flatten turns a response of JSON into values by path: {"order": {"items": [{"Name":
// "Lamp"}]}} into "order_items_0_name": "Lamp". Names are written as placeholders are: in
// small letters, with _ for what isn't a letter or a digit. Of two that come out alike
// the first by name is kept. Beyond 500 values, 5,000 bytes of one and 20 levels the rest
// is left out.
func Flatten(b []byte) (map[string]string, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the response is no JSON: %w", err)
	}
	out := map[string]string{}
	flatten(out, "", v, 0)
	return out, nil
}

func flatten(out map[string]string, path string, v any, depth int) {
	if len(out) >= maxValues || depth > maxDepth || len(path) > maxValue {
		return
	}
	under := func(name string) string { return strings.TrimPrefix(path+"_"+asName(name), "_") }
	put := func(s string) {
		if _, there := out[path]; !there {
			out[path] = s
		}
	}
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			flatten(out, under(name), v[name], depth+1)
		}
	case []any:
		for i, part := range v {
			flatten(out, under(strconv.Itoa(i)), part, depth+1)
		}
	case string:
		put(v[:min(len(v), maxValue)])
	case nil:
	default:
		put(fmt.Sprint(v))
	}
}

func asName(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			return c
		}
		return '_'
	}, s)
}
