package storetest

import (
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sallyport/sallyport/internal/core"
)

// columnTests store things with a different value in every field and read them
// back: two columns in each other's place cannot hide.
func columnTests() map[string]test {
	return map[string]test{
		"organization": organizationColumns,
		"application":  applicationColumns,
		"person":       personColumns,
		"credential":   credentialColumns,
		"attempt":      attemptColumns,
		"challenge":    challengeColumns,
		"session":      sessionColumns,
		"device":       deviceColumns,
		"panel":        panelColumns,
		"link":         linkColumns,
		"message":      messageColumns,
		"event":        eventColumns,
		"change":       changeColumns,
	}
}

// fill gives every field of a struct a value of its own.
func fill[T any](w *world, v T) T {
	w.fillValue(reflect.ValueOf(&v).Elem())
	return v
}

func (w *world) fillValue(v reflect.Value) {
	n := int64(w.serial.Add(1))
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = Begin.Add(time.Duration(n) * time.Microsecond)
		return
	case *[]string:
		*x = []string{fmt.Sprintf("Word %d", n), "ü, \"quoted\""}
		return
	case *map[string]string:
		*x = map[string]string{"key": fmt.Sprintf("value %d", n)}
		return
	case *time.Duration:
		*x = time.Duration(n) * time.Second
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", n))
	case reflect.Int, reflect.Int64:
		v.SetInt(n)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			w.fillValue(v.Field(i))
		}
	}
}

// same fails the test where what came back differs from what was stored.
func same[T any](w *world, got, want T) {
	w.t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); d != "" {
		w.t.Errorf("came back different (-stored +read):\n%s", d)
	}
}

func organizationColumns(w *world) {
	o := fill(w, core.Organization{})
	o.Version = 1
	w.must(w.store.CreateOrganization(w.ctx, o, core.Record{}))
	all, err := w.store.Organizations(w.ctx)
	w.must(err)
	same(w, all, []core.Organization{o})
	next := fill(w, core.Organization{})
	next.ID, next.Version, next.CreatedAt = o.ID, o.Version, o.CreatedAt
	next.Locked, next.Policy.AppsOnly = false, false
	w.must(w.store.SaveOrganization(w.ctx, next, core.Record{}))
	next.Version = 2
	all, err = w.store.Organizations(w.ctx)
	w.must(err)
	same(w, all, []core.Organization{next})
}

func applicationColumns(w *world) {
	a := fill(w, core.Application{})
	a.OrganizationID = w.organization("One").ID
	w.must(w.store.AddApplication(w.ctx, a, core.Record{}))
	all, err := w.store.Applications(w.ctx, "")
	w.must(err)
	same(w, all, []core.Application{a})
}

func personColumns(w *world) {
	o := w.organization("One")
	u := fill(w, core.User{})
	u.OrganizationID, u.Type, u.Status, u.TwoFactor = o.ID, core.HelpDesk, core.Invited, core.TwoFactorSuspended
	w.must(w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: "key@example.com", Username: "key"}, []string{"B", "A  Team"}, nil, core.Record{}))
	acc, org, err := w.store.AccountByID(w.ctx, o.ID, u.ID)
	w.must(err)
	same(w, acc, core.Account{User: u, Groups: []string{"A Team", "B"}})
	same(w, org, o)
	byKey, _, err := w.store.UserByEmailKey(w.ctx, "key@example.com")
	w.must(err)
	same(w, byKey, acc)
	for _, login := range []string{"key@example.com", "key"} {
		v, err := w.store.FindLogin(w.ctx, login, "", "")
		w.must(err)
		same(w, v, core.LoginView{Account: acc, Organization: o})
	}
	offer := core.Offer{Times: 2, Next: Begin.Add(time.Hour), Never: true}
	w.must(w.store.AnswerOffer(w.ctx, o.ID, u.ID, offer, core.Record{}))
	same(w, w.account(u).User.Offer, offer)
}

func credentialColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	e := w.panel(u, w.session(u).ID)
	c := fill(w, core.Credential{})
	c.OrganizationID, c.UserID, c.Kind, c.State = u.OrganizationID, u.ID, core.KindApp, core.CredentialWaiting
	w.must(w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{Enrolment: e, Credentials: []core.Credential{c}, At: w.clock()}))
	all, err := w.store.Credentials(w.ctx, u.OrganizationID, u.ID, core.KindApp)
	w.must(err)
	same(w, all, []core.Credential{c})
}

func attemptColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := fill(w, core.Attempt{})
	a.OrganizationID, a.UserID, a.PasswordVersion, a.FactorSetVersion = u.OrganizationID, u.ID, 1, 1
	a.Tries, a.EndedAt, a.EndReason = 0, time.Time{}, ""
	w.must(w.store.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: a}))
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	same(w, v.Attempt, a)
	same(w, v.Account, w.account(u))
	same(w, v.Challenge, core.Challenge{})
	next := fill(w, a)
	next.ID, next.OrganizationID, next.UserID, next.Version = a.ID, a.OrganizationID, a.UserID, a.Version
	w.must(w.store.SaveAttempt(w.ctx, next, core.Record{}))
	a.Kind, a.Remember, a.ActiveAt, a.EndedAt, a.EndReason = next.Kind, next.Remember, next.ActiveAt, next.EndedAt, next.EndReason
	a.Version++
	v, err = w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	same(w, v.Attempt, a)
}

func challengeColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	s := w.codeSend(u, a.ID)
	c := fill(w, core.Challenge{})
	c.OrganizationID, c.UserID, c.OwnerID, c.Sends = u.OrganizationID, u.ID, a.ID, 1
	c.MessageID, c.Delivery, c.Tries, c.UsedAt = s.Message.ID, core.DeliveryQueued, 0, time.Time{}
	s.Challenge, s.Message.SubjectID = c, c.ID
	w.must(w.store.SendCode(w.ctx, s))
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	same(w, v.Challenge, c)
	w.pass(core.SendGap)
	next := w.again(u, s)
	renewed := fill(w, c)
	renewed.ID, renewed.OrganizationID, renewed.UserID, renewed.OwnerID = c.ID, c.OrganizationID, c.UserID, c.OwnerID
	renewed.Sends, renewed.MessageID, renewed.Delivery, renewed.Tries, renewed.UsedAt = 2, next.Message.ID, core.DeliveryQueued, 0, time.Time{}
	next.Challenge = renewed
	w.must(w.store.SendCode(w.ctx, next))
	v, err = w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	same(w, v.Challenge, renewed)
}

func sessionColumns(w *world) {
	u := w.person(w.organization("One"), "ada", "Finance")
	c := w.completion(u, nil, nil)
	c.Session = fill(w, core.Session{})
	c.Session.OrganizationID, c.Session.UserID, c.Session.EndedAt, c.Session.EndReason = u.OrganizationID, u.ID, time.Time{}, ""
	w.must(w.store.CompleteSignIn(w.ctx, c))
	v, err := w.store.SessionByToken(w.ctx, c.Session.TokenHash)
	w.must(err)
	same(w, v.Session, c.Session)
	same(w, v.Account, w.account(u))
	same(w, v.DeviceLive, false)
}

func deviceColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.completion(u, nil, nil)
	d := fill(w, core.Device{})
	d.OrganizationID, d.UserID, d.PasswordVersion, d.FactorSetVersion, d.EndedAt = u.OrganizationID, u.ID, 1, 1, time.Time{}
	d.ExpiresAt = Begin.AddDate(0, 0, 30)
	c.NewDevice, c.Session.DeviceID = &d, d.ID
	c.Browser = fill(w, core.Browser{})
	c.Browser.OrganizationID, c.Browser.UserID = u.OrganizationID, u.ID
	w.must(w.store.CompleteSignIn(w.ctx, c))
	v, err := w.store.FindLogin(w.ctx, u.Email, c.Browser.Hash, d.ID)
	w.must(err)
	same(w, v.Device, d)
	same(w, v.Browser, c.Browser)
	same(w, v.DeviceFound, true)
	s, err := w.store.SessionByToken(w.ctx, c.Session.TokenHash)
	w.must(err)
	same(w, s.DeviceLive, true)
}

func panelColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	e := fill(w, core.Enrolment{})
	e.OrganizationID, e.UserID, e.AppTries, e.EndedAt, e.Version = u.OrganizationID, u.ID, 0, time.Time{}, 0
	w.must(w.store.SaveEnrolment(w.ctx, e, core.Record{}))
	e.Version = 1
	v, err := w.store.EnrolmentOf(w.ctx, u.OrganizationID, u.ID, e.SessionID)
	w.must(err)
	same(w, v, core.EnrolmentView{Enrolment: e})
	next := fill(w, e)
	next.ID, next.OrganizationID, next.UserID, next.SessionID = e.ID, e.OrganizationID, e.UserID, e.SessionID
	next.CreatedAt, next.FactorSetVersion, next.Version, next.EndedAt = e.CreatedAt, e.FactorSetVersion, 1, time.Time{}
	w.must(w.store.SaveEnrolment(w.ctx, next, core.Record{}))
	next.Version, next.AppTries = 2, 0
	v, err = w.store.EnrolmentOf(w.ctx, u.OrganizationID, u.ID, e.SessionID)
	w.must(err)
	same(w, v, core.EnrolmentView{Enrolment: next})
}

func linkColumns(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	l := fill(w, core.Link{})
	l.OrganizationID, l.UserID = o.ID, u.ID
	w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
	got, acc, org, err := w.store.LinkByToken(w.ctx, l.TokenHash)
	w.must(err)
	same(w, got, l)
	same(w, acc, w.account(u))
	same(w, org, o)
}

func messageColumns(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	e := w.event(u, core.EventTwoFactorOn)
	m := fill(w, core.Message{})
	m.OrganizationID, m.UserID, m.SubjectID, m.Delivery, m.ExpiresAt = o.ID, u.ID, e.ID, core.DeliveryQueued, Begin.Add(time.Hour)
	m.To, m.Patient = "", false // of a try, and of the queue: not of the message
	w.must(w.store.AnswerOffer(w.ctx, o.ID, u.ID, core.Offer{}, core.Record{Events: []core.Event{e}, Messages: []core.Message{m}}))
	w.pass(time.Minute)
	jobs, err := w.store.LeaseMail(w.ctx, "me", w.clock(), w.clock().Add(time.Minute), 5)
	w.must(err)
	same(w, jobs, []core.MailJob{{Message: m, User: w.account(u).User, Organization: o, Event: e}})
}

func eventColumns(w *world) {
	e := fill(w, core.Event{})
	e.Origin.Key = ""                     // is one of the details
	e.Origin.Bulk, e.Origin.Call = "", "" // settle a person of a job and a call, and are not stored with the event
	none := core.Event{ID: "zz", OrganizationID: e.OrganizationID, At: e.At.Add(time.Hour), Kind: "other"}
	w.must(w.store.ImportHistory(w.ctx, []core.Event{e, none}))
	all, err := w.store.Events(w.ctx, e.OrganizationID, core.EventFilter{})
	w.must(err)
	same(w, all, []core.Event{none, e})
	all, err = w.store.Events(w.ctx, e.OrganizationID, core.EventFilter{SubjectID: e.SubjectID, Kinds: []string{"more", e.Kind}, Limit: 1})
	w.must(err)
	same(w, all, []core.Event{e})
}

func changeColumns(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := fill(w, core.Change{})
	c.Kind = core.ChangeSession
	w.must(w.store.ClearPrefixes(w.ctx, []string{"none"}, core.Record{Changes: []core.Change{c}}))
	all, err := w.store.ChangesSince(w.ctx, c.At)
	w.must(err)
	same(w, all, []core.Change{c})
	all, err = w.store.ChangesSince(w.ctx, c.At.Add(time.Microsecond))
	w.must(err)
	w.count("later changes", len(all), 0)
	w.must(w.store.AnswerOffer(w.ctx, u.OrganizationID, u.ID, core.Offer{}, core.Record{}))
	all, err = w.store.ChangesSince(w.ctx, Begin)
	w.must(err)
	w.count("changes", len(all), 2)
}
