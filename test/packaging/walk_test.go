//go:build linux && packaging

package packaging_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/devmail"
)

// certificate makes one for localhost, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &pair.PublicKey, pair)
	must(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(pair)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

// mailServer takes mail for anybody.
func mailServer(t *testing.T) *devmail.Box {
	t.Helper()
	box, err := devmail.Start("127.0.0.1:0", time.Now)
	must(t, err)
	t.Cleanup(func() { _ = box.Close() })
	return box
}

// person is somebody with a browser.
type person struct {
	t    *testing.T
	base string
	http *http.Client
	box  *devmail.Box
}

func newPerson(t *testing.T, base, cert string, box *devmail.Box) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(cert))
	c := &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
	}
	return &person{t, base, c, box}
}

// page is an answer with its body.
type page struct {
	*http.Response
	body string
}

func (p *person) do(method, address string, form url.Values) page {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(form.Encode()))
	must(p.t, err)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", p.base)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := p.http.Do(r)
	must(p.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(p.t, err)
	return page{res, string(raw)}
}

func (p *person) get(path string) page {
	p.t.Helper()
	return p.do(http.MethodGet, p.base+path, nil)
}

// submit fills and sends the form of a page whose action is named.
func (p *person) submit(on page, action string, fill map[string]string) page {
	p.t.Helper()
	doc, err := html.Parse(strings.NewReader(on.body))
	must(p.t, err)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || attr(n, "action") != action {
			continue
		}
		values := url.Values{}
		for c := range n.Descendants() {
			if c.Data == "input" && attr(c, "type") == "hidden" {
				values.Set(attr(c, "name"), attr(c, "value"))
			}
		}
		for k, v := range fill {
			values.Set(k, v)
		}
		return p.do(http.MethodPost, p.base+action, values)
	}
	p.t.Fatalf("no form for %s at %s (%d):\n%s", action, on.Request.URL, on.StatusCode, on.body)
	return page{}
}

func attr(n *html.Node, name string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

const (
	ana      = "ana@example.com"
	password = "seven green lamps on a pier"
)

// choosesPassword opens the link that admin create printed.
func (p *person) choosesPassword(printed string) {
	p.t.Helper()
	link := regexp.MustCompile(`https://\S+/invite/\S+`).FindString(printed)
	if !strings.HasPrefix(link, p.base+"/invite/") {
		p.t.Fatalf("no link to %s in:\n%s", p.base, printed)
	}
	on := p.submit(p.get(strings.TrimPrefix(link, p.base)), "/invite", map[string]string{"password": password, "repeat": password})
	if on.StatusCode != http.StatusOK || !strings.HasPrefix(on.Request.URL.Path, "/signin") {
		p.t.Fatalf("choosing the password led to %s (%d):\n%s", on.Request.URL, on.StatusCode, on.body)
	}
}

// signsIn signs in with the password and the code that comes by mail.
func (p *person) signsIn() {
	p.t.Helper()
	p.box.Clear()
	on := p.submit(p.get("/signin"), "/signin", map[string]string{"login": ana, "password": password})
	if strings.Contains(on.body, `name="method"`) {
		on = p.submit(on, "/signin/verify", map[string]string{"method": "email"})
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	mail, err := p.box.Wait(ctx, func(m devmail.Mail) bool { return m.Code != "" })
	if err != nil {
		p.t.Fatalf("no code came by mail: %v", err)
	}
	on = p.submit(on, "/signin/verify/email", map[string]string{"code": mail.Code})
	if on.StatusCode != http.StatusOK {
		p.t.Fatalf("the code led to %s (%d):\n%s", on.Request.URL, on.StatusCode, on.body)
	}
	p.isSignedIn()
}

func (p *person) isSignedIn() {
	p.t.Helper()
	if on := p.get("/home"); on.Request.URL.Path != "/home" || on.StatusCode != http.StatusOK {
		p.t.Fatalf("/home led to %s (%d)", on.Request.URL, on.StatusCode)
	}
}
