//go:build linux && packaging

package packaging_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rpm runs rpm on this disk, which has no database of packages of its own: what
// a Debian machine has under other names is not asked for.
func (r *root) rpm(args ...string) said {
	r.t.Helper()
	return r.run(append([]string{"rpm", "--nodeps"}, args...)...)
}

// TestRPM walks the life of the RPM with Debian's rpm: its files, their owners,
// its scripts and what it leaves. That it fits Fedora or RHEL is not shown.
func TestRPM(t *testing.T) {
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Fatal("needs rpm, which scripts/setup.sh installs")
	}
	r, box := machine(t), mailServer(t)
	for _, version := range []string{older, newer} {
		file := packageOf(t, "*.x86_64.rpm", version)
		r.run("sh", "-c", "mkdir -p /tmp/rpm")
		raw, err := exec.Command("cp", file, r.at("/tmp/rpm/"+version+".rpm")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
	}
	listed := r.run("rpm", "-qlp", "/tmp/rpm/"+newer+".rpm").out
	for _, name := range []string{
		"/usr/bin/sallyport", "/usr/lib/sallyport/sallyport", unitFile, configFile, "/usr/share/man/man1/sallyport.1.gz",
		"/usr/share/zsh/site-functions/_sallyport", "/usr/share/licenses/sallyport/LICENSE",
	} {
		if !strings.Contains(listed, name+"\n") {
			t.Errorf("the RPM has no %s", name)
		}
	}
	if kept := r.run("rpm", "-qcp", "/tmp/rpm/"+newer+".rpm").out; kept != configFile+"\n" {
		t.Errorf("configuration files are %q", kept)
	}

	s := r.rpm("-i", "/tmp/rpm/"+older+".rpm")
	if !strings.Contains(s.out, "does not run yet") {
		t.Errorf("the installation says nothing of the next steps:\n%s", s.out)
	}
	u := r.unit(unitFile)
	r.unconfigured(u)
	p := r.operates(box)
	server := r.service(u)
	server.start()
	p.choosesPassword(r.run("sallyport", "admin", "create", "--email", ana, "--first", "Ana", "--last", "Diaz").out)
	r.run("sallyport", "org", "set", "--require-two-factor")
	p.signsIn()

	told := r.recorder()
	before, key := r.read(configFile), r.read(keyFile)
	r.rpm("-U", "/tmp/rpm/"+newer+".rpm")
	if got := told(); got != "daemon-reload; try-restart sallyport.service" {
		t.Errorf("the upgrade told the service manager %q", got)
	}
	if r.read(configFile) != before {
		t.Error("the upgrade changed the configuration")
	}
	server.stop()
	server.start()
	p.isSignedIn()
	server.stop()
	r.rpm("-e", "sallyport")
	if got := told(); got != "disable --now sallyport.service; daemon-reload" {
		t.Errorf("the removal told the service manager %q", got)
	}
	if r.there("/usr/bin/sallyport") || r.read(keyFile) != key || !r.there(filepath.Join(dataFolder, "sallyport.db")) {
		t.Error("the removal left the program or took data or key")
	}
	if r.read(configFile+".rpmsave") != before {
		t.Error("the configuration is not kept as .rpmsave")
	}
}
