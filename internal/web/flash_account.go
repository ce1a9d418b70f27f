package web

// accountDoneText is doneText for the pages of the account.
func accountDoneText(code string) string {
	switch code {
	case "on":
		return "account.done.on_app"
	case "on-email":
		return "account.done.on_email"
	case "on-waiting":
		return "account.done.on_waiting"
	case "on-again":
		return "account.done.on_again"
	case "off-now":
		return "account.done.off_now"
	case "off":
		return "account.done.off"
	case "email-changed":
		return "account.done.email_changed"
	case "notification-changed":
		return "account.done.notification_changed"
	case "notification-removed":
		return "account.done.notification_removed"
	case "address-given-up":
		return "account.done.address_given_up"
	case "photo-saved":
		return "account.done.photo_saved"
	case "photo-removed":
		return "account.done.photo_removed"
	case "profile-saved":
		return "account.done.profile_saved"
	case "app-added":
		return "account.done.app_added"
	case "app-renamed":
		return "account.done.app_renamed"
	case "app-removed":
		return "account.done.app_removed"
	case "session-ended":
		return "account.done.session_ended"
	case "others-ended":
		return "account.done.others_ended"
	case "device-renamed":
		return "account.done.app_renamed"
	case "device-forgotten":
		return "account.done.device_forgotten"
	case "devices-forgotten":
		return "account.done.devices_forgotten"
	case "codes-saved":
		return "account.done.codes_saved"
	case "named":
		return "account.done.named"
	case "password-changed":
		return "account.done.password_changed"
	case "nothing-changed":
		return "account.done.cancelled"
	}
	return firstOf(keyDoneText(code), adminDoneText(code))
}

// keyDoneText is doneText for the pages of API keys.
func keyDoneText(code string) string {
	switch code {
	case "key-saved":
		return "keys.done.saved"
	case "key-changed":
		return "keys.done.changed"
	case "key-deleted":
		return "keys.done.deleted"
	case "key-released":
		return "keys.done.released"
	}
	return scheduleDoneText(code)
}

// scheduleDoneText is doneText for schedules of the Data Loader.
func scheduleDoneText(code string) string {
	switch code {
	case "schedule-saved":
		return "schedule.done.saved"
	case "schedule-stopped":
		return "schedule.done.stopped"
	case "schedule-run":
		return "schedule.done.run"
	case "schedule-resumed":
		return "schedule.done.resumed"
	case "schedule-deleted":
		return "schedule.done.deleted"
	}
	return ""
}

// adminDoneText is doneText for the pages of administrators.
func adminDoneText(code string) string {
	switch code {
	case "required":
		return "admin.done.required"
	case "not-required":
		return "admin.done.not_required"
	case "asked-again":
		return "admin.done.asked_again"
	case "passwords-reset":
		return "admin.done.passwords_reset"
	case "email-saved":
		return "admin.done.email_saved"
	case "email-removed":
		return "admin.done.email_removed"
	case "settings-saved":
		return "admin.done.saved"
	}
	return helpDoneText(code)
}

// helpDoneText is doneText for the pages of helping somebody.
func helpDoneText(code string) string {
	switch code {
	case "pause-started":
		return "pause.done.started"
	case "pause-ended":
		return "pause.done.ended"
	case "app-password-saved":
		return "app_passwords.done.saved"
	case "app-password-deleted":
		return "app_passwords.done.deleted"
	case "two-factor-reset":
		return "helping.done.reset"
	case "reset-waits":
		return "helping.done.waits"
	case "reset-cancelled":
		return "helping.done.cancelled"
	case "own-reset-cancelled":
		return "reset_cancel.cancelled.title"
	case "reset-settled":
		return "helping.done.settled"
	case "exempted":
		return "helping.done.exempted"
	case "exemption-ended":
		return "helping.done.ended"
	case "exemption-changed":
		return "helping.done.exemption_changed"
	}
	return groupDoneText(code)
}

// groupDoneText is doneText for the pages of groups and of packages.
func groupDoneText(code string) string {
	switch code {
	case "package-saved":
		return "loading.done.package_saved"
	case "package-changed":
		return "loading.done.package_changed"
	case "package-copied":
		return "loading.done.package_copied"
	case "package-deleted":
		return "loading.done.package_deleted"
	case "group-made":
		return "groups.done.made"
	case "group-saved":
		return "groups.done.saved"
	case "group-saved-too":
		return "groups.done.saved_too"
	case "group-deleted":
		return "groups.done.deleted"
	case "member-added":
		return "groups.done.member_added"
	case "member-removed":
		return "groups.done.member_removed"
	}
	return userDoneText(code)
}

// userDoneText is doneText for Manage Users.
func userDoneText(code string) string {
	switch code {
	case "user-added":
		return "users.done.added"
	case "user-added-quietly":
		return "users.done.added_quietly"
	case "user-saved":
		return "users.done.saved"
	case "user-deactivated":
		return "users.done.deactivated"
	case "user-reactivated":
		return "users.done.reactivated"
	case "user-invited":
		return "users.done.invited"
	case "user-link-sent":
		return "users.done.link_sent"
	case "user-may-try":
		return "users.done.may_try"
	case "user-password-due":
		return "users.done.password_due"
	case "user-two-factor-on":
		return "users.done.two_factor_on"
	case "user-signed-out":
		return "users.done.signed_out"
	}
	return ""
}
