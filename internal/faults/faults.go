// Package faults is a proxy that brings faults on between a client and a server of HTTP,
// for tests.
package faults

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Fault says what becomes of a request.
type Fault int

// The faults.
const (
	Pass   Fault = iota // hands it on
	Refuse              // closes the connection at once
	Hang                // never answers
	Lose                // hands it on, and closes the connection before the answer
	Cut                 // hands on a part of its body, and closes the connection
	Slow                // answers 503, as S3 does with SlowDown
	Late                // hands it on after Delay
	Forget              // answers 404 NoSuchUpload, as some do for an upload that is completed
)

// Delay is how much later a late answer comes.
const Delay = time.Second

// cutAfter is how much of a body that is cut comes through.
const cutAfter = 10_000

// Proxy hands requests on to a server.
type Proxy struct {
	*httptest.Server // not started
	choose           atomic.Pointer[func(*http.Request) Fault]
	closing          chan struct{}
	ended            sync.Once
}

// New makes a proxy before the server at target, such as "http://127.0.0.1:9000", that
// hands everything on until it is [Proxy.Set]. Start it, and End it.
func New(target string) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	on := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = r.In.Host // it is signed
		},
		Transport:    &http.Transport{DisableKeepAlives: true},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p := &Proxy{closing: make(chan struct{})}
	p.Set(func(*http.Request) Fault { return Pass })
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch (*p.choose.Load())(r) {
		case Refuse:
			panic(http.ErrAbortHandler)
		case Hang:
			p.wait(r, nil)
			panic(http.ErrAbortHandler)
		case Lose:
			on.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case Cut:
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(io.LimitReader(r.Body, cutAfter), broken{}), r.Body}
			on.ServeHTTP(w, r)
			panic(http.ErrAbortHandler)
		case Slow:
			refuse(w, r, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
		case Forget:
			refuse(w, r, http.StatusNotFound, "NoSuchUpload", "The specified multipart upload does not exist.")
		case Late:
			p.wait(r, time.After(Delay))
			on.ServeHTTP(w, r)
		default:
			on.ServeHTTP(w, r)
		}
	}))
	return p, nil
}

// refuse answers as S3 does when it refuses.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
}

// wait ends with the request, with the proxy, or when it is time.
func (p *Proxy) wait(r *http.Request, until <-chan time.Time) {
	select {
	case <-r.Context().Done():
	case <-p.closing:
	case <-until:
	}
}

// Set says what becomes of each request from now on; choose is called by many at a time.
func (p *Proxy) Set(choose func(*http.Request) Fault) { p.choose.Store(&choose) }

// End ends the proxy and the requests that hang in it.
func (p *Proxy) End() {
	p.ended.Do(func() { close(p.closing) })
	p.Close()
}

// broken is a body whose sender has gone away.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
