package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gosimple/slug"
)

// PostStatus is where a post stands.
type PostStatus string

// The statuses. A published post is public from its date on.
const (
	Draft     PostStatus = "DRAFT"
	Published PostStatus = "PUBLISHED"
)

// Post is an article. What clients see of it is in schema/post.graphqls.
type Post struct {
	Head        `bson:",inline"`
	Title       string     `bson:"title"`
	Slug        *string    `bson:"slug"`
	Excerpt     *string    `bson:"excerpt"`
	Tags        []string   `bson:"tags"`
	AuthorID    string     `bson:"authorId"`
	CoverID     *string    `bson:"coverId"`
	Status      PostStatus `bson:"status"`
	PublishedAt *time.Time `bson:"publishedAt"`
	// Date sorts posts: PublishedAt, or CreatedAt while that is null.
	Date time.Time `bson:"date"`
	// Slugs are the slugs that lead to this post: only a post that is public
	// by now holds any, for a claim would tell that a hidden post exists.
	Slugs []string `bson:"slugs"`
	// FormerSlugs led here before the post was made a draft again.
	FormerSlugs []string `bson:"formerSlugs"`
	// Body is the Markdown; lists leave it out, see Collection.Whole.
	Body string `bson:"body"`
}

// PostConnection is a page of posts.
type PostConnection = Page[Post]

// PostEdge is one of its edges.
type PostEdge = Edge[Post]

// PostChange is a change of a post.
type PostChange = Change[Post]

// completePosts adds what the schema does not tell of posts: slugs that lead to
// a post, and that lists can do without its text.
func completePosts(s Spec) Spec {
	s.Fields = append(slices.Clone(s.Fields), Field{Name: "slug"}, Field{Name: "slugs", Array: true, Unique: true})
	s.Indexes = append([][]string{{"slug", "date"}}, s.Indexes...)
	s.Bulk = []string{"body"}
	return s
}

// public matches the posts that everybody may read.
func public() Filter { return And(Eq("status", Published), Lte("date", Now{})) }

// Posts is the service of articles.
type Posts struct {
	*Collection[Post]
	app *App
}

// PostDraft is what a new post starts with.
type PostDraft struct {
	Title     string
	Body      string
	Excerpt   *string
	Slug      *string
	Tags      []string
	CoverID   *string
	AuthorID  *string    // the caller when nil
	CreatedAt *time.Time // for editors; now when nil
}

// PostPatch is what [Posts.Update] changes.
type PostPatch struct {
	Title     Opt[string]
	Body      Opt[string]
	Excerpt   Opt[*string]
	Slug      Opt[*string]
	Tags      Opt[[]string]
	CoverID   Opt[*string]
	AuthorID  Opt[string]
	CreatedAt Opt[time.Time]
}

const maxSlug, maxSlugs = 100, 50

// Create begins a draft.
func (p *Posts) Create(ctx context.Context, d PostDraft) (*Post, error) {
	if p.may(ctx, Create).Op == OpNone {
		return nil, denied(ctx)
	}
	caller := PrincipalOf(ctx)
	if d.AuthorID == nil {
		d.AuthorID = &caller.UserID
	}
	post := p.draft(d)
	imports := d.CreatedAt != nil || post.AuthorID != caller.UserID
	if err := p.check(ctx, &Post{AuthorID: caller.UserID}, post, imports); err != nil {
		return nil, err
	}
	return post, p.create(ctx, post)
}

// draft is the post that d describes, not yet checked.
func (p *Posts) draft(d PostDraft) *Post {
	post := &Post{Title: d.Title, Body: d.Body, Excerpt: d.Excerpt, Slug: d.Slug, Tags: d.Tags, CoverID: d.CoverID,
		AuthorID: deref(d.AuthorID), Status: Draft, Slugs: []string{}, FormerSlugs: []string{}}
	post.CreatedAt = Millis(p.now())
	if d.CreatedAt != nil {
		post.CreatedAt = Millis(*d.CreatedAt)
	}
	post.setDate()
	return post
}

// PostImport is a post as another system had it.
type PostImport struct {
	PostDraft
	PublishedAt *time.Time // null: a draft
}

// Import stores up to 500 posts as one write, published ones with their slugs;
// for the system. It trusts that covers and authors exist.
func (p *Posts) Import(ctx context.Context, list []PostImport) ([]*Post, error) {
	if !PrincipalOf(ctx).system {
		return nil, denied(ctx)
	}
	if len(list) == 0 || len(list) > maxBatch {
		return nil, invalidField("list", "RANGE", "must hold 1 to 500 posts")
	}
	posts := make([]*Post, len(list))
	for i, d := range list {
		post := p.draft(d.PostDraft)
		post.ID, post.Version, post.UpdatedAt = newID(p.spec.Prefix), 1, Millis(p.now())
		if d.PublishedAt != nil {
			at := Millis(*d.PublishedAt)
			post.Status, post.PublishedAt = Published, &at
			if post.Slug == nil {
				s := makeSlug(post.Title)
				post.Slug = &s
			}
		}
		post.setDate()
		if err := p.check(ctx, &Post{AuthorID: post.AuthorID, CoverID: post.CoverID}, post, true); err != nil {
			return nil, err
		}
		posts[i] = post
	}
	due := p.due(posts)
	taken, err := p.takenSlugs(ctx, due)
	if err != nil {
		return nil, err
	}
	for _, post := range due {
		post.claim(taken)
	}
	ops := make([]Op, len(posts))
	for i, post := range posts {
		ops[i] = p.insert(post)
	}
	return posts, p.docs.Write(ctx, ops...)
}

// Update changes a post.
func (p *Posts) Update(ctx context.Context, id string, expected *int64, patch PostPatch) (*Post, error) {
	return p.updateSlugged(ctx, id, expected, func(post *Post) ([]Op, error) {
		before := *post
		set(&post.Title, patch.Title)
		set(&post.Body, patch.Body)
		set(&post.AuthorID, patch.AuthorID)
		set(&post.CreatedAt, patch.CreatedAt)
		set(&post.Excerpt, patch.Excerpt)
		set(&post.Slug, patch.Slug)
		set(&post.CoverID, patch.CoverID)
		set(&post.Tags, patch.Tags)
		post.CreatedAt = Millis(post.CreatedAt)
		post.setDate()
		imports := post.AuthorID != before.AuthorID || !post.CreatedAt.Equal(before.CreatedAt)
		if err := p.check(ctx, &before, post, imports); err != nil {
			return nil, err
		}
		if patch.Slug.Set && len(post.Slugs) > 0 {
			return nil, p.claim(ctx, post)
		}
		return nil, nil
	})
}

// Publish makes a post public from a moment on, now when at is nil.
func (p *Posts) Publish(ctx context.Context, id string, expected *int64, at *time.Time) (*Post, error) {
	return p.updateSlugged(ctx, id, expected, func(post *Post) ([]Op, error) {
		now := Millis(p.now())
		when := now
		if at != nil {
			when = Millis(*at)
			if when.Before(now) && !p.mayImport(ctx) && (post.PublishedAt == nil || !when.Equal(*post.PublishedAt)) {
				return nil, Errorf(Forbidden, "Only editors may set a date in the past.")
			}
		} else if post.Status == Published && !post.Date.After(now) {
			return nil, nil // it is public already, and keeps its date
		}
		post.Status, post.PublishedAt = Published, &when
		post.setDate()
		if when.After(now) {
			post.release()
			return nil, nil
		}
		return nil, p.claim(ctx, post)
	})
}

// updateSlugged is an update that may claim a slug: when another post took it
// in the same moment, the claim starts over, one claim after another.
func (p *Posts) updateSlugged(ctx context.Context, id string, expected *int64, change func(*Post) ([]Op, error)) (*Post, error) {
	post, err := p.update(ctx, id, expected, change)
	lost := func(err error) bool { return isTaken(err, "slugs") }
	if !lost(err) {
		return post, err
	}
	err = p.turns.do(ctx, "slugs", lost, func(ctx context.Context) error {
		post, err = p.update(ctx, id, expected, change)
		return err
	})
	return post, err
}

// Unpublish makes a post a draft again.
func (p *Posts) Unpublish(ctx context.Context, id string, expected *int64) (*Post, error) {
	return p.update(ctx, id, expected, func(post *Post) ([]Op, error) {
		post.Status, post.PublishedAt = Draft, nil
		post.setDate()
		post.release()
		return nil, nil
	})
}

// Delete removes a post for good.
func (p *Posts) Delete(ctx context.Context, id string, expected *int64) error {
	_, err := p.delete(ctx, id, expected, nil)
	return err
}

// BySlug finds a post by a slug that leads to it.
func (p *Posts) BySlug(ctx context.Context, s string) (*Post, error) {
	post, err := p.First(ctx, Eq("slugs", s))
	if !Is(err, NotFound) {
		return post, err
	}
	// A scheduled post that came due claims its slug when it is first read: now.
	if _, _, err = p.find(ctx, dueSlug(s, p.now())); err != nil {
		return nil, err
	}
	return p.First(ctx, Eq("slugs", s))
}

// dueSlug asks for the post that came due first of those that wait for a slug.
func dueSlug(slug string, now time.Time) Query {
	return Query{Filter: And(public().at(now), Eq("slug", slug)), Order: []Order{{Field: "date"}, {Field: "_id"}}, Limit: 1}
}

// Changed streams the changes of the posts that the caller may see.
func (p *Posts) Changed(ctx context.Context, where Filter) (<-chan *Change[Post], error) {
	return p.watch(ctx, where, p.app.Sessions.refresh)
}

// check validates a post before it is stored, all of its fields at once, and
// brings its tags to their stored form. imports says that it sets what only
// editors may: the author or an old date.
func (p *Posts) check(ctx context.Context, before, post *Post, imports bool) error {
	if imports && !p.mayImport(ctx) {
		return Errorf(Forbidden, "Only editors may set the author or the date of creation.")
	}
	var check Checker
	check.Text("title", post.Title, 1, 200)
	check.Text("body", post.Body, 0, 200_000)
	check.optional("excerpt", post.Excerpt, 500)
	if post.Slug != nil {
		check.Format("slug", *post.Slug, Slug)
	}
	post.Tags = check.tags("tags", post.Tags)
	if post.AuthorID == "" { // of who calls, which may be an API key that acts as itself
		check.Add("authorId", "REQUIRED", "must be given: you are no user", nil)
	}
	if post.CreatedAt.After(p.now()) || post.CreatedAt.Year() < 1000 {
		check.Add("createdAt", "RANGE", "must lie between the year 1000 and now", nil)
	}
	if deref(before.CoverID) != deref(post.CoverID) {
		if err := p.app.Assets.checkImage(ctx, &check, "coverId", post.CoverID); err != nil {
			return err
		}
	}
	if before.AuthorID != post.AuthorID {
		if _, err := p.app.Users.Get(ctx, post.AuthorID); Is(err, NotFound) {
			check.Add("authorId", "UNKNOWN", "is no user", nil)
		} else if err != nil {
			return err
		}
	}
	return check.Err()
}

// mayImport reports whether the caller may set authors and old dates.
func (p *Posts) mayImport(ctx context.Context) bool {
	caller := PrincipalOf(ctx)
	return caller.system || caller.Role.AtLeast(Editor)
}

func (p *Post) setDate() {
	p.Date = p.CreatedAt
	if p.PublishedAt != nil {
		p.Date = *p.PublishedAt
	}
}

// release gives up the slugs of a post that is hidden from now on.
func (p *Post) release() {
	if len(p.Slugs) > 0 {
		p.FormerSlugs, p.Slugs = p.Slugs, []string{}
	}
}

// due picks the posts that are public by now and hold no slug yet.
func (p *Posts) due(posts []*Post) (due []*Post) {
	for _, post := range posts {
		if len(post.Slugs) == 0 && post.Status == Published && !post.Date.After(p.now()) {
			due = append(due, post)
		}
	}
	return due
}

// claim gives a public post its slug, and the former ones that are still free. A slug
// of the author's own choice that another post has is a CONFLICT; one made from the
// title gets a number.
func (p *Posts) claim(ctx context.Context, post *Post) error {
	taken, err := p.takenSlugs(ctx, []*Post{post})
	if err != nil {
		return err
	}
	if s := deref(post.Slug); s != "" && !slices.Contains(post.FormerSlugs, s) && taken.fromOthers(s, post.ID) {
		return Taken("slug", nil)
	}
	post.claim(taken)
	return nil
}

// claim gives a post the first slug that no other has, and the former ones that are
// still free, and notes that they are taken. See takenSlugs.
func (p *Post) claim(taken slugHolders) {
	free := func(s string) bool { return !taken.fromOthers(s, p.ID) }
	got := p.wantedSlug()
	if !free(got) {
		instead := numberedSlugs(got)
		got = numbered(got, strings.ToLower(rand.Text()[:10]))
		if i := slices.IndexFunc(instead, free); i >= 0 {
			got = instead[i]
		}
	}
	held := slices.DeleteFunc(slices.Concat(p.Slugs, p.FormerSlugs), func(s string) bool { return s == got || !free(s) })
	held = append(held, got)
	p.Slugs = held[max(0, len(held)-maxSlugs):]
	p.Slug, p.FormerSlugs = &got, []string{}
	for _, s := range p.Slugs {
		taken[s] = p.ID
	}
}

// wantedSlug is the slug that a post would have.
func (p *Post) wantedSlug() string {
	if s := deref(p.Slug); s != "" {
		return s
	}
	return makeSlug(p.Title)
}

// numberedSlugs are those instead of one that another post has, the best one first.
func numberedSlugs(base string) (list []string) {
	for n := 2; n < 12; n++ {
		list = append(list, numbered(base, fmt.Sprint(n)))
	}
	return list
}

// slugHolders are the ids of the posts to which slugs lead, by slug.
type slugHolders map[string]string

func (h slugHolders) fromOthers(slug, id string) bool {
	holder, held := h[slug]
	return held && holder != id
}

// takenSlugs tells who holds the slugs that posts may claim, as of one write for all:
// a slug that no other holds is kept for the first of them that wishes for it most, or
// held it before, and the numbered ones are looked up only for those that then need one.
// So what a post finds free has been looked up, and no other post of the write takes it.
func (p *Posts) takenSlugs(ctx context.Context, posts []*Post) (slugHolders, error) {
	taken := slugHolders{}
	var first, further []string
	for _, post := range posts {
		first = append(append(first, post.wantedSlug()), post.FormerSlugs...)
	}
	if err := p.lookUpSlugs(ctx, first, taken); err != nil {
		return nil, err
	}
	for _, post := range posts {
		wanted := post.wantedSlug()
		for _, s := range append([]string{wanted}, post.FormerSlugs...) {
			if _, held := taken[s]; !held {
				taken[s] = post.ID
			}
		}
		if taken.fromOthers(wanted, post.ID) {
			further = append(further, numberedSlugs(wanted)...)
		}
	}
	further = slices.DeleteFunc(further, func(s string) bool { _, known := taken[s]; return known })
	return taken, p.lookUpSlugs(ctx, further, taken)
}

func (p *Posts) lookUpSlugs(ctx context.Context, slugs []string, into slugHolders) error {
	for part := range slices.Chunk(distinct(slugs), maxBatch) {
		holders, damaged, err := p.find(ctx, Query{Filter: In("slugs", part), Limit: len(part), Brief: true})
		if err != nil {
			return err
		}
		if len(damaged) > 0 { // nobody knows which of them it holds
			for _, s := range part {
				into[s] = damaged[0].ID
			}
		}
		for _, h := range holders {
			for _, s := range h.Slugs {
				into[s] = h.ID
			}
		}
	}
	return nil
}

// claimDue stores the slugs of scheduled posts that came due, all by one write:
// whoever reads them first does so, and no job has to run. It is no change of the
// posts: the versions stay. What goes wrong is only logged; the next reader tries again.
func (p *Posts) claimDue(ctx context.Context, posts []*Post) {
	for part := range slices.Chunk(p.due(posts), maxBatch) {
		if err := p.claimAll(ctx, part); err != nil {
			p.app.log.WarnContext(ctx, "claim the slugs of posts that came due", "posts", len(part), "first", part[0].ID, "error", err)
		}
	}
}

// claimAll stores the slugs of posts that hold none, and tells them of it.
func (p *Posts) claimAll(ctx context.Context, due []*Post) (err error) {
	for range maxTries {
		if len(due) == 0 {
			return nil
		}
		var taken slugHolders
		if taken, err = p.takenSlugs(ctx, due); err != nil {
			return err
		}
		claimed, ops := make([]Post, len(due)), make([]Op, len(due))
		for i, post := range due {
			claimed[i] = *post
			claimed[i].claim(taken)
			ops[i] = Op{Kind: OpUpdate, Coll: p.spec.Name, Filter: p.exactly(post, All), Patch: p.patch(post, &claimed[i])}
		}
		err = p.docs.Write(ctx, ops...)
		switch {
		case err == nil:
			for i, post := range due {
				post.Slug, post.Slugs, post.FormerSlugs = claimed[i].Slug, claimed[i].Slugs, claimed[i].FormerSlugs
			}
			return nil
		case raced(err): // others have written some of them, perhaps this
			if due, err = p.stillUnclaimed(ctx, due); err != nil {
				return err
			}
		case !isTaken(err, "slugs"): // if it is, another post took one in between
			return err
		}
	}
	return err
}

// stillUnclaimed leaves out the posts that others have claimed, whose slugs it sets, or
// changed.
func (p *Posts) stillUnclaimed(ctx context.Context, due []*Post) (still []*Post, err error) {
	ids := make([]string, len(due))
	for i, post := range due {
		ids[i] = post.ID
	}
	now := make(map[string]*Post, len(due))
	for doc, err := range p.docs.Find(ctx, p.spec.Name, Query{Filter: In("_id", ids), Limit: len(ids), Brief: true}) {
		post := new(Post)
		if err == nil {
			err = doc.Decode(post)
		}
		if err != nil {
			return nil, err
		}
		now[post.ID] = post
	}
	for _, post := range due {
		switch is := now[post.ID]; {
		case is == nil || is.Version != post.Version:
		case len(is.Slugs) == 0:
			still = append(still, post)
		default:
			post.Slug, post.Slugs, post.FormerSlugs = is.Slug, is.Slugs, is.FormerSlugs
		}
	}
	return still, nil
}

// unclaimed matches a scheduled post until somebody claims its slug: then it is another
// one, or leads to the post.
func unclaimed(post *Post) Filter {
	if post.Status != Published || len(post.Slugs) > 0 {
		return All
	}
	if post.Slug == nil {
		return Eq("slug", nil)
	}
	return And(Eq("slug", *post.Slug), Ne("slugs", *post.Slug))
}

// makeSlug makes a slug from a title.
func makeSlug(title string) string {
	s := slug.Make(title)
	s = strings.Trim(strings.ReplaceAll(s, "_", "-"), "-")
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	if s == "" {
		return "post"
	}
	return strings.TrimRight(s[:min(len(s), maxSlug)], "-")
}

func numbered(base, n string) string {
	return strings.TrimRight(base[:min(len(base), maxSlug-len(n)-1)], "-") + "-" + n
}
