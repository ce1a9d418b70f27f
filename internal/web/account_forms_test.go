package web_test

import (
	"bytes"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

var (
	errConfirm = core.NewError(core.Unauthenticated, "confirm.needed")
	errOver    = core.NewError(core.Gone, "panel.over")
)

func suspended(v *core.SessionView) {
	v.Account.User.TwoFactor, v.Account.Apps = core.TwoFactorSuspended, 1
}

// TestAccountForms posts every form of the signed-in pages and looks at what
// was asked of the services and where the person is sent.
func TestAccountForms(t *testing.T) {
	const security = "/account/security"
	tests := []struct {
		name   string
		view   core.SessionView
		panel  *account.Panel
		fail   error
		path   string
		form   []string
		call   string // "" : nothing was changed
		to     string // where the 303 leads
		cookie bool   // the session's cookie is replaced
	}{
		{name: "tick the box", view: bea(), path: security, form: []string{"two_factor", "on"}, call: "begin turn_on", to: security},
		{
			name: "tick, proof too old", view: bea(), fail: errConfirm, path: security, form: []string{"two_factor", "on"}, call: "begin turn_on",
			to: "/confirm?next=%2Faccount%2Fsecurity%3Fbox%3Don",
		},
		{name: "save the box as it was", view: bea(), path: security, to: security},
		{name: "untick the box", view: beaWith(usingApp), path: security, to: security + "/turn-off"},
		{name: "tick after off for now", view: beaWith(suspended), path: security, form: []string{"two_factor", "on"}, to: security + "?step=resume"},
		{name: "untick while required", view: beaWith(requiredNow), path: security, to: security},
		{name: "email code", view: bea(), path: security + "/setup/email", form: []string{"code", "123 456"}, call: "prove-email 123 456", to: security},
		{name: "email code, panel over", view: bea(), fail: errOver, path: security + "/setup/email", form: []string{"code", "1"}, call: "prove-email 1", to: security + "?over=1"},
		{name: "email code, other tab went on", view: bea(), fail: core.ErrStale, path: security + "/setup/email", form: []string{"code", "1"}, call: "prove-email 1", to: security},
		{name: "send again", view: bea(), path: security + "/setup/email/again", call: "send-again", to: security + "?done=code-sent"},
		{name: "email later", view: bea(), path: security + "/setup/email/later", call: "defer-email", to: security},
		{name: "app code", view: bea(), path: security + "/setup/app", form: []string{"method", "app", "code", "123456", "label", "Phone"}, call: "prove-app 123456|Phone", to: security},
		{name: "email only", view: bea(), path: security + "/setup/app", form: []string{"method", "email", "code", ""}, call: "email-only", to: security},
		{name: "app name", view: bea(), path: security + "/setup/name", form: []string{"display_name", " North "}, call: "show-as North", to: security + "?done=named"},
		{name: "back", view: bea(), path: security + "/setup/back", form: []string{"code", "12"}, call: "back", to: security},
		{name: "cancel", view: bea(), path: security + "/setup/cancel", call: "cancel", to: security + "?done=nothing-changed"},
		{
			name: "save", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolCodes, nil), path: security + "/setup/save",
			form: []string{"saved", "on"}, call: "save saved", to: security + "?done=on", cookie: true,
		},
		{
			name: "save, email only", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolCodes, func(p *account.Panel) { p.Enrolment.EmailOnly = true }),
			path: security + "/setup/save", form: []string{"saved", "on"}, call: "save saved", to: security + "?done=on-email", cookie: true,
		},
		{
			name: "save, mailbox later", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolCodes, func(p *account.Panel) { p.Enrolment.EmailDeferred = true }),
			path: security + "/setup/save", form: []string{"saved", "on"}, call: "save saved", to: security + "?done=on-waiting", cookie: true,
		},
		{
			name: "save new codes", view: beaWith(usingApp), panel: panelAt(core.GoalNewCodes, core.EnrolCodes, nil),
			path: security + "/setup/save", form: []string{"saved", "on"}, call: "save saved", to: security + "?done=codes-saved", cookie: true,
		},
		{name: "save, panel gone", view: bea(), path: security + "/setup/save", form: []string{"saved", "on"}, to: security + "?over=1"},
		{name: "add another", view: beaWith(usingApp), path: security + "/apps", call: "begin add_app", to: security},
		{name: "add the first while required", view: beaWith(requiredNow), path: security + "/apps", call: "begin turn_on", to: security},
		{
			name: "add, proof too old", view: beaWith(usingApp), fail: errConfirm, path: security + "/apps", call: "begin add_app",
			to: "/confirm?next=%2Faccount%2Fsecurity%23apps",
		},
		{name: "new codes", view: beaWith(usingApp), path: security + "/recovery-codes", call: "begin new_codes", to: security},
		{name: "rename", view: beaWith(usingApp), path: security + "/apps/phone/rename", form: []string{"label", "Work"}, call: "rename phone|Work", to: security + "?done=app-renamed#apps"},
		{name: "remove", view: beaWith(usingApp), path: security + "/apps/phone/remove", call: "remove phone", to: security + "?done=app-removed#apps", cookie: true},
		{
			name: "remove, proof too old", view: beaWith(usingApp), fail: errConfirm, path: security + "/apps/phone/remove", call: "remove phone",
			to: "/confirm?next=%2Faccount%2Fsecurity%2Fapps%2Fphone%2Fremove",
		},
		{name: "a pause", view: beaWith(usingApp), path: security + "/pause", form: []string{"length", "15", "reason", "monthly"}, call: "pause 15m0s|monthly", to: security + "/pause?done=pause-started"},
		{name: "a pause that runs", view: beaWith(usingApp), fail: core.NewError(core.Conflict, "pause.runs"), path: security + "/pause", form: []string{"length", "15"}, call: "pause 15m0s|", to: security + "/pause"},
		{name: "a pause, proof too old", view: beaWith(usingApp), fail: errConfirm, path: security + "/pause", form: []string{"length", "60"}, call: "pause 1h0m0s|", to: "/confirm?next=%2Faccount%2Fsecurity%2Fpause"},
		{name: "the end of a pause", view: beaWith(usingApp), path: security + "/pause/end", call: "end pause", to: security + "/pause?done=pause-ended"},
		{name: "the end of one that is over", view: beaWith(usingApp), fail: core.NewError(core.Conflict, "pause.over"), path: security + "/pause/end", call: "end pause", to: security + "/pause?done=pause-ended"},
		{name: "off for now", view: beaWith(usingApp), path: security + "/turn-off", form: []string{"how", "now"}, call: "off now", to: security + "?done=off-now", cookie: true},
		{name: "off for good", view: beaWith(usingApp), path: security + "/turn-off", form: []string{"how", "remove"}, call: "off remove", to: security + "?done=off", cookie: true},
		{
			name: "off, proof too old", view: beaWith(usingApp), fail: errConfirm, path: security + "/turn-off", form: []string{"how", "remove"}, call: "off remove",
			to: "/confirm?next=%2Faccount%2Fsecurity%2Fturn-off",
		},
		{
			name: "off, required since", view: beaWith(usingApp), fail: core.NewError(core.Forbidden, "turn_off.required"), path: security + "/turn-off",
			form: []string{"how", "now"}, call: "off now", to: security + "/turn-off",
		},
		{
			name: "resume by app", view: beaWith(suspended), path: security + "/resume", form: []string{"kind", "app", "code", "123456"},
			call: "resume app|123456", to: security + "?done=on-again", cookie: true,
		},
		{name: "resume, send", view: beaWith(suspended), path: security + "/resume/send", form: []string{"kind", "app"}, call: "resume-send", to: security + "?done=code-sent"},
		{
			name: "change the password", view: bea(), path: "/account/password", form: []string{"current", "old", "password", "new", "repeat", "new"},
			call: "password old|new", to: "/account/password?done=password-changed", cookie: true,
		},
		{
			name: "change the password, proof too old", view: beaWith(usingApp), fail: errConfirm, path: "/account/password",
			form: []string{"password", "new", "repeat", "new"}, call: "password |new", to: "/confirm?next=%2Faccount%2Fpassword",
		},
		{
			name: "choose at the wall", view: beaWith(expired), path: "/password/expired", form: []string{"password", "new", "repeat", "new", "next", "/account/profile?x=1"},
			call: "password |new", to: "/account/profile?x=1", cookie: true,
		},
		{
			name: "choose at the wall, next elsewhere", view: beaWith(expired), path: "/password/expired",
			form: []string{"password", "new", "repeat", "new", "next", "//evil.example"}, call: "password |new", to: "/home", cookie: true,
		},
		{name: "the wall, nothing due", view: bea(), path: "/password/expired", form: []string{"password", "new", "repeat", "new", "next", "/help"}, to: "/help"},
		{name: "another page behind the wall", view: beaWith(expired), path: security + "/turn-off", form: []string{"how", "now"}, to: "/password/expired?next=%2Faccount%2Fsecurity%2Fturn-off"},
		{
			name: "confirm", view: beaWith(usingApp), path: "/confirm", form: []string{"password", "right", "next", "/account/security?box=on"},
			call: "confirm /account/security?box=on|right", to: "/account/security?box=on", cookie: true,
		},
		{
			name: "confirm, next elsewhere", view: beaWith(usingApp), path: "/confirm", form: []string{"password", "right", "next", "https://evil.example/"},
			call: "confirm /home|right", to: "/home", cookie: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAccount{panel: tt.panel, fail: tt.fail, security: account.Security{Apps: twoApps}}
			if tt.cookie {
				f.token = "renewed"
			}
			w := signedIn(t, tt.view, f).post(tt.path, tt.form...)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != tt.to {
				t.Errorf("got %d to %q, want 303 to %q", w.Code, w.Header().Get("Location"), tt.to)
			}
			if got := strings.Join(f.calls, "; "); got != tt.call {
				t.Errorf("got calls %q, want %q", got, tt.call)
			}
			renewed := slices.ContainsFunc(w.Result().Cookies(), func(c *http.Cookie) bool { return c.Name == "sp_session" && c.Value == "renewed" })
			if renewed != tt.cookie {
				t.Errorf("got the cookie replaced %t, want %t", renewed, tt.cookie)
			}
		})
	}
}

// TestAccountRefusals posts what cannot be taken: the same page comes back with
// the sentence beside its field, codes and passwords forgotten, the rest kept.
func TestAccountRefusals(t *testing.T) {
	const security = "/account/security"
	wrong := core.InField("code", core.NewError(core.Invalid, "code.wrong").With("left", 3).With("reference", "KRQD").With("misses", 2).With("now", noon))
	tests := []struct {
		name   string
		view   core.SessionView
		panel  *account.Panel
		fail   error
		path   string
		form   []string
		status int
		want   []string
		not    []string
	}{
		{
			name: "no code can be sent", view: bea(), fail: core.NewError(core.RateLimited, "code.send_wait").With("wait", 20*time.Second), path: security,
			form: []string{"two_factor", "on"}, status: http.StatusTooManyRequests, want: []string{`id="two_factor-problem"`, "20 seconds", "Error:", `value="on" checked`},
		},
		{
			name: "wrong email code", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolEmail, nil), fail: wrong, path: security + "/setup/email",
			form: []string{"code", "777777"}, status: 422, want: []string{"That code is not right. Check it is from the message marked KRQD. 3 tries left.", `href="#code"`}, not: []string{"777777"},
		},
		{
			name: "wrong app code", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil), fail: core.InField("code", core.NewError(core.Invalid, "code.wrong")),
			path: security + "/setup/app", form: []string{"method", "app", "code", "777777", "label", "My other phone"}, status: 422,
			want: []string{"That code is not right. Check you scanned this code and not an older one.", `value="My other phone"`}, not: []string{"777777"},
		},
		{
			name: "clock slow", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil), fail: core.InField("code", core.NewError(core.Invalid, "code.clock").With("offset", -3*time.Minute)),
			path: security + "/setup/app", form: []string{"code", "777777"}, status: 422,
			want: []string{"Your device&#39;s clock seems to be 3 minutes slow. Turn on automatic time and try the next code."},
		},
		{
			name: "clock fast", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil), fail: core.InField("code", core.NewError(core.Invalid, "code.clock").With("offset", time.Minute)),
			path: security + "/setup/app", form: []string{"code", "777777"}, status: 422, want: []string{"1 minute fast"},
		},
		{
			name: "email only, mailbox unproved", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil),
			fail: core.InField("method", core.NewError(core.Invalid, "panel.email_unproved")),
			path: security + "/setup/app", form: []string{"method", "email"}, status: 422, want: []string{`id="method-problem"`, `value="email" checked`},
		},
		{
			name: "bad name", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil), fail: core.InField("display_name", core.NewError(core.Invalid, "organization.app_name")),
			path: security + "/setup/name", form: []string{"display_name", "Smith & Co"}, status: 422, want: []string{`value="Smith &amp; Co"`, "<details open>"},
		},
		{
			name: "codes not saved", view: bea(), panel: panelAt(core.GoalTurnOn, core.EnrolCodes, nil), fail: core.InField("saved", core.NewError(core.Invalid, "panel.not_saved")),
			path: security + "/setup/save", status: 422, want: []string{"Tick the box to show you have saved your codes.", "7hk2-x9pq-dm4t-w3ra"},
		},
		{
			name: "too many apps", view: beaWith(usingApp), fail: core.NewError(core.Conflict, "app.too_many").With("count", 3), path: security + "/apps", status: 422,
			want: []string{`href="#apps-add"`, "You have 3 authenticator apps already."},
		},
		{
			name: "resume, wrong code", view: beaWith(suspended), fail: wrong, path: security + "/resume", form: []string{"kind", "email", "code", "777777"}, status: 422,
			want: []string{"marked KRQD", `value="email" checked`}, not: []string{"777777"},
		},
		{
			name: "resume, no such method", view: beaWith(suspended), path: security + "/resume", form: []string{"kind", "recovery", "code", "1"}, status: 422,
			want: []string{`id="kind-problem"`},
		},
		{
			name: "rename to nothing", view: beaWith(usingApp), fail: core.InField("label", core.NewError(core.Invalid, "app.label_empty")), path: security + "/apps/phone/rename",
			form: []string{"label", ""}, status: 422, want: []string{"Enter a name for this app.", `id="label-problem"`},
		},
		{
			name: "last app required", view: beaWith(usingApp), fail: core.NewError(core.Conflict, "app.last_required"), path: security + "/apps/phone/remove", status: 422,
			want: []string{"Add another before you remove this one."},
		},
		{name: "another's app", view: beaWith(usingApp), path: security + "/apps/nobody/remove", status: 404},
		{name: "a pause of no length", view: beaWith(usingApp), fail: core.InField("length", core.NewError(core.Invalid, "pause.length")), path: security + "/pause", form: []string{"length", "x"}, status: 422, want: []string{"Choose how long the pause lasts."}},
		{name: "turn off, not chosen", view: beaWith(usingApp), path: security + "/turn-off", status: 422, want: []string{"Choose how to turn it off."}},
		{
			name: "confirm, wrong password", view: beaWith(usingApp), fail: core.InField("password", core.NewError(core.Invalid, "confirm.wrong")), path: "/confirm",
			form: []string{"password", "hunter2hunter2", "next", "/account/security"}, status: 422,
			want: []string{"That password is not right.", `name="next" value="/account/security"`}, not: []string{"hunter2hunter2"},
		},
		{
			name: "two new passwords", view: bea(), path: "/account/password", form: []string{"current", "hunter2hunter2", "password", "new-and-long", "repeat", "other-and-long"},
			status: 422, want: []string{"The two passwords do not match.", `href="#repeat"`}, not: []string{"hunter2hunter2", "new-and-long", "other-and-long"},
		},
		{
			name: "wrong current password", view: bea(), fail: core.InField("current", core.NewError(core.Invalid, "password.current_wrong")), path: "/account/password",
			form: []string{"current", "hunter2hunter2"}, status: 422, want: []string{"That is not your current password."}, not: []string{"hunter2hunter2"},
		},
		{
			name: "password tried too often", view: bea(), fail: core.NewError(core.RateLimited, "signin.limited").With("wait", time.Minute), path: "/account/password",
			form: []string{"current", "a", "password", "b", "repeat", "b"}, status: http.StatusTooManyRequests, want: []string{"Too many tries.", `href="#password"`},
		},
		{
			name: "used recently, at the wall", view: beaWith(expired), fail: core.InField("password", core.NewError(core.Invalid, "password.used_recently")), path: "/password/expired",
			form: []string{"password", "b", "repeat", "b", "next", "/help"}, status: 422, want: []string{"You used this password recently. Choose another.", `name="next" value="/help"`},
		},
		{name: "broken service", view: beaWith(usingApp), fail: http.ErrAbortHandler, path: security + "/apps", status: 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAccount{panel: tt.panel, fail: tt.fail, security: account.Security{Apps: twoApps}}
			w := signedIn(t, tt.view, f).post(tt.path, tt.form...)
			if w.Code != tt.status {
				t.Errorf("got %d to %q, want %d", w.Code, w.Header().Get("Location"), tt.status)
			}
			body := w.Body.String()
			for _, want := range append(tt.want, "") {
				if !strings.Contains(body, want) {
					t.Errorf("%q is missing", want)
				}
			}
			for _, not := range append(tt.not, "⟦") {
				if strings.Contains(body, not) {
					t.Errorf("%q is on the page", not)
				}
			}
		})
	}
}

// TestSetUpStepIsTheStoredOne asks for steps that the panel is not at.
func TestSetUpStepIsTheStoredOne(t *testing.T) {
	const security = "/account/security"
	tests := []struct {
		name   string
		panel  *account.Panel
		target string
		to     string
	}{
		{"skip to the codes", panelAt(core.GoalTurnOn, core.EnrolEmail, nil), "?step=codes", "?step=email"},
		{"back by hand", panelAt(core.GoalTurnOn, core.EnrolCodes, nil), "?step=app", "?step=codes"},
		{"bare address", panelAt(core.GoalTurnOn, core.EnrolApp, nil), "?done=named", "?done=named&step=app"},
		{"no panel", nil, "?step=app", "?over=1"},
		{"nothing to resume", nil, "?step=resume", ""},
		{"no such step", nil, "?step=%3Cscript%3E", "?over=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := signedIn(t, bea(), &fakeAccount{panel: tt.panel}).get(security + tt.target)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != security+tt.to {
				t.Errorf("got %d to %q, want 303 to %q", w.Code, w.Header().Get("Location"), security+tt.to)
			}
		})
	}
}

func TestSetUpPicture(t *testing.T) {
	p := signedIn(t, bea(), &fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil)})
	w := p.get("/account/security/setup/qr.png")
	if w.Code != http.StatusOK {
		t.Fatalf("got %d, want 200", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "no-store",
		"Cross-Origin-Resource-Policy": "same-origin", "Content-Disposition": "inline",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	picture, err := png.DecodeConfig(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if picture.Width%8 != 0 || picture.Width < 8*(21+8) {
		t.Errorf("got a picture %d wide, want 8 pixels for each module and the margin", picture.Width)
	}
	p.account.panel = panelAt(core.GoalTurnOn, core.EnrolCodes, nil)
	if w := p.get("/account/security/setup/qr.png"); w.Code != http.StatusNotFound {
		t.Errorf("after its step: got %d, want 404", w.Code)
	}
}

func TestSetUpCodesFile(t *testing.T) {
	p := signedIn(t, bea(), &fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolCodes, nil)})
	w := p.get("/account/security/setup/recovery-codes.txt")
	if got, want := w.Header().Get("Content-Disposition"), `attachment; filename="recovery-codes.txt"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
	text := w.Body.String()
	if lines, ends := strings.Count(text, "\n"), strings.Count(text, "\r\n"); lines != ends {
		t.Errorf("got %d of %d lines with a Windows line end, want all", ends, lines)
	}
	golden(t, "account/recovery_codes_file", []byte(strings.ReplaceAll(text, "\r\n", "\n")))
	p.account.panel = nil
	if w := p.get("/account/security/setup/recovery-codes.txt"); w.Code != http.StatusNotFound {
		t.Errorf("without a panel: got %d, want 404", w.Code)
	}
}

// TestWallOpensOnlyTheSetUp: a session that must set up an app first reaches
// the set-up, help, and nothing else (law 2).
func TestWallOpensOnlyTheSetUp(t *testing.T) {
	p := signedIn(t, beaWith(func(v *core.SessionView) { requiredNow(v); v.Organization.Policy.AppsOnly = true }), nil)
	for target, want := range map[string]int{
		"/account/security": 200, "/help/two-factor": 200, "/home": 303, "/account/profile": 303,
		"/account/security/turn-off": 303, "/account/security/apps/phone/rename": 303,
	} {
		if w := p.get(target); w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
	}
}
