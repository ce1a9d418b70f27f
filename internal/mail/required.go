package mail

// requiredLetter is E13: everybody needs a code from now or from a date on, and
// what that takes. It has no link: people who learn to follow the links of such
// a mail follow the next one too.
func (w writer) requiredLetter() letter {
	l := letter{Subject: w.t("mail.required.subject"), Lead: w.t("mail.required.lead")}
	from := w.job.Organization.Policy.RequiresFrom(w.now)
	if !from.IsZero() {
		l.Subject = w.t("mail.required.subject_from", "date", w.p.Date(from, w.zone))
		l.Lead = w.t("mail.required.lead_from", "date", w.p.Date(from, w.zone))
	}
	if w.job.Organization.Policy.EnforceExistingFrom.IsZero() {
		l.Lines = []string{w.t("mail.required.now_too")}
	}
	l.Alarm = w.t("mail.required.steps")
	if until := w.job.ExemptUntil; until.After(w.now) && until.After(from) {
		l.Lines = append(l.Lines, w.t("mail.required.exempt", "date", w.p.Date(until, w.zone)))
		l.Alarm = w.t("mail.required.steps_after")
	}
	l.Steps = []string{w.t("mail.required.step.password"), w.t("mail.required.step.email"), w.t("mail.required.step.app")}
	if w.job.Organization.Policy.AppsOnly {
		l.Steps[2] = w.t("mail.required.step.app_needed")
	}
	l.Closing = []string{w.t("mail.required.no_link"), w.helpLine()}
	return l
}
