package openid

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Browser is somebody at a provider's page.
type Browser struct{ client *http.Client }

// NewBrowser is one that has been nowhere.
func NewBrowser() *Browser {
	jar, _ := cookiejar.New(nil) // it never fails
	return &Browser{&http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

var authRequest = regexp.MustCompile(`name="id" value="([^"]+)"`)

// SignIn signs a user in at the provider whose page is at this address, and is the address of
// the client to which the provider sends the browser.
func (b *Browser) SignIn(at, user string) (string, error) {
	form, body, err := b.follow(at)
	if err != nil {
		return "", err
	}
	id := authRequest.FindStringSubmatch(body)
	if id == nil {
		return "", fmt.Errorf("no login at %s: %s", form, body)
	}
	resp, err := b.client.PostForm(form, url.Values{"username": {user}, "password": {Password}, "id": {html.UnescapeString(id[1])}})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	next, err := resp.Location()
	if err != nil {
		return "", err
	}
	for !strings.HasSuffix(next.Path, "/callback") || !strings.HasPrefix(next.Path, "/sign-in/") {
		if next, err = b.Go(next.String()); err != nil {
			return "", err
		}
	}
	return next.String(), nil
}

// Go opens an address that leads on to another one, and is that.
func (b *Browser) Go(at string) (*url.URL, error) {
	resp, err := b.client.Get(at)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 3 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return nil, fmt.Errorf("%s answers %s: %s", at, resp.Status, body)
	}
	return resp.Location()
}

// follow opens an address and all that it leads on to.
func (b *Browser) follow(at string) (last, body string, err error) {
	for range 10 {
		resp, err := b.client.Get(at)
		if err != nil {
			return "", "", err
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		if err != nil {
			return "", "", err
		}
		next, err := resp.Location()
		if err != nil {
			return at, string(text), nil
		}
		at = next.String()
	}
	return "", "", fmt.Errorf("%s leads on and on", at)
}
