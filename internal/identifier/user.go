package identifier

import (
	"errors"

	"github.com/sallyport/sallyport/internal/core"
)

// User brings the address and the username of a person, as typed, into the form
// they are stored in. It returns the keys that sign-in compares and, by field,
// what is wrong with these two or with anything else of the person (EN4, EN5).
// An empty username means the address.
func User(u *core.User, email, username string) (core.LoginKeys, map[string]*core.Error) {
	var keys core.LoginKeys
	fields := map[string]*core.Error{}
	note := func(field string, err error) {
		var e *core.Error
		if errors.As(err, &e) {
			fields[field] = e
		}
	}
	var err error
	if u.Email, keys.Email, err = Email(email); err != nil {
		note("email", err)
	}
	u.Username = ""
	if username != "" {
		if u.Username, keys.Username, err = Username(username); err != nil {
			note("username", err)
		}
	}
	var invalid *core.Error
	if errors.As(u.Validate(), &invalid) {
		for name, e := range invalid.Fields {
			if fields[name] == nil {
				fields[name] = e
			}
		}
	}
	return keys, fields
}

// LoginKeys are the keys of the names that sign-in knows a person by.
func LoginKeys(u core.User) []string {
	var keys []string
	for _, name := range []string{u.Email, u.Username} {
		if key, ok := LoginKey(name); ok {
			keys = append(keys, key)
		}
	}
	return keys
}
