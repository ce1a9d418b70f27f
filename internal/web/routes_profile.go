package web

import "github.com/sallyport/sallyport/internal/core"

// profileRoutes are the Profile tab and what changes from there.
func (s *Site) profileRoutes() []Route {
	return []Route{
		{"GET", profilePath, SignedIn, s.profileShow},
		{"POST", profilePath, SignedIn, s.profileSave},
		{"GET", emailPath, SignedIn, s.addressShow(core.AddressSignIn)},
		{"POST", emailPath, ConfirmedByCode, s.addressBegin(core.AddressSignIn)},
		{"GET", emailPath + "/code", SignedIn, s.addressCodeShow(core.AddressSignIn)},
		{"POST", emailPath + "/code", SignedIn, s.addressProve(core.AddressSignIn)},
		{"POST", emailPath + "/code/again", SignedIn, s.addressAgain(core.AddressSignIn)},
		{"POST", emailPath + "/cancel", SignedIn, s.addressGiveUp(core.AddressSignIn)},
		{"GET", notificationPath, SignedIn, s.addressShow(core.AddressNotification)},
		{"POST", notificationPath, Confirmed, s.addressBegin(core.AddressNotification)},
		{"GET", notificationPath + "/code", SignedIn, s.addressCodeShow(core.AddressNotification)},
		{"POST", notificationPath + "/code", SignedIn, s.addressProve(core.AddressNotification)},
		{"POST", notificationPath + "/code/again", SignedIn, s.addressAgain(core.AddressNotification)},
		{"POST", notificationPath + "/cancel", SignedIn, s.addressGiveUp(core.AddressNotification)},
		{"GET", notificationPath + "/remove", SignedIn, s.notificationRemoveShow},
		{"POST", notificationPath + "/remove", Confirmed, s.notificationRemove},
		{"GET", undoPath, Open, s.undoShow},
		{"POST", undoPath, Open, s.undoPress},
		{"GET", undoPath + "/{token}", Open, s.openLink(cookieUndo, undoPath)},
		{"POST", photoUploadPath, SignedIn, s.photoSave},
		{"POST", profilePath + "/photo/remove", SignedIn, s.photoRemove},
		{"GET", photoPath + "{name}", AnySession, s.photoShow},
	}
}
