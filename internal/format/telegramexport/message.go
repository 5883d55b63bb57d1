package telegramexport

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// field names a member of a message that is understood. Members that are not
// listed are left alone: they stay in the archive.
type field uint8

const (
	fID field = iota
	fType
	fDate
	fDateUnix
	fEdited
	fEditedUnix
	fFrom
	fFromID
	fActor
	fActorID
	fAuthor
	fForwardedFrom
	fForwardedFromID
	fSavedFrom
	fReplyTo
	fReplyToPeer
	fText
	fTextEntities
	fPhoto
	fPhotoSize
	fFile
	fFileName
	fFileSize
	fMediaType
	fMimeType
	fWidth
	fHeight
	fDuration
	fContact
	fLocation
	fPlaceName
	fPoll
	fTodo
	fGameTitle
	fGameText
	fInvoice
	fGiveaway
	fGiveawayResults
	fPaidStars
	fReactions
	fViews
	fAction
	fInformation
	nFields
)

func fieldOf(key []byte) (field, bool) {
	switch string(key) {
	case "id":
		return fID, true
	case "type":
		return fType, true
	case "date":
		return fDate, true
	case "date_unixtime":
		return fDateUnix, true
	case "edited":
		return fEdited, true
	case "edited_unixtime":
		return fEditedUnix, true
	case "from":
		return fFrom, true
	case "from_id":
		return fFromID, true
	case "actor":
		return fActor, true
	case "actor_id":
		return fActorID, true
	case "author":
		return fAuthor, true
	case "forwarded_from":
		return fForwardedFrom, true
	case "forwarded_from_id":
		return fForwardedFromID, true
	case "saved_from":
		return fSavedFrom, true
	case "reply_to_message_id":
		return fReplyTo, true
	case "reply_to_peer_id":
		return fReplyToPeer, true
	case "text":
		return fText, true
	case "text_entities":
		return fTextEntities, true
	case "photo":
		return fPhoto, true
	case "photo_file_size":
		return fPhotoSize, true
	case "file":
		return fFile, true
	case "file_name":
		return fFileName, true
	case "file_size":
		return fFileSize, true
	case "media_type":
		return fMediaType, true
	case "mime_type":
		return fMimeType, true
	case "width":
		return fWidth, true
	case "height":
		return fHeight, true
	case "duration_seconds":
		return fDuration, true
	case "contact_information":
		return fContact, true
	case "location_information":
		return fLocation, true
	case "place_name":
		return fPlaceName, true
	case "poll":
		return fPoll, true
	case "todo_list":
		return fTodo, true
	case "game_title":
		return fGameTitle, true
	case "game_description":
		return fGameText, true
	case "invoice_information":
		return fInvoice, true
	case "giveaway_information":
		return fGiveaway, true
	case "giveaway_results":
		return fGiveawayResults, true
	case "paid_stars_amount":
		return fPaidStars, true
	case "reactions":
		return fReactions, true
	case "views":
		return fViews, true
	case "action":
		return fAction, true
	case "information_text":
		return fInformation, true
	}
	return 0, false
}

// A decoder reads one message object after the other into the same reading.
type decoder struct {
	zone  *time.Location
	names names

	d       defects
	unknown bool   // parts that this version cannot read
	raw     []byte // the message object
	have    uint64
	values  [nFields]value
	others  [][]byte // keys that are not understood, to find doubled ones

	text     []byte // the text so far
	scratch  []byte
	parts    []part
	entities []part
	forward  record.Forward
	r        record.Reading
}

// decode reads the message object b of chat c. It returns false if b is no
// object or no message. The reading is valid until the next call.
func (x *decoder) decode(b []byte, c *chat) (*record.Reading, bool) {
	if !x.split(b) {
		return nil, false
	}
	x.r = record.Reading{Kind: record.Post, Entities: x.r.Entities[:0], Media: x.r.Media[:0],
		Reactions: x.r.Reactions[:0], Flags: x.r.Flags[:0]}
	x.text = x.text[:0]
	if cap(x.text)+cap(x.scratch) > 2*windowSize { // a giant was here
		x.text, x.scratch = nil, nil
	}

	switch x.word(fType) {
	case "message":
	case "service":
		x.r.Kind = record.Service
	case "":
		x.unknown = x.unknown || x.has(fType)
	default: // "unsupported", and what is yet to come
		x.unknown = true
	}
	x.identify()
	x.times()
	x.parties(c)
	x.body()
	x.media(c)
	if x.r.Kind == record.Service {
		x.service()
	}
	x.feedback()

	if len(x.text) > format.MaxText {
		x.d |= tooLong
		x.text = bytes.ToValidUTF8(x.text[:format.MaxText], nil)
	}
	x.r.Text = string(x.text)
	x.flags()
	return &x.r, true
}

// split finds the members of b. Of a doubled member the last counts, as with
// most readers.
func (x *decoder) split(b []byte) bool {
	x.raw, x.d, x.unknown, x.have, x.others = b, 0, false, 0, x.others[:0]
	m := members{b: b, d: &x.d}
	for m.next() {
		key := m.key
		if bytes.IndexByte(key, '\\') >= 0 {
			key = unquote(nil, key, &x.d)
		}
		f, ok := fieldOf(key)
		if !ok {
			x.other(key)
			continue
		}
		if x.has(f) {
			x.d |= duplicateKey
		}
		x.have |= 1 << f
		x.values[f] = m.val
	}
	return !m.fail && x.have&(1<<fID|1<<fDate|1<<fDateUnix|1<<fText) != 0
}

// other notes a member that is not understood; a bomb of keys is not followed
// beyond the first few.
func (x *decoder) other(key []byte) {
	const enough = 48
	if len(x.others) == enough {
		return
	}
	for _, k := range x.others {
		if bytes.Equal(k, key) {
			x.d |= duplicateKey
		}
	}
	x.others = append(x.others, key)
}

func (x *decoder) has(f field) bool { return x.have&(1<<f) != 0 }

// get returns a member that is there and not null.
func (x *decoder) get(f field) (value, bool) {
	if !x.has(f) || x.values[f].kind == 'n' {
		return value{}, false
	}
	return x.values[f], true
}

// maxString is the longest member other than the text that is taken, in bytes.
const maxString = 1 << 20

// str returns a member that should be a string, decoded. The bytes are valid
// until the next call.
func (x *decoder) str(f field) []byte {
	v, ok := x.get(f)
	if !ok {
		return nil
	}
	if v.kind != '"' {
		x.unknown = true
		return nil
	}
	if len(v.raw) > maxString {
		x.unknown = true
		return nil
	}
	x.scratch = unquote(x.scratch[:0], v.raw, &x.d)
	return x.scratch
}

// word returns a string member from a small set of values.
func (x *decoder) word(f field) string { return x.names.get(x.str(f)).text }

// integer returns a member that should be a whole number, as a number or in a
// string.
func (x *decoder) integer(f field) (int64, bool) {
	v, ok := x.get(f)
	if !ok {
		return 0, false
	}
	n, ok := parseInt(v)
	if !ok {
		x.unknown = true
	}
	return n, ok
}

func parseInt(v value) (int64, bool) {
	if v.kind != '0' && v.kind != '"' || len(v.raw) == 0 || len(v.raw) > 20 {
		return 0, false
	}
	raw, negative := v.raw, v.raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	if len(raw) == 0 || len(raw) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// id is the message's number; false if it has none.
func (x *decoder) id() (int64, bool) {
	v, ok := x.get(fID)
	if !ok {
		return 0, false
	}
	return parseInt(v)
}

func (x *decoder) identify() {
	if n, ok := x.id(); ok {
		x.r.ExternalID = strconv.FormatInt(n, 10)
	} else {
		x.unknown = true
	}
	// An answer to a message of another chat has no place in this one.
	if !x.has(fReplyToPeer) {
		if n, ok := x.integer(fReplyTo); ok {
			x.r.ReplyTo = strconv.FormatInt(n, 10)
		}
	}
}

func (x *decoder) times() {
	x.r.Posted = x.when(fDateUnix, fDate)
	edited := x.when(fEditedUnix, fEdited)
	if edited.Unix >= 2*86400 { // old versions wrote "not edited" as 1970 in local time
		x.r.Edited = edited
	}
}

// when reads a time that is given twice, as seconds since 1970 and as a local
// time without its zone. The seconds count.
func (x *decoder) when(unix, local field) record.When {
	sec, exact := x.integer(unix)
	clock, zoned, ok := parseClock(x.str(local))
	if x.has(local) && !ok {
		x.unknown = true
	}
	switch {
	case exact:
		// The exporting computer's zone is unknown, but every zone is a whole
		// number of quarter hours between -12 and +14 hours from UTC.
		if off := clock - sec; ok && !zoned && (off%900 != 0 || off < -12*3600 || off > 14*3600) || ok && zoned && off != 0 {
			x.flag(record.FlagClockConflict)
		}
		return record.AtUnix(sec)
	case ok && zoned:
		return record.AtUnix(clock)
	case ok:
		x.flag(record.FlagNoZone)
		return localTime(clock, x.zone)
	}
	return record.When{}
}

// localTime reads a clock (seconds since 1970 as if the zone were UTC) in loc.
func localTime(clock int64, loc *time.Location) record.When {
	u := time.Unix(clock, 0).UTC()
	t := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), 0, loc)
	w := record.At(t)
	w.NoZone = true
	return w
}

// parseClock reads "2021-02-26T14:03:11", with or without a zone. Without one
// the result is the clock's reading as if the zone were UTC.
func parseClock(b []byte) (sec int64, zoned, ok bool) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return 0, false, false
	}
	num := func(i, n int) int {
		v := 0
		for _, c := range b[i : i+n] {
			if c < '0' || c > '9' {
				return 1 << 20
			}
			v = 10*v + int(c-'0')
		}
		return v
	}
	y, mo, d, h, mi, s := num(0, 4), num(5, 2), num(8, 2), num(11, 2), num(14, 2), num(17, 2)
	if y > 9999 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60 {
		return 0, false, false
	}
	sec = daysSince1970(y, mo, d)*86400 + int64(h*3600+mi*60+s)
	if len(b) == 19 {
		return sec, false, true
	}
	t, err := time.Parse(time.RFC3339, string(b))
	return t.Unix(), true, err == nil
}

// daysSince1970 counts days in the proleptic Gregorian calendar; years begin
// in March, so that the leap day is the last.
func daysSince1970(y, m, d int) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	return int64(365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468)
}

func (x *decoder) parties(c *chat) {
	from, fromID := fFrom, fFromID
	if x.r.Kind == record.Service && x.has(fActorID) {
		from, fromID = fActor, fActorID
	}
	x.r.Sender = x.party(from, fromID)
	if c.is([]byte(x.r.Sender.ID)) || x.r.Sender.ID == "" && x.r.Sender.Name == c.name {
		x.r.Sender = record.Party{}
	} else if x.r.Sender.ID == "" && x.r.Sender.Name != "" {
		x.r.Sender.Person = !c.isChannel()
	}
	if author := x.str(fAuthor); len(author) > 0 && x.r.Sender == (record.Party{}) {
		x.r.Sender = record.Party{Name: x.name(author), Person: true}
	}

	switch {
	case x.has(fForwardedFrom) || x.has(fForwardedFromID):
		x.forward = record.Forward{From: x.party(fForwardedFrom, fForwardedFromID)}
		x.r.Forward = &x.forward
	case x.has(fSavedFrom):
		x.forward = record.Forward{From: x.party(fSavedFrom, nFields)}
		x.r.Forward = &x.forward
	default:
		return
	}
	if x.forward.From.ID == "" {
		x.flag(record.FlagForwardByName)
	}
}

// party reads a name and a peer id. A name that is null is a deleted account.
func (x *decoder) party(name, id field) record.Party {
	p := record.Party{Name: x.name(x.str(name))}
	if id == nFields {
		return p
	}
	v, ok := x.get(id)
	if !ok {
		return p
	}
	if v.kind == '"' {
		p.ID = x.names.get(x.str(id)).text
	} else if n, ok := parseInt(v); ok {
		// Before 2021: a number with the peer's type in bits 32 and up.
		var num [32]byte
		switch n >> 32 {
		case 1:
			p.ID = x.names.get(strconv.AppendInt(append(num[:0], "user"...), n&(1<<32-1), 10)).text
		case 2:
			p.ID = x.names.get(strconv.AppendInt(append(num[:0], "channel"...), n&(1<<32-1), 10)).text
		default:
			p.ID = x.names.get(strconv.AppendInt(append(num[:0], "peer"...), n, 10)).text
		}
	} else {
		x.unknown = true
	}
	p.Person = strings.HasPrefix(p.ID, "user")
	return p
}

// name returns a display name and notes invisible direction controls in it.
func (x *decoder) name(b []byte) string {
	n := x.names.get(b)
	if n.bidi {
		x.flag(record.FlagBidiControls)
	}
	return n.text
}

// feedback reads reactions and views.
func (x *decoder) feedback() {
	if n, ok := x.integer(fViews); ok {
		x.r.Views = max(n, 0)
	}
	v, ok := x.get(fReactions)
	if !ok {
		return
	}
	if v.kind != '[' {
		x.unknown = true
		return
	}
	m := walk(v, &x.d)
	for m.next() {
		if m.val.kind != '{' || len(x.r.Reactions) == maxParts {
			x.unknown = true
			continue
		}
		var one record.Reaction
		var seen uint8
		for o := walk(m.val, &x.d); o.next(); {
			switch string(o.key) {
			case "type":
				if string(o.val.raw) == "paid" && one.What == "" {
					one.What = "paid"
				}
				x.once(&seen, 1)
			case "emoji", "document_id":
				if o.val.kind == '"' {
					x.scratch = unquote(x.scratch[:0], o.val.raw, &x.d)
					one.What = x.names.get(x.scratch).text
				}
				x.once(&seen, 2)
			case "count":
				if n, ok := parseInt(o.val); ok {
					one.Count = n
				}
				x.once(&seen, 4)
			}
		}
		if one.What == "" {
			x.unknown = true
			continue
		}
		x.r.Reactions = append(x.r.Reactions, one)
	}
}

// once notes a member that comes twice in a nested object.
func (x *decoder) once(seen *uint8, bit uint8) {
	if *seen&bit != 0 {
		x.d |= duplicateKey
	}
	*seen |= bit
}

func (x *decoder) flag(f record.Flag) {
	for _, g := range x.r.Flags {
		if f == g {
			return
		}
	}
	x.r.Flags = append(x.r.Flags, f)
}

// flags turns the defects met into flags, in a fixed order.
func (x *decoder) flags() {
	for _, f := range [...]struct {
		d defects
		f record.Flag
	}{
		{badUTF8, record.FlagInvalidUTF8}, {controlEscape, record.FlagControlEscape}, {loneSurrogate, record.FlagLoneSurrogate},
		{duplicateKey, record.FlagDuplicateKey}, {badEscape | missingComma | tooLong, record.FlagUnknownParts},
	} {
		if x.d&f.d != 0 {
			x.flag(f.f)
		}
	}
	if x.unknown {
		x.flag(record.FlagUnknownParts)
	}
}

// names keeps strings that come again and again (display names, peer ids,
// media types, reactions), so that they are made once.
type names struct{ m map[string]name }

type name struct {
	text string
	bidi bool // has invisible direction controls
}

const (
	maxNames   = 8192
	maxNameLen = 512
)

func (n *names) get(b []byte) name {
	if len(b) == 0 {
		return name{}
	}
	if known, ok := n.m[string(b)]; ok {
		return known
	}
	made := name{text: string(b), bidi: hasBidiControls(string(b))}
	if len(b) <= maxNameLen {
		if n.m == nil || len(n.m) >= maxNames {
			n.m = make(map[string]name)
		}
		n.m[made.text] = made
	}
	return made
}

// hasBidiControls reports embeddings, overrides and isolates (U+202A-202E,
// U+2066-2069): in a name or file name they make it look like another.
func hasBidiControls(s string) bool {
	for {
		i := strings.IndexByte(s, 0xe2)
		if i < 0 || i+2 >= len(s) {
			return false
		}
		c := s[i+2]
		if s[i+1] == 0x80 && c >= 0xaa && c <= 0xae || s[i+1] == 0x81 && c >= 0xa6 && c <= 0xa9 {
			return true
		}
		s = s[i+1:]
	}
}
