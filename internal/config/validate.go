package config

import (
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// problems returns everything that makes the configuration unsafe or useless.
// Start-up refuses with all of it at once.
func (c Config) problems() []problem {
	var all []problem
	bad := func(keys []string, format string, args ...any) { all = append(all, wrong(keys, format, args...)) }
	if c.Name == "" {
		bad([]string{"name"}, "must not be empty")
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad([]string{"addr"}, "%q is not host:port, such as 0.0.0.0:8443 or :8443", c.Addr)
	}
	all = append(all, c.publicProblems()...)
	for _, p := range c.Trusted {
		if tooWide(p) {
			bad([]string{"trusted_proxies"}, "%s trusts too much of the internet; name the networks of your proxies", p)
		}
	}
	if c.BehindProxy && len(c.Trusted) == 0 {
		bad([]string{"trusted_proxies", "behind_proxy"}, "behind_proxy needs the networks of the proxies; without them anybody could forge an address")
	}
	if c.Metrics != "" && !loopbackListen(c.Metrics) {
		bad([]string{"metrics"}, "must be a loopback address, such as 127.0.0.1:9464")
	}
	all = append(all, c.mailProblems()...)
	all = append(all, c.auditProblems()...)
	all = append(all, c.databaseProblems()...)
	if c.Throttle.FirstWait > c.Throttle.MaxWait {
		bad([]string{"throttle.first_wait", "throttle.max_wait"}, "longer than throttle.max_wait")
	}
	if c.Throttle.Failures < 1 || c.Throttle.Failures > 100 {
		bad([]string{"throttle.failures"}, "must be 1 to 100")
	}
	return all
}

// tooWide reports whether a network cannot be that of somebody's proxies: wider
// than a /8 of IPv4, also written as IPv6, or a /16 of IPv6.
func tooWide(p netip.Prefix) bool {
	switch a := p.Addr(); {
	case a.Is4():
		return p.Bits() < 8
	case a.Is4In6() && p.Bits() >= 96:
		return p.Bits() < 96+8
	default:
		return p.Bits() < 16
	}
}

// publicProblems are those of the address people use and of TLS.
func (c Config) publicProblems() []problem {
	var all []problem
	bad := func(keys []string, format string, args ...any) { all = append(all, wrong(keys, format, args...)) }
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad([]string{"tls.cert", "tls.key"}, "tls.cert and tls.key must be given together")
	}
	if c.BaseURL == nil {
		bad([]string{"base_url"}, "must be set to the address people use, such as https://id.example.com")
		return all
	}
	loopback := Loopback(c.BaseURL.Hostname())
	switch {
	case c.BaseURL.Scheme == "http" && !loopback:
		bad([]string{"base_url"}, "plain http is only for this machine; use https://%s", c.BaseURL.Host)
	case c.BaseURL.Scheme == "https" && c.TLSCert == "" && c.TLSKey == "" && !c.BehindProxy:
		bad([]string{"tls.cert", "behind_proxy"}, "https needs tls.cert and tls.key, or behind_proxy where a proxy ends TLS")
	}
	if c.Dev && (!loopback || !loopbackListen(c.Addr)) {
		bad([]string{"dev", "addr", "base_url"}, "development mode is for loopback only, in addr and in base_url")
	}
	return all
}

func (c Config) mailProblems() []problem {
	var all []problem // none at all: entering to set up SMTP must work without it
	for _, o := range []struct{ key, address string }{{"smtp.url", c.SMTP.URL}, {"smtp.second_url", c.SMTP.SecondURL}} {
		u, err := url.Parse(o.address)
		if o.address != "" && (err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps")) {
			all = append(all, wrong([]string{o.key}, "must be smtp://host:587 or smtps://host:465"))
		}
	}
	return all
}

// auditProblems are those of where the audit log is sent to.
func (c Config) auditProblems() []problem {
	if c.Audit.Syslog == "" {
		return nil
	}
	u, err := url.Parse(c.Audit.Syslog)
	known := err == nil && slices.Contains([]string{"unix", "udp", "tcp", "tls"}, u.Scheme)
	if !known || u.Scheme == "unix" && (u.Path == "" || u.Host != "") || u.Scheme != "unix" && (u.Hostname() == "" || u.Port() == "" || u.Path != "") {
		return []problem{wrong([]string{"audit.syslog"}, "must be unix:///dev/log, udp://host:514, tcp://host:601 or tls://host:6514")}
	}
	return nil
}

// databaseProblems are those of our database and of the places that are read from.
func (c Config) databaseProblems() []problem {
	var all []problem
	if c.Database != "" {
		all = serverProblems("database", c.Database)
	}
	for _, name := range slices.Sorted(maps.Keys(c.LoaderSources)) {
		all = append(all, serverProblems("source."+name+".url", c.LoaderSources[name].Where)...)
	}
	for _, name := range slices.Sorted(maps.Keys(c.LoaderFolders)) {
		if !filepath.IsAbs(c.LoaderFolders[name].Where) {
			all = append(all, wrong([]string{"folder." + name + ".path"}, "must be the full path of a folder"))
		}
	}
	return all
}

// serverProblems are those of the address of a database server.
func serverProblems(key, address string) []problem {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return []problem{wrong([]string{key}, "must be a postgres:// address, percent-encoded")}
	}
	// A host among the parameters wins over the one in front.
	hosts := append(strings.Split(u.Query().Get("host"), ","), u.Hostname())
	for _, host := range hosts {
		near := host == "" || strings.HasPrefix(host, "/") || Loopback(host)
		if !near && u.Query().Get("sslmode") != "verify-full" {
			return []problem{wrong([]string{key}, "a database on another machine needs sslmode=verify-full")}
		}
	}
	return nil
}

// Loopback reports whether a host name can only be this machine.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}

func loopbackListen(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && Loopback(host)
}
