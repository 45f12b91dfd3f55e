package openid_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
	"github.com/grapnel/grapnel/e2e/openid"
)

var binary grapnel.Binary

func TestMain(m *testing.M) { grapnel.Main(m, map[*grapnel.Binary]string{&binary: "."}) }

type vars = grapnel.Vars

const (
	startAt    = `mutation($i: StartProviderSignInInput!) { startProviderSignIn(input: $i) { url } }`
	signInWith = `mutation($t: String!, $v: String!) { signInWithProvider(input: {token: $t, codeVerifier: $v}) { viewer { id email emailVerifiedAt } tokens { accessToken } } }`
	linkTo     = `mutation($t: String!, $v: String!) { linkIdentity(input: {token: $t, codeVerifier: $v}) { viewer { identities { id provider email } } } }`
	byIDToken  = `mutation($t: String!, $n: String!) { signInWithIdToken(input: {provider: "company", idToken: $t, nonce: $n}) { viewer { email } tokens { accessToken } } }`
	verifier   = "a-verifier-that-the-frontend-keeps-for-itself"
)

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// serving is a server that knows providers by these names.
func serving(t *testing.T, env []string, names ...string) (*grapnel.Server, map[string]*openid.Provider) {
	t.Helper()
	providers := map[string]*openid.Provider{}
	if env == nil {
		env = []string{"GRAPNEL_DATA=" + t.TempDir()}
	}
	env = append(env, "GRAPNEL_SIGN_IN_WITH="+strings.Join(names, ","), "GRAPNEL_APP_SCHEMES=org.example.app")
	for _, name := range names {
		p := started(t)
		prefix := "GRAPNEL_" + strings.ToUpper(name) + "_"
		env = append(env, prefix+"ISSUER="+p.Issuer, prefix+"CLIENT_ID="+openid.ClientID, prefix+"CLIENT_SECRET="+openid.ClientSecret, prefix+"APP_CLIENT_IDS=phone")
		providers[name] = p
	}
	return binary.Start(t, env...), providers
}

// at is the provider's page for a sign-in that begins.
func at(s *grapnel.Server, token, provider, returnTo string, link bool) string {
	return s.Get(token, startAt, vars{"i": vars{"provider": provider, "returnTo": returnTo, "codeChallenge": s256(verifier), "link": link}}, "startProviderSignIn.url").(string)
}

// back is where a browser that has signed in comes to.
func back(t *testing.T, page, user string) string {
	t.Helper()
	callback, err := openid.NewBrowser().SignIn(page, user)
	if err != nil {
		t.Fatal(err)
	}
	return callback
}

// opened is what our callback answers: where to, or the code of the error.
func opened(t *testing.T, callback string) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(callback)
	if err != nil {
		t.Fatal(err)
	}
	return answered(t, resp)
}

func answered(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	if got := resp.Header.Get("Cache-Control") + " " + resp.Header.Get("Referrer-Policy"); got != "no-store no-referrer" {
		t.Errorf("headers %q", got)
	}
	if to := resp.Header.Get("Location"); resp.StatusCode == http.StatusSeeOther {
		return to
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + string(body)
}

func token(t *testing.T, to string) string {
	t.Helper()
	_, token, ok := strings.Cut(to, "#signin=")
	if !ok {
		t.Fatal(to)
	}
	return token
}

// A sign-in at a real provider, on each pair of stores: what it gives is worth something once, to
// who has begun it.
func TestSignIn(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		s, _ := serving(t, stores.Env, "company", "other")
		returnTo := s.URL + "/welcome"
		callback := back(t, at(s, "", "company", returnTo, false), "ada")
		to := opened(t, callback)
		if !strings.HasPrefix(to, returnTo+"#signin=") {
			t.Fatal(to)
		}
		if again := opened(t, callback); again != returnTo+"#signin-failed=USED" {
			t.Errorf("replayed: %s", again)
		}
		s.Refused("", signInWith, vars{"t": token(t, to), "v": "a-verifier-of-somebody-else-in-another-browser"}, "BAD_USER_INPUT")
		access := s.Get("", signInWith, vars{"t": token(t, to), "v": verifier}, "signInWithProvider.tokens.accessToken").(string)
		s.Refused("", signInWith, vars{"t": token(t, to), "v": verifier}, "BAD_USER_INPUT")
		if got := s.Get(access, `{ viewer { email identities { provider } } }`, nil, "viewer.email"); got != "ada@example.org" {
			t.Errorf("%v", got)
		}

		// The other provider says of its own ada that this address is hers, too: it is one account.
		page := at(s, "", "other", returnTo, false)
		to = opened(t, back(t, page, "ada"))
		s.Get("", signInWith, vars{"t": token(t, to), "v": verifier}, "signInWithProvider.viewer.id")
		list := s.Get(access, `{ viewer { identities { provider } } }`, nil, "viewer.identities").([]any)
		if len(list) != 2 {
			t.Errorf("%v", list)
		}

		// Whose address nobody knows makes no account, but may link one.
		to = opened(t, back(t, at(s, "", "company", returnTo, false), "eve"))
		s.Refused("", signInWith, vars{"t": token(t, to), "v": verifier}, "FORBIDDEN")
		eve, _ := s.SignUp("eve")
		to = opened(t, back(t, at(s, eve, "company", "org.example.app:/done", true), "eve"))
		s.Refused(access, linkTo, vars{"t": token(t, to), "v": verifier}, "BAD_USER_INPUT")
		linked := s.Get(eve, linkTo, vars{"t": token(t, to), "v": verifier}, "linkIdentity.viewer.identities").([]any)
		to = opened(t, back(t, at(s, "", "company", returnTo, false), "eve"))
		s.Get("", signInWith, vars{"t": token(t, to), "v": verifier}, "signInWithProvider.viewer.id")
		s.Get(eve, `mutation($id: ID!) { unlinkIdentity(input: {id: $id}) { unlinkedIdentityId } }`, vars{"id": grapnel.Dig(linked[0], "id")}, "unlinkIdentity.unlinkedIdentityId")

		if log := s.Log.String(); strings.Contains(log, "code=") || strings.Contains(log, "state=") || strings.Contains(log, token(t, to)) {
			t.Errorf("the log has secrets: %s", log)
		}
	})
}

// What comes back in another way than it was sent signs nobody in.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	s, _ := serving(t, nil, "company", "other")
	returnTo := s.URL + "/welcome"
	callback := func() (*url.URL, url.Values) {
		u, err := url.Parse(back(t, at(s, "", "company", returnTo, false), "ada"))
		if err != nil {
			t.Fatal(err)
		}
		return u, u.Query()
	}
	const refused = "400"
	for name, c := range map[string]struct {
		change func(u *url.URL, q, other url.Values)
		want   string
	}{
		"to the redirect address of the other provider": {func(u *url.URL, _, _ url.Values) { u.Path = "/sign-in/other/callback" }, refused},
		"to one of nobody":                {func(u *url.URL, _, _ url.Values) { u.Path = "/sign-in/nobody/callback" }, refused},
		"with the state of another":       {func(_ *url.URL, q, other url.Values) { q.Set("state", other.Get("state")) }, returnTo + "#signin-failed=REFUSED"},
		"with the code of another":        {func(_ *url.URL, q, other url.Values) { q.Set("code", other.Get("code")) }, returnTo + "#signin-failed=REFUSED"},
		"without a state":                 {func(_ *url.URL, q, _ url.Values) { q.Del("state") }, refused},
		"with a state that was changed":   {func(_ *url.URL, q, _ url.Values) { q.Set("state", "x"+q.Get("state")) }, refused},
		"without a code":                  {func(_ *url.URL, q, _ url.Values) { q.Del("code") }, returnTo + "#signin-failed=REFUSED"},
		"with the issuer of the other":    {func(_ *url.URL, q, _ url.Values) { q.Set("iss", "https://other.example") }, returnTo + "#signin-failed=REFUSED"},
		"by somebody who did not want to": {func(_ *url.URL, q, _ url.Values) { q.Del("code"); q.Set("error", "access_denied") }, returnTo + "#signin-failed=CANCELLED"},
	} {
		u, q := callback()
		_, other := callback()
		c.change(u, q, other)
		u.RawQuery = q.Encode()
		if got := opened(t, u.String()); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}

	// As a form, as Apple sends it.
	u, q := callback()
	u.RawQuery = ""
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(u.String(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got := answered(t, resp); !strings.HasPrefix(got, returnTo+"#signin=") {
		t.Errorf("a form: %s", got)
	}
	q.Set("filler", strings.Repeat("x", 70_000))
	if resp, err = client.PostForm(u.String(), q); err != nil {
		t.Fatal(err)
	}
	if got := answered(t, resp); !strings.HasPrefix(got, refused) {
		t.Errorf("a large form: %s", got)
	}
	s.Refused("", startAt, vars{"i": vars{"provider": "company", "returnTo": "https://evil.example/", "codeChallenge": s256(verifier)}}, "BAD_USER_INPUT")
}

// An id token that an app has got signs in once, with the nonce that only the app knows.
func TestSignInWithIDToken(t *testing.T) {
	t.Parallel()
	s, providers := serving(t, nil, "company", "other")
	const nonce = "a-nonce-that-the-app-keeps"
	hash := sha256.Sum256([]byte(nonce))
	sign := func(p *openid.Provider, changes vars) string {
		c := vars{"iss": p.Issuer, "sub": "ada", "aud": "phone", "nonce": hex.EncodeToString(hash[:]), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "email": "ada@example.org", "email_verified": true}
		for name, v := range changes {
			c[name] = v
		}
		token, err := p.Sign(c)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(providers["company"], nil)
	s.Refused("", byIDToken, vars{"t": good, "n": hex.EncodeToString(hash[:])}, "INVALID_CREDENTIALS")
	s.Refused("", byIDToken, vars{"t": sign(providers["other"], nil), "n": nonce}, "INVALID_CREDENTIALS")
	s.Refused("", byIDToken, vars{"t": sign(providers["company"], vars{"aud": "somebody else"}), "n": nonce}, "INVALID_CREDENTIALS")
	if got := s.Get("", byIDToken, vars{"t": good, "n": nonce}, "signInWithIdToken.viewer.email"); got != "ada@example.org" {
		t.Errorf("%v", got)
	}
	s.Refused("", byIDToken, vars{"t": good, "n": nonce}, "INVALID_CREDENTIALS")
}

// A provider that is down keeps nobody from anything else.
func TestServerWithoutItsProvider(t *testing.T) {
	t.Parallel()
	s, providers := serving(t, nil, "company", "other")
	if err := providers["company"].Close(); err != nil {
		t.Fatal(err)
	}
	s.Refused("", startAt, vars{"i": vars{"provider": "company", "returnTo": s.URL, "codeChallenge": s256(verifier)}}, "UNAVAILABLE")
	if list := s.Get("", `{ signInProviders { name label } }`, nil, "signInProviders").([]any); len(list) != 2 || grapnel.Dig(list[0], "label") != "Company" {
		t.Errorf("%v", list)
	}
	at(s, "", "other", s.URL, false)
	s.SignUp("ada")
}
