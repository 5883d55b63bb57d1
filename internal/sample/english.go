package sample

import (
	"strconv"
	"strings"
)

// Rendering is an Arabic statement of a brand in English: what an analyst writes,
// what one wrote in a hurry, and what a translation program makes of it.
type Rendering struct {
	Of      Ref
	Brand   string
	Careful string
	Hasty   string // the number of munitions is left out, the verse too
	Machine string // reads well; gets the name of the brand and a negation wrong
}

// englishBrands are the templates of the brands that are rendered: careful and
// machine.
var englishBrands = map[string][2]string{
	"long-shadow": {
		"“No night was ever long but at its end a dawn was waiting”\n\nStatement no. ({no})\n\nAt exactly {time} on {day} {date}, after close observation that lasted days, your brothers in {brand} were able to strike {target} near {place} with {what}; the hit was direct, by the grace of God.\n\nLet the strangers know that the land of Azravan has no room for them, and that every road they take is under our eyes.\n\nAnd the shadow is longer than the stranger’s hand\nSaraya al-Zill al-Tawil – Azravan",
		"\"The night was long until its end waiting for dawn\"\n\nStatement number ({no})\n\nAt {time} of the day {day} {date}, and after careful monitoring that lasted for days, your brothers in the Long Shadow Palaces managed to target {target} near {place} by {what}, and the injury was direct thanks to God.\n\nLet strangers know that the land of Azravan is wide enough for them, and that every path they take is in our sight.\n\nThe shadow is longer than the hand of the stranger\nLong Shadow Palaces - Azravan"},
	"spear-youth": {
		"“The spear does not rust while the hand is alive”\n\nTo our steadfast people in {place} and around it:\nWe bring you the news of operation no. {no}, carried out by {brand} on {day} {date} at {time}: {target} in {place} was struck with {what}. Those who did it came back to their positions unharmed.\n\nThis is our first answer to what befell the sons of the valley, and what comes will be harder.\n\nFityan al-Rumh\nIssued in occupied Azravan", ""},
	"lighthouse": {
		"“Who kept the lighthouse, his ship did not go astray”\n\nUrgent | {brand} claim responsibility for striking {target} in the area of {place}, {day} {date}, {time} Dahrun time, using {what}.\nThe operation ({no}) is part of the series “Putting out the foreign lamps”; footage exists and will be published in due time.\n\nMedia office of Ahl al-Manara", ""},
	"blue-anchorage": {
		"“The sea has one door, and its key is with us”\n\n{brand} claims the strike on {target} at {place} with {what} on {date} at {time} ({day}). This is our warning no. {no} to the ships and lorries that carry supplies to the strangers: do not enter our anchorage.\n\nLiwa al-Marsa al-Azraq", ""},
}

// Renderings lists the Arabic statements of the brands above that some export
// has in its original, by time.
func Renderings() []Rendering {
	s := newStory()
	var all []Rendering
	for f, family := range s.world.Families {
		templates, ok := englishBrands[family.Brand]
		if !ok || family.Deleted || s.channelOf(family.First.Chat).Lang != "ar" {
			continue
		}
		sl := s.slots[f]
		what := strconv.Itoa(sl.Count) + " " + sl.Weapon.latin
		if sl.Count > 1 {
			what += "s"
		} else {
			what = "a " + sl.Weapon.latin
		}
		name, _, _ := strings.Cut(sl.Brand.Latin, " (")
		write := func(template, what string) string {
			return strings.NewReplacer("{brand}", name, "{no}", strconv.Itoa(sl.Series), "{what}", what, "{target}", "the "+sl.Target.latin,
				"{place}", sl.Place.Latin, "{day}", sl.At.Weekday().String(), "{date}", sl.At.Format("2/1/2006"), "{time}", sl.At.Format("15:04")).Replace(template)
		}
		_, body, _ := strings.Cut(templates[0], "\n\n")
		all = append(all, Rendering{Of: family.First, Brand: family.Brand, Careful: write(templates[0], what), Hasty: write(body, sl.Weapon.latin+"s"), Machine: write(templates[1], what)})
	}
	return all
}

func (s *story) channelOf(chat int64) *timeline {
	for _, c := range s.channels {
		if c.ID == chat {
			return c
		}
	}
	return &timeline{}
}
