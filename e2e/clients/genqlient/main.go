// A program with what genqlient has made for it, as an app has it. It writes what
// it did to standard output, a line each.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

func main() {
	if err := run(os.Getenv("GRAPNEL_URL"), os.Getenv("TOKEN"), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(url, token, tag string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	visitor := graphql.NewClient(url, http.DefaultClient)
	author := graphql.NewClient(url, &http.Client{Transport: bearer(token)})

	page, err := Page(ctx, visitor, tag, nil)
	if err != nil {
		return err
	}
	for _, post := range page.Posts.Nodes {
		fmt.Println("read", post.Title, post.PublishedAt != nil, post.Author.Email == nil)
	}
	made, err := Create(ctx, author, CreatePostInput{Title: "Typed", Tags: []string{tag}})
	if err != nil {
		return err
	}
	fmt.Println("made", made.CreatePost.Post.Title, made.CreatePost.Post.Status)
	kind, err := Kind(ctx, author, made.CreatePost.Post.Id)
	if err != nil {
		return err
	}
	fmt.Printf("kind %T\n", *kind.Node)

	_, err = Create(ctx, author, CreatePostInput{})
	var errs gqlerror.List
	if !errors.As(err, &errs) {
		return fmt.Errorf("an empty title: %w", err)
	}
	fmt.Println("refused", errs[0].Extensions["code"])
	return subscribe(ctx, url, token, author, tag)
}

func subscribe(ctx context.Context, url, token string, author graphql.Client, tag string) error {
	sockets := graphql.NewClientUsingWebSocket("ws"+strings.TrimPrefix(url, "http"), dialer{websocket.DefaultDialer},
		graphql.WithConnectionParams(map[string]any{"Authorization": "Bearer " + token}))
	failed, err := sockets.Start(ctx)
	if err != nil {
		return err
	}
	defer sockets.Close()
	changes, _, err := Changes(ctx, sockets, tag)
	if err != nil {
		return err
	}
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case change := <-changes:
			fmt.Println("heard", change.Data.PostChanged.Kind, change.Data.PostChanged.Post.Title)
			return nil
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C: // nobody says when a subscription stands
			if _, err := Create(ctx, author, CreatePostInput{Title: "News", Tags: []string{tag}}); err != nil {
				return err
			}
		}
	}
}

// bearer sends the token of a session.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// dialer is what the manual of genqlient puts around a client for sockets.
type dialer struct{ *websocket.Dialer }

func (d dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	conn, _, err := d.Dialer.DialContext(ctx, url, header)
	return conn, err
}
