package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
)

// certificateFor writes a certificate that nobody but a test trusts.
func certificateFor(t *testing.T, serial int64, names ...string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	shape := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: kder}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(c)
	return cert, key, pool
}

func TestWhoMayBeServed(t *testing.T) {
	cert, key, _ := certificateFor(t, 1, "desk.example")
	pw, unset := &word{text: right}, &word{}
	withTLS := Exposure{Expose: true, CertFile: cert, KeyFile: key}
	proxied := Exposure{Expose: true, BehindProxy: true}
	for _, x := range []struct {
		addr string
		opt  Options
		ok   bool
	}{
		{"127.0.0.1:7117", Options{}, true},
		{"localhost:0", Options{}, true},
		{"[::1]:0", Options{}, true},
		{"127.0.0.1:7117", Options{Password: pw}, true},
		{"127.0.0.1:7117", Options{Password: unset}, false},
		{"127.0.0.1:7117", Options{Hosts: []string{"desk.example"}}, true},
		{"127.0.0.1:7117", Options{Hosts: []string{"https://desk.example"}}, false},
		{"127.0.0.1:7117", Options{Hosts: []string{"*"}}, false},
		{"127.0.0.1:7117", Options{Hosts: []string{"desk.example:80"}}, false},
		{"127.0.0.1:7117", Options{Exposure: Exposure{CertFile: cert, KeyFile: key}, Hosts: []string{"desk.example"}}, true},
		{"127.0.0.1:7117", Options{Exposure: Exposure{CertFile: cert}}, false},
		{"127.0.0.1:7117", Options{Exposure: Exposure{CertFile: cert, KeyFile: cert}}, false},
		{"127.0.0.1:7117", Options{Exposure: Exposure{BehindProxy: true}, Password: pw, Hosts: []string{"desk.example"}}, false},
		{"127.0.0.1:7117", Options{Exposure: proxied, Hosts: []string{"desk.example"}}, false},
		{"127.0.0.1:7117", Options{Exposure: proxied, Password: pw}, false},
		{"127.0.0.1:7117", Options{Exposure: proxied, Password: pw, Hosts: []string{"desk.example"}}, true},
		{"127.0.0.1:7117", Options{Exposure: Exposure{Expose: true}}, false},
		{"0.0.0.0:7117", Options{}, false},
		{"0.0.0.0:7117", Options{Password: pw}, false},
		{"0.0.0.0:7117", Options{Exposure: Exposure{Expose: true}}, false},
		{"0.0.0.0:7117", Options{Exposure: Exposure{Expose: true}, Password: pw, Hosts: []string{"desk.example"}}, false},
		{"0.0.0.0:7117", Options{Exposure: withTLS, Hosts: []string{"desk.example"}}, false},
		{"0.0.0.0:7117", Options{Exposure: withTLS, Password: unset, Hosts: []string{"desk.example"}}, false},
		{"0.0.0.0:7117", Options{Exposure: withTLS, Password: pw}, false},
		{"0.0.0.0:7117", Options{Exposure: withTLS, Password: pw, Hosts: []string{"other.example"}}, false},
		{"0.0.0.0:7117", Options{Exposure: withTLS, Password: pw, Hosts: []string{"desk.example"}}, true},
		{":7117", Options{Exposure: proxied, Password: pw, Hosts: []string{"desk.example"}}, true},
		{"192.0.2.7:7117", Options{Exposure: proxied, Password: pw}, true},
		{"192.0.2.7:7117", Options{Password: pw}, false},
		{"desk.example:7117", Options{Exposure: withTLS, Password: pw, Hosts: []string{"desk.example"}}, false},
	} {
		got, err := Check(x.addr, x.opt)
		var hint *record.Hint
		if (err == nil) != x.ok || err != nil && (!errors.Is(err, record.ErrInvalid) || !errors.As(err, &hint)) {
			t.Errorf("%s with %+v: %v", x.addr, x.opt, err)
		}
		if err == nil && got.Secure != (x.opt.Exposure.tls() || x.opt.Exposure.BehindProxy) {
			t.Errorf("%s with %+v: secure %v", x.addr, x.opt, got.Secure)
		}
	}
	if got, err := Check("192.0.2.7:7117", Options{Exposure: proxied, Password: pw}); err != nil || !slices.Equal(got.Hosts, []string{"192.0.2.7"}) {
		t.Errorf("%v %v", got.Hosts, err)
	}
}

// Others reach it through TLS only, by its name only, with the password only;
// what a proxy says of who asks is not believed.
func TestExposed(t *testing.T) {
	cert, key, pool := certificateFor(t, 1, "localhost")
	l := newLocked(t, Options{})
	opt := Options{Password: l.word, Hosts: []string{"localhost"}, Exposure: Exposure{Expose: true, CertFile: cert, KeyFile: key}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended, url := make(chan error, 1), make(chan string, 1)
	go func() { ended <- Serve(ctx, l.desk, "127.0.0.1:0", opt, func(u string) { url <- u }) }()
	var at string
	select {
	case err := <-ended:
		t.Fatal(err)
	case at = <-url:
	}
	if !strings.HasPrefix(at, "https://localhost:") {
		t.Errorf("open at %s", at)
	}
	at = strings.Replace(at, "localhost", "127.0.0.1", 1)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, "GET", at+"sources", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []string{"X-Forwarded-For", "X-Real-Ip", "X-Forwarded-User", "Remote-User", "X-Forwarded-Host", "Forwarded", "Authorization"} {
		req.Header.Set(h, "127.0.0.1")
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if res, err := http.Get(strings.Replace(at, "https", "http", 1)); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("in the clear: %d", res.StatusCode)
		}
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A certificate that is renewed is used, one that is half written is not.
func TestCertificatesAreRenewed(t *testing.T) {
	cert, key, _ := certificateFor(t, 1, "desk.example")
	c := &clock{at: time.Now()}
	held := &certificate{Exposure: Exposure{CertFile: cert, KeyFile: key}, now: c.now}
	serial := func() int64 {
		t.Helper()
		p, err := held.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return p.Leaf.SerialNumber.Int64()
	}
	if serial() != 1 {
		t.Error("not the certificate")
	}
	cert2, key2, _ := certificateFor(t, 2, "desk.example")
	later := time.Now().Add(time.Hour)
	move := func(from, to string) {
		t.Helper()
		if err := errors.Join(os.Rename(from, to), os.Chtimes(to, later, later)); err != nil {
			t.Fatal(err)
		}
	}
	move(cert2, cert)
	c.pass(lookEvery)
	if serial() != 1 {
		t.Error("half a pair is used")
	}
	move(key2, key)
	if serial() != 1 {
		t.Error("looked again too early")
	}
	c.pass(lookEvery)
	if serial() != 2 {
		t.Error("the renewed certificate is not used")
	}
}
