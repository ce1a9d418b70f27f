package devtools

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/words"
)

//go:embed pages static
var files embed.FS

// Mailbox is what /dev/mail shows; [devmail.Box] is one.
type Mailbox interface {
	// Messages returns what is in the box, newest first.
	Messages() []devmail.Mail
	// Get returns one message by its ID.
	Get(id string) (devmail.Mail, bool)
	// Clear empties the box.
	Clear()
}

// App is an authenticator app whose codes are shown.
type App struct {
	Owner  string // whose it is, for example an email address
	Label  string // the person's name for it
	Secret []byte
}

// Config is what the pages are made of.
type Config struct {
	Mailbox Mailbox
	// Apps lists apps that are shown besides the pasted ones; nil: none.
	Apps  func(ctx context.Context) ([]App, error)
	Clock core.Clock
	Words *words.Catalogue
	// StyleSheet is the address of the product's style sheet, which brings the
	// colours and the buttons.
	StyleSheet string
	// Language returns what a browser asks for; nil: its Accept-Language header.
	Language func(r *http.Request) string
	// Wrap turns errors into answers, as [httpx.Site.Wrap] does.
	Wrap func(httpx.Handler) http.Handler
}

// Tools are the two pages.
type Tools struct {
	config Config
	pages  map[string]map[string]*template.Template // language, page

	mu     sync.Mutex
	pasted []App // newest first
}

// New parses the pages, so that a fault in one is found at start.
func New(c Config) (*Tools, error) {
	t := &Tools{config: c, pages: map[string]map[string]*template.Template{}}
	for _, language := range c.Words.Languages() {
		p := c.Words.Printer(language)
		t.pages[language] = map[string]*template.Template{}
		for _, page := range []string{"mail_list.html", "mail_show.html", "authenticator.html"} {
			parsed, err := template.New("layout.html").Option("missingkey=error").
				Funcs(template.FuncMap{"t": p.T, "te": p.Error, "spaced": spaced}).
				ParseFS(files, "pages/layout.html", "pages/"+page)
			if err != nil {
				return nil, fmt.Errorf("development pages: %w", err)
			}
			t.pages[language][page] = parsed
		}
	}
	return t, nil
}

// Mount adds the pages to a mux.
func (t *Tools) Mount(mux *http.ServeMux) {
	for pattern, h := range map[string]httpx.Handler{
		"GET /dev/mail":            t.mailList,
		"GET /dev/mail.json":       t.mailJSON,
		"GET /dev/mail/{id}":       t.mailShow,
		"GET /dev/mail/{id}/frame": t.mailFrame,
		"POST /dev/mail/delete":    t.mailDelete,
		"GET /dev/authenticator":   t.authenticatorShow,
		"POST /dev/authenticator":  t.authenticatorAdd,
		"GET /dev/static/{name}":   t.static,
	} {
		mux.Handle(pattern, local(http.NewCrossOriginProtection().Handler(t.config.Wrap(h))))
	}
}

// local hides everything from other machines, whatever the server listens on.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !peer.Addr().Unmap().IsLoopback() || !loopbackName(r.Host) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackName reports whether a Host header can only mean this machine. A
// name that somebody made point to it (DNS rebinding) does not pass.
func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.Unmap().IsLoopback()
}

// contentPolicy is that of all pages plus the frame for the HTML of a message.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// frame is what every page has around its content.
type frame struct {
	Language   string
	StyleSheet string
	Page       string // "mail" or "authenticator"
	Problem    error  // what is wrong with what was typed; nil: nothing
	Refresh    int    // seconds after which a browser without scripts asks again; 0: never
}

func (t *Tools) frame(r *http.Request, page string) frame {
	wanted := r.Header.Get("Accept-Language")
	if t.config.Language != nil {
		wanted = t.config.Language(r)
	}
	p := t.config.Words.Printer(wanted)
	return frame{Language: p.Language(), StyleSheet: t.config.StyleSheet, Page: page}
}

// render writes a page whole or not at all.
func (t *Tools) render(w http.ResponseWriter, status int, language, page string, data any) error {
	var out bytes.Buffer
	if err := t.pages[language][page].ExecuteTemplate(&out, "layout.html", data); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := out.WriteTo(w)
	return err
}

func (t *Tools) static(w http.ResponseWriter, r *http.Request) error {
	body, err := files.ReadFile("static/" + path.Base(r.PathValue("name")))
	if err != nil {
		return core.ErrNotFound
	}
	kind := "text/css; charset=utf-8"
	if strings.HasSuffix(r.PathValue("name"), ".js") {
		kind = "text/javascript; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	_, err = w.Write(body)
	return err
}
