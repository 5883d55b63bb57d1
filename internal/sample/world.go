package sample

import "time"

// World is what is true about the files that Write writes: who stands behind
// which name, what happened, which posts are copies of which, what was changed
// and what was taken away. It is for tests and for the demonstration's own
// words; nothing in dalil may read it to find anything.
type World struct {
	Country  string         `json:"country"`
	Zone     *time.Location `json:"-"` // of the country and of every printed local time
	From, To time.Time      // the months of the event line
	Places   []Place        `json:"places"`
	Groups   []Group        `json:"groups"`
	Brands   []Brand        `json:"brands"`
	Channels []Channel      `json:"channels"`
	Outlets  []Outlet       `json:"outlets"`
	Events   []Event        `json:"events"`
	Families []Family       `json:"families"`
	Edits    []Edit         `json:"edits"`   // text changed between two exports
	Missing  []Ref          `json:"missing"` // in the first export, not in the second
	Holes    []Hole         `json:"holes"`   // ids not in any export, within a channel's range
	Outage   Outage         `json:"outage"`
	Renamed  []Renamed      `json:"renamed"`
	Counts   []Count        `json:"counts"`
	Persons  []string       `json:"persons"` // private persons: names that must not get out of a case
	Named    []Ref          `json:"named"`   // posts that name a private person
	Posts    int            `json:"posts"`   // messages in the newest export of each channel, service messages included
	Files    []File         `json:"files"`
}

// Channel is a Telegram channel or group.
type Channel struct {
	ID       int64  `json:"id"`
	Handle   string `json:"handle"`
	Name     string `json:"name"`
	Lang     string `json:"lang"`            // BCP 47 of most posts
	Type     string `json:"type"`            // as Telegram Desktop writes it
	Group    string `json:"group,omitempty"` // who runs it, which it may not say
	Brand    string `json:"brand,omitempty"` // whose statements appear here first
	Abroad   bool   `json:"abroad,omitempty"`
	Messages int    `json:"messages"` // in the newest export
}

// Outlet is a news site or organisation that publishes articles.
type Outlet struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Lang string `json:"lang"`
	URL  string `json:"url"`
}

// Event is something that happened, or did not.
type Event struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Place  string    `json:"place"`
	Weapon string    `json:"weapon"`
	Target string    `json:"target"`
	Count  int       `json:"count"`  // munitions, as claimed
	Brands []string  `json:"brands"` // who claimed it; two for a disputed one
	Hurt   int       `json:"hurt"`
	False  bool      `json:"false,omitempty"` // claimed, but it never happened
}

// Family is a statement and everything made from it.
type Family struct {
	ID      string `json:"id"`
	Event   string `json:"event"`
	Brand   string `json:"brand"`
	First   Ref    `json:"first"` // the true first, also when it was deleted
	FirstAt int64  `json:"first_at"`
	// Deleted: the first is in no export; forward headers attest it.
	Deleted bool     `json:"deleted,omitempty"`
	Members []Member `json:"members"` // by time, without a deleted first
}

// Member is a post, or an article or image file, that belongs to a family.
type Member struct {
	Ref      `json:"ref"`
	Path     string   `json:"path,omitempty"` // of a file instead of a post
	Relation Relation `json:"relation"`
	Lang     string   `json:"lang"`
	At       int64    `json:"at"` // seconds since 1970
}

// Edit is a message whose text differs between two exports.
type Edit struct {
	Ref
	Before, After string
	At            int64 // the edit time the later export gives
}

// Outage is a time when everything inside the country was offline.
type Outage struct{ From, To time.Time }

// Renamed is a channel that changed its name.
type Renamed struct {
	Ref
	Before, After string
}

// Count is a figure that somebody published about one set of events. Cites
// names the counts it was taken from.
type Count struct {
	ID       string   `json:"id"`
	Path     string   `json:"path"`
	Outlet   string   `json:"outlet"`
	Figure   int      `json:"figure"`
	Words    string   `json:"words"` // as printed
	Counted  string   `json:"counted"`
	AsOf     string   `json:"as_of"` // date
	Cites    []string `json:"cites,omitempty"`
	Narrowed bool     `json:"narrowed,omitempty"` // says less than its source about what was counted
}

// File is a file that Write writes.
type File struct {
	Path string `json:"path"`
	What string `json:"what"`
}

// Truth returns what is true about the sample country.
func Truth() World {
	s := newStory()
	files, err := s.files()
	if err == nil { // only an encoder writing to memory could fail
		s.world.Files = listFiles(files)
	}
	return s.world
}

// zone is the country's time: three hours ahead of UTC, no summer time.
var zone = time.FixedZone("UTC+3", 3*3600)

func day(month time.Month, d, hour, minute int) time.Time {
	return time.Date(2025, month, d, hour, minute, 0, 0, zone)
}

var (
	lineFrom    = day(time.March, 3, 6, 0)
	lineTo      = day(time.August, 4, 22, 0)
	firstExport = day(time.June, 20, 9, 30) // of the two channels exported twice
	lastExport  = day(time.August, 8, 10, 0)
	outage      = Outage{day(time.May, 15, 3, 20), day(time.May, 16, 9, 20)}
)

var channels = []Channel{
	{ID: 1400100011, Handle: "safsaf_news", Name: "أخبار الصفصاف", Lang: "ar", Type: "public_channel", Group: "willow"},
	{ID: 1400100027, Handle: "nabd_wadi", Name: "نبض الوادي", Lang: "ar", Type: "public_channel", Group: "valley"},
	{ID: 1400100034, Handle: "azravan_screen", Name: "شاشة أزروان", Lang: "ar", Type: "public_channel"},
	{ID: 1400100048, Handle: "ayn_dahrun", Name: "عين دهرون", Lang: "ar", Type: "public_channel"},
	{ID: 1400100052, Handle: "marsad_sahil", Name: "مرصد الساحل", Lang: "ar", Type: "public_channel", Group: "gull"},
	{ID: 1400100066, Handle: "zill_tawil", Name: "الظل الطويل", Lang: "ar", Type: "public_channel", Group: "willow", Brand: "long-shadow"},
	{ID: 1400100071, Handle: "fityan_rumh", Name: "فتيان الرمح", Lang: "ar", Type: "public_channel", Group: "valley", Brand: "spear-youth"},
	{ID: 1400100083, Handle: "ahl_manara", Name: "أهل المنارة", Lang: "ar", Type: "public_channel", Group: "willow", Brand: "lighthouse"},
	{ID: 1400100095, Handle: "abna_sakhr", Name: "أبناء الصخر", Lang: "ar", Type: "public_channel", Group: "gull", Brand: "rock-sons"},
	{ID: 1400100102, Handle: "peyk_sepideh", Name: "پیک سپیده", Lang: "fa", Type: "public_channel", Group: "dawn", Brand: "dawn-friends", Abroad: true},
	{ID: 1400100118, Handle: "didban_sharq", Name: "دیدبان شرق", Lang: "fa", Type: "public_channel", Abroad: true},
	{ID: 1400100123, Handle: "khabar_marz", Name: "خبر مرز", Lang: "fa", Type: "public_channel", Abroad: true},
	{ID: 1400100139, Handle: "hewali_chiya", Name: "هەواڵی چیا", Lang: "ckb", Type: "public_channel"},
	{ID: 1400100144, Handle: "sada_barzakha", Name: "صدى برزخا", Lang: "ar", Type: "public_channel", Abroad: true},
	{ID: 1400100157, Handle: "", Name: "جيران حي السلطية", Lang: "ar", Type: "private_supergroup"},
}

// Channels that are written in other ways than the rest, or twice.
const (
	inHTML   = "didban_sharq"
	in4CAT   = "sada_barzakha"
	renamed  = "zill_tawil"
	atFirst  = "بيانات الظل"  // its name before
	anchored = "marsad_sahil" // where the statements of the brand without a channel appear
)

func twice(handle string) bool { return handle == "safsaf_news" || handle == "azravan_screen" }

var outlets = []Outlet{
	{"ledger", "The Dahrun Ledger", "en", "https://ledger.example"},
	{"wire", "Sarghel Wire", "en", "https://wire.example"},
	{"minbar", "منبر أزروان", "ar", "https://minbar.example"},
	{"karaneh", "روزنامه کرانه اورمال", "fa", "https://karaneh.example"},
	{"maagan", "קול המעגן", "he", "https://maagan.example"},
	{"lamtern", "דער לאַמטערן", "yi", "https://lamtern.example"},
	{"govari", "گۆڤاری چەمگار", "ckb", "https://govari.example"},
	{"list", "The Saltiyya List", "en", "https://list.example"},
}
