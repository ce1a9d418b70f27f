package core

import (
	"slices"
	"strings"
)

// EventKinds returns every kind of event that this build writes. A test compares
// it with the constants.
func EventKinds() []string {
	return []string{
		EventPasswordWrong, EventSignInThrottled, EventPasswordRight, EventCodeSent,
		EventCodeWrong, EventSignInCompleted, EventSignInAbandoned, EventSignInRefused,
		EventSecondStepsFailed, EventSignedOut, EventSessionEnded, EventConfirmed,
		EventDeviceRemembered, EventDeviceRenamed, EventDeviceEnded, EventDeviceReplayed,
		EventTwoFactorOn, EventTwoFactorOff, EventTwoFactorOffNow, EventTwoFactorReset,
		EventResetWaits, EventResetStopped, EventExempted, EventExemptionEnded, EventPauseStarted, EventPauseEnded, EventClientSignedIn,
		EventAppAdded, EventAppActivated, EventAppRenamed, EventAppRemoved,
		EventRecoveryUsed, EventRecoveryRenewed, EventFactorPaused, EventUserCreated,
		EventUserUnlocked, EventUserChanged, EventUserDeactivated, EventUserReactivated,
		EventInvitationGone, EventTwoFactorAsked, EventGroupCreated, EventGroupChanged,
		EventGroupRemoved, EventGroupJoined, EventGroupLeft, EventLinkMade,
		EventResetAsked, EventLinkUsed, EventPasswordSet, EventPasswordChanged,
		EventPasswordReset, EventPasswordRequired, EventOrganizationAdded, EventPolicyChanged,
		EventApplicationAdded, EventApplicationChange, EventApplicationGone, EventOffered, EventEmailAsked,
		EventEmailChanged, EventEmailRestored, EventNotifyAsked, EventNotifyChanged,
		EventNotifyRemoved, EventProfileChanged, EventPhotoChanged, EventPhotoRemoved,
		EventNotYou, EventRecoveryReleased, EventMailChanged, EventMailTested,
		EventBackupMade, EventBackupRestored, EventKeyMade, EventKeyActive,
		EventKeySettled, EventKeyRetired, EventKeyRemoved, EventMasterReplaced,
		EventAPIKeyMade, EventAPIKeyChanged, EventAPIKeyRolled, EventAPIKeyDeleted, EventAPIKeyExpiring, EventAPIKeyReleased,
		EventAppPasswordMade, EventAppPasswordGone, EventAppPasswordEnds,
		EventAuditExported, EventAuditVerified, EventAuditTrimmed, EventAuditKeyMade,
		EventBulkStarted, EventBulkEnded, EventTwoFactorReminded, EventPeopleExported,
		EventLoadFile, EventLoadStarted, EventLoadBatch, EventLoadEnded, EventLoadUndoStarted, EventLoadUndoBatch, EventLoadUndoEnded,
		EventLoadPackageSaved, EventLoadPackageGone,
		EventScheduleSaved, EventScheduleRun, EventScheduleGone, EventScheduleFailed, EventScheduleStopped,
	}
}

// EventGroup is what a kind of event belongs to, as the audit log is filtered.
type EventGroup string

// The groups (ux §6).
const (
	GroupSignIn    EventGroup = "signin"
	GroupTwoFactor EventGroup = "twofactor"
	GroupPassword  EventGroup = "password"
	GroupPerson    EventGroup = "user"
	GroupSetting   EventGroup = "setting"
	GroupKey       EventGroup = "key"
	GroupLoader    EventGroup = "loader"
	GroupLog       EventGroup = "log"
)

// EventGroups returns all of them, in the order in which they are offered.
func EventGroups() []EventGroup {
	return []EventGroup{GroupSignIn, GroupTwoFactor, GroupPassword, GroupPerson, GroupSetting, GroupKey, GroupLoader, GroupLog}
}

// has reports whether a kind belongs to the group, by the word in front of its dot. A word
// of nobody else's is about people.
func (g EventGroup) has(kind string) bool {
	area, _, _ := strings.Cut(kind, ".")
	of := GroupPerson
	switch area {
	case "signin", "session", "offer", "client":
		of = GroupSignIn
	case "twofactor", "app", "recovery", "factor", "device", "exemption", "pause":
		of = GroupTwoFactor
	case "password", "reset", "link":
		of = GroupPassword
	case "organization", "application", "mail", "setting":
		of = GroupSetting
	case "key", "backup", "apikey", "apppassword":
		of = GroupKey
	case "load":
		of = GroupLoader
	case "audit":
		of = GroupLog
	}
	return of == g
}

// Kinds returns the kinds of a group; none for a group that does not exist.
func (g EventGroup) Kinds() []string {
	var out []string
	for _, k := range EventKinds() {
		if g.has(k) {
			out = append(out, k)
		}
	}
	return out
}

// KindsNamed returns the kinds that a name stands for: a group's, or one kind;
// none for a name that does not exist.
func KindsNamed(name string) []string {
	if kinds := EventGroup(name).Kinds(); len(kinds) > 0 {
		return kinds
	}
	if slices.Contains(EventKinds(), name) {
		return []string{name}
	}
	return nil
}
