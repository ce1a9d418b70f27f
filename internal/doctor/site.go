package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// address asks the address that people use for the sign-in page, as a browser
// would: it is reached, by our server, and its cookies come through.
func (v *visit) address(ctx context.Context) {
	base := v.Config.BaseURL
	p, err := v.Get(ctx, base.String()+"/signin")
	var untrusted *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &untrusted) || errors.As(err, &authority):
		v.fail("address", "send the certificates between yours and the authority too; a private authority must be known to every browser", "%s shows a certificate that this machine does not trust: %v", base, err)
		return
	case err != nil:
		v.warn("address", "is the server running? from here its name may lead elsewhere", "%s was not reached from this machine, so cookies and its clock were not checked", base)
		return
	case p.Status == http.StatusMisdirectedRequest || p.Status == http.StatusBadRequest:
		v.fail("address", "let the proxy pass the Host header on unchanged (docs/forward-auth.md)", "%s answers with status %d: it gets another host name than base_url", base, p.Status)
		return
	case p.Status != http.StatusOK:
		v.warn("address", "is it this server that answers there?", "%s answers with status %d", base, p.Status)
		return
	}
	v.cookies(p)
	if !p.CertEnds.IsZero() {
		v.certEnds("address-tls", v.Now(), p.CertEnds)
	}
	if !p.Date.IsZero() {
		// The header has whole seconds, and is up to one old.
		apart := v.Now().Sub(p.Date)
		v.skew("address-clock", "that of "+base.Host, apart.Truncate(skewWarn/2))
	}
}

// cookies looks at the cookie that the sign-in page sets.
func (v *visit) cookies(p Page) {
	base := v.Config.BaseURL
	if base.Scheme == "http" {
		v.ok("address", "%s answers; cookies are not Secure, since this is one machine alone", base)
		return
	}
	for _, c := range p.Cookies {
		if !strings.HasPrefix(c, "__Host-") {
			v.fail("address", "let the proxy pass Set-Cookie on unchanged", "%s sets the cookie %s, which is none of ours or was changed on its way", base, c)
			return
		}
	}
	if !slices.ContainsFunc(p.Cookies, func(c string) bool { return strings.HasPrefix(c, "__Host-sp_") }) {
		v.fail("address", "is it this server that answers there? let the proxy pass Set-Cookie on", "%s sets no cookie of ours: nobody can sign in", base)
		return
	}
	v.ok("address", "%s answers; its cookies are __Host- and Secure", base)
}

// proxies looks at whose word about addresses is believed (RL9).
func (v *visit) proxies(context.Context) {
	c := v.Config
	switch {
	case !c.BehindProxy && len(c.Trusted) == 0:
		v.ok("proxies", "none: the address of a connection counts")
		return
	case !c.BehindProxy:
		v.warn("proxies", "set behind_proxy, or leave trusted_proxies out", "trusted proxies are named, and behind_proxy is not set")
		return
	}
	var names []string
	for _, p := range c.Trusted {
		names = append(names, p.String())
		if p.Addr().Is4() && p.Bits() < 24 && !p.Addr().IsLoopback() || p.Addr().Is6() && p.Bits() < 64 {
			v.warn("proxies", "name the proxies' own addresses", "%s is believed about addresses: everybody in it can pretend to be anywhere", p)
			return
		}
	}
	v.ok("proxies", "%s believed about addresses", strings.Join(names, ", "))
}
