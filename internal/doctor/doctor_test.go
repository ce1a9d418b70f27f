package doctor_test

import (
	"bytes"
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
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/doctor"
	"github.com/sallyport/sallyport/internal/secret"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// database answers as it is told.
type database struct {
	apart           time.Duration
	err             error
	current, target int64
	keys            []core.StoredKey
	deployment      core.Deployment
	closed          int
}

func (d *database) Kind() string { return "postgres" }

func (d *database) DatabaseTime(context.Context) (time.Time, error) { return now.Add(d.apart), d.err }

func (d *database) SchemaVersion(context.Context) (current, target int64, err error) {
	return d.current, d.target, nil
}

func (d *database) Keys(context.Context) ([]core.StoredKey, error) { return d.keys, nil }

func (d *database) Deployment(context.Context) (core.Deployment, error) { return d.deployment, nil }

func (d *database) Close() error {
	d.closed++
	return nil
}

// names are the text records of a test; a name that is "offline" fails.
type names map[string][]string

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	if n == nil {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name}
	}
	if all, ok := n[name]; ok {
		return all, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// patient is a deployment in which everything is well, to be changed by a test.
type patient struct {
	doctor.Deps
	t           *testing.T
	db          *database
	page        doctor.Page
	pageIs      error
	mail        error
	names       names
	mailServers []string // their names
	secondMail  error    // of the second one
}

const masterText = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=\n" // A to Z, 0 to 5

func healthy(t *testing.T) *patient {
	t.Helper()
	folder := t.TempDir()
	base, err := url.Parse("https://id.example.com")
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{t: t}
	p.Now = func() time.Time { return now }
	p.Config = config.Config{
		BaseURL: base, Data: filepath.Join(folder, "data"), BehindProxy: true, Database: "postgres://somewhere",
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32")},
	}
	p.mailServers = []string{"mail.example.com:587"}
	p.Sender, p.Selector = "id.example.com", "s1"
	if err := errors.Join(os.Mkdir(p.Config.Data, 0o700), os.WriteFile(p.Config.KeyPath(), []byte(masterText), 0o600)); err != nil {
		t.Fatal(err)
	}
	w := secret.NewWrappedKey([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"), "k1", func(b []byte) { copy(b, "a data key of a test") })
	p.db = &database{
		current: 2, target: 2, keys: []core.StoredKey{{ID: "k1", Wrapped: w.Wrapped, Active: true, CreatedAt: now.Add(-time.Hour), SettledAt: now}},
		deployment: core.Deployment{Epoch: 1, BackedUpAt: now.Add(-time.Hour)},
	}
	p.page = doctor.Page{Status: 200, Date: now, Cookies: []string{"__Host-sp_pre"}, CertEnds: now.AddDate(0, 3, 0)}
	p.names = names{
		"id.example.com": {"other", "v=spf1 ip4:192.0.2.1 -all"}, "_dmarc.example.com": {"v=DMARC1; p=reject"},
		"s1._domainkey.id.example.com": {"v=DKIM1; k=rsa; p=MIIB"},
	}
	return p
}

func (p *patient) examine() []doctor.Finding {
	p.Open = func(context.Context) (doctor.Database, error) {
		if p.db == nil {
			return nil, errors.New("connection refused")
		}
		return p.db, nil
	}
	p.Get = func(context.Context, string) (doctor.Page, error) { return p.page, p.pageIs }
	var servers []doctor.MailServer
	p.MailServers = func(context.Context) ([]doctor.MailServer, error) { return servers, nil }
	for i, name := range p.mailServers {
		servers = append(servers, doctor.MailServer{Name: name, Probe: func(_ context.Context, step func(string)) error {
			step("connect to " + name)
			if i > 0 {
				return p.secondMail
			}
			return p.mail
		}})
	}
	p.Resolver = p.names
	return doctor.Examine(p.t.Context(), p.Deps)
}

// embedded makes the patient one with a file for its database.
func (p *patient) embedded() {
	p.t.Helper()
	p.Config.Database = ""
	if err := os.WriteFile(filepath.Join(p.Config.Data, "sallyport.db"), nil, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func TestHealthy(t *testing.T) {
	for name, change := range map[string]func(*patient){"a server's database": func(*patient) {}, "a file": (*patient).embedded} {
		t.Run(name, func(t *testing.T) {
			p := healthy(t)
			change(p)
			found := p.examine()
			if doctor.Worst(found) != doctor.OK || len(found) < 13 {
				t.Errorf("a deployment in which everything is well: %+v", found)
			}
			if p.db.closed != 1 {
				t.Errorf("the database was closed %d times", p.db.closed)
			}
		})
	}
}

// TestTroubles changes one thing each and wants it found, with the grade, and
// nothing else to become worse.
func TestTroubles(t *testing.T) {
	key := func(p *patient, text string, mode os.FileMode) {
		if err := errors.Join(os.WriteFile(p.Config.KeyPath(), []byte(text), 0o600), os.Chmod(p.Config.KeyPath(), mode)); err != nil {
			p.t.Fatal(err)
		}
	}
	file := func(p *patient, name string) {
		if err := errors.Join(os.WriteFile(name, []byte("x"), 0o644), os.Chmod(name, 0o644)); err != nil {
			p.t.Fatal(err)
		}
	}
	second := core.StoredKey{ID: "k2", CreatedAt: now}
	for name, c := range map[string]struct {
		change func(*patient)
		grade  doctor.Grade
		check  string
		says   string
	}{
		"no data folder": {func(p *patient) {
			p.embedded()
			p.Config.Data += "x"
			p.Config.KeyFile = strings.TrimSuffix(p.Config.Data, "x") + ".key"
		}, doctor.Warn, "folder", "no data folder"},
		"an open data folder":       {func(p *patient) { p.embedded(); p.chmod(p.Config.Data, 0o755) }, doctor.Warn, "folder", "mode 0755"},
		"an open database":          {func(p *patient) { p.embedded(); p.chmod(filepath.Join(p.Config.Data, "sallyport.db"), 0o640) }, doctor.Fail, "file", "mode 0640"},
		"an open log of the writer": {func(p *patient) { p.embedded(); file(p, filepath.Join(p.Config.Data, "sallyport.db-wal")) }, doctor.Fail, "file", "sallyport.db-wal"},
		"no database file":          {func(p *patient) { p.Config.Database = "" }, doctor.Warn, "database", "no database"},
		"no key file":               {func(p *patient) { p.Config.KeyFile = p.Config.Data + ".other"; p.db.keys = nil }, doctor.Warn, "key-file", "no master key"},
		"an open key file":          {func(p *patient) { key(p, masterText, 0o640); p.db.keys = nil }, doctor.Fail, "key-file", "mode 0640"},
		"a damaged key file":        {func(p *patient) { key(p, "x", 0o600); p.db.keys = nil }, doctor.Fail, "key-file", "32 bytes"},
		"a key in the data folder": {func(p *patient) {
			p.embedded()
			p.Config.KeyFile = filepath.Join(p.Config.Data, "deep", "key")
			p.db.keys = nil
		}, doctor.Fail, "key-file", "inside the data folder"},
		"a key that waits":           {func(p *patient) { file(p, p.Config.KeyPath()+".next") }, doctor.Warn, "key-file", "waits"},
		"the key of another":         {func(p *patient) { key(p, strings.Replace(masterText, "Q", "R", 1), 0o600) }, doctor.Fail, "keys", "not the one of this database"},
		"a damaged data key":         {func(p *patient) { p.db.keys[0].Wrapped = strings.Replace(p.db.keys[0].Wrapped, ".", "..", 1) }, doctor.Fail, "keys", "key.damaged"},
		"no data key":                {func(p *patient) { p.db.keys = nil }, doctor.Warn, "keys", "no data key"},
		"an unfinished rotation":     {func(p *patient) { second.Wrapped = p.wrapped("k2"); p.db.keys = append(p.db.keys, second) }, doctor.Warn, "keys", "not finished"},
		"an old key":                 {func(p *patient) { p.db.keys[0].CreatedAt = now.AddDate(-3, 0, 0) }, doctor.Warn, "keys", "since 2023"},
		"no database server":         {func(p *patient) { p.db = nil }, doctor.Fail, "database", "connection refused"},
		"a database that is mute":    {func(p *patient) { p.db.err = errors.New("gone") }, doctor.Fail, "database", "gone"},
		"an older schema":            {func(p *patient) { p.db.current = 1 }, doctor.Warn, "schema", "brings it to 2"},
		"a newer schema":             {func(p *patient) { p.db.current = 3 }, doctor.Fail, "schema", "newer version"},
		"half a restore":             {func(p *patient) { p.db.current = 4_000_000_000 }, doctor.Fail, "schema", "not finished"},
		"a clock a bit off":          {func(p *patient) { p.db.apart = 3 * time.Second }, doctor.Warn, "clock", "3s apart"},
		"a clock far off":            {func(p *patient) { p.db.apart = -time.Minute }, doctor.Fail, "clock", "1m0s apart"},
		"another clock in front":     {func(p *patient) { p.page.Date = now.Add(time.Minute) }, doctor.Fail, "address-clock", "1m0s apart"},
		"no backup":                  {func(p *patient) { p.db.deployment.BackedUpAt = time.Time{} }, doctor.Warn, "backup", "no backup"},
		"an old backup":              {func(p *patient) { p.db.deployment.BackedUpAt = now.AddDate(0, 0, -9) }, doctor.Warn, "backup", "9 days ago"},
		"nobody at the address":      {func(p *patient) { p.pageIs = errors.New("refused") }, doctor.Warn, "address", "not reached"},
		"a certificate not trusted":  {func(p *patient) { p.pageIs = &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}} }, doctor.Fail, "address", "does not trust"},
		"another Host":               {func(p *patient) { p.page.Status = 421 }, doctor.Fail, "address", "another host name"},
		"another server":             {func(p *patient) { p.page.Status = 404 }, doctor.Warn, "address", "status 404"},
		"no cookie":                  {func(p *patient) { p.page.Cookies = nil }, doctor.Fail, "address", "no cookie"},
		"a changed cookie":           {func(p *patient) { p.page.Cookies = []string{"sp_pre"} }, doctor.Fail, "address", "sp_pre"},
		"a short certificate":        {func(p *patient) { p.page.CertEnds = now.AddDate(0, 0, 5) }, doctor.Warn, "address-tls", "in 5 days"},
		"a dead certificate":         {func(p *patient) { p.page.CertEnds = now }, doctor.Fail, "address-tls", "ended on 2026-11-23"},
		"a wide proxy network":       {func(p *patient) { p.Config.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }, doctor.Warn, "proxies", "10.0.0.0/8"},
		"a wide network of IPv6":     {func(p *patient) { p.Config.Trusted = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")} }, doctor.Warn, "proxies", "2001:db8::/32"},
		"no mail server":             {func(p *patient) { p.mailServers = nil }, doctor.Fail, "mail", "no mail server"},
		"a mail server that is away": {func(p *patient) { p.mail = core.NewError(core.Unavailable, "mail.connect") }, doctor.Fail, "mail", "not reached"},
		"a mail server without TLS":  {func(p *patient) { p.mail = core.NewError(core.Unavailable, "mail.tls") }, doctor.Fail, "mail", "not be secured"},
		"a wrong mail password":      {func(p *patient) { p.mail = core.NewError(core.Unavailable, "mail.login") }, doctor.Fail, "mail", "user and password"},
		"a sender not taken":         {func(p *patient) { p.mail = core.NewError(core.Unavailable, "mail.sender") }, doctor.Fail, "mail", "our sender"},
		"one of two is away": {func(p *patient) {
			p.mailServers = append(p.mailServers, "spare.example.com:587")
			p.mail = core.NewError(core.Unavailable, "mail.connect")
		}, doctor.Warn, "mail", "not reached; the other one takes over"},
		"both are away": {func(p *patient) {
			p.mailServers = append(p.mailServers, "spare.example.com:587")
			p.mail, p.secondMail = core.NewError(core.Unavailable, "mail.connect"), core.NewError(core.Unavailable, "mail.tls_name")
		}, doctor.Fail, "mail", "another host's"},
		"no resolver":             {func(p *patient) { p.names = nil }, doctor.Warn, "mail-names", "not checked: no resolver"},
		"no SPF":                  {func(p *patient) { delete(p.names, "id.example.com") }, doctor.Warn, "mail-spf", "does not say"},
		"a record like SPF":       {func(p *patient) { p.names["id.example.com"] = []string{"v=spf10 -all"} }, doctor.Warn, "mail-spf", "does not say"},
		"two SPF":                 {func(p *patient) { p.names["id.example.com"] = []string{"v=spf1 -all", "V=SPF1 mx"} }, doctor.Fail, "mail-spf", "2 SPF"},
		"SPF for everybody":       {func(p *patient) { p.names["id.example.com"] = []string{"v=spf1 +all"} }, doctor.Warn, "mail-spf", "everybody"},
		"no DKIM selector":        {func(p *patient) { p.Selector = "" }, doctor.Warn, "mail-dkim", "not checked"},
		"no DKIM key":             {func(p *patient) { p.Selector = "s2" }, doctor.Fail, "mail-dkim", "no key at s2._domainkey"},
		"a DKIM key taken back":   {func(p *patient) { p.names["s1._domainkey.id.example.com"] = []string{"v=DKIM1; p="} }, doctor.Fail, "mail-dkim", "taken back"},
		"no DMARC":                {func(p *patient) { delete(p.names, "_dmarc.example.com") }, doctor.Warn, "mail-dmarc", "does not say"},
		"DMARC that asks nothing": {func(p *patient) { p.names["_dmarc.id.example.com"] = []string{"v=DMARC1; p = none"} }, doctor.Warn, "mail-dmarc", "asks for nothing"},
		"two DMARC":               {func(p *patient) { p.names["_dmarc.id.example.com"] = []string{"v=DMARC1; p=none", "v=DMARC1"} }, doctor.Fail, "mail-dmarc", "2 records"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(c.says, "mode") {
				t.Skip("not run: files have no mode there")
			}
			p := healthy(t)
			c.change(p)
			found := p.examine()
			i := slices.IndexFunc(found, func(f doctor.Finding) bool {
				return f.Name == c.check && f.Grade == c.grade && strings.Contains(f.Text, c.says)
			})
			if i < 0 {
				t.Fatalf("%s %s %q is not among %+v", c.grade, c.check, c.says, found)
			}
			if doctor.Worst(found) != c.grade {
				t.Errorf("worst is %s, want %s: %+v", doctor.Worst(found), c.grade, found)
			}
			for _, f := range found {
				if text := f.Text + f.Hint; strings.Contains(text, "pa55word") || strings.Contains(text, strings.TrimSpace(masterText)) {
					t.Errorf("a finding holds a secret: %+v", f)
				}
			}
		})
	}
}

func (p *patient) chmod(path string, mode os.FileMode) {
	p.t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		p.t.Fatal(err)
	}
}

func (p *patient) wrapped(id string) string {
	return secret.NewWrappedKey([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"), id, func(b []byte) { copy(b, "another data key") }).Wrapped
}

// TestCertificates looks at the files of a server that ends TLS itself.
func TestCertificates(t *testing.T) {
	for name, c := range map[string]struct {
		host        string
		begins, end time.Time
		otherKey    bool
		grade       doctor.Grade
		says        string
	}{
		"good":          {"id.example.com", now.AddDate(0, -1, 0), now.AddDate(0, 2, 0), false, doctor.OK, "good until 2027-01-23"},
		"a wildcard":    {"*.example.com", now.AddDate(0, -1, 0), now.AddDate(0, 2, 0), false, doctor.OK, "good until"},
		"another host":  {"www.example.com", now.AddDate(0, -1, 0), now.AddDate(0, 2, 0), false, doctor.Fail, "another host"},
		"soon over":     {"id.example.com", now.AddDate(0, -1, 0), now.AddDate(0, 0, 20), false, doctor.Warn, "in 20 days"},
		"over":          {"id.example.com", now.AddDate(0, -1, 0), now.Add(-time.Hour), false, doctor.Fail, "ended on"},
		"not yet begun": {"id.example.com", now.Add(time.Hour), now.AddDate(0, 2, 0), false, doctor.Fail, "begins on"},
		"another's key": {"id.example.com", now.AddDate(0, -1, 0), now.AddDate(0, 2, 0), true, doctor.Fail, "cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy(t)
			p.Config.BehindProxy, p.Config.Trusted = false, nil
			p.Config.TLSCert, p.Config.TLSKey = certificate(t, c.host, c.begins, c.end, c.otherKey)
			found := p.examine()
			if !slices.ContainsFunc(found, func(f doctor.Finding) bool {
				return f.Name == "tls" && f.Grade == c.grade && strings.Contains(f.Text, c.says)
			}) {
				t.Errorf("%s %q is not among %+v", c.grade, c.says, found)
			}
		})
	}
	p := healthy(t)
	p.Config.TLSCert, p.Config.TLSKey = "/nowhere.pem", "/nowhere.key"
	if found := p.examine(); doctor.Worst(found) != doctor.Fail {
		t.Errorf("files that are not there: %+v", found)
	}
}

// certificate writes a self-signed certificate and a key for it, or another's.
func certificate(t *testing.T, host string, begins, ends time.Time, otherKey bool) (cert, key string) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: begins, NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, own.Public(), own)
	if err != nil {
		t.Fatal(err)
	}
	if otherKey {
		if own, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		var b bytes.Buffer
		if err := errors.Join(pem.Encode(&b, block), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
