package signin_test

import (
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/signin"
)

// kindWord is a kind of factor that only this test has.
const kindWord core.FactorKind = "word"

// word is a factor as small as the contract allows: a recovery code under
// another name, whose credentials hold the word itself.
type word struct{ factor.Factor }

func (word) Kind() core.FactorKind { return kindWord }

func (word) Check(v factor.Verification) (core.FactorUse, error) {
	i := slices.IndexFunc(v.Credentials, func(c core.Credential) bool { return c.Sealed == v.Typed })
	if i < 0 {
		return core.FactorUse{}, core.NewError(core.Invalid, "code.wrong")
	}
	return core.FactorUse{Kind: kindWord, CredentialID: v.Credentials[i].ID}, nil
}

// TestAFurtherKind: a kind that the build adds by its file and its line is
// offered to whoever has it and nobody else, checked, counted apart, and used
// once; sign-in, store and decision need to know nothing of it.
func TestAFurtherKind(t *testing.T) {
	d := newDesk(t, required)
	recovery, _ := d.factors.Get(core.KindRecovery)
	email, _ := d.factors.Get(core.KindEmail)
	app, _ := d.factors.Get(core.KindApp)
	registry, err := factor.NewRegistry(
		factor.Spec{Kind: core.KindEmail, Factor: email}, factor.Spec{Kind: core.KindApp, Factor: app},
		factor.Spec{Kind: core.KindRecovery, Factor: recovery}, factor.Spec{Kind: kindWord, Factor: word{recovery}},
	)
	d.must(err)
	deps := d.deps()
	deps.Factors = registry
	d.Service = signin.New(deps)
	ana := d.person("ana", func(n *core.NewUser) {
		n.Credentials = []core.Credential{{
			ID: "word-1", OrganizationID: n.User.OrganizationID, UserID: n.User.ID, Kind: kindWord, State: core.CredentialActive,
			LookupKey: "one", Sealed: "lantern", CreatedAt: d.now,
		}}
	})
	kinds := func(s core.Step) (all []core.FactorKind) {
		for _, m := range s.Methods {
			all = append(all, m.Kind)
		}
		return all
	}
	b := d.browser()
	res := b.to(ana, core.StepChoose)
	if got, want := kinds(res.Step), []core.FactorKind{core.KindApp, kindWord, core.KindEmail}; !slices.Equal(got, want) || res.Step.Selected != kindWord {
		t.Fatalf("got %v with %q chosen, want %v with it", got, res.Step.Selected, want)
	}
	bo := d.person("bo")
	if got := kinds(d.browser().to(bo, core.StepChoose).Step); slices.Contains(got, kindWord) {
		t.Fatalf("somebody without one is offered %v", got)
	}
	b.choose(kindWord)
	if _, err := b.submit(kindWord, "candle"); core.KindOf(err) != core.Invalid {
		t.Fatalf("a wrong word: %v", err)
	}
	if g := d.account(ana).Guards; g[kindWord].Failures != 1 || g[core.KindEmail].Failures != 0 {
		t.Errorf("wrong words are counted as %+v", g)
	}
	done := b.finish(kindWord, "lantern")
	if s := done.Session; s.Level != core.LevelStrong || !slices.Equal(s.Methods, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("the session has level %d by %v", s.Level, s.Methods)
	}
	if n := d.account(ana).Others[kindWord]; n != 0 {
		t.Errorf("%d words are left after the only one was used", n)
	}
	if _, err := d.browser().submit(kindWord, "lantern"); err == nil {
		t.Error("a word was good without a sign-in")
	}
}
