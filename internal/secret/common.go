package secret

import (
	"crypto/sha256"
	_ "embed" // for the list of common passwords
	"sort"
)

// prefix is how many bytes of SHA-256 the list keeps of each password. With
// 200,000 entries a password that is not listed is taken for one once in five
// million times.
const prefix = 5

// common is the list of common passwords, lower case, of 8 and more
// characters: sorted prefixes of SHA-256 (see doc.go and NOTICE).
//
//go:embed common.bin
var common string

//go:generate go run blocklist/generate.go -out common.bin -- lists/passwords.txt.gz lists/passwords.json

// listed reports whether a folded password is in the list (PW5).
func listed(folded string) bool {
	sum := sha256.Sum256([]byte(folded))
	want := string(sum[:prefix])
	n := len(common) / prefix
	at := sort.Search(n, func(i int) bool { return common[i*prefix:(i+1)*prefix] >= want })
	return at < n && common[at*prefix:(at+1)*prefix] == want
}

// CommonPasswords returns how many passwords the list holds.
func CommonPasswords() int { return len(common) / prefix }
