package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
)

// XForwardedFor is the header that tells the client's address unless told otherwise.
const XForwardedFor = "X-Forwarded-For"

// peer is whom a request comes from.
type peer struct {
	address string // of the client
	https   bool   // the client speaks https, with a proxy before us
}

// proxies finds out who is behind the proxies before this server. The client is the
// peer, or, when that is a trusted proxy, the last hop before the trusted ones.
// Whatever stands left of the first untrusted hop was written by the client itself.
//
// The hops stand in one header, which the proxies must set or append to: what the
// client writes into any other counts for nothing. Whether it speaks https is in
// X-Forwarded-Proto, or in Forwarded (RFC 7239) where that has the hops.
//
// What cannot be right is logged once.
type proxies struct {
	trusted []netip.Prefix
	header  string // canonical
	public  *url.URL
	log     *slog.Logger

	untrusted, silent, scheme sync.Once // warnings
}

func newProxies(c Config) *proxies {
	return &proxies{trusted: c.TrustedProxies, header: http.CanonicalHeaderKey(cmp.Or(c.AddressHeader, XForwardedFor)), public: c.PublicURL, log: c.Log}
}

func (p *proxies) trust(a netip.Addr) bool {
	for _, prefix := range p.trusted {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// peer tells who sent r.
func (p *proxies) peer(r *http.Request) peer {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return peer{address: r.RemoteAddr}
	}
	client := from.Addr().Unmap().WithZone("")
	lines := r.Header[p.header]
	if !p.trust(client) {
		if len(lines) > 0 && (client.IsPrivate() || client.IsLoopback()) {
			p.untrusted.Do(func() {
				p.log.Warn("requests come through a proxy that is not trusted, so its clients share one address and its limits; set GRAPNEL_TRUSTED_PROXIES", "proxy", client.String())
			})
		}
		return peer{address: client.String()}
	}
	https := p.speaksHTTPS(r, client)
	if len(lines) == 0 && !isHealthCheck(r) {
		p.silent.Do(func() {
			p.log.Warn("a trusted proxy does not tell the addresses of its clients, who then share one, or write one of their own choice; have it set the header", "proxy", client.String(), "header", p.header)
		})
	}
	hops := p.hops(lines)
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			break
		}
		client = hop
		if !p.trust(hop) {
			break
		}
	}
	return peer{address: client.String(), https: https}
}

// hops lists the hops, nearest last.
func (p *proxies) hops(lines []string) []string {
	var hops []string
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if p.header == "Forwarded" {
				element = forwardedPair(element, "for")
			}
			hops = append(hops, element)
		}
	}
	return hops
}

// forwardedPair is a value of one element of Forwarded.
func forwardedPair(element, want string) (value string) {
	for pair := range strings.SplitSeq(element, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, want) {
			value = strings.Trim(v, `"`)
		}
	}
	return value
}

// speaksHTTPS reports whether the client of a trusted proxy speaks https with the
// first proxy on the way, and warns where the public URL disagrees.
func (p *proxies) speaksHTTPS(r *http.Request, proxy netip.Addr) bool {
	scheme := ""
	if p.header == "Forwarded" {
		first, _, _ := strings.Cut(r.Header.Get(p.header), ",")
		scheme = forwardedPair(first, "proto")
	} else {
		scheme, _, _ = strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	}
	scheme = strings.ToLower(strings.TrimSpace(scheme))
	https := scheme == "https" || scheme == "wss" // so some write it of sockets
	var wrong string
	switch {
	case https && p.public == nil:
		wrong = "clients come over https, but links to files begin with a local address, and pages of this server's own may be refused; set GRAPNEL_PUBLIC_URL"
	case https && !isHTTPS(p.public):
		wrong = "clients come over https, but GRAPNEL_PUBLIC_URL begins with http"
	case scheme == "http" && isHTTPS(p.public):
		wrong = "clients come over http, but GRAPNEL_PUBLIC_URL begins with https; have the proxy redirect them"
	}
	if wrong != "" {
		p.scheme.Do(func() { p.log.Warn(wrong, "proxy", proxy.String()) })
	}
	return https
}

// parseHop reads an address with or without a port: 192.0.2.1, 192.0.2.1:80,
// 2001:db8::1, [2001:db8::1], [2001:db8::1]:80.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
