package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
)

// hands is a clock moved by hand, and the list of handovers.
type hands struct {
	mu   sync.Mutex
	at   time.Time
	seen []string
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// relay returns one over the servers that keeps what came of each handover as
// "1 mail.connect fault".
func (h *hands) relay(servers ...*mail.SMTP) *mail.Relay {
	r := mail.NewRelay(h.now, func(n mail.Handover) {
		which := "?"
		for i, s := range servers {
			if s.Server.Address() == n.Server {
				which = fmt.Sprint(i + 1)
			}
		}
		text := which + " taken"
		if n.Err != nil {
			text = which + " " + core.CodeOf(n.Err)
		}
		if n.Fault {
			text += " fault"
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen = append(h.seen, text)
	})
	r.Use(servers...)
	return r
}

// heard returns the handovers since it was last asked.
func (h *hands) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := h.seen
	h.seen = nil
	return seen
}

// TestWhatIsHandedOn is the table of the package's documentation: what the
// first server does, what it is called, whether the second one is tried at
// once, and whether the first one rests.
func TestWhatIsHandedOn(t *testing.T) {
	tests := []struct {
		name   string
		script script
		code   string
		second bool // the second one is given the mail
		rests  bool // the next mail does not go to the first one
	}{
		{"hangs up at once", script{"GREETING": hangUp}, "mail.connect", true, true},
		{"is closing", script{"GREETING": "421 4.3.2 closing"}, "mail.connect", true, true},
		{"takes no mail", script{"GREETING": "554 5.3.2 no mail here"}, "mail.connect", true, true},
		{"EHLO refused", script{"EHLO": "550 5.7.1 not you", "HELO": "550 5.7.1 not you"}, "mail.connect", true, true},
		{"password refused", script{"AUTH": "535 5.7.8 wrong"}, "mail.login", true, true},
		{"sign-in out of order", script{"AUTH": "454 4.7.0 later"}, "mail.login", true, true},
		{"hangs up at the sender", script{"MAIL": hangUp}, "mail.sender", true, true},
		{"sender refused", script{"MAIL": "553 5.1.8 no such sender"}, "mail.sender", true, true},
		{"sender not now", script{"MAIL": "452 4.3.1 disk full"}, "mail.sender", true, true},

		{"no such recipient", script{"RCPT": "550 5.1.1 nobody"}, "mail.refused", false, false},
		{"mailbox over its limit", script{"RCPT": "552 5.2.2 full"}, "mail.refused", false, false},
		{"a refusal without a class", script{"RCPT": "550 no"}, "mail.refused", false, false},
		{"relaying denied", script{"RCPT": "554 5.7.1 relay access denied"}, "mail.declined", true, false},
		{"sign-in wanted", script{"RCPT": "530 5.7.0 sign in first"}, "mail.declined", true, false},
		{"greylisted", script{"RCPT": "450 4.2.0 greylisted"}, "mail.temporary", true, false},
		{"closing at the recipient", script{"RCPT": "421 4.3.2 closing"}, "mail.temporary", true, false},
		{"hangs up at the recipient", script{"RCPT": hangUp}, "mail.broken", true, false},

		{"no text wanted now", script{"DATA": "451 4.3.0 later"}, "mail.temporary", true, false},
		{"no text wanted", script{"DATA": "554 5.5.0 no"}, "mail.refused", false, false},
		{"text not taken now", script{".": "451 4.3.0 later"}, "mail.temporary", true, false},
		{"text refused", script{".": "554 5.6.0 no"}, "mail.refused", false, false},
		{"text refused by policy", script{".": "550 5.7.1 looks like spam"}, "mail.declined", true, false},
		{"killed in the middle of the text", script{"MIDDLE": hangUp}, "mail.unanswered", true, false},
		{"killed after the text", script{".": hangUp}, "mail.unanswered", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first, second := startScript(t, tt.script), startScript(t, nil)
			h := &hands{at: now}
			r := h.relay(first.smtp(), second.smtp())
			err := r.Send(t.Context(), letter())
			want := []string{"1 " + tt.code}
			if tt.rests {
				want[0] += " fault"
			}
			if tt.second {
				want = append(want, "2 taken")
			}
			if diff := cmp.Diff(want, h.heard()); diff != "" {
				t.Fatalf("handovers (-want +got):\n%s", diff)
			}
			if got := codeOf(err); tt.second && got != "" || !tt.second && got != tt.code {
				t.Errorf("came to %q", got)
			}
			if _, _, took := second.seen(); took != map[bool]int{true: 1}[tt.second] {
				t.Errorf("the second server took %d mails", took)
			}
			before, _, _ := first.seen()
			_ = r.Send(t.Context(), letter()) // where it goes is what counts
			if after, _, _ := first.seen(); (after == before) != tt.rests {
				t.Errorf("the first server was called %d times for the next mail, rests: %v", after-before, tt.rests)
			}
		})
	}
}

// TestTLSIsTheServersFault: a server whose certificate does not hold is one
// that fails, and the mail does not go there in clear.
func TestTLSIsTheServersFault(t *testing.T) {
	right, roots := certificate(t, mailHost)
	wrong, wrongRoots := certificate(t, "other.example.com")
	over, overRoots := certificateUntil(t, mailHost, time.Now().Add(-time.Minute))
	tests := map[string]struct {
		cert  *tls.Certificate
		roots *x509.CertPool
		want  string
	}{
		"another host's certificate": {&wrong, wrongRoots, "mail.tls_name"},
		"signed by nobody":           {&right, x509.NewCertPool(), "mail.tls_unknown"},
		"a certificate that is over": {&over, overRoots, "mail.tls_expired"},
		"no TLS at all":              {nil, roots, "mail.starttls"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			first, second := startScript(t, nil), startScript(t, nil)
			first.cert = tt.cert
			c := first.smtp()
			c.Server.Host, c.Roots = mailHost, tt.roots
			c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, first.addr.String())
			}
			h := &hands{at: now}
			if err := h.relay(c, second.smtp()).Send(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"1 " + tt.want + " fault", "2 taken"}, h.heard()); diff != "" {
				t.Errorf("handovers (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRestsAndComesBack: a server that failed is left alone for a while, longer
// each time; then one mail tries it, and if that goes well it is first again.
func TestRestsAndComesBack(t *testing.T) {
	first, second := startScript(t, script{"GREETING": hangUp}), startScript(t, nil)
	h := &hands{at: now}
	r := h.relay(first.smtp(), second.smtp())
	step := func(d time.Duration, want ...string) {
		t.Helper()
		h.pass(d)
		if err := r.Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.heard()); diff != "" {
			t.Fatalf("handovers (-want +got):\n%s", diff)
		}
	}
	step(0, "1 mail.connect fault", "2 taken")
	step(mail.Rest-1, "2 taken")
	step(1, "1 mail.connect fault", "2 taken")
	step(2*mail.Rest-1, "2 taken")
	step(1, "1 mail.connect fault", "2 taken")
	step(mail.RestMost, "1 mail.connect fault", "2 taken")
	step(mail.RestMost, "1 mail.connect fault", "2 taken")
	first.follow(nil)
	step(mail.RestMost-1, "2 taken")
	step(1, "1 taken")
	step(0, "1 taken")
	first.follow(script{"GREETING": hangUp})
	step(0, "1 mail.connect fault", "2 taken")
	step(mail.Rest, "1 mail.connect fault", "2 taken") // it begins with a short rest again
}

// TestBothDown: all are tried, nobody is left out for resting, and the mail may
// be tried again.
func TestBothDown(t *testing.T) {
	first, second := startScript(t, script{"AUTH": "535 no"}), startScript(t, script{"GREETING": hangUp})
	h := &hands{at: now}
	r := h.relay(first.smtp(), second.smtp())
	for range 3 {
		err := r.Send(t.Context(), letter())
		if core.KindOf(err) != core.Unavailable || core.CodeOf(err) != "mail.login" {
			t.Errorf("got %v, want the first one's failure, after which trying again may help", err)
		}
		if got := h.heard(); len(got) != 2 {
			t.Errorf("handovers: %q, want both tried", got)
		}
	}
	second.follow(nil)
	if err := r.Send(t.Context(), letter()); err != nil {
		t.Errorf("the second is back, and still: %v", err)
	}
	if err := mail.NewRelay(h.now, nil).Send(t.Context(), letter()); core.CodeOf(err) != "mail.not_configured" {
		t.Errorf("without servers: %v", err)
	}
}

// TestDeclinedByAll: where every server declines the mail it is over; where one
// was only away it is not.
func TestDeclinedByAll(t *testing.T) {
	declines := script{"RCPT": "554 5.7.1 relay access denied"}
	for name, tt := range map[string]struct {
		second script
		want   core.Kind
	}{"both": {declines, core.Invalid}, "one is away": {script{"GREETING": hangUp}, core.Unavailable}} {
		t.Run(name, func(t *testing.T) {
			h := &hands{at: now}
			err := h.relay(startScript(t, declines).smtp(), startScript(t, tt.second).smtp()).Send(t.Context(), letter())
			if core.KindOf(err) != tt.want {
				t.Errorf("got %v of kind %v, want %v", err, core.KindOf(err), tt.want)
			}
		})
	}
}

// TestTakesOverInTime: however a server is silent, the mail is the second one's
// within 10 s; where the text is with the first one already it is given longer.
// Time is that of the test: no real connection, a pipe to the scripted server.
func TestTakesOverInTime(t *testing.T) {
	for _, tt := range []struct {
		silent string
		most   time.Duration
	}{
		{"CONNECT", 10 * time.Second},
		{"GREETING", 10 * time.Second},
		{"EHLO", 10 * time.Second},
		{"AUTH", 10 * time.Second},
		{"MAIL", 10 * time.Second},
		{"RCPT", 10 * time.Second},
		{"DATA", 10 * time.Second},
		{".", mail.Hurry + mail.Answer},
	} {
		t.Run(strings.ToLower(tt.silent), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := &scripted{script: script{tt.silent: silence}, end: make(chan struct{})}
				second := &scripted{end: make(chan struct{})}
				r := mail.NewRelay(time.Now, nil)
				r.Use(piped(first, 1, tt.silent == "CONNECT"), piped(second, 2, false))
				began := time.Now()
				if err := r.Send(t.Context(), letter()); err != nil {
					t.Fatal(err)
				}
				took := time.Since(began)
				if _, _, got := second.seen(); got != 1 || took > tt.most {
					t.Errorf("the second server took %d mails, after %v, want 1 within %v", got, took, tt.most)
				}
				t.Logf("silent at %s: taken over after %v", tt.silent, took)
				close(first.end)
				close(second.end)
			})
		})
	}
}

// piped returns a client whose connections are pipes to a scripted server.
func piped(s *scripted, port int, deaf bool) *mail.SMTP {
	return &mail.SMTP{
		Server: mail.Server{Host: "127.0.0.1", Port: port, User: "u", Password: "p"}, Hello: "id.example",
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if deaf {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				s.serve(theirs)
			}()
			return ours, nil
		},
	}
}

// TestOneTriesForAll: after its rest a server is tried by one mail; the others
// go elsewhere until it is known how that went.
func TestOneTriesForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &scripted{script: script{"GREETING": silence}, end: make(chan struct{})}, &scripted{end: make(chan struct{})}
		r := mail.NewRelay(time.Now, nil)
		r.Use(piped(first, 1, false), piped(second, 2, false))
		if err := r.Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(mail.Rest) // of the test's own clock: nobody waits
		var all sync.WaitGroup
		began := time.Now()
		quick := 0
		var mu sync.Mutex
		for range 50 {
			all.Go(func() {
				if err := r.Send(t.Context(), letter()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if time.Since(began) < time.Second {
					quick++
				}
			})
		}
		all.Wait()
		if calls, _, _ := first.seen(); calls != 2 || quick != 49 {
			t.Errorf("the silent server was called %d times and %d of 50 mails were not held up, want 2 and 49", calls, quick)
		}
		close(first.end)
		close(second.end)
	})
}

// TestUse: a server that is the same goes on resting, a changed one begins anew.
func TestUse(t *testing.T) {
	first, second := startScript(t, script{"AUTH": "535 no"}), startScript(t, nil)
	h := &hands{at: now}
	a, b := first.smtp(), second.smtp()
	r := h.relay(a, b)
	send := func(want ...string) {
		t.Helper()
		if err := r.Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.heard()); diff != "" {
			t.Errorf("handovers (-want +got):\n%s", diff)
		}
	}
	send("1 mail.login fault", "2 taken")
	r.Use(first.smtp(), b)
	send("2 taken")
	first.follow(nil)
	changed := first.smtp()
	changed.Server.Password = "right"
	r.Use(changed, b)
	send("1 taken")
}
