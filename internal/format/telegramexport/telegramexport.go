// Package telegramexport reads what Telegram Desktop writes when a chat or an
// account is exported: result.json, and the pages messages.html,
// messages2.html and so on.
//
// Both readers stream. The JSON reader splits the file into message objects
// with a scanner of its own, because the format's files are not always JSON
// (Telegram Desktop writes control characters as \x0N), because every message
// needs its exact place in the file, and because an export of a million
// messages is parsed once for every import and every rebuild.
//
// What belongs to the account that exported (its contacts, sessions, phone
// number, private chats) is not read unless Settings.KeepOwner; it is counted
// and said so. Names of private persons are put into parties, never into the
// text of a reading, so that one place can pseudonymise them.
package telegramexport

import (
	"bytes"
	"path"
	"strings"

	"dalil/internal/format"
)

// JSON reads result.json of Telegram Desktop: one chat, several chats, or a
// whole account.
var JSON = format.Kind{
	Name:    "telegram-json",
	Doc:     "Telegram Desktop export in JSON (result.json), of one chat or a whole account",
	Version: 1,
	Match:   matchJSON,
	Read:    readJSON,
	Facts:   factsJSON,
	Owns:    owns,
}

// HTML reads the pages of Telegram Desktop's HTML export.
var HTML = format.Kind{
	Name:    "telegram-html",
	Doc:     "Telegram Desktop export in HTML (messages.html, messages2.html, …)",
	Version: 1,
	Match:   matchHTML,
	Read:    readHTML,
	Owns:    owns,
}

// chatTypes are the values of a chat's "type" member.
var chatTypes = []string{
	"public_channel", "private_channel",
	"public_supergroup", "private_supergroup", "public_group", "private_group",
	"personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes",
}

func matchJSON(h format.Head) int {
	named := strings.EqualFold(path.Base(h.Path), "result.json")
	b := h.Bytes
	if utf16Order(b) != "" {
		// Only to say that it cannot be read, and what to do.
		if b = bytes.ReplaceAll(b, []byte{0}, nil); named && bytes.Contains(b, []byte(`"messages"`)) {
			return 60
		}
		return 0
	}
	b = bytes.TrimLeft(bytes.TrimPrefix(b, utf8BOM), " \t\r\n")
	has := func(s string) bool { return bytes.Contains(b, []byte(s)) }
	typed := has(`"date_unixtime"`)
	for _, t := range chatTypes {
		typed = typed || has(`"`+t+`"`)
	}
	score := 0
	switch {
	case len(b) == 0 || b[0] != '{':
	case has(`"messages"`) && typed,
		(has(`"chats"`) || has(`"left_chats"`)) && has(`"list"`) && typed,
		has(`"personal_information"`) && (has(`"contacts"`) || has(`"frequent_contacts"`) || has(`"sessions"`)):
		score = 95
	case has(`"messages"`) && has(`"from_id"`) && has(`"date"`):
		score = 80 // an export older than date_unixtime whose type is out of sight
	}
	switch {
	case named && score > 0:
		score += 3
	case named:
		score = 20
	}
	return score
}

func matchHTML(h format.Head) int {
	has := func(s string) bool { return bytes.Contains(h.Bytes, []byte(s)) }
	// The skin is the same on every page of an export, also on the lists of
	// contacts and sessions; those are claimed so that nobody else reads them
	// as articles.
	switch {
	case has(`class="page_wrap"`) && has(`class="page_header"`) && has("Exported Data"):
		return 95
	case has(`class="message default clearfix`) && has(`class="page_body chat_page"`):
		return 85
	case has(`class="message default clearfix`) && has(`id="message`):
		return 70
	}
	return 0
}

// ownedFolders are the folders Telegram Desktop puts beside its files.
var ownedFolders = []string{
	"photos", "video_files", "files", "voice_messages", "round_video_messages", "stickers",
	"video_thumbs", "thumbs", "animations", "audio_files", "contacts", "profile_pictures", "stories",
	"story", "lists", "css", "js", "images", "userpics", "chats", "other_data",
}

// owns reports whether a sibling belongs to the export. Pages of messages
// and further result.json files are statements of their own.
func owns(p string) bool {
	dir, rest, inside := strings.Cut(p, "/")
	if !inside {
		return false
	}
	if dir == "chats" { // chats/chat_001/messages.html, chats/chat_001/photos/…
		_, file, ok := strings.Cut(rest, "/")
		return ok && owns(file)
	}
	if dir == "lists" && strings.HasSuffix(rest, ".html") {
		return false // read, and counted as not taken
	}
	for _, f := range ownedFolders {
		if dir == f {
			return true
		}
	}
	return false
}

var utf8BOM = []byte("\xef\xbb\xbf")

// utf16Order names the byte order of a UTF-16 text, or is "" for anything else.
func utf16Order(b []byte) string {
	switch {
	case len(b) < 4:
	case b[0] == 0xff && b[1] == 0xfe, b[0] == '{' && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return "UTF-16LE"
	case b[0] == 0xfe && b[1] == 0xff, b[0] == 0 && b[1] == '{' && b[2] == 0 && b[3] != 0:
		return "UTF-16BE"
	}
	return ""
}
