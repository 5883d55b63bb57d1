package web

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// functions are what templates may call. None of them returns markup, but for
// the drawing of a strip.
func (s *server) functions(l *tongue) template.FuncMap {
	return template.FuncMap{
		"t":         l.phrase,
		"relations": relationOptions,
		"tongues":   func() []*tongue { return s.tongues },
		"say":       l.say,
		"n": func(v any) string {
			if n, ok := whole(v); ok {
				return l.number(n)
			}
			return ""
		},
		"count":    l.count,
		"countx":   l.figure,
		"bidi":     bidi,
		"machine":  machine,
		"bytes":    l.size,
		"when":     s.when,
		"clock":    s.clock,
		"seconds":  func(sec int64) moment { return s.seconds(l, sec) },
		"exact":    func(sec int64) moment { return s.when(desk.WhenOf(sec)) },
		"lang":     func(tag string) string { return l.t(languageName(tag)) },
		"kind":     kindWord,
		"party":    party,
		"short":    func(text string) string { return shortened(text, 80) },
		"whole":    func(st record.Statement) block { return prose(st.Text, st.Lang, st.Entities, false) },
		"viewable": picture,
		"runeName": runeName,
		"strip":    drawn,
		"chart":    drawn,
		"ordinal":  l.ordinal,
		"pvalue":   l.pvalue,
		"slot":     slotWord,
		"keys":     everywhereKeys,
		"action":   actionWords,
		"pieces":   l.pieces,
		"told":     func(text string) []query.Piece { return l.pieces(phrase{Text: text}) },
		"fill":     func(p phrase) string { return l.t(p.Text, p.Fill...) },
		"statement": func(leaf uint64) string {
			return s.desk.Case.IDs.ID(record.KindStatement, leaf)
		},
		"source":  func(leaf uint64) string { return s.desk.Case.IDs.ID(record.KindSource, leaf) },
		"capture": func(leaf uint64) string { return s.desk.Case.IDs.ID(record.KindCapture, leaf) },
		"run":     func(leaf uint64) string { return s.desk.Case.IDs.ID(record.KindRun, leaf) },
	}
}

// moment is a time as a page shows it: in the case's zone, with the same in UTC
// for machines and for the title. Machine is "" when no time is stated.
type moment struct {
	Local, UTC, Machine string
	NoZone              bool // the source printed no zone
}

func (s *server) when(w record.When) moment {
	if !w.Known() {
		return moment{Local: key("time not stated")}
	}
	m, _ := w.MarshalText() // of a known time never fails
	t := moment{Local: w.In(s.zone), UTC: w.In(time.UTC) + " UTC", Machine: string(m), NoZone: w.NoZone}
	if w.Precision < record.ToMinute {
		t.UTC = exactTo(w.Precision)
	}
	return t
}

// exactTo says how exact a time is that is not so to the minute.
func exactTo(p record.Precision) string {
	words := map[record.Precision]string{record.ToYear: key("exact to the year"), record.ToMonth: key("exact to the month"), record.ToDay: key("exact to the day")}
	return cmp.Or(words[p], "exact to the "+p.String())
}

// clock is our own clock, in milliseconds.
func (s *server) clock(ms int64) moment { return s.when(record.AtUnix(ms / 1000)) }

// seconds is a catalog's time: seconds, or none.
func (s *server) seconds(l *tongue, sec int64) moment {
	if sec == record.NoSeconds {
		return moment{Local: "—"}
	}
	w := record.AtUnix(sec)
	w.Precision = record.ToDay
	t := s.when(w)
	t.Local = l.isolated(l.date(time.Unix(sec, 0).In(s.zone), true, true))
	t.UTC = time.Unix(sec, 0).UTC().Format("2006-01-02 15:04:05") + " UTC"
	return t
}

// zoneName says which zone times are shown in: "Asia/Baghdad (UTC+3)".
func zoneName(loc *time.Location, now time.Time) string {
	offset := now.In(loc).Format("-07:00")
	offset = strings.TrimSuffix(strings.Replace(offset, "-", "−", 1), ":00")
	offset = strings.NewReplacer("+0", "+", "−0", "−").Replace(offset)
	if offset == "+0" {
		return "UTC"
	}
	if strings.HasPrefix(loc.String(), "Etc/") { // its sign means the opposite of what people read
		return "UTC" + offset
	}
	return loc.String() + " (UTC" + offset + ")"
}

// number groups the digits of a whole number.
func number[T int | int64 | uint64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// languageName is the English name of a language, or its tag.
func languageName(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	names := map[string]string{"ar": key("Arabic"), "fa": key("Persian"), "ckb": key("Sorani"), "kmr": key("Kurmanji"), "ku": key("Kurdish"), "ur": key("Urdu"),
		"he": key("Hebrew"), "yi": key("Yiddish"), "en": key("English"), "tr": key("Turkish"), "ps": key("Pashto"), "fr": key("French"), "de": key("German"),
		"ru": key("Russian"), "uk": key("Ukrainian"), "es": key("Spanish"), "it": key("Italian"), "pt": key("Portuguese"), "nl": key("Dutch"), "id": key("Indonesian"),
		"sv": key("Swedish"), "az": key("Azerbaijani"), "ug": key("Uyghur"), "und": key("language not known"), "": key("language not known")}
	if n := names[base]; n != "" {
		return n
	}
	return tag
}

// flagWords explain a flag to somebody who has to rely on the statement.
func flagWords(f record.Flag) string {
	switch f {
	case record.FlagInvalidUTF8:
		return key("Some bytes of the text are not valid UTF-8. They are shown as � here; the captured file has them as they were.")
	case record.FlagDuplicateKey:
		return key("The file states one property of this statement twice. Readers disagree which of them counts.")
	case record.FlagControlEscape:
		return key("The file holds control characters written in a way that is not valid JSON, a known defect of the exporting program. They were read all the same.")
	case record.FlagNoZone:
		return key("The source states a time without its zone. It was read in the time zone of this case.")
	case record.FlagClockConflict:
		return key("Two places of the file give different times for this statement.")
	case record.FlagTextConflict:
		return key("Two places of the file give different texts for this statement.")
	case record.FlagDerivedText:
		return key("The text was extracted by software. Check it against the page before relying on it.")
	case record.FlagDuplicateID:
		return key("Two messages of one export share this id.")
	case record.FlagTruncated:
		return key("The file ends inside this statement: it was cut off before it came here.")
	case record.FlagLoneSurrogate:
		return key("A character of the text is only half there in the file.")
	case record.FlagUnknownParts:
		return key("The file says more about this statement than this version can read.")
	case record.FlagBidiControls:
		return key("A name or title holds invisible characters that change the order in which text is shown. They are spelled out here.")
	case record.FlagNotReadAgain:
		return key("Today's reader does not find in the file what an earlier one read there. The file itself is unchanged.")
	case record.FlagForwardByName:
		return key("It was forwarded from a display name. The export gives no id, so who that is remains a matter of names.")
	}
	return string(f)
}

// whyWords say by which rule a word of the query met a word of the text.
func whyWords(how string) string {
	switch how {
	case "word":
		return key("the same word")
	case "phrase":
		return key("the same words in this order")
	case "spelling":
		return key("another spelling")
	case "article":
		return key("with an article or a particle joined to it")
	case "name":
		return key("the same name in another script")
	case "near":
		return key("near each other")
	case "start":
		return key("begins so")
	case "fuzzy":
		return key("nearly so spelt")
	}
	return how
}

// kindWords say what sort of thing a statement is.
func kindWords() map[string]string {
	return map[string]string{"post": key("post"), "service": key("service message"), "article": key("article"), "comment": key("comment"),
		"document": key("document"), "image": key("image"), "record": key("record of a table")}
}

func kindWord(k record.StatementKind) string { return cmp.Or(kindWords()[string(k)], string(k)) }

// actionWords say what was done.
func actionWords(action string) string {
	words := map[string]string{"import": key("imported"), "save-search": key("saved a search"), "drop-search": key("dropped a saved search"), "open": key("opened a masked name in"), "capture": key("captured"), "ocr": key("read the text in pictures of"),
		"withdraw": key("withdrew"), "restore": key("restored"), "erase-request": key("asked to erase"), "erase": key("had erased"),
		"restrict": key("restricted"), "lift-restriction": key("lifted the restriction of"), "mark-public": key("marked as public"), "undo": key("took back"),
		"keep": key("kept"), "dismiss": key("found not relevant"), "duplicate": key("marked as a duplicate"), "later": key("put off"), "reopen": key("opened again"),
		"edit": key("took over a sheet about"), "label": key("labelled"), "unlabel": key("took a label off"), "assign": key("assigned"), "unassign": key("assigned to nobody"), "shield": key("masked a name in"), "unshield": key("showed a name again in"),
		"translate": key("translated"), "review-translation": key("reviewed the translation"), "merge": key("put into a family"), "split": key("took out of its family"), "issuer": key("marked as an issuer’s own channel"), "grade": key("graded")}
	if w := words[action]; w != "" {
		return w
	}
	return action
}

// sourceKind says what sort of publisher a source is.
func sourceKind(s record.Source) string {
	switch s.Platform {
	case "telegram":
		switch s.Type {
		case record.Channel:
			return key("Telegram channel")
		case record.Group:
			return key("Telegram group")
		case record.PrivateIM:
			return key("Telegram private chat")
		}
	case "web", "file", "": // the word says as much
	default:
		return s.Platform + " " + string(s.Type)
	}
	words := map[record.SourceType]string{record.Channel: key("channel"), record.Group: key("group"), record.PrivateIM: key("private chat"),
		record.Outlet: key("outlet"), record.Folder: key("folder of files"), record.Table: key("table")}
	return cmp.Or(words[s.Type], string(s.Type))
}

// gapWords say what could not be seen, as one sentence's end: "ids 210–214 were
// never seen".
func (s *server) gapWords(g record.Gap) phrase {
	if g.First != "" {
		if g.First == g.Last {
			return phrase{key("id {first} was never seen"), []string{"first", g.First}}
		}
		return phrase{key("ids {first}–{last} were never seen"), []string{"first", g.First, "last", g.Last}}
	}
	at := func(sec int64) string { return record.AtUnix(sec).In(s.zone)[:16] }
	switch {
	case g.To == record.NoSeconds && g.From == record.NoSeconds:
		return phrase{Text: key("nothing could be seen")}
	case g.To == record.NoSeconds:
		return phrase{key("nothing could be seen from {from} on"), []string{"from", at(g.From)}}
	case g.From == record.NoSeconds:
		return phrase{key("nothing could be seen until {to}"), []string{"to", at(g.To)}}
	}
	return phrase{key("nothing could be seen from {from} to {to}"), []string{"from", at(g.From), "to", at(g.To)}}
}

// byCount lists the keys of a tally, most first.
func byCount(m map[string]int64) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if m[a] != m[b] {
			return int(m[b] - m[a])
		}
		return strings.Compare(a, b)
	})
	return keys
}
