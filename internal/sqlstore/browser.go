package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// knowBrowser remembers that this browser completed a sign-in of this person, and
// from where. The caller has locked the person's row.
func (t *tx) knowBrowser(b core.Browser) error {
	if b.Hash == "" {
		return nil
	}
	var known core.Networks
	err := t.queryRow(`SELECT networks FROM known_browser WHERE user_id = $1 AND hash = $2 AND organization_id = $3`,
		string(b.UserID), b.Hash, string(b.OrganizationID)).Scan((*networkScan)(&known))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, n := range b.Networks {
		known = known.With(n.Name, n.At)
	}
	return t.all(`INSERT INTO known_browser (user_id, hash, organization_id, last_method, first_seen_at, last_seen_at, networks, network_told_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (user_id, hash) DO UPDATE SET last_seen_at = $6, last_method = CASE WHEN CAST($4 AS TEXT) = '' THEN known_browser.last_method ELSE $4 END,
			networks = $7, network_told_at = CASE WHEN $8 > known_browser.network_told_at THEN $8 ELSE known_browser.network_told_at END`,
		string(b.UserID), b.Hash, string(b.OrganizationID), string(b.LastMethod), stamp(b.FirstSeenAt), stamp(b.LastSeenAt),
		networksText(known), stamp(b.NetworkTold))
}

// networksText is how a browser's networks are stored: "name@micros" each.
func networksText(networks core.Networks) string {
	parts := make([]string, 0, len(networks))
	for _, n := range networks {
		if !strings.ContainsAny(n.Name, "@ ") {
			parts = append(parts, clean(n.Name)+"@"+strconv.FormatInt(stamp(n.At), 10))
		}
	}
	return strings.Join(parts, " ")
}

// networkScan reads them.
type networkScan core.Networks

// Scan implements sql.Scanner.
func (n *networkScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil || text == "" {
		*n = nil
		return err
	}
	var all core.Networks
	for one := range strings.FieldsSeq(text) {
		name, micros, _ := strings.Cut(one, "@")
		at, err := strconv.ParseInt(micros, 10, 64)
		if err != nil {
			return fmt.Errorf("a network reads %q", one)
		}
		all = append(all, core.Network{Name: name, At: moment(at)})
	}
	*n = networkScan(all)
	return nil
}
