package devtools

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

// mailListView is /dev/mail.
type mailListView struct {
	frame
	Filter string
	Mails  []mailLine
	Total  int // in the box, whatever the filter says
}

type mailLine struct {
	ID, To, Subject, Code string
	At                    time.Time
	Clock                 string
}

// refreshSeconds is how often a list asks for newer messages.
const refreshSeconds = 5

func (t *Tools) mailList(w http.ResponseWriter, r *http.Request) error {
	v := mailListView{frame: t.frame(r, "mail"), Filter: r.URL.Query().Get("to"), Total: len(t.config.Mailbox.Messages())}
	v.Refresh = refreshSeconds
	p := t.config.Words.Printer(v.Language)
	for _, m := range t.filtered(v.Filter) {
		v.Mails = append(v.Mails, mailLine{
			ID: m.ID, To: strings.Join(m.To, ", "), Subject: m.Subject, Code: m.Code, At: m.At.UTC(), Clock: p.Clock(m.At, ""),
		})
	}
	return t.render(w, http.StatusOK, v.Language, "mail_list.html", v)
}

// filtered returns the messages to an address; a filter without @ is any part
// of one.
func (t *Tools) filtered(filter string) []devmail.Mail {
	filter = strings.ToLower(strings.TrimSpace(filter))
	return slices.DeleteFunc(t.config.Mailbox.Messages(), func(m devmail.Mail) bool {
		return filter != "" && !slices.ContainsFunc(m.To, func(to string) bool {
			to = strings.ToLower(to)
			return to == filter || !strings.Contains(filter, "@") && strings.Contains(to, filter)
		})
	})
}

// wireMail is one message for programs.
type wireMail struct {
	ID      string              `json:"id"`
	At      time.Time           `json:"at"`
	From    string              `json:"from"`
	To      []string            `json:"to"`
	Subject string              `json:"subject"`
	Code    string              `json:"code"`
	Text    string              `json:"text"`
	HTML    string              `json:"html"`
	Headers map[string][]string `json:"headers"`
}

func (t *Tools) mailJSON(w http.ResponseWriter, r *http.Request) error {
	all := []wireMail{}
	for _, m := range t.filtered(r.URL.Query().Get("to")) {
		all = append(all, wireMail{
			ID: m.ID, At: m.At.UTC(), From: m.From, To: m.To, Subject: m.Subject, Code: m.Code,
			Text: m.Text, HTML: m.HTML, Headers: m.Header,
		})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(all)
}

// mailShowView is /dev/mail/{id}?view=text|html|raw|headers.
type mailShowView struct {
	frame
	Mail    devmail.Mail
	Clock   string
	View    string
	Text    []piece
	Raw     string
	Headers []header
}

type header struct{ Name, Value string }

// piece is plain text, or an address that can be opened.
type piece struct{ Text, Link string }

func (t *Tools) mailShow(w http.ResponseWriter, r *http.Request) error {
	m, ok := t.config.Mailbox.Get(r.PathValue("id"))
	if !ok {
		return core.ErrNotFound
	}
	v := mailShowView{frame: t.frame(r, "mail"), Mail: m, View: r.URL.Query().Get("view")}
	v.Clock = t.config.Words.Printer(v.Language).TimeAndZone(m.At, "")
	switch v.View {
	case "html":
	case "raw":
		v.Raw = strings.ToValidUTF8(string(m.Raw), "\ufffd")
	case "headers":
		for _, name := range slices.Sorted(maps.Keys(m.Header)) {
			for _, value := range m.Header[name] {
				v.Headers = append(v.Headers, header{name, strings.ToValidUTF8(value, "\ufffd")})
			}
		}
	default:
		v.View, v.Text = "text", linked(strings.ToValidUTF8(m.Text, "\ufffd"))
	}
	return t.render(w, http.StatusOK, v.Language, "mail_show.html", v)
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked takes a text apart so that its addresses can be opened.
func linked(text string) []piece {
	var all []piece
	for {
		at := address.FindStringIndex(text)
		if at == nil {
			return append(all, piece{Text: text})
		}
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)")
		all = append(all, piece{Text: text[:at[0]]}, piece{Text: link, Link: link})
		text = text[at[0]+len(link):]
	}
}

// mailFrame is the HTML part alone, for a frame that may do nothing: no
// scripts, no forms, no pictures from elsewhere, and no origin.
func (t *Tools) mailFrame(w http.ResponseWriter, r *http.Request) error {
	m, ok := t.config.Mailbox.Get(r.PathValue("id"))
	if !ok {
		return core.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, err := w.Write([]byte(m.HTML))
	return err
}

func (t *Tools) mailDelete(w http.ResponseWriter, r *http.Request) error {
	t.config.Mailbox.Clear()
	to := url.URL{Path: "/dev/mail"}
	if filter := r.URL.Query().Get("to"); filter != "" {
		to.RawQuery = url.Values{"to": {filter}}.Encode()
	}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
	return nil
}
