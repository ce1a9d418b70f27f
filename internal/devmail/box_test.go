package devmail_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/devmail"
)

var at = time.Date(2026, 11, 23, 10, 42, 0, 0, time.UTC)

func start(t *testing.T) *devmail.Box {
	t.Helper()
	b, err := devmail.Start("127.0.0.1:0", func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func send(t *testing.T, b *devmail.Box, to, message string) {
	t.Helper()
	message = strings.ReplaceAll(message, "\n", "\r\n")
	c, err := smtp.Dial(b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("from@example.com", []string{to}, strings.NewReader(message)); err != nil {
		t.Fatal(err)
	}
}

const letter = `From: Northwind <no-reply@id.example>
To: ana@example.com
Subject: =?UTF-8?q?Your_N=C3=B6rthwind_sign-in_code_(KRQD)?=
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

482913 is your N=C3=B6rthwind verification code. It works for =
10 minutes.

@id.example #482913
--b
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: base64

PGI+NDgyOTEzPC9iPg==
--b--
`

func TestBoxKeepsWhatWasSent(t *testing.T) {
	b := start(t)
	send(t, b, "ana@example.com", letter)
	got, ok := b.Get("1")
	if !ok {
		t.Fatal("no message 1 in the box")
	}
	if got.Header.Get("To") != "ana@example.com" || !strings.Contains(string(got.Raw), "boundary=b") {
		t.Errorf("got header %v and %d bytes, want both as sent", got.Header, len(got.Raw))
	}
	got.Header, got.Raw = nil, nil
	want := devmail.Mail{
		ID: "1", At: at, From: "from@example.com", To: []string{"ana@example.com"},
		Subject: "Your Nörthwind sign-in code (KRQD)",
		Text:    "482913 is your Nörthwind verification code. It works for 10 minutes.\n\n@id.example #482913",
		HTML:    "<b>482913</b>", Code: "482913",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestMessagesAreNewestFirstAndBounded(t *testing.T) {
	b := start(t)
	for i := range devmail.Kept + 2 {
		send(t, b, fmt.Sprintf("p%d@example.com", i), "Subject: s\n\ntext\n")
	}
	all := b.Messages()
	if len(all) != devmail.Kept {
		t.Fatalf("got %d messages, want %d", len(all), devmail.Kept)
	}
	if got, want := all[0].To[0], fmt.Sprintf("p%d@example.com", devmail.Kept+1); got != want {
		t.Errorf("first is for %s, want %s", got, want)
	}
	if _, ok := b.Get("1"); ok {
		t.Error("the oldest is still there")
	}
	b.Clear()
	if got := len(b.Messages()); got != 0 {
		t.Errorf("got %d messages after Clear, want none", got)
	}
}

func TestWaitReturnsWhatArrivesLater(t *testing.T) {
	b := start(t)
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	wg.Go(func() {
		m, err := b.Wait(t.Context(), func(m devmail.Mail) bool { return m.To[0] == "ben@example.com" })
		if err != nil || m.Subject != "for Ben" {
			t.Errorf("got %q and %v, want the message for Ben", m.Subject, err)
		}
	})
	send(t, b, "ana@example.com", "Subject: for Ana\n\nx\n")
	send(t, b, "ben@example.com", "Subject: for Ben\n\nx\n")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Wait(ctx, func(devmail.Mail) bool { return false }); err == nil {
		t.Error("got no error from a wait that was given up, want one")
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "nonsense"} {
		t.Run(addr, func(t *testing.T) {
			b, err := devmail.Start(addr, time.Now)
			if err == nil {
				b.Close()
				t.Error("got no error, want a refusal")
			}
		})
	}
}

func TestUnreadableMailIsKeptRaw(t *testing.T) {
	tests := map[string]string{
		"no header":         "just some words\n",
		"broken multipart":  "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n",
		"no boundary":       "Content-Type: multipart/mixed\n\nx\n",
		"bad base64":        "Content-Transfer-Encoding: base64\n\n@@@@\n",
		"bytes, not UTF-8":  "Subject: \xff\xfe\n\n\xff\xfe\n",
		"parts in parts in": strings.Repeat("Content-Type: multipart/mixed; boundary=x\n\n--x\n", 20),
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			send(t, b, "ana@example.com", raw)
			got, ok := b.Get("1")
			if !ok || len(got.Raw) == 0 || got.Code != "" {
				t.Errorf("got %v, %d bytes, code %q; want the message kept, no code", ok, len(got.Raw), got.Code)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(strings.ReplaceAll(letter, "\n", "\r\n")))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--x--"))
	f.Add([]byte("Content-Transfer-Encoding: quoted-printable\n\n=3"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := devmail.Parse(raw)
		if string(m.Raw) != string(raw) {
			t.Error("the raw message changed")
		}
		if m.Code != "" && (len(m.Code) != 6 || !strings.Contains(m.Text, m.Code)) {
			t.Errorf("got code %q, want six digits of the text", m.Code)
		}
	})
}

// TestADeadMailboxIsRefused: for good, so that what follows from that can be
// tried out; the box does not keep the letter.
func TestADeadMailboxIsRefused(t *testing.T) {
	b := start(t)
	c, err := smtp.Dial(b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var refusal *smtp.SMTPError
	err = c.SendMail("from@example.com", []string{"ana@example.INVALID"}, strings.NewReader("Subject: x\r\n\r\n"))
	if !errors.As(err, &refusal) || refusal.Code != 550 || len(b.Messages()) != 0 {
		t.Errorf("got %v and %d letters; want 550 and none", err, len(b.Messages()))
	}
}
