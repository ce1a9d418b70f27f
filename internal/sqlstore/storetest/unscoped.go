package storetest

import "maps"

// Unscoped are the methods that look across organizations, each with the reason
// (law 10). Every other method of the store is tried by the suite with the id
// of another organization.
func Unscoped() map[string]string {
	all := map[string]string{
		"FindLogin":          "sign-in lookup: the person has not said which organization",
		"FindClient":         "sign-in lookup: nor has the program",
		"AttemptByToken":     "sign-in lookup by the digest of 256 random bits",
		"LinkByToken":        "sign-in lookup by the digest of 256 random bits",
		"AddressChangeByID":  "sign-in lookup by an id under a MAC of the key ring",
		"NoticedEvent":       "sign-in lookup by an id under a MAC of the key ring",
		"FactorResetByID":    "sign-in lookup by an id under a MAC of the key ring",
		"DueResets":          "sweeper: each is carried out in its own organization",
		"OverExemptions":     "sweeper: each end is written down in its own organization",
		"OverPauses":         "sweeper: each end is written down in its own organization",
		"SessionByToken":     "session by the digest of 256 random bits",
		"APIKeyByAccess":     "key by its public access key; its secret is compared next",
		"ExpiringAPIKeys":    "work in the background: each is told of in its own organization",
		"TouchSessions":      "sessions whose ids SessionByToken gave",
		"ChangesSince":       "the session cache of a replica serves all organizations",
		"AuditKeys":          "keys belong to the deployment",
		"AddAuditKey":        "keys belong to the deployment",
		"AuditOrganizations": "the sealer: ids alone",
		"TakeAuditTask":      "work in the background of the whole deployment",
		"MoveAuditTask":      "work in the background of the whole deployment",
		"LeaseMail":          "outbox",
		"SettleMail":         "outbox: the row is named by its lease",
		"Announce":           "outbox: the announcement names the organization",
		"TakeBulk":           "work in the background: the job names the organization",
		"LeaveBulk":          "work in the background: the job is named by its lease",
		"MailWorks":          "outbox: the mail server is the deployment's",
		"Sweep":              "sweeper",
		"Take":               "buckets of unknown names belong to nobody",
		"Settle":             "buckets of unknown names belong to nobody",
		"Spend":              "buckets of unknown names belong to nobody",
		"Note":               "inserts only: what was tried with a name that nobody has belongs to nobody",
		"ClearPrefixes":      "buckets of an account that the caller looked up in its organization",
		"UserByEmailKey":     "operator command",
		"Organization":       "the organization itself, by its id",
		"Organizations":      "operator command",
		"CreateOrganization": "operator command",
		"SaveOrganization":   "the organization itself, by its id",
		"CountUsers":         "operator command",
		"Stats":              "operator's metrics",
		"HeldCodes":          "operator command",
		"Deployment":         "operator command: the deployment as a whole",
		"BackedUp":           "operator command: the deployment as a whole",
		"Snapshot":           "operator command: everything there is",
		"CheckRestore":       "operator command: no organization is there yet",
		"BeginRestore":       "operator command: no organization is there yet",
		"LoadBackup":         "operator command: everything there is",
		"MigrateRestored":    "operator command: everything there is",
		"FinishRestore":      "operator command: everything there is",
		"ClaimTally":         "the deployment's own clockwork: no organization's rows",
		"SaveFigures":        "the hourly count: inserts what was counted for each organization",
		"BulkUsers":          "operator command (demo, benchmarks): inserts only",
		"ImportHistory":      "operator command (demo): inserts only",
		"Open":               "no rows", "Close": "no rows", "Ping": "no rows", "Migrate": "no rows",
		"SchemaVersion": "no rows", "DatabaseTime": "no rows", "Kind": "no rows",
	}
	maps.Copy(all, unscopedUpkeep())
	return all
}

// unscopedUpkeep are those about keys, mail servers and work in the background.
func unscopedUpkeep() map[string]string {
	return map[string]string{
		"TouchAPIKeys":         "keys whose ids APIKeyByAccess gave",
		"TouchAppPasswords":    "app passwords whose ids FindClient gave",
		"ExpiringAppPasswords": "work in the background: each is told of in its own organization",
		"TakeLoad":             "work in the background: the file names the organization",
		"HoldLoad":             "work in the background: the file is named by its lease",
		"TakeLook":             "work in the background: the file names the organization",
		"SaveLook":             "work in the background: the file is named by its lease",
		"TakeLoadSchedule":     "work in the background: the schedule names the organization",
		"LoadWaits":            "as TakeLoad: it is asked for whichever is due",
		"Keys":                 "keys belong to the deployment",
		"AddKey":               "keys belong to the deployment",
		"ActivateKey":          "keys belong to the deployment",
		"SettleKey":            "keys belong to the deployment",
		"RetireKey":            "keys belong to the deployment",
		"RemoveKey":            "keys belong to the deployment",
		"RewrapKeys":           "keys belong to the deployment",
		"SealedTexts":          "key: all that is sealed under it",
		"Reseal":               "key: all that is sealed under it, by rows that SealedTexts gave",
		"KeyUses":              "key: counts alone",
		"MailSettings":         "mail is the deployment's",
		"OnlyOrganization":     "the organization itself, by its id",
		"NoteMail":             "mail is the deployment's",
		"MailHealth":           "mail is the deployment's",
		"ClaimMailProbe":       "mail is the deployment's",
		"SaveMailTrial":        "mail is the deployment's",
		"MailTrials":           "mail is the deployment's",
	}
}
