package web

import (
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// lastDay is how long before a demand its amber banner turns red (ux 2.8).
const lastDay = 24 * time.Hour

// policyBanners tells people on every page what is coming: a second step or an
// authenticator app that will be demanded of them and is not set up, and an
// exemption that will end. Of two demands only the nearer is told.
func policyBanners(v core.SessionView, now time.Time) []Banner {
	zone := firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
	return slices.Concat(resetBanner(v, now, zone), pauseBanner(v, now), aheadBanners(v, now), codesBanner(v, now))
}

// pauseBanner says that programs get in with the password alone, and ends that.
func pauseBanner(v core.SessionView, now time.Time) []Banner {
	p := v.Account.Pause
	if !p.Live(now) {
		return nil
	}
	return []Banner{{
		Tone: "notice", Text: "layout.banner.pause", With: []any{"left", p.Until.Sub(now), "network", p.Network},
		Post: pausePath + "/end", Act: "layout.banner.pause_end",
	}}
}

// codesBanner says that few recovery codes are left, where a second step is
// asked for and there were any (ux 3.9).
func codesBanner(v core.SessionView, now time.Time) []Banner {
	asked := core.Require(v.Account, v.Organization.Policy, now).Level > core.LevelPassword
	left := v.Account.RecoveryCodes
	if !asked || left > fewCodes || left == 0 && v.Account.Apps == 0 {
		return nil
	}
	return []Banner{{
		Tone: "notice", Text: "layout.banner.codes", With: []any{"count", left},
		Link: recoveryPath, Act: "layout.banner.codes_get",
	}}
}

func aheadBanners(v core.SessionView, now time.Time) []Banner {
	zone := firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
	ahead := func(text string, from time.Time) []Banner {
		b := Banner{
			Tone: "notice", Text: text, With: []any{"Date", Day{from, zone}},
			Link: securityPath, Act: "layout.banner.set_up",
		}
		if from.Sub(now) <= lastDay {
			b.Tone = "danger"
		}
		return []Banner{b}
	}
	second, app := secondStepAhead(v, now), appAhead(v, now)
	switch {
	case !app.IsZero() && (second.IsZero() || !second.Before(app)):
		return ahead("layout.banner.app", app)
	case !second.IsZero():
		return ahead("layout.banner.required", second)
	case v.Organization.Policy.Requires(now) && v.Account.Exempt(now) && v.Account.User.TwoFactor != core.TwoFactorOn:
		return []Banner{{
			Tone: "notice", Text: "layout.banner.exempt",
			With: []any{"Date", Day{v.Account.ExemptUntil(), zone}},
		}}
	}
	return nil
}

// secondStepAhead returns the date ahead from which the organization will ask
// this person for a second step that is not set up; zero where none is ahead.
func secondStepAhead(v core.SessionView, now time.Time) time.Time {
	from := v.Organization.Policy.RequiresFrom(now)
	if from.IsZero() || v.Account.User.TwoFactor == core.TwoFactorOn {
		return time.Time{}
	}
	if until := v.Account.ExemptUntil(); until.After(from) {
		return until
	}
	return from
}

// appAhead returns the date ahead from which an authenticator app will be
// demanded of this person, who has none; zero where none is ahead. An app that
// waits for the next emailed code is one.
func appAhead(v core.SessionView, now time.Time) time.Time {
	due := v.Organization.Policy.AppDueFrom(v.Account)
	if !now.Before(due) || v.Account.WaitingApps > 0 {
		return time.Time{}
	}
	return due
}
