package words

import (
	"slices"
	"strings"
)

// Device is the label of a browser as it is stored, "Firefox on Windows". Among
// the values of a text it is put into words.
type Device string

// Language is the tag of a language. Among the values of a text it is shown by the
// name it has for itself.
type Language string

// deviceJoin stands between browser and system in a stored label.
const deviceJoin = " on "

// Device returns a stored label of a browser in the language: "Firefox en
// Windows". A name that a person gave stays as it is.
func (p Printer) Device(label string) string {
	at := strings.LastIndex(label, deviceJoin)
	if at < 1 {
		return label
	}
	browser, system := label[:at], label[at+len(deviceJoin):]
	if !slices.Contains(systems(), system) {
		return label
	}
	return p.T("device.browser_system", "browser", browser, "system", system)
}

// systems are the names that a stored label ends with (a test of package httpx
// reads them off the labels it makes).
func systems() []string {
	return []string{"Windows", "Android", "macOS", "iOS", "Linux", "FreeBSD", "ChromeOS", "Harmony"}
}
