package demo_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/devmail"
)

// browser is as much of one as the demo needs: cookies, redirects, forms.
type browser struct {
	t      *testing.T
	client *http.Client
	at     *url.URL
	status int
	page   string
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar}}
}

func (b *browser) do(r *http.Request) {
	b.t.Helper()
	r.Header.Set("Accept", "text/html")
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.status, b.page = answer.Request.URL, answer.StatusCode, string(body)
	if to := refresh.FindStringSubmatch(b.page); to != nil {
		b.open(html.UnescapeString(to[1])) // the page that leaves for another origin (law 8)
	}
}

var refresh = regexp.MustCompile(`http-equiv="refresh" content="\d+;url=([^"]+)"`)

func (b *browser) open(address string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(r)
}

// submit sends the form whose fields include all of those given.
func (b *browser) submit(fields ...string) {
	b.t.Helper()
	b.submitTo("", fields...)
}

// submitTo does so with the form that goes to a path.
func (b *browser) submitTo(path string, fields ...string) {
	b.t.Helper()
	tree, err := html.Parse(strings.NewReader(b.page))
	if err != nil {
		b.t.Fatal(err)
	}
	for n := range tree.Descendants() {
		if n.Data != "form" || attribute(n, "method") != "post" || path != "" && attribute(n, "action") != path {
			continue
		}
		values, names, missing := url.Values{}, map[string]bool{}, false
		for f := range n.Descendants() {
			kind := attribute(f, "type")
			names[attribute(f, "name")] = true
			if name := attribute(f, "name"); name != "" && (kind != "radio" && kind != "checkbox" || has(f, "checked")) {
				values.Set(name, attribute(f, "value"))
			}
		}
		for i := 0; i < len(fields); i += 2 {
			missing = missing || !names[fields[i]]
			values.Set(fields[i], fields[i+1])
		}
		if missing {
			continue
		}
		to, err := b.at.Parse(attribute(n, "action"))
		if err != nil {
			b.t.Fatal(err)
		}
		r, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(values.Encode()))
		if err != nil {
			b.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.at.Scheme+"://"+b.at.Host)
		b.do(r)
		return
	}
	b.t.Fatalf("%s has no form to %q with %v:\n%s", b.at, path, fields, b.page)
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (b *browser) shows(want string) {
	b.t.Helper()
	if !strings.Contains(b.page, want) {
		b.t.Fatalf("%s (%d) does not show %q:\n%s", b.at, b.status, want, b.page)
	}
}

// password looks a person's password up where whoever runs the demo does.
func password(t *testing.T, dir, username string) string {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(dir, "people.txt"))
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^` + username + `\s+(\S+)`).FindSubmatch(list)
	if line == nil {
		t.Fatalf("%s is not in the list:\n%s", username, list)
	}
	return string(line[1])
}

// emailed returns the newest code that was sent to an address.
func emailed(t *testing.T, r *running, to string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	m, err := r.Mailbox.Wait(ctx, func(m devmail.Mail) bool { return slices.Contains(m.To, to) && m.Code != "" })
	if err != nil {
		t.Fatalf("no code arrived for %s: %v", to, err)
	}
	return m.Code
}

// shown returns a person's code from the development authenticator.
func shown(t *testing.T, at *running, username string) string {
	t.Helper()
	return appCode(t, at, username, `data-copy-text="(\d{6})"`)
}

// next is the code after the one that was used already.
func next(t *testing.T, at *running, username string) string {
	t.Helper()
	return appCode(t, at, username, `Next: (\d{3} \d{3})`)
}

func appCode(t *testing.T, at *running, username, pattern string) string {
	t.Helper()
	b := newBrowser(t)
	b.open(at.Sallyport + "/dev/authenticator")
	code := regexp.MustCompile(`(?s)<strong>` + username + `</strong>.*?` + pattern).FindStringSubmatch(b.page)
	if code == nil {
		t.Fatalf("the authenticator has no app of %s:\n%s", username, b.page)
	}
	return code[1]
}
