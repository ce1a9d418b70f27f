package mail

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
)

// resetLetter is E3: the link to choose a new password.
func (w writer) resetLetter() (letter, error) {
	open, err := w.oneTime("password", "reset")
	l := letter{
		Subject: w.t("mail.link.reset.subject"), Lead: w.t("mail.link.reset.lead"), Open: open, Facts: w.origin(),
		Lines:   []string{w.t("mail.link.reset.how", "until", w.p.ClockAndZone(w.job.Link.ExpiresAt, w.zone))},
		Closing: []string{w.t("mail.link.reset.not_you"), w.helpLine()},
	}
	if inviter := w.job.Link.Inviter; inviter != "" {
		l.Lead = w.t("mail.link.reset.lead_whom", "inviter", inviter)
		l.Closing[0] = w.t("mail.link.reset.not_expected")
	}
	if w.job.Event.Detail[core.DetailBySelf] != "" {
		l.Lead = w.t("mail.link.reset.lead_attacked")
		l.Closing = []string{w.t("mail.link.reset.attacked"), w.helpLine()}
	}
	return l, err
}

// inviteLetter is E19: the link to choose the first password.
func (w writer) inviteLetter() (letter, error) {
	open, err := w.oneTime("invite")
	l := letter{
		Subject: w.t("mail.link.invite.subject"), Lead: w.t("mail.link.invite.lead"), Open: open,
		Lines:   []string{w.t("mail.link.invite.how", "until", w.p.TimeAndZone(w.job.Link.ExpiresAt, w.zone))},
		Closing: []string{w.t("mail.link.invite.not_you"), w.helpLine()},
	}
	if inviter := w.job.Link.Inviter; inviter != "" {
		l.Lead = w.t("mail.link.invite.lead_whom", "inviter", inviter)
	}
	return l, err
}

// oneTime is the address of the mail's one-time link, always under the base URL:
// no Host header of whoever asked for it has a part in it (RR2).
func (w writer) oneTime(path ...string) (string, error) {
	token, err := w.tokens.LinkToken(w.job.Link)
	if err != nil {
		return "", fmt.Errorf("make the link: %w", err)
	}
	return w.base.JoinPath(append(path, token)...).String(), nil
}
