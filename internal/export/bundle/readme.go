package bundle

import _ "embed"

// readme is README.txt: START-HERE in short, for who sees only a text.
//
//go:embed readme.txt
var readme string
