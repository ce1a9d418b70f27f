//go:build linux && packaging

package packaging_test

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// unit is the [Service] part of a unit file.
type unit map[string][]string

func (r *root) unit(path string) unit {
	r.t.Helper()
	u, in := unit{}, false
	for line := range strings.Lines(r.read(path)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == "[Service]"
		}
		if key, value, ok := strings.Cut(line, "="); ok && in && !strings.HasPrefix(line, "#") {
			u[key] = append(u[key], value)
		}
	}
	return u
}

func (u unit) one(t *testing.T, key string) string {
	t.Helper()
	if len(u[key]) != 1 {
		t.Fatalf("the unit has %d of %s", len(u[key]), key)
	}
	return u[key][0]
}

// service is what a service manager would make of a unit: its command line, its
// user and its environment, and nothing else.
func (r *root) service(u unit) *service {
	r.t.Helper()
	number := func(of, name string) uint32 {
		entry := strings.Split(r.run("getent", of, name).out, ":")
		n, err := strconv.ParseUint(strings.TrimSpace(entry[2]), 10, 32)
		must(r.t, err)
		return uint32(n)
	}
	return &service{
		root: r, command: strings.Fields(u.one(r.t, "ExecStart")), env: u["Environment"],
		uid: number("passwd", u.one(r.t, "User")), gid: number("group", u.one(r.t, "Group")),
	}
}

// mostExposure is how open the unit may be by systemd's own measure, 0 to 10.
const mostExposure = 1.4

// TestUnitIsHardened: systemd itself finds nothing wrong with the unit and
// measures how much of the machine it leaves open.
func TestUnitIsHardened(t *testing.T) {
	r := machine(t)
	r.install(packageOf(t, "*_amd64.deb", newer))
	u := r.unit(unitFile)
	for key, want := range map[string]string{
		"User": "sallyport", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "StateDirectory": "sallyport", "StateDirectoryMode": "0700",
		"MemoryDenyWriteExecute": "yes", "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE", "UMask": "0077", "Type": "notify",
	} {
		if got := u.one(t, key); got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatal("needs systemd-analyze, which scripts/setup.sh installs")
	}
	if s := r.try("systemd-analyze", "verify", "--man=no", unitFile); s.code != 0 || s.out+s.talk != "" {
		t.Errorf("systemd-analyze verify (%d):\n%s%s", s.code, s.out, s.talk)
	}
	measured := r.run("systemd-analyze", "security", "--offline=true", "--no-pager", unitFile).out
	found := regexp.MustCompile(`Overall exposure level for sallyport.service: ([0-9.]+)`).FindStringSubmatch(measured)
	if found == nil {
		t.Fatalf("systemd-analyze measured nothing:\n%s", measured)
	}
	t.Logf("exposure %s", found[1])
	if n, err := strconv.ParseFloat(found[1], 64); err != nil || n > mostExposure {
		t.Errorf("the unit is exposed by %s, at most %v is allowed:\n%s", found[1], mostExposure, measured)
	}
}
