package httpx

import "net/http"

// ContentPolicy is the Content-Security-Policy of every page (HH1). A page that
// needs another (the development mailbox) sets its own.
const ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// fixedHeader is a header with its value as the map of headers holds it. The
// slices are shared by all answers: nothing may write into them, and since
// their capacity is their length, Header.Add copies them.
type fixedHeader struct {
	name  string // canonical
	value []string
}

// fixedHeaders are those of every answer (HH2).
func fixedHeaders(secure bool) []fixedHeader {
	headers := []fixedHeader{
		{"Content-Security-Policy", []string{ContentPolicy}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"Referrer-Policy", []string{"same-origin"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Cache-Control", []string{"no-store"}},
	}
	if secure {
		headers = append(headers, fixedHeader{
			"Strict-Transport-Security",
			[]string{"max-age=63072000; includeSubDomains"},
		})
	}
	return headers
}

// NoReferrer keeps the address of a page that was opened by a secret link from
// every Referer header (HH2).
func NoReferrer(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// ClearSiteData tells the browser at sign-out to forget what it cached. Cookies
// are not named: that would wipe the remembered device, and sibling
// applications of the same domain (SE5).
func ClearSiteData(w http.ResponseWriter) {
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}

// Cacheable lets an answer that is the same for everybody, such as a style
// sheet named by its digest, be kept for a year.
func Cacheable(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
}

// CacheableByBrowser is [Cacheable] for what not everybody may see: nothing on
// the way keeps it, and signing out clears it ([ClearSiteData]).
func CacheableByBrowser(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
}
