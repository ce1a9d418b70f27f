package secret_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/secure/precis"
	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// rules are those of an organization that changed nothing but the length.
func rules(minimum int) core.PasswordRules {
	return core.PasswordRules{Minimum: minimum, BlockLeaked: true}
}

func TestScreen(t *testing.T) {
	p := newPasswords(t)
	context := []string{"ana.maria", "ana.maria@example.org", "Northwind City Council", "Bo"}
	for name, c := range map[string]struct {
		password string
		minimum  int
		code     string
	}{
		"phrase":               {"four gray walls and towers", 12, ""},
		"exactly the minimum":  {"zk3-Vq9!wPd2", 12, ""},
		"one under":            {"zk3-Vq9!wPd", 12, "password.short"},
		"minimum under 8":      {"zk3-Vq9", 1, "password.short"},
		"code points":          {"𝔸é𝔹è𝔻ê𝔾ë𝕀ü𝕄ö", 12, ""},
		"128":                  {strings.Repeat("zk3-Vq9!", 15) + "wPd2mXu7", 12, ""},
		"129":                  {strings.Repeat("zk3-Vq9!", 16) + "w", 12, "password.long"},
		"NUL":                  {"zk3-Vq9!wPd2\x00", 12, "password.control"},
		"listed":               {"qwertyuiop", 8, "password.common"},
		"listed in capitals":   {"PassWord1234", 12, "password.common"},
		"listed twice":         {"passwordpassword", 12, "password.common"},
		"one letter":           {"aaaaaaaaaaaa", 12, "password.common"},
		"four over and over":   {"ab1!ab1!ab1!", 12, "password.common"},
		"counting up":          {"1234567890123", 12, "password.common"},
		"counting down":        {"zyxwvutsrqponm", 12, "password.common"},
		"username":             {"xANA.MARIAx-9!2", 12, "password.context"},
		"without punctuation":  {"AnaMaria-9!2kk", 12, "password.context"},
		"organization":         {"northwind city council 7", 12, "password.context"},
		"organization, closed": {"NorthwindCityCouncil7", 12, "password.context"},
		"its long words":       {"xx-Northwind-77", 12, "password.context"},
		"its short words":      {"velocity of light 7", 12, ""},
		"mail domain":          {"my example.org key 9", 12, ""},
		"two letters":          {"bold hobo robots 9", 12, ""},
		"product":              {"my SallyPort key 9", 12, "password.context"},
		"accents composed":     {"cafe\u0301 noir matin", 12, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := p.Screen(c.password, rules(c.minimum), context...)
			switch {
			case c.code == "" && err != nil:
				t.Fatalf("got %v", err)
			case c.code != "" && (core.CodeOf(err) != c.code || core.KindOf(err) != core.Invalid):
				t.Fatalf("got %v, want %s", err, c.code)
			}
		})
	}
}

// TestOwnRules: the organization's expressions must all match, its words are
// what people are told, and the list of leaked passwords can be left out.
func TestOwnRules(t *testing.T) {
	p := newPasswords(t)
	two := "[A-Z]\n[0-9]{2}"
	for name, c := range map[string]struct {
		password string
		rules    core.PasswordRules
		code     string
	}{
		"both match":         {"four Gray walls 42", core.PasswordRules{Pattern: two}, ""},
		"one matches":        {"four Gray walls 4", core.PasswordRules{Pattern: two}, "password.pattern"},
		"the other matches":  {"four gray walls 42", core.PasswordRules{Pattern: two}, "password.pattern"},
		"own words":          {"four gray walls 42", core.PasswordRules{Pattern: two, Message: "Use a capital."}, "password.message"},
		"words alone":        {"four gray walls 42", core.PasswordRules{Message: "Use a capital."}, ""},
		"length comes first": {"four", core.PasswordRules{Pattern: two}, "password.short"},
		"normal form":        {"cafe\u0301 noir matin", core.PasswordRules{Pattern: "caf\u00e9"}, ""},
		"leaked is let in":   {"qwertyuiop", core.PasswordRules{}, ""},
		"repeats are let in": {"aaaaaaaaaaaa", core.PasswordRules{}, ""},
		"leaked is blocked":  {"qwertyuiop", core.PasswordRules{BlockLeaked: true}, "password.common"},
		"does not compile":   {"four gray walls 42", core.PasswordRules{Pattern: "("}, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time from memory
				err := p.Screen(c.password, c.rules)
				if c.code == "" && err != nil || c.code != "" && core.CodeOf(err) != c.code {
					t.Fatalf("got %v, want %q", err, c.code)
				}
				var told *core.Error
				if errors.As(err, &told) && c.code == "password.message" && told.Params["message"] != c.rules.Message {
					t.Errorf("told %v", told.Params)
				}
			}
		})
	}
}

// TestContextSurvivesNormalForms: a name typed composed in one place and
// decomposed in the other is the same name.
func TestContextSurvivesNormalForms(t *testing.T) {
	err := newPasswords(t).Screen("xx-Zu\u0308rich-9!2k", rules(12), "Z\u00fcrich")
	if core.CodeOf(err) != "password.context" {
		t.Fatalf("got %v", err)
	}
}

// TestCommonPasswords: the list has the size that PW5 asks for, knows what
// everybody types, and lets random text through.
func TestCommonPasswords(t *testing.T) {
	if n := secret.CommonPasswords(); n < 100_000 {
		t.Fatalf("%d common passwords, want 100,000", n)
	}
	p := newPasswords(t)
	for _, common := range []string{
		"password", "iloveyou", "sunshine", "trustno1", "football", "superman", "starwars",
		"1q2w3e4r", "1qaz2wsx", "qazwsxedc", "123456789", "qwerty123", "password123",
	} {
		if err := p.Screen(common, rules(8)); core.CodeOf(err) != "password.common" {
			t.Errorf("%s: got %v", common, err)
		}
	}
	for range 20_000 {
		if err := p.Screen(core.NewToken(random)[:20], rules(8)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNormalFormIsOpaqueString compares with the profile of RFC 8265 wherever
// the library takes the text: all it takes we take, with the same result.
func TestNormalFormIsOpaqueString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringOfN(rapid.RuneFrom(nil, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs), 1, 40, 400).Draw(t, "typed")
		want, err := precis.OpaqueString.String(typed)
		if err != nil {
			return
		}
		if got, err := secret.Normalise(typed); err != nil || got != want {
			t.Fatalf("%+q: got %+q, %v; want %+q", typed, got, err, want)
		}
	})
}

// TestPrintableIsAllowed (PW3): the RFC's class would refuse these.
func TestPrintableIsAllowed(t *testing.T) {
	p := newPasswords(t)
	for _, typed := range []string{
		"👩\u200d👩\u200d👧 my family tree", "ไม่เป็นไร กินข้าวหรือยัง", "שלום לכולם היום", "half width ﾊﾟｽﾜｰﾄﾞ",
	} {
		if err := p.Screen(typed, rules(12)); err != nil {
			t.Errorf("%s: %v", typed, err)
		}
	}
}

// FuzzScreen: no text makes it panic, what it takes can be hashed, and normal
// forms are stable.
func FuzzScreen(f *testing.F) {
	for _, s := range []string{"", "correct horse battery", "\x00", "\xff", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", strings.Repeat("\u0344", 128)} {
		f.Add(s, "Northwind")
	}
	p := newPasswords(f)
	f.Fuzz(func(t *testing.T, typed, word string) {
		if p.Screen(typed, rules(8), word) != nil {
			return
		}
		normal, err := secret.Normalise(typed)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := secret.Normalise(normal); err != nil || again != normal {
			t.Fatalf("%+q became %+q, then %+q, %v", typed, normal, again, err)
		}
		if _, err := p.Hash(t.Context(), "u1", typed); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkScreen(b *testing.B) {
	p := newPasswords(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Screen("four gray walls and towers", rules(12), "ana.maria", "Northwind City Council"); err != nil {
			b.Fatal(err)
		}
	}
}
