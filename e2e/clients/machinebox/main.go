// A program with machinebox/graphql, as an app has it. It writes what it did to
// standard output, a line each.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/machinebox/graphql"
)

func main() {
	if err := run(graphql.NewClient(os.Getenv("GRAPNEL_URL")), os.Getenv("TOKEN"), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(client *graphql.Client, token, tag string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	page := graphql.NewRequest(`query ($tag: String!, $since: Time) {
		posts(where: {tags: {has: $tag}, date: {gt: $since}}) { totalCount nodes { title publishedAt author { email } } }
	}`)
	page.Var("tag", tag)
	page.Var("since", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	var read struct {
		Posts struct {
			TotalCount int
			Nodes      []struct {
				Title       string
				PublishedAt *time.Time
				Author      struct{ Email *string }
			}
		}
	}
	if err := client.Run(ctx, page, &read); err != nil {
		return err
	}
	for _, post := range read.Posts.Nodes {
		fmt.Println("read", post.Title, post.PublishedAt != nil, post.Author.Email == nil)
	}

	for _, title := range []string{"Made", ""} {
		create := graphql.NewRequest(`mutation ($title: String!) { createPost(input: {title: $title}) { post { title status } } }`)
		create.Var("title", title)
		create.Header.Set("Authorization", "Bearer "+token)
		var made struct {
			CreatePost *struct {
				Post struct{ Title, Status string }
			}
		}
		if err := client.Run(ctx, create, &made); err != nil {
			fmt.Println("refused", err)
			continue
		}
		fmt.Println("made", made.CreatePost.Post.Title, made.CreatePost.Post.Status)
	}
	return nil
}
