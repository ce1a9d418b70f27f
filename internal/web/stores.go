package web

import "strings"

// StoreApp is one of the four named authenticator apps with its pages in the
// stores; an empty address is not shown (ux 3.6).
type StoreApp struct {
	Name    string // a product's name, the same in every language
	IOS     string
	Android string
}

const (
	appStore   = "https://apps.apple.com/app/"
	googlePlay = "https://play.google.com/store/apps/details?id="
)

// storeApps returns the named apps with the stores that the browser's device
// can use: a phone gets its own store only.
func storeApps(d device) []StoreApp {
	apps := []StoreApp{
		{"Google Authenticator", appStore + "google-authenticator/id388497605", googlePlay + "com.google.android.apps.authenticator2"},
		{"Microsoft Authenticator", appStore + "microsoft-authenticator/id983156458", googlePlay + "com.azure.authenticator"},
		{"LastPass Authenticator", appStore + "lastpass-authenticator/id1079110004", googlePlay + "com.lastpass.authenticator"},
		{"Twilio Authy", appStore + "twilio-authy/id494168017", googlePlay + "com.authy.authy"},
	}
	for i := range apps {
		switch {
		case d.ios:
			apps[i].Android = ""
		case d.android:
			apps[i].IOS = ""
		}
	}
	return apps
}

// device is what the User-Agent header says of where the browser runs. It only
// chooses what to offer first; nothing is withheld that could not be typed.
type device struct {
	ios, android bool
	apple        bool // has Apple Passwords: iOS, and macOS
}

// deviceOf reads a User-Agent header. An iPad that asks for desktop pages calls
// itself a Macintosh, so it gets both stores.
func deviceOf(userAgent string) device {
	has := func(s string) bool { return strings.Contains(userAgent, s) }
	d := device{ios: has("iPhone") || has("iPad") || has("iPod")}
	d.android = !d.ios && has("Android")
	d.apple = d.ios || !d.android && has("Macintosh")
	return d
}

// phone reports whether the app and this page are likely on the same device.
func (d device) phone() bool { return d.ios || d.android }
