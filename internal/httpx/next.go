package httpx

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// nextLimit is how many bytes a return path may have (RR1).
const nextLimit = 2048

// LocalPath returns where to go next as typed in an address, if it can only be
// a path of this server, and "/" otherwise (RR1). It must stay one after one
// more decoding, which some proxies do.
func LocalPath(next string) string {
	if !localPath(next) {
		return "/"
	}
	if decoded, err := url.PathUnescape(next); err != nil || !localPath(decoded) {
		return "/"
	}
	return next
}

func localPath(p string) bool {
	if len(p) < 2 || len(p) > nextLimit || p[0] != '/' || p[1] == '/' || p[1] == '\\' || !utf8.ValidString(p) {
		return false
	}
	return !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' })
}
