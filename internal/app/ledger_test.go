package app_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// browser is a browser of the server whose every exchange is gone through for
// secrets.
func (l *ledger) browser(s *server) *browser {
	b := s.browser()
	b.http.Transport = &listener{ledger: l}
	return b
}

// master notes the master key and the data keys that it unlocks.
func (l *ledger) master(s *server) {
	s.t.Helper()
	text, err := os.ReadFile(s.Config.KeyPath())
	if err != nil {
		s.t.Fatal(err)
	}
	l.add("key", strings.TrimSpace(string(text)))
	master, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	stored, err := s.Store.Keys(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, k := range stored {
		l.add("key", base64.StdEncoding.EncodeToString(unwrap(s, master, k.ID, k.Wrapped)))
	}
}

// unwrap opens a data key with nothing but the standard library: AES-256-GCM
// under a key derived from the master key, bound to the key's id.
func unwrap(s *server, master []byte, id, wrapped string) []byte {
	s.t.Helper()
	must := func(err error) {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	sealed, err := base64.RawURLEncoding.DecodeString(wrapped[strings.LastIndexByte(wrapped, '.')+1:])
	must(err)
	key, err := hkdf.Key(sha256.New, master, nil, "sallyport v1 wrap", 32)
	must(err)
	block, err := aes.NewCipher(key)
	must(err)
	box, err := cipher.NewGCMWithRandomNonce(block)
	must(err)
	var bound []byte
	for _, part := range []string{"data-key", id} {
		bound = append(binary.BigEndian.AppendUint32(bound, uint32(len(part))), part...)
	}
	plain, err := box.Open(nil, nil, sealed, bound)
	must(err)
	return plain
}

// listener notes the secrets of every request and answer.
type listener struct {
	ledger *ledger
	mu     sync.Mutex
}

// RoundTrip implements http.RoundTripper.
func (h *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(res.Body)
	if err = firstOf(err, res.Body.Close()); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(got))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent(r, string(sent))
	h.got(res, html.UnescapeString(string(got)))
	return res, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// sent notes what was typed, and the address, but for the one kind of address
// that is a secret itself: a link, which its first use turns into a cookie.
func (h *listener) sent(r *http.Request, body string) {
	link := func(kind *regexp.Regexp) bool { return kind.MatchString(r.URL.String()) }
	if !slices.ContainsFunc([]*regexp.Regexp{linkInMail, notYouLink, undoLink, cancelLink}, link) {
		h.ledger.addresses = append(h.ledger.addresses, r.URL.String())
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return
	}
	for name, kind := range map[string]string{"password": "password", "repeat": "password", "current": "password", "try_password": "password", "form_token": "form token"} {
		if v := form.Get(name); v != "" {
			h.ledger.add(kind, v)
		}
	}
	switch code := form.Get("code"); {
	case len(code) == 6:
		h.ledger.codes[code] = true
	case code != "":
		h.ledger.add("recovery code", strings.ToLower(code))
	}
}

// got notes the cookies, and the setup keys and recovery codes that a page
// shows. The name a person typed is kept for the next page and is no secret.
func (h *listener) got(res *http.Response, body string) {
	if to := res.Header.Get("Location"); to != "" {
		h.ledger.addresses = append(h.ledger.addresses, to)
	}
	for _, c := range res.Cookies() {
		if c.Value == "" || c.Name == "sp_login" {
			continue
		}
		h.ledger.add("cookie", c.Value)
		if c.Name == "sp_session" {
			h.ledger.session = c.Value
		}
	}
	if m := setupKey.FindStringSubmatch(body); m != nil {
		h.ledger.add("setup key", m[1])
	}
	for _, code := range recoveryCode.FindAllString(body, -1) {
		h.ledger.add("recovery code", code)
	}
}
