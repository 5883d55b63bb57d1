// Package collect declares what a collector is: something that yields captures
// and gaps. Collectors store nothing; the pipeline deposits what they yield.
package collect

import (
	"context"
	"io"
	"iter"
	"time"

	"dalil/internal/record"
)

// File is one file a collector found.
type File struct {
	Path   string      // relative to what was asked for, "/" separated, cleaned
	Theirs record.When // their clock: for a file its modification time
	Size   int64       // bytes at the time of listing
	URL    string      // where it is said to come from, when known
	Web    *Web        // how it was got, when it was got from the web
	Open   func() (ReadAtCloser, error)
	// Release, when it is not nil, is called when the file is not needed any
	// more: it is held in a temporary place until then.
	Release func()
}

// Web is what is known of a page beside its bytes. All of it stands in the
// captured file too.
type Web struct {
	Asked     string    `json:"asked"` // the address as it was given
	URL       string    `json:"url"`   // what was gone to for it
	Final     string    `json:"final"` // where redirects led
	Status    int       `json:"status"`
	Redirects int       `json:"redirects"`
	Start     time.Time `json:"started"`               // our clock
	End       time.Time `json:"ended"`                 // our clock
	Date      time.Time `json:"server_date,omitzero"`  // their clock
	Remote    string    `json:"remote,omitempty"`      // address and port; "" through a proxy
	Via       string    `json:"via,omitempty"`         // the proxy
	TLS       string    `json:"tls,omitempty"`         // version and cipher suite; "" without
	Issuer    string    `json:"issuer,omitempty"`      // of the server's certificate
	BadTLS    string    `json:"tls_problem,omitempty"` // why it does not verify
	Truncated string    `json:"truncated,omitempty"`   // why the answer is not whole, in words
	Original  string    `json:"original,omitempty"`    // the page that an archive says this is a copy of
	Copied    time.Time `json:"original_at,omitzero"`  // and of when
}

// Egress is how this machine goes to the world. The person at the machine says
// so, never a case: a case handed over must not choose whom its reader's machine
// talks to, or through whom.
type Egress struct {
	Proxy  string // http://host:port or socks5://host:port; "" for a direct connection
	Ports  []int  // allowed beside 80 and 443
	BadTLS bool   // take pages whose certificate does not verify
}

// Address is an address of the web as far as it says itself what it is.
type Address struct {
	URL        string    // in its plain form
	Goes       string    // what would be gone to for it
	Channel    string    // public name of a Telegram channel; its number when Private
	Post       string    // id of the post there; "" for the channel as a whole
	Private    bool      // of Telegram: there is no public page
	Original   string    // for the address of an archived copy, the page it is a copy of
	OriginalAt time.Time // and of when
}

// Pages is a collector of single addresses of the web.
type Pages struct {
	Kind
	// Check reads an address, and says why it would not be gone to. With such an
	// error the Address holds what could be read all the same. It makes no
	// connection and resolves no name.
	Check func(address string) (Address, error)
}

// ReadAtCloser is an open file that can be read at any place.
type ReadAtCloser interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// Kind describes one collector.
type Kind struct {
	Name string
	Doc  string
	// Collect yields files in a stable order. An error beside a zero File ends
	// the walk; an error beside a File with a Path is about that file alone.
	Collect func(ctx context.Context, where string) iter.Seq2[File, error]
}
