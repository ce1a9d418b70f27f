package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// SealRows bounds the rows of one seal.
const SealRows = 1000

// rowDigest is one row as a seal names it.
type rowDigest struct {
	id     core.ID
	digest string
}

// rowsText is how a seal holds its rows: a line each, id and digest.
func rowsText(rows []rowDigest) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(string(r.id))
		b.WriteByte(' ')
		b.WriteString(r.digest)
		b.WriteByte('\n')
	}
	return b.String()
}

// eachRow goes over the rows of a seal until f returns an error.
func eachRow(rows string, f func(id core.ID, digest string) error) error {
	for line := range strings.SplitSeq(strings.TrimSuffix(rows, "\n"), "\n") {
		id, digest, ok := strings.Cut(line, " ")
		if !ok {
			continue // an empty seal; the count is checked elsewhere
		}
		if err := f(core.ID(id), digest); err != nil {
			return err
		}
	}
	return nil
}

// sealHash is the hash of everything a seal says, each part behind its length.
func sealHash(l *core.AuditSeal) string {
	h := sha256.New()
	part(h, "sallyport audit seal v1", string(l.OrganizationID), strconv.FormatInt(l.N, 10), string(l.Kind), l.Previous)
	number(h, l.At.UnixMicro(), int64(l.Count), micros(l.From), micros(l.Until), micros(l.Through.At))
	part(h, string(l.Through.ID), l.Rows)
	return text.EncodeToString(h.Sum(nil))
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func part(h hash.Hash, parts ...string) {
	for _, p := range parts {
		number(h, int64(len(p)))
		_, _ = h.Write([]byte(p)) // a hash never fails
	}
}

func number(h hash.Hash, numbers ...int64) {
	for _, n := range numbers {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		_, _ = h.Write(b[:]) // a hash never fails
	}
}

// statement is what is signed of a seal. Behind it a checkpoint only has the
// public key and the signature.
func statement(l *core.AuditSeal) string {
	return strings.Join([]string{format, string(l.Kind), nameOf(l.OrganizationID), strconv.FormatInt(l.N, 10), l.At.UTC().Format(timeForm), l.Hash}, " ")
}

func cutStatement(c *core.AuditCut) string {
	return strings.Join([]string{
		format, "cut", nameOf(c.OrganizationID), strconv.FormatInt(c.N, 10), c.At.UTC().Format(timeForm), c.Hash,
		c.Before.UTC().Format(timeForm), strconv.FormatInt(c.Rows, 10),
	}, " ")
}

func keyStatement(id core.ID, public string) string {
	return strings.Join([]string{format, "key", string(id), public}, " ")
}

// format names the version of seals, cuts, keys and checkpoints.
const format = "sallyport-audit-1"

// nameOf writes the deployment's empty id as something that can be seen.
func nameOf(organizationID core.ID) string {
	if organizationID == "" {
		return "-"
	}
	return string(organizationID)
}

func idOf(name string) core.ID {
	if name == "-" {
		return ""
	}
	return core.ID(name)
}

// signer signs with one key.
type signer struct {
	id     core.ID
	public string
	seed   ed25519.PrivateKey
}

func (s signer) sign(what string) string {
	return text.EncodeToString(ed25519.Sign(s.seed, []byte(what)))
}

// seal finishes a seal: its hash and signature.
func (s signer) seal(l *core.AuditSeal) {
	l.Signer, l.Hash = s.id, sealHash(l)
	l.Signature = s.sign(statement(l))
}

// signed reports whether a public key, as text, signed what.
func signed(public, what, signature string) bool {
	key, err := text.DecodeString(public)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	sig, err := text.DecodeString(signature)
	return err == nil && ed25519.Verify(key, []byte(what), sig)
}
