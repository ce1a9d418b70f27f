package core

import "time"

// Event is one row of the audit log. It is written in the transaction of the
// change it tells (AU5) and never holds a code, secret, password or token.
type Event struct {
	ID             ID
	OrganizationID ID // empty for the deployment's own
	At             time.Time
	Kind           string // stable, for example "signin.completed"
	Result         string // "ok", "refused", "failed"
	Actor          Actor
	SubjectID      ID     // the person it is about; may be empty
	Target         string // what was touched, for people to read
	Detail         map[string]string
	Origin         Origin
	DemoData       bool
}

// Actor says who did it.
type Actor struct {
	Kind string // "person", "operator", "system", "nobody"
	ID   ID     // of a person
	Name string // as shown then
}

// Origin says from where.
type Origin struct {
	Address   string // of the client
	Network   string // its /24 or /64
	Device    string // "Firefox on Windows"
	UserAgent string // at most 256 bytes
	RequestID string
	Session   ID
	Replica   string // the server that wrote it; the store fills it in
	// Key is the access key of the API key that asked for it; the store keeps it as
	// the event's [DetailKey].
	Key string
	// Bulk is the job of many people that it is part of. It is not stored with an
	// event: the store settles that person of the job in the same transaction, so
	// that nobody is done twice.
	Bulk ID
	// Call is the attempt of a program's call that it is part of ([Call]). It is
	// not stored with an event either: the store marks the call as done in the same
	// transaction.
	Call ID
}

// The kinds of event this build writes. Each is in [EventKinds] too, and has a
// sentence in package web.
const (
	EventPasswordWrong     = "signin.password_wrong"
	EventSignInThrottled   = "signin.throttled"
	EventPasswordRight     = "signin.password_right"
	EventCodeSent          = "signin.code_sent"
	EventCodeWrong         = "signin.code_wrong"
	EventSignInCompleted   = "signin.completed"
	EventSignInAbandoned   = "signin.abandoned"
	EventSignInRefused     = "signin.refused"
	EventSecondStepsFailed = "signin.second_steps_failed"
	EventSignedOut         = "session.signed_out"
	EventSessionEnded      = "session.ended"
	EventConfirmed         = "session.confirmed"
	EventDeviceRemembered  = "device.remembered"
	EventDeviceRenamed     = "device.renamed"
	EventDeviceEnded       = "device.ended"
	EventDeviceReplayed    = "device.replayed"
	EventTwoFactorOn       = "twofactor.on"
	EventTwoFactorOff      = "twofactor.off"
	EventTwoFactorOffNow   = "twofactor.suspended"
	EventTwoFactorReset    = "twofactor.reset"
	EventResetWaits        = "twofactor.reset_asked" // a reset that waits was asked for
	EventResetStopped      = "twofactor.reset_cancelled"
	EventExempted          = "exemption.granted"
	EventExemptionEnded    = "exemption.ended"
	EventPauseStarted      = "pause.started" // for password clients; Target is the network
	EventPauseEnded        = "pause.ended"
	EventClientSignedIn    = "client.signed_in" // a program, with a password alone; Target is the application
	EventAppAdded          = "app.added"
	EventAppActivated      = "app.activated"
	EventAppRenamed        = "app.renamed"
	EventAppRemoved        = "app.removed"
	EventRecoveryUsed      = "recovery.used"
	EventRecoveryRenewed   = "recovery.renewed"
	EventFactorPaused      = "factor.paused"
	EventUserCreated       = "user.created"
	EventUserUnlocked      = "user.unlocked"
	EventUserChanged       = "user.changed"     // by an administrator
	EventUserDeactivated   = "user.deactivated" // by an administrator
	EventUserReactivated   = "user.reactivated"
	EventInvitationGone    = "invitation.withdrawn"
	EventTwoFactorAsked    = "twofactor.demanded" // an administrator ticked the box
	EventGroupCreated      = "group.created"
	EventGroupChanged      = "group.changed"
	EventGroupRemoved      = "group.removed"
	EventGroupJoined       = "group.joined" // SubjectID is the person
	EventGroupLeft         = "group.left"
	EventLinkMade          = "link.made"
	EventResetAsked        = "reset.asked" // somebody asked for a new password
	EventLinkUsed          = "link.used"
	EventPasswordSet       = "password.set"
	EventPasswordChanged   = "password.changed"
	EventPasswordReset     = "password.reset" // chosen anew over a mailed link
	EventPasswordRequired  = "password.required"
	EventOrganizationAdded = "organization.created"
	EventPolicyChanged     = "organization.changed"
	EventApplicationAdded  = "application.added"
	EventApplicationChange = "application.changed"
	EventApplicationGone   = "application.removed"
	EventOffered           = "offer.answered"
	EventEmailAsked        = "email.asked"
	EventEmailChanged      = "email.changed"
	EventEmailRestored     = "email.restored" // the address before took the change back
	EventNotifyAsked       = "notification_email.asked"
	EventNotifyChanged     = "notification_email.changed"
	EventNotifyRemoved     = "notification_email.removed"
	EventProfileChanged    = "profile.changed"
	EventPhotoChanged      = "photo.changed"
	EventPhotoRemoved      = "photo.removed"
	EventNotYou            = "account.not_you" // somebody pressed "Wasn't you?"
	EventRecoveryReleased  = "recovery.released"
	EventMailChanged       = "mail.changed" // the mail settings
	EventMailTested        = "mail.tested"
	EventBackupMade        = "backup.made"
	EventBackupRestored    = "backup.restored"
	EventKeyMade           = "key.made"
	EventKeyActive         = "key.active"
	EventKeySettled        = "key.settled"
	EventKeyRetired        = "key.retired"
	EventKeyRemoved        = "key.removed"
	EventMasterReplaced    = "key.master_replaced"
	EventAPIKeyMade        = "apikey.made"
	EventAPIKeyChanged     = "apikey.changed"
	EventAPIKeyRolled      = "apikey.rolled" // it has a new secret
	EventAPIKeyDeleted     = "apikey.deleted"
	EventAPIKeyExpiring    = "apikey.expiring"  // its end is near
	EventAPIKeyReleased    = "apikey.released"  // held since a restore, and let go
	EventAppPasswordMade   = "apppassword.made" // for one old program; Target is its name
	EventAppPasswordGone   = "apppassword.deleted"
	EventAppPasswordEnds   = "apppassword.expiring" // its end is near
	EventAuditExported     = "audit.exported"
	EventAuditVerified     = "audit.verified"
	EventAuditTrimmed      = "audit.trimmed" // retention removed rows
	EventAuditKeyMade      = "audit.key_made"
	EventBulkStarted       = "bulk.started" // one action for many people; each has an event of its own too
	EventBulkEnded         = "bulk.ended"
	EventTwoFactorReminded = "twofactor.reminded"
	EventPeopleExported    = "people.exported" // a list, a report or the result of a bulk job was taken
	EventLoadFile          = "load.file"       // a file was put up to be loaded
	EventLoadStarted       = "load.started"
	EventLoadBatch         = "load.batch" // some of its rows; a person whose account it changes has an event too
	EventLoadEnded         = "load.ended"
	EventLoadUndoStarted   = "load.undo_started"
	EventLoadUndoBatch     = "load.undo_batch" // as EventLoadBatch
	EventLoadUndoEnded     = "load.undo_ended"
	EventLoadPackageSaved  = "load.package_saved"
	EventLoadPackageGone   = "load.package_deleted"
	EventScheduleSaved     = "load.schedule_saved" // or resumed
	EventScheduleRun       = "load.schedule_run"   // by a person, out of its turn
	EventScheduleGone      = "load.schedule_deleted"
	EventScheduleFailed    = "load.schedule_failed"
	EventScheduleStopped   = "load.schedule_stopped" // by a person, or by its failures
)

// The keys of Event.Detail that other parts read; all other details are for
// people.
const (
	DetailMethod     = "method"         // a FactorKind
	DetailBlocked    = "blocked"        // EventFactorPaused: set where it is closed until somebody helps
	DetailNewBrowser = "new_browser"    // EventSignInCompleted: set where this browser was not known
	DetailNewNetwork = "new_network"    // EventSignInCompleted: set where a remembered device was in a new network
	DetailAbout      = "about"          // EventNotYou: the kind of event that somebody did not do
	DetailBySelf     = "by_itself"      // EventResetAsked: set where nobody asked, but many wrong passwords were typed
	DetailDevice     = "device"         // EventSignInCompleted: set where a remembered device stood in for the second step
	DetailForeign    = "foreign_device" // EventPasswordRight, EventSignInCompleted: the browser brought another person's device (RD3)
	DetailReason     = "reason"         // EventSessionEnded: an EndReason, where it is not the owner's own
	DetailAll        = "all"            // EventSessionEnded, EventDeviceEnded: set where all (others) ended
	DetailTo         = "to"             // a new name
	DetailHow        = "how"            // EventTwoFactorReset, EventResetWaits: an IdentityCheck
	DetailNote       = "note"           // likewise: what was noted beside it
	DetailUntil      = "until"          // EventExempted, EventExemptionEnded: its end; EventResetWaits: when it is due (RFC 3339)
	DetailGroup      = "group"          // EventExempted, EventExemptionEnded: the id of the group that it is of
	DetailAccess     = "access"         // EventAPIKey…: the access key that it is about
	DetailDays       = "days"           // EventAPIKeyExpiring, EventAppPasswordEnds: how many are left at most
	DetailStarted    = "started"        // EventLoadEnded: when the load began (RFC 3339)
	DetailReasonWith = "reason_with"    // what the sentence of the reason needs, as JSON
	DetailKey        = "key"            // the access key that was shown, where a program did it
	DetailClient     = "client"         // EventPasswordWrong: the application, where a program typed it
	DetailPause      = "pause"          // EventClientSignedIn: set where a pause let it in
	DetailAppPass    = "app_password"   // EventClientSignedIn: the name of the app password that was shown
	DetailNetwork    = "network"        // EventAppPasswordMade: from where; none: from anywhere
	DetailFor        = "application"    // EventAppPasswordMade: the application; none: our own loader
	DetailSignIns    = "sign_ins"       // EventPauseEnded: how often a password client signed in by it
	DetailLastUsed   = "last_used"      // EventPauseEnded: when one last did (RFC 3339)
	DetailReplaced   = "replaced"       // the address before, where it hears of the change too
)
