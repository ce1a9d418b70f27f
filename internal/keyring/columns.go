package keyring

import (
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// bindingOf returns what a sealed text of a column is bound to.
func bindingOf(c core.SealedColumn, t core.SealedText) secret.Binding {
	switch c {
	case core.SealedPassword, core.SealedPastPassword:
		return secret.PasswordOf(t.UserID)
	case core.SealedAppSecret, core.SealedPanelSecret:
		return secret.AppSecretOf(t.UserID)
	case core.SealedPanelCodes:
		return secret.RecoveryListOf(t.UserID)
	case core.SealedDeviceSeed:
		return secret.DeviceSeedOf(t.ID)
	case core.SealedAuditSeed:
		return secret.AuditSeedOf(t.ID)
	case core.SealedMailPassword:
		return secret.MailPasswordOf(core.MailSlot(t.ID))
	case core.SealedRejectedRow:
		return secret.RejectedRowOf(t.ID)
	case core.SealedLoadChunk:
		return secret.LoadChunkOf(t.ID)
	case core.SealedLoadBefore:
		return secret.LoadBeforeOf(t.ID)
	}
	return secret.Binding{} // opens nothing
}
