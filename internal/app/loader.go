package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlsource"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/words"
)

var (
	_ loader.Store     = (*sqlstore.Store)(nil)
	_ loader.Absentees = (*sqlstore.Store)(nil)
	_ loader.Ledger    = (*sqlstore.Store)(nil)
)

// bringer is the factor that takes apps along from other systems.
type bringer interface {
	Bring(userID core.ID, text string, have []core.Credential, now time.Time) (c core.Credential, added bool, err error)
}

// loadSecrets gives the loader what it asks of packages secret and factor.
type loadSecrets struct {
	passwords *secret.Passwords
	apps      bringer
	ring      *secret.Ring
	clock     core.Clock
	random    core.Random
}

// newLoader makes the Data Loader.
func newLoader(b *Base, store echo, post mailPost) (*loader.Service, error) {
	f, _ := b.Factors.Get(core.KindApp)
	apps, ok := f.(bringer)
	if !ok {
		return nil, fmt.Errorf("the factor %q takes no apps along", core.KindApp)
	}
	return loader.New(loader.Deps{
		Store: store, Ledger: store, Files: store, People: b.People, Groups: b.Groups, Absent: store, Kept: store, Post: post,
		Secrets: loadSecrets{passwords: b.Passwords, apps: apps, ring: b.Ring, clock: b.Clock, random: b.Random},
		Clock:   b.Clock, Random: b.Random, Zone: words.KnownZone, Language: b.Words.Known,
	}), nil
}

// scheduledRows is how many rows a query of a schedule gives at most: as many as a
// file that is put up.
const scheduledRows = 200_000

// newSchedules makes the schedules of the Data Loader, with the places that the
// operator named.
func newSchedules(b *Base, store echo, post mailPost) *loadschedule.Service {
	var places []loadschedule.Place
	for _, name := range slices.Sorted(maps.Keys(b.Config.LoaderFolders)) {
		p := b.Config.LoaderFolders[name]
		places = append(places, loadschedule.Place{LoadPlace: core.LoadPlace{Name: name}, Path: p.Where, Organization: p.Organization})
	}
	addresses := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(b.Config.LoaderSources)) {
		p := b.Config.LoaderSources[name]
		addresses[name] = p.Where
		places = append(places, loadschedule.Place{LoadPlace: core.LoadPlace{Query: true, Name: name}, Organization: p.Organization})
	}
	limits := sqlsource.DefaultLimits()
	limits.Rows = scheduledRows
	return loadschedule.New(loadschedule.Deps{
		Store: store, Queue: store, Needs: store, Files: b.LoadFiles, Loads: b.Loader, Places: places, Sources: sqlsource.New(addresses, limits), AskTime: loadschedule.AskTime,
		Post: post, Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
}

// Password implements loader.Secrets.
func (s loadSecrets) Password(userID core.ID, text string) (string, error) {
	return s.passwords.SealForeign(userID, text)
}

// App implements loader.Secrets.
func (s loadSecrets) App(userID core.ID, text string) (core.Credential, error) {
	now := s.clock()
	c, _, err := s.apps.Bring(userID, text, nil, now)
	c.ID, c.Label, c.CreatedAt = core.NewID(now, s.random), "Authenticator", now
	return c, err
}

// Row implements loader.Secrets.
func (s loadSecrets) Row(id core.ID, cells []string) (string, error) {
	text, err := json.Marshal(cells)
	if err != nil {
		return "", err
	}
	sealed, _ := s.ring.Seal(secret.RejectedRowOf(id), text)
	return sealed, nil
}

// OpenRow implements loader.Secrets.
func (s loadSecrets) OpenRow(id core.ID, sealed string) (cells []string, err error) {
	text, err := s.ring.Open(secret.RejectedRowOf(id), sealed)
	if err != nil {
		return nil, err
	}
	return cells, json.Unmarshal(text, &cells)
}

// Before implements loader.Secrets.
func (s loadSecrets) Before(id core.ID, rows []core.LoadBefore) (string, error) {
	text, err := json.Marshal(rows)
	if err != nil {
		return "", err
	}
	sealed, _ := s.ring.Seal(secret.LoadBeforeOf(id), text)
	return sealed, nil
}

// OpenBefore implements loader.Secrets.
func (s loadSecrets) OpenBefore(id core.ID, sealed string) (rows []core.LoadBefore, err error) {
	text, err := s.ring.Open(secret.LoadBeforeOf(id), sealed)
	if err != nil {
		return nil, err
	}
	return rows, json.Unmarshal(text, &rows)
}

// SealChunk implements loadfile.Sealer.
func (s loadSecrets) SealChunk(id core.ID, b []byte) string {
	sealed, _ := s.ring.Seal(secret.LoadChunkOf(id), b)
	return sealed
}

// OpenChunk implements loadfile.Sealer.
func (s loadSecrets) OpenChunk(id core.ID, sealed string) ([]byte, error) {
	return s.ring.Open(secret.LoadChunkOf(id), sealed)
}
