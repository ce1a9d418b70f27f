package mail

import (
	"errors"
	"fmt"
	"html/template"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

// Composer returns the code to mail for a challenge, computed anew (EM3).
type Composer interface {
	Compose(c core.Challenge) (string, error)
}

// Tokens makes the secret part of a link at the moment of sending, so that it is
// never stored (law 6).
type Tokens interface {
	// AlarmToken is that of "Wasn't you?" in the mail about an event.
	AlarmToken(eventID core.ID) (string, error)
	// LinkToken is that of a one-time link.
	LinkToken(l core.Link) (string, error)
	// UndoToken is that of the way back from a change of the sign-in address.
	UndoToken(changeID core.ID) (string, error)
	// CancelToken is that of the link that cancels a reset of two-factor
	// authentication.
	CancelToken(resetID core.ID) (string, error)
}

// Settings are what every mail of a deployment has in common.
type Settings struct {
	BaseURL string // "https://id.example"
	From    string // empty means no-reply at the host of BaseURL
	ReplyTo string // empty means the address in the organization's help text, if any
	Dev     bool   // development: the last line may name localhost
}

// Renderer turns a queued mail into a message.
type Renderer struct {
	catalogue *words.Catalogue
	codes     Composer
	tokens    Tokens
	clock     core.Clock
	settings  Settings
	base      *url.URL
	frame     *template.Template
	code      *regexp.Regexp
	address   *regexp.Regexp
}

// NewRenderer checks the settings once, so that a mail cannot fail by them.
func NewRenderer(c *words.Catalogue, codes Composer, tokens Tokens, clock core.Clock, s Settings) (*Renderer, error) {
	base, err := url.Parse(s.BaseURL)
	if err != nil || base.Hostname() == "" {
		return nil, errors.New("mail: the base URL has no host")
	}
	if s.From == "" {
		s.From = "no-reply@" + mailHost(base)
	}
	if !ValidAddress(s.From) || s.ReplyTo != "" && !ValidAddress(s.ReplyTo) {
		return nil, errAddress
	}
	frame, err := layout()
	if err != nil {
		return nil, err
	}
	return &Renderer{
		catalogue: c, codes: codes, tokens: tokens, clock: clock, settings: s, base: base, frame: frame,
		code:    regexp.MustCompile(`^[0-9]{6}$`),
		address: regexp.MustCompile(`[^\s<>()\[\],;:"']+@[^\s<>()\[\],;:"']+[^\s<>()\[\],;:"'.!?]`),
	}, nil
}

// mailHost is the domain we write from where no address was configured.
func mailHost(base *url.URL) string {
	if _, err := netip.ParseAddr(base.Hostname()); err == nil {
		return "localhost"
	}
	return base.Hostname()
}

// Render writes the mail of a job to one recipient. Nothing in it but the
// message itself ever holds the code.
func (r *Renderer) Render(job core.MailJob, to string) (Message, error) {
	now := r.clock()
	w := writer{
		Renderer: r, job: job, now: now,
		p:    r.catalogue.Printer(job.User.Language, job.Organization.Language),
		zone: firstOf(job.User.TimeZone, job.Organization.TimeZone),
	}
	l, err := w.letter()
	if err != nil {
		return Message{}, err
	}
	l.Language = w.p.Language()
	html, err := l.html(r.frame)
	if err != nil {
		return Message{}, err
	}
	_, host, _ := strings.Cut(r.settings.From, "@")
	return Message{
		ID: string(job.Message.ID), Host: host,
		FromName: job.Organization.Name, From: r.settings.From, ReplyTo: r.replyTo(job.Organization), To: to,
		Subject: l.Subject, Text: l.text(), HTML: html, At: now,
	}, nil
}

// replyTo is the help contact: what the operator set, or the first address in
// the organization's help text.
func (r *Renderer) replyTo(o core.Organization) string {
	if r.settings.ReplyTo != "" {
		return r.settings.ReplyTo
	}
	if found := r.address.FindString(o.Ask()); ValidAddress(found) {
		return found
	}
	return ""
}

// stamp is the line that binds the code to our site for programs that fill it
// in: @host #code, for an https host that is a name without a port, and for
// localhost in development (interop §4.3).
func (r *Renderer) stamp(code string) string {
	host := r.base.Hostname()
	ip, err := netip.ParseAddr(host)
	local := host == "localhost" || err == nil && ip.IsLoopback()
	switch {
	case r.settings.Dev && local:
		return "@localhost #" + code
	case err == nil, local, r.base.Scheme != "https", r.base.Port() != "" && r.base.Port() != "443":
		return ""
	}
	return "@" + host + " #" + code
}

// writer is one mail being written.
type writer struct {
	*Renderer
	job  core.MailJob
	p    words.Printer
	zone string
	now  time.Time
}

// letter chooses what to say by the template of the job.
func (w writer) letter() (letter, error) {
	switch w.job.Message.Template {
	case core.MailCode:
		return w.codeLetter()
	case core.MailReset:
		return w.resetLetter()
	case core.MailWelcome:
		return w.inviteLetter()
	case core.MailRequired:
		return w.requiredLetter(), nil
	case core.MailRemind:
		return w.reminder(), nil
	case core.MailTest:
		return letter{
			Subject: w.t("mail.test.subject"),
			Lead:    w.t("mail.test.lead"),
			Facts:   []fact{{w.t("mail.fact.when"), w.p.TimeAndZone(w.now, w.zone)}},
		}, nil
	}
	return w.notice()
}

// t is the text of an id; every text of a mail may name the organization.
func (w writer) t(id string, pairs ...any) string {
	return w.p.T(id, append(pairs, "org", w.job.Organization.Name)...)
}

// codeLetter is E1. The code stands first, beside the word "code", and no other
// run of four to eight digits is near it (interop §4.1 and 4.2).
func (w writer) codeLetter() (letter, error) {
	c := w.job.Challenge
	code, err := w.codes.Compose(c)
	if err != nil {
		return letter{}, fmt.Errorf("compose the code: %w", err)
	}
	if !w.code.MatchString(code) {
		return letter{}, errors.New("compose the code: it is not six digits")
	}
	left := max(c.IssuedAt.Add(core.CodeLife).Sub(w.now).Round(time.Minute), time.Minute)
	l := letter{
		Lead: w.t("mail.code.lead", "code", code, "life", left),
		Lines: []string{
			w.t("mail.code.reference", "reference", c.Reference),
		},
		Closing: []string{w.asked(), w.t("mail.code.not_you"), w.t("mail.code.never_share")},
		Stamp:   w.stamp(code),
	}
	switch c.Purpose {
	case core.PurposeConfirm:
		l.Subject = w.t("mail.code.confirm.subject", "reference", c.Reference)
		l.Lines = append(l.Lines, w.t("mail.code.confirm.purpose"))
	case core.PurposeEnrol:
		l.Subject = w.t("mail.code.enrol.subject", "reference", c.Reference)
		l.Lines = append(l.Lines, w.t("mail.code.enrol.purpose"))
	case core.PurposeResume:
		l.Subject = w.t("mail.code.resume.subject", "reference", c.Reference)
		l.Lines = append(l.Lines, w.t("mail.code.resume.purpose"))
	case core.PurposeAddress, core.PurposeNotify:
		w.addressCode(&l)
	default:
		l.Subject = w.t("mail.code.signin.subject", "reference", c.Reference)
	}
	if w.job.Organization.Policy.CodeInSubject {
		l.Subject = w.t("mail.code.subject_with_code", "code", code, "subject", l.Subject)
	}
	return l, nil
}

// asked says who asked for the code, as far as is known.
func (w writer) asked() string {
	at := w.p.ClockAndZone(w.job.Challenge.IssuedAt, w.zone)
	device, network := calm(w.p.Device(w.job.Event.Origin.Device)), calm(w.job.Event.Origin.Network)
	switch {
	case device != "" && network != "":
		return w.t("mail.code.asked.device_network", "at", at, "device", device, "network", network)
	case device != "":
		return w.t("mail.code.asked.device", "at", at, "device", device)
	case network != "":
		return w.t("mail.code.asked.network", "at", at, "network", network)
	}
	return w.t("mail.code.asked", "at", at)
}

// calm returns s, or nothing where it holds four digits in a row: a program
// could take them for the code.
func calm(s string) string {
	run := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			run = 0
			continue
		}
		if run++; run == 4 {
			return ""
		}
	}
	return s
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
