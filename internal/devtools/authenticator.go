package devtools

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// authenticatorView is /dev/authenticator.
type authenticatorView struct {
	frame
	Apps  []appLine
	Left  int // seconds until the codes change
	Typed string
	Added bool
}

type appLine struct {
	Owner, Label string
	Code, Next   string
}

// maxPasted is how many pasted keys are kept; older ones are forgotten.
const maxPasted = 20

// The errors of a pasted key.
var (
	errKey     = core.NewError(core.Invalid, "dev.key")
	errKeyKind = core.NewError(core.Invalid, "dev.key_kind")
)

func (t *Tools) authenticatorShow(w http.ResponseWriter, r *http.Request) error {
	return t.authenticator(w, r, http.StatusOK, authenticatorView{
		frame: t.frame(r, "authenticator"), Added: r.URL.Query().Get("added") == "1",
	})
}

func (t *Tools) authenticator(w http.ResponseWriter, r *http.Request, status int, v authenticatorView) error {
	apps, err := t.apps(r)
	if err != nil {
		return err
	}
	now := t.config.Clock()
	for _, a := range apps {
		v.Apps = append(v.Apps, appLine{
			Owner: a.Owner, Label: a.Label,
			Code: otp.TOTP(a.Secret, now).String(), Next: otp.TOTP(a.Secret, now.Add(otp.Period)).String(),
		})
	}
	v.Left = int((otp.Period - time.Duration(now.UnixNano())%otp.Period + time.Second - 1) / time.Second)
	return t.render(w, status, v.Language, "authenticator.html", v)
}

// apps returns the pasted keys, then the others. A pasted key that has become
// somebody's app is shown once, as theirs.
func (t *Tools) apps(r *http.Request) ([]App, error) {
	var others []App
	if t.config.Apps != nil {
		var err error
		if others, err = t.config.Apps(r.Context()); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	all := slices.Clone(t.pasted)
	t.mu.Unlock()
	all = slices.DeleteFunc(all, func(a App) bool {
		return slices.ContainsFunc(others, func(o App) bool { return string(o.Secret) == string(a.Secret) })
	})
	return append(all, others...), nil
}

// keyBytes bounds the form of a pasted key; an otpauth address has 300 at most.
const keyBytes = 8 << 10

func (t *Tools) authenticatorAdd(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, keyBytes)
	typed := strings.TrimSpace(r.PostFormValue("key"))
	app, err := ReadKey(typed)
	if err != nil {
		v := authenticatorView{frame: t.frame(r, "authenticator"), Typed: strings.ToValidUTF8(typed, "\ufffd")}
		v.Problem = err
		return t.authenticator(w, r, http.StatusUnprocessableEntity, v)
	}
	t.mu.Lock()
	t.pasted = slices.DeleteFunc(t.pasted, func(a App) bool { return string(a.Secret) == string(app.Secret) })
	t.pasted = slices.Insert(t.pasted, 0, app)
	t.pasted = t.pasted[:min(len(t.pasted), maxPasted)]
	t.mu.Unlock()
	http.Redirect(w, r, "/dev/authenticator?added=1", http.StatusSeeOther)
	return nil
}

// ReadKey reads a setup key with or without spaces, or an otpauth address, as
// an authenticator app would. Errors are dev.key (it is neither) and
// dev.key_kind (codes of another kind than 6 digits in 30 seconds with SHA-1).
func ReadKey(typed string) (App, error) {
	scheme, _, _ := strings.Cut(typed, ":")
	if s := strings.ToLower(scheme); s != "otpauth" && s != "apple-otpauth" {
		secret, err := otp.DecodeKey(typed)
		if err != nil {
			return App{}, errKey.Because(err)
		}
		return App{Secret: secret}, nil
	}
	u, err := url.Parse(typed)
	if err != nil {
		return App{}, errKey.Because(err)
	}
	q := u.Query()
	secret, err := otp.DecodeKey(q.Get("secret"))
	if err != nil {
		return App{}, errKey.Because(err)
	}
	usual := func(name, want string) bool { return !q.Has(name) || strings.EqualFold(q.Get(name), want) }
	if !strings.EqualFold(u.Host, "totp") || !usual("algorithm", "SHA1") || !usual("digits", "6") || !usual("period", "30") {
		return App{}, errKeyKind
	}
	label := strings.TrimPrefix(u.Path, "/")
	issuer, account, found := strings.Cut(label, ":")
	if !found {
		issuer, account = q.Get("issuer"), label
	}
	clean := func(s string) string { return strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd")) }
	return App{Owner: clean(account), Label: clean(issuer), Secret: secret}, nil
}

// spaced writes a code as people read it: "123 456".
func spaced(code string) string {
	if len(code) != 6 {
		return code
	}
	return code[:3] + " " + code[3:]
}
