package custody

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/record"
)

// Sizes of doc/evidence-package.md.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight // hashes of a full tile, entries of a full bundle
	SideWidth  = 65536           // entries whose salts and bodies share a file
	SaltSize   = 32              // bytes
)

// Entries is the level that stands for entry bundles where a tile's level is
// asked for.
const Entries = -1

// maxLevels is how many tile levels a log of fewer than 2^62 entries has.
const maxLevels = 8

// Names of the files that are there once, relative to the case.
const (
	SettingsPath   = "case.toml"
	KeyPath        = "log/key"
	CheckpointPath = "log/checkpoint"
	CatalogSumPath = "catalog.sum"
	CatalogOpen    = "catalog.open"
	ScratchFolder  = "scratch"
	StagingFolder  = "staging" // files from a browser, not imported yet
)

// TempSuffix ends the name of a file that is being written: X.tmp becomes X
// when it is whole. Staged evidence, whose name is not known yet, is
// archive/<16 hexadecimal digits>.tmp.
const TempSuffix = ".tmp"

// rootTemp begins, and digits end, the name of a small file that is about to
// replace one directly in the case folder.
const rootTemp = ".dalil-tmp-"

// BlobPath returns where the evidence file d lies in a case.
func BlobPath(d record.Digest) string {
	s := d.String()
	return "archive/" + s[:2] + "/" + s
}

// ScratchPath returns where an analysis keeps a file that is named by its digest.
func ScratchPath(analysis, name string) string {
	return ScratchFolder + "/" + analysis + "/" + name
}

// TilePath returns where a tile lies in a case: level 0 and up, or Entries for
// an entry bundle. width counts hashes or entries, 1 to 256.
func TilePath(level int, index uint64, width int) string {
	// tlog writes tile/<height>/<level>/…, the C2SP layout has neither the
	// height nor "data".
	t := tlog.Tile{H: TileHeight, L: level, N: int64(index), W: width}
	p := strings.TrimPrefix(t.Path(), "tile/8/")
	if level == Entries {
		p = "entries/" + strings.TrimPrefix(p, "data/")
	}
	return "log/tile/" + p
}

// SaltPath returns where the salts of the entries 65536·n and on lie.
func SaltPath(n uint64) string { return fmt.Sprintf("side/salt/%06d", n) }

// BodyPath returns where the bodies of the entries 65536·n and on lie.
func BodyPath(n uint64) string { return fmt.Sprintf("side/body/%06d", n) }

// Role says what a file of a case is for.
type Role int

const (
	Foreign      Role = iota // nothing a case is made of
	Settings                 // case.toml
	LogKey                   // log/key
	LogNote                  // log/checkpoint
	Tile                     // a tile or an entry bundle
	EvidenceFile             // a file of the archive
	Salts
	Bodies
	Index   // catalog.db, search.db, scratch/… and what belongs to them: no evidence
	Working // lock, state.db, staging/… : no evidence either
	Staged  // evidence on its way into the archive
)

// Path is the name of a file in a case, taken apart.
type Path struct {
	Role   Role
	Temp   bool          // the name ends in TempSuffix: a write that may not have finished
	Digest record.Digest // EvidenceFile
	Level  int           // Tile: 0 and up, or Entries
	Index  uint64        // Tile, Salts, Bodies
	Width  int           // Tile: 1 to 256
}

// ParsePath takes the name of a file apart, relative to the case and with
// slashes. A name no case contains has the role Foreign.
func ParsePath(name string) Path {
	if strings.HasPrefix(name, StagingFolder+"/") { // whatever these files are called
		return Path{Role: Working}
	}
	bare, temp := strings.CutSuffix(name, TempSuffix)
	p := parsePath(bare)
	p.Temp = p.Temp || temp
	if temp && p.Role == Foreign {
		if s, ok := strings.CutPrefix(bare, "archive/"); ok && len(s) == 16 && strings.Trim(s, "0123456789abcdef") == "" {
			p.Role = Staged
		}
	}
	return p
}

func parsePath(name string) Path {
	switch name {
	case SettingsPath:
		return Path{Role: Settings}
	case KeyPath:
		return Path{Role: LogKey}
	case CheckpointPath:
		return Path{Role: LogNote}
	case CatalogSumPath, CatalogOpen:
		return Path{Role: Index}
	case "lock":
		return Path{Role: Working}
	}
	dir, rest, _ := strings.Cut(name, "/")
	switch dir {
	case "archive":
		// the folder is the first two digits of the name
		if d, err := record.ParseDigest(rest[min(3, len(rest)):]); err == nil && BlobPath(d) == name {
			return Path{Role: EvidenceFile, Digest: d}
		}
	case ScratchFolder:
		kind, file, _ := strings.Cut(rest, "/")
		_, err := record.ParseDigest(file)
		if kind != "" && strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz") == "" && (err == nil || file != "" && strings.Trim(file, "0123456789") == "") {
			return Path{Role: Index}
		}
	case "side":
		kind, num, _ := strings.Cut(rest, "/")
		n, err := strconv.ParseUint(num, 10, 48)
		switch {
		case err != nil:
		case kind == "salt" && SaltPath(n) == name:
			return Path{Role: Salts, Index: n}
		case kind == "body" && BodyPath(n) == name:
			return Path{Role: Bodies, Index: n}
		}
	case "log":
		tile, ok := strings.CutPrefix(rest, "tile/")
		if !ok {
			break
		}
		if s, ok := strings.CutPrefix(tile, "entries/"); ok {
			tile = "data/" + s
		}
		t, err := tlog.ParseTilePath("tile/8/" + tile)
		if err == nil && t.L < maxLevels && TilePath(t.L, uint64(t.N), t.W) == name {
			return Path{Role: Tile, Level: t.L, Index: uint64(t.N), Width: t.W}
		}
	default:
		if s, ok := strings.CutPrefix(name, rootTemp); ok && s != "" && strings.Trim(s, "0123456789") == "" {
			return Path{Role: Working, Temp: true}
		}
		base, _ := strings.CutSuffix(name, "-wal")
		base, _ = strings.CutSuffix(base, "-shm")
		base, _ = strings.CutSuffix(base, "-journal")
		base, _ = strings.CutSuffix(base, TempSuffix) // an index being built anew
		switch base {
		case "catalog.db", "search.db":
			return Path{Role: Index}
		case "state.db":
			return Path{Role: Working}
		}
	}
	return Path{}
}
