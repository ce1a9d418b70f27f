package web

import (
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

// EventRow is one event in words.
type EventRow struct {
	At      time.Time
	Text    string        // text id
	Failed  bool          // it was refused or did not come about
	Details []EventDetail // what else there is to say, one a line
	Device  string
	Network string
}

// EventDetail is one more fact of an event.
type EventDetail struct {
	Text string // text id
	With []any
}

// eventWords says how a kind of event is told to the person it is about, and
// under which choice of the filter it is found.
type eventWords struct {
	kind  string // core.Event…
	group string // one of activityGroups
	text  string // text id
}

// activityGroups are the choices of the filter, as they stand in the address.
func activityGroups() []string {
	return []string{"sign-ins", "devices", "two-factor", "password", "account"}
}

// tellings are the sentences of every kind of event there is (a test compares
// them with package core).
func tellings() []eventWords {
	return slices.Concat(profileTellings(), administratorTellings(), upkeepTellings(), []eventWords{
		{core.EventSignInCompleted, "sign-ins", "activity.signed_in"},
		{core.EventPasswordRight, "sign-ins", "activity.password_right"},
		{core.EventPasswordWrong, "sign-ins", "activity.password_wrong"},
		{core.EventCodeSent, "sign-ins", "activity.code_sent"},
		{core.EventCodeWrong, "sign-ins", "activity.code_wrong"},
		{core.EventSignInThrottled, "sign-ins", "activity.throttled"},
		{core.EventSignInAbandoned, "sign-ins", "activity.abandoned"},
		{core.EventSignInRefused, "sign-ins", "activity.refused"},
		{core.EventSecondStepsFailed, "sign-ins", "activity.second_steps"},
		{core.EventSignedOut, "sign-ins", "activity.signed_out"},
		{core.EventSessionEnded, "sign-ins", "activity.session_ended"},
		{core.EventConfirmed, "sign-ins", "activity.confirmed"},
		{core.EventDeviceRemembered, "devices", "activity.device_remembered"},
		{core.EventDeviceRenamed, "devices", "activity.device_renamed"},
		{core.EventDeviceEnded, "devices", "activity.device_forgotten"},
		{core.EventDeviceReplayed, "devices", "activity.device_replayed"},
		{core.EventTwoFactorOn, "two-factor", "activity.two_factor_on"},
		{core.EventTwoFactorOff, "two-factor", "activity.two_factor_off"},
		{core.EventTwoFactorOffNow, "two-factor", "activity.two_factor_off_now"},
		{core.EventTwoFactorReset, "two-factor", "activity.two_factor_reset"},
		{core.EventResetWaits, "two-factor", "activity.reset_waits"},
		{core.EventResetStopped, "two-factor", "activity.reset_stopped"},
		{core.EventExempted, "two-factor", "activity.exempted"},
		{core.EventExemptionEnded, "two-factor", "activity.exemption_ended"},
		{core.EventClientSignedIn, "sign-ins", "activity.client_signed_in"},
		{core.EventPauseStarted, "two-factor", "activity.pause_started"},
		{core.EventPauseEnded, "two-factor", "activity.pause_ended"},
		{core.EventAppAdded, "two-factor", "activity.app_added"},
		{core.EventAppActivated, "two-factor", "activity.app_activated"},
		{core.EventAppRenamed, "two-factor", "activity.app_renamed"},
		{core.EventAppRemoved, "two-factor", "activity.app_removed"},
		{core.EventRecoveryUsed, "two-factor", "activity.recovery_used"},
		{core.EventRecoveryRenewed, "two-factor", "activity.recovery_renewed"},
		{core.EventRecoveryReleased, "two-factor", "activity.recovery_released"},
		{core.EventFactorPaused, "two-factor", "activity.factor_paused"},
		{core.EventOffered, "two-factor", "activity.offered"},
		{core.EventPasswordSet, "password", "activity.password_set"},
		{core.EventPasswordChanged, "password", "activity.password_changed"},
		{core.EventPasswordRequired, "password", "activity.password_required"},
		{core.EventResetAsked, "password", "activity.reset_asked"},
		{core.EventPasswordReset, "password", "activity.password_reset"},
		{core.EventLinkMade, "password", "activity.link_made"},
		{core.EventLinkUsed, "password", "activity.link_used"},
		{core.EventUserCreated, "account", "activity.user_created"},
		{core.EventUserUnlocked, "account", "activity.user_unlocked"},
		{core.EventNotYou, "account", "activity.not_you"},
		{core.EventOrganizationAdded, "account", "activity.organization_added"},
		{core.EventPolicyChanged, "account", "activity.organization_changed"},
		{core.EventApplicationAdded, "account", "activity.application_added"},
		{core.EventApplicationChange, "account", "activity.application_changed"},
		{core.EventApplicationGone, "account", "activity.application_removed"},
	})
}

// upkeepTellings are those of keys, backups, mail and the log itself.
func upkeepTellings() []eventWords {
	return []eventWords{
		{core.EventKeyMade, "account", "activity.keys"},
		{core.EventKeyActive, "account", "activity.keys"},
		{core.EventKeySettled, "account", "activity.keys"},
		{core.EventKeyRetired, "account", "activity.keys"},
		{core.EventKeyRemoved, "account", "activity.keys"},
		{core.EventMasterReplaced, "account", "activity.keys"},
		{core.EventAPIKeyMade, "account", "activity.api_key_made"},
		{core.EventAPIKeyChanged, "account", "activity.api_key_changed"},
		{core.EventAPIKeyRolled, "account", "activity.api_key_rolled"},
		{core.EventAPIKeyDeleted, "account", "activity.api_key_deleted"},
		{core.EventAPIKeyExpiring, "account", "activity.api_key_expiring"},
		{core.EventAPIKeyReleased, "account", "activity.api_key_released"},
		{core.EventAppPasswordMade, "account", "activity.app_password_made"},
		{core.EventAppPasswordGone, "account", "activity.app_password_deleted"},
		{core.EventAppPasswordEnds, "account", "activity.app_password_expiring"},
		{core.EventAuditExported, "account", "activity.audit"},
		{core.EventAuditVerified, "account", "activity.audit"},
		{core.EventAuditTrimmed, "account", "activity.audit"},
		{core.EventAuditKeyMade, "account", "activity.audit"},
		{core.EventMailChanged, "account", "activity.mail_changed"},
		{core.EventMailTested, "account", "activity.mail_tested"},
		{core.EventBackupMade, "account", "activity.backup_made"},
		{core.EventBackupRestored, "account", "activity.backup_restored"},
	}
}

// profileTellings are those of the Profile tab.
func profileTellings() []eventWords {
	return []eventWords{
		{core.EventProfileChanged, "account", "activity.profile_changed"},
		{core.EventPhotoChanged, "account", "activity.photo_changed"},
		{core.EventPhotoRemoved, "account", "activity.photo_removed"},
		{core.EventEmailAsked, "account", "activity.email_asked"},
		{core.EventEmailChanged, "account", "activity.email_changed"},
		{core.EventEmailRestored, "account", "activity.email_restored"},
		{core.EventNotifyAsked, "account", "activity.notification_asked"},
		{core.EventNotifyChanged, "account", "activity.notification_changed"},
		{core.EventNotifyRemoved, "account", "activity.notification_removed"},
	}
}

// administratorTellings are those of Manage Users and of groups.
func administratorTellings() []eventWords {
	return []eventWords{
		{core.EventUserChanged, "account", "activity.user_changed"},
		{core.EventUserDeactivated, "account", "activity.user_deactivated"},
		{core.EventUserReactivated, "account", "activity.user_reactivated"},
		{core.EventInvitationGone, "account", "activity.invitation_withdrawn"},
		{core.EventTwoFactorReminded, "two-factor", "activity.two_factor_reminded"},
		{core.EventBulkStarted, "account", "activity.bulk_started"},
		{core.EventBulkEnded, "account", "activity.bulk_ended"},
		{core.EventPeopleExported, "account", "activity.people_exported"},
		{core.EventLoadFile, "account", "activity.load_file"},
		{core.EventLoadStarted, "account", "activity.load_started"},
		{core.EventLoadBatch, "account", "activity.load_batch"},
		{core.EventLoadEnded, "account", "activity.load_ended"},
		{core.EventLoadUndoStarted, "account", "activity.load_undo_started"},
		{core.EventLoadUndoBatch, "account", "activity.load_undo_batch"},
		{core.EventLoadUndoEnded, "account", "activity.load_undo_ended"},
		{core.EventLoadPackageSaved, "account", "activity.load_package_saved"},
		{core.EventLoadPackageGone, "account", "activity.load_package_deleted"},
		{core.EventScheduleSaved, "account", "activity.schedule_saved"},
		{core.EventScheduleRun, "account", "activity.schedule_run"},
		{core.EventScheduleGone, "account", "activity.schedule_deleted"},
		{core.EventScheduleFailed, "account", "activity.schedule_failed"},
		{core.EventScheduleStopped, "account", "activity.schedule_stopped"},
		{core.EventTwoFactorAsked, "two-factor", "activity.two_factor_demanded"},
		{core.EventGroupJoined, "account", "activity.group_joined"},
		{core.EventGroupLeft, "account", "activity.group_left"},
		{core.EventGroupCreated, "account", "activity.group_created"},
		{core.EventGroupChanged, "account", "activity.group_changed"},
		{core.EventGroupRemoved, "account", "activity.group_removed"},
	}
}

// kindsOf returns the kinds of a choice of the filter; none for an unknown one.
func kindsOf(group string) []string {
	var kinds []string
	for _, t := range tellings() {
		if t.group == group {
			kinds = append(kinds, t.kind)
		}
	}
	return kinds
}

// eventRows puts events into words for the person they are about. Only what is
// named here is told: an event may hold more than its subject should read.
func eventRows(events []core.Event, me core.ID) []EventRow {
	sentence := sentences()
	rows := make([]EventRow, len(events))
	for i, e := range events {
		rows[i] = EventRow{
			At: e.At, Text: sentence(e), Failed: e.Result != "" && e.Result != "ok",
			Details: eventDetails(e, me), Device: e.Origin.Device, Network: e.Origin.Network,
		}
	}
	return rows
}

// sentences returns what finds the sentence of an event for the person it is about.
func sentences() func(e core.Event) string {
	told := map[string]string{}
	for _, t := range tellings() {
		told[t.kind] = t.text
	}
	return func(e core.Event) string { return firstOf(variant(e), told[e.Kind], "activity.other") }
}

// variant is the sentence of an event whose details make another of it.
func variant(e core.Event) string {
	switch {
	case e.Kind == core.EventSignInCompleted && e.Detail[core.DetailDevice] != "":
		return "activity.signed_in_device"
	case e.Kind == core.EventDeviceEnded && e.Detail[core.DetailAll] != "":
		return "activity.devices_forgotten"
	case e.Kind == core.EventFactorPaused && e.Detail[core.DetailBlocked] != "":
		return "activity.factor_blocked"
	case e.Kind == core.EventClientSignedIn && e.Detail[core.DetailAppPass] != "":
		return "activity.client_app_password"
	case e.Kind != core.EventSessionEnded:
		return ""
	case e.Detail[core.DetailAll] != "" && e.Actor.ID != e.SubjectID:
		return "activity.sessions_ended_all"
	case e.Detail[core.DetailAll] != "":
		return "activity.sessions_ended"
	}
	switch core.EndReason(e.Detail[core.DetailReason]) {
	case core.EndElsewhere:
		return "activity.session_elsewhere"
	case core.EndReplaced:
		return "activity.session_replaced"
	}
	return ""
}

// eventDetails are the facts beside the sentence.
func eventDetails(e core.Event, me core.ID) []EventDetail {
	var all []EventDetail
	tell := func(text string, with ...any) { all = append(all, EventDetail{text, with}) }
	if method := methodText(e.Detail[core.DetailMethod]); method != "" {
		tell(method)
	}
	if e.Detail[core.DetailNewBrowser] != "" {
		tell("activity.detail_new_browser")
	}
	if e.Detail[core.DetailNewNetwork] != "" {
		tell("activity.detail_new_network")
	}
	everywhere := e.Kind == core.EventSessionEnded && e.Detail[core.DetailAll] != "" // no one browser has a name then
	if e.Target != "" && slices.Contains(named(), e.Kind) && !everywhere {
		tell("activity.detail_name", "Name", words.Device(e.Target))
	}
	if e.Target != "" && slices.Contains(addressed(), e.Kind) {
		tell("activity.detail_address", "Address", e.Target)
	}
	if to := e.Detail[core.DetailTo]; to != "" && (e.Kind == core.EventAppRenamed || e.Kind == core.EventDeviceRenamed) {
		tell("activity.detail_to", "Name", to)
	}
	for _, f := range changedFields() {
		before, after := e.Detail[f.name+"_before"], e.Detail[f.name+"_after"]
		if (e.Kind == core.EventProfileChanged || e.Kind == core.EventUserChanged) && before != after {
			tell(f.text, "Before", told(f.name, before), "After", told(f.name, after))
		}
	}
	if text := typeAfter(e); text != "" {
		tell(text)
	}
	if key := e.Detail[core.DetailKey]; key != "" {
		tell("activity.detail_key", "Key", key)
	}
	switch {
	case e.Actor.Kind == "operator":
		tell("activity.detail_by_operator")
	case e.Actor.Kind == "person" && e.Actor.ID != me:
		tell("activity.detail_by", "Name", e.Actor.Name)
	}
	return all
}

// changedField is one thing that people say about themselves, and how a change of
// it is told.
type changedField struct{ name, text string }

func changedFields() []changedField {
	return []changedField{
		{"first_name", "activity.changed_first_name"},
		{"last_name", "activity.changed_last_name"},
		{"title", "activity.changed_title"},
		{"phone", "activity.changed_phone"},
		{"department", "activity.changed_department"},
		{"manager", "activity.changed_manager"},
		{"time_zone", "activity.changed_time_zone"},
		{"language", "activity.changed_language"},
		{"email", "activity.changed_email"},
		{"username", "activity.changed_username"},
	}
}

// typeAfter names the rights that an administrator gave somebody.
func typeAfter(e core.Event) string {
	if e.Kind != core.EventUserChanged {
		return ""
	}
	switch e.Detail["type_after"] {
	case "no-access":
		return "activity.type_no_access"
	case "user":
		return "activity.type_user"
	case "help-desk":
		return "activity.type_help_desk"
	case "administrator":
		return "activity.type_administrator"
	}
	return ""
}

// told is the value of a field as it is read.
func told(field, value string) any {
	switch {
	case value == "":
		return "–"
	case field == "language":
		return words.Language(value)
	}
	return value
}

// named are the kinds whose target is the name of a thing of the person's own.
func named() []string {
	return []string{
		core.EventSessionEnded, core.EventDeviceRemembered, core.EventDeviceRenamed, core.EventDeviceEnded, core.EventDeviceReplayed,
		core.EventAppAdded, core.EventAppRenamed, core.EventAppRemoved,
		core.EventAPIKeyMade, core.EventAPIKeyChanged, core.EventAPIKeyRolled, core.EventAPIKeyDeleted, core.EventAPIKeyExpiring, core.EventAPIKeyReleased,
		core.EventAppPasswordMade, core.EventAppPasswordGone, core.EventAppPasswordEnds,
		core.EventGroupJoined, core.EventGroupLeft, core.EventGroupCreated, core.EventGroupChanged, core.EventGroupRemoved,
	}
}

// addressed are the kinds whose target is an address of the person's own.
func addressed() []string {
	return []string{
		core.EventEmailAsked, core.EventEmailChanged, core.EventEmailRestored,
		core.EventNotifyAsked, core.EventNotifyChanged, core.EventNotifyRemoved,
	}
}

// methodText names what was shown at a sign-in, or typed wrong.
func methodText(method string) string {
	switch method {
	case string(core.KindApp):
		return "activity.method_app"
	case string(core.KindEmail):
		return "activity.method_email"
	case string(core.KindRecovery):
		return "activity.method_recovery"
	case "password":
		return "activity.method_password"
	}
	return ""
}
