package main

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"dalil/internal/cli"
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
	return c
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
