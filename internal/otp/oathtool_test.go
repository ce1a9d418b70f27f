package otp_test

import (
	"encoding/hex"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/otp"
)

// TestAgreesWithOathtool compares 1,000 random secrets at random times, four
// steps each, with a generator that nobody here wrote.
func TestAgreesWithOathtool(t *testing.T) {
	if _, err := exec.LookPath("oathtool"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("oathtool is missing (Debian package oathtool)")
		}
		t.Skip("not run: needs oathtool (Debian package oathtool)")
	}
	random := rand.New(rand.NewPCG(6238, 4226))
	type sample struct {
		secret []byte
		at     time.Time
	}
	samples := make(chan sample)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for s := range samples {
				if got, want := ours(s.secret, s.at), oathtool(t, s.secret, s.at); got != want {
					t.Errorf("secret %x at %d: got %s, want %s", s.secret, s.at.Unix(), got, want)
				}
			}
		})
	}
	for range 1000 {
		secret := make([]byte, 10+random.IntN(55))
		for i := range secret {
			secret[i] = byte(random.Uint32())
		}
		// Up to the year 2106: past 2038, where 32-bit clocks end.
		samples <- sample{secret, time.Unix(random.Int64N(1<<32), 0)}
	}
	close(samples)
	workers.Wait()
}

const stepsEach = 4

func ours(secret []byte, at time.Time) string {
	var codes []string
	for i := range stepsEach {
		codes = append(codes, otp.TOTP(secret, at.Add(time.Duration(i)*otp.Period)).String())
	}
	return strings.Join(codes, " ")
}

func oathtool(t *testing.T, secret []byte, at time.Time) string {
	out, err := exec.Command("oathtool", "--totp", "-w", strconv.Itoa(stepsEach-1),
		"-N", at.UTC().Format("2006-01-02 15:04:05 UTC"), hex.EncodeToString(secret)).Output()
	if err != nil {
		t.Errorf("oathtool: %v", err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}
