package codes_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/otp"
)

// TestOthersAgree reads 1,000 lines of secret, time and code on which oathtool
// and otplib agree already.
func TestOthersAgree(t *testing.T) {
	name := os.Getenv("SALLYPORT_TEST_CODES")
	if name == "" {
		t.Skip("the codes of oathtool and otplib: make test makes them")
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	count := 0
	for lines := bufio.NewScanner(file); lines.Scan(); count++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 {
			t.Fatalf("line %d: %d fields, want secret, time and code", count+1, len(fields))
		}
		secret, err := otp.DecodeKey(fields[0])
		if err != nil {
			t.Fatalf("line %d: %v", count+1, err)
		}
		seconds, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			t.Fatalf("line %d: %v", count+1, err)
		}
		if got := otp.TOTP(secret, time.Unix(seconds, 0)).String(); got != fields[2] {
			t.Errorf("code for %s at %d: %s, oathtool and otplib say %s", fields[0], seconds, got, fields[2])
		}
	}
	if count != 1000 {
		t.Errorf("compared %d codes, want 1000", count)
	}
}
