package analysistest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/analysis"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// Known is a post of a generated export with what is true about it.
type Known struct {
	analysis.Post
	Family   int // number of the claim it tells of; -1 none
	Relation sample.Relation
	At       int64 // of the attack that is claimed, seconds since 1970
	Count    int   // of munitions
}

// Export generates an export and returns its posts, in the order of the file.
func Export(opt sample.ExportOptions) ([]Known, error) {
	var file bytes.Buffer
	truth, err := sample.Export(&file, opt)
	if err != nil {
		return nil, err
	}
	type member struct {
		family   int
		relation sample.Relation
	}
	members := map[sample.Ref]member{}
	for i, f := range truth.Families {
		for _, m := range f.Members {
			members[m.Ref] = member{i, m.Relation}
		}
	}
	type chat struct {
		ID       int64 `json:"id"`
		Messages []struct {
			ID      int64           `json:"id"`
			Type    string          `json:"type"`
			Date    string          `json:"date_unixtime"`
			Text    json.RawMessage `json:"text"`
			Forward string          `json:"forwarded_from_id"`
		} `json:"messages"`
	}
	var doc struct {
		chat
		Chats struct {
			List []chat `json:"list"`
		} `json:"chats"`
	}
	if err := json.Unmarshal(file.Bytes(), &doc); err != nil {
		return nil, err
	}
	var all []Known
	for _, c := range append(doc.Chats.List, doc.chat) {
		key := fmt.Sprintf("telegram:%d", c.ID)
		for _, m := range c.Messages {
			if m.Type != "message" {
				continue
			}
			at, err := strconv.ParseInt(m.Date, 10, 64)
			if err != nil {
				return nil, err
			}
			text, err := plain(m.Text)
			if err != nil {
				return nil, err
			}
			k := Known{Family: -1, Post: analysis.Post{SourceKey: key, ExternalID: strconv.FormatInt(m.ID, 10), Kind: record.Post, Posted: at, Text: text}}
			if m.Forward != "" {
				k.Origin = "telegram:" + strings.TrimPrefix(m.Forward, "channel")
			}
			if x, ok := members[sample.Ref{Chat: c.ID, ID: m.ID}]; ok {
				k.Family, k.Relation = x.family, x.relation
				k.At, k.Count = truth.Families[x.family].At, truth.Families[x.family].Count
			}
			all = append(all, k)
		}
	}
	return all, nil
}

// plain joins the parts of a Telegram text.
func plain(raw json.RawMessage) (string, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		var x struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(p, &s) == nil {
			b.WriteString(s)
		} else if err := json.Unmarshal(p, &x); err != nil {
			return "", err
		} else {
			b.WriteString(x.Text)
		}
	}
	return b.String(), nil
}

// Add posts all of them and returns the leaves.
func (c *Case) Add(posts []Known) []uint64 {
	leaves := make([]uint64, len(posts))
	for i := range posts {
		leaves[i] = c.Post(posts[i].Post)
	}
	return leaves
}

// ByTime sorts posts by when they were posted.
func ByTime(posts []Known) {
	slices.SortStableFunc(posts, func(a, b Known) int { return int(a.Posted - b.Posted) })
}
