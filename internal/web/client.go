package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// clients tells the address of a request's client: the peer, or, when that is
// a trusted proxy, the last hop before the trusted ones. The hops are read from
// X-Forwarded-For and, where it is missing, from Forwarded (RFC 7239). Whatever
// stands left of the first untrusted hop was written by the client itself.
//
// A proxy must append to one of the two and should remove the other. One in a
// private network that is not trusted makes one client of all, which share its
// limits: that is logged once.
func clients(trusted []netip.Prefix, log *slog.Logger) func(*http.Request) string {
	var warned sync.Once
	trust := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return r.RemoteAddr
		}
		client := peer.Addr().Unmap().WithZone("")
		if !trust(client) {
			if (client.IsPrivate() || client.IsLoopback()) && len(forwardedFor(r.Header)) > 0 {
				warned.Do(func() {
					log.Warn("requests come through a proxy that is not trusted, so its clients share one address and its limits; set GRAPNEL_TRUSTED_PROXIES", "proxy", client.String())
				})
			}
			return client.String()
		}
		hops := forwardedFor(r.Header)
		for i := len(hops) - 1; i >= 0; i-- {
			hop, ok := parseHop(hops[i])
			if !ok {
				break
			}
			client = hop
			if !trust(hop) {
				break
			}
		}
		return client.String()
	}
}

// forwardedFor lists the hops, nearest last.
func forwardedFor(h http.Header) []string {
	var hops []string
	if values := h.Values("X-Forwarded-For"); len(values) > 0 {
		for _, v := range values {
			hops = append(hops, strings.Split(v, ",")...)
		}
		return hops
	}
	for _, v := range h.Values("Forwarded") {
		for element := range strings.SplitSeq(v, ",") {
			hop := ""
			for pair := range strings.SplitSeq(element, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				if strings.EqualFold(name, "for") {
					hop = strings.Trim(value, `"`)
				}
			}
			hops = append(hops, hop)
		}
	}
	return hops
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
