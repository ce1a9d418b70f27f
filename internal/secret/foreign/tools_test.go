package foreign_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret/foreign"
)

// secretWord is not ASCII, and long enough to fill a block of some digests.
const secretWord = "p\u00e4ssw\u00f6rd \u20ac 1 and a tail that goes on for a while"

// need skips a test that needs a program which is not there; where everything
// must run, that is a failure.
func need(t *testing.T, program, packages string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	missing(t, program, packages)
}

func missing(t *testing.T, what, packages string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing (Debian packages %s)", what, packages)
	}
	t.Skipf("not run: needs %s (Debian packages %s)", what, packages)
}

// said returns the last word of what a program prints, after the first colon of
// a line like user:hash.
func said(t *testing.T, cut bool, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
	}
	line := strings.TrimSpace(string(out))
	if cut {
		_, line, _ = strings.Cut(line, ":")
	}
	return line
}

// taken checks that a hash is of a kind, and of that password alone.
func taken(t *testing.T, text, kind, password string) {
	t.Helper()
	h, err := foreign.Parse(text)
	if err != nil {
		t.Errorf("%s: %s: %v", kind, text, err)
		return
	}
	if h.Kind() != kind || !h.Matches([]byte(password)) || h.Matches([]byte(password+" ")) {
		t.Errorf("%s: %s (read as %s): the right password, and it alone, should match", kind, text, h.Kind())
	}
}

func TestAgreesWithMkpasswd(t *testing.T) {
	need(t, "mkpasswd", "whois")
	for _, c := range []struct{ method, rounds, kind string }{
		{"yescrypt", "1", "yescrypt"},
		{"yescrypt", "5", "yescrypt"},
		{"sha512crypt", "5000", "sha512crypt"},
		{"sha512crypt", "1000", "sha512crypt"},
		{"sha512crypt", "20001", "sha512crypt"},
		{"sha256crypt", "5000", "sha256crypt"},
		{"sha256crypt", "4999", "sha256crypt"},
		{"scrypt", "6", "scrypt"},
		{"bcrypt", "5", "bcrypt"},
		{"bcrypt-a", "4", "bcrypt"},
	} {
		taken(t, said(t, false, "mkpasswd", "-m", c.method, "-R", c.rounds, secretWord), c.kind, secretWord)
		taken(t, "{CRYPT}"+said(t, false, "mkpasswd", "-m", c.method, "-R", c.rounds, "x"+c.rounds), c.kind, "x"+c.rounds)
	}
	for method, want := range map[string]string{
		"md5crypt": "hash.weak", "sunmd5": "hash.weak", "bsdicrypt": "hash.weak", "nt": "hash.weak",
		"descrypt": "hash.unknown", "gost-yescrypt": "hash.unknown",
	} {
		text := said(t, false, "mkpasswd", "-m", method, "correct")
		if _, err := foreign.Parse(text); core.CodeOf(err) != want {
			t.Errorf("%s: %s: got %v, want %s", method, text, err, want)
		}
	}
}

func TestAgreesWithHtpasswd(t *testing.T) {
	need(t, "htpasswd", "apache2-utils")
	taken(t, said(t, true, "htpasswd", "-nbBC", "6", "ana", secretWord), "bcrypt", secretWord)
	taken(t, said(t, true, "htpasswd", "-nb2", "ana", secretWord), "sha256crypt", secretWord)
	taken(t, said(t, true, "htpasswd", "-nb5", "ana", secretWord), "sha512crypt", secretWord)
	for flag, want := range map[string]string{"-nbs": "hash.weak", "-nbm": "hash.weak", "-nbp": "hash.unknown"} {
		text := said(t, true, "htpasswd", flag, "ana", "correct")
		if _, err := foreign.Parse(text); core.CodeOf(err) != want {
			t.Errorf("%s: %s: got %v, want %s", flag, text, err, want)
		}
	}
}

func TestAgreesWithOpenSSL(t *testing.T) {
	need(t, "openssl", "openssl")
	taken(t, said(t, false, "openssl", "passwd", "-6", secretWord), "sha512crypt", secretWord)
	taken(t, said(t, false, "openssl", "passwd", "-5", "-salt", "1234567890123456", secretWord), "sha256crypt", secretWord)
}

// python is the machine's own, which has the packages of the machine.
const python = "/usr/bin/python3"

// pythonMakes runs a program that prints lines of kind, tab and hash of its first
// argument, and checks each.
func pythonMakes(t *testing.T, modules, packages, program string) {
	t.Helper()
	need(t, python, "python3")
	if modules != "" && exec.Command(python, "-c", "import "+modules).Run() != nil {
		missing(t, "Python's "+modules, packages)
	}
	lines := strings.Split(said(t, false, python, "-W", "ignore", "-c", program, secretWord), "\n")
	for _, line := range lines {
		kind, text, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("%q", line)
		}
		taken(t, text, kind, secretWord)
	}
}

// TestAgreesWithHashlib: what Python's own library computes, written as
// directories, Django and Werkzeug write it.
func TestAgreesWithHashlib(t *testing.T) {
	pythonMakes(t, "", "", `
import base64, hashlib, os, sys
b64 = lambda b: base64.b64encode(b).decode()
word, salt = sys.argv[1].encode(), os.urandom(9)
for name, kind in (("sha1", "{SSHA}"), ("sha256", "{SSHA256}"), ("sha512", "{SSHA512}")):
    print(kind, kind + b64(hashlib.new(name, word + salt).digest() + salt), sep="\t")
    print(kind, kind.lower() + b64(hashlib.new(name, word + b"s").digest() + b"s"), sep="\t")
for name in ("sha1", "sha256", "sha512"):
    key = hashlib.pbkdf2_hmac(name, word, salt, 1001)
    print("pbkdf2-" + name, "{PBKDF2-%s}1001$%s$%s" % (name.upper(), b64(salt).rstrip("="), b64(key).rstrip("=").replace("+", ".")), sep="\t")
    print("pbkdf2-" + name, "$pbkdf2-%s$i=1001,l=%d$%s$%s" % (name, len(key), b64(salt).rstrip("="), b64(key).rstrip("=")), sep="\t")
    print("Werkzeug pbkdf2", "pbkdf2:%s:1001$gPm2drSM$%s" % (name, hashlib.pbkdf2_hmac(name, word, b"gPm2drSM", 1001).hex()), sep="\t")
long = hashlib.pbkdf2_hmac("sha256", word, salt, 1001, 64)
print("pbkdf2-sha256", "$pbkdf2-sha256$i=1001$%s$%s" % (b64(salt).rstrip("="), b64(long).rstrip("=")), sep="\t")
key = hashlib.scrypt(word, salt=b"gPm2drSM", n=16384, r=8, p=5, maxmem=2**27)
print("Django scrypt", "scrypt$16384$gPm2drSM$8$5$" + b64(key), sep="\t")
key = hashlib.scrypt(word, salt=b"gPm2drSM", n=32768, r=8, p=1, maxmem=2**27)
print("Werkzeug scrypt", "scrypt:32768:8:1$gPm2drSM$" + key.hex(), sep="\t")
`)
}

func TestAgreesWithPasslib(t *testing.T) {
	pythonMakes(t, "passlib, bcrypt, argon2", "python3-passlib, python3-bcrypt, python3-argon2", `
import sys
from passlib import hash as h
word = sys.argv[1]
for kind, maker in (
    ("phpass", h.phpass.using(rounds=7)), ("phpass", h.phpass.using(ident="$P$", rounds=13)),
    ("{SSHA}", h.ldap_salted_sha1), ("{SSHA256}", h.ldap_salted_sha256), ("{SSHA512}", h.ldap_salted_sha512),
    ("pbkdf2-sha1", h.pbkdf2_sha1.using(rounds=1000)), ("pbkdf2-sha256", h.pbkdf2_sha256), ("pbkdf2-sha512", h.pbkdf2_sha512.using(rounds=1)),
    ("scrypt", h.scrypt.using(rounds=12)), ("argon2id", h.argon2.using(memory_cost=1024)), ("argon2i", h.argon2.using(type="I", memory_cost=64, parallelism=1)),
    ("bcrypt", h.bcrypt.using(rounds=5)), ("bcrypt", h.bcrypt.using(rounds=4, ident="2y")), ("sha512crypt", h.ldap_sha512_crypt.using(rounds=1000)),
    ("sha256crypt", h.sha256_crypt), ("pbkdf2-sha1", h.ldap_pbkdf2_sha1.using(rounds=1000)), ("pbkdf2-sha256", h.ldap_pbkdf2_sha256.using(rounds=1000)),
    ("pbkdf2-sha512", h.ldap_pbkdf2_sha512.using(rounds=1000)), ("{SSHA}", h.ldap_salted_sha1.using(salt_size=4)),
):
    print(kind, maker.hash(word), sep="\t")
`)
}

func TestAgreesWithDjango(t *testing.T) {
	pythonMakes(t, "django, bcrypt, argon2", "python3-django, python3-bcrypt, python3-argon2", `
import sys
from django.conf import settings
settings.configure()
from django.contrib.auth import hashers as h
def quick(maker, **costs):
    for name, cost in costs.items():
        setattr(maker, name, cost)
    return maker.encode(sys.argv[1], maker.salt())
print("Django pbkdf2_sha256", quick(h.PBKDF2PasswordHasher()), sep="\t")
print("Django pbkdf2_sha1", quick(h.PBKDF2SHA1PasswordHasher(), iterations=1000), sep="\t")
print("argon2id", quick(h.Argon2PasswordHasher()), sep="\t")
print("Django bcrypt_sha256", quick(h.BCryptSHA256PasswordHasher(), rounds=5), sep="\t")
print("bcrypt", quick(h.BCryptPasswordHasher(), rounds=5), sep="\t")
`)
}

func TestAgreesWithWerkzeug(t *testing.T) {
	pythonMakes(t, "werkzeug", "python3-werkzeug", `
import sys
from werkzeug.security import generate_password_hash as make
print("Werkzeug pbkdf2", make(sys.argv[1], "pbkdf2:sha256"), sep="\t")
print("Werkzeug pbkdf2", make(sys.argv[1], "pbkdf2:sha512:1000"), sep="\t")
`)
}

// TestAgreesWithWordPress makes what WordPress 6.8 stores: a bcrypt hash by
// htpasswd, of what Python computes from the password.
func TestAgreesWithWordPress(t *testing.T) {
	need(t, "htpasswd", "apache2-utils")
	need(t, python, "python3")
	inner := said(t, false, python, "-c", `
import base64, hmac, sys
print(base64.b64encode(hmac.digest(b"wp-sha384", sys.argv[1].encode(), "sha384")).decode())`, secretWord)
	taken(t, "$wp"+said(t, true, "htpasswd", "-nbBC", "5", "ana", inner), "WordPress", secretWord)
}

// TestEveryKindIsDocumented: docs/moving-in.md names each kind and its ceiling.
func TestEveryKindIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/moving-in.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range foreign.Kinds() {
		if !strings.Contains(strings.ReplaceAll(string(page), "Argon2i", "argon2i"), kind) {
			t.Errorf("docs/moving-in.md does not name %s", kind)
		}
	}
}
