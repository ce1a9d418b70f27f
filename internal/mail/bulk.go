package mail

import "strconv"

// reminder is E30: an administrator asks somebody to set up an authenticator app.
// As that about the requirement it has no link: people who learn to follow the
// links of such a mail follow the next one too.
func (w writer) reminder() letter {
	l := w.say("mail.remind.subject", "mail.remind.lead")
	if name := w.job.Event.Actor.Name; name != "" {
		l.Lead = w.t("mail.remind.lead_by", "name", name)
	}
	l.Lines = []string{w.t("mail.remind.why")}
	l.Alarm = w.t("mail.remind.steps")
	l.Steps = []string{w.t("mail.remind.step.sign_in"), w.t("mail.remind.step.open"), w.t("mail.remind.step.scan")}
	l.Closing = []string{w.t("mail.required.no_link"), w.helpLine()}
	return l
}

// bulkReset is E31: two-factor is being reset for many people, told to the other
// administrators once instead of once a person.
func (w writer) bulkReset() letter {
	n, _ := strconv.Atoi(w.job.Event.Detail["people"]) // the store wrote it; else it is of nobody
	l := letter{Subject: w.t("mail.bulk_reset.subject"), Lead: w.t("mail.bulk_reset.lead", "count", n)}
	l.Facts = append([]fact{{w.t("mail.fact.by"), w.actor()}}, w.checked()...)
	l.Calm, l.Alarm = w.t("mail.bulk_reset.calm"), w.t("mail.reset.other.alarm")
	l.Steps = []string{w.t("mail.bulk_reset.stop"), w.t("mail.reset.other.ask")}
	l.Link = w.base.JoinPath("admin", "users", "bulk").String()
	l.NoAlarm = true
	return l
}
