package analytics

import (
	"cmp"
	"slices"
)

// Dimension is something by which figures are told apart.
type Dimension string

// The dimensions. Each but the last is one value for a ticket, "" where it has none;
// agent and bot are the one who has it, and the team is that of the agent, when the
// ticket last changed. A ticket has any number of tags, so that rows by tag overlap, and
// don't sum to the total.
const (
	App      Dimension = "app"
	Platform Dimension = "platform"
	Channel  Dimension = "channel"
	Language Dimension = "language"
	Queue    Dimension = "queue"
	Group    Dimension = "group"
	Team     Dimension = "team"
	Agent    Dimension = "agent"
	Bot      Dimension = "bot"
	Label    Dimension = "label"
	Tag      Dimension = "tag"
)

// Dimensions are all dimensions, in order.
func Dimensions() []Dimension {
	return []Dimension{App, Platform, Channel, Language, Queue, Group, Team, Agent, Bot, Label, Tag}
}

// set is a whole set of dimensions. What happens counts for its set without a tag, and
// again for each of its tags: those are Tagged.
type set struct {
	App      string `json:"app,omitempty"`
	Platform string `json:"platform,omitempty"`
	Channel  string `json:"channel,omitempty"`
	Language string `json:"language,omitempty"`
	Queue    string `json:"queue,omitempty"`
	Group    string `json:"group,omitempty"`
	Team     string `json:"team,omitempty"`
	Agent    string `json:"agent,omitempty"`
	Bot      string `json:"bot,omitempty"`
	Label    string `json:"label,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Tagged   bool   `json:"tagged,omitempty"`
	// Bare says of a set that isn't Tagged that there are no tags, either, so that it
	// stands for the tag "".
	Bare bool `json:"bare,omitempty"`
}

// get is the value of a dimension.
func (s *set) get(d Dimension) string {
	switch d {
	case App:
		return s.App
	case Platform:
		return s.Platform
	case Channel:
		return s.Channel
	case Language:
		return s.Language
	case Queue:
		return s.Queue
	case Group:
		return s.Group
	case Team:
		return s.Team
	case Agent:
		return s.Agent
	case Bot:
		return s.Bot
	case Label:
		return s.Label
	}
	return s.Tag
}

// compare orders sets.
func (s *set) compare(o *set) int {
	for _, d := range Dimensions() {
		if c := cmp.Compare(s.get(d), o.get(d)); c != 0 {
			return c
		}
	}
	flags := func(s *set) int {
		n := 0
		if s.Tagged {
			n = 2
		}
		if s.Bare {
			n++
		}
		return n
	}
	return cmp.Compare(flags(s), flags(o))
}

// counts says whether the set is one of those that make up the figures by a dimension, or
// the total, which is "": sets of tags only where tags are asked for.
func (s *set) counts(tags bool) bool {
	if tags {
		return s.Tagged || s.Bare
	}
	return !s.Tagged
}

func (d Dimension) known() bool { return slices.Contains(Dimensions(), d) }
