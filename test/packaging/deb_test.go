//go:build linux && packaging

package packaging_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/devmail"
)

const (
	unitFile   = "/usr/lib/systemd/system/sallyport.service"
	configFile = "/etc/sallyport/sallyport.toml"
	dataFolder = "/var/lib/sallyport/data"
	keyFile    = "/var/lib/sallyport/data.key"
)

// The two versions that the step makes of the same source.
const (
	older = "0.0.9"
	newer = "0.1.0"
)

// packageOf finds the one package of a version.
func packageOf(t *testing.T, pattern, version string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.Getenv("SALLYPORT_TEST_PACKAGES"), strings.Replace(pattern, "*", "sallyport?"+version+"*", 1)))
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("found %q for %s of %s", found, pattern, version)
	}
	return found[0]
}

// install brings a package onto the disk with apt and returns what was printed.
func (r *root) install(file string) said {
	r.t.Helper()
	raw, err := os.ReadFile(file)
	must(r.t, err)
	to := "/tmp/" + filepath.Base(file)
	must(r.t, os.WriteFile(r.at(to), raw, 0o644))
	return r.run("apt-get", "install", "-y", "-o", "Dpkg::Use-Pty=0", to)
}

// configure does what the docs say: take the # away from a line and say what is so.
func (r *root) configure(values map[string]string) {
	r.t.Helper()
	lines := strings.Split(r.read(configFile), "\n")
	table := ""
	for i, line := range lines {
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(line, "[]") + "."
		}
		key, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), " = ")
		if value, set := values[table+key]; ok && set {
			lines[i] = key + ` = "` + value + `"`
			delete(values, table+key)
		}
	}
	if len(values) > 0 {
		r.t.Fatalf("the example has no line for %v", values)
	}
	must(r.t, os.WriteFile(r.at(configFile), []byte(strings.Join(lines, "\n")), 0o640))
}

// operates sets a fresh installation up as docs/production.md does, and returns
// a browser at its address.
func (r *root) operates(box *devmail.Box) *person {
	r.t.Helper()
	port := freePort(r.t)
	cert, key := certificate(r.t)
	must(r.t, os.WriteFile(r.at("/root/fullchain.pem"), []byte(cert), 0o644))
	must(r.t, os.WriteFile(r.at("/root/privkey.pem"), []byte(key), 0o600))
	r.run("sh", "-ec", "cd /root\n"+block(r.t, "certificate")+"\n"+block(r.t, "mail"))
	must(r.t, os.WriteFile(r.at("/etc/sallyport/smtp"), []byte("smtp://"+box.Addr()+"\n"), 0))
	for _, name := range []string{"tls.pem", "tls.key", "smtp"} {
		r.wantMode("/etc/sallyport/"+name, "0640 root:sallyport")
	}
	base := "https://localhost:" + port
	r.configure(map[string]string{
		"base_url": base, "addr": "127.0.0.1:" + port, "tls.cert": "/etc/sallyport/tls.pem", "tls.key": "/etc/sallyport/tls.key",
		"smtp.url_file": "/etc/sallyport/smtp", "smtp.from": "no-reply@example.com",
	})
	if s := r.run("sallyport", "config", "check"); !strings.Contains(s.talk, "the configuration is fine") {
		r.t.Errorf("config check said %q", s.talk)
	}
	return newPerson(r.t, base, cert, box)
}

// recorder puts a service manager in place that writes down what it is told.
func (r *root) recorder() (told func() string) {
	r.t.Helper()
	must(r.t, os.MkdirAll(r.at("/run/systemd/system"), 0o755))
	must(r.t, os.Remove(r.at("/usr/bin/systemctl")))
	must(r.t, os.WriteFile(r.at("/usr/bin/systemctl"), []byte("#!/bin/sh\necho \"$*\" >>/run/told\n"), 0o755))
	return func() string {
		r.t.Helper()
		raw, err := os.ReadFile(r.at("/run/told"))
		if err != nil {
			return ""
		}
		must(r.t, os.Remove(r.at("/run/told")))
		return strings.ReplaceAll(strings.TrimSpace(string(raw)), "\n", "; ")
	}
}

// unconfigured is what an operator meets right after the installation.
func (r *root) unconfigured(u unit) {
	r.t.Helper()
	r.wantMode("/etc/sallyport", "0750 root:sallyport")
	r.wantMode(configFile, "0640 root:sallyport")
	r.wantMode("/var/lib/sallyport", "0700 sallyport:sallyport")
	s := r.try("sallyport", "config", "check")
	if s.code != 3 || !strings.Contains(s.talk, "base_url: must be set to the address people use") {
		r.t.Errorf("config check ended with %d and said %q", s.code, s.talk)
	}
	if s := r.service(u).once(strings.Fields(u.one(r.t, "ExecStart"))...); s.code != 3 || !strings.Contains(s.talk, "base_url: must be set") {
		r.t.Errorf("the server without an address ended with %d and said %q", s.code, s.talk)
	}
	if got := u.one(r.t, "RestartPreventExitStatus"); got != "2 3" {
		r.t.Errorf("RestartPreventExitStatus=%s: a server without an address is started again and again", got)
	}
	if r.there(dataFolder) || r.there(keyFile) {
		r.t.Error("data or key were made before there was an address")
	}
}

// helps: the manual page, the completions and the docs are where they are looked for.
func (r *root) helps() {
	r.t.Helper()
	if page := r.run("zcat", "/usr/share/man/man1/sallyport.1.gz").out; !strings.Contains(page, ".TH SALLYPORT 1") {
		r.t.Errorf("the manual page begins with %.60q", page)
	}
	words := r.run("bash", "-c", `. /usr/share/bash-completion/completions/sallyport; COMP_WORDS=(sallyport ver); COMP_CWORD=1; _sallyport sallyport ver; echo "${COMPREPLY[*]}"`)
	if words.out != "version\n" {
		r.t.Errorf("Tab behind ver offers %q", words.out)
	}
	for _, name := range []string{
		"/usr/share/zsh/vendor-completions/_sallyport", "/usr/share/fish/vendor_completions.d/sallyport.fish",
		"/usr/share/doc/sallyport/production.md", "/usr/share/doc/sallyport/copyright", "/usr/share/doc/sallyport/NOTICE",
	} {
		if !r.there(name) {
			r.t.Errorf("%s is missing", name)
		}
	}
}

// TestDebianPackage walks the life of an installation: installed with apt over
// nothing, set up, signed into, upgraded while people are signed in, removed,
// installed again and purged.
func TestDebianPackage(t *testing.T) {
	r, box := machine(t), mailServer(t)
	s := r.install(packageOf(t, "*_amd64.deb", older))
	if !strings.Contains(s.out, "Sallyport is installed and does not run yet.") {
		t.Errorf("the installation says nothing of the next steps:\n%s", s.out)
	}
	u := r.unit(unitFile)
	r.unconfigured(u)
	r.helps()
	p := r.operates(box)
	server := r.service(u)
	server.start()
	r.run("sallyport", "health")
	r.run("sallyport", "mail", "test", "--to", ana)
	created := r.run("sallyport", "admin", "create", "--email", ana, "--first", "Ana", "--last", "Diaz")
	p.choosesPassword(created.out)
	r.run("sallyport", "org", "set", "--require-two-factor")
	p.signsIn()
	for path, want := range map[string]string{dataFolder: "0700 sallyport:sallyport", keyFile: "0600 sallyport:sallyport", dataFolder + "/sallyport.db": "0600 sallyport:sallyport"} {
		r.wantMode(path, want)
	}

	told := r.recorder()
	before, key := r.read(configFile), r.read(keyFile)
	r.install(packageOf(t, "*_amd64.deb", newer))
	if got := told(); got != "daemon-reload; try-restart sallyport.service" {
		t.Errorf("the upgrade told the service manager %q", got)
	}
	if r.read(configFile) != before {
		t.Error("the upgrade changed the configuration")
	}
	r.wantMode(configFile, "0640 root:sallyport")
	server.stop()
	server.start()
	p.isSignedIn()

	r.drill(p)
	server.stop()
	r.leaves(told, before, key)
	server.start()
	p.isSignedIn()
}

// leaves: what an operator put there outlives a removal and a purge, and the
// next installation takes it up.
func (r *root) leaves(told func() string, config, key string) {
	t := r.t
	t.Helper()
	stays := func(after string) {
		t.Helper()
		if r.read(keyFile) != key || !r.there(dataFolder+"/sallyport.db") || !r.there("/etc/sallyport/tls.key") {
			t.Errorf("data, master key or certificate went with the %s", after)
		}
		if s := r.try("getent", "passwd", "sallyport"); s.code != 0 {
			t.Errorf("the owner of the data went with the %s", after)
		}
	}
	removed := r.run("apt-get", "remove", "-y", "-o", "Dpkg::Use-Pty=0", "sallyport")
	if got := told(); got != "disable --now sallyport.service; daemon-reload" {
		t.Errorf("the removal told the service manager %q", got)
	}
	if !strings.Contains(removed.out, "Its data and master key stay in /var/lib/sallyport") {
		t.Errorf("the removal says nothing of what stays:\n%s", removed.out)
	}
	if r.there("/usr/bin/sallyport") || r.there(unitFile) || r.read(configFile) != config {
		t.Error("the removal left the program or took the configuration")
	}
	stays("removal")
	again := r.install(packageOf(t, "*_amd64.deb", newer))
	if strings.Contains(again.out, "does not run yet") || r.read(configFile) != config {
		t.Error("the second installation does not know what is there")
	}
	told()
	r.run("/var/lib/dpkg/info/sallyport.postinst", "configure", newer)
	r.run("/var/lib/dpkg/info/sallyport.preinst", "install")
	stays("second run of the scripts")
	r.run("apt-get", "purge", "-y", "-o", "Dpkg::Use-Pty=0", "sallyport")
	if r.there(configFile) {
		t.Error("the purge left the configuration file")
	}
	stays("purge")
	r.install(packageOf(t, "*_amd64.deb", newer))
	must(t, os.WriteFile(r.at(configFile), []byte(config), 0o640))
}

// block returns the commands of docs/production.md under a mark.
func block(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/production.md")
	must(t, err)
	_, rest, ok := strings.Cut(string(raw), "<!-- run: "+name+" -->\n```\n")
	commands, _, end := strings.Cut(rest, "\n```\n")
	if !ok || !end {
		t.Fatalf("docs/production.md has no commands under %q", name)
	}
	return commands
}

// drill restores a backup beside the data while the server runs, with the words
// of docs/production.md.
func (r *root) drill(p *person) {
	t := r.t
	t.Helper()
	s := r.run("sh", "-ec", block(t, "drill"))
	for _, want := range []string{"the master key " + keyFile + " belongs to it", ana} {
		if !strings.Contains(s.out, want) {
			t.Errorf("the drill does not say %q:\n%s%s", want, s.out, s.talk)
		}
	}
	p.isSignedIn()
}
