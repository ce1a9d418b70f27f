package foreign

import (
	"crypto/sha1" // what directories and old systems made; no collision matters here
	"crypto/sha256"
	"crypto/sha512"
	"slices"
)

// spelling is one way to write a hash: by what it begins with.
type spelling struct {
	prefix string
	kind   string
	// read takes the whole text, and what follows the prefix.
	read func(text, rest string) (checker, error)
	// reads is how many bytes of a password count; 0: all.
	reads int
}

// spellings lists what is taken. None is the beginning of another.
var spellings = []spelling{
	{prefix: "$argon2id$", kind: "argon2id", read: argon2id},
	{prefix: "$argon2i$", kind: "argon2i", read: argon2i},
	{prefix: "$2a$", kind: "bcrypt", read: bcryptHash, reads: bcryptReads},
	{prefix: "$2b$", kind: "bcrypt", read: bcryptHash, reads: bcryptReads},
	{prefix: "$2y$", kind: "bcrypt", read: bcryptHash, reads: bcryptReads},
	{prefix: "$6$", kind: "sha512crypt", read: shaCrypt(sha512.New, 86)},
	{prefix: "$5$", kind: "sha256crypt", read: shaCrypt(sha256.New, 43)},
	{prefix: "$y$", kind: "yescrypt", read: yescryptHash},
	{prefix: "$scrypt$", kind: "scrypt", read: phcScrypt},
	{prefix: "$7$", kind: "scrypt", read: cryptScrypt},
	{prefix: "$pbkdf2-sha512$", kind: "pbkdf2-sha512", read: phcPBKDF2(sha512.New)},
	{prefix: "$pbkdf2-sha256$", kind: "pbkdf2-sha256", read: phcPBKDF2(sha256.New)},
	{prefix: "$pbkdf2-sha1$", kind: "pbkdf2-sha1", read: phcPBKDF2(sha1.New)},
	{prefix: "$pbkdf2$", kind: "pbkdf2-sha1", read: phcPBKDF2(sha1.New)},
	{prefix: "{PBKDF2-SHA512}", kind: "pbkdf2-sha512", read: phcPBKDF2(sha512.New)},
	{prefix: "{PBKDF2-SHA256}", kind: "pbkdf2-sha256", read: phcPBKDF2(sha256.New)},
	{prefix: "{PBKDF2}", kind: "pbkdf2-sha1", read: phcPBKDF2(sha1.New)},
	{prefix: "{PBKDF2-SHA1}", kind: "pbkdf2-sha1", read: phcPBKDF2(sha1.New)},
	{prefix: "{SSHA}", kind: "{SSHA}", read: salted(sha1.New)},
	{prefix: "{SSHA256}", kind: "{SSHA256}", read: salted(sha256.New)},
	{prefix: "{SSHA512}", kind: "{SSHA512}", read: salted(sha512.New)},
	{prefix: "$P$", kind: "phpass", read: phpass},
	{prefix: "$H$", kind: "phpass", read: phpass},
	{prefix: "$wp$2y$", kind: "WordPress", read: wordPress},
	{prefix: "pbkdf2_sha256$", kind: "Django pbkdf2_sha256", read: djangoPBKDF2(sha256.New)},
	{prefix: "pbkdf2_sha1$", kind: "Django pbkdf2_sha1", read: djangoPBKDF2(sha1.New)},
	{prefix: "bcrypt_sha256$", kind: "Django bcrypt_sha256", read: djangoBcryptSHA256},
	{prefix: "scrypt$", kind: "Django scrypt", read: djangoScrypt},
	{prefix: "pbkdf2:sha512:", kind: "Werkzeug pbkdf2", read: werkzeugPBKDF2(sha512.New)},
	{prefix: "pbkdf2:sha256:", kind: "Werkzeug pbkdf2", read: werkzeugPBKDF2(sha256.New)},
	{prefix: "pbkdf2:sha1:", kind: "Werkzeug pbkdf2", read: werkzeugPBKDF2(sha1.New)},
	{prefix: "scrypt:", kind: "Werkzeug scrypt", read: werkzeugScrypt},
}

// wrappers are what directories, mail servers and Django put before a hash that
// says for itself what it is.
var wrappers = []string{
	"{CRYPT}", "{ARGON2}", "{ARGON2ID}", "{ARGON2I}", "{BLF-CRYPT}", "{SHA512-CRYPT}", "{SHA256-CRYPT}",
	"argon2", "bcrypt$",
}

// weakKinds are known and refused: unsalted, or so quick that a list of them is
// as good as a list of passwords.
var weakKinds = [][2]string{
	{"$1$", "md5crypt"},
	{"{MD5-CRYPT}", "md5crypt"},
	{"$apr1$", "Apache md5crypt"},
	{"$md5", "SunMD5"},
	{"$3$", "NT hash"},
	{"$sha1$", "sha1crypt"},
	{"$2x$", "bcrypt 2x"},
	{"$2$", "bcrypt 2"},
	{"_", "BSDi crypt"},
	{"{SHA}", "{SHA}"},
	{"{SHA256}", "{SHA256}"},
	{"{SHA512}", "{SHA512}"},
	{"{MD5}", "{MD5}"},
	{"{SMD5}", "{SMD5}"},
	{"sha1$", "Django sha1"},
	{"md5$", "Django md5"},
	{"unsalted_", "Django unsalted"},
	{"crypt$", "Django crypt"},
}

// Kinds names every kind that is taken, once.
func Kinds() []string {
	var kinds []string
	for _, s := range spellings {
		if !slices.Contains(kinds, s.kind) {
			kinds = append(kinds, s.kind)
		}
	}
	return kinds
}
