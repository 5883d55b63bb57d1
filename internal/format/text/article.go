package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// hints is what is known about a text besides its bytes.
type hints struct {
	markdown bool
	settings format.Settings
}

// article is a text taken apart. Every line of the source is in exactly one of
// the page's title, byline, text, credits or references, in a comment, or is
// furniture of the web page it was copied from ("Share", "Sign up").
type article struct {
	page     record.Reading
	comments []record.Reading
}

// parse takes the parts off from the outside in: front matter, head (title,
// byline, dates), tail (references, comments), image credits. What is left is
// the body.
func parse(src source, h hints) article {
	a := article{page: record.Reading{
		Kind: record.Article, URL: h.settings.URL, ExternalID: h.settings.URL, Flags: src.flags,
	}}
	lines := src.lines
	if h.markdown {
		lines = a.frontMatter(lines, h)
	}
	lines, tail := a.references(lines)
	tail = a.readerComments(tail, h)
	if len(a.comments) == 0 {
		lines, a.comments = announcedComments(lines, h)
	}
	lines = append(lines, tail...)
	lines = a.head(lines, h)
	lines = a.credits(lines)
	a.page.Text = body(lines, h.markdown)
	a.page.Entities = noteMarks(a.page.Text, len(a.page.Refs))
	if !a.shaped() {
		a.page.Kind = record.Document
	}
	for i := range a.comments {
		a.comments[i].Parent = a.page.ExternalID
		a.comments[i].Flags = append(a.comments[i].Flags, src.flags...)
	}
	return a
}

// shaped reports whether the text looks like something an outlet published,
// and not like a list or a log.
func (a *article) shaped() bool {
	if a.page.Byline != "" || a.page.Posted.Known() || len(a.page.Refs) > 0 || len(a.comments) > 0 {
		return true
	}
	prose := 0
	for p := range strings.SplitSeq(a.page.Text, "\n") {
		if n := utf8.RuneCountInString(p); n >= 80 && strings.Count(p, " ")*12 >= n {
			prose++
		}
	}
	return prose >= 2 || a.page.Title != "" && prose == 1
}

// head takes title, byline and dates off the top. At most headLines lines are
// looked at: further down, a short line is a heading of a section.
func (a *article) head(lines []line, h hints) []line {
	const headLines = 8
	var kept []line
	i := next(lines, 0)
	if a.page.Title == "" && i < len(lines) && titleLike(lines, i, h.markdown) {
		title := unmark(lines[i].text)
		i++
		if j := next(lines, i); j < len(lines) {
			if again := unmark(lines[j].text); sameTitle(title, again) {
				title, i = again, j+1
			}
		}
		a.page.Title = title
	}
	for seen := 0; i < len(lines) && seen < headLines; i++ {
		l := lines[i]
		if l.blank() {
			kept = append(kept, l)
			continue
		}
		seen++
		if utf8.RuneCountInString(l.text) > 160 { // the body has begun
			a.dateline(l.text, h)
			break
		}
		if !a.headLine(unmark(l.text), h) {
			kept = append(kept, l)
		}
	}
	return append(kept, lines[i:]...)
}

// next returns the index of the first line at or after i that is not blank.
func next(lines []line, i int) int {
	for i < len(lines) && lines[i].blank() {
		i++
	}
	return i
}

// labels are what a text puts before its first sentence: not a title.
var labels = format.NewPattern(`(?i)^(abstract|summary|key points|introduction|ملخص|الملخص|چکیده|خلاصه|תקציר)\s*[:：]`)

// titleLike reports whether line i can be a headline: short, and not a sentence
// of the body. A headline that ends with a full stop is believed when the text
// below it is of another script, or is a paragraph clearly longer than it.
func titleLike(lines []line, i int, markdown bool) bool {
	t := lines[i].text
	if markdown && strings.HasPrefix(t, "# ") {
		return true
	}
	t = unmark(t)
	n := utf8.RuneCountInString(t)
	if n == 0 || n > 200 || labels.MatchString(t) || isURL(t) || creditLike(t) {
		return false
	}
	j := next(lines, i+1)
	if j >= len(lines) {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(t, `"”'’»)`))
	switch last {
	case '.', '۔', ':', '،', ',', ';', '؛':
		below := lines[j].text
		return last == '.' && n <= 120 && strings.Count(t, ". ") == 0 &&
			(script(t) != script(below) || utf8.RuneCountInString(below) >= 3*n)
	}
	return true
}

// sameTitle reports whether a line repeats the title of the browser window,
// which carries the outlet's name behind a dash.
func sameTitle(window, again string) bool {
	w, g := flatDash(window), flatDash(again)
	if w == g {
		return true
	}
	rest, ok := strings.CutPrefix(w, g)
	rest = strings.TrimSpace(rest)
	return ok && len(g) >= 12 && rest != "" && strings.ContainsRune("-|·:«»", []rune(rest)[0])
}

// flatDash makes the different dashes and quotation marks of two printings equal.
func flatDash(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Pd, r):
			return '-'
		case r == '’' || r == '‘':
			return '\''
		case r == '“' || r == '”':
			return '"'
		}
		return unicode.ToLower(r)
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// unmark takes Markdown's heading signs, emphasis around a whole line and stray
// signs of copying ("`", "•") off a line.
func unmark(s string) string {
	s = strings.TrimSpace(strings.TrimLeft(s, "#`>•*_ \t"))
	return strings.TrimSpace(strings.TrimRight(s, "#`*_ \t"))
}

var (
	byline = format.NewPattern(`(?i)^(?:(?:story |text |report |words )?by|written by|reported by|author|authors|بقلم|كتب|كتبه|كتبت|الكاتب|إعداد|نویسنده|به قلم|نوشته|گزارش از|מאת|נכתב על ידי|פון|von|yazan|nivîskar|نووسەر|تحریر)\s*[:：]?\s+(.+)$`)
	edited = format.NewPattern(`(?i)^(?:last )?(?:updated|modified|edited)|آخر تحديث|تم التحديث|به\x{200c}روزرسانی|بروزرسانی|עודכן|güncelleme`)
)

// headLine takes one short line of the head and reports whether it was a
// byline or a date and nothing else.
func (a *article) headLine(s string, h hints) bool {
	if utf8.RuneCountInString(s) > 120 {
		return false
	}
	rest := s
	took := false
	if m := byline.FindStringSubmatch(s); m != nil && a.page.Byline == "" && !strings.HasSuffix(s, ".") && len(strings.Fields(m[1])) <= 14 {
		name, after := cutAny(m[1], "|•·–—")
		if when, _ := onlyDate(name, h); !when.Known() && startsName(name) {
			a.page.Byline, rest, took = strings.TrimSpace(name), after, true
			if rest == "" {
				return true
			}
		}
	}
	for rest != "" {
		var part string
		part, rest = cutAny(rest, "|•·")
		when, ok := onlyDate(part, h)
		switch {
		case !ok:
			if !took {
				return false
			}
		case edited.MatchString(part) && !a.page.Edited.Known():
			a.page.Edited, took = when, true
		case !a.page.Posted.Known():
			a.page.Posted, took = when, true
			a.zone(when)
		}
	}
	return took
}

// startsName keeps "by the river" from becoming a byline: a name begins with a
// capital, or is of a script that has none.
func startsName(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	return unicode.IsUpper(r) || unicode.Is(unicode.Lo, r) || r == '@'
}

func (a *article) zone(w record.When) {
	if w.NoZone && w.Precision >= record.ToMinute {
		a.page.Flags = append(a.page.Flags, record.FlagNoZone)
	}
}

// cutAny splits s at the first of the separators.
func cutAny(s, seps string) (before, after string) {
	if i := strings.IndexAny(s, seps); i >= 0 {
		_, n := utf8.DecodeRuneInString(s[i:])
		return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+n:])
	}
	return strings.TrimSpace(s), ""
}

// datelineDash is the dash that ends "HARSIN, 4 March 2031 (Agency) —".
var datelineDash = format.NewPattern(`^[^.!?؟\n]{4,90}?\s(?:—|–|--|-|ـ)\s`)

// dateline takes the date of an agency's dateline in the body's first
// paragraph. The text stays as it is.
func (a *article) dateline(s string, h hints) {
	if a.page.Posted.Known() {
		return
	}
	if m := datelineDash.FindString(s); m != "" {
		if w := firstDate(m, h); w.Known() {
			a.page.Posted = w
		}
	}
}

// script names the script of the first letter that has one.
func script(s string) string {
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Latin, r):
			return "latin"
		case unicode.Is(unicode.Arabic, r):
			return "arabic"
		case unicode.Is(unicode.Hebrew, r):
			return "hebrew"
		case unicode.IsLetter(r):
			return "other"
		}
	}
	return ""
}

func isURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "www.")
}

// furniture are lines that a web page shows around an article. They are only
// taken for it when they are the whole line.
var furniture = format.NewPattern(`(?i)^(?:share(?: this)?(?: article| post)?|tweet|print|e-?mail|copy link|subscribe(?: now)?|sign up|sign in|log in|stay informed|newsletter|gallery|videos?|photos|related(?: articles| posts| stories)?|read more|see more|load more|advertisement|skip to (?:main )?content|menu|home|follow us|leave a (?:reply|comment)|reply|like|report|sign up to receive .{1,60}|subscribe to .{1,60}|accept(?: all)? cookies|مشاركة|شارك|طباعة|اقرأ أيضا|مواضيع ذات صلة|اشترك|فيديو|صور|اشتراک|چاپ|همرسانی|بیشتر بخوانید|مطالب مرتبط|گالری|ویدیو|גלריה|גאלערי|וידאו|ווידעאס|שיתוף|paylaş|galeri)\s*[.:]?$`)

// body joins the lines that are left. In Markdown a paragraph may run over
// several lines; elsewhere a line is a paragraph, unless the whole text is
// broken at a fixed width.
func body(lines []line, markdown bool) string {
	var b strings.Builder
	join := markdown || hardWrapped(lines)
	open := false
	for _, l := range lines {
		t := l.text
		if t == "" || furniture.MatchString(t) && utf8.RuneCountInString(t) <= 80 {
			open = false
			continue
		}
		heading := markdown && strings.HasPrefix(t, "#")
		if markdown {
			t = plainMarkdown(t)
			if t == "" {
				open = false
				continue
			}
		}
		switch {
		case b.Len() == 0:
		case join && open && !heading && !listItem(l.text):
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
		}
		b.WriteString(t)
		open = !heading
	}
	return b.String()
}

// hardWrapped reports whether lines were broken at a fixed width, as mail and
// old terminals do: most lines inside a paragraph are nearly as long as the
// longest, and none is longer than 100 characters.
func hardWrapped(lines []line) bool {
	longest, inner, full := 0, 0, 0
	for _, l := range lines {
		longest = max(longest, utf8.RuneCountInString(l.text))
	}
	if longest > 100 || longest < 50 {
		return false
	}
	for i := 0; i+1 < len(lines); i++ {
		if lines[i].blank() || lines[i+1].blank() {
			continue
		}
		inner++
		if utf8.RuneCountInString(lines[i].text) >= longest*3/4 {
			full++
		}
	}
	return inner >= 4 && full*10 >= inner*8
}

var item = format.NewPattern(`^(?:[-*+•]|\d{1,3}[.)])\s`)

func listItem(s string) bool { return item.MatchString(s) }
