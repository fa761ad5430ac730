package ticket

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Detector tells the language of a text: a language tag, and how sure that is, 0
// to 1. It says "" where it can't tell: the text is too short, or mixed. Package
// ticket/language has one.
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

// detect is the step of intake that finds the language where the device didn't
// send one that fits.
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
		c.Record(Changed, Facts{What: []string{"language"}})
		return nil
	})
	return err
}

// detected is how many characters of a text its language is told by.
const detected = 2000
