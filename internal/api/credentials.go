package api

import (
	"errors"
	"net/http"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// The headers that carry a key, beside Authorization.
const (
	headerAccess = "Sallyport-Access-Key"
	headerSecret = "Sallyport-Secret-Key"
)

// errNoKey is for whoever shows none. What stands in an address, a form or a
// cookie counts as none (AK6).
var errNoKey = core.NewError(core.Unauthenticated, "api.key_none")

var errTwoKeys = errors.New("more than one key, or half of one")

// shown returns the key that a request shows, as the header pair or as a bearer
// value access.secret.
func shown(r *http.Request) (access, secret string, err error) {
	access, err = header(r, headerAccess)
	if err != nil {
		return "", "", err
	}
	if secret, err = header(r, headerSecret); err != nil {
		return "", "", err
	}
	bearer, err := header(r, "Authorization")
	switch {
	case err != nil:
		return "", "", err
	case (access == "") != (secret == ""), access != "" && bearer != "":
		return "", "", httpx.Malformed(errTwoKeys)
	case access != "":
		return access, secret, nil
	case bearer == "":
		return "", "", errNoKey
	}
	access, secret, pair := apikey.Bearer(bearer)
	if !pair {
		return "", "", errNoKey
	}
	return access, secret, nil
}

// header returns a header that stands once at most. One that is longer than any
// key is refused before anything is looked up (AK6).
func header(r *http.Request, name string) (string, error) {
	values := r.Header.Values(name)
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || len(values[0]) > apikey.MaxValue {
		return "", httpx.Malformed(errTwoKeys)
	}
	return values[0], nil
}
