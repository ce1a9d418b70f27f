package foreign

import "hash"

// salted reads what directories write as {SSHA} (RFC 2307 and its kin): base64
// of the hash of password and salt, then the salt.
func salted(h func() hash.Hash) func(string, string) (checker, error) {
	return func(_, rest string) (checker, error) {
		both, err := padded.DecodeString(rest)
		size := h().Size()
		if err != nil || len(both) <= size || len(both) > size+maxSalt {
			return nil, errMalformed
		}
		tag, salt := both[:size], both[size:]
		return func(password []byte) bool {
			sum := h()
			sum.Write(password)
			sum.Write(salt)
			return equal(sum.Sum(nil), tag)
		}, nil
	}
}
