package web

// accountRoutes are the pages of the person who is signed in, and help, which
// is open to everybody.
func (s *Site) accountRoutes() []Route {
	const security = securityPath
	return []Route{
		{"GET", "/home", SignedIn, s.homeShow},
		{"GET", passwordPath, SignedIn, s.passwordShow},
		{"POST", passwordPath, SignedIn, s.passwordSave},
		{"GET", passwordWallPath, PasswordWall, s.passwordExpiredShow},
		{"POST", passwordWallPath, PasswordWall, s.passwordExpiredSave},
		{"POST", "/password/strength", Open, s.passwordStrength},

		{"GET", sessionsPath, SignedIn, s.sessionsShow},
		{"POST", sessionsPath + "/end-others", SignedIn, s.sessionsEndOthers},
		{"POST", sessionsPath + "/{id}/end", SignedIn, s.sessionEnd},
		{"POST", sessionsPath + "/devices/forget", SignedIn, s.devicesForget},
		{"GET", sessionsPath + "/devices/{id}/rename", SignedIn, s.deviceRenameShow},
		{"POST", sessionsPath + "/devices/{id}/rename", SignedIn, s.deviceRename},
		{"POST", sessionsPath + "/devices/{id}/forget", SignedIn, s.deviceForget},
		{"GET", activityPath, SignedIn, s.activityShow},
		{"GET", activityPath + ".csv", SignedIn, s.activityFile},

		{"GET", security, SignedInWall, s.securityShow},
		{"POST", security, SignedInWall, s.securitySave},
		{"POST", security + "/apps", SignedInWall, s.appAdd},
		{"GET", security + "/apps/{id}/rename", SignedIn, s.appRenameShow},
		{"POST", security + "/apps/{id}/rename", SignedIn, s.appRename},
		{"GET", security + "/apps/{id}/remove", SignedIn, s.appRemoveShow},
		{"POST", security + "/apps/{id}/remove", Confirmed, s.appRemove},
		{"GET", recoveryPath, SignedIn, s.recoveryShow},
		{"POST", recoveryPath, Confirmed, s.codesRenew},
		{"GET", turnOffPath, SignedIn, s.turnOffShow},
		{"POST", turnOffPath, Confirmed, s.turnOff},
		{"POST", security + "/resume", SignedIn, s.resume},
		{"POST", security + "/resume/send", SignedIn, s.resumeSend},

		{"POST", security + "/setup/email", SignedInWall, s.setupEmail},
		{"POST", security + "/setup/email/again", SignedInWall, s.setupEmailAgain},
		{"POST", security + "/setup/email/later", SignedInWall, s.setupEmailLater},
		{"GET", security + "/setup/qr.png", SignedInWall, s.setupPicture},
		{"POST", security + "/setup/app", SignedInWall, s.setupApp},
		{"POST", security + "/setup/name", SignedInWall, s.setupName},
		{"GET", security + "/setup/recovery-codes.txt", SignedInWall, s.setupCodesFile},
		{"POST", security + "/setup/save", SignedInWall, s.setupSave},
		{"POST", security + "/setup/back", SignedInWall, s.setupBack},
		{"POST", security + "/setup/cancel", SignedInWall, s.setupCancel},

		{"GET", notYouOwnPath, AnySession, s.notYouOwn},
		{"POST", notYouOwnPath, AnySession, s.notYouOwnPress},

		{"GET", "/confirm", AnySession, s.confirmShow},
		{"POST", "/confirm", AnySession, s.confirmSubmit},
		{"GET", referencePath, Open, s.referenceShow},
	}
}

// helpPages are open to everybody.
func (s *Site) helpPages() []Route {
	return []Route{
		{"GET", "/help", Open, s.helpShow},
		{"GET", "/help/two-factor", Open, s.helpTwoFactor},
		{"GET", "/help/lost-phone", Open, s.helpLostPhone},
		{"GET", "/help/signing-in", Open, s.helpSigningIn},
		{"GET", "/help/api-keys", Open, s.helpKeys},
	}
}

// pauseRoutes start and end a pause for password clients, make and delete app
// passwords for them, and help with them. Ending a pause asks for no confirmation: it
// makes the account safer.
func (s *Site) pauseRoutes() []Route {
	return []Route{
		{"GET", pausePath, SignedIn, s.pauseShow},
		{"POST", pausePath, Confirmed, s.pauseStart},
		{"POST", pausePath + "/end", SignedIn, s.pauseEnd},
		{"GET", appPasswordsPath, SignedIn, s.appPasswordsShow},
		{"POST", appPasswordsPath, ConfirmedBySecondStep, s.appPasswordMake},
		{"GET", appPasswordPath + "/saved", SignedIn, s.appPasswordSavedShow},
		{"POST", appPasswordPath + "/saved", SignedIn, s.appPasswordSaved},
		{"GET", appPasswordPath + "/delete", SignedIn, s.appPasswordDeleteShow},
		{"POST", appPasswordPath + "/delete", Confirmed, s.appPasswordDelete},
		{"GET", "/help/data-loader", Open, s.helpDataLoader},
	}
}
