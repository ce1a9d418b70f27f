package otp_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/otp"
)

// rfcSecret is the one both RFCs test with.
var rfcSecret = []byte("12345678901234567890")

func TestHOTPVectors(t *testing.T) { // RFC 4226 appendix D
	want := []string{
		"755224", "287082", "359152", "969429", "338314",
		"254676", "287922", "162583", "399871", "520489",
	}
	for counter, code := range want {
		if got := otp.HOTP(rfcSecret, uint64(counter), 6).String(); got != code {
			t.Errorf("counter %d: got %s, want %s", counter, got, code)
		}
	}
}

func TestTOTPVectors(t *testing.T) { // RFC 6238 appendix B, SHA-1, 8 digits
	for unix, want := range map[int64]uint32{
		59: 94287082, 1111111109: 7081804, 1111111111: 14050471,
		1234567890: 89005924, 2000000000: 69279037, 20000000000: 65353130,
	} {
		now := time.Unix(unix, 0)
		if got := otp.HOTP(rfcSecret, uint64(otp.Step(now)), 8); uint32(got) != want {
			t.Errorf("at %d: got %08d, want %08d", unix, got, want)
		}
		if got := otp.TOTP(rfcSecret, now); uint32(got) != want%1_000_000 {
			t.Errorf("at %d: got %s, want %06d", unix, got, want%1_000_000)
		}
	}
}

// plainHOTP is RFC 4226 §5.3 as one reads it, on crypto/hmac.
func plainHOTP(secret []byte, counter uint64) uint32 {
	mac := hmac.New(sha1.New, secret)
	var message [8]byte
	binary.BigEndian.PutUint64(message[:], counter)
	mac.Write(message[:])
	sum := mac.Sum(nil)
	at := sum[19] & 15
	return (uint32(sum[at]&0x7f)<<24 | uint32(sum[at+1])<<16 | uint32(sum[at+2])<<8 | uint32(sum[at+3])) % 1_000_000
}

func TestHOTPIsWhatHMACSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "secret")
		counter := rapid.Uint64().Draw(t, "counter")
		if got, want := uint32(otp.HOTP(secret, counter, 6)), plainHOTP(secret, counter); got != want {
			t.Fatalf("got %06d, want %06d", got, want)
		}
	})
}

func TestCheckWindow(t *testing.T) {
	now := time.Unix(1_800_000_012, 0)
	present := otp.Step(now)
	for _, c := range []struct {
		away int64
		want bool
	}{{-2, false}, {-1, true}, {0, true}, {1, true}, {2, false}} {
		t.Run(fmt.Sprintf("%+d steps", c.away), func(t *testing.T) {
			typed := otp.HOTP(rfcSecret, uint64(present+c.away), 6)
			step, ok := otp.Check(rfcSecret, typed, now, otp.NeverUsed)
			if ok != c.want || ok && step != present+c.away {
				t.Fatalf("got step %d, %t; want step %d, %t", step, ok, present+c.away, c.want)
			}
		})
	}
}

func TestCheckRefusesUsedSteps(t *testing.T) {
	now := time.Unix(1_800_000_012, 0)
	present := otp.Step(now)
	for away := int64(-1); away <= 1; away++ {
		typed := otp.HOTP(rfcSecret, uint64(present+away), 6)
		for last := present - 3; last <= present+3; last++ {
			_, ok := otp.Check(rfcSecret, typed, now, last)
			if want := present+away > last; ok != want {
				t.Errorf("step %+d, last %+d: got %t, want %t", away, last-present, ok, want)
			}
		}
	}
}

// TestCheckTakesTheLaterOfTwo stands at a step whose code is 911617, as is the
// next one's; accepting the earlier would leave the digits good once more.
func TestCheckTakesTheLaterOfTwo(t *testing.T) {
	const step, typed = 910737, otp.Code(911617)
	now := time.Unix(step*30, 0)
	got, ok := otp.Check(rfcSecret, typed, now, otp.NeverUsed)
	if !ok || got != step+1 {
		t.Fatalf("got step %d, %t; want %d", got, ok, step+1)
	}
	if _, again := otp.Check(rfcSecret, typed, now, got); again {
		t.Fatal("the same digits were accepted twice")
	}
}

func TestCheckBefore1970(t *testing.T) {
	for _, unix := range []int64{-31, -3600, -1 << 40} {
		now := time.Unix(unix, 0)
		for _, counter := range []uint64{0, 1, uint64(otp.Step(now)), ^uint64(0)} {
			if step, ok := otp.Check(rfcSecret, otp.HOTP(rfcSecret, counter, 6), now, -100); ok {
				t.Errorf("at %d: step %d was accepted", unix, step)
			}
		}
	}
}

func TestOffset(t *testing.T) {
	now := time.Unix(1_800_000_012, 0)
	present := otp.Step(now)
	for away := int64(-25); away <= 25; away++ {
		typed := otp.HOTP(rfcSecret, uint64(present+away), 6)
		got, found := otp.Offset(rfcSecret, typed, now)
		inside := away >= -1 && away <= 1
		if want := !inside && away >= -20 && away <= 20; found != want {
			t.Errorf("%+d steps: found %t, want %t", away, found, want)
		} else if found && got != time.Duration(away)*30*time.Second {
			t.Errorf("%+d steps: got %s", away, got)
		}
	}
}

func TestParseCode(t *testing.T) {
	for typed, want := range map[string]bool{
		"000000": true, "012345": true, "999999": true,
		"": false, "12345": false, "1234567": false, "12345a": false, "12345 ": false,
		"-12345": false, "+12345": false, "１２": false, "12345\x00": false,
	} {
		code, ok := otp.ParseCode(typed)
		if ok != want {
			t.Errorf("%q: got %t, want %t", typed, ok, want)
		}
		if ok && code.String() != typed {
			t.Errorf("%q: spelt %q", typed, code.String())
		}
	}
}

// FuzzParseCode: whatever is typed, only six ASCII digits are a code, and they
// are spelt as they were typed.
func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"", "000000", "482913", "48291", "4829133", "٤٨٢٩١٣", "48 913", "\xff\xff\xff\xff\xff\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := otp.ParseCode(s)
		digits := len(s) == 6
		for i := range len(s) {
			digits = digits && s[i] >= '0' && s[i] <= '9'
		}
		if ok != digits || ok && code.String() != s {
			t.Fatalf("%q: got %s, %t", s, code, ok)
		}
	})
}
