package sqlstore

// table is one table of the schema, for what goes over all of them.
type table struct {
	name  string
	since int64 // the version of the schema it came with
	// restored says what a restored backup changes in it, where it needs it with
	// the time of the restore as $1; empty where its rows come back as they were (BK2).
	restored string
}

// stopSchedules stops those that were restored: what they load now may be older than
// what is there, and their keys wait too.
const stopSchedules = `UPDATE load_schedule SET stopped = TRUE, settled = TRUE, fault = '{"Code":"load.restored"}',
	lease_owner = '', lease_until = 0, version = version + 1`

// tables are all tables, each after those that its rows refer to.
//
// Whatever was open, half done or on its way when the backup was made may have
// been ended, used or answered since: it is over. Recovery codes that are good
// in the backup may have been used since, and API keys deleted: they wait; app
// passwords likewise, and whoever made one makes another in a minute: they are
// over. What only ever protects stays: counters of wrong codes, throttles, undo of
// a changed address, and known browsers, which raise no level.
func tables() []table {
	return []table{
		{"organization", 1, ""},
		{"data_key", 1, ""},
		{"deployment", 2, ""}, // see FinishRestore
		{"application", 1, ""},
		{"person", 1, ""},
		{"person_word", 6, ""},
		{"login_key", 1, ""},
		{"person_group", 1, ""},
		{"membership", 1, ""},
		{"photo", 2, ""},
		{"past_password", 2, ""},
		{"credential", 1, `UPDATE credential SET state = 'held'
			WHERE kind = 'recovery' AND used_at = 0`},
		{"api_key", 12, `UPDATE api_key SET held = TRUE, version = version + 1`},
		{"app_password", 20, `UPDATE app_password SET expires_at = $1 WHERE expires_at > $1`},
		{"guard", 1, ""},
		{"attempt", 1, `UPDATE attempt SET ended_at = $1, end_reason = 'restored', version = version + 1 WHERE ended_at = 0`},
		{"challenge", 1, `UPDATE challenge SET used_at = $1 WHERE used_at = 0`},
		{"session", 1, `UPDATE session SET ended_at = $1, end_reason = 'restored' WHERE ended_at = 0`},
		{"remembered_device", 1, `UPDATE remembered_device SET ended_at = $1 WHERE ended_at = 0`},
		{"known_browser", 1, ""},
		{"enrolment", 1, `UPDATE enrolment SET ended_at = $1, secret_sealed = '', codes_sealed = '', version = version + 1 WHERE ended_at = 0`},
		{"link", 1, `UPDATE link SET expires_at = $1 WHERE used_at = 0 AND expires_at > $1`},
		{"address_change", 2, `UPDATE address_change SET ended_at = $1 WHERE done_at = 0 AND ended_at = 0`},
		{"factor_reset", 7, `UPDATE factor_reset SET outcome = 'restored', settled_at = $1 WHERE outcome = ''`},
		{"exemption", 7, ""},
		{"pause", 13, `UPDATE pause SET ended_at = $1, end_reason = 'restored', told_at = $1 WHERE ended_at = 0`},
		{"bulk_job", 8, `UPDATE bulk_job SET state = 'stopped', ended_at = $1, lease_owner = '', lease_until = 0 WHERE ended_at = 0`},
		{"bulk_item", 8, ""},
		{"load_run", 15, `UPDATE load_run SET state = 'stopped', outcome = 'stopped', reason = 'load.restored', ended_at = $1 WHERE ended_at = 0`},
		{"load_named", 15, `DELETE FROM load_named`},
		{"load_reject", 15, ""},
		{"load_result", 27, ""},
		{"load_undo", 29, `UPDATE load_undo SET state = 'halted', reason = 'load.restored', ended_at = $1, lease_owner = '', lease_until = 0 WHERE state = 'undoing'`},
		{"load_file", 17, `UPDATE load_file SET lease_owner = '', lease_until = 0`},                                       // its load is over, and it is swept
		{"load_chunk", 17, `DELETE FROM load_chunk WHERE file_id IN (SELECT f.id FROM load_file f WHERE f.run_id <> '')`}, // as at its end
		{"load_package", 18, ""},
		{"load_schedule", 22, stopSchedules},
		{"daily_figure", 9, ""},
		{"throttle", 1, ""},
		{"mail_refusal", 10, ""},
		{"announcement", 10, `UPDATE announcement SET ended_at = $1 WHERE ended_at = 0`},
		{"outbox", 1, `UPDATE outbox SET delivery = 'expired', lease_owner = '', lease_until = 0 WHERE delivery = 'queued'`},
		{"cache_change", 1, `DELETE FROM cache_change`},
		{"event", 1, ""},
		{"audit_key", 4, ""},
		{"audit_seal", 4, ""},
		{"audit_cut", 4, ""},
		{"audit_task", 4, `UPDATE audit_task SET owner = '', until = 0`},
		{"mail_server", 5, ""},
		{"mail_setting", 5, ""},
		{"mail_health", 5, `DELETE FROM mail_health`}, // it was so when the backup was made
		{"mail_minute", 5, `DELETE FROM mail_minute`},
		{"mail_trial", 5, ""},
		// What was done since the backup is not done any more, nor the other way round.
		{"api_call", 14, `DELETE FROM api_call`},
	}
}
