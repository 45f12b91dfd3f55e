// Package web serves Grapnel over HTTP: the GraphQL endpoint with its
// transports and limits, files, direct uploads, the playground and health. It
// turns a request into a context with a [core.Principal] and a [core.Client];
// what the request means is decided in resolvers and core.
//
//	/graphql           POST, GET (queries only), multipart upload, event streams (graphql-sse),
//	                   WebSocket (graphql-transport-ws)
//	/files/{id}/{name} files, with Range
//	/uploads/{id}      PUT of a direct upload
//	/sign-in/{provider}/callback  where browsers come back to from a provider
//	/playground/       the embedded GraphQL client, where it is on
//	/admin/            the embedded dashboard, where it is on
//	/healthz /readyz   the process runs; the stores answer
//
// Errors have one form everywhere, that of a GraphQL answer:
// {"errors":[{"message":…,"extensions":{"code":…}}]}.
package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// Config is what a [Server] is made of. Only Schema is required.
type Config struct {
	Schema graphql.ExecutableSchema
	// Scalars check the values of the schema's custom scalars before anything runs.
	Scalars Scalars

	// Authenticate says whose token it is. Its error is UNAUTHENTICATED for a
	// token that is not, or no longer, good. It may remember an answer for up to
	// 3 s: sockets ask again every Limits.Recheck, and together that must stay
	// below the 5 s in which a suspension takes effect. Nil: every token is
	// refused.
	Authenticate func(ctx context.Context, accessToken string) (core.Principal, error)
	// Anonymous lists the root fields that make or end a session. They run even
	// when the request's token or cookies have expired.
	Anonymous []string
	// Once lists the root fields that an operation may hold only once, under
	// whatever alias: those that are limited by rate or cost much.
	Once []string

	// Trusted holds the documents that may run, by id; nil: any.
	Trusted map[string]string
	// Untrusted is the least role whose callers may run any other document as well,
	// where there are trusted ones; "": nobody.
	Untrusted core.Role

	// Transports serve further kinds of request, such as multipart uploads.
	// They are asked before POST and GET, and bound the request body in size and
	// time themselves.
	Transports []graphql.Transport

	Files   http.Handler // GET and HEAD of /files/{id}/{name}; nil: 404
	Uploads http.Handler // PUT of /uploads/{id}; nil: 404
	SignIns http.Handler // GET and POST of /sign-in/{provider}/callback; nil: 404
	UI      http.Handler // GET of /playground and everything below; nil: off
	Admin   http.Handler // GET of /admin and everything below; nil: off

	// Site answers GET and HEAD of all that nothing else here does: a frontend. nil: 404,
	// and where to go at /.
	Site http.Handler

	// Ready holds a check for each store that the server cannot do without.
	Ready map[string]func(ctx context.Context) error

	Log *slog.Logger // nil: silent

	// PublicURL is where clients reach this server; nil: whatever they ask for. With
	// https, or with the word of a trusted proxy that its client speaks it, cookies are
	// Secure.
	PublicURL *url.URL
	// Origins are the other origins whose scripts may use the API. Localhost
	// may in any case unless Production.
	Origins []string
	// TrustedProxies are the peers whose word on their clients counts.
	TrustedProxies []netip.Prefix
	// AddressHeader is the header in which they tell the address: Forwarded (RFC
	// 7239), or one with an address or a list of them; X-Forwarded-For if empty.
	AddressHeader string
	// Production turns introspection and suggestions off.
	Production bool
	// MaxAge is for how long caches may answer the queries by GET of visitors
	// without asking again.
	MaxAge time.Duration

	Limits Limits
}

// Server is the HTTP side of Grapnel.
type Server struct {
	handler  http.Handler
	streams  *streams
	draining atomic.Bool
}

// New builds a Server.
func New(c Config) (*Server, error) {
	if c.Schema == nil {
		return nil, errors.New("web: a schema is required")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.Authenticate == nil {
		c.Authenticate = func(context.Context, string) (core.Principal, error) {
			return core.Principal{}, core.Errorf(core.Unauthenticated, "This server has no accounts.")
		}
	}
	c.Limits = c.Limits.orDefaults()
	origins, err := newOrigins(c.Origins, c.PublicURL, !c.Production)
	if err != nil {
		return nil, err
	}

	s := &Server{}
	engine := newEngine(c)
	auth := &authenticator{
		authenticate: c.Authenticate,
		origins:      origins,
		secure:       isHTTPS(c.PublicURL),
		log:          c.Log,
	}
	s.streams = newStreams(engine, auth, c.Limits, c.Log)

	mux := http.NewServeMux()
	mux.Handle("/graphql", &endpoint{
		transports: c.Transports,
		streams:    s.streams,
		engine:     engine,
		auth:       auth,
		maxAge:     c.MaxAge,
		playground: c.UI != nil,
	})
	mux.HandleFunc("GET /healthz", health)
	mux.Handle("GET /readyz", newReadiness(c.Ready, &s.draining, c.Log))
	if c.Site == nil {
		mux.HandleFunc("GET /{$}", landing(c.UI != nil, prefix(c.PublicURL)))
		mux.HandleFunc("/", notFound(prefix(c.PublicURL)))
	} else {
		mux.HandleFunc("/", frontend(c.Site, notFound(prefix(c.PublicURL))))
	}
	if c.Uploads != nil {
		mux.Handle("PUT /uploads/{id}", c.Uploads)
	}
	if c.SignIns != nil {
		mux.Handle("GET /sign-in/{provider}/callback", c.SignIns)
		mux.Handle("POST /sign-in/{provider}/callback", c.SignIns)
	}
	if c.UI != nil {
		mux.Handle("GET /playground", c.UI)
		mux.Handle("GET /playground/", c.UI)
	}
	if c.Admin != nil {
		mux.Handle("GET /admin", c.Admin)
		mux.Handle("GET /admin/", c.Admin)
	}

	// Files are for scripts of every origin, all else for those of the list.
	site := http.NewServeMux()
	site.Handle("/", origins.cors(mux))
	if c.Files != nil {
		site.Handle("GET /files/{id}/{name}", anyOrigin(c.Files))
		site.Handle("OPTIONS /files/{id}/{name}", anyOrigin(c.Files))
	}

	var h http.Handler = site
	h = deadlines(h, c.Limits)
	h = uncoded(h)
	h = securityHeaders(h, isHTTPS(c.PublicURL))
	h = keyless(h)
	h = recovery(h, c.Log)
	h = identify(h, newProxies(c), c.Log)
	h = graphqlhttp.Linger(h, c.Limits.Linger)
	s.handler = h
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Leave makes the server not ready, so that balancers send no more requests.
func (s *Server) Leave() { s.draining.Store(true) }

// Shutdown refuses new sockets and event streams, ends the open ones, when their
// queries and mutations have been answered, so that their clients connect elsewhere,
// and waits for that until ctx ends. Requests in flight, uploads among
// them, are the business of [http.Server.Shutdown]; see [Serve].
func (s *Server) Shutdown(ctx context.Context) error {
	s.Leave()
	return s.streams.shutdown(ctx)
}

// Limits bound what one client can ask for. Zero means the default.
type Limits struct {
	Body           int64         // bytes of a JSON body or a socket message; 1 MiB
	Query          int           // bytes of a document; 128 KiB
	Tokens         int           // lexical tokens of a document; 5,000
	Operations     int           // operations in a document; 20
	Fragments      int           // fragments in a document; 200
	Depth          int           // levels of fields, fragments expanded; 15
	Aliases        int           // aliases in a document; 100
	RootFields     int           // fields that an operation begins with; 50
	Nesting        int           // lists and objects around a value, in documents and variables; 24
	VariableValues int           // values in the variables; 50,000
	Merge          int           // selections looked at by the field merging rule; 200,000
	Cost           int           // what an operation may cost, about the fields of its answer; see coster; 50,000
	PageSize       int           // of a page without first and last, for Cost; 20
	ListSize       int           // assumed of a list that has no pages, for Cost; 10
	Read           int64         // bytes of documents that an operation reads; 16 MiB
	ReadTime       time.Duration // for which stores work for an operation; 1 s
	UserCost       int           // Cost that one user may use up each second, ten times as much after a rest; 50,000; negative: any
	NetworkCost    int           // the same of one network, for all users and visitors there; 100,000; negative: any

	IntrospectionDepth int // levels of fields below __schema or __type; 20
	IntrospectionLists int // nested lists of fields or types there; 2

	Errors   int // errors in an answer; 100
	Message  int // bytes of an error message; 1,000
	Withheld int // bytes of the paths of withheld fields in an answer; 32 KiB

	CachedQueries    int // parsed and persisted documents, each; 1,000
	CachedQueryBytes int // bytes of their text, each; 4 MiB

	Deadline  time.Duration         // of a query or mutation, uploads excepted; 30 s
	BodyRead  time.Duration         // for a request body to arrive, uploads excepted; 30 s
	BodyWrite time.Duration         // for an answer to be taken after the operation, files excepted; 60 s
	Linger    graphqlhttp.Lingering // over a body that was not wanted; 64 MiB within 60 s, and 5 s more

	Streams          int           // sockets and event streams open at once; 5,000
	NetworkStreams   int           // of them from one network, which is an IPv4 address or an IPv6 /64; 1,250
	SocketOperations int           // running on one socket; 50
	OwnerOperations  int           // running on all streams of one user, or of one network for visitors; 200
	Init             time.Duration // from the upgrade to connection_init; 10 s
	Ping             time.Duration // between pings of a socket, and longest wait for a pong; 25 s
	KeepAlive        time.Duration // between comments in an event stream; 12 s
	Recheck          time.Duration // between checks of a stream's token, and longest wait for one; 1 s
	MessageRead      time.Duration // for a message of a socket to arrive, once it has begun; 10 s
	StreamWrite      time.Duration // for a client to take one message; 10 s
}

// orDefaults puts the default in the place of every zero.
func (l Limits) orDefaults() Limits {
	return Limits{
		Body:               cmp.Or(l.Body, 1<<20),
		Query:              cmp.Or(l.Query, 128<<10),
		Tokens:             cmp.Or(l.Tokens, 5_000),
		Operations:         cmp.Or(l.Operations, 20),
		Fragments:          cmp.Or(l.Fragments, 200),
		Depth:              cmp.Or(l.Depth, 15),
		Aliases:            cmp.Or(l.Aliases, 100),
		RootFields:         cmp.Or(l.RootFields, 50),
		Nesting:            cmp.Or(l.Nesting, 24),
		VariableValues:     cmp.Or(l.VariableValues, 50_000),
		Merge:              cmp.Or(l.Merge, 200_000),
		Cost:               cmp.Or(l.Cost, 50_000),
		PageSize:           cmp.Or(l.PageSize, 20),
		ListSize:           cmp.Or(l.ListSize, 10),
		Read:               cmp.Or(l.Read, 16<<20),
		ReadTime:           cmp.Or(l.ReadTime, time.Second),
		UserCost:           cmp.Or(l.UserCost, 50_000),
		NetworkCost:        cmp.Or(l.NetworkCost, 100_000),
		IntrospectionDepth: cmp.Or(l.IntrospectionDepth, 20),
		IntrospectionLists: cmp.Or(l.IntrospectionLists, 2),
		Errors:             cmp.Or(l.Errors, 100),
		Message:            cmp.Or(l.Message, 1_000),
		Withheld:           cmp.Or(l.Withheld, 32<<10),
		CachedQueries:      cmp.Or(l.CachedQueries, 1_000),
		CachedQueryBytes:   cmp.Or(l.CachedQueryBytes, 4<<20),
		Deadline:           cmp.Or(l.Deadline, 30*time.Second),
		BodyRead:           cmp.Or(l.BodyRead, 30*time.Second),
		BodyWrite:          cmp.Or(l.BodyWrite, 60*time.Second),
		Linger:             cmp.Or(l.Linger, graphqlhttp.Lingering{Bytes: 64 << 20, Time: 60 * time.Second, Last: 5 * time.Second}),
		Streams:            cmp.Or(l.Streams, 5_000),
		NetworkStreams:     cmp.Or(l.NetworkStreams, 1_250),
		SocketOperations:   cmp.Or(l.SocketOperations, 50),
		OwnerOperations:    cmp.Or(l.OwnerOperations, 200),
		Init:               cmp.Or(l.Init, 10*time.Second),
		Ping:               cmp.Or(l.Ping, 25*time.Second),
		KeepAlive:          cmp.Or(l.KeepAlive, 12*time.Second),
		Recheck:            cmp.Or(l.Recheck, time.Second),
		StreamWrite:        cmp.Or(l.StreamWrite, 10*time.Second),
		MessageRead:        cmp.Or(l.MessageRead, 10*time.Second),
	}
}

// prefix is the path that a proxy takes away before this server; "" for none.
func prefix(public *url.URL) string {
	if public == nil {
		return ""
	}
	return strings.TrimRight(public.EscapedPath(), "/")
}

// landing is the answer at /: where to go.
func landing(playground bool, prefix string) http.HandlerFunc {
	links := map[string]string{"name": "Grapnel", "graphql": prefix + "/graphql"}
	if playground {
		links["playground"] = prefix + "/playground/"
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if playground && isVisit(r) {
			toPlayground(w)
			return
		}
		writeJSON(w, http.StatusOK, links)
	}
}

// toPlayground sends a visitor of / or /graphql there. The address is relative, for
// a proxy may have taken a prefix away, of which http.Redirect knows nothing.
func toPlayground(w http.ResponseWriter) {
	w.Header().Set("Location", "playground/")
	w.WriteHeader(http.StatusSeeOther)
}

func notFound(prefix string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		graphqlhttp.Refuse(w, r, core.Errorf(core.NotFound, "There is nothing here. GraphQL is at %s/graphql.", prefix))
	}
}

// frontend serves a site to those who read, however long that takes them. What is below
// an address of the API is never one of the site.
func frontend(site http.Handler, others http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if r.Method != http.MethodGet && r.Method != http.MethodHead || slices.Contains(reserved, first) {
			others(w, r)
			return
		}
		out := &patientWriter{ResponseWriter: w, control: http.NewResponseController(w)}
		site.ServeHTTP(out, r)
		out.begin()
	}
}

// reserved are the first parts of the addresses of the API.
var reserved = []string{"graphql", "files", "uploads", "playground", "admin", "healthz", "readyz"}
