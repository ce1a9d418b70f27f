//go:build linux && packaging

package packaging_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// image is what the last stage of the Dockerfile makes.
type image struct {
	*root
	service
	health, entry []string
	folders       []string // that belong to the user
}

// layOut carries out the last stage of the Dockerfile on an empty disk: no
// container engine is needed to see what is, and what is not, in the image.
func layOut(t *testing.T) *image {
	t.Helper()
	raw, err := os.ReadFile("../../Dockerfile")
	must(t, err)
	_, last, ok := strings.Cut(string(raw), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the last stage is not FROM scratch")
	}
	i := &image{root: &root{t, place(t)}}
	i.service.root = i.root
	var command []string
	for line := range strings.Lines(last) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "COPY":
			i.copies(strings.Fields(rest))
		case "ENV":
			i.env = append(i.env, rest)
		case "USER":
			number, _, _ := strings.Cut(rest, ":")
			n, err := strconv.ParseUint(number, 10, 32)
			must(t, err)
			i.uid, i.gid = uint32(n), uint32(n)
		case "HEALTHCHECK":
			must(t, json.Unmarshal([]byte(rest[strings.Index(rest, "["):]), &i.health))
		case "ENTRYPOINT":
			must(t, json.Unmarshal([]byte(rest), &i.entry))
		case "CMD":
			must(t, json.Unmarshal([]byte(rest), &command))
		case "VOLUME", "EXPOSE", "STOPSIGNAL", "":
		default:
			t.Fatalf("this test does not know %s of the Dockerfile", word)
		}
	}
	i.command = append(append([]string{}, i.entry...), command...)
	if i.uid == 0 {
		t.Fatal("the image runs as root")
	}
	return i
}

func (i *image) copies(words []string) {
	t, made := i.t, map[string]string{"/out/sallyport": os.Getenv("SALLYPORT_TEST_BINARY"), "/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt"}
	t.Helper()
	from, to := words[len(words)-2], words[len(words)-1]
	must(t, os.MkdirAll(filepath.Dir(i.at(to)), 0o755))
	if file, ok := made[from]; ok {
		raw, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(i.at(to), raw, 0o755))
		return
	}
	must(t, os.Mkdir(i.at(to), 0o700))
	if !strings.Contains(strings.Join(words, " "), "--chown=65532:65532 --chmod=0700") {
		t.Errorf("%s does not belong to the user of the image alone", to)
	}
	i.folders = append(i.folders, to)
}

// composed is the environment that the Compose file gives the server.
func composed(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../packaging/compose.yaml")
	must(t, err)
	all := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^      (SALLYPORT_[A-Z_]+): (.+)$`).FindAllStringSubmatch(string(raw), -1) {
		all[m[1]] = m[2]
	}
	known := map[string]bool{}
	for _, o := range config.Options() {
		known[o.Env()], known[o.Env()+"_FILE"] = true, o.Secret
	}
	for name := range all {
		if !known[name] {
			t.Errorf("compose.yaml sets %s, which is no option", name)
		}
	}
	if len(all) < 5 {
		t.Fatalf("compose.yaml sets only %v", all)
	}
	return all
}

// TestImage starts the image as compose.yaml does, on a disk that cannot be
// written but for its volumes, with its database and with PostgreSQL.
func TestImage(t *testing.T) {
	t.Run("embedded database", func(t *testing.T) { imageServes(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) {
		if os.Getenv(storetest.Server) == "" {
			// make test starts one for this step; with CI=true leaving it out is a failure.
			t.Skip("not run: the image with PostgreSQL (needs postgresql)")
		}
		imageServes(t, storetest.EmptyDatabase(t))
	})
}

func imageServes(t *testing.T, database string) {
	i, box, port := layOut(t), mailServer(t), freePort(t)
	cert, key := certificate(t)
	base := "https://localhost:" + port
	variables := composed(t)
	variables["SALLYPORT_BASE_URL"], variables["SALLYPORT_ADDR"] = base, "127.0.0.1:"+port
	secrets := map[string]string{"tls_cert": cert, "tls_key": key, "smtp": "smtp://" + box.Addr() + "\n", "database": database + "\n"}
	if database == "" {
		delete(variables, "SALLYPORT_DATABASE_FILE")
	}
	must(t, os.MkdirAll(i.at("/run/secrets"), 0o755))
	for name, text := range secrets {
		must(t, os.WriteFile(i.at("/run/secrets/"+name), []byte(text), 0o400))
		must(t, os.Chown(i.at("/run/secrets/"+name), int(i.uid), int(i.gid)))
	}
	for name, value := range variables {
		i.env = append(i.env, name+"="+value)
	}
	// Every engine puts this file there.
	must(t, os.MkdirAll(i.at("/etc"), 0o755))
	must(t, os.WriteFile(i.at("/etc/hosts"), []byte("127.0.0.1 localhost\n"), 0o644))
	// An authority of ours among those of the web: what the image trusts.
	roots := i.read("/etc/ssl/certs/ca-certificates.crt")
	must(t, os.WriteFile(i.at("/etc/ssl/certs/ca-certificates.crt"), []byte(roots+cert), 0o644))
	owner := "uid=" + strconv.Itoa(int(i.uid)) + ",gid=" + strconv.Itoa(int(i.gid)) + ",mode=0700"
	for _, folder := range i.folders {
		mount(t, "-t", "tmpfs", "-o", owner, "tmpfs", i.at(folder))
	}
	mount(t, "-o", "remount,ro", i.path)

	if s := i.once(i.health...); s.code == 0 {
		t.Error("the health check passes before the server runs")
	}
	i.start()
	if s := i.once(i.health...); s.code != 0 {
		t.Errorf("the health check of a server that is ready ended with %d: %s", s.code, s.talk)
	}
	p := newPerson(t, base, cert, box)
	p.choosesPassword(i.does("admin", "create", "--email", ana, "--first", "Ana", "--last", "Diaz").out)
	i.does("org", "set", "--require-two-factor", "--time-zone", "Pacific/Auckland") // the zones are in the program
	p.signsIn()
	if s := i.once(append(i.entry, "doctor")...); !strings.Contains(s.out, "ok    address-tls") {
		t.Errorf("the image does not trust its authorities (%d):\n%s%s", s.code, s.out, s.talk)
	}
	i.stop()
	i.start()
	p.isSignedIn()
	i.stop()
	if !strings.Contains(i.log.String(), `"msg"`) && strings.Contains(i.log.String(), "level=") {
		t.Errorf("the log is not JSON:\n%s", i.log.String())
	}
}

// does runs one of the operator's commands in the image, which must end well.
func (i *image) does(args ...string) said {
	i.t.Helper()
	s := i.once(append(append([]string{}, i.entry...), args...)...)
	if s.code != 0 {
		i.t.Fatalf("%q ended with %d:\n%s%s", args, s.code, s.out, s.talk)
	}
	return s
}
