package web_test

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// signedOutFixtures are the pages one sees without a session, each in the
// states that differ to the eye.
func signedOutFixtures() []fixture {
	all := []fixture{
		{"not_set_up", &web.NotSetUpPage{Frame: titled("signin.not_set_up.title")}},
		{"paused", &web.PausedPage{Frame: titled("signin.paused.title"), Note: "We are moving house.\nBack on Monday at 08:00."}},
		{"paused_plain", &web.PausedPage{Frame: titled("signin.paused.title")}},
		{"elsewhere", &web.ElsewherePage{Frame: titled("signin.elsewhere.title"), Address: "203.0.113.9", Contact: web.Contact{Help: "Ask the IT desk.", People: contacts()}}},
		{"elsewhere_waits", &web.ElsewherePage{Frame: titled("signin.elsewhere.title"), Address: "2001:db8::9", Waits: true}},
		{"signed_out", &web.SignedOutPage{
			Frame: web.Frame{Title: "signin.signed_out.title", Card: true, Refresh: &web.Refresh{Seconds: 1, To: "https://www.northwind.example/bye?x=1&y=2"}},
			To:    "https://www.northwind.example/bye?x=1&y=2",
		}},
		{"cookies", &web.CookiesPage{Frame: titled("signin.cookies.title"), Host: "id.northwind.example"}},
		{"invite", invitePage(web.Form{})},
		{"invite_problem", invitePage(web.Form{}.Wrong("repeat", core.NewError(core.Invalid, "password.mismatch")))},
		{"forgot", forgotPage(func(f *web.Frame) { f.Form = f.Form.With("login", "ana@example.com") })},
		{"forgot_empty", forgotPage(func(f *web.Frame) { f.Form = f.Form.Wrong("login", core.NewError(core.Invalid, "signin.login.empty")) })},
		{"forgot_sent", forgotPage(func(f *web.Frame) { f.Done = "forgot.done" })},
		{"reset", resetPage(web.Form{})},
		{"reset_problem", resetPage(web.Form{}.Wrong("password", core.NewError(core.Invalid, "password.common")))},
		{"continue", &web.ContinuePage{
			Frame: web.Frame{Title: "signin.continue.title", TitleWith: []any{"Name", "Scorecard"}, Card: true, Refresh: &web.Refresh{To: "https://scorecard.northwind.example/q?x=1&y=2"}},
			Name:  "Scorecard", To: "https://scorecard.northwind.example/q?x=1&y=2",
		}},
		{"signin_help", &web.SigninHelpPage{Frame: wide("signin.help.title"), Back: "/signin"}},
		{"signin_help_held", &web.SigninHelpPage{Frame: wide("signin.help.title"), Back: "/signin/verify", Held: true, Contact: web.Contact{Help: "the IT desk, extension 4411", People: contacts()}}},
		{"signin_help_open", &web.SigninHelpPage{Frame: wide("signin.help.title"), Back: "/signin/verify", Recovery: true, Contact: web.Contact{Help: "the IT desk, extension 4411", People: contacts()}}},
		{"setup_offer", &web.SetupOfferPage{Frame: inside("signin.offer.title"), Next: "/home"}},
		{"setup_offer_due", &web.SetupOfferPage{Frame: inside("account.wall.title"), Next: "/home", Until: noon.AddDate(0, 0, 14)}},
		{"recovery_used", recoveryUsedPage(1)},
		{"recovery_used_last", recoveryUsedPage(0)},
		{"error_404", &web.ErrorPage{
			Frame: web.Frame{Title: "error_page.404.title", Card: true},
			Text:  "error_page.404.text", Out: "/", Act: "error_page.out", Reference: "7hk2x9pqdm4tw",
		}},
		{"error_410_link", &web.ErrorPage{
			Frame: web.Frame{Title: "error_page.410.title", Card: true},
			Text:  "error_page.link.text", Out: "/password/forgot", Act: "error_page.link.new", Reference: "7hk2x9pqdm4tw",
		}},
		{"error_403_inside", &web.ErrorPage{
			Frame: web.Frame{
				Title: "error_page.403.title", Card: true, User: inside("").User,
				Banners: []web.Banner{{Tone: "notice", Text: "layout.banner.required", With: []any{"Date", web.Day{At: noon.AddDate(0, 0, 9)}}, Link: "/account/security", Act: "layout.banner.set_up"}},
			},
			Contact: web.Contact{People: contacts()},
			Text:    "error_page.403.text", Out: "/", Act: "error_page.out", Reference: "7hk2x9pqdm4tw",
		}},
		{"error_429", &web.ErrorPage{
			Frame: web.Frame{Title: "error_page.429.title", Card: true},
			Text:  "error_page.429.text", Wait: 4 * time.Minute, Out: "/", Act: "error_page.out", Reference: "7hk2x9pqdm4tw",
		}},
	}
	all = append(all, notYouFixtures()...)
	all = append(all, signinFixtures()...)
	all = append(all, chooseFixtures()...)
	return append(all, codeFixtures()...)
}

// inside is the frame of a page of a person who is signed in.
func inside(title string, with ...any) web.Frame {
	return web.Frame{
		Title: title, TitleWith: with, Card: true, Step: true,
		User: &web.Person{Name: "Ana Diaz", Email: "ana@example.com", Initials: "AD"},
	}
}

func stepped(title string) web.Frame { return web.Frame{Title: title, Card: true, Step: true} }

func titled(title string) web.Frame { return web.Frame{Title: title, Card: true} }

func wide(title string) web.Frame { return web.Frame{Title: title, Card: true, Wide: true} }

func forgotPage(change func(*web.Frame)) *web.ForgotPage {
	p := &web.ForgotPage{Frame: titled("forgot.title")}
	change(&p.Frame)
	return p
}

func resetPage(form web.Form) *web.ResetPage {
	p := &web.ResetPage{Frame: titled("reset.title"), Masked: "a•••@example.com", Choose: web.NewPassword{Login: "ana@example.com", Minimum: 12, Focus: true}}
	p.Form = form
	return p
}

func invitePage(form web.Form) *web.InvitePage {
	return &web.InvitePage{
		Frame: web.Frame{Title: "invite.title", TitleWith: []any{"Organization", "Northwind"}, Form: form},
		Name:  "Ana Diaz", Email: "ana@example.com", Choose: web.NewPassword{Login: "ana@example.com", Minimum: 12, Focus: true},
	}
}

func recoveryUsedPage(left int) *web.RecoveryUsedPage {
	return &web.RecoveryUsedPage{
		Frame: inside("signin.recovery_used.title", "count", left), Left: left, Next: "/home",
	}
}

func signinFixtures() []fixture {
	wrong := titled("signin.title")
	wrong.Form = web.Form{}.With("login", "ana@example.com").With("keep", "1").Wrong("login", core.NewError(core.Invalid, "signin.wrong"))
	empty := titled("signin.title")
	empty.Form = web.Form{}.Wrong("login", core.NewError(core.Invalid, "signin.login.empty")).
		Wrong("password", core.NewError(core.Invalid, "signin.password.empty"))
	out := titled("signin.title")
	out.Done = "signin.done.signed_out"
	again := titled("signin.title")
	again.Banners = []web.Banner{{Tone: "danger", Text: "signin.again.ended"}}
	again.Form = web.Form{}.With("login", "ana@example.com")
	return []fixture{
		{"signin", &web.SigninPage{Frame: titled("signin.title")}},
		{"signin_wrong", &web.SigninPage{Frame: wrong, Next: "/account/security"}},
		{"signin_empty", &web.SigninPage{Frame: empty}},
		{"signin_signed_out", &web.SigninPage{Frame: out}},
		{"signin_again", &web.SigninPage{Frame: again, App: "https://scorecard.northwind.example/"}},
	}
}

func ours() web.Attempting {
	return web.Attempting{Masked: "a•••@example.com", RememberDays: 30, Contact: "the IT desk, extension 4411"}
}

func chooseFixtures() []fixture {
	app := web.MethodLine{Kind: core.KindApp, Name: "signin.method.app", Note: "signin.method.app.ready", Ready: true, On: true}
	noApp := web.MethodLine{Kind: core.KindApp, Name: "signin.method.app", Note: "signin.method.app.not_set_up"}
	email := web.MethodLine{Kind: core.KindEmail, Name: "signin.method.email", Note: "signin.method.email.ready", With: []any{"Masked", "a•••@example.com"}, Ready: true}
	first := email
	first.On = true
	down := web.MethodLine{Kind: core.KindEmail, Name: "signin.method.email", Note: "signin.method.email.down_contact", With: []any{"Contact", "the IT desk"}}
	none := web.Frame{Title: "signin.choose.title", Card: true}
	none.Form = web.Form{}.Wrong("method", core.NewError(core.Invalid, "method.empty"))
	confirming := ours()
	confirming.Confirming, confirming.RememberDays = true, 0
	return []fixture{
		{"verify_choose", &web.VerifyChoosePage{Frame: stepped("signin.choose.title"), Attempting: ours(), Methods: []web.MethodLine{app, email}, Recovery: true}},
		{"verify_choose_first", &web.VerifyChoosePage{Frame: stepped("signin.choose.title"), Attempting: ours(), Methods: []web.MethodLine{noApp, first}}},
		{"verify_choose_problem", &web.VerifyChoosePage{Frame: none, Attempting: ours(), Methods: []web.MethodLine{noApp, email}}},
		{"verify_choose_confirm", &web.VerifyChoosePage{Frame: stepped("signin.choose.title"), Attempting: confirming, Methods: []web.MethodLine{app, down}, Recovery: true}},
		{"verify_choose_none", &web.VerifyChoosePage{Frame: stepped("signin.choose.title"), Attempting: ours(), Methods: []web.MethodLine{noApp, down}}},
		{"verify_choose_held", &web.VerifyChoosePage{Frame: stepped("signin.choose.title"), Attempting: ours(), Methods: []web.MethodLine{app, down}, Held: true}},
	}
}

func codeFixtures() []fixture {
	email := func(d core.Delivery, wait time.Duration, can bool) *web.VerifyCodePage {
		return &web.VerifyCodePage{
			Frame: titled("signin.email.title"), Attempting: ours(), Kind: core.KindEmail, SentTo: "a•••@example.com", Reference: "KRQD",
			Life: 10 * time.Minute, Delivery: d, SendWait: wait, CanSend: can,
		}
	}
	sentAgain := email(core.DeliverySent, 0, true)
	sentAgain.Done = "signin.done.code_sent"
	wrong := &web.VerifyCodePage{Frame: titled("signin.app.title"), Attempting: ours(), Kind: core.KindApp, Issuer: "Northwind"}
	wrong.Form = web.Form{}.Wrong("code", core.NewError(core.Invalid, "code.wrong.app.clock").With("left", 3).With("clock", "14:05:12"))
	return []fixture{
		{"verify_email", email(core.DeliveryQueued, 30*time.Second, true)},
		{"verify_email_sent", sentAgain},
		{"verify_email_refused", email(core.DeliveryRefused, 0, false)},
		{"verify_app", &web.VerifyCodePage{Frame: titled("signin.app.title"), Attempting: ours(), Kind: core.KindApp, Issuer: "Northwind"}},
		{"verify_app_wrong", wrong},
		{"verify_recovery", &web.VerifyCodePage{Frame: titled("signin.recovery.title"), Attempting: web.Attempting{Masked: "a•••@example.com"}, Kind: core.KindRecovery}},
	}
}

// contacts are the Points of Contact of an organization.
func contacts() []core.Contact {
	return []core.Contact{{Name: "Kim Lee", Email: "kim@northwind.example"}, {Email: "desk@helpers.example"}}
}
