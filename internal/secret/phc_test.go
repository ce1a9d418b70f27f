package secret_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// salt and tag have the lengths this package writes.
const (
	salt = "MDEyMzQ1Njc4OWFiY2RlZg"
	tag  = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
)

func TestParsePHC(t *testing.T) {
	const good = "$argon2id$v=19$m=65536,t=1,p=1$" + salt + "$" + tag
	written, params, err := secret.ParsePHC(good)
	if err != nil || written != good || params != secret.DefaultParams() {
		t.Fatalf("got %q, %+v, %v", written, params, err)
	}
	for name, bad := range map[string]string{
		"empty":           "",
		"argon2i":         strings.Replace(good, "argon2id", "argon2i", 1),
		"old version":     strings.Replace(good, "v=19", "v=16", 1),
		"no version":      strings.Replace(good, "$v=19", "", 1),
		"order":           strings.Replace(good, "m=65536,t=1", "t=1,m=65536", 1),
		"leading zero":    strings.Replace(good, "t=1", "t=01", 1),
		"sign":            strings.Replace(good, "t=1", "t=+1", 1),
		"no passes":       strings.Replace(good, "t=1", "t=0", 1),
		"too many passes": strings.Replace(good, "t=1", "t=11", 1),
		"over 256 MiB":    strings.Replace(good, "m=65536", "m=262145", 1),
		"overflow":        strings.Replace(good, "m=65536", "m=4295032832", 1),
		"too little":      strings.Replace(good, "m=65536", "m=7", 1),
		"no lane":         strings.Replace(good, "p=1", "p=0", 1),
		"too many lanes":  strings.Replace(good, "p=1", "p=17", 1),
		"more":            good + "$",
		"padded":          good + "=",
		"line break":      strings.Replace(good, salt, salt[:8]+"\n"+salt[8:], 1),
		"short salt":      strings.Replace(good, salt, "MDEy", 1),
		"short tag":       strings.Replace(good, tag, "MDEy", 1),
		"long":            good + strings.Repeat("A", 600),
	} {
		if _, _, err := secret.ParsePHC(bad); err == nil {
			t.Errorf("%s: %q was taken", name, bad)
		}
	}
	for _, edge := range []string{"m=262144,t=10,p=16", "m=8,t=1,p=1"} {
		if _, _, err := secret.ParsePHC(strings.Replace(good, "m=65536,t=1,p=1", edge, 1)); err != nil {
			t.Errorf("%s: %v", edge, err)
		}
	}
}

func TestParamsValidate(t *testing.T) {
	for p, want := range map[secret.Params]string{
		secret.DefaultParams(): "",
		{47104, 1, 1}:          "",
		{19456, 2, 1}:          "",
		{12288, 3, 4}:          "",
		{256 << 10, 10, 1}:     "",
		{47103, 1, 1}:          "password.cost",
		{19455, 2, 1}:          "password.cost",
		{12287, 10, 1}:         "password.cost",
		{65536, 0, 1}:          "password.cost",
		{65536, 1, 0}:          "password.cost",
		{65536, 11, 1}:         "password.cost",
		{256<<10 + 1, 1, 1}:    "password.cost",
		{65536, 1, 17}:         "password.cost",
		{}:                     "password.cost",
	} {
		err := p.Validate()
		if got := core.CodeOf(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%+v: got %v, want %q", p, err, want)
		}
	}
}

// FuzzParsePHC: what is taken is written again byte for byte, within the
// ceilings.
func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=1,p=1$" + salt + "$" + tag)
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + tag + "\n")
	f.Add("$argon2i$v=19$m=65536,t=1,p=1$$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		written, p, err := secret.ParsePHC(s)
		if err != nil {
			return
		}
		if written != s || p.MemoryKiB > 256<<10 || p.Time > 10 || p.Parallelism > 16 {
			t.Fatalf("%q was read as %q, %+v", s, written, p)
		}
	})
}
