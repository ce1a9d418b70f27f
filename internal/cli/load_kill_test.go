package cli_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/loadclient"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// deployment is the program as it is shipped, in a folder of its own.
type deployment struct {
	t       *testing.T
	program string
	folder  string
	port    string
	env     []string
}

// built builds the program.
func built(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "sallyport")
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", program, "../../cmd/sallyport").CombinedOutput(); err != nil {
		t.Fatalf("build sallyport: %v\n%s", err, out)
	}
	return program
}

func deploy(t *testing.T, program string, env ...string) *deployment {
	t.Helper()
	d := &deployment{t: t, folder: t.TempDir(), program: program}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		_, d.port, err = net.SplitHostPort(ln.Addr().String())
		_ = ln.Close() // only its number is wanted
	}
	if err != nil {
		t.Fatal(err)
	}
	d.env = append(os.Environ(), append(env, "SALLYPORT_BASE_URL=http://localhost:"+d.port, "SALLYPORT_SERVER=http://localhost:"+d.port,
		"SALLYPORT_PASSWORD_MEMORY_KIB=19456", "SALLYPORT_PASSWORD_TIME=2")...)
	return d
}

func (d *deployment) command(args ...string) *exec.Cmd {
	c := exec.Command(d.program, args...)
	c.Dir, c.Env = d.folder, d.env
	return c
}

// run runs a command to its end and returns its result.
func (d *deployment) run(in string, args ...string) string {
	d.t.Helper()
	c := d.command(args...)
	var out, talk bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(in), &out, &talk
	if err := c.Run(); err != nil {
		d.t.Fatalf("sallyport %s: %v\n%s", strings.Join(args, " "), err, talk.String())
	}
	return out.String()
}

// start starts a command that goes on, and ends it with the test at the latest.
func (d *deployment) start(args ...string) (*exec.Cmd, *bytes.Buffer) {
	d.t.Helper()
	c := d.command(args...)
	talk := &bytes.Buffer{}
	c.Stderr, c.Stdout = talk, talk
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Process.Kill() }) // it may have ended
	return c, talk
}

func (d *deployment) serve() *exec.Cmd {
	d.t.Helper()
	c, talk := d.start("serve", "--addr", "localhost:"+d.port)
	d.until("the server is ready", func() bool {
		res, err := http.Get("http://localhost:" + d.port + "/readyz")
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}, talk)
	return c
}

// until waits for something to be so.
func (d *deployment) until(what string, so func() bool, talk *bytes.Buffer) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			d.t.Fatalf("not: %s\n%s", what, talk.String())
		case <-tick.C:
		}
	}
}

// asking asks the server with the key of the deployment: a program for each question
// would let a load go far on meanwhile.
func (d *deployment) asking() *loadclient.Client {
	c := &loadclient.Client{
		HTTP: http.DefaultClient, Server: "http://localhost:" + d.port, Patience: time.Minute, Clock: time.Now, Random: func(b []byte) { _, _ = rand.Read(b) },
	}
	for _, e := range d.env {
		switch name, value, _ := strings.Cut(e, "="); name {
		case "SALLYPORT_ACCESS_KEY":
			c.Access = value
		case "SALLYPORT_SECRET_KEY":
			c.Secret = value
		}
	}
	return c
}

// latest is the load that began last; the zero value where there is none.
func (d *deployment) latest() api.Load {
	d.t.Helper()
	all, err := d.asking().Loads(d.t.Context(), 1)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(all) == 0 {
		return api.Load{}
	}
	return all[0]
}

// killed ends a process as a failing machine would.
func (d *deployment) killed(c *exec.Cmd) {
	d.t.Helper()
	if err := c.Process.Kill(); err != nil {
		d.t.Fatal(err)
	}
	_ = c.Wait() // that it was killed is no news
}

// TestLoads are the tests that need a server, beside each other, with a program that
// is built once.
func TestLoads(t *testing.T) {
	program := built(t)
	for name, test := range map[string]func(*testing.T, string, ...string){"whoever dies": outlive, "watched folder": watching} {
		t.Run(name+", SQLite", func(t *testing.T) { t.Parallel(); test(t, program) })
		t.Run(name+", PostgreSQL", func(t *testing.T) {
			storetest.NeedServer(t)
			t.Parallel()
			test(t, program, "SALLYPORT_DATABASE="+storetest.OwnDatabase(t))
		})
	}
	t.Run("Ctrl-C", func(t *testing.T) { t.Parallel(); ctrlC(t, program) })
	t.Run("failed rows", func(t *testing.T) { t.Parallel(); failedRows(t, program) })
}

// loads is a deployment with an administrator, a key to load with, and a file.
func loads(t *testing.T, program string, rows int, env ...string) *deployment {
	t.Helper()
	d := deploy(t, program, env...)
	var file strings.Builder
	file.WriteString("Email,First name,Last name,Groups\n")
	for i := range rows {
		fmt.Fprintf(&file, "p%d@example.com,Pat,Number %d,Group %d\n", i, i, i%7)
	}
	if err := os.WriteFile(filepath.Join(d.folder, "staff.csv"), []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run("", "org", "create", "Northwind")
	d.run("seven wet dogs bark", "admin", "create", "--email", "ana@example.com", "--first", "Ana", "--last", "Diaz", "--password-stdin")
	for line := range strings.Lines(d.run("", "keys", "create", "ana@example.com", "--for", "Staff")) {
		d.env = append(d.env, strings.TrimSpace(line))
	}
	return d
}

// outlive: the program that loads is killed, another one goes on with --resume, and
// under that the server is killed and started again: at the end everybody is there,
// and no row was done twice.
func outlive(t *testing.T, program string, env ...string) {
	const rows = 5_000 // ten batches
	d := loads(t, program, rows, env...)
	server := d.serve()
	client, talk := d.start("load", "run", "staff.csv")
	d.until("some rows are loaded", func() bool { return d.latest().Counts.Added > 0 }, talk)
	d.killed(client)
	l := d.latest()
	if l.State != "running" || l.Counts.Added >= rows {
		t.Fatalf("the load was not cut short in the middle: %+v", l)
	}
	client, talk = d.start("load", "run", "staff.csv", "--resume", l.ID)
	d.until("more rows are loaded", func() bool { return d.latest().Counts.Added > l.Counts.Added }, talk)
	d.killed(server)
	d.serve()
	if err := client.Wait(); err != nil {
		t.Fatalf("the load did not go on: %v\n%s", err, talk.String())
	}
	if got := d.latest(); got.ID != l.ID || got.State != "done" || got.Counts != (api.LoadCounts{Added: rows}) {
		t.Errorf("the load is %+v", got)
	}
}

// ctrlC stops a load behind a batch: what is under way comes to its end and is counted,
// and the server hears that nothing more comes.
func ctrlC(t *testing.T, program string) {
	const rows = 10_000
	d := loads(t, program, rows)
	d.serve()
	client, talk := d.start("load", "run", "staff.csv")
	d.until("some rows are loaded", func() bool { return d.latest().Counts.Added > 0 }, talk)
	if err := client.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = client.Wait(); client.ProcessState.ExitCode() != 130 { // which says more than the error
		t.Errorf("it ended with %d\n%s", client.ProcessState.ExitCode(), talk.String())
	}
	l := d.latest()
	if l.State != "stopped" || l.Counts.Added >= rows || l.Counts.Added%500 != 0 || l.NextRow != l.Counts.Added+2 {
		t.Errorf("the load is %+v", l)
	}
	var people []struct{}
	if err := json.Unmarshal([]byte(d.run("", "user", "list", "--json")), &people); err != nil {
		t.Fatal(err)
	}
	if len(people) != l.Counts.Added+1 {
		t.Errorf("%d people, and %d were added", len(people), l.Counts.Added)
	}
	if !strings.Contains(talk.String(), "stopped at row ") || !strings.HasSuffix(talk.String(), "error: interrupted\n") {
		t.Errorf("it says\n%s", talk.String())
	}
}

// failedRows: every failed row is written, also where there are more than one answer of the server
// tells, with a key and with a password. There may be secrets in them: what was there
// under that name before, for others to read or leading elsewhere, is not written into.
func failedRows(t *testing.T, program string) {
	const rows = 1_203
	d := loads(t, program, 1)
	d.serve()
	if err := os.WriteFile(filepath.Join(d.folder, "bad.csv"), []byte("Email,First name,Last name\n"+strings.Repeat("bad@,Pat,Ray\n", rows)), 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(d.folder, name) }
	for _, err := range []error{
		os.WriteFile(in("diary"), []byte("mine"), 0o644), os.Symlink("diary", in("key.csv")), os.WriteFile(in("password.csv"), []byte("old"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if diary, err := os.ReadFile(in("diary")); string(diary) != "mine" {
			t.Errorf("the file that a link led to is %.20q, %v", diary, err)
		}
	}()
	for name, args := range map[string][]string{"key.csv": nil, "password.csv": {"--user", "ana@example.com", "--password-stdin"}} {
		c := d.command(append([]string{"load", "run", "bad.csv", "--json", "--errors-out", name}, args...)...)
		var talk bytes.Buffer
		c.Stdin, c.Stderr = strings.NewReader("seven wet dogs bark"), &talk
		out, err := c.Output()
		var told struct {
			Rows []api.RejectedRow `json:"rejected_rows"`
			Cut  bool              `json:"rejected_rows_cut"`
			File string            `json:"errors_out"`
		}
		if err := json.Unmarshal(out, &told); err != nil || len(told.Rows) != 100 || told.Rows[99].Row != 101 || len(told.Rows[99].Problems) != 1 || !told.Cut || told.File != name {
			t.Errorf("it tells %v, %+v", err, told)
		}
		raw, readErr := os.ReadFile(filepath.Join(d.folder, name))
		if n := strings.Count(string(raw), "bad@,Pat,Ray,"); n != rows || c.ProcessState.ExitCode() != 6 {
			t.Errorf("%s has %d rows of %d: %v, %v\n%s", name, n, rows, err, readErr, talk.String())
		}
		if is, err := os.Lstat(in(name)); err != nil || is.Mode() != 0o600 {
			t.Errorf("%s is %v, %v", name, is, err)
		}
	}
}
