//go:build !race

package otp_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/otp"
)

// TestCheckAllocatesNothing is left out under the race detector, whose
// instrumentation keeps the compiler from putting the hashes on the stack.
func TestCheckAllocatesNothing(t *testing.T) {
	now := time.Unix(1_800_000_012, 0)
	long := make([]byte, 100)
	for name, f := range map[string]func(){
		"Check":             func() { otp.Check(rfcSecret, 1, now, otp.NeverUsed) },
		"Check long secret": func() { otp.Check(long, 1, now, otp.NeverUsed) },
		"HOTP":              func() { otp.HOTP(rfcSecret, 7, 6) },
		"Offset":            func() { otp.Offset(rfcSecret, 1, now) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}
