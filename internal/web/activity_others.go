package web

// forOthers is a sentence of [tellings] as an administrator reads it about
// somebody: what speaks to the person is told of them.
func forOthers(text string) string { return firstOf(toldOfOthers()[text], text) }

// toldOfOthers are the sentences that speak to the person, each with the one that
// speaks of them (a test finds one that is missing).
func toldOfOthers() map[string]string {
	return map[string]string{
		"activity.app_activated":        "told.app_activated",
		"activity.code_sent":            "told.code_sent",
		"activity.confirmed":            "told.confirmed",
		"activity.email_changed":        "told.email_changed",
		"activity.email_restored":       "told.email_restored",
		"activity.exempted":             "told.exempted",
		"activity.exemption_ended":      "told.exemption_ended",
		"activity.group_joined":         "told.group_joined",
		"activity.group_left":           "told.group_left",
		"activity.invitation_withdrawn": "told.invitation_withdrawn",
		"activity.notification_changed": "told.notification_changed",
		"activity.notification_removed": "told.notification_removed",
		"activity.offered":              "told.offered",
		"activity.organization_added":   "told.organization_added",
		"activity.organization_changed": "told.organization_changed",
		"activity.password_changed":     "told.password_changed",
		"activity.password_required":    "told.password_required",
		"activity.photo_changed":        "told.photo_changed",
		"activity.photo_removed":        "told.photo_removed",
		"activity.profile_changed":      "told.profile_changed",
		"activity.recovery_released":    "told.recovery_released",
		"activity.refused":              "told.refused",
		"activity.reset_waits":          "told.reset_waits",
		"activity.session_elsewhere":    "told.session_elsewhere",
		"activity.two_factor_demanded":  "told.two_factor_demanded",
		"activity.two_factor_reminded":  "told.two_factor_reminded",
		"activity.user_changed":         "told.user_changed",
		"activity.user_created":         "told.user_created",
		"activity.user_deactivated":     "told.user_deactivated",
		"activity.user_reactivated":     "told.user_reactivated",
		"activity.user_unlocked":        "told.user_unlocked",
	}
}
