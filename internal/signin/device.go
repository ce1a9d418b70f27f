package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// A remembered device's cookie is "{id}.{n}.{value}", where value is the
// HMAC-SHA-256 of n under the device's own sealed seed: 256 bits that nobody
// without the key ring can make, and that two tabs using the same value at
// once are both answered with alike (RD2, RD4; ADR on remembered devices).

func splitDeviceToken(token string) (id core.ID, n int64, value string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 200 {
		return "", 0, ""
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || n < 1 {
		return "", 0, ""
	}
	return core.ID(parts[0]), n, parts[2]
}

func deviceToken(id core.ID, seed []byte, n int64) string {
	return string(id) + "." + strconv.FormatInt(n, 10) + "." + deviceValue(seed, n)
}

func deviceValue(seed []byte, n int64) string {
	m := hmac.New(sha256.New, seed)
	m.Write(strconv.AppendInt(nil, n, 10))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// deviceJudgement says what a presented sp_device cookie is worth.
type deviceJudgement struct {
	id       core.ID
	use      *core.DeviceUse // set when it is trusted
	next     string          // the value to hand out then
	until    time.Time
	replayed bool // an older value than the last two: it was copied
	foreign  bool // it is another person's: of no worth here, and noted (RD3)
}

// judgeDevice checks a presented device. The newest value and the one before
// it are good (the newest may never have arrived); an older one means that two
// browsers hold the device, and it ends. A device of another person, an unknown
// one or a forged value is ignored.
func (s *Service) judgeDevice(v Visitor, found core.LoginView, now time.Time) (deviceJudgement, error) {
	id, n, value := splitDeviceToken(v.DeviceToken)
	d := found.Device
	if found.DeviceFound && d.ID == "" {
		return deviceJudgement{foreign: true}, nil
	}
	if id == "" || d.ID != id || !d.Live(found.Account.User, found.Organization.Policy, now) || found.Organization.Policy.RememberDays == 0 ||
		d.Level < core.Require(found.Account, found.Organization.Policy, now).Level {
		return deviceJudgement{}, nil
	}
	seed, err := s.Ring.Open(secret.DeviceSeedOf(id), d.SeedSealed)
	if err != nil {
		return deviceJudgement{}, err
	}
	if !hmac.Equal([]byte(deviceValue(seed, n)), []byte(value)) {
		return deviceJudgement{}, nil
	}
	j := deviceJudgement{id: id, until: d.ExpiresAt}
	switch n {
	case d.N:
		j.use = &core.DeviceUse{DeviceID: id, N: n, Next: n + 1}
	case d.N - 1:
		j.use = &core.DeviceUse{DeviceID: id, N: n, Next: d.N}
	default:
		j.replayed = n < d.N
		return j, nil
	}
	j.next = deviceToken(id, seed, j.use.Next)
	return j, nil
}

func (s *Service) deviceReplayed(in entry, now time.Time) core.Event {
	e := s.event(core.EventDeviceReplayed, "refused", in.found.Account.User, in.visitor.Origin, now)
	e.Target = in.found.Device.Label
	return e
}

// newDevice remembers the visitor's browser for the organization's days.
func (s *Service) newDevice(v Visitor, level core.Level, acc core.Account, org core.Organization, now time.Time) (core.Device, string) {
	id := s.newID()
	seed := make([]byte, core.TokenBytes)
	s.Random(seed)
	sealed, _ := s.Ring.Seal(secret.DeviceSeedOf(id), seed)
	d := core.Device{
		ID: id, OrganizationID: acc.User.OrganizationID, UserID: acc.User.ID, SeedSealed: sealed, N: 1, Level: level,
		PasswordVersion: acc.User.PasswordVersion, FactorSetVersion: acc.User.FactorSetVersion, Label: v.Origin.Device,
		CreatedAt: now, LastUsedAt: now, ExpiresAt: now.AddDate(0, 0, org.Policy.RememberDays),
	}
	return d, deviceToken(id, seed, 1)
}
