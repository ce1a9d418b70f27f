package outbox

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// gaps returns the waits between the tries of a message: short ones first, as
// somebody waits at the screen (interop §4.8), then growing.
func gaps(t core.Template) []time.Duration {
	if t == core.MailCode {
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
// or a code that was replaced, used, guessed at too often or has expired.
func TooLate(job core.MailJob, now time.Time) bool {
	if !now.Before(job.Message.ExpiresAt) {
		return true
	}
	if job.Message.Template != core.MailCode {
		return false
	}
	return job.Challenge.Issue != job.Message.Issue || !job.Challenge.Live(now)
}

// address returns where a mail goes at now: a code to the address it was made
// for and nowhere else. Empty: nowhere any more.
func address(job core.MailJob, now time.Time) string {
	if job.Message.Template == core.MailCode {
		return job.Challenge.Address
	}
	return job.User.NoticeAddress(job.Message.Recipient, now)
}
