package core

import "time"

// StoredKey is a data key as stored: wrapped under the master key, which is
// not in the database. Its life: made, active, replaced by the next one,
// retired when nothing hangs on it, removed a while later.
type StoredKey struct {
	ID        string
	Wrapped   string
	Active    bool // the one that seals; at most one is
	CreatedAt time.Time
	ActiveAt  time.Time // when it began to seal; zero for the first key of old deployments
	SettledAt time.Time // when all that older keys had sealed was found sealed under it
	RetiredAt time.Time // when nothing hung on it any more; it still opens
}

// The timing of a change of keys (KY3).
const (
	// KeyWait is how long a rotation waits before the new key seals, and again
	// before it counts on nobody sealing with the old one: longer than any
	// replica that serves can go without reading the change table.
	KeyWait = CacheGood + ChangePoll
	// KeyKept is how long a retired key still opens: longer than anything that
	// carries a key's id outside of the database is good.
	KeyKept = 30 * 24 * time.Hour
)

// SealedColumn names a column of sealed texts, as table.column.
type SealedColumn string

// The columns that hold sealed texts; rotation seals each anew.
const (
	SealedPassword     SealedColumn = "person.password_sealed"
	SealedPastPassword SealedColumn = "past_password.sealed"
	SealedAppSecret    SealedColumn = "credential.sealed"
	SealedDeviceSeed   SealedColumn = "remembered_device.seed_sealed"
	SealedPanelSecret  SealedColumn = "enrolment.secret_sealed"
	SealedPanelCodes   SealedColumn = "enrolment.codes_sealed"
	SealedAuditSeed    SealedColumn = "audit_key.seed_sealed"
	SealedMailPassword SealedColumn = "mail_server.password_sealed"
	SealedRejectedRow  SealedColumn = "load_reject.cells_sealed"
	SealedLoadChunk    SealedColumn = "load_chunk.content_sealed"
	SealedLoadBefore   SealedColumn = "load_result.before_sealed"
)

// SealedColumns returns all of them, in the order in which rotation goes: what
// a set-up panel holds before what its end makes of it.
func SealedColumns() []SealedColumn {
	return []SealedColumn{
		SealedPanelSecret, SealedPanelCodes, SealedAppSecret, SealedDeviceSeed, SealedPassword, SealedPastPassword,
		SealedAuditSeed, SealedMailPassword, SealedRejectedRow, SealedLoadChunk, SealedLoadBefore,
	}
}

// KeyedColumn names a column of key ids behind keyed hashes and derived codes,
// which nobody can make anew without what was hashed.
type KeyedColumn string

// The columns of key ids.
const (
	KeyedRecoveryCode  KeyedColumn = "credential.key_id"
	KeyedChallenge     KeyedColumn = "challenge.key_id"
	KeyedLink          KeyedColumn = "link.key_id"
	KeyedAddressChange KeyedColumn = "address_change.key_id"
	KeyedAPIKey        KeyedColumn = "api_key.key_id"
	KeyedOldAPIKey     KeyedColumn = "api_key.old_key_id"
	KeyedAppPassword   KeyedColumn = "app_password.key_id"
)

// KeyedColumns returns all of them.
func KeyedColumns() []KeyedColumn {
	return []KeyedColumn{KeyedRecoveryCode, KeyedChallenge, KeyedLink, KeyedAddressChange, KeyedAPIKey, KeyedOldAPIKey, KeyedAppPassword}
}

// SealedText is one sealed text of a column.
type SealedText struct {
	ID     ID // of the row
	UserID ID
	Text   string
}

// Resealing replaces one sealed text, if it is still the one that was read.
type Resealing struct {
	ID       ID
	Old, New string
	KeyID    string // behind New
}

// Rewrapping replaces one wrapped data key, if it is still the one that was read.
type Rewrapping struct {
	ID       string
	Old, New string
}

// KeyUses counts what hangs on one data key.
type KeyUses struct {
	Sealed map[SealedColumn]int
	Keyed  map[KeyedColumn]int
}

// None reports whether nothing hangs on the key.
func (u KeyUses) None() bool {
	for _, n := range u.Sealed {
		if n > 0 {
			return false
		}
	}
	for _, n := range u.Keyed {
		if n > 0 {
			return false
		}
	}
	return true
}
