package app_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// made runs another program and returns what it prints, after the colon of a line
// like user:hash. Without the program the test is not run, which CI=true makes a
// failure.
func made(t testing.TB, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing (see scripts/setup.sh)", program)
		}
		t.Skipf("not run: needs %s (see scripts/setup.sh)", program)
	}
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	line := strings.TrimSpace(string(out))
	return line[strings.IndexByte(line, ':')+1:]
}

// TestLoadedPeopleSignIn is the "so that nobody has to reset anything":
// people with the password hashes that mkpasswd, htpasswd, openssl and Python made
// are loaded and sign in over HTTP; one of them with the app that she had, whose
// codes oathtool shows.
func TestLoadedPeopleSignIn(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		const key = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"
		django := `import base64, hashlib, sys
print("pbkdf2_sha256$1000$salt$" + base64.b64encode(hashlib.pbkdf2_hmac("sha256", sys.argv[1].encode(), b"salt", 1000)).decode())`
		hashes := map[string]string{
			"yescrypt": made(t, "mkpasswd", "-m", "yescrypt", "-R", "1", password),
			"shadow":   made(t, "mkpasswd", "-m", "sha512crypt", password),
			"apache":   made(t, "htpasswd", "-nbBC", "4", "x", password),
			"openssl":  made(t, "openssl", "passwd", "-5", password),
			"django":   made(t, "/usr/bin/python3", "-c", django, password),
			"words":    password,
			"app":      made(t, "mkpasswd", "-m", "bcrypt", "-R", "4", password),
		}
		columns := []string{"email", "first_name", "last_name", "password_hash", "app_secret"}
		var rows []loader.Row
		for name, hash := range hashes {
			secret := ""
			if name == "app" {
				secret = "otpauth://totp/Old:app?secret=" + strings.ToLower(key) + "&issuer=Old"
			}
			rows = append(rows, loader.Row{Number: len(rows) + 2, Cells: []string{name + "@example.com", "A", "B", hash, secret}})
		}
		run, rejects := s.load(columns, rows)
		if run.Counts.Added != len(hashes)-1 || len(rejects) != 1 || strings.Contains(fmt.Sprintf("%+v", rejects[0].Changes), password) {
			t.Fatalf("the load counts %+v, with %d rejected", run.Counts, len(rejects))
		}
		for name := range hashes {
			email := name + "@example.com"
			switch name {
			case "words":
				s.browser().signIn(email, password).must(t, http.StatusUnprocessableEntity)
			case "app":
				s.advance(time.Minute) // past every code that the other system could have taken
				at := s.now().UTC().Format("2006-01-02 15:04:05 UTC")
				s.browser().withCode(email, made(t, "oathtool", "--totp", "-b", "-N", at, key)).must(t, http.StatusOK, "Home")
			default:
				s.browser().signIn(email, "not "+password).must(t, http.StatusUnprocessableEntity)
				s.browser().signIn(email, password).must(t, http.StatusOK, "Home")
				s.browser().signIn(email, password).must(t, http.StatusOK, "Home") // by the hash of ours
			}
		}
	})
}

// load loads people, as an administrator.
func (s *server) load(columns []string, rows []loader.Row) (core.LoadRun, []loader.Planned) {
	s.t.Helper()
	_, boss := s.helper(s.Org, "boss@example.com", core.Administrator)
	acc, org, err := s.Store.AccountByID(s.t.Context(), boss.OrganizationID, boss.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Origin: core.Origin{Address: "192.0.2.7"}, Identity: true}
	run, err := s.Loader.Start(s.t.Context(), c, loader.Begin{
		Order: loader.NewOrder(core.LoadPeople, columns), Columns: columns, Name: "staff.csv", First: 2, Total: len(rows),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.Loader.Load(s.t.Context(), c, run.ID, rows)
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Run, out.Rejects
}
