package telegramexport

import (
	"bytes"
	"strconv"
	"strings"

	"dalil/internal/record"
)

// actions says in words what a service message reports. {member} stands for a
// member of the message and {#member} for the length of a list; a bracketed
// piece is left out if its member is missing. Names of persons are never
// among them: who acted is the reading's sender, and who was invited or
// removed stays in the archive, as a number.
var actions = map[string]string{
	"create_group":               "created the group[ “{title}”][ with {#members} members]",
	"create_channel":             "created the channel[ “{title}”]",
	"edit_group_title":           "changed the title[ to “{title}”]",
	"edit_group_photo":           "changed the chat's picture",
	"delete_group_photo":         "removed the chat's picture",
	"invite_members":             "invited {#members} members",
	"remove_members":             "removed {#members} members",
	"join_group_by_link":         "joined by an invitation link",
	"join_group_by_request":      "joined after a request",
	"migrate_to_supergroup":      "made the group a supergroup",
	"migrate_from_group":         "made a supergroup of the group[ “{title}”]",
	"pin_message":                "pinned a message[: {message_id}]",
	"clear_history":              "cleared the history",
	"score_in_game":              "scored[ {score}] in a game",
	"send_payment":               "made a payment[ of {amount}][ {currency}]",
	"refunded_payment":           "refunded a payment[ of {amount}][ {currency}]",
	"phone_call":                 "call[ of {duration_seconds} seconds][, {discard_reason}]",
	"conference_call":            "conference call[ of {duration_seconds} seconds]",
	"take_screenshot":            "took a screenshot",
	"attach_menu_bot_allowed":    "allowed a bot from the attachment menu",
	"web_app_bot_allowed":        "allowed a bot from a web app",
	"allow_sending_messages":     "allowed a bot to write[ after {reason_domain}]",
	"send_passport_values":       "sent passport data",
	"joined_telegram":            "joined Telegram",
	"proximity_reached":          "came near another member",
	"requested_phone_number":     "asked for a phone number",
	"group_call":                 "group call[ of {duration} seconds]",
	"invite_to_group_call":       "invited {#members} members to a group call",
	"group_call_scheduled":       "scheduled a group call[ for {schedule_date}]",
	"set_messages_ttl":           "set messages to delete themselves[ after {period} seconds]",
	"edit_chat_theme":            "changed the chat's theme[ to {emoticon}]",
	"send_webview_data":          "sent data to a bot",
	"send_premium_gift":          "sent a premium gift",
	"gift_code_prize":            "gift code",
	"giveaway_launch":            "started a giveaway",
	"giveaway_results":           "giveaway ended[ with {winners} winners][, {unclaimed} unclaimed]",
	"topic_created":              "created the topic[ “{title}”]",
	"topic_edit":                 "changed a topic[ to “{new_title}”]",
	"suggest_profile_photo":      "suggested a profile picture",
	"requested_peer":             "shared a chat with a bot",
	"set_chat_wallpaper":         "set the chat's background",
	"set_same_chat_wallpaper":    "set the chat's background",
	"boost_apply":                "boosted the chat[ {boosts} times]",
	"send_stars_gift":            "sent stars",
	"send_ton_gift":              "sent a gift",
	"send_star_gift":             "sent a gift",
	"stars_prize":                "won stars",
	"paid_messages_refund":       "refunded paid messages",
	"paid_messages_price_change": "changed the price of messages[ to {price_stars} stars]",
	"todo_completions":           "ticked tasks of a list",
	"todo_append_tasks":          "added tasks to a list",
	"poll_append_answer":         "added an answer to a poll[: {option}]",
	"poll_delete_answer":         "removed an answer from a poll[: {option}]",
	"process_suggested_post":     "decided on a suggested post",
	"suggested_post_success":     "published a suggested post",
	"suggested_post_refund":      "refunded a suggested post",
	"suggest_birthday":           "suggested a birthday",
	"no_forwards_toggle":         "changed whether messages may be forwarded[: {new_value}]",
	"no_forwards_request":        "asked to change whether messages may be forwarded",
	"new_creator_pending":        "named another owner",
	"change_creator":             "handed the chat to another owner",
	"managed_bot_created":        "created a bot",
}

// service writes the statement of a service message: what happened, and the
// platform's word for it.
func (x *decoder) service() {
	own := append([]byte(nil), x.text...)
	x.text = x.text[:0]
	if s := x.str(fInformation); len(s) > 0 {
		x.paragraph(s)
	}
	if action := x.word(fAction); action != "" {
		words, known := actions[action]
		if !known {
			words = strings.ReplaceAll(action, "_", " ")
			x.unknown = true
		}
		x.paragraph(x.fill(words))
		x.text = append(append(append(x.text, " ("...), action...), ')')
	}
	if len(own) > 0 {
		x.paragraph(own)
		shift := len(x.text) - len(own)
		for i := range x.r.Entities {
			x.r.Entities[i].Offset += shift
		}
	}
	if len(x.text) == 0 {
		x.unknown = true
	}
	if title := x.renamed(); title != "" {
		x.r.Facts = append(x.r.Facts, record.Fact{Kind: record.FactTitle, Value: title, At: record.NoSeconds})
	}
}

// fill puts members of the message into words.
func (x *decoder) fill(words string) []byte {
	var out []byte
	for words != "" {
		i := strings.IndexAny(words, "[{")
		if i < 0 {
			return append(out, words...)
		}
		out = append(out, words[:i]...)
		piece := words[i:]
		optional := piece[0] == '['
		end := strings.IndexByte(piece, '}') + 1
		if optional {
			end = strings.IndexByte(piece, ']') + 1
		}
		words = piece[end:]
		before, after, _ := strings.Cut(strings.Trim(piece[:end], "[]"), "{")
		member, after, _ := strings.Cut(after, "}")
		v := x.member(strings.TrimPrefix(member, "#"), member[0] == '#')
		switch {
		case v != "":
			out = append(append(append(out, before...), v...), after...)
		case !optional:
			out = append(out, "some"...)
		}
	}
	return out
}

// member finds a member of the message again: service messages are rare, and
// have members of their own. An empty result means absent.
func (x *decoder) member(key string, length bool) (text string) {
	m := members{b: x.raw, d: new(defects)}
	for m.next() {
		if string(m.key) != key {
			continue
		}
		switch {
		case length && m.val.kind == '[':
			n := 0
			for l := walk(m.val, new(defects)); l.next(); {
				n++
			}
			text = strconv.Itoa(n)
		case length:
		case m.val.kind == '"':
			s := unquote(nil, m.val.raw, &x.d)
			text = string(bytes.Join(bytes.Fields(s), []byte(" ")))
		case m.val.kind == '0', m.val.kind == 't', m.val.kind == 'f':
			text = string(m.val.raw)
		}
	}
	return text
}
