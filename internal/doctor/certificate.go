package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"time"
)

// How long before its end a certificate is spoken of.
const (
	certWarn = 21 * 24 * time.Hour
	day      = 24 * time.Hour
)

// certificate looks at the certificate that the server is to show.
func (v *visit) certificate(context.Context) {
	c := v.Config
	switch {
	case c.TLSCert == "" && c.BehindProxy:
		v.ok("tls", "the proxy in front ends TLS")
		return
	case c.TLSCert == "":
		v.ok("tls", "not needed on this machine")
		return
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		v.fail("tls", "tls.cert holds the certificate and those between it and the authority, tls.key the key of the first", "certificate and key cannot be used: %v", err)
		return
	}
	leaf := pair.Leaf
	if leaf == nil {
		v.fail("tls", "", "%s holds no certificate", c.TLSCert)
		return
	}
	if err := leaf.VerifyHostname(c.BaseURL.Hostname()); err != nil {
		v.fail("tls", "get one for the host of base_url", "the certificate is for another host: %v", err)
		return
	}
	ends := leaf.NotAfter
	for _, raw := range pair.Certificate[1:] {
		if between, err := x509.ParseCertificate(raw); err == nil && between.NotAfter.Before(ends) {
			ends = between.NotAfter
		}
	}
	v.certEnds("tls", leaf.NotBefore, ends)
}

// certEnds says when a certificate ends.
func (v *visit) certEnds(name string, begins, ends time.Time) {
	now, date := v.Now(), ends.UTC().Format(time.DateOnly)
	switch {
	case now.Before(begins):
		v.fail(name, "is the clock right?", "the certificate begins on %s", begins.UTC().Format(time.DateOnly))
	case !now.Before(ends):
		v.fail(name, "get a new one now; the server reads it when it starts", "the certificate ended on %s", date)
	case ends.Sub(now) < certWarn:
		v.warn(name, "get a new one; the server reads it when it starts", "the certificate ends on %s, in %d days", date, int(ends.Sub(now)/day))
	default:
		v.ok(name, "the certificate is good until %s", date)
	}
}
