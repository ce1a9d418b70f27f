package account_test

import (
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// nth is the nth good password of a test.
func nth(n int) string { return fmt.Sprintf("right battery horse %d", n) }

// TestPasswordHistory: none of the last passwords is taken again through a link,
// the current one never, and an older one is; cheap refusals come first.
func TestPasswordHistory(t *testing.T) {
	for _, tt := range []struct {
		history int
		refused []int // of the passwords 1 to 4, where 4 is the current one
	}{
		{0, []int{4}}, {1, []int{4}}, {2, []int{3, 4}}, {3, []int{2, 3, 4}}, {24, []int{1, 2, 3, 4}},
	} {
		t.Run(fmt.Sprint(tt.history), func(t *testing.T) {
			d := newDesk(t, func(p *core.Policy) { p.PasswordHistory = tt.history })
			u, _, err := d.create(d.newcomer(func(n *account.NewUser) { n.Password = nth(1) }), "")
			d.must(err)
			if set := d.account(u).User.PasswordSetAt; !set.Equal(d.now) {
				t.Errorf("set at %v", set)
			}
			use := func(password string) error {
				return d.UseLink(t.Context(), d.resetLink(u), password, here(), core.LinkReset)
			}
			for n := 2; n <= 4; n++ {
				d.pass(stale)
				d.must(use(nth(n)))
			}
			refused := map[int]bool{}
			for _, n := range tt.refused {
				refused[n] = true
				wants(t, use(nth(n)), "password", "password.used_recently")
			}
			for n := 1; n <= 4; n++ {
				if !refused[n] {
					d.must(use(nth(n)))
					break
				}
			}
		})
	}
}
