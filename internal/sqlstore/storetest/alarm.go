package storetest

import (
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func alarmTests() map[string]test {
	return map[string]test{
		"an alarm ends all that the password opened":    alarmEnds,
		"an alarm is over once for what came before it": alarmSettles,
		"a sign-in under way does not outrun an alarm":  alarmOverSignIn,
		"a mail's event is found with its person":       noticedEvent,
		"help over the password alone ends a distrust":  distrustHelped,
		"an alarm drops what waits for the mailbox":     alarmDropsWaiting,
		"one alarm of many links":                       oneAlarm,
		"one alarm of a session":                        oneSessionAlarm,
	}
}

// alarm is the press of a mailed link about what happened just now.
func (w *world) alarm(u core.User) core.Alarm {
	return core.Alarm{
		OrganizationID: u.OrganizationID, UserID: u.ID, Since: w.clock(), At: w.clock(),
		Record: core.Record{
			Events: []core.Event{w.event(u, core.EventNotYou)}, Messages: []core.Message{w.message(u, core.MailAlarmRaised, "")},
		},
	}
}

// signedInEverywhere leaves a person with one of everything that an alarm ends.
func (w *world) signedInEverywhere(u core.User) core.Session {
	w.t.Helper()
	for _, hash := range []string{"browser", "elsewhere"} {
		c := w.completion(u, nil, nil)
		c.Browser.Hash = hash
		c.NewDevice = w.device(u)
		w.must(w.store.CompleteSignIn(w.ctx, c))
	}
	w.attempt(u)
	s := w.session(u)
	w.panel(u, s.ID)
	l := w.link(u)
	l.Kind = core.LinkReset
	w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
	return s
}

func alarmEnds(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "ben")
	w.signedInEverywhere(u)
	w.signedInEverywhere(other)
	before := w.account(other)
	w.pass(time.Second)
	a := w.alarm(u)
	a.KeepBrowser = "browser"
	w.must(w.store.RaiseAlarm(w.ctx, a))
	for what, n := range map[string]int{
		"session WHERE ended_at = 0":                                         3,
		"session WHERE end_reason = 'not_you'":                               3,
		"remembered_device WHERE ended_at = 0":                               2,
		"attempt WHERE ended_at = 0":                                         1,
		"enrolment WHERE ended_at = 0":                                       1,
		"known_browser":                                                      3,
		"event WHERE kind = 'account.not_you'":                               1,
		"link WHERE expires_at > " + micros(a.At):                            1,
		"person WHERE password_due = 'distrusted'":                           1,
		"enrolment WHERE secret_sealed <> ''":                                1,
		"cache_change WHERE kind = 'user' AND at = " + micros(a.At):          1,
		"outbox WHERE template = 'E23'":                                      1,
		"person WHERE password_version = 2 AND alarmed_at = " + micros(a.At): 1,
	} {
		w.count(what, w.rows(what), n)
	}
	if due := w.account(u).User.PasswordDueAt; !due.Equal(a.At) {
		w.t.Errorf("a new password is due from %v, want %v", due, a.At)
	}
	same(w, w.account(other), before)
}

// alarmDropsWaiting: an app that waits goes with its recovery codes, held ones
// too; what counted stays (law 3).
func alarmDropsWaiting(w *world) {
	o := w.organization("One")
	for name, state := range map[string]core.CredentialState{"ada": core.CredentialWaiting, "ben": core.CredentialActive} {
		u := w.person(o, name)
		made := []core.Credential{w.credential(u, core.KindApp, 1), w.credential(u, core.KindRecovery, 1), w.credential(u, core.KindRecovery, 2)}
		made[0].State, made[1].State, made[2].State = state, state, core.CredentialHeld
		e := w.panel(u, w.session(u).ID)
		w.must(w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{Enrolment: e, TurnOn: true, Credentials: made, At: w.clock()}))
		w.must(w.store.RaiseAlarm(w.ctx, w.alarm(u)))
		left := 0
		if state == core.CredentialActive {
			left = len(made)
		}
		w.count("credentials of "+name, w.rows("credential WHERE user_id = $1", string(u.ID)), left)
	}
}

func alarmSettles(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.alarm(u)
	w.must(w.store.RaiseAlarm(w.ctx, a))
	w.pass(48 * time.Hour)
	before := w.dump()
	a.At = w.clock()
	w.refused("the same mail two days later", w.store.RaiseAlarm(w.ctx, a), core.ErrUsed)
	same(w, w.dump(), before)
	a = w.alarm(u)
	w.must(w.store.RaiseAlarm(w.ctx, a)) // what happened since then is new
	same(w, w.account(u).User.AlarmedAt, a.At)
}

func alarmOverSignIn(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.completion(u, nil, nil) // the password was right a moment ago
	w.must(w.store.RaiseAlarm(w.ctx, w.alarm(u)))
	w.refused("sign-in", w.store.CompleteSignIn(w.ctx, c), core.ErrStale)
	w.count("sessions", w.rows("session"), 0)
}

func distrustHelped(w *world) {
	u := w.person(w.organization("One"), "ada")
	w.must(w.store.RaiseAlarm(w.ctx, w.alarm(u)))
	reset := core.TwoFactorReset{OrganizationID: u.OrganizationID, UserID: u.ID, At: w.clock()}
	w.must(w.store.ResetTwoFactor(w.ctx, reset))
	same(w, w.account(u).User.PasswordDue, core.PasswordDistrusted) // a code by email comes first
	reset.PasswordAlone = true
	w.must(w.store.ResetTwoFactor(w.ctx, reset))
	same(w, w.account(u).User.PasswordDue, core.PasswordTemporary)
}

func noticedEvent(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	e := w.event(u, core.EventAppAdded)
	orphan := w.event(u, core.EventAppAdded)
	orphan.SubjectID = "gone"
	w.must(w.store.AnswerOffer(w.ctx, o.ID, u.ID, core.Offer{}, core.Record{Events: []core.Event{e, orphan}}))
	got, acc, org, err := w.store.NoticedEvent(w.ctx, e.ID)
	w.must(err)
	same(w, got, e)
	same(w, acc.User, u)
	same(w, org.ID, o.ID)
	for _, id := range []core.ID{orphan.ID, "no such event", "", "nul\x00"} {
		_, _, _, err := w.store.NoticedEvent(w.ctx, id)
		w.refused("event "+string(id), err, core.ErrNotFound)
	}
}

func oneAlarm(w *world) {
	u := w.person(w.organization("One"), "ada")
	w.session(u)
	made := make([]core.Alarm, callers)
	for i := range made {
		made[i] = w.alarm(u)
	}
	w.pressedOnce(u, made)
}

func oneSessionAlarm(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	made := make([]core.Alarm, callers)
	for i := range made {
		made[i] = w.alarm(u)
		made[i].SessionID, made[i].Since = s.ID, time.Time{}
	}
	w.pressedOnce(u, made)
	w.pass(time.Second)
	w.refused("a session that ended", w.store.RaiseAlarm(w.ctx, made[0]), core.ErrUsed)
}

// micros is a moment as the rows hold it.
func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

// pressedOnce raises alarms at once: one effect, one mail.
func (w *world) pressedOnce(u core.User, made []core.Alarm) {
	w.t.Helper()
	won := w.together(len(made), func(s *sqlstore.Store, i int) error { return s.RaiseAlarm(w.ctx, made[i]) }, core.ErrUsed)
	w.count("alarms", won, 1)
	w.count("mails", w.rows("outbox"), 1)
	w.count("events", w.rows("event WHERE kind = 'account.not_you'"), 1)
	w.count("version", int(w.account(u).User.PasswordVersion), 2)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 0)
}
