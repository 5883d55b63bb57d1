package record

// Edits is the payload of a decision that takes over a sheet somebody filled in:
// many decisions about units in one, which one undo takes back.
type Edits struct {
	// Units are the units that change, each as in Triage: the leaf it is named by
	// and then its other statements.
	Units [][]uint64 `json:"units"`
	Edits []Edit     `json:"edits"`
	// Sheet is the digest of the file, as it was read.
	Sheet Digest `json:"sheet"`
}

// Edit is one decision about some of the units: the action of a Triage, with what
// that says.
type Edit struct {
	Action string   `json:"action"`
	Units  []int    `json:"units"` // places in Edits.Units
	Of     uint64   `json:"of,omitempty"`
	Until  int64    `json:"until,omitempty"`
	Labels []string `json:"labels,omitempty"`
	To     string   `json:"to,omitempty"`
	Reason string   `json:"reason,omitempty"` // of these rows; the decision's own stands for all
}
