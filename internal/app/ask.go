package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/config"
)

// AskReady asks the server that runs on this machine with this configuration
// whether it can serve. It returns the address it asked; the error says why not.
func AskReady(ctx context.Context, c config.Config) (address string, err error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return c.Addr, err
	}
	switch host { // it listens everywhere: the nearest place is asked
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	address = "http://" + net.JoinHostPort(host, port)
	transport := &http.Transport{DisableKeepAlives: true, Proxy: nil}
	if c.TLSCert != "" {
		address = "https" + address[len("http"):]
		// The certificate is not of this machine's address, and a renewed one may
		// wait for a restart. Nothing is told, and only a yes or no is believed.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	}
	address += api.ReadyPath
	client := http.Client{
		Timeout: lookLimit, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return address, err
	}
	res, err := client.Do(r)
	if err != nil {
		return address, err
	}
	if err := res.Body.Close(); err != nil {
		return address, err
	}
	if res.StatusCode != http.StatusOK {
		return address, fmt.Errorf("it answers %s", res.Status)
	}
	return address, nil
}
