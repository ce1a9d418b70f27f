package secret

import "github.com/sallyport/sallyport/internal/core"

// Binding says what a sealed text belongs to. A text opens only with the
// binding it was sealed with, so a row copied to another place is worthless
// (KY1).
type Binding struct {
	Table, Row, Field string
}

// PasswordOf binds a password's hash to its person, the current one and those
// that were replaced.
func PasswordOf(userID core.ID) Binding {
	return Binding{Table: "user", Row: string(userID), Field: "password"}
}

// AppSecretOf binds an app's shared secret to its person, not to a row: the
// same sealed text serves the set-up panel and the credential, and nobody else.
func AppSecretOf(userID core.ID) Binding {
	return Binding{Table: "app_secret", Row: string(userID), Field: "secret"}
}

// RecoveryListOf binds the recovery codes that a set-up panel shows.
func RecoveryListOf(userID core.ID) Binding {
	return Binding{Table: "recovery_codes", Row: string(userID), Field: "list"}
}

// DeviceSeedOf binds the seed of a remembered device's values to the device.
func DeviceSeedOf(deviceID core.ID) Binding {
	return Binding{Table: "remembered_device", Row: string(deviceID), Field: "seed"}
}

// AuditSeedOf binds the seed that signs the audit log's seals to its row.
func AuditSeedOf(keyID core.ID) Binding {
	return Binding{Table: "audit_key", Row: string(keyID), Field: "seed"}
}

// MailPasswordOf binds the password of a mail server to its place.
func MailPasswordOf(slot core.MailSlot) Binding {
	return Binding{Table: "mail_server", Row: string(slot), Field: "password"}
}

// RejectedRowOf binds the cells of a row that could not be loaded to their place
// in the report.
func RejectedRowOf(id core.ID) Binding {
	return Binding{Table: "load_reject", Row: string(id), Field: "cells"}
}

// LoadChunkOf binds bytes of a file that waits to be loaded to their place in it.
func LoadChunkOf(id core.ID) Binding {
	return Binding{Table: "load_chunk", Row: string(id), Field: "content"}
}

// LoadBeforeOf binds what was there before rows were loaded to their batch.
func LoadBeforeOf(id core.ID) Binding {
	return Binding{Table: "load_result", Row: string(id), Field: "before"}
}

func (b Binding) bytes() []byte { return join(b.Table, b.Row, b.Field) }
