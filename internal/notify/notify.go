package notify

import (
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// NoticeLife is how long a notice is worth sending.
const NoticeLife = 24 * time.Hour

// ForEvent returns the mails that an event calls for: none, or one to each
// address of the person it is about, as of the event; [core.ToPrevious] stands
// for all of before, [core.ToAdministrators] for everybody else who administers. The
// caller stores them with the event.
func ForEvent(e core.Event, u core.User, mint func() core.ID, now time.Time) []core.Message {
	template, ok := templateOf(e)
	if !ok {
		return nil
	}
	var all []core.Message
	for _, to := range recipients(template) {
		if !reaches(to, e, u) {
			continue
		}
		all = append(all, core.Message{
			ID: mint(), OrganizationID: u.OrganizationID, UserID: u.ID,
			Template: template, SubjectID: e.ID, Recipient: to,
			NotBefore: now, ExpiresAt: now.Add(NoticeLife),
			Delivery: core.DeliveryQueued, CreatedAt: now,
		})
	}
	return all
}

// reaches reports whether a notice of an event has an address at a recipient
// that no other recipient has. Which previous ones there are the store knows.
func reaches(to core.Recipient, e core.Event, u core.User) bool {
	replaced, address := e.Detail[core.DetailReplaced], u.NoticeAddress(to)
	switch to {
	case core.ToPrevious, core.ToAdministrators:
		return true
	case core.ToReplaced:
		return replaced != "" && replaced != u.Email
	case core.ToNotification:
		return address != "" && !strings.EqualFold(address, replaced)
	}
	return address != ""
}

// recipients are the addresses a notice goes to. What changes how one gets in
// is told to the addresses of before too, as the change of address may have been
// the first step of whoever does it (ML1, PR7); when and where its owner signs
// in is not told there.
func recipients(t core.Template) []core.Recipient {
	switch t {
	case core.MailDeactivated, core.MailPassword, core.MailTwoFactorOn, core.MailTwoFactorOff, core.MailRecoveryRenewed, core.MailAlarmRaised, core.MailPauseStarted, core.MailKeyMade, core.MailAppPasswordMade:
		return []core.Recipient{core.ToLogin, core.ToNotification, core.ToPrevious}
	case core.MailFactorReset, core.MailResetWaits, core.MailResetStopped: // who asks for it may have been taken in
		return []core.Recipient{core.ToLogin, core.ToNotification, core.ToPrevious, core.ToAdministrators}
	case core.MailEmailChanged, core.MailEmailBack, core.MailAdministered:
		return []core.Recipient{core.ToReplaced, core.ToLogin, core.ToNotification, core.ToPrevious}
	case core.MailNotification:
		return []core.Recipient{core.ToLogin, core.ToNotification, core.ToReplaced}
	case core.MailRemind: // no notice: it asks for something
		return []core.Recipient{core.ToLogin}
	case core.MailBulkReset:
		return []core.Recipient{core.ToAdministrators}
	}
	return []core.Recipient{core.ToLogin, core.ToNotification}
}

// templateOf is the table of ML1.
func templateOf(e core.Event) (core.Template, bool) {
	switch e.Kind {
	case core.EventScheduleFailed, core.EventScheduleStopped, core.EventLoadEnded:
		return ofLoad(e)
	}
	if e.Result != "" && e.Result != "ok" && e.Kind != core.EventSecondStepsFailed &&
		e.Kind != core.EventFactorPaused && e.Kind != core.EventDeviceReplayed {
		return "", false // what did not happen is no news
	}
	switch e.Kind {
	case core.EventSignInCompleted:
		return core.MailNewBrowser, e.Detail[core.DetailNewBrowser] != "" || e.Detail[core.DetailNewNetwork] != ""
	case core.EventPasswordChanged:
		return core.MailPassword, true
	case core.EventEmailChanged:
		return core.MailEmailChanged, true
	case core.EventEmailRestored:
		return core.MailEmailBack, true
	case core.EventNotifyChanged, core.EventNotifyRemoved:
		return core.MailNotification, true
	case core.EventTwoFactorOn, core.EventAppAdded, core.EventAppActivated:
		return core.MailTwoFactorOn, true
	case core.EventTwoFactorOff, core.EventTwoFactorOffNow, core.EventAppRemoved:
		return core.MailTwoFactorOff, true
	case core.EventRecoveryRenewed:
		return core.MailRecoveryRenewed, true
	case core.EventRecoveryUsed:
		return core.MailRecoveryUsed, true
	case core.EventSecondStepsFailed:
		return core.MailCodeWrong, true
	case core.EventPasswordReset:
		return core.MailPassword, true
	case core.EventTwoFactorReset:
		return core.MailFactorReset, true
	case core.EventResetWaits:
		return core.MailResetWaits, true
	case core.EventResetStopped:
		return core.MailResetStopped, true
	case core.EventUserDeactivated:
		return core.MailDeactivated, e.Detail["status_before"] == string(core.Active)
	case core.EventUserReactivated:
		return core.MailAdministered, e.Detail["status_after"] == string(core.Active) // who is invited gets a link
	case core.EventPasswordRequired, core.EventTwoFactorAsked:
		return core.MailAdministered, e.Actor.ID != e.SubjectID
	case core.EventSessionEnded:
		return core.MailAdministered, e.Detail[core.DetailReason] == string(core.EndAdministrator)
	case core.EventUserChanged:
		return core.MailAdministered, changesAccess(e)
	case core.EventTwoFactorReminded:
		return core.MailRemind, true
	case core.EventBulkStarted:
		return core.MailBulkReset, e.Target == string(core.BulkReset)
	}
	return alarming(e)
}

// ofLoad is templateOf for the Data Loader. Whether anybody was away when a load was
// done, package loader knows. What somebody stopped is no news to them.
func ofLoad(e core.Event) (core.Template, bool) {
	if e.Kind == core.EventLoadEnded && e.Result == "ok" {
		return core.MailLoadDone, true
	}
	return core.MailLoadFailed, e.Result == "failed" && e.Detail[core.DetailReason] != core.LoadByPerson
}

// alarming is templateOf for what its owner may have to stop.
func alarming(e core.Event) (core.Template, bool) {
	switch e.Kind {
	case core.EventDeviceReplayed:
		return core.MailDeviceEnded, true
	case core.EventFactorPaused:
		return core.MailFactorPaused, true
	case core.EventNotYou:
		return core.MailAlarmRaised, true
	case core.EventPauseStarted:
		return core.MailPauseStarted, true
	case core.EventPauseEnded:
		return core.MailPauseEnded, true
	case core.EventAPIKeyMade:
		return core.MailKeyMade, true
	case core.EventAPIKeyExpiring:
		return core.MailKeyExpiring, true
	case core.EventAPIKeyDeleted:
		return core.MailKeyDeleted, true
	case core.EventAppPasswordMade:
		return core.MailAppPasswordMade, true
	case core.EventAppPasswordGone:
		return core.MailAppPasswordGone, true
	case core.EventAppPasswordEnds:
		return core.MailAppPasswordEnds, true
	}
	return "", false
}

// changesAccess reports whether an administrator changed how somebody gets in, or
// what they may do.
func changesAccess(e core.Event) bool {
	for _, name := range []string{"email", "username", "type"} {
		if _, changed := e.Detail[name+"_after"]; changed {
			return true
		}
	}
	return false
}

// Code returns the mail of an emailed code. It names the issue, so that a code
// that was replaced meanwhile is not sent, and is never sent after its code has
// expired (interop §4.8).
func Code(ch core.Challenge, u core.User, mint func() core.ID, now time.Time) core.Message {
	return core.Message{
		ID: mint(), OrganizationID: u.OrganizationID, UserID: u.ID,
		Template: core.MailCode, SubjectID: ch.ID, Issue: ch.Issue,
		NotBefore: now, ExpiresAt: ch.IssuedAt.Add(core.CodeLife),
		Delivery: core.DeliveryQueued, CreatedAt: now,
	}
}

// Link returns the mail of a link, which is never sent after the link is over.
func Link(l core.Link, mint func() core.ID, now time.Time) core.Message {
	template := core.MailReset
	if l.Kind != core.LinkReset {
		template = core.MailWelcome
	}
	return core.Message{
		ID: mint(), OrganizationID: l.OrganizationID, UserID: l.UserID,
		Template: template, SubjectID: l.ID,
		NotBefore: now, ExpiresAt: l.ExpiresAt,
		Delivery: core.DeliveryQueued, CreatedAt: now,
	}
}
