package notify_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/notify"
)

var (
	now = time.Date(2026, 11, 23, 10, 42, 0, 0, time.UTC)
	ana = core.User{ID: "ana", OrganizationID: "north", Email: "ana@example.com"}
)

func mint() core.ID { return "m1" }

func TestForEvent(t *testing.T) {
	tests := []struct {
		name  string
		event core.Event
		want  core.Template // empty: no mail
	}{
		{"new browser", core.Event{Kind: core.EventSignInCompleted, Result: "ok", Detail: map[string]string{core.DetailNewBrowser: "yes"}}, core.MailNewBrowser},
		{"new network", core.Event{Kind: core.EventSignInCompleted, Detail: map[string]string{core.DetailNewNetwork: "yes"}}, core.MailNewBrowser},
		{"known browser", core.Event{Kind: core.EventSignInCompleted, Result: "ok"}, ""},
		{"password changed", core.Event{Kind: core.EventPasswordChanged, Result: "ok"}, core.MailPassword},
		{"on", core.Event{Kind: core.EventTwoFactorOn, Result: "ok"}, core.MailTwoFactorOn},
		{"app added", core.Event{Kind: core.EventAppAdded}, core.MailTwoFactorOn},
		{"app activated", core.Event{Kind: core.EventAppActivated}, core.MailTwoFactorOn},
		{"off", core.Event{Kind: core.EventTwoFactorOff}, core.MailTwoFactorOff},
		{"off refused", core.Event{Kind: core.EventTwoFactorOff, Result: "refused"}, ""},
		{"off for now", core.Event{Kind: core.EventTwoFactorOffNow}, core.MailTwoFactorOff},
		{"app removed", core.Event{Kind: core.EventAppRemoved}, core.MailTwoFactorOff},
		{"recovery code", core.Event{Kind: core.EventRecoveryUsed}, core.MailRecoveryUsed},
		{"recovery codes renewed", core.Event{Kind: core.EventRecoveryRenewed, Result: "ok"}, core.MailRecoveryRenewed},
		{"codes wrong", core.Event{Kind: core.EventSecondStepsFailed, Result: "failed"}, core.MailCodeWrong},
		{"reset", core.Event{Kind: core.EventTwoFactorReset}, core.MailFactorReset},
		{"a reset that waits", core.Event{Kind: core.EventResetWaits, Result: "ok"}, core.MailResetWaits},
		{"a reset refused", core.Event{Kind: core.EventTwoFactorReset, Result: "refused"}, ""},
		{"a reset cancelled", core.Event{Kind: core.EventResetStopped, Result: "ok"}, core.MailResetStopped},
		{"a pause", core.Event{Kind: core.EventPauseStarted, Result: "ok"}, core.MailPauseStarted},
		{"a pause refused", core.Event{Kind: core.EventPauseStarted, Result: "refused"}, ""},
		{"a pause ended", core.Event{Kind: core.EventPauseEnded, Result: "ok"}, core.MailPauseEnded},
		{"a key made", core.Event{Kind: core.EventAPIKeyMade, Result: "ok"}, core.MailKeyMade},
		{"a key refused", core.Event{Kind: core.EventAPIKeyMade, Result: "refused"}, ""},
		{"a key ends", core.Event{Kind: core.EventAPIKeyExpiring, Result: "ok"}, core.MailKeyExpiring},
		{"a key deleted", core.Event{Kind: core.EventAPIKeyDeleted, Result: "ok"}, core.MailKeyDeleted},
		{"an app password", core.Event{Kind: core.EventAppPasswordMade, Result: "ok"}, core.MailAppPasswordMade},
		{"an app password deleted", core.Event{Kind: core.EventAppPasswordGone, Result: "ok"}, core.MailAppPasswordGone},
		{"a load is done", core.Event{Kind: core.EventLoadEnded, Result: "ok"}, core.MailLoadDone},
		{"a load failed", core.Event{Kind: core.EventLoadEnded, Result: "failed", Detail: map[string]string{core.DetailReason: core.LoadRowWrong}}, core.MailLoadFailed},
		{"a load was stopped", core.Event{Kind: core.EventLoadEnded, Result: "failed", Detail: map[string]string{core.DetailReason: core.LoadByPerson}}, ""},
		{"an app password ends", core.Event{Kind: core.EventAppPasswordEnds, Result: "ok"}, core.MailAppPasswordEnds},
		{"a key rolled", core.Event{Kind: core.EventAPIKeyRolled, Result: "ok"}, ""},
		{"exempted", core.Event{Kind: core.EventExempted, Result: "ok"}, ""},
		{"device replayed", core.Event{Kind: core.EventDeviceReplayed, Result: "refused"}, core.MailDeviceEnded},
		{"paused", core.Event{Kind: core.EventFactorPaused, Result: "refused"}, core.MailFactorPaused},
		{"an alarm", core.Event{Kind: core.EventNotYou, Result: "ok"}, core.MailAlarmRaised},
		{"address changed", core.Event{Kind: core.EventEmailChanged, Result: "ok"}, core.MailEmailChanged},
		{"address restored", core.Event{Kind: core.EventEmailRestored, Result: "ok"}, core.MailEmailBack},
		{"notification address", core.Event{Kind: core.EventNotifyChanged, Result: "ok"}, core.MailNotification},
		{"notification address removed", core.Event{Kind: core.EventNotifyRemoved, Result: "ok"}, core.MailNotification},
		{"address asked for", core.Event{Kind: core.EventEmailAsked, Result: "ok"}, ""},
		{"an ordinary event", core.Event{Kind: core.EventSignedOut}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.event.ID = "e1"
			got := slices.DeleteFunc(notify.ForEvent(tt.event, ana, mint, now), func(m core.Message) bool {
				return m.Recipient == core.ToPrevious || m.Recipient == core.ToAdministrators
			})
			var want []core.Message
			if tt.want != "" {
				want = []core.Message{{
					ID: "m1", OrganizationID: "north", UserID: "ana", Template: tt.want, SubjectID: "e1",
					NotBefore: now, ExpiresAt: now.Add(24 * time.Hour), Delivery: core.DeliveryQueued, CreatedAt: now,
				}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecipients(t *testing.T) {
	browser := core.Event{ID: "e1", Kind: core.EventSignInCompleted, Detail: map[string]string{core.DetailNewBrowser: "yes"}}
	off := core.Event{ID: "e1", Kind: core.EventTwoFactorOff}
	proved := func(u core.User) core.User {
		u.NotificationEmail, u.NotificationProvedAt = "ana@home.example", now.Add(-time.Hour)
		return u
	}
	unproved := proved(ana)
	unproved.NotificationProvedAt = time.Time{}
	changed := core.Event{ID: "e1", Kind: core.EventEmailChanged, Detail: map[string]string{core.DetailReplaced: "ana@before.example"}}
	spelled := ana
	spelled.Email = "Ana@before.example"
	spelledTwice := proved(ana)
	spelledTwice.NotificationEmail = "Ana@before.example"
	tests := []struct {
		name  string
		event core.Event
		user  core.User
		want  []core.Recipient
	}{
		{"the login address", browser, ana, []core.Recipient{core.ToLogin}},
		{"and a proved notification address", browser, proved(ana), []core.Recipient{core.ToLogin, core.ToNotification}},
		{"not one that is not proved", browser, unproved, []core.Recipient{core.ToLogin}},
		{"the notification address alone", browser, proved(core.User{ID: "ben"}), []core.Recipient{core.ToNotification}},
		{"nobody", browser, core.User{ID: "ben"}, nil},
		{"a change goes to the addresses of before", off, ana, []core.Recipient{core.ToLogin, core.ToPrevious}},
		{"a reset goes to the administrators too", core.Event{ID: "e1", Kind: core.EventTwoFactorReset}, proved(ana), []core.Recipient{core.ToLogin, core.ToNotification, core.ToPrevious, core.ToAdministrators}},
		{"all three", off, proved(ana), []core.Recipient{core.ToLogin, core.ToNotification, core.ToPrevious}},
		{"a changed address hears of it, and those before it", changed, ana, []core.Recipient{core.ToReplaced, core.ToLogin, core.ToPrevious}},
		{"never one twice", changed, spelledTwice, []core.Recipient{core.ToReplaced, core.ToLogin, core.ToPrevious}},
		{"spelled otherwise it is told too", changed, spelled, []core.Recipient{core.ToReplaced, core.ToLogin, core.ToPrevious}},
		{"a first notification address", core.Event{ID: "e1", Kind: core.EventNotifyChanged}, proved(ana), []core.Recipient{core.ToLogin, core.ToNotification}},
		{"one that was replaced", core.Event{ID: "e1", Kind: core.EventNotifyRemoved, Detail: changed.Detail}, ana, []core.Recipient{core.ToLogin, core.ToReplaced}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []core.Recipient
			for _, m := range notify.ForEvent(tt.event, tt.user, mint, now) {
				got = append(got, m.Recipient)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCodeLivesAsLongAsItsChallenge(t *testing.T) {
	ch := core.Challenge{ID: "c1", Issue: 3, IssuedAt: now.Add(-4 * time.Minute), UserID: "ana"}
	got := notify.Code(ch, ana, mint, now)
	want := core.Message{
		ID: "m1", OrganizationID: "north", UserID: "ana", Template: core.MailCode, SubjectID: "c1", Issue: 3,
		NotBefore: now, ExpiresAt: now.Add(6 * time.Minute), Delivery: core.DeliveryQueued, CreatedAt: now,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}
