package ticket

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Detector tells the language of a text: a language tag, and how sure that is, 0
// to 1. It says "" where it can't tell: the text is too short, or mixed. It is given what
// somebody writes before anything in it is masked, and must neither keep nor pass on what it
// reads. Package ticket/language has one.
type Detector interface {
	Detect(text string) (language string, confidence float64)
}

// The sources of a ticket's language.
const (
	LanguageSent     = "sent"     // by the device, and it agrees with the script of the text
	LanguageDetected = "detected" // from title and first message
	LanguageEndUser  = "end_user" // the one that he has elsewhere
	LanguageApp      = "app"      // the app's default
	LanguageAgent    = "agent"    // set by hand, or by a rule
)

// speak gives a new ticket the language that is known without looking further into
// the text than at its script.
func (t *Ticket) speak(sent, endUser, app, text string) {
	for _, known := range []struct{ language, source string }{{sent, LanguageSent}, {endUser, LanguageEndUser}, {app, LanguageApp}} {
		if languagePattern.MatchString(known.language) && (known.source != LanguageSent || scriptAgrees(known.language, text)) {
			t.Language, t.LanguageSource = known.language, known.source
			return
		}
	}
}

// text is the beginning of what a new ticket says.
func (n *New) text() string {
	text := n.Title
	if n.Message != nil {
		text += " " + n.Message.Text
	}
	return shorten(text, detected)
}

// heard is what a detector says of a new ticket; no language: it couldn't tell, or wasn't
// asked.
type heard struct {
	language string
	sure     float64
}

// hear finds the language of a new ticket before its transaction, for which others may
// wait. A detector that panics is asked again in intake, which tells of it on the ticket.
func (s *Service) hear(n *New) (h heard) {
	if s.detector == nil || languagePattern.MatchString(n.Language) && scriptAgrees(n.Language, n.text()) {
		return h
	}
	text := n.Title
	if n.Message != nil && n.Actor.Kind == event.EndUser {
		text += "\n" + n.Message.Text
	}
	defer func() {
		if recover() != nil {
			h = heard{}
		}
	}()
	h.language, h.sure = s.detector.Detect(store.CleanText(shorten(text, detected)))
	return h
}

// learn gives a new ticket the language in which it is written, if that was heard and the
// device sent none that fits. It has passed the step of languages then, as long as that
// isn't its last one, behind which tickets are given out.
func (s *Service) learn(t *Ticket, h heard) {
	if h.language == "" || t.LanguageSource == LanguageSent {
		return
	}
	t.Language, t.LanguageSource, t.LanguageConfidence = h.language, LanguageDetected, h.sure
	if len(s.steps) > 1 {
		t.Intake = s.steps[1].Name
	}
}

// detect is the step of intake that finds the language of tickets of which it wasn't told
// when they were created: parts of others, and those of an older program.
func (s *Service) detect(ctx context.Context, bound *Service, t *Ticket, _ any) error {
	if t.LanguageSource == LanguageSent || t.LanguageSource == LanguageAgent {
		return nil
	}
	text := t.Title
	if t.Marks.Public > 0 {
		err := bound.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			for m, err := range messages.All(ctx, tx, store.ByKey().From(messageKey(t.ID, 1)).To(messageKey(t.ID, t.Marks.Public+1))) {
				if err != nil {
					return err
				}
				if m.Kind == Public && m.Author.Kind == event.EndUser {
					text += "\n" + m.Text
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	language, sure := s.detector.Detect(shorten(text, detected))
	if language == "" {
		return nil
	}
	_, err := bound.change(ctx, event.Actor{Kind: event.System}, t.ID, func(_ context.Context, _ *store.Tx, c *Change) error {
		c.After.Language, c.After.LanguageSource, c.After.LanguageConfidence = language, LanguageDetected, sure
		c.Reason = "language detection"
		c.Record(Changed, &Facts{What: []string{"language"}})
		return nil
	})
	return err
}

// detected is how many characters of a text its language is told by.
const detected = 2000
