package main

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"dalil/internal/cli"
	"dalil/internal/desk"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// writeSample writes the invented country's files and says how an analyst
// would have brought them in.
func writeSample(dir string) (cli.SampleCase, error) {
	if err := sample.Write(dir); err != nil {
		return cli.SampleCase{}, err
	}
	return sampleCase(filepath.Clean(dir)), nil
}

// sampleCase lists the imports of the sample case in the order an analyst
// would have made them: older exports before newer ones of the same channel,
// exports that name their channel by id before those that only print its name.
func sampleCase(dir string) cli.SampleCase {
	world := sample.Truth()
	c := cli.SampleCase{Name: world.Country, Zone: "Etc/GMT-3"} // three hours ahead of UTC
	seen := map[string]bool{}
	var roots []string
	for _, f := range world.Files {
		parts := strings.Split(f.Path, "/")
		root := parts[0]
		if root == "exports" {
			root = path.Join(parts[0], parts[1])
		}
		if !seen[root] {
			seen[root] = true
			roots = append(roots, root)
		}
	}
	slices.SortStableFunc(roots, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	for _, r := range roots {
		im := cli.SampleImport{Path: filepath.Join(dir, filepath.FromSlash(r))}
		if r == "notes" {
			im.Source = "Pasted from a closed group"
		}
		c.Imports = append(c.Imports, im)
	}
	last := &c.Imports[len(c.Imports)-1]
	last.Outages = []cli.SampleOutage{{From: world.Outage.From, To: world.Outage.To, Why: world.Country + " was offline: the whole country's internet was down"}}
	for _, ch := range world.Channels {
		if ch.Brand != "" {
			last.Issuers = append(last.Issuers, cli.SampleIssuer{Source: sourceKey(ch.ID), Reason: "the channel signs with this brand and announces its statements"})
		}
	}
	last.Grades = grades(world)
	last.Merges = translations(world)
	c.Triage, c.Saved = triage(), searches()
	last.Says = inEnglish(world)
	return c
}

// grades are what the sample's analyst thinks of some sources, the oldest first:
// one grade was changed later.
func grades(world sample.World) []cli.SampleGrade {
	var all []cli.SampleGrade
	add := func(handle, topic string, grade record.Reliability, reason string) {
		for _, c := range world.Channels {
			if c.Handle == handle {
				all = append(all, cli.SampleGrade{Source: sourceKey(c.ID), Topic: topic, Grade: grade, Reason: reason})
			}
		}
	}
	add("marsad_sahil", "attacks on the coast", record.Usually, "its places and times were right in the cases that pictures could settle")
	add("azravan_screen", "attacks on the coast", record.Fairly, "it takes most from others, and seldom names them")
	add("zill_tawil", "attacks on the coast", record.NotUsually, "it speaks for the brand it announces, and counts more rockets than others saw")
	add("azravan_screen", "casualties", record.Unreliable, "three figures in a row had no origin and were taken back by those who first gave them")
	add("azravan_screen", "attacks on the coast", record.NotUsually, "two attacks it told of in summer never happened")
	add("khabar_marz", "border crossings", record.Unjudged, "new to us: nothing of it was checked so far")
	return all
}

// triage is the beginning of somebody's shift.
func triage() []cli.SampleTriage {
	return []cli.SampleTriage{
		{Action: desk.ActionShield, Query: `"` + sample.Exposed + `"`, Most: 1, Names: []string{sample.Exposed}, Reason: "a nurse who spoke to the press is named with where she lives: a private person"},
		{Action: desk.ActionLabel, Query: "is:shielded", Most: 1, Labels: []string{"threat to a person"}},
		{Action: desk.ActionKeep, Query: "state:new is:first type:post lang:ar", Most: 12, Reason: "claims of responsibility"},
		{Action: desk.ActionLabel, Query: "state:kept", Most: 5, Labels: []string{"claim to attribute"}},
		{Action: desk.ActionLabel, Query: "state:kept", Most: 2, Labels: []string{"ask the hospital"}},
		{Action: desk.ActionDismiss, Query: "state:new weather", Most: 40},
		{Action: desk.ActionDismiss, Query: "state:new type:service", Most: 20, Reason: "joined, left, pinned"},
		{Action: desk.ActionDuplicate, Query: `"newspaper The Dahrun Ledger reported"`, Of: `"admission books seen by"`, Most: 1, Reason: "the agency retells the newspaper"},
		{Action: desk.ActionLater, Query: "state:new type:document", Most: 1, For: 72 * time.Hour, Reason: "when the list of names is checked"},
		{Action: desk.ActionAssign, Query: "state:new type:article", Most: 3},
	}
}

func searches() []cli.SampleSearch {
	return []cli.SampleSearch{
		{Name: "Saltiyya bridge", Query: "السلطية OR Saltiyya type:post|article", Warn: true, Reason: "tell us when somebody gives another number"},
		{Name: "Who copied within ten minutes", Query: "is:copy lag:<10m"},
		{Name: "To fill in on the train", Query: `label:"ask the hospital"`, View: "inbox-table", Columns: []string{"posted", "source", "text", "labels", "assigned", "decided"}, Reason: "a sheet for whoever calls"},
	}
}

func sourceKey(chat int64) string { return "telegram:" + strconv.FormatInt(chat, 10) }

// translations are statements that a channel of another language published in
// its own words: only a person can say that they are the same.
func translations(world sample.World) []cli.SampleMerge {
	var all []cli.SampleMerge
	ref := func(m sample.Ref) cli.SampleRef {
		return cli.SampleRef{Source: sourceKey(m.Chat), ID: strconv.FormatInt(m.ID, 10)}
	}
	for _, f := range world.Families {
		n := slices.IndexFunc(f.Members, func(m sample.Member) bool { return m.Relation == sample.Translated && m.Path == "" })
		if n < 0 || f.Deleted || len(all) == 3 || !shown(world, f.First) || !shown(world, f.Members[n].Ref) {
			continue
		}
		all = append(all, cli.SampleMerge{Of: ref(f.First), Other: ref(f.Members[n].Ref), As: record.RelTranslation,
			Reason: "the same brand, place, time and count, told in the channel's own language"})
	}
	return all
}

// inEnglish is one statement of each brand that is translated: two by the analyst,
// one in a hurry and then again, one by an invented program.
func inEnglish(world sample.World) []cli.SampleTranslation {
	var all []cli.SampleTranslation
	done := map[string]bool{}
	for _, r := range sample.Renderings() {
		if done[r.Brand] || !shown(world, r.Of) {
			continue
		}
		done[r.Brand] = true
		x := cli.SampleTranslation{Of: cli.SampleRef{Source: sourceKey(r.Of.Chat), ID: strconv.FormatInt(r.Of.ID, 10)}, Lang: "en", Text: r.Careful}
		switch r.Brand {
		case "blue-anchorage":
			x.Text, x.Then = r.Hasty, r.Careful
		case "long-shadow":
			x.Text, x.Tool = r.Machine, "Tarjuman 2.1 (invented)"
		}
		all = append(all, x)
	}
	return all
}

// shown reports whether a message is in the newest export of a channel that
// gives its id.
func shown(world sample.World, r sample.Ref) bool {
	return !slices.Contains(world.Missing, r) && slices.ContainsFunc(world.Channels, func(c sample.Channel) bool {
		return c.ID == r.Chat && c.Handle != "didban_sharq" && c.Handle != "sada_barzakha"
	})
}

func rank(root string) string {
	switch {
	case strings.Contains(root, "2025-06-20"):
		return "1"
	case strings.HasSuffix(root, "-html"), strings.Contains(root, "account"):
		return "3"
	case strings.HasPrefix(root, "exports/"):
		return "2"
	case root == "4cat":
		return "4"
	}
	return "5"
}
