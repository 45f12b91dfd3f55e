package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve answers on l until ctx ends, then drains: it takes no new connection,
// calls shutdown, which is [Server.Shutdown] and closes what [http.Server] does
// not know, and lets the requests in flight, uploads among them, finish for as
// long as drain allows before it cuts them off. It returns nil after ctx has
// ended, and the listener's error otherwise.
func Serve(ctx context.Context, l net.Listener, h http.Handler, shutdown func(context.Context) error, log *slog.Logger, drain time.Duration) error {
	// Not ctx: the requests in flight outlive it.
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// ReadTimeout and WriteTimeout would end uploads and streams; handlers
		// set deadlines of their own instead.
		MaxHeaderBytes: 64 << 10,
		BaseContext:    func(net.Listener) context.Context { return base },
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	log.Info("draining", "deadline", drain)
	deadline, cancel := context.WithTimeout(base, drain)
	defer cancel()
	socketsClosed := make(chan error, 1)
	go func() { socketsClosed <- shutdown(deadline) }()
	err := errors.Join(s.Shutdown(deadline), <-socketsClosed)
	if err != nil {
		log.Warn("drain cut short", "error", err)
		cut()
		_ = s.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
