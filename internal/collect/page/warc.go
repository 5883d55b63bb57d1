package page

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
)

// write writes a visit as WARC 1.1 (ISO 28500:2017), a gzip member a record:
// warcinfo, then for each exchange its response, request and metadata. The file
// names nobody: no operator, no machine.
func (c collector) write(v *fetch.Visit, w *collect.Web) (*os.File, int64, error) {
	spool, err := os.CreateTemp("", "dalil-warc-")
	if err != nil {
		return nil, 0, err
	}
	os.Remove(spool.Name()) // the open file is enough; nothing is left behind by a crash
	out := &warcWriter{w: bufio.NewWriterSize(spool, 64<<10)}
	out.info(c.tool, w.Start)
	for i, x := range v.Exchanges {
		facts := factsOf(v, x)
		if i == len(v.Exchanges)-1 {
			facts.Asked, facts.Original = w.Asked, w.Original
			if !w.Copied.IsZero() {
				facts.OriginalAt = w.Copied.Format(time.RFC3339)
			}
		}
		out.exchange(x, facts)
	}
	if out.err == nil {
		out.err = out.w.Flush()
	}
	size, err := spool.Seek(0, io.SeekCurrent)
	if out.err == nil {
		out.err = err
	}
	if out.err != nil {
		spool.Close()
		return nil, 0, out.err
	}
	return spool, size, nil
}

// facts is the body of a metadata record, application/json: what the standard's
// fields have no place for. Its members are in doc/formats.md.
type facts struct {
	Format     string   `json:"format"` // "dalil-capture/1"
	Asked      string   `json:"asked,omitempty"`
	URL        string   `json:"url"`
	Started    string   `json:"started"` // our clock
	Ended      string   `json:"ended"`
	ServerDate string   `json:"server_date,omitempty"` // their clock
	Resolved   []string `json:"resolved"`              // addresses of the host's name; empty when the host is an address
	ResolvedBy string   `json:"resolved_by"`           // "this machine", "the proxy"
	Remote     string   `json:"remote,omitempty"`
	Proxy      string   `json:"proxy,omitempty"`
	Truncated  string   `json:"truncated,omitempty"`
	BodySHA256 string   `json:"body_sha256"` // without transfer coding, hexadecimal
	BodySize   int64    `json:"body_size"`
	TLS        *tlsFact `json:"tls,omitempty"`
	Original   string   `json:"original,omitempty"`
	OriginalAt string   `json:"original_at,omitempty"`
}

type tlsFact struct {
	Version  string   `json:"version"`
	Cipher   string   `json:"cipher_suite"`
	Server   string   `json:"server_name"`
	Verified bool     `json:"verified"`
	Problem  string   `json:"problem,omitempty"`
	Chain    []string `json:"chain"` // PEM, the server's own first, as sent
}

func factsOf(v *fetch.Visit, x *fetch.Exchange) facts {
	f := facts{Format: "dalil-capture/1", URL: x.URL.String(), Started: x.Start.Format(milli), Ended: x.End.Format(milli),
		Resolved: []string{}, ResolvedBy: "this machine", Proxy: v.Via, Truncated: x.TruncatedWhy,
		BodySHA256: hex.EncodeToString(x.Payload[:]), BodySize: x.PayloadSize}
	if d := x.Date(); !d.IsZero() {
		f.ServerDate = d.Format(time.RFC3339)
	}
	for _, ip := range x.Names {
		f.Resolved = append(f.Resolved, ip.String())
	}
	if v.Via != "" {
		f.ResolvedBy = "the proxy"
	}
	if x.Remote.IsValid() {
		f.Remote = x.Remote.String()
	}
	if t := x.TLS; t != nil {
		f.TLS = &tlsFact{Version: t.Version, Cipher: t.Cipher, Server: t.Server, Verified: t.Problem == "", Problem: t.Problem}
		for _, der := range t.Chain {
			f.TLS.Chain = append(f.TLS.Chain, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
		}
	}
	return f
}

// issuer is who signed the server's certificate.
func issuer(t *fetch.TLS) string {
	if len(t.Chain) == 0 {
		return ""
	}
	cert, err := x509.ParseCertificate(t.Chain[0])
	if err != nil {
		return ""
	}
	return clip(cert.Issuer.String())
}

const milli = "2006-01-02T15:04:05.000Z"

// warcWriter writes records and keeps the first error.
type warcWriter struct {
	w   *bufio.Writer
	err error
}

func (o *warcWriter) info(tool string, at time.Time) {
	block := "software: " + tool + "\r\nformat: WARC File Format 1.1\r\nconformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\nrobots: ignored, one page at a person's wish\r\n"
	o.record("warcinfo", newID(), at, strings.NewReader(block), int64(len(block)), digestOf([]byte(block)), "Content-Type: application/warc-fields")
}

func (o *warcWriter) exchange(x *fetch.Exchange, f facts) {
	response, request := newID(), newID()
	about := []string{"WARC-Target-URI: " + x.URL.String()}
	if x.Remote.IsValid() {
		about = append(about, "WARC-IP-Address: "+x.Remote.Addr().String())
	}
	// WARC-Protocol and WARC-Cipher-Suite are the IIPC's extensions.
	about = append(about, "WARC-Protocol: http/1.1")
	if x.TLS != nil {
		about = append(about, "WARC-Protocol: "+strings.ToLower(strings.ReplaceAll(x.TLS.Version, " ", "/")), "WARC-Cipher-Suite: "+x.TLS.Cipher)
	}

	block, payload := sha256.New(), sha256.New()
	for sum, r := range map[hash.Hash]io.Reader{block: io.NewSectionReader(x.Response, 0, x.Size), payload: x.Body()} {
		if _, err := io.Copy(sum, r); err != nil && o.err == nil {
			o.err = err
		}
	}
	// The payload's digest is of the body as sent, chunk marks included: so most
	// tools compute it. That of the body without them is among the facts.
	fields := append([]string{"Content-Type: application/http; msgtype=response", "WARC-Payload-Digest: " + label(payload.Sum(nil))}, about...)
	if x.Truncated != "" {
		fields = append(fields, "WARC-Truncated: "+x.Truncated)
	}
	o.record("response", response, x.Start, io.NewSectionReader(x.Response, 0, x.Size), x.Size, block, fields...)
	o.record("request", request, x.Start, bytes.NewReader(x.Request), int64(len(x.Request)), digestOf(x.Request),
		append([]string{"Content-Type: application/http; msgtype=request", "WARC-Concurrent-To: <" + response + ">"}, about...)...)
	meta, err := json.MarshalIndent(f, "", " ")
	if err != nil && o.err == nil {
		o.err = err
	}
	meta = append(meta, '\n')
	o.record("metadata", newID(), x.End, bytes.NewReader(meta), int64(len(meta)), digestOf(meta),
		"Content-Type: application/json", "WARC-Concurrent-To: <"+response+">", "WARC-Target-URI: "+x.URL.String())
}

// record writes one record as a gzip member of its own.
func (o *warcWriter) record(kind, id string, at time.Time, block io.Reader, size int64, sum hash.Hash, fields ...string) {
	if o.err != nil {
		return
	}
	z := gzip.NewWriter(o.w)
	head := "WARC/1.1\r\nWARC-Type: " + kind + "\r\nWARC-Record-ID: <" + id + ">\r\nWARC-Date: " + at.UTC().Format(milli) + "\r\n" +
		strings.Join(fields, "\r\n") + "\r\nWARC-Block-Digest: " + label(sum.Sum(nil)) + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", size)
	if _, o.err = io.WriteString(z, head); o.err != nil {
		return
	}
	n, err := io.Copy(z, block)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = io.WriteString(z, "\r\n\r\n")
	}
	if err == nil {
		err = z.Close()
	}
	o.err = err
}

func digestOf(b []byte) hash.Hash {
	h := sha256.New()
	h.Write(b)
	return h
}

// label writes a digest the way most tools compare it, in base 32.
func label(sum []byte) string { return "sha256:" + base32.StdEncoding.EncodeToString(sum) }

// newID makes a random UUID (RFC 9562, version 4).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// section is a spooled file as one that a reader opens and closes; the
// collector closes the spool itself.
type section struct {
	f    *os.File
	size int64
}

type opened struct{ *io.SectionReader }

func (opened) Close() error { return nil }

func (s section) open() collect.ReadAtCloser {
	return opened{io.NewSectionReader(s.f, 0, s.size)}
}
