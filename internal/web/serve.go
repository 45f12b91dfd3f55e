package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Drain is how a server ends.
type Drain struct {
	// Delay is for how long it still takes connections when it is not ready any
	// more, so that balancers see the one before the other.
	Delay time.Duration
	// Leave is told of the end before the delay; nil: nobody is. See [Server.Leave].
	Leave func()
	// Timeout is how long requests in flight may take after the delay.
	Timeout time.Duration
	// Shutdown closes what [http.Server] does not know; see [Server.Shutdown].
	Shutdown func(context.Context) error
}

// Serve answers on l until ctx ends, then drains: when the delay is over it takes no
// new connection, and lets the requests in flight, uploads among them, finish for as
// long as the timeout allows before it cuts them off. From the end of ctx on, each
// answer ends its connection. It returns nil after ctx has ended, and the listener's
// error otherwise.
func Serve(ctx context.Context, l net.Listener, h http.Handler, d Drain, log *slog.Logger) error {
	// Not ctx: the requests in flight outlive it.
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	s := &http.Server{
		Handler:           framed(leaving(h, ctx.Done())),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// ReadTimeout and WriteTimeout would end uploads and streams; handlers
		// set deadlines of their own instead.
		MaxHeaderBytes: 64 << 10,
		BaseContext:    func(net.Listener) context.Context { return base },
		ConnContext:    withConn,
		ConnState:      connState,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(framingListener{l}) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	log.Info("draining", "delay", d.Delay, "deadline", d.Timeout)
	if d.Leave != nil {
		d.Leave()
	}
	select {
	case err := <-failed:
		return err
	case <-time.After(d.Delay):
	}
	deadline, cancel := context.WithTimeout(base, d.Timeout)
	defer cancel()
	socketsClosed := make(chan error, 1)
	go func() { socketsClosed <- d.Shutdown(deadline) }()
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

// leaving ends the connection of each answer from when done is closed, so that its
// client opens the next one elsewhere.
func leaving(next http.Handler, done <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
			w.Header().Set("Connection", "close")
		default:
		}
		next.ServeHTTP(w, r)
	})
}
