package web

import "github.com/sallyport/sallyport/internal/organization"

// The addresses of administrators, as the article names the way (ux 4).
const (
	adminPath          = "/admin"
	systemSettingsPath = adminPath + "/system-settings"
	systemSetupPath    = systemSettingsPath + "/setup"
	organizationPath   = systemSetupPath + "/organizations-and-security"
	generalPath        = organizationPath + "/general"
	orgSecurityPath    = organizationPath + "/security"
	mailSettingsPath   = systemSettingsPath + "/email"
	mailServersPath    = mailSettingsPath + "/servers"
	mailSenderPath     = mailSettingsPath + "/sender"
)

// adminRoutes are the Control Panel and the settings of the organization.
func (s *Site) adminRoutes() []Route {
	return []Route{
		{"GET", adminPath, Administering, s.controlPanelShow},
		{"GET", systemSettingsPath, Administering, s.systemSettingsShow},
		{"GET", systemSetupPath, Administering, s.systemSetupShow},
		{"GET", organizationPath, Administering, to(orgSecurityPath)},
		{"GET", generalPath, Administering, s.organizationShow(organization.General)},
		{"POST", generalPath, AdministeringConfirmed, s.organizationSave(organization.General)},
		{"GET", orgSecurityPath, Administering, s.organizationShow(organization.Security)},
		{"POST", orgSecurityPath, AdministeringConfirmed, s.organizationSave(organization.Security)},
		{"GET", auditPath, Administering, s.auditShow},
		{"POST", auditPath + "/verify", Administering, s.auditVerify},
		{"GET", auditPath + "/export", AdministeringConfirmed, s.auditExportShow},
		{"POST", auditPath + "/export", AdministeringConfirmed, s.auditExport},
		{"POST", whatHappensPath, Administering, s.whatHappens},
		{"GET", rehearsalPath, Administering, s.rehearsalShow},
		{"GET", rehearsalFilePath, Administering, s.rehearsalFile},
		{"POST", tryPasswordPath, Administering, s.tryPassword},
		{"GET", askAgainPath, Administering, s.askAgainShow},
		{"POST", askAgainPath, AdministeringConfirmed, s.askAgain},
		{"GET", resetPasswordsPath, Administering, s.resetPasswordsShow},
		{"POST", resetPasswordsPath, AdministeringConfirmed, s.resetPasswords},
	}
}

// mailRoutes are the mail settings, which are the deployment's.
func (s *Site) mailRoutes() []Route {
	return []Route{
		{"GET", mailSettingsPath, Administering, s.emailSettingsShow},
		{"GET", mailServersPath + "/{name}", Administering, s.emailServerShow},
		{"POST", mailServersPath + "/{name}", AdministeringConfirmed, s.emailServerSave},
		{"POST", mailServersPath + "/{name}/remove", AdministeringConfirmed, s.emailServerRemove},
		{"GET", mailServersPath + "/{name}/test", Administering, s.emailTestShow},
		{"POST", mailServersPath + "/{name}/test", Administering, s.emailTestSend},
		{"GET", mailSenderPath, Administering, s.emailSenderShow},
		{"POST", mailSenderPath, AdministeringConfirmed, s.emailSenderSave},
	}
}
