package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/cli"
)

// TestTalkHasALineOfItsOwn: what is said while a bar stands in the middle is not put
// behind it, and behind a full bar no line stays empty.
func TestTalkHasALineOfItsOwn(t *testing.T) {
	var out strings.Builder
	cli.BarOn(&out)
	want := regexp.MustCompile(`^\rChecking   500\033\[K\rChecking   \[#{30}\] 40/40\033\[K\n\rLoading    \[#{7}-{23}\] 10/40  25%.*\033\[K\nstopped\nerror: interrupted\n$`)
	if !want.MatchString(out.String()) {
		t.Errorf("the terminal gets %q", out.String())
	}
}
