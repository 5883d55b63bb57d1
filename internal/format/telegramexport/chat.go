package telegramexport

import (
	"strconv"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// A chat is what an export says about one chat before and beside its messages.
type chat struct {
	id   int64 // 0: not stated
	name string
	typ  string // Telegram Desktop's word

	covered coverage
	ids     idSet
}

// own reports whether the chat is the exporting account's own correspondence.
func (c *chat) own() bool {
	switch c.typ {
	case "personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes":
		return true
	}
	return false
}

func (c *chat) isChannel() bool { return strings.HasSuffix(c.typ, "_channel") }

// bareID is the chat's id without the peer type that versions before 2021 kept
// in bits 32 and up of a channel's or group's id.
func (c *chat) bareID() int64 {
	if !c.own() && c.id>>32 == 2 {
		return c.id & (1<<32 - 1)
	}
	return c.id
}

// source says who publishes in the chat; false if the export does not tell.
func (c *chat) source() (record.Source, bool) {
	s := record.Source{Name: c.name, Platform: "telegram", Type: record.Group}
	switch {
	case c.own():
		s.Type = record.PrivateIM
		if s.Name == "" {
			s.Name = strings.ReplaceAll(c.typ, "_", " ")
		}
	case c.isChannel():
		s.Type = record.Channel
	}
	s.Private = s.Type == record.PrivateIM || strings.HasPrefix(c.typ, "private_")
	s.Sequential = c.isChannel() || strings.HasSuffix(c.typ, "_supergroup")
	switch {
	case c.id != 0 && c.own():
		s.Key = "telegram:user" + strconv.FormatInt(c.id, 10) // users and channels are numbered apart
	case c.id != 0:
		s.Key = "telegram:" + strconv.FormatInt(c.bareID(), 10)
	case c.name != "":
		s.Key = nameKey(c.name)
	default:
		return s, false
	}
	return s, true
}

// nameKey is the key of a source that is known by its name only.
func nameKey(name string) string {
	return "telegram-name:" + strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// is reports whether a peer id like "channel123" names the chat itself.
func (c *chat) is(peer []byte) bool {
	if c.id == 0 || c.own() {
		return false
	}
	var num [20]byte
	n := strconv.AppendInt(num[:0], c.bareID(), 10)
	for _, prefix := range []string{"channel", "chat"} {
		if len(peer) == len(prefix)+len(n) && string(peer[:len(prefix)]) == prefix {
			return string(peer[len(prefix):]) == string(n)
		}
	}
	return false
}

// coverage gathers the runs of message ids that were read without a hole of
// our own making. Ids of messages that a supergroup brought along from the
// group it once was are negative and count in another sequence; they are left
// out.
type coverage struct {
	runs     [][2]int64
	open     bool
	unsorted bool
	last     int64
}

// maxRuns bounds the runs kept; a file with more broken places covers nothing
// beyond them.
const maxRuns = 1024

func (c *coverage) add(id int64) {
	if id <= 0 {
		return
	}
	if id < c.last {
		c.unsorted = true
	}
	c.last = max(c.last, id)
	if !c.open {
		if len(c.runs) == maxRuns {
			return
		}
		c.open = true
		c.runs = append(c.runs, [2]int64{id, id})
	}
	c.runs[len(c.runs)-1][1] = c.last
}

// hole ends the run: something between here and the next message was lost.
func (c *coverage) hole() { c.open = false }

func (c *coverage) report(out format.Sink) {
	if c.unsorted {
		return
	}
	for _, r := range c.runs {
		out.Covers(r[0], r[1])
	}
}

// idSet remembers message ids, to find one that occurs twice. Ids are dense,
// so a page of bits costs a byte for eight messages; beyond maxPages it
// forgets to look.
type idSet struct {
	pages map[int64]*idPage
	at    int64
	page  *idPage
}

type idPage [4096 / 64]uint64

const maxPages = 8192 // 4 MiB

// add reports whether id was there already.
func (s *idSet) add(id int64) (again bool) {
	if at := id >> 12; s.page == nil || at != s.at {
		p := s.pages[at]
		if p == nil {
			if len(s.pages) >= maxPages {
				return false
			}
			if s.pages == nil {
				s.pages = make(map[int64]*idPage)
			}
			p = new(idPage)
			s.pages[at] = p
		}
		s.at, s.page = at, p
	}
	word, bit := &s.page[id>>6&63], uint64(1)<<(id&63)
	again = *word&bit != 0
	*word |= bit
	return again
}
