//go:build !unix

package keyring

// sameOwner does nothing where files have no owner of this kind.
func sameOwner(string, string) error { return nil }

// lockFolder does nothing where folders cannot be locked: there the operator
// runs one replacement at a time.
func lockFolder(string) (release func() error, ok bool, err error) {
	return func() error { return nil }, true, nil
}
