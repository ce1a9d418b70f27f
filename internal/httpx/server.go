package httpx

import (
	"log/slog"
	"net/http"
	"time"
)

// headerLimit is how many bytes the header of a request may have (IN1). The
// standard library adds 4 KiB of its own to what it is told.
const headerLimit = 16<<10 - 4<<10

// writeTime is how long an answer, or a part of a long one, may take.
const writeTime = 30 * time.Second

// NewServer returns a server with the times and limits of every listener (IN1).
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      writeTime,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    headerLimit,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
