package web

import (
	"bytes"
	"html/template"
	"image/png"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/qr"
)

// EmailStep is "Confirm your email", step 1 of the set-up panel (ux 3.6).
type EmailStep struct {
	Address     string // masked; empty: the account has none
	Reference   string // empty: nothing was sent yet
	Refused     bool   // a mail server refused the address
	AppNext     bool   // the app comes next; not where the organization takes none
	Wait        time.Duration
	WaitSeconds int
}

// AppStep is "Scan the QR code", step 2, and all of "Add another".
type AppStep struct {
	Numbered  bool // part of the three steps
	MayChoose bool // "Email only for now" is open too
	MayGoBack bool
	Email     bool // "Email only for now" is picked
	Stores    []StoreApp
	Phone     bool
	Secret    string       // 32 base32 characters: what "Copy key" copies
	Groups    string       // the same in groups of four
	Spelled   string       // the same for screen readers
	URI       template.URL // otpauth://, made by package otp
	AppleURI  template.URL // on Apple devices only
	Account   string
	Issuer    string
	Pixels    int // the side of the picture on the page, in CSS pixels
}

// CodesStep is "Save your recovery codes", step 3, and all of "Get new codes".
type CodesStep struct {
	Numbered  bool
	MayGoBack bool // the step of the app came before
	Replaces  bool // older codes stop working
	Codes     []string
	Text      string // what "Copy all" copies
}

// ResumeStep is the one code that turns two-factor on again.
type ResumeStep struct {
	App     bool // an app was kept
	Sent    bool // a code is on its way
	Address string
}

// openPanel puts the stored step of the panel on the page.
func (s *Site) openPanel(page *SecurityPage, p account.Panel, sec account.Security, r *http.Request) {
	e := p.Enrolment
	if e.Goal == core.GoalResume {
		page.resume(sec, p, s.deps.Clock())
		return
	}
	page.step = string(e.Step)
	switch e.Step {
	case core.EnrolEmail:
		page.EmailStep = &EmailStep{
			AppNext: !page.NoNewApps, Reference: p.Challenge.Reference, Refused: p.Challenge.Delivery == core.DeliveryRefused,
			Wait: p.SendWait, WaitSeconds: int((p.SendWait + time.Second - 1) / time.Second),
		}
		if email := sec.Account.User.CodeAddress(s.deps.Clock()); email != "" {
			page.EmailStep.Address = core.MaskedEmail(email)
		}
	case core.EnrolApp:
		if !page.Form.Ticked("label") { // Back keeps answers
			page.Form = page.Form.With("label", e.Label)
		}
		page.AppStep = appStep(p, deviceOf(r.UserAgent()), page.Form)
		page.AppStep.MayChoose = page.AppStep.MayChoose && s.emailLasts(visitOf(r).view)
	case core.EnrolCodes:
		page.CodesStep = &CodesStep{
			Numbered: e.Goal == core.GoalTurnOn, MayGoBack: e.Goal == core.GoalTurnOn && !page.NoNewApps, Replaces: sec.RecoveryLeft > 0 || sec.RecoveryHeld,
			Codes: p.Codes, Text: strings.Join(p.Codes, "\n"),
		}
	}
}

// emailLasts reports whether emailed codes are enough for this person today:
// during the grace before apps are demanded they are.
func (s *Site) emailLasts(v core.SessionView) bool {
	p, now := v.Organization.Policy, s.deps.Clock()
	return !(p.AppsOnly && !now.Before(p.AppsOnlyFrom)) && !core.Require(v.Account, p, now).AppWall
}

func appStep(p account.Panel, d device, form Form) *AppStep {
	e := p.Enrolment
	step := &AppStep{
		Numbered:  e.Goal == core.GoalTurnOn,
		MayChoose: e.Goal == core.GoalTurnOn && !e.EmailProvedAt.IsZero(),
		MayGoBack: e.Goal == core.GoalTurnOn && e.EmailProvedAt.IsZero(),
		Email:     form.Value("method") == "email",
		Stores:    storeApps(d), Phone: d.phone(),
		Secret: p.Secret, Groups: inFours(p.Secret), Spelled: spelled(p.Secret),
		// Package otp makes both addresses from checked parts and escapes the
		// person's text in them; only so may they pass as they are.
		URI: template.URL(p.URI), Account: p.AccountText, Issuer: p.Issuer, Pixels: qrPixels(p.URI),
	}
	if d.apple {
		step.AppleURI = template.URL(p.AppleURI)
	}
	return step
}

func (p *SecurityPage) resume(sec account.Security, panel account.Panel, now time.Time) {
	p.step = stepResume
	p.Resume = &ResumeStep{App: sec.Account.Apps > 0, Address: core.MaskedEmail(sec.Account.User.CodeAddress(now)), Sent: panel.Challenge.Sends > 0}
	if p.Resume.Sent && p.Form.Value("kind") == "" {
		p.Form = p.Form.With("kind", string(core.KindEmail))
	}
}

// The picture has 8 pixels a module and is shown at half that size or more, and
// never smaller than 240 CSS pixels (interop §3).
const (
	qrModule     = 8
	qrModuleCSS  = 4
	qrLeastWidth = 240
)

// qrPixels returns how large the picture of text stands on the page: a whole
// number of CSS pixels for each module, so that edges stay sharp.
func qrPixels(text string) int {
	small, err := qr.PNG(text, 1)
	if err != nil {
		return qrLeastWidth
	}
	picture, err := png.DecodeConfig(bytes.NewReader(small))
	if err != nil {
		return qrLeastWidth
	}
	modules := picture.Width
	return modules * max(qrModuleCSS, (qrLeastWidth+modules-1)/modules)
}

// inFours shows a setup key in groups of four characters.
func inFours(key string) string {
	var b strings.Builder
	for i, c := range key {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// spelled separates the characters of a setup key, and its groups by commas, so
// that a screen reader says them one by one.
func spelled(key string) string {
	var b strings.Builder
	for i, c := range key {
		switch {
		case i == 0:
		case i%4 == 0:
			b.WriteString(", ")
		default:
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}
