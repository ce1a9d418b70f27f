package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/mail"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		name, url string
		want      mail.Server
	}{
		{"all of it", "smtp://user:pa%40ss@mail.example.com:2525", mail.Server{Host: "mail.example.com", Port: 2525, User: "user", Password: "pa@ss"}},
		{"ports by scheme", "smtp://mail.example.com", mail.Server{Host: "mail.example.com", Port: 587}},
		{"implicit TLS", "smtps://mail.example.com/", mail.Server{Host: "mail.example.com", Port: 465, Implicit: true}},
		{"an address", "smtp://[2001:db8::1]:25", mail.Server{Host: "2001:db8::1", Port: 25}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mail.ParseURL(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("server (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, url := range []string{
		"", "mail.example.com:25", "http://mail.example.com", "smtp://", "smtp://:25", "smtp://host:0", "smtp://host:99999",
		"smtp://host:x", "smtp://hunter2@host", "smtp://user:@host", "smtp://:hunter2@host", "smtp://user:hunter2@host/path",
		"smtp://user:hunter2@host?x=y", "smtp://host#x", "smtp://user:hunter2@ho st", "smtp://ho\r\nst",
		"smtp://user:hunter2%0d%0a@host", "smtp://user:hunter2%zz@host", "smtp:user@host", "smtp://a,b",
	} {
		t.Run(url, func(t *testing.T) {
			got, err := mail.ParseURL(url)
			if err == nil {
				t.Fatalf("got %+v, want a refusal", got)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"localhost.example.com": false, "192.168.0.1": false, "mail": false, "0.0.0.0": false,
	} {
		if got := (mail.Server{Host: host}).Loopback(); got != want {
			t.Errorf("%s: got %v, want %v", host, got, want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("smtp://user:pass@host:587")
	f.Add("smtps://[::1]/")
	f.Fuzz(func(t *testing.T, url string) {
		s, err := mail.ParseURL(url)
		if err != nil {
			return
		}
		if s.Host == "" || s.Port < 1 || s.Port > 65535 || (s.User == "") != (s.Password == "") ||
			strings.ContainsAny(s.Host+s.User+s.Password, "\r\n\x00") {
			t.Errorf("%q was taken as %+v", url, s)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add("Northwind", "Your code", "482913 is your code\n", "ana@example.com")
	f.Add("Nörth\"wind", "é=", strings.Repeat("x", 1000), "é@example.com")
	f.Fuzz(func(t *testing.T, name, subject, text, to string) {
		m := letter()
		m.FromName, m.Subject, m.Text, m.To = name, subject, text, to
		raw, err := m.Bytes()
		if err != nil {
			return
		}
		head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			key, _, ok := strings.Cut(line, ":")
			known := "Date From To Subject Message-ID Auto-Submitted X-Auto-Response-Suppress MIME-Version Content-Type"
			if !strings.HasPrefix(line, " ") && (!ok || !strings.Contains(known, key)) {
				t.Errorf("a header of somebody else's: %q", line)
			}
		}
		if strings.ContainsAny(strings.ReplaceAll(string(raw), "\r\n", ""), "\r\n\x00") {
			t.Error("a bare line break or NUL")
		}
	})
}
