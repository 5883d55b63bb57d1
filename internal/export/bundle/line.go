package bundle

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dalil/internal/record"
)

// line is one line of entries.ndjson.
type line struct {
	Index uint64
	Entry string
	Proof []record.Digest
	Salt  []byte  // nil: not disclosed
	Body  *string // nil: not disclosed
	File  string  // "": not disclosed
}

// wire is a line as JSON. The library refuses what readers disagree about:
// members given twice or in another case, invalid UTF-8, lone surrogates.
type wire struct {
	Index *jsontext.Value `json:"index"`
	Entry *string         `json:"entry"`
	Proof *[]string       `json:"proof"`
	Salt  *string         `json:"salt,omitempty"`
	Body  *string         `json:"body,omitempty"`
	File  *string         `json:"file,omitempty"`
}

func (l line) encode() ([]byte, error) {
	index := jsontext.Value(strconv.FormatUint(l.Index, 10))
	proof := make([]string, len(l.Proof))
	for i, h := range l.Proof {
		proof[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	w := wire{Index: &index, Entry: &l.Entry, Proof: &proof, Body: l.Body}
	if l.Salt != nil {
		s := hex.EncodeToString(l.Salt)
		w.Salt = &s
	}
	if l.File != "" {
		w.File = &l.File
	}
	b, err := json.Marshal(w, json.Deterministic(true))
	return append(b, '\n'), err
}

// parseLine reads one line without its newline. Everything that is not as the
// specification says is record.ErrInvalid.
func parseLine(b []byte) (line, error) {
	bad := func(format string, a ...any) (line, error) {
		return line{}, fmt.Errorf("%w line: "+format, append([]any{record.ErrInvalid}, a...)...)
	}
	var w wire
	if !utf8.Valid(b) {
		return bad("it is not UTF-8")
	}
	if err := json.Unmarshal(b, &w, json.RejectUnknownMembers(true)); err != nil {
		return bad("%v", err)
	}
	if w.Index == nil || w.Entry == nil || w.Proof == nil {
		return bad("index, entry or proof is missing")
	}
	index := string(bytes.TrimSpace(*w.Index))
	n, err := strconv.ParseUint(index, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != index {
		return bad("the index %.20q is no whole number", index)
	}
	l := line{Index: n, Entry: *w.Entry, Body: w.Body, Proof: make([]record.Digest, len(*w.Proof))}
	for i, s := range *w.Proof {
		h, err := base64.StdEncoding.DecodeString(s)
		if err != nil || len(h) != len(l.Proof[i]) || base64.StdEncoding.EncodeToString(h) != s {
			return bad("hash %d of the proof is no SHA-256 in base64", i)
		}
		l.Proof[i] = record.Digest(h)
	}
	if w.Salt != nil {
		h, err := hex.DecodeString(*w.Salt)
		if err != nil || len(h) != 32 || hex.EncodeToString(h) != *w.Salt {
			return bad("the salt is not 64 hexadecimal digits")
		}
		l.Salt = h
	}
	if w.File != nil {
		if *w.File == "" {
			return bad("the file has no name")
		}
		l.File = *w.File
	}
	return l, nil
}
