//go:build linux && packaging

package packaging_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is a disk of its own that programs can be run on.
type root struct {
	t    *testing.T
	path string
}

// place is where the step lets this process mount things: in a mount namespace
// of its own, so that all of it is gone with the process.
func place(t *testing.T) string {
	t.Helper()
	where := os.Getenv("SALLYPORT_TEST_ROOTS")
	if where == "" {
		t.Fatal("needs SALLYPORT_TEST_ROOTS; run: STEPS=packaging scripts/test.sh")
	}
	folder, err := os.MkdirTemp(where, "root-")
	must(t, err)
	mount(t, "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", folder)
	return folder
}

func mount(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Fatalf("mount %q: %v: %s", args, err, out)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// machine is this machine's disk as it is, and whatever is written to it goes to
// memory. It looks as if Sallyport had never been here.
func machine(t *testing.T) *root {
	t.Helper()
	folder := place(t)
	r := &root{t, filepath.Join(folder, "root")}
	for _, name := range []string{"upper", "work", "root"} {
		must(t, os.Mkdir(filepath.Join(folder, name), 0o755))
	}
	mount(t, "-t", "overlay", "-o", "lowerdir=/,upperdir="+folder+"/upper,workdir="+folder+"/work", "overlay", r.path)
	mount(t, "-t", "proc", "proc", r.at("/proc"))
	mount(t, "-t", "tmpfs", "-o", "mode=0755", "tmpfs", r.at("/dev"))
	for minor, name := range map[int]string{3: "null", 5: "zero", 8: "random", 9: "urandom"} {
		must(t, syscall.Mknod(r.at("/dev/"+name), syscall.S_IFCHR|0o666, 1<<8|minor))
		must(t, os.Chmod(r.at("/dev/"+name), 0o666))
	}
	must(t, os.Symlink("/proc/self/fd", r.at("/dev/fd")))
	_ = os.Remove(r.at("/var/lib/man-db/auto-update"))                // an index of all manual pages is not looked at here
	mount(t, "-t", "tmpfs", "-o", "mode=0755", "tmpfs", r.at("/run")) // as after a start: no service manager runs
	for _, of := range []string{"/etc/sallyport", "/var/lib/sallyport"} {
		if r.there(of) {
			t.Fatalf("%s is on this machine already", of)
		}
	}
	return r
}

func (r *root) at(path string) string { return filepath.Join(r.path, path) }

func (r *root) there(path string) bool {
	_, err := os.Lstat(r.at(path))
	return err == nil
}

func (r *root) read(path string) string {
	r.t.Helper()
	raw, err := os.ReadFile(r.at(path))
	must(r.t, err)
	return string(raw)
}

// mode is a file's mode and owner, as "0640 root:sallyport".
func (r *root) mode(path string) string {
	r.t.Helper()
	return strings.TrimSpace(r.run("stat", "-c", "%04a %U:%G", path).out)
}

func (r *root) wantMode(path, want string) {
	r.t.Helper()
	if got := r.mode(path); got != want {
		r.t.Errorf("%s is %s, want %s", path, got, want)
	}
}

// said is what a program printed and how it ended.
type said struct {
	out, talk string
	code      int
}

// try runs a program as root on this disk, and nothing but a usual PATH in its
// environment.
func (r *root) try(args ...string) said {
	r.t.Helper()
	cmd := exec.Command("/usr/sbin/chroot", append([]string{r.path}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		r.t.Fatal(err)
	}
	return said{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// run is try of a program that must end well.
func (r *root) run(args ...string) said {
	r.t.Helper()
	s := r.try(args...)
	if s.code != 0 {
		r.t.Fatalf("%q ended with %d:\n%s%s", args, s.code, s.out, s.talk)
	}
	return s
}

// service is how a program is started by whoever looks after it.
type service struct {
	root     *root
	command  []string
	env      []string
	uid, gid uint32
	cmd      *exec.Cmd
	log      bytes.Buffer
}

// start starts it and waits until it says that it is ready.
func (s *service) start() {
	t := s.root.t
	t.Helper()
	const path = "/tmp/notify"
	_ = os.Remove(s.root.at(path))
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.root.at(path), Net: "unixgram"})
	must(t, err)
	defer manager.Close()
	must(t, os.Chmod(s.root.at(path), 0o777))
	s.log.Reset()
	s.cmd = exec.Command(s.root.at(s.command[0]), s.command[1:]...)
	s.cmd.Path = s.command[0]
	s.cmd.Env, s.cmd.Dir = append([]string{"NOTIFY_SOCKET=" + path}, s.env...), "/"
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: s.root.path, Credential: &syscall.Credential{Uid: s.uid, Gid: s.gid}}
	must(t, s.cmd.Start())
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	must(t, manager.SetReadDeadline(time.Now().Add(20*time.Second)))
	heard := make([]byte, 100)
	n, err := manager.Read(heard)
	if err != nil || string(heard[:n]) != "READY=1" {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		t.Fatalf("it did not say that it is ready: %q, %v\n%s", heard[:n], err, s.log.String())
	}
}

// stop tells it to stop, and it must end well.
func (s *service) stop() {
	t := s.root.t
	t.Helper()
	must(t, s.cmd.Process.Signal(syscall.SIGTERM))
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it was told to stop and ended with %v:\n%s", err, s.log.String())
	}
}

// once runs another command line as the service's user, with its environment.
func (s *service) once(args ...string) said {
	t := s.root.t
	t.Helper()
	cmd := &exec.Cmd{Path: args[0], Args: args, Env: s.env, Dir: "/", SysProcAttr: &syscall.SysProcAttr{
		Chroot: s.root.path, Credential: &syscall.Credential{Uid: s.uid, Gid: s.gid},
	}}
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return said{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// freePort is a port of loopback that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}
