package seed

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
)

// pages are those that a site has beside its articles.
var pages = []struct{ title, slug, description, body string }{
	{"About us", "about", "Who writes here, and why.",
		"We write about what happens around us, **slowly and with care**.\n\n## How we work\n\n1. We go there.\n2. We ask twice[^1].\n3. We say what we do not know.\n\n[^1]: And once more, where it matters."},
	{"Contact", "contact", "How to reach us.",
		"Write to <mailto:newsroom@example.org>, or come by:\n\n| day | hours |\n| --- | --- |\n| Monday to Friday | 9 to 17 |\n| Saturday | 10 to 13 |"},
	{"Imprint", "imprint", "Who is responsible for this site.",
		"The Example Courier\\\nMarket Square 1\\\nExampleton"},
}

// makeSite makes the pages that are not there yet, and sets the site up unless somebody
// has done so.
func (s *site) makeSite(ctx context.Context) error {
	if s.plan.Schema == nil {
		return nil
	}
	bar := newBar(s.progress, "pages", len(pages))
	defer bar.close()
	ids := make([]string, len(pages))
	for i, p := range pages {
		var found struct {
			Pages struct{ Nodes []struct{ ID string } }
		}
		if err := s.ask(ctx, `query($slug: String!) { pages(where: {slug: {eq: $slug}}) { nodes { id } } }`, map[string]any{"slug": p.slug}, &found); err != nil {
			return err
		}
		if nodes := found.Pages.Nodes; len(nodes) > 0 {
			ids[i] = nodes[0].ID
		} else {
			var made struct {
				CreatePage struct{ Page struct{ ID string } }
			}
			if err := s.ask(ctx, `mutation($input: CreatePageInput!) { createPage(input: $input) { page { id } } }`, map[string]any{"input": map[string]any{
				"title": p.title, "slug": p.slug, "description": p.description, "body": p.body, "status": "PUBLISHED",
			}}, &made); err != nil {
				return fmt.Errorf("make the page %s: %w", p.slug, err)
			}
			ids[i] = made.CreatePage.Page.ID
		}
		bar.set(i + 1)
	}
	var present struct{ Site struct{ Version int } }
	if err := s.ask(ctx, `{ site { version } }`, nil, &present); err != nil || present.Site.Version > 1 {
		return err
	}
	menu := []any{map[string]any{"label": "News", "url": "/", "children": topics()}}
	for i, p := range pages[:2] {
		menu = append(menu, map[string]any{"label": p.title, "pageId": ids[i], "children": []any{}})
	}
	return s.ask(ctx, `mutation($input: UpdateSiteInput!) { updateSite(input: $input) { site { id } } }`, map[string]any{"input": map[string]any{
		"expectedVersion": 1, "title": "The Example Courier", "tagline": "News that can wait", "timezone": "Europe/Berlin", "navigation": menu,
		"footer":      "The Example Courier · [Imprint](/imprint)",
		"socialLinks": []any{map[string]any{"label": "Mastodon", "url": "https://mastodon.example/@courier"}},
	}}, nil)
}

// topics are links to the first sections, which are tags, too.
func topics() []any {
	var links []any
	for _, section := range sections[:4] {
		links = append(links, map[string]any{"label": strings.ToUpper(section[:1]) + section[1:], "tag": section, "children": []any{}})
	}
	return links
}

// ask carries out an operation: pages and the site are types that the schema alone
// declares, and that a project may have extended. answer takes the data unless it is nil.
func (s *site) ask(ctx context.Context, operation string, variables map[string]any, answer any) error {
	e := executor.New(s.plan.Schema)
	ctx = graphql.StartOperationTrace(ctx)
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: operation, Variables: variables})
	if errs != nil {
		return errs
	}
	next, ctx := e.DispatchOperation(ctx, op)
	response := next(ctx)
	if len(response.Errors) > 0 {
		return response.Errors
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(response.Data, answer)
}
