package hostile

import (
	"encoding/json"
	"fmt"
	"html"
)

type object = map[string]any

// Exports are folders of files by name, to be imported one after the other: a
// Telegram export, saved pages and notes with a vector in every field an import
// fills, a broken export, and the same channel again with every text edited.
func Exports(vectors []string) ([]map[string]string, error) {
	var messages, later []object
	for i, v := range vectors {
		x := object{"id": i + 1, "type": "message", "date": "2025-06-01T10:00:00", "date_unixtime": fmt.Sprint(1748761200 + i*60), "edited_unixtime": fmt.Sprint(1748761200 + i*60 + 5),
			"from": v, "from_id": "user" + v, "author": v, "forwarded_from": v, "file": v, "file_name": v, "mime_type": v, "media_type": v, "photo": v,
			"text":          []any{v + " ", object{"type": "link", "text": v}, object{"type": "text_link", "text": v, "href": v}, object{"type": v, "text": v}, object{"type": "hashtag", "text": v}},
			"text_entities": []any{object{"type": "plain", "text": v + " "}, object{"type": "link", "text": v}, object{"type": "text_link", "text": v, "href": v}, object{"type": v, "text": v}, object{"type": "hashtag", "text": v}},
			"reactions":     []any{object{"type": "emoji", "count": 3, "emoji": v}}, "reply_to_message_id": i, "via_bot": v, "sticker_emoji": v}
		messages = append(messages, x)
		y := object{}
		for k, v := range x {
			y[k] = v
		}
		y["text"], y["text_entities"] = v+" anew", []any{object{"type": "plain", "text": v + " anew"}}
		later = append(later, y)
		messages = append(messages, object{"id": 1000 + 2*i, "type": "service", "date": "2025-06-01T10:00:00", "date_unixtime": fmt.Sprint(1748761200 + i), "actor": v, "actor_id": "user1", "action": "edit_group_title", "title": v})
	}
	before, err := channel(`"><script>alert(1)</script>`+"\u202e", 77, messages)
	if err != nil {
		return nil, err
	}
	after, err := channel(`"><script>alert(1)</script>`+"\u202e", 77, later)
	if err != nil {
		return nil, err
	}
	first := map[string]string{"result.json": before}
	for i, v := range vectors {
		first[fmt.Sprintf("pages/%d.html", i)] = page(html.EscapeString(v))
		first[fmt.Sprintf("notes/%d <b onclick=x>'\".txt", i)] = v + "\n\n" + v
	}
	first["broken/x<script>alert(1)</script>.json"] = `{"name":"<script>alert(1)</script>","type":"public_channel","id":78,"messages":[{"id":1,"type":"message","text":"cut`
	return []map[string]string{first, {"result.json": after}}, nil
}

func channel(name string, id int, messages []object) (string, error) {
	b, err := json.Marshal(object{"name": name, "type": "public_channel", "id": id, "messages": messages})
	return string(b), err
}

// page is an article that says v wherever an article can.
func page(v string) string {
	return fmt.Sprintf(`<!doctype html><html lang="%[1]s"><head><title>%[1]s</title><meta name="author" content="%[1]s"><meta property="og:title" content="%[1]s"><meta property="og:site_name" content="%[1]s">
<link rel="canonical" href="%[1]s"><meta property="article:published_time" content="2025-06-01T10:00:00Z"></head><body><article><h1>%[1]s</h1><p class="byline">%[1]s</p>
<p>A long enough paragraph so that a reader finds the body: the bridge, the river, the market and %[1]s stand in one line of it.</p><p>Another paragraph with more words than the first, about %[1]s and nothing else at all.</p>
<figure><img src="%[1]s" alt="%[1]s"><figcaption>%[1]s</figcaption></figure></article><section class="comments"><div class="comment"><span class="author">%[1]s</span><p>%[1]s</p></div></section></body></html>`, v)
}
