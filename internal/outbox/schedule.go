package outbox

import (
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// gaps returns the waits between the tries of a message: short ones first, as
// somebody waits at the screen (interop §4.8), then growing.
func gaps(t core.Template) []time.Duration {
	if t == core.MailCode || t == core.MailReset {
		return []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute}
	}
	return []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute,
		5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour,
	}
}

// NextTry returns when a message that failed at now for the n-th time (1 the
// first) is tried again; the last gap repeats.
func NextTry(t core.Template, n int, now time.Time) time.Time {
	g := gaps(t)
	return now.Add(g[min(max(n, 1), len(g))-1])
}

// TooLate reports whether a mail is of no use any more at now: past its time,
// a code that was replaced, used, guessed at too often or has expired, a link
// that is over, or a requirement that was taken back.
func TooLate(job core.MailJob, now time.Time) bool {
	switch {
	case !now.Before(job.Message.ExpiresAt):
		return true
	case job.Message.Template.CarriesLink():
		return job.Link.Over(now)
	case job.Message.Template == core.MailCode:
		return job.Challenge.Issue != job.Message.Issue || !job.Challenge.Live(now)
	case job.Message.Template == core.MailRequired:
		return !job.Organization.Policy.RequireTwoFactor
	}
	return false
}

// address returns where a mail goes: a code or a link to the address it was made
// for and nowhere else. Empty: nowhere any more.
func address(job core.MailJob) string {
	switch {
	case job.Message.Template == core.MailCode:
		return job.Challenge.Address
	case job.Message.Template.CarriesLink():
		return job.Link.Address
	case job.Message.Recipient == core.ToReplaced:
		return job.Event.Detail[core.DetailReplaced]
	}
	if _, ok := job.Message.Recipient.Change(); ok {
		if strings.EqualFold(job.Before, job.User.Email) || strings.EqualFold(job.Before, job.User.NoticeAddress(core.ToNotification)) {
			return "" // it is the person's again
		}
		return job.Before
	}
	return job.User.NoticeAddress(job.Message.Recipient)
}
