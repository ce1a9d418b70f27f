package app_test

import (
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

// withoutOwnLink takes the one link out of a mail that is there for it.
func withoutOwnLink(m devmail.Mail, text string) string {
	for _, kind := range []*regexp.Regexp{linkInMail, notYouLink, undoLink, cancelLink} {
		if link := kind.FindString(m.Text); link != "" {
			return strings.ReplaceAll(text, link, "")
		}
	}
	return text
}

// forgotten: a password is chosen anew by mail, after refusals and a second
// request; somebody is invited by mail and gets in; a name that nobody has is
// asked for.
func forgotten(s *server, l *ledger) {
	const ana = "ana@example.com"
	const reset = "/password/reset"
	b := l.browser(s)
	b.forgot(ana)
	l.add("link", path.Base(s.link(ana)))
	b.forgot(ana)
	link := s.link(ana)
	l.add("link", path.Base(link))
	b.forgot("nobody@example.com")
	p := b.get(link).must(s.t, 200, "Choose a new password")
	for _, refused := range []string{"dogs bark", "sallyport-rocks-12", password} {
		p = b.send(p, reset, map[string]string{"password": refused, "repeat": refused}).must(s.t, http.StatusUnprocessableEntity)
	}
	b.submit(p, reset, map[string]string{"password": newPassword, "repeat": newPassword}).must(s.t, 200)
	b.signIn(ana, newPassword).must(s.t, 200, "Choose how to verify it's you")
	_, _, err := s.Accounts.Create(s.t.Context(), account.NewUser{
		OrganizationID: s.Org.ID, Email: "fern@example.com", FirstName: "Fern", LastName: "Gil", Type: core.Ordinary, Mail: true,
	}, s.Org, operator, core.LinkInvitation)
	if err != nil {
		s.t.Fatal(err)
	}
	link = s.link("fern@example.com")
	l.add("link", path.Base(link))
	b = l.browser(s)
	p = b.get(link)
	b.submit(p, "/invite", map[string]string{"password": newPassword + "0", "repeat": newPassword + "0"}).must(s.t, 200)
}

// TestOneLinkStandsInOneMail: withoutOwnLink hides no more than that.
func TestOneLinkStandsInOneMail(t *testing.T) {
	own := "http://127.0.0.1:1/invite/" + strings.Repeat("0", 52)
	other := own[:len(own)-1] + "1"
	m := devmail.Mail{Text: "Open " + own + " now."}
	if left := withoutOwnLink(m, m.Text+other); left != "Open  now."+other {
		t.Errorf("left %q", left)
	}
}
