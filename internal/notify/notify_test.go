package notify_test

import (
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
		{"known browser", core.Event{Kind: core.EventSignInCompleted, Result: "ok"}, ""},
		{"on", core.Event{Kind: core.EventTwoFactorOn, Result: "ok"}, core.MailTwoFactorOn},
		{"app added", core.Event{Kind: core.EventAppAdded}, core.MailTwoFactorOn},
		{"app activated", core.Event{Kind: core.EventAppActivated}, core.MailTwoFactorOn},
		{"off", core.Event{Kind: core.EventTwoFactorOff}, core.MailTwoFactorOff},
		{"off refused", core.Event{Kind: core.EventTwoFactorOff, Result: "refused"}, ""},
		{"off for now", core.Event{Kind: core.EventTwoFactorOffNow}, core.MailTwoFactorOff},
		{"app removed", core.Event{Kind: core.EventAppRemoved}, core.MailTwoFactorOff},
		{"recovery code", core.Event{Kind: core.EventRecoveryUsed}, core.MailRecoveryUsed},
		{"codes wrong", core.Event{Kind: core.EventSecondStepsFailed, Result: "failed"}, core.MailCodeWrong},
		{"reset", core.Event{Kind: core.EventTwoFactorReset}, core.MailFactorReset},
		{"device replayed", core.Event{Kind: core.EventDeviceReplayed, Result: "refused"}, core.MailDeviceEnded},
		{"paused", core.Event{Kind: core.EventFactorPaused, Result: "refused"}, core.MailFactorPaused},
		{"an ordinary event", core.Event{Kind: core.EventSignedOut}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.event.ID = "e1"
			got := notify.ForEvent(tt.event, ana, mint, now)
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

func TestNobodyToWriteTo(t *testing.T) {
	e := core.Event{ID: "e1", Kind: core.EventTwoFactorOn}
	if got := notify.ForEvent(e, core.User{ID: "ben"}, mint, now); got != nil {
		t.Errorf("got %v, want no mail for a person without address", got)
	}
	if got := notify.ForEvent(e, core.User{ID: "ben", NotificationEmail: "b@example.com"}, mint, now); len(got) != 1 {
		t.Errorf("got %d mails, want one for a person with a notification address", len(got))
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
