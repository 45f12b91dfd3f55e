package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// latency is how long an honest client waited for its answers.
type latency struct {
	P50, P99, Max time.Duration
	Asked, Failed int
	Fault         error // one of the failures
}

// newestQuery is what it asks for.
const newestQuery = `{ posts(first: 20) { nodes { id title slug excerpt tags publishedAt author { id username displayName } } } }`

// honest asks at a fixed rate, whether or not the last answer has come, and counts
// from the moment at which it meant to ask.
func honest(ctx context.Context, url string, rate int, d time.Duration) latency {
	c := newClient("127.0.0.2", 0)
	defer c.CloseIdleConnections()
	r := request{body: operation(newestQuery, nil)}
	var l latency
	var mu sync.Mutex
	var wait sync.WaitGroup
	var waits []time.Duration
	begin, every := time.Now(), time.Second/time.Duration(rate)
	for i := range int(d / every) {
		due := begin.Add(time.Duration(i) * every)
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(due)):
		}
		wait.Go(func() {
			var buf bytes.Buffer
			a, err := send(ctx, c, url, "", r, &buf)
			took := time.Since(due)
			if err == nil && (a.status != 200 || a.code != "") {
				err = fmt.Errorf("%d %.200s", a.status, buf.Bytes())
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, took)
			if err != nil {
				l.Failed, l.Fault = l.Failed+1, err
			}
		})
	}
	wait.Wait()
	slices.Sort(waits)
	l.Asked = len(waits)
	if l.Asked > 0 {
		l.P50, l.P99, l.Max = waits[l.Asked/2], waits[l.Asked*99/100], waits[l.Asked-1]
	}
	return l
}

// signIn gives the tokens of some accounts.
func signIn(ctx context.Context, url string, n int) (tokens []string, err error) {
	c := newClient("127.0.0.2", 1)
	defer c.CloseIdleConnections()
	var buf bytes.Buffer
	for i := range n {
		body := operation(`mutation($e:String!,$p:String!){signIn(input:{email:$e,password:$p}){tokens{accessToken}}}`, map[string]any{"e": email(i), "p": password})
		if _, err := send(ctx, c, url, "", request{body: body}, &buf); err != nil {
			return nil, err
		}
		var answer struct {
			Data struct {
				SignIn struct{ Tokens struct{ AccessToken string } }
			}
		}
		if err := json.Unmarshal(buf.Bytes(), &answer); err != nil || answer.Data.SignIn.Tokens.AccessToken == "" {
			return nil, fmt.Errorf("sign-in: %.300s", buf.Bytes())
		}
		tokens = append(tokens, answer.Data.SignIn.Tokens.AccessToken)
	}
	return tokens, nil
}
