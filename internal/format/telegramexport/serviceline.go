package telegramexport

import "strings"

// neutral are the beginnings of service messages that name nobody.
var neutral = []string{"Channel ", "Voice chat", "New messages will ", "History cleared", "Video chat", "Live stream"}

// deeds are what service messages say that a member did, in Telegram Desktop's
// words, and what is said of it here. The words before are who did it; the
// words behind are kept only where they name no other person.
var deeds = []struct {
	words, say string
	keep       bool
}{
	{" created group ", "created the group ", true},
	{" changed group title to ", "changed the title to ", true},
	{" changed group photo", "changed the chat's picture", false},
	{" removed group photo", "removed the chat's picture", false},
	{" converted this group to a supergroup", "made the group a supergroup", false},
	{" converted a basic group to this supergroup ", "made a supergroup of the group ", true},
	{" joined group by link from ", "joined by an invitation link", false},
	{" joined group by request", "joined after a request", false},
	{" joined Telegram", "joined Telegram", false},
	{" pinned ", "pinned a message", false},
	{" scored ", "scored in a game", false},
	{" took a screenshot", "took a screenshot", false},
	{" to the voice chat", "invited members to a group call", false},
	{" started voice chat", "group call", false},
	{" scheduled a voice chat for ", "scheduled a group call for ", true},
	{" has set messages ", "set messages ", true},
	{" disabled chat theme", "removed the chat's theme", false},
	{" changed chat theme to ", "changed the chat's theme to ", true},
	{" created topic ", "created the topic ", true},
	{" changed topic ", "changed a topic: ", true},
	{" set a new background ", "set the chat's background", false},
	{" set the same background ", "set the chat's background", false},
	{" invited ", "invited members", false},
	{" removed ", "removed a member", false},
}

// serviceLine splits a service message of a page into who did something and
// what it was, without the names of others. Unknown ones are not shown at all:
// they may name private persons.
func serviceLine(s, chat string) (text, who string, known bool) {
	for _, n := range neutral {
		if strings.HasPrefix(s, n) {
			return s, "", true
		}
	}
	for _, d := range deeds {
		who, rest, ok := strings.Cut(s, d.words)
		if !ok {
			continue
		}
		text = d.say
		if d.keep {
			rest, _, _ = strings.Cut(rest, " with members ")
			text += rest
		}
		if d.words == " to the voice chat" {
			who, _, _ = strings.Cut(who, " invited ")
		}
		if who = strings.TrimSpace(who); who == chat {
			who = ""
		}
		return strings.TrimSpace(text), who, true
	}
	return "service message of a kind not known", "", false
}
