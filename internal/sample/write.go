package sample

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Write writes the sample country's files into dir, which is made when it does
// not exist: the Telegram exports under exports, articles under articles, and
// what an analyst keeps beside them. Every file carries the bytes and the
// modification time it carries on every run. Errors are those of the file
// system.
func Write(dir string) error {
	files, err := newStory().files()
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.data, 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(path, f.at, f.at); err != nil {
			return err
		}
	}
	return nil
}

// written is a file with its modification time.
type written struct {
	path, what string
	data       []byte
	at         time.Time
}

func (s *story) files() ([]written, error) {
	var list []written
	for _, c := range s.channels {
		var more []written
		var err error
		switch {
		case c.Handle == inHTML:
			more = s.htmlExport(c)
		case c.Handle == in4CAT:
			more, err = s.fourcat(c)
		case twice(c.Handle):
			if more, err = s.jsonExport(c, firstExport); err == nil {
				list = append(list, more...)
				more, err = s.jsonExport(c, lastExport)
			}
		default:
			more, err = s.jsonExport(c, lastExport)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	more, err := s.documents()
	return append(list, more...), err
}

// jsonExport writes a channel as Telegram Desktop would have at a time.
func (s *story) jsonExport(c *timeline, at time.Time) ([]written, error) {
	folder := "exports/" + name(c) + "-" + at.Format("2006-01-02") + "/"
	var list []written
	l := layout{zone: zone}
	l.chat(c.Name, c.Type, c.ID)
	for _, p := range c.posts {
		if p.deleted || p.at.After(at) || p.gone && at.Equal(lastExport) {
			continue
		}
		if len(l.b) > 0 && l.b[len(l.b)-1] != '[' {
			l.b = append(l.b, ',')
		}
		m := s.message(c, p, at)
		if p.photo != "" {
			pic := s.pictures[c.Handle+"/"+p.photo]
			data, err := pic.jpeg()
			if err != nil {
				return nil, err
			}
			m.photo, m.photoLen, m.w, m.h = p.photo, int64(len(data)), pic.width, pic.height()
			list = append(list, written{folder + p.photo, "photo of a statement", data, p.at})
		}
		l.message(&m)
	}
	l.endChat()
	return append(list, written{folder + "result.json", "Telegram Desktop export, JSON: " + c.Name, l.b, at}), nil
}

func name(c *timeline) string {
	if c.Handle == "" {
		return "jiran_saltiyya"
	}
	return c.Handle
}

// message is p as an export made at a time shows it.
func (s *story) message(c *timeline, p *post, at time.Time) message {
	m := message{id: p.id, date: p.at.Unix(), from: c.Name, fromID: "channel" + strconv.FormatInt(c.ID, 10), action: p.service, title: p.title, poll: p.poll}
	if p.from != "" {
		m.from, m.fromID = p.from, p.fromID
	}
	text := p.text
	if !p.edited.IsZero() && p.edited.Before(at) {
		m.edited = p.edited.Unix()
		if p.later != "" {
			text = p.later
		}
	}
	if p.fwd != nil {
		m.fwdFrom, m.fwdID = p.fwd.Name, "channel"+strconv.FormatInt(p.fwd.ID, 10)
	}
	if p.reply != nil && p.service != "" {
		m.pinned = p.reply.id
	} else if p.reply != nil {
		m.replyTo = p.reply.id
	}
	m.parts = entities(text)
	if p.praise > 0 {
		r := newRNG(46, uint64(c.ID), uint64(p.id))
		first := r.n(len(emojis))
		n := p.praise*(50+r.n(100))/100 + 1
		for k := range 1 + r.n(3) {
			m.reactions = append(m.reactions, reaction{emojis[(first+k)%len(emojis)], n})
			n = n/3 + 1
		}
	}
	return m
}

// entities finds hashtags, mentions and links, as the platform does.
func entities(text string) []part {
	var parts []part
	add := func(kind, text string) {
		if text != "" {
			parts = append(parts, part{kind: kind, text: appendEscaped([]byte(nil), text)})
		}
	}
	rest := text
	for plain := 0; plain < len(rest); {
		kind := ""
		switch {
		case rest[plain] == '#':
			kind = "hashtag"
		case rest[plain] == '@':
			kind = "mention"
		case strings.HasPrefix(rest[plain:], "https://"):
			kind = "link"
		}
		if kind == "" || plain > 0 && !strings.ContainsRune(" \n", rune(rest[plain-1])) {
			plain++
			continue
		}
		end := strings.IndexAny(rest[plain:], " \n")
		if end < 0 {
			end = len(rest) - plain
		}
		add("plain", rest[:plain])
		add(kind, rest[plain:plain+end])
		rest, plain = rest[plain+end:], 0
	}
	add("plain", rest)
	return parts
}

// htmlExport writes a channel as Telegram Desktop's HTML. Unlike the JSON it
// gives the time of a forwarded message's original.
func (s *story) htmlExport(c *timeline) []written {
	folder := "exports/" + c.Handle + "-" + lastExport.Format("2006-01-02") + "-html/"
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!DOCTYPE html>
<html>

 <head>

  <meta charset="utf-8"/>
<title>Exported Data</title>
  <meta content="width=device-width, initial-scale=1.0" name="viewport"/>

  <link href="css/style.css" rel="stylesheet"/>

 </head>

 <body>

  <div class="page_wrap">

   <div class="page_header">

    <div class="content">

     <div class="text bold">
%s 
     </div>

    </div>

   </div>

   <div class="page_body chat_page">

    <div class="history">
`, html.EscapeString(c.Name))
	date, separators := "", 0
	details := func(id, text string) {
		fmt.Fprintf(&b, "\n     <div class=\"message service\" id=\"%s\">\n\n      <div class=\"body details\">\n%s\n      </div>\n\n     </div>\n", id, text)
	}
	userpic := func(name, class string) string {
		return fmt.Sprintf("\n      <div class=\"pull_left %suserpic_wrap\">\n\n       <div class=\"userpic userpic4\" style=\"width: 42px; height: 42px\">\n\n        <div class=\"initials\" style=\"line-height: 42px\">\n%s\n        </div>\n\n       </div>\n\n      </div>\n", class, html.EscapeString(string([]rune(name)[:1])))
	}
	for _, p := range c.posts {
		if p.deleted || p.gone {
			continue
		}
		if d := p.at.In(zone).Format("2 January 2006"); d != date {
			date = d
			separators--
			details("message"+strconv.Itoa(separators), d)
		}
		id := "message" + strconv.FormatInt(p.id, 10)
		if p.service != "" {
			text := "Channel &laquo;" + html.EscapeString(p.title) + "&raquo; created"
			if p.service == "edit_group_title" {
				text = "Channel title changed to &laquo;" + html.EscapeString(p.title) + "&raquo;"
			}
			details(id, text)
			continue
		}
		full := p.at.In(zone).Format("02.01.2006 15:04:05 UTC-07:00")
		fmt.Fprintf(&b, "\n     <div class=\"message default clearfix\" id=\"%s\">\n%s\n      <div class=\"body\">\n\n       <div class=\"pull_right date details\" title=\"%s\">\n%s\n       </div>\n\n       <div class=\"from_name\">\n%s \n       </div>\n",
			id, userpic(c.Name, ""), full, p.at.In(zone).Format("15:04"), html.EscapeString(c.Name))
		if p.fwd != nil {
			orig := p.fwdPost.at.In(zone)
			fmt.Fprintf(&b, "%s\n       <div class=\"forwarded body\">\n\n        <div class=\"from_name\">\n%s <span class=\"date details\" title=\"%s\"> %s</span>\n        </div>\n", userpic(p.fwd.Name, "forwarded "),
				html.EscapeString(p.fwd.Name), orig.Format("02.01.2006 15:04:05 UTC-07:00"), orig.Format("02.01.2006 15:04:05"))
		}
		if p.reply != nil {
			fmt.Fprintf(&b, "\n       <div class=\"reply_to details\">\nIn reply to <a href=\"#go_to_message%d\" onclick=\"return GoToMessage(%d)\">this message</a>\n       </div>\n", p.reply.id, p.reply.id)
		}
		if p.photo != "" {
			b.WriteString("\n       <div class=\"media_wrap clearfix\">\n\n        <div class=\"media clearfix pull_left media_photo\">\n\n         <div class=\"body\">\n\n          <div class=\"title bold\">\nPhoto\n          </div>\n\n          <div class=\"description\">\nNot included, change data exporting settings to download.\n          </div>\n\n         </div>\n\n        </div>\n\n       </div>\n")
		}
		if p.text != "" {
			fmt.Fprintf(&b, "\n       <div class=\"text\">\n%s\n       </div>\n", strings.ReplaceAll(html.EscapeString(p.text), "\n", "<br>"))
		}
		if p.fwd != nil {
			b.WriteString("\n       </div>\n")
		}
		b.WriteString("\n      </div>\n\n     </div>\n")
	}
	b.WriteString("\n    </div>\n\n   </div>\n\n  </div>\n\n </body>\n\n</html>\n")
	return []written{
		{folder + "messages.html", "Telegram Desktop export, HTML: " + c.Name, b.Bytes(), lastExport},
		{folder + "css/style.css", "style sheet of the HTML export", []byte("body {\n  font: 12px/18px 'Open Sans', sans-serif;\n}\n"), lastExport},
	}
}

// fourcatColumns are 4CAT's columns for Telegram, in its order.
var fourcatColumns = strings.Fields(`id thread_id chat author author_username author_name author_is_bot body reply_to views timestamp unix_timestamp
	timestamp_edited unix_timestamp_edited author_forwarded_from_name author_forwarded_from_username timestamp_forwarded_from
	unix_timestamp_forwarded_from attachment_type attachment_data attachment_filename`)

// fourcat writes a channel as 4CAT's CSV. "timestamp" is the local time of the
// 4CAT server, here UTC.
func (s *story) fourcat(c *timeline) ([]written, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{fourcatColumns}
	for _, p := range c.posts {
		if p.deleted || p.gone || p.service != "" {
			continue
		}
		r := newRNG(47, uint64(p.id))
		row := map[string]string{"id": strconv.FormatInt(p.id, 10), "thread_id": c.Handle, "chat": c.Handle, "author": strconv.FormatInt(c.ID, 10),
			"author_username": c.Handle, "author_name": c.Name, "author_is_bot": "no", "body": p.text, "views": strconv.Itoa(300 + r.n(40000)),
			"timestamp": p.at.UTC().Format("2006-01-02 15:04:05"), "unix_timestamp": strconv.FormatInt(p.at.Unix(), 10)}
		if p.reply != nil {
			row["reply_to"] = strconv.FormatInt(p.reply.id, 10)
		}
		if !p.edited.IsZero() {
			row["timestamp_edited"], row["unix_timestamp_edited"] = p.edited.UTC().Format("2006-01-02 15:04:05"), strconv.FormatInt(p.edited.Unix(), 10)
		}
		if p.fwd != nil {
			row["author_forwarded_from_name"], row["author_forwarded_from_username"] = p.fwd.Name, p.fwd.Handle
			row["timestamp_forwarded_from"] = p.fwdPost.at.UTC().Format("2006-01-02 15:04:05")
			row["unix_timestamp_forwarded_from"] = strconv.FormatInt(p.fwdPost.at.Unix(), 10)
		}
		if p.photo != "" {
			row["attachment_type"], row["attachment_filename"] = "photo", c.Handle+"-"+strconv.FormatInt(p.id, 10)+".jpeg"
			row["attachment_data"] = `{"id": ` + strconv.Itoa(6000000+r.n(900000)) + `, "dc_id": 4}`
		}
		line := make([]string, len(fourcatColumns))
		for k, col := range fourcatColumns {
			line[k] = row[col]
		}
		rows = append(rows, line)
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return []written{{"4cat/telegram-" + c.Handle + ".csv", "4CAT export, CSV: " + c.Name, b.Bytes(), lastExport}}, nil
}

// list returns the files as World names them.
func listFiles(files []written) []File {
	var list []File
	for _, f := range files {
		list = append(list, File{f.path, f.what})
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return list
}
