package storetest

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// Tables are all tables with rows of the deployment.
func Tables() []string {
	return []string{
		"organization", "application", "person", "login_key", "person_group", "membership", "credential", "guard", "attempt",
		"challenge", "session", "remembered_device", "known_browser", "enrolment", "link", "throttle", "outbox", "cache_change", "event", "data_key",
		"person_word", "photo", "past_password", "address_change", "deployment", "factor_reset", "exemption", "pause", "mail_refusal", "announcement", "daily_figure",
		"audit_key", "audit_seal", "audit_cut", "audit_task",
		"bulk_job", "bulk_item", "api_key", "app_password", "load_run", "load_reject", "load_named", "load_result", "load_undo", "load_package", "load_schedule", "load_file", "load_chunk",
		"api_call",
		"mail_server", "mail_setting", "mail_health", "mail_minute", "mail_trial",
	}
}

// dump reads every row of every table.
func (w *world) dump() map[string][]string {
	w.t.Helper()
	out := map[string][]string{}
	for _, table := range Tables() {
		rows, err := w.db.Raw.QueryContext(w.ctx, "SELECT * FROM "+table+" ORDER BY 1, 2")
		w.must(err)
		columns, err := rows.Columns()
		w.must(err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			w.must(rows.Scan(values...))
			var line strings.Builder
			for i, v := range values {
				fmt.Fprintf(&line, "%s=%v ", columns[i], *v.(*any))
			}
			out[table] = append(out[table], line.String())
		}
		w.must(rows.Err())
		w.must(rows.Close())
	}
	return out
}

// otherOrganizations calls every scoped method with the right ids in the wrong
// organization: nothing is found and nothing changes.
func otherOrganizations(w *world) {
	v := newVictim(w)
	calls := v.reads()
	maps.Copy(calls, v.writes())
	maps.Copy(calls, v.moreWrites())
	maps.Copy(calls, v.profileCalls())
	maps.Copy(calls, v.administerCalls())
	maps.Copy(calls, v.sessionWrites())
	maps.Copy(calls, v.helpCalls())
	maps.Copy(calls, v.auditCalls())
	maps.Copy(calls, v.bulkCalls())
	maps.Copy(calls, v.figureCalls())
	maps.Copy(calls, v.loadCalls())
	maps.Copy(calls, v.loadFileCalls())
	maps.Copy(calls, v.loadPackageCalls())
	maps.Copy(calls, v.scheduleCalls())
	maps.Copy(calls, v.apiKeyCalls())
	maps.Copy(calls, v.pauseCalls())
	maps.Copy(calls, v.appPasswordCalls())
	maps.Copy(calls, v.callCalls())
	maps.Copy(calls, v.loadUndoCalls()) // the last: no load begins any more
	for name, call := range calls {
		before := w.dump()
		err := call()
		if err == nil || !expected(err, []*core.Error{core.ErrNotFound, core.ErrStale, core.ErrUsed, core.ErrLimit}) {
			w.t.Errorf("%s in another organization: got %v, want not found, stale or used", name, err)
		}
		if d := cmp.Diff(before, w.dump()); d != "" {
			w.t.Errorf("%s in another organization changed (-before +after):\n%s", name, d)
		}
	}
	methods := reflect.TypeOf(w.store)
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		_, tried := calls[name]
		_, listed := Unscoped()[name]
		if tried == listed {
			w.t.Errorf("%s: tried in another organization: %v, listed as unscoped: %v; exactly one must hold", name, tried, listed)
		}
	}
}

// victim is a person with everything, seen from another organization.
type victim struct {
	w           *world
	u           core.User // with the other organization's id
	session     core.Session
	device      *core.Device
	attempt     core.Attempt
	send        core.CodeSend
	panel       core.Enrolment
	link        core.Link
	application core.Application
	team        core.Group
	credentials []core.Credential
	asking      core.AddressSend
	reset       core.FactorReset
	exemption   core.Exemption
	pause       core.Pause
	job         core.BulkJob
	load        core.LoadRun
	file        core.LoadFile
	mapping     core.LoadPackage
	schedule    core.LoadSchedule
	group       core.ID
	key         core.APIKey
	appPassword core.AppPassword
	stolen      core.Record
}

func newVictim(w *world) *victim {
	o, other := w.organization("One"), w.organization("Two")
	v := &victim{w: w}
	u := w.person(o, "ada", "Finance")
	w.must(w.store.ChangePassword(w.ctx, w.change(u, w.session(u), "sealed again"))) // so that there is a past one
	u, v.credentials, v.session = w.enrol(w.account(u).User, 2)
	v.device = w.remembered(u)
	v.attempt = w.attempt(u)
	v.send = w.codeSend(u, v.attempt.ID)
	w.must(w.store.SendCode(w.ctx, v.send))
	v.panel = w.panel(u, v.session.ID)
	v.link = w.link(u)
	w.must(w.store.CreateLink(w.ctx, v.link, core.Record{}))
	v.asking = w.asking(u, v.session, core.AddressSignIn, "ada@new.example")
	w.must(w.store.SendAddressCode(w.ctx, v.asking))
	w.must(w.store.SetPhoto(w.ctx, core.PhotoChange{OrganizationID: o.ID, UserID: u.ID, Name: "portrait", Image: []byte("p"), At: w.clock()}))
	boss := w.ofType(o, "boss", core.Administrator)
	ask, exempting := w.asks(boss, u), w.exempting(boss, u, 9)
	w.must(w.store.AskReset(w.ctx, ask))
	w.must(w.store.Exempt(w.ctx, exempting))
	v.reset, v.exemption, v.group = ask.Reset, exempting.Exemption, w.group(o, "Finance")
	v.pause = w.paused(u)
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{w.event(u, core.EventClientSignedIn)}}))
	v.application = core.Application{
		ID: w.id("application"), OrganizationID: o.ID, Name: "Scorecard", URL: "https://score.example.com",
		Level: core.LevelPassword, CreatedAt: w.clock(),
	}
	w.must(w.store.AddApplication(w.ctx, v.application, core.Record{}))
	w.refuse(u, "mail.refused 550")
	w.waits(u)
	_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
	w.must(err)
	groups, err := w.store.Groups(w.ctx, o.ID)
	w.must(err)
	v.team = groups[0]
	v.job = w.running(boss, u)
	v.load = w.loading(boss, u)
	v.file, v.mapping = w.loadFile(boss), w.loadPackage(boss, "Staff")
	v.key, v.appPassword, v.schedule = w.apiKey(u), w.appPassword(u), w.schedule(boss)
	w.pass(time.Minute)
	v.u = u
	v.u.OrganizationID, v.attempt.OrganizationID, v.panel.OrganizationID, v.link.OrganizationID = other.ID, other.ID, other.ID, other.ID
	v.send.Challenge.OrganizationID, v.asking.Change.OrganizationID, v.asking.Code.Challenge.OrganizationID = other.ID, other.ID, other.ID
	v.reset.OrganizationID, v.exemption.OrganizationID = other.ID, other.ID
	v.key.OrganizationID, v.appPassword.OrganizationID = other.ID, other.ID
	v.stolen = core.Record{Events: []core.Event{w.event(u, "stolen")}}
	return v
}

// empty makes "found nothing" an error, so that reads and writes read alike.
func empty[T any](found []T, err error) error {
	if err == nil && len(found) == 0 {
		return core.ErrNotFound
	}
	return err
}

func (v *victim) reads() map[string]func() error {
	w, s, org, user := v.w, v.w.store, v.u.OrganizationID, v.u.ID
	return map[string]func() error{
		"AccountByID": func() error { _, _, err := s.AccountByID(w.ctx, org, user); return err },
		"Credentials": func() error { return empty(s.Credentials(w.ctx, org, user, core.KindApp)) },
		"FactorCredentials": func() error {
			return empty(s.FactorCredentials(w.ctx, org, user, core.KindApp))
		},
		"PastPasswords": func() error { return empty(s.PastPasswords(w.ctx, org, user, 9)) },
		"OpenSessions":  func() error { return empty(s.OpenSessions(w.ctx, org, user)) },
		"Waits": func() error {
			keys, _, err := s.Waits(w.ctx, org, user, w.clock())
			return empty(keys, err)
		},
		"SessionOf":         func() error { _, err := s.SessionOf(w.ctx, org, user, v.session.ID); return err },
		"RememberedDevices": func() error { return empty(s.RememberedDevices(w.ctx, org, user)) },
		"EnrolmentOf":       func() error { _, err := s.EnrolmentOf(w.ctx, org, user, v.session.ID); return err },
		"Users":             func() error { return empty(s.Users(w.ctx, core.UserFilter{OrganizationID: org})) },
		"CallRoll": func() error {
			var all []core.Rehearsed
			err := s.CallRoll(w.ctx, org, w.clock(), func(r core.Rehearsed) error {
				all = append(all, r)
				return nil
			})
			return empty(all, err)
		},
		"RefusedMail":  func() error { return empty(s.RefusedMail(w.ctx, org, 9)) },
		"Applications": func() error { return empty(s.Applications(w.ctx, org)) },
		"Events":       func() error { return empty(s.Events(w.ctx, org, core.EventFilter{SubjectID: user})) },
	}
}

func (v *victim) writes() map[string]func() error {
	w, s, org, user, r := v.w, v.w.store, v.u.OrganizationID, v.u.ID, v.stolen
	try := w.try(v.u, core.KindEmail, v.attempt.ID, v.send.Challenge.ID)
	use := &core.FactorUse{Kind: core.KindApp, CredentialID: v.credentials[0].ID, Mark: 5000}
	return map[string]func() error{
		"OpenAttempt": func() error {
			return s.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: w.newAttempt(v.u), Rehash: "new", Record: r})
		},
		"SaveAttempt": func() error { return s.SaveAttempt(w.ctx, v.attempt, r) },
		"SendCode":    func() error { return s.SendCode(w.ctx, w.again(v.u, v.send)) },
		"CompleteSignIn": func() error {
			c := w.completion(v.u, &v.attempt, use)
			c.Record = r
			return s.CompleteSignIn(w.ctx, c)
		},
		"TakeTry": func() error { _, err := s.TakeTry(w.ctx, try); return err },
		"SettleTry": func() error {
			// Settling has nothing to refuse with; that nothing changed is the proof.
			for _, kind := range []core.FactorKind{core.KindApp, core.KindEmail} {
				try := try
				try.Kind = kind
				for _, o := range []core.Outcome{core.OutcomeFreed, core.OutcomeRight, core.OutcomeWrong} {
					w.must(s.SettleTry(w.ctx, try, o, core.Record{}))
				}
			}
			return core.ErrNotFound
		},
		"EndSession": func() error {
			w.must(s.EndSession(w.ctx, core.SessionEnd{OrganizationID: org, UserID: user, SessionID: v.session.ID, At: w.clock(), Record: r}))
			return core.ErrNotFound
		},
		"SaveEnrolment": func() error { return s.SaveEnrolment(w.ctx, v.panel, r) },
		"CompleteEnrolment": func() error {
			return s.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{Enrolment: v.panel, TurnOn: true, At: w.clock(), Record: r})
		},
		"ChangeFactors": func() error {
			return s.ChangeFactors(w.ctx, core.FactorChange{
				OrganizationID: org, UserID: user, FactorSetVersion: v.u.FactorSetVersion,
				RemoveAll: true, Moves: true, At: w.clock(), Record: r,
			})
		},
		"AnswerOffer": func() error { return s.AnswerOffer(w.ctx, org, user, core.Offer{Never: true}, r) },
		"CreateUser": func() error {
			// Names are unique over all organizations.
			err := s.CreateUser(w.ctx, w.newcomers(core.Organization{ID: org})[0], core.LoginKeys{Email: v.u.Email}, nil, nil, r)
			w.refused("a name of another organization", err, core.ErrTaken)
			return core.ErrNotFound
		},
		"ResetTwoFactor": func() error {
			return s.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: org, UserID: user, At: w.clock(), Record: r})
		},
		"ReleaseCodes": func() error {
			return s.ReleaseCodes(w.ctx, core.CodeRelease{OrganizationID: org, UserID: user, Record: r})
		},
	}
}

// moreWrites are the writes about links and applications.
func (v *victim) moreWrites() map[string]func() error {
	w, s, org, r := v.w, v.w.store, v.u.OrganizationID, v.stolen
	return map[string]func() error{
		"CreateLink": func() error { return s.CreateLink(w.ctx, v.link, r) },
		"AskLink":    func() error { return s.AskLink(w.ctx, v.link, r) },
		"UseLink": func() error {
			return s.UseLink(w.ctx, core.LinkUse{Link: v.link, PasswordSealed: "new", At: w.clock()})
		},
		"ChangePassword": func() error {
			c := core.PasswordChange{OrganizationID: org, UserID: v.u.ID, PasswordVersion: v.u.PasswordVersion, PasswordSealed: "new", KeepSession: v.session.ID, At: w.clock(), Record: r}
			return s.ChangePassword(w.ctx, c)
		},
		"RenewPassword": func() error { return s.RenewPassword(w.ctx, org, v.u.ID, v.u.PasswordVersion, "new") },
		"RequirePassword": func() error {
			return s.RequirePassword(w.ctx, core.PasswordDemand{OrganizationID: org, UserID: v.u.ID, Due: core.PasswordTemporary, At: w.clock(), Record: r})
		},
		"RaiseAlarm": func() error {
			return s.RaiseAlarm(w.ctx, core.Alarm{
				OrganizationID: org, UserID: v.u.ID, SessionID: v.session.ID, At: w.clock(), Record: r,
			})
		},
		"SaveMail": func() error {
			return s.SaveMail(w.ctx, core.MailChange{OrganizationID: org, Version: 1, Sender: "x@example.com", At: w.clock(), Record: r})
		},
		"RemoveApplication": func() error { return s.RemoveApplication(w.ctx, org, v.application.ID, r) },
		"AddApplication": func() error {
			a := v.application
			a.ID, a.OrganizationID = w.id("application"), org
			w.refused("an address of another organization", s.AddApplication(w.ctx, a, r), core.ErrTaken)
			return core.ErrNotFound
		},
	}
}
