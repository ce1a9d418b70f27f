package delivery_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// host is the name of the mail server, in its certificate too. It is not
// loopback, so that mail goes over TLS or not at all (ML4).
const host = "mail.northwind.example"

// configuration of exim4. It takes mail for three people, only over TLS, and
// delivers it at once to one mailbox.
const configuration = `
spool_directory = %[1]s/spool
log_file_path = %[1]s/log/%%s
primary_hostname = ` + host + `
local_interfaces = 127.0.0.1
daemon_smtp_ports = %[2]s
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = %[1]s/certificate.pem
tls_privatekey = %[1]s/key.pem
smtputf8_advertise_hosts = *
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  accept encrypted = *
         domains = northwind.example
         local_parts = ana : ben : zoë
  deny message = no such person here
begin routers
box:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = %[1]s/box
  maildir_format
  envelope_to_add
  return_path_add
  user = %[3]s
`

// exim is a mail server that this test started.
type exim struct {
	t     *testing.T
	dir   string
	port  string
	roots *x509.CertPool
	seen  map[string]bool // files of the mailbox that were read
}

// startExim starts Debian's mail server, or skips where it cannot run.
func startExim(t *testing.T) *exim {
	t.Helper()
	path, err := exec.LookPath("/usr/sbin/exim4")
	reason := "needs exim4, which scripts/setup.sh installs"
	if err == nil && os.Getuid() != 0 {
		err, reason = os.ErrPermission, "needs root, which exim4 starts as"
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(reason)
		}
		t.Skip("not run: delivery to a real mail server (" + reason + ")")
	}
	x := &exim{t: t, dir: t.TempDir(), port: freePort(t), seen: map[string]bool{}}
	owner := x.prepare()
	var said lockedBuffer
	cmd := exec.Command(path, "-C", filepath.Join(x.dir, "configuration"), "-bdf", "-odf", "-oP", filepath.Join(x.dir, "pid"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it was told to end, or its log says why it did
		close(done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		<-done
		if t.Failed() {
			t.Logf("exim4 (%s) said:\n%s", owner, said.String())
		}
	})
	x.until("it takes connections", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+x.port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return x
}

// prepare writes the configuration and the folders, and returns whom the server
// delivers as.
func (x *exim) prepare() string {
	x.t.Helper()
	owner, err := user.Lookup("Debian-exim")
	x.must(err)
	uid, err := strconv.Atoi(owner.Uid)
	x.must(err)
	gid, err := strconv.Atoi(owner.Gid)
	x.must(err)
	x.must(os.Chmod(filepath.Dir(x.dir), 0o711)) // the server's own user passes through
	for _, folder := range []string{"spool", "log", "box"} {
		x.must(os.Mkdir(filepath.Join(x.dir, folder), 0o700))
		x.must(os.Chown(filepath.Join(x.dir, folder), uid, gid))
	}
	var certificate, key []byte
	certificate, key, x.roots = authority(x.t, host, time.Now().Add(time.Hour))
	text := fmt.Sprintf(configuration, x.dir, x.port, owner.Username)
	for name, content := range map[string][]byte{"configuration": []byte(text), "certificate.pem": certificate, "key.pem": key} {
		x.must(os.WriteFile(filepath.Join(x.dir, name), content, 0o600))
	}
	for _, name := range []string{"configuration", "certificate.pem", "key.pem"} {
		x.must(os.Chown(filepath.Join(x.dir, name), uid, gid))
	}
	x.must(os.Chown(filepath.Join(x.dir, "configuration"), 0, 0))
	x.must(os.Chmod(filepath.Join(x.dir, "configuration"), 0o644))
	return owner.Username
}

func (x *exim) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// until asks again and again, for a bounded time.
func (x *exim) until(what string, done func() bool) {
	x.t.Helper()
	limit := time.After(30 * time.Second)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-limit:
			x.t.Fatalf("waited 30 s in vain until %s", what)
		case <-look.C:
		}
	}
}

// mailbox returns the names of the mails that arrived.
func (x *exim) mailbox() []string {
	x.t.Helper()
	names, err := filepath.Glob(filepath.Join(x.dir, "box", "new", "*"))
	x.must(err)
	return names
}

// arrived waits until n more mails are in the mailbox and reads them.
func (x *exim) arrived(n int) [][]byte {
	x.t.Helper()
	x.until(fmt.Sprintf("%d mails arrived", n), func() bool { return len(x.mailbox()) >= len(x.seen)+n })
	var all [][]byte
	for _, name := range x.mailbox() {
		if x.seen[name] {
			continue
		}
		x.seen[name] = true
		raw, err := os.ReadFile(name)
		x.must(err)
		all = append(all, raw)
	}
	if len(all) != n {
		x.t.Fatalf("%d mails arrived, want %d", len(all), n)
	}
	return all
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// authority makes a certificate that vouches for itself, and the pool that
// trusts it.
func authority(t *testing.T, name string, until time.Time) (certificate, key []byte, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(made)
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), roots
}
