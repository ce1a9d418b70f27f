package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func smokeTests() map[string]func(*world) {
	return map[string]func(*world){"walk": walk}
}

// walk takes one person through everything once.
func walk(w *world) {
	s, ctx := w.store, w.ctx
	o := w.organization("One")
	u := w.person(o, "ada", "Finance", "Audit")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(s.SendCode(ctx, c))
	v, err := s.AttemptByToken(ctx, a.TokenHash)
	w.must(err)
	w.t.Logf("%+v", v)
	jobs, err := s.LeaseMail(ctx, "me", w.clock(), w.clock().Add(time.Minute), 10)
	w.must(err)
	w.t.Logf("%+v", jobs)
	m := jobs[0].Message
	m.Delivery, m.SentAt, m.Attempts = core.DeliverySent, w.clock(), 1
	w.must(s.SettleMail(ctx, m, "me"))
	works, err := s.MailWorks(ctx, w.clock().Add(-time.Hour))
	w.must(err)
	w.t.Log(works)
	y := core.Try{OrganizationID: o.ID, UserID: u.ID, Kind: core.KindEmail, AttemptID: a.ID, ChallengeID: c.Challenge.ID, Rule: core.GuardRuleOf(core.KindEmail), At: w.clock()}
	taken, err := s.TakeTry(ctx, y)
	w.must(err)
	w.t.Logf("%+v", taken)
	w.must(s.SettleTry(ctx, y, core.OutcomeWrong, core.Record{}))
	w.must(s.CompleteSignIn(ctx, w.completion(u, &v.Attempt, &core.FactorUse{Kind: core.KindEmail, ChallengeID: c.Challenge.ID})))
	u, creds, ses := w.enrol(w.account(u).User, 10)
	view, err := s.SessionByToken(ctx, ses.TokenHash)
	w.must(err)
	w.t.Logf("%+v", view)
	l, err := s.FindLogin(ctx, u.Email, "browser", "none")
	w.must(err)
	w.t.Logf("%+v", l)
	a = w.attempt(u)
	w.must(s.CompleteSignIn(ctx, w.completion(u, &a, &core.FactorUse{Kind: core.KindApp, CredentialID: creds[0].ID, Mark: 7})))
	b := core.Bucket{Key: "a|b", Rule: core.BucketRule{Limit: 5, Window: time.Minute, FirstWait: time.Second, MaxWait: time.Minute, Lease: time.Minute}}
	k, err := s.Take(ctx, []core.Bucket{b}, []core.Bucket{{Key: "x"}}, w.clock())
	w.must(err)
	w.t.Logf("%+v", k)
	w.must(s.Settle(ctx, []core.Bucket{b}, []core.Bucket{{Key: "x", Rule: core.BucketRule{Window: time.Hour}}}, core.OutcomeWrong, w.clock(), core.Record{}))
	w.must(s.ClearPrefix(ctx, "a|", core.Record{}))
	n, err := s.Sweep(ctx, w.clock().Add(1000*time.Hour))
	w.must(err)
	w.t.Log(n)
	_, err = s.Stats(ctx)
	w.must(err)
	_, err = s.Events(ctx, o.ID, core.EventFilter{SubjectID: u.ID, Kinds: []string{core.EventSignInCompleted}})
	w.must(err)
	_, err = s.DatabaseTime(ctx)
	w.must(err)
}
