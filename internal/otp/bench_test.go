package otp_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/otp"
)

// benchSecret is that of RFC 6238's test vectors.
var benchSecret = []byte("12345678901234567890")

// BenchmarkCheck is one whole check of a code that is not right, three steps
// wide: secret in, answer out.
func BenchmarkCheck(b *testing.B) {
	now := time.Unix(1111111109, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := otp.Check(benchSecret, 1, now, otp.NeverUsed); ok {
			b.Fatal("000001 accepted")
		}
	}
}

// BenchmarkThreeHMAC is the floor of BenchmarkCheck: three HMAC-SHA-1 values of
// one secret as crypto/hmac computes them, the key set up once and kept, so
// that it allocates nothing either.
func BenchmarkThreeHMAC(b *testing.B) {
	mac := hmac.New(sha1.New, benchSecret)
	var counter [8]byte
	sum := make([]byte, 0, sha1.Size)
	b.ReportAllocs()
	for b.Loop() {
		for step := uint64(37037035); step <= 37037037; step++ {
			binary.BigEndian.PutUint64(counter[:], step)
			mac.Reset()
			mac.Write(counter[:])
			sum = mac.Sum(sum[:0])
		}
	}
}

// BenchmarkThreeHMACNewKey is the same where each value sets up its key, as a
// program that knows no better does for every check.
func BenchmarkThreeHMACNewKey(b *testing.B) {
	var counter [8]byte
	sum := make([]byte, 0, sha1.Size)
	b.ReportAllocs()
	for b.Loop() {
		for step := uint64(37037035); step <= 37037037; step++ {
			binary.BigEndian.PutUint64(counter[:], step)
			mac := hmac.New(sha1.New, benchSecret)
			mac.Write(counter[:])
			sum = mac.Sum(sum[:0])
		}
	}
}
