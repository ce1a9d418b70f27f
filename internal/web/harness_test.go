package web_test

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/web"
	"github.com/sallyport/sallyport/internal/words"
)

// noon is when every test happens.
var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// loadWords reads the texts once for all tests: they never change.
var loadWords = sync.OnceValues(words.Load)

// newSite builds the pages behind a real edge; change may replace any part.
func newSite(t *testing.T, change func(*web.Deps)) (*web.Site, http.Handler) {
	t.Helper()
	catalogue, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	deps := web.Deps{
		Name:      "Northwind",
		Clock:     func() time.Time { return noon },
		Words:     catalogue,
		Kinds:     []core.FactorKind{core.KindEmail, core.KindApp, core.KindRecovery},
		Sessions:  &fakeSessions{},
		SignIn:    &fakeSignIn{},
		Links:     &fakeLinks{},
		Resets:    &fakeResets{},
		Offers:    &fakeOffers{},
		Alarms:    &fakeAlarms{},
		Readiness: fakeReadiness(true),
		Addresses: fakeAddresses{},
		Reference: reference,
	}
	if change != nil {
		change(&deps)
	}
	site, err := web.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	edge, err := httpx.NewSite(httpx.Config{
		BaseURL: &url.URL{Scheme: "http", Host: "localhost:8080"},
		Clock:   deps.Clock,
		Random: func(b []byte) {
			for i := range b {
				b[i] = byte(random.Uint32())
			}
		},
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
		Pages:        site,
		Uploads:      web.Uploads(),
		LargeUploads: web.LargeUploads(),
		TokenKeys:    func() [][]byte { return [][]byte{make([]byte, 32)} },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Register(mux, edge)
	return site, edge.Serve(mux)
}
