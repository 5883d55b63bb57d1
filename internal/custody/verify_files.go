package custody

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/record"
)

func (v *verification) readKeyAndCheckpoint() {
	const remedy = "restore the file from a backup, or check the case with the key of another copy"
	if line, err := v.read(KeyPath); err != nil {
		v.keyErr = err // settleSize reports it: a case that was never finished has none
	} else if key, err := ParseKey(line); err != nil {
		v.problemf(KeyPath, remedy, "the log's public key was altered")
	} else if v.key = key; v.opt.Key != "" && strings.TrimSpace(v.opt.Key)+"\n" != string(line) {
		v.problemf(KeyPath, remedy, "the case has another public key than the one you trust")
	}
	if v.opt.Key != "" {
		if key, err := note.NewVerifier(strings.TrimSpace(v.opt.Key)); err != nil {
			v.problemf(KeyPath, "give the line of log/key", "the key to check with is no verifier key: %v", err)
		} else {
			v.key = key
		}
	}
	var err error
	if v.signed, err = v.read(CheckpointPath); err != nil {
		v.signed = nil
		return // settleSize reports it: a case that was never finished has none
	}
	if v.key == nil {
		if _, err := ParseCheckpoint(string(v.signed)); err != nil {
			v.problemf(CheckpointPath, restore, "the checkpoint was altered: %v", err)
		}
		return
	}
	if v.cp, err = OpenCheckpoint(v.signed, v.key); err != nil {
		v.problemf(CheckpointPath, restore, "the checkpoint does not carry a valid signature of the log's key")
		return
	}
	v.cpOK = true
	v.count(Checked{Checkpoints: 1})
	if err := CheckOrigin(v.cp.Origin); err != nil {
		v.problemf(CheckpointPath, restore, "the log's name is not that of a case: %q", v.cp.Origin)
	}
	if n := bytes.Count(v.signed, []byte("\n— ")); n > 1 {
		v.notef("%s is signed by %d others, too, whose keys are not known here", CheckpointPath, n-1)
	}
}

// cause takes the path of this machine out of an error.
func cause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// listFiles sorts every file of the case into what it is for.
func (v *verification) listFiles() {
	temps := 0
	for f, err := range v.ev.Files() {
		if v.ctx.Err() != nil {
			return
		}
		if err != nil {
			v.problemf(f.Name, "make it readable, or restore it from a backup", "it cannot be looked at: %v", cause(err))
			continue
		}
		p := ParsePath(f.Name)
		if !f.Regular {
			v.problemf(f.Name, "replace it by the file it stands for, or remove it", "it is a link or a device, not a file")
			continue
		}
		switch {
		case p.Role == Foreign:
			v.problemf(f.Name, "move it out of the case if you put it there", "it does not belong to the case")
		case p.Role == EvidenceFile && !p.Temp:
			v.blobOf[p.Digest] = len(v.blobs)
			v.blobs = append(v.blobs, blobState{digest: p.Digest, size: f.Size, there: true})
			v.total += f.Size
		case p.Temp:
			if p.Role != Working || strings.HasPrefix(f.Name, rootTemp) {
				v.notef("%s is a write that has not finished: it is no part of the case", f.Name)
			}
			if p.Role == Working || p.Role == Settings {
				v.small[f.Name] = f.Size
			}
			temps++
		case p.Role == Tile:
			v.total += f.Size
			if w := v.width(max(p.Level, 0), p.Index); !v.cpOK || w != p.Width {
				id := tileID{p.Level, p.Index}
				v.tiles[id] = max(v.tiles[id], p.Width)
			}
		case p.Role == Salts || p.Role == Bodies:
			v.total += f.Size
			v.side[f.Name] = f.Size
		default:
			v.small[f.Name] = f.Size
		}
	}
}

// width returns how wide the tile at an index is in a log of the size checked,
// 0 if there is none.
func (v *verification) width(level int, index uint64) int {
	size := v.size
	if v.cpOK {
		size = v.cp.Size
	}
	n := size >> (TileHeight * level)
	if index*TileWidth >= n {
		return 0
	}
	return int(min(n-index*TileWidth, TileWidth))
}

// settleSize decides how many entries to check, and says what lies beyond.
func (v *verification) settleSize() {
	if !v.cpOK {
		// Without a checkpoint to go by, check all that is there.
		for id, w := range v.tiles {
			if id.level == Entries {
				v.size = max(v.size, id.index*TileWidth+uint64(w))
			}
		}
		if v.signed == nil && v.size == 0 && len(v.side) == 0 && len(v.blobs) == 0 {
			v.notef("the making of this case was interrupted: it holds nothing")
			return
		}
		if v.signed == nil {
			v.problemf(CheckpointPath, restore, "the checkpoint is missing or cannot be read: nothing is proved without it")
		}
	}
	if v.keyErr != nil {
		v.problemf(KeyPath, restore, "the log's public key cannot be read: %v", cause(v.keyErr))
	}
	if !v.cpOK {
		return
	}
	v.size = v.cp.Size
	for id, w := range v.tiles {
		name := TilePath(id.level, id.index, w)
		if v.width(max(id.level, 0), id.index) > w {
			v.notef("%s was replaced by a wider one: it is no part of the case any more", name)
		} else {
			v.notef("%s lies beyond the checkpoint: a write that has not finished, no part of the case", name)
		}
	}
	for name, size := range v.side {
		p := ParsePath(name)
		first := p.Index * SideWidth
		if first >= v.size {
			v.notef("%s lies beyond the checkpoint: a write that has not finished, no part of the case", name)
			continue
		}
		if p.Role != Salts {
			continue
		}
		want := int64(min(v.size-first, SideWidth)) * SaltSize
		switch {
		case size > want && first+SideWidth > v.size:
			v.notef("%s has %d bytes beyond the checkpoint: a write that has not finished, no part of the case", name, size-want)
		case size != want:
			v.problemf(name, restore, "it has %d bytes, not %d", size, want)
		}
	}
	for n := range (v.size + SideWidth - 1) / SideWidth {
		if _, ok := v.side[SaltPath(n)]; !ok {
			v.problemf(SaltPath(n), restore, "the salts of the entries %d to %d are missing: nothing they commit to can be checked", n*SideWidth, min(v.size, (n+1)*SideWidth)-1)
		}
	}
}

// checkSettings holds case.toml against the newest config entry.
func (v *verification) checkSettings() {
	if v.size == 0 {
		return
	}
	index := v.log.settings
	fr, ok := v.frame(index)
	if v.badEntry[index] || !ok {
		v.notef("%s could not be held against entry %d, which is damaged", SettingsPath, index)
		return
	}
	body := make([]byte, fr.Length)
	f, err := v.ev.OpenFile(BodyPath(index / SideWidth))
	if err == nil {
		err = errors.Join(readFull(f, body, fr.Offset), f.Close())
	}
	var want struct {
		TOML *string `json:"toml"`
	}
	if err == nil {
		err = json.Unmarshal(body, &want)
	}
	if err != nil || want.TOML == nil {
		v.notef("%s could not be held against the body of entry %d, which is damaged", SettingsPath, index)
		return
	}
	have, err := v.read(SettingsPath)
	if err == nil && string(have) == *want.TOML {
		return
	}
	// A change is prepared beside the file, logged, and then renamed.
	for name := range v.small {
		if p := ParsePath(name); p.Temp && (p.Role == Working || p.Role == Settings) {
			if b, err := v.read(name); err == nil && string(b) == *want.TOML {
				v.notef("%s is about to be replaced by %s, as entry %d says: a write that has not finished", SettingsPath, name, index)
				return
			}
		}
	}
	const remedy = "run `dalil rebuild`, which writes it from the log"
	if err != nil {
		v.problemf(SettingsPath, remedy, "the settings cannot be read: %v", cause(err))
		return
	}
	v.problem(Problem{Where: SettingsPath, What: fmt.Sprintf("the settings are not those of entry %d", index), Entries: []uint64{index}, Remedy: remedy})
}

// sums is catalog.sum.
type sums struct {
	LogSize uint64            `json:"log_size"`
	Files   map[string]string `json:"files"`
}

// checkIndex holds the catalog's files against the sums of the last clean
// close. They are no evidence, but people look through them.
func (v *verification) checkIndex() {
	const remedy = "run `dalil rebuild`, which makes it anew from the log"
	if _, open := v.small[CatalogOpen]; open {
		v.notef("the catalog is in use or was not closed cleanly: it is no evidence, and its files were not checked here")
		return
	}
	var there []string
	for _, name := range []string{"catalog.db", "search.db"} {
		if _, ok := v.small[name]; ok {
			there = append(there, name)
		}
		if v.small[name+"-wal"] > 0 {
			v.problemf(name+"-wal", remedy, "it changes the catalog, which was closed cleanly without it")
		}
	}
	for name := range v.small {
		if strings.HasPrefix(name, ScratchFolder+"/") {
			there = append(there, name)
		}
	}
	slices.Sort(there)
	b, err := v.read(CatalogSumPath)
	if err != nil {
		if len(there) > 0 || !errors.Is(err, fs.ErrNotExist) {
			v.problemf(CatalogSumPath, remedy, "the sums of the catalog cannot be read: %v", cause(err))
		}
		return
	}
	var s sums
	again := []byte(nil)
	if err := json.Unmarshal(b, &s); err == nil {
		again, _ = json.Marshal(s) // strings and numbers never fail
	}
	if string(again)+"\n" != string(b) {
		v.problemf(CatalogSumPath, remedy, "it is not what a clean close writes, so nothing is known about %s", strings.Join(there, ", "))
		return
	}
	switch {
	case v.cpOK && s.LogSize > v.size:
		v.problemf(CheckpointPath, restore, "the checkpoint is older than the catalog: that was made from %d entries, this is over %d (%s)", s.LogSize, v.size, CatalogSumPath)
	case v.cpOK && s.LogSize == 0 && v.size > 0:
		v.notef("the catalog has not been filled yet")
	case v.cpOK && s.LogSize < v.size:
		v.problemf(CatalogSumPath, remedy, "the catalog was made from %d entries, the log has %d", s.LogSize, v.size)
	}
	for _, name := range there {
		if _, ok := s.Files[name]; !ok {
			v.problemf(name, remedy, "%s has no sum for it", CatalogSumPath)
		}
	}
	for name, want := range s.Files {
		h, size, err := v.hash(name)
		switch {
		case err != nil:
			v.problemf(name, remedy, "the catalog cannot be read: %v", cause(err))
		case h.String() != want:
			v.problemf(name, remedy, "it was changed since it was closed cleanly, or its sum in %s was", CatalogSumPath)
		}
		v.count(Checked{Files: 1, Bytes: size})
	}
}

// hash returns the SHA-256 of a file that is not evidence.
func (v *verification) hash(name string) (record.Digest, int64, error) {
	f, err := v.ev.OpenFile(name)
	if err != nil {
		return record.Digest{}, 0, err
	}
	defer f.Close()
	d, err := v.hashFile(f, make([]byte, hashBuffer))
	return d, f.Size(), err
}
